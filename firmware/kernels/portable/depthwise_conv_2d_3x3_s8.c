/* Depthwise 3x3, stride 1.  Portable C: the definition that the other instruction sets must match.
 * */
#include "mcup_depthwise_taps.h"

void mcup_depthwise_conv_2d_3x3_s8(const mcup_depthwise_plane_t *layer, const int8_t *input,
                                   int8_t *output)
{
    mcup_depthwise_taps(&layer->depthwise, input, output);
}
