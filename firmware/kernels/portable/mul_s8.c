/* MUL, int8, with broadcasting.  Portable C: the definition that the other instruction sets must
 * match. */
#include "mcup_mul.h"

void mcup_mul_s8(const mcup_mul_t *layer, const int8_t *a, const int8_t *b, int8_t *output)
{
    mcup_mul_lines(layer, a, b, output, mcup_mul_line);
}
