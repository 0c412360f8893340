/* SUB with the DSP extension: lines of neighbours in the assembly beside this file. */
#include "mcup_add_asm.h"
#include "mcup_bytes.h"
#include "mcup_sub.h"

void mcup_sub_s8(const mcup_add_t *layer, const int8_t *a, const int8_t *b, int8_t *output)
{
    const int32_t *n = layer->dims;

    mcup_add_fast(layer, a, b, output, mcup_sub_neighbours, mcup_sub_line);
    mcup_clamp_bytes(output, n[0] * n[1] * n[2] * n[3], layer->least, layer->most);
}
