/* SUB, int8, with broadcasting.  Portable C: the definition other instruction sets must match. */
#include "mcup_sub.h"

void mcup_sub_s8(const mcup_add_t *layer, const int8_t *a, const int8_t *b, int8_t *output)
{
    mcup_add_lines(layer, a, b, output, mcup_sub_line);
}
