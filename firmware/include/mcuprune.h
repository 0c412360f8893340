/* mcuprune runtime: int8 kernels for networks that were compiled by mcuprune.
 *
 * Every kernel is `void mcup_<operator>[_<encoding>]_s8(const mcup_<operator>_t *layer, const int8_t *input..., int8_t *output)`.
 * The generator has checked every shape, range and size in a layer's struct; kernels trust it (docs/TRUST.md).
 * Activations are TFLite's: int8, NHWC, batch 1.
 */
#ifndef MCUPRUNE_H
#define MCUPRUNE_H

#include <stddef.h>
#include <stdint.h>

/* Generated code says which runtime it was made for; a mismatch stops the compiler, not the device. */
#define MCUP_ABI 1

/* After each layer, generated code offers what it wrote.  A build that wants to see it defines MCUP_TRACE
 * and the function; any other build pays nothing. */
#ifdef MCUP_TRACE
void mcup_trace(int layer, const int8_t *output, int32_t size);
#else
#define mcup_trace(layer, output, size) ((void)0)
#endif

/* One output channel (row of the weight matrix). */
typedef struct {
    int32_t bias;       /* bias - input zero point * sum of the row's weights */
    int32_t multiplier; /* Q31: 0 or in [2^30, 2^31) */
    int8_t shift;       /* right shift after the multiplication; negative: left shift before it */
    uint8_t entry;      /* pairs of entries mod 4: where a loop unrolled four times enters; 0 when dense */
    uint16_t bytes;     /* of the row's stream; 0 when dense */
} mcup_row_t;

#endif
