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

/* A weight matrix, to be multiplied by columns: the core of convolution and fully connected. */
typedef struct {
    const mcup_row_t *row; /* [rows] */
    const uint8_t *stream; /* the weights, row after row, as the kernel's encoding lays them out */
    int32_t rows;
    int32_t inputs;        /* bytes of a column */
    int8_t zero_point;     /* of the output */
    int8_t least;          /* the output is clamped to least..most */
    int8_t most;
} mcup_matrix_t;

/* A window sliding over an image.  A column is what it sees, in (row, column, channel) order. */
typedef struct {
    int8_t *column;        /* room to gather one in; null when each lies in the image as it is */
    int16_t input_height;
    int16_t input_width;
    int16_t channels;
    int16_t output_height;
    int16_t output_width;
    int16_t kernel_height;
    int16_t kernel_width;
    int16_t stride_y;
    int16_t stride_x;
    int16_t dilation_y;
    int16_t dilation_x;
    int16_t top;           /* padding above the image, in pixels */
    int16_t left;
    int8_t fill;           /* zero point of the input: what the window sees outside the image */
} mcup_window_t;

typedef struct {
    mcup_window_t window;
    mcup_matrix_t matrix;  /* a row per output channel */
} mcup_conv_2d_t;

typedef struct {
    mcup_window_t window;
    mcup_matrix_t matrix;  /* a row of kernel_height * kernel_width taps per output channel */
    int16_t multiplier;    /* output channels per input channel */
} mcup_depthwise_conv_2d_t;

typedef struct {
    mcup_matrix_t matrix;
    int32_t batches;       /* columns that follow one another in the input */
} mcup_fully_connected_t;

/* a + b, element by element.  Shifts are to the right. */
typedef struct {
    int32_t dims[4];      /* of the output, outermost first */
    int32_t a_steps[4];   /* bytes between neighbours in a along each dimension, 0 where a is broadcast */
    int32_t b_steps[4];
    int32_t a_multiplier; /* Q31: to twice the larger scale of the two, with 20 more bits */
    int32_t b_multiplier;
    int32_t multiplier;   /* Q31: from there to the output's scale */
    int16_t a_offset;     /* minus the zero point */
    int16_t b_offset;
    int8_t a_shift;
    int8_t b_shift;
    int8_t shift;
    int8_t zero_point;    /* of the output */
    int8_t least;         /* the output is clamped to least..most */
    int8_t most;
} mcup_add_t;

/* a * b, element by element */
typedef struct {
    int32_t dims[4];      /* as in mcup_add_t */
    int32_t a_steps[4];
    int32_t b_steps[4];
    int32_t multiplier;   /* Q31: from a product to the output's scale */
    int16_t a_offset;     /* minus the zero point */
    int16_t b_offset;
    int8_t shift;         /* to the right; negative: to the left */
    int8_t zero_point;    /* of the output */
    int8_t least;
    int8_t most;
} mcup_mul_t;

/* A block that moves from one layout to another.  Steps and offsets are in bytes. */
typedef struct {
    int32_t dims[5];         /* of the block, outermost first */
    int32_t source_steps[5]; /* between neighbours along each dimension; negative: backwards */
    int32_t target_steps[5];
    int32_t source_offset;   /* of the block's first element */
    int32_t target_offset;
} mcup_copy_t;

typedef struct {
    int32_t size; /* bytes */
    int8_t value;
} mcup_fill_t;

typedef struct {
    int32_t size;        /* elements */
    const int8_t *table; /* [256]: entry (uint8_t)x answers x */
} mcup_lookup_t;

/* A window sliding over every channel of an image; places outside the image do not count. */
typedef struct {
    int16_t input_height;
    int16_t input_width;
    int16_t channels;
    int16_t output_height;
    int16_t output_width;
    int16_t kernel_height;
    int16_t kernel_width;
    int16_t stride_y;
    int16_t stride_x;
    int16_t top;         /* padding above the image, in pixels */
    int16_t left;
    int8_t least;        /* the output is clamped to least..most */
    int8_t most;
} mcup_pool_2d_t;

/* The mean over some dimensions: sums, and a multiplier that divides by the count as well. */
typedef struct {
    int32_t kept[2];         /* elements, outermost first */
    int32_t kept_steps[2];   /* bytes between neighbours in the input */
    int32_t summed[2];
    int32_t summed_steps[2];
    int32_t bias;            /* minus the input's zero point, times the count */
    int32_t multiplier;      /* Q31 */
    int8_t shift;            /* to the right; negative: to the left */
    int8_t zero_point;       /* of the output */
} mcup_mean_t;

typedef struct {
    int32_t rows;
    int32_t depth;              /* elements of a row, at most 511 */
    const int32_t *exponential; /* [entries], Q31: entry d is of an input d below its row's largest */
    int32_t entries;            /* exp is 0 beyond */
} mcup_softmax_t;

/* The kernels.  `input` and `output` may be the same memory only where the generator has seen that it is safe. */
typedef void mcup_conv_2d_kernel_t(const mcup_conv_2d_t *, const int8_t *input, int8_t *output);
typedef void mcup_fully_connected_kernel_t(const mcup_fully_connected_t *, const int8_t *, int8_t *);
typedef void mcup_pool_2d_kernel_t(const mcup_pool_2d_t *, const int8_t *, int8_t *);

mcup_conv_2d_kernel_t mcup_conv_2d_dense_s8, mcup_conv_2d_d8_s8, mcup_conv_2d_n4_s8;
mcup_fully_connected_kernel_t mcup_fully_connected_dense_s8, mcup_fully_connected_d8_s8;
mcup_fully_connected_kernel_t mcup_fully_connected_n4_s8;
mcup_pool_2d_kernel_t mcup_average_pool_2d_s8, mcup_max_pool_2d_s8;
void mcup_depthwise_conv_2d_s8(const mcup_depthwise_conv_2d_t *, const int8_t *, int8_t *);
void mcup_add_s8(const mcup_add_t *, const int8_t *a, const int8_t *b, int8_t *output);
void mcup_mul_s8(const mcup_mul_t *, const int8_t *a, const int8_t *b, int8_t *output);
void mcup_mean_s8(const mcup_mean_t *, const int8_t *, int8_t *);
void mcup_softmax_s8(const mcup_softmax_t *, const int8_t *, int8_t *);
void mcup_lookup_s8(const mcup_lookup_t *, const int8_t *, int8_t *);
void mcup_copy_s8(const mcup_copy_t *, const int8_t *, int8_t *);
void mcup_fill_s8(const mcup_fill_t *, int8_t *output);

#endif
