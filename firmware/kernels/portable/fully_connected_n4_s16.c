/* Fully connected, int16, N4 weights.  Portable C: what other instruction sets must match. */
#include "mcup_matrix_s16.h"

void mcup_fully_connected_n4_s16(const mcup_fully_connected_s16_t *layer, const int16_t *input,
                                   int16_t *output)
{
    mcup_columns_s16(layer, input, output, mcup_sum_n4_s16);
}
