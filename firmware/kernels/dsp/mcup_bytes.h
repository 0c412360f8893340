/* Four int8 in a word. */
#ifndef MCUP_BYTES_H
#define MCUP_BYTES_H

#include <arm_acle.h>
#include <stdint.h>

/* A word at any address: one LDR or STR, even where memcpy is a function (-ffreestanding) */
typedef struct __attribute__((packed, may_alias)) {
    uint32_t word;
} mcup_unaligned_t;

static inline uint32_t mcup_load(const int8_t *from)
{
    return ((const mcup_unaligned_t *)from)->word;
}

static inline void mcup_store(int8_t *to, uint32_t word)
{
    ((mcup_unaligned_t *)to)->word = word;
}

static inline uint32_t mcup_spread(int8_t value)
{
    return (uint8_t)value * 0x01010101u;
}

/* The larger of each byte; and the smaller */
static inline uint32_t mcup_larger(uint32_t a, uint32_t b)
{
    (void)__ssub8((int8x4_t)a, (int8x4_t)b);
    return __sel(a, b);
}

static inline uint32_t mcup_smaller(uint32_t a, uint32_t b)
{
    (void)__ssub8((int8x4_t)b, (int8x4_t)a);
    return __sel(a, b);
}

/* Clamp outputs that assembly has saturated to int8, where the layer's bounds are closer. */
static inline void mcup_clamp_bytes(int8_t *output, int32_t size, int8_t least, int8_t most)
{
    if (least == INT8_MIN && most == INT8_MAX) {
        return;
    }
    const uint32_t low = mcup_spread(least);
    const uint32_t high = mcup_spread(most);
    const int8_t *end = output + size;
    for (; end - output >= 4; output += 4) {
        mcup_store(output, mcup_smaller(mcup_larger(mcup_load(output), low), high));
    }
    for (; output < end; output++) {
        *output = *output < least ? least : *output > most ? most : *output;
    }
}

#endif
