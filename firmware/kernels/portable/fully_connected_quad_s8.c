/* Dense fully connected, weights in quads.  Portable C: what other instruction sets must match. */
#include "mcup_quads_fully_connected.h"

void mcup_fully_connected_quad_s8(const mcup_fully_connected_quad_t *layer, const int8_t *input,
                                  int8_t *output)
{
    mcup_quads_fully_connected(layer, input, output);
}
