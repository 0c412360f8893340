/* Fully connected, int8, N4 weights, for Cortex-M4, M7 and M33. */
#include "mcup_column.h"

mcup_rows_t mcup_fully_connected_n4_rows;

void mcup_fully_connected_n4_s8(const mcup_fully_connected_t *layer, const int8_t *input,
                                int8_t *output)
{
    mcup_connect(layer, input, output, mcup_fully_connected_n4_rows);
}
