/* TRANSPOSE_CONV, a phase at a time: a convolution whose output pixels lie apart. */
#ifndef MCUP_TRANSPOSE_CONV_H
#define MCUP_TRANSPOSE_CONV_H

#include "mcup_window.h"

static inline void mcup_transpose_convolve(const mcup_transpose_conv_t *layer, const int8_t *input,
                                           int8_t *output, mcup_rows_t *rows)
{
    output += layer->first;
    for (int y = 0; y < layer->window.output_height; y++, output += layer->line) {
        int8_t *pixel = output;
        for (int x = 0; x < layer->window.output_width; x++, pixel += layer->pixel) {
            rows(&layer->matrix, mcup_column(&layer->window, input, y, x), pixel);
        }
    }
}

#endif
