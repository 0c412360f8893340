/* Dense convolution, weights in quads: four pixels at a time are expanded, then meet all rows in
 * the assembly beside this file. */
#include "mcup_quads_expand.h"
#include "mcup_window.h"

/* rounding: twice the zero point, and one */
void mcup_quads_four_pixels(const uint32_t *columns, const mcup_quad_row_t *row, int8_t *output,
                            const uint32_t *weights, const uint32_t *columns_end,
                            const mcup_quad_row_t *row_end, int32_t step, int32_t rounding);

enum { PIXELS = 4, STEP = 2 * PIXELS }; /* at a time; words from quad to quad of a pixel */

/* Where the window of an output pixel lies in the image, and which of its columns lie inside. */
typedef struct {
    int top;
    int left;
    int first;
    int end;
} place_t;

static place_t place_of(const mcup_window_t *window, int32_t pixel)
{
    const int top = pixel / window->output_width * window->stride_y - window->top;
    const int left = pixel % window->output_width * window->stride_x - window->left;
    place_t place = { top, left, left < 0 ? -left : 0, window->kernel_width };

    if (left + window->kernel_width > window->input_width) {
        place.end = window->input_width - left;
    }
    return place;
}

/* The column of an output pixel straight into quads, which do not reach from tap to tap. */
static void expand_taps(const mcup_window_t *window, const int8_t *input, place_t place,
                        uint32_t *to)
{
    const int32_t quads = window->channels / 4;
    const int32_t line = window->dilation_y * window->input_width * window->channels;
    const int8_t *row = input + (place.top * window->input_width + place.left) * window->channels;

    for (int ky = 0; ky < window->kernel_height; ky++, row += line) {
        const int from_y = place.top + ky * window->dilation_y;
        if (from_y < 0 || from_y >= window->input_height) {
            to = mcup_quads_fill(window->fill, to, STEP, window->kernel_width * quads);
            continue;
        }
        to = mcup_quads_fill(window->fill, to, STEP, place.first * quads);
        to = mcup_quads_expand(row + place.first * window->channels, 4, to, STEP,
                               (place.end - place.first) * quads);
        to = mcup_quads_fill(window->fill, to, STEP, (window->kernel_width - place.end) * quads);
    }
}

static int8_t *fill(int8_t *to, int8_t value, int32_t size)
{
    for (; size > 0; size--) {
        *to++ = value;
    }
    return to;
}

static int8_t *copy(int8_t *to, const int8_t *from, int32_t size)
{
    for (; size >= 4; size -= 4, to += 4, from += 4) {
        mcup_store(to, mcup_load(from));
    }
    for (; size > 0; size--) {
        *to++ = *from++;
    }
    return to;
}

/* The column of an output pixel as bytes. */
static const int8_t *gather(const mcup_window_t *window, const int8_t *input, place_t place)
{
    const int32_t channels = window->channels;
    const int32_t line = window->dilation_y * window->input_width * channels;
    const int8_t *row = input + (place.top * window->input_width + place.left) * channels;
    int8_t *to = window->column;

    for (int ky = 0; ky < window->kernel_height; ky++, row += line) {
        const int from_y = place.top + ky * window->dilation_y;
        if (from_y < 0 || from_y >= window->input_height) {
            to = fill(to, window->fill, window->kernel_width * channels);
            continue;
        }
        to = fill(to, window->fill, place.first * channels);
        to = copy(to, row + place.first * channels, (place.end - place.first) * channels);
        to = fill(to, window->fill, (window->kernel_width - place.end) * channels);
    }
    return window->column;
}

/* Whether a column's quads reach from tap to tap: then it is gathered as bytes first. */
static int needs_bytes(const mcup_window_t *window)
{
    return window->channels % 4 != 0 || window->dilation_x > 1;
}

/* The column of an output pixel in quads.  quads: of a column */
static void expand(const mcup_window_t *window, const int8_t *input, int32_t pixel, int32_t quads,
                   uint32_t *to)
{
    const place_t place = place_of(window, pixel);
    const int8_t *column;

    if (window->column == NULL) {
        column = input + (place.top * window->input_width + place.left) * window->channels;
    } else if (window->dilation_x > 1) {
        const int y = pixel / window->output_width;
        column = mcup_column(window, input, y, pixel - y * window->output_width);
    } else if (needs_bytes(window)) {
        column = gather(window, input, place);
    } else {
        expand_taps(window, input, place, to);
        return;
    }
    mcup_quads_expand(column, 4, to, STEP, quads);
}

void mcup_conv_2d_quad_s8(const mcup_conv_2d_quad_t *layer, const int8_t *input, int8_t *output)
{
    const mcup_window_t *window = &layer->window;
    const mcup_quads_t *matrix = &layer->matrix;
    const int32_t quads = (window->kernel_height * window->kernel_width * window->channels + 3) / 4;
    const int32_t pixels = window->output_height * window->output_width;
    const int32_t alone = pixels < PIXELS; /* then only the last of the four does a pixel */
    uint32_t *columns = layer->room + (window->column != NULL && needs_bytes(window) ? quads : 0);

    for (int32_t first = 0; first < pixels; first += alone ? 1 : PIXELS) {
        first = alone || first <= pixels - PIXELS ? first : pixels - PIXELS;
        for (int32_t i = alone ? PIXELS - 1 : 0; i < PIXELS; i++) {
            expand(window, input, alone ? first : first + i, quads, columns + 2 * i);
        }
        mcup_quads_four_pixels(columns, matrix->row, output + first * layer->channels,
                               matrix->stream, columns + STEP * matrix->words,
                               matrix->row + matrix->rows, alone ? 0 : layer->channels,
                               2 * matrix->zero_point + 1);
    }
    mcup_clamp_bytes(output, pixels * layer->channels, matrix->least, matrix->most);
}
