/* ADD, int8, with broadcasting.  Portable C: the definition that the other instruction sets must
 * match. */
#include "mcup_add.h"

void mcup_add_s8(const mcup_add_t *layer, const int8_t *a, const int8_t *b, int8_t *output)
{
    mcup_add_lines(layer, a, b, output, mcup_add_line);
}
