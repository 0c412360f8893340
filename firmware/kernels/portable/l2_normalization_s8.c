/* L2_NORMALIZATION, int8: vectors divided by their length.  Portable C: the definition other
 * instruction sets must match. */
#include "mcup_math.h"

static int32_t shift_left(int32_t x, int bits)
{
    const int32_t limit = INT32_MAX >> bits;

    return x > limit ? INT32_MAX : x < -limit - 1 ? INT32_MIN : x * (1 << bits);
}

/* 1 / sqrt(x): the Q31 multiplier, and in *shift how far to the right.  Five steps of Newton's
 * method in Q28, for x moved into [1/4, 1) by two bits at a time; 0 is taken for 1. */
static int32_t inverse_square_root(int32_t x, int *shift)
{
    *shift = 0;
    if (x <= 1) {
        return INT32_MAX;
    }
    int moved = 11;
    for (; x >= 1 << 29; x /= 4) {
        moved++;
    }
    for (; x < 1 << 27; x *= 4) {
        moved--;
    }
    const int32_t half = ((x >> 1) + 1) >> 1;
    int32_t root = 1 << 28;
    for (int step = 0; step < 5; step++) {
        const int32_t cube =
            shift_left(mcup_high_multiply(mcup_high_multiply(root, root), root), 6);
        root = shift_left(mcup_high_multiply(root, 3 << 27) - mcup_high_multiply(half, cube), 3);
    }
    root = mcup_high_multiply(root, 1518500250); /* sqrt(1/2) */
    if (moved < 0) {
        return root * (1 << -moved);
    }
    *shift = moved;
    return root;
}

static void normalize(const mcup_l2_normalization_t *layer, const int8_t *input, int8_t *output)
{
    int32_t squares = 0;
    for (int32_t i = 0; i < layer->depth; i++) {
        const int32_t x = input[i] + layer->offset;
        squares += x * x;
    }

    int shift;
    const int32_t multiplier = inverse_square_root(squares, &shift);
    for (int32_t i = 0; i < layer->depth; i++) {
        const int32_t x = mcup_scale(input[i] + layer->offset, multiplier, shift - 7);
        output[i] = mcup_clamp(x, 0, INT8_MIN, INT8_MAX);
    }
}

void mcup_l2_normalization_s8(const mcup_l2_normalization_t *layer, const int8_t *input,
                              int8_t *output)
{
    for (int32_t row = 0; row < layer->rows; row++) {
        normalize(layer, input, output);
        input += layer->depth;
        output += layer->depth;
    }
}
