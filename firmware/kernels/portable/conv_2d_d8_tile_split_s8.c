/* Convolution, int8, D8 weights that count words of tiles, for split multiplication.  Portable C:
 * what other instruction sets must match.  Each column is spread as the words of one pixel are. */
#include "mcup_split_columns.h"

/* What a pixel sees of a line of its window, a channel every `words` bytes. */
static void spread(const mcup_window_t *window, const int8_t *input, int y, int x, int words,
                   int8_t *to)
{
    const int inside_y = y >= 0 && y < window->input_height;

    for (int kx = 0; kx < window->kernel_width; kx++) {
        const int inside = inside_y && x + kx >= 0 && x + kx < window->input_width;
        const int8_t *from = input + (y * window->input_width + x + kx) * window->channels;
        for (int c = 0; c < window->channels; c++) {
            to[c * words + kx] = inside ? from[c] : window->fill;
        }
    }
}

static int32_t row_sum(const mcup_split_row_t *row, const uint8_t *stream, const int8_t *column)
{
    int32_t sum = row->high;
    int32_t at = -1;

    for (const uint8_t *end = stream + row->bytes; stream < end; stream += 4) {
        at += stream[0];
        sum += mcup_split_product(stream[3], column[at]);
        at += stream[1];
        sum += mcup_split_product(stream[2], column[at]);
    }
    return sum;
}

void mcup_conv_2d_d8_tile_split_s8(const mcup_conv_2d_split_t *layer, const int8_t *input,
                                   int8_t *output)
{
    const mcup_window_t *window = &layer->window;
    const mcup_split_matrix_t *matrix = &layer->matrix;
    const int words = window->kernel_width + 3;

    for (int y = 0; y < window->output_height; y++) {
        for (int x = 0; x < window->output_width; x++) {
            for (int ky = 0; ky < window->kernel_height; ky++) {
                spread(window, input, y * window->stride_y - window->top + ky, x - window->left,
                       words, window->column + ky * words * window->channels);
            }
            const uint8_t *stream = matrix->stream;
            for (int i = 0; i < matrix->rows; i++) {
                const mcup_split_row_t *row = &matrix->row[i];
                *output++ = mcup_split_output(matrix, row, row_sum(row, stream, window->column));
                stream += row->bytes;
            }
        }
    }
}
