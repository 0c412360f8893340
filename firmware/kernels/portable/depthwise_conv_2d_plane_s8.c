/* Depthwise convolution without a gathered column.  Portable C: the definition that the other
 * instruction sets must match; it needs no plane. */
#include "mcup_depthwise_taps.h"

void mcup_depthwise_conv_2d_plane_s8(const mcup_depthwise_plane_t *layer, const int8_t *input,
                                     int8_t *output)
{
    mcup_depthwise_taps(&layer->depthwise, input, output);
}
