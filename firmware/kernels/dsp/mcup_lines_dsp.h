/* Convolution under windows three wide: input lines are expanded once and slide up from one output
 * line to the next; assembly multiplies them in place, four pixels at a time. */
#ifndef MCUP_LINES_DSP_H
#define MCUP_LINES_DSP_H

#include "mcup_bytes.h"
#include "mcuprune.h"

enum { MCUP_PIXELS = 4 };

/* Input line y between its padding, or nothing but padding where y is outside of the image. */
typedef void mcup_expand_line_t(const mcup_conv_2d_lines_t *layer, const int8_t *input, int y,
                                uint32_t *to);

/* All rows of four windows.  rounding: twice the zero point, and one; pitch: from plane to plane */
typedef void mcup_four_windows_t(const void *columns, const mcup_quad_row_t *row, int8_t *output,
                                 const uint32_t *weights, const void *columns_end,
                                 const mcup_quad_row_t *row_end, int32_t step, int32_t rounding,
                                 int32_t pitch, int32_t stride);

/* memmove to a lower address, by words: that of a small C library moves bytes. */
static inline void mcup_slide(uint32_t *to, const uint32_t *from, int32_t words)
{
    for (const uint32_t *end = from + words / 4 * 4; from < end; from += 4, to += 4) {
        const uint32_t first[2] = { from[0], from[1] };
        const uint32_t second[2] = { from[2], from[3] };
        to[0] = first[0];
        to[1] = first[1];
        to[2] = second[0];
        to[3] = second[1];
    }
    for (int32_t i = 0; i < words % 4; i++) {
        to[i] = from[i];
    }
}

/* column: bytes of an expanded one.  Weak: in several kernels' files, the linker keeps one. */
void mcup_convolve_lines(const mcup_conv_2d_lines_t *layer, const int8_t *input, int8_t *output,
                         int32_t column, int32_t pitch, mcup_expand_line_t *expand_line,
                         mcup_four_windows_t *four_windows);

__attribute__((weak)) void mcup_convolve_lines(const mcup_conv_2d_lines_t *layer,
                                               const int8_t *input, int8_t *output, int32_t column,
                                               int32_t pitch, mcup_expand_line_t *expand_line,
                                               mcup_four_windows_t *four_windows)
{
    const mcup_window_t *window = &layer->window;
    const mcup_quads_t *matrix = &layer->matrix;
    const int32_t height = window->kernel_height;
    const int32_t width = window->output_width;
    const int32_t channels = layer->channels;
    const int32_t stride = window->stride_x;
    const int32_t step = column * stride;
    const int32_t all_lines = 4 * height * layer->line;
    const int32_t rounding = 2 * matrix->zero_point + 1;
    const mcup_quad_row_t *const row_end = matrix->row + matrix->rows;
    int32_t kept = 0; /* lines that the next output line sees again */

    for (int y = 0; y < window->output_height; y++, output += width * channels) {
        mcup_slide(layer->room, layer->room + (height - kept) * layer->line, kept * layer->line);
        for (; kept < height; kept++) {
            expand_line(layer, input, y * window->stride_y - window->top + kept,
                        layer->room + kept * layer->line);
        }
        for (int32_t x = 0; x < width; x += MCUP_PIXELS) {
            x = x <= width - MCUP_PIXELS ? x : width - MCUP_PIXELS;
            const char *columns = (const char *)layer->room + step * x;
            four_windows(columns, matrix->row, output + x * channels, matrix->stream,
                         columns + all_lines, row_end, channels, rounding, pitch, stride);
        }
        mcup_clamp_bytes(output, width * channels, matrix->least, matrix->most);
        kept = height > window->stride_y ? height - window->stride_y : 0;
    }
}

#endif
