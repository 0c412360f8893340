/* Fully connected, int8, dense weights, four rows at a time; the last four reach back over rows
 * that are done.  The sums are in the assembly of the same name. */

#include "mcup_dot_4.h"

void mcup_fully_connected_dense_s8(const mcup_fully_connected_t *layer, const int8_t *input,
                                   int8_t *output)
{
    mcup_fully_connected_by_4(layer, input, output);
}
