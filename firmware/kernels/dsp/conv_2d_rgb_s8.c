/* Dense convolution of three channels under windows three wide, weights in pairs: a first layer.
 * Lines are widened to halves and otherwise stay as they are. */
#include "mcup_lines_dsp.h"

mcup_four_windows_t mcup_rgb_four_windows;

enum { CHANNELS = 3 };

static int16_t *fill(int16_t *to, int16_t value, int32_t count)
{
    for (; count > 0; count--) {
        *to++ = value;
    }
    return to;
}

/* Bytes 1 and 3 as halves.  No intrinsic has the rotation that the instruction does on its way. */
static uint32_t odd_bytes(uint32_t word)
{
    uint32_t odd;
    __asm__("sxtb16 %0, %1, ror #8" : "=r"(odd) : "r"(word));
    return odd;
}

/* Four bytes become four halves. */
static void widen_four(uint32_t word, int16_t *to)
{
    const uint32_t even = (uint32_t)__sxtb16((int8x4_t)word);
    const uint32_t odd = odd_bytes(word);
    uint32_t low, high;

    __asm__("pkhbt %0, %1, %2, lsl #16" : "=r"(low) : "r"(even), "r"(odd));
    __asm__("pkhtb %0, %1, %2, asr #16" : "=r"(high) : "r"(odd), "r"(even));
    mcup_store((int8_t *)to, low);
    mcup_store((int8_t *)(to + 2), high);
}

static int16_t *widen(const int8_t *from, int16_t *to, int32_t count)
{
    for (; count >= 8; count -= 8, from += 8, to += 8) {
        const uint32_t first = mcup_load(from);
        const uint32_t second = mcup_load(from + 4);
        widen_four(first, to);
        widen_four(second, to + 4);
    }
    for (; count > 0; count--) {
        *to++ = *from++;
    }
    return to;
}

static void expand_line(const mcup_conv_2d_lines_t *layer, const int8_t *input, int y,
                        uint32_t *line)
{
    const mcup_window_t *window = &layer->window;
    const int32_t seen = layer->width - window->left;
    const int32_t columns = seen < window->input_width ? seen : window->input_width;
    int16_t *to = (int16_t *)(void *)line;

    if (y < 0 || y >= window->input_height) {
        fill(to, window->fill, CHANNELS * layer->width);
        return;
    }
    to = fill(to, window->fill, CHANNELS * window->left);
    to = widen(input + y * window->input_width * CHANNELS, to, CHANNELS * columns);
    fill(to, window->fill, CHANNELS * (seen - columns));
}

void mcup_conv_2d_rgb_s8(const mcup_conv_2d_lines_t *layer, const int8_t *input, int8_t *output)
{
    mcup_convolve_lines(layer, input, output, 2 * CHANNELS, 4 * layer->line, expand_line,
                        mcup_rgb_four_windows);
}
