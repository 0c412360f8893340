/* Packed rows: how convolutions that compute eight pixels of an output row at once see a row of
 * the image.
 *
 * A channel of it is `width` words.  A word belongs to a place in the image and holds what two
 * pixels of output see there, so that the eight pixels see four words in a row.  With a stride of
 * s, pixels that are neighbours see places that are s apart: places x, x + s, x + 2 s ... come
 * first, then x + 1, x + 1 + s ..., each as many as are needed.
 *
 *     kernel 3, stride 1    0 1 2 3 4 5
 *     kernel 3, stride 2    0 2 4 6 8   1 3 5 7      pixel 0 sees 0, 2 and 1; pixel 1: 2, 4 and 3
 */
#ifndef MCUP_TILE_H
#define MCUP_TILE_H

#include "mcuprune.h"

/* Places that the pixels see through columns phase, phase + stride, ... of the kernel. */
static inline int mcup_tile_places(const mcup_window_t *window, int phase)
{
    return (window->kernel_width - phase + window->stride_x - 1) / window->stride_x + 3;
}

#endif
