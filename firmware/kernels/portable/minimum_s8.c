/* MINIMUM, int8, with broadcasting.  Portable C: the definition other instruction sets must match. */
#include "mcup_pairs.h"

static int8_t smaller(const void *layer, int8_t a, int8_t b)
{
    (void)layer;
    return a < b ? a : b;
}

void mcup_minimum_s8(const mcup_pairs_t *layer, const int8_t *a, const int8_t *b, int8_t *output)
{
    mcup_pairs(layer, layer, a, b, output, smaller);
}
