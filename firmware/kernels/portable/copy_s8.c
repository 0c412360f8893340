/* Copy a block of up to five dimensions from one layout to another: the kernel of CONCATENATION,
 * PAD, STRIDED_SLICE and TRANSPOSE.  Where both sides are contiguous, a line is one memcpy. */
#include "mcuprune.h"

#include <string.h>

/* The innermost dimension. */
static void copy_line(int8_t *target, int32_t target_step, const int8_t *source,
                      int32_t source_step, int32_t count)
{
    if (target_step == 1 && source_step == 1) {
        memcpy(target, source, (size_t)count);
        return;
    }
    for (; count > 0; count--) {
        *target = *source;
        target += target_step;
        source += source_step;
    }
}

void mcup_copy_s8(const mcup_copy_t *layer, const void *input, void *output)
{
    const int32_t *n = layer->dims;
    const int32_t *s = layer->source_steps;
    const int32_t *t = layer->target_steps;
    const int8_t *from = (const int8_t *)input + layer->source_offset;
    int8_t *to = (int8_t *)output + layer->target_offset;

    for (int32_t i = 0; i < n[0]; i++) {
        for (int32_t j = 0; j < n[1]; j++) {
            for (int32_t k = 0; k < n[2]; k++) {
                for (int32_t l = 0; l < n[3]; l++) {
                    copy_line(to + i * t[0] + j * t[1] + k * t[2] + l * t[3], t[4],
                              from + i * s[0] + j * s[1] + k * s[2] + l * s[3], s[4], n[4]);
                }
            }
        }
    }
}
