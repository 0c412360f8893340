/* MUL without long multiplications: lines of neighbours are computed with fewer instructions. */
#include "mcup_math_v6m.h"

#include "mcup_mul_run.h"

void mcup_mul_s8(const mcup_mul_t *layer, const int8_t *a, const int8_t *b, int8_t *output)
{
    mcup_mul_runs(layer, a, b, output);
}
