/* ADD without long multiplications: see mcup_add_v6m.h. */
#define SIGN 1 /* of b */
#include "mcup_add_v6m.h"

void mcup_add_s8(const mcup_add_t *layer, const int8_t *a, const int8_t *b, int8_t *output)
{
    mcup_add_fast(layer, a, b, output, neighbours, mcup_add_line);
}
