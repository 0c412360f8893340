/* mcuprune runtime: int8 kernels for networks that were compiled by mcuprune.
 *
 * Every kernel is `void mcup_<operator>[_<encoding>]_s8(const mcup_<operator>_t *layer, const int8_t *input..., int8_t *output)`,
 * or ends in _s16 and computes with int16.
 * The generator has checked every shape, range and size in a layer's struct; kernels trust it (docs/TRUST.md).
 * Activations are TFLite's: int8 or int16, NHWC, batch 1.
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
void mcup_trace(int layer, const void *output, int32_t size);
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
    int16_t channels;      /* bytes of a pixel */
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
    int8_t padded;         /* whether it ever sees that */
    int8_t pixels;         /* columns that fast kernels pack into `column`: 8, 4 or, where there is one at most, 0 */
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

/* The same a channel at a time, from the image (mcup_depthwise_3x3.h), or from a plane of the channel
 * (mcup_plane.h), for which window.column is room. */
typedef struct {
    mcup_depthwise_conv_2d_t depthwise;
    int8_t along_y;        /* lines run down the image */
} mcup_depthwise_plane_t;

typedef struct {
    mcup_matrix_t matrix;
    int32_t batches;       /* columns that follow one another in the input */
} mcup_fully_connected_t;

/* a + b, element by element; of a - b and (a - b)^2, too.  Shifts are to the right. */
typedef struct {
    int32_t dims[4];      /* of the output, outermost first */
    int32_t a_steps[4];   /* bytes between neighbours in a along each dimension, 0 where a is broadcast */
    int32_t b_steps[4];
    int32_t a_multiplier; /* Q31: to twice the larger scale of the two, with 20 more bits: of that one 2^30, shift 0 */
    int32_t b_multiplier;
    int32_t multiplier;   /* Q31: from there to the output's scale */
    int16_t a_offset;     /* minus the zero point */
    int16_t b_offset;
    int8_t a_shift;       /* 0 only with multiplier 2^30 */
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

/* The loops over two operands that one of them, or both, may be broadcast in. */
typedef struct {
    int32_t dims[4];      /* as in mcup_add_t, steps in elements */
    int32_t a_steps[4];
    int32_t b_steps[4];
} mcup_pairs_t;

/* x where it is positive, alpha * x where it is negative.  Shifts are to the right; negative: to the left. */
typedef struct {
    mcup_pairs_t pairs;
    int32_t rise;         /* Q31: from x to the output's scale */
    int32_t fall;         /* Q31: from alpha * x to the output's scale */
    int16_t offset;       /* minus the zero point */
    int16_t alpha_offset;
    int8_t rise_shift;
    int8_t fall_shift;
    int8_t zero_point;    /* of the output */
} mcup_prelu_t;

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
    int16_t least;       /* the output is clamped to least..most */
    int16_t most;
} mcup_pool_2d_t;

/* The mean over some dimensions: sums, and a multiplier that divides by the count as well. */
typedef struct {
    int32_t kept[2];         /* elements, outermost first */
    int32_t kept_steps[2];   /* elements between neighbours in the input */
    int32_t summed[2];
    int32_t summed_steps[2];
    int32_t bias;            /* minus the input's zero point, times the count */
    int32_t multiplier;      /* Q31 */
    int8_t shift;            /* to the right; negative: to the left */
    int8_t zero_point;       /* of the output */
} mcup_mean_t;

/* The same loops without arithmetic. */
typedef struct {
    int32_t kept[2];         /* as in mcup_mean_t */
    int32_t kept_steps[2];
    int32_t summed[2];
    int32_t summed_steps[2];
} mcup_reduce_t;

/* Products of matrices, a batch after the other.  Steps are in bytes, 0 where a batch is broadcast. */
typedef struct {
    int32_t batches[2];  /* outermost first */
    int32_t a_batch[2];  /* between neighbouring batches */
    int32_t b_batch[2];
    int32_t rows;        /* of a and of the product */
    int32_t columns;     /* of b and of the product */
    int32_t depth;       /* columns of a, rows of b */
    int32_t a_row;       /* between neighbouring rows of a */
    int32_t a_step;      /* along one of them */
    int32_t b_column;    /* between neighbouring columns of b */
    int32_t b_step;      /* along one of them */
    int32_t multiplier;  /* Q31: from a product to the output's scale */
    int16_t a_offset;    /* minus the zero point */
    int16_t b_offset;
    int8_t shift;        /* to the right; negative: to the left */
    int8_t zero_point;   /* of the output */
} mcup_batch_matmul_t;

typedef struct {
    int32_t rows;
    int32_t depth;       /* elements of a vector */
    int16_t offset;      /* minus the input's zero point */
} mcup_l2_normalization_t;

/* Slices along an axis, chosen by constant indices. */
typedef struct {
    const int32_t *index; /* [count] */
    int32_t outer;        /* elements of the dimensions before the axis */
    int32_t count;
    int32_t inner;        /* bytes of a slice */
    int32_t step;         /* bytes of the input between neighbours before the axis */
} mcup_gather_t;

/* The same, chosen by int32 indices that are an operand. */
typedef struct {
    int32_t outer;
    int32_t count;        /* of indices */
    int32_t inner;
    int32_t places;       /* slices along the axis */
} mcup_gather_indices_t;

/* Indices of the largest elements along an axis. */
typedef struct {
    int32_t outer;        /* elements of the dimensions before the axis */
    int32_t depth;        /* along the axis */
    int32_t inner;        /* of the dimensions behind it */
    int8_t size;          /* bytes of an index, little-endian: 4 or 8 */
    int8_t sign;          /* 1: of the largest, -1: of the smallest */
} mcup_arg_max_t;

typedef struct {
    const int16_t *row;    /* [height]: of the input */
    const int16_t *column; /* [width] */
    int16_t height;        /* of the output */
    int16_t width;
    int16_t channels;
    int16_t input_width;
} mcup_resize_nearest_neighbor_t;

/* A place between two pixels. */
typedef struct {
    int16_t before;        /* index of a pixel */
    int16_t behind;
    int16_t part;          /* of the way from one to the other, 1024 is all of it; may be negative at an edge */
} mcup_between_t;

typedef struct {
    const mcup_between_t *row;    /* [height]: in the input */
    const mcup_between_t *column; /* [width] */
    int16_t height;               /* of the output */
    int16_t width;
    int16_t channels;
    int16_t input_width;
} mcup_resize_bilinear_t;

/* Output pixels of a transposed convolution that see the same weights: a convolution of stride 1. */
typedef struct {
    mcup_window_t window;  /* top and left may be negative */
    mcup_matrix_t matrix;
    int32_t first;         /* bytes before the first pixel in the output */
    int32_t line;          /* bytes from one line of such pixels to the next */
    int32_t pixel;         /* bytes from one pixel to the next */
} mcup_transpose_conv_t;

typedef struct {
    int32_t rows;
    int32_t depth;              /* elements of a row, at most 511 */
    const int32_t *exponential; /* [entries], Q31: entry d is of an input d below its row's largest */
    int32_t entries;            /* exp is 0 beyond */
} mcup_softmax_t;

typedef struct {
    int32_t rows;
    int32_t depth;              /* elements of a row, at most 4095 */
    const int32_t *exponential; /* [entries], Q19: entry d is of an input d below its row's largest */
    int32_t entries;            /* the output is -128 beyond */
    int32_t multiplier;         /* Q31: from a difference of inputs to Q26 */
    int8_t shift;               /* to the left */
} mcup_log_softmax_t;

typedef struct mcup_lstm_cell mcup_lstm_cell_t;
typedef void mcup_lstm_finish_t(const mcup_lstm_cell_t *, const int16_t *gates, int8_t *output);

/* What an LSTM computes with beside its matrices (mcup_lstm.h). */
struct mcup_lstm_cell {
    mcup_lstm_finish_t *finish; /* from the gates of a step to its output */
    int16_t *gates;       /* [together][4 * units], behind them room for the state that is not kept */
    int16_t *state;       /* cells [units], then the last outputs, int8 [units]; null: begins anew each time */
    int32_t steps;
    int32_t together;     /* of them, whose inputs are multiplied at once */
    int32_t units;
    int32_t multiplier;   /* Q31: from a product of Q0 to the output's scale */
    int8_t shift;         /* to the right; negative: to the left */
    int8_t zero_point;    /* of the output */
    int8_t cell_shift;    /* from a product of Q0 to a cell's scale */
    int8_t integer_bits;  /* of a cell: before its point */
    int16_t least;        /* a cell is clamped to least..most */
    int16_t most;
};

/* One row of a matrix that is added to the gates of an LSTM. */
typedef struct {
    int32_t bias;
    uint16_t gate;      /* that the row is added to, of a step's 4 * units */
    uint16_t bytes;     /* of the row's stream; 0 when dense */
    uint8_t entry;      /* pairs of entries; if there are 10 + n, it is 11 + (n - 1) mod 4 */
    uint8_t kind;       /* enter, forget, leave, candidate: 0..3 */
} mcup_gate_row_t;

/* Only rows that have a weight are there. */
typedef struct {
    const mcup_gate_row_t *row; /* those of a kind together, 0 first */
    const uint8_t *stream;      /* the weights, row after row */
    int32_t inputs;             /* of a row */
    int32_t rows[4];            /* of each kind of gate */
    int32_t multiplier[4];      /* of each kind, Q31 */
    int32_t shift[4];           /* to the right; negative: to the left */
} mcup_gate_matrix_t;

typedef struct {
    mcup_gate_matrix_t input;     /* times the inputs of a step */
    mcup_gate_matrix_t recurrent; /* times the outputs of the step before */
    mcup_lstm_cell_t cells;
    const int16_t *start;         /* [4 * units]: what a step's gates begin with; null: all with 0 */
} mcup_lstm_t;

/* A layer that looks back on its last inferences (mcup_svdf.h). */
typedef struct {
    mcup_matrix_t matrix; /* of features, a row per filter; their results are int16 */
    const int16_t *time;  /* [filters][memory] weights */
    const int32_t *bias;  /* [filters / rank] */
    int16_t *state;       /* [filters][memory] last results of each filter, the newest last */
    int32_t memory;       /* inferences, the present one included */
    int32_t rank;         /* filters that make one output */
    int32_t multiplier;   /* Q31: from a sum to the output's scale */
    int8_t shift;         /* to the right; negative: to the left */
    int8_t zero_point;    /* of the output */
} mcup_svdf_t;

/* One row of a matrix whose weights lie in quads or pairs (mcup_quads.h). */
typedef struct {
    int32_t start;       /* 256 * (bias - zero point * sum of weights), and in quads less what they add:
                            256 * 128 * sum of even weights + 255 * sum of odd ones */
    int32_t multiplier;  /* Q31: 0 or in [2^30, 2^31) */
    uint16_t shift;      /* to the right, less one: 0..22 */
    uint16_t channel;    /* the output that the row computes */
} mcup_quad_row_t;

/* A dense weight matrix, four or two weights to a word; rows in groups that are computed together. */
typedef struct {
    const mcup_quad_row_t *row; /* [rows] */
    const uint32_t *stream;     /* [rows / group][words][group]; a quad is 256 w2 + w3 above 256 w0 + w1 */
    int32_t rows;               /* whole groups; some may be there twice */
    int32_t words;              /* of a row, filled up with zeros */
    int8_t zero_point;          /* of the output */
    int8_t least;               /* the output is clamped to least..most */
    int8_t most;
} mcup_quads_t;

typedef struct {
    mcup_window_t window;
    mcup_quads_t matrix;   /* quads, in groups of two rows */
    uint32_t *room;        /* [8 * words] for four columns in quads; before it a column as bytes where
                              quads reach from tap to tap: where window.column is, too */
    int32_t channels;      /* outputs of a pixel */
} mcup_conv_2d_quad_t;

/* Windows three wide, stride 1 or 2 across, at least four output pixels a line; input lines are expanded once. */
typedef struct {
    mcup_window_t window;
    mcup_quads_t matrix;   /* in groups of two rows; conv_2d_lines: quads, in (line, plane of four channels, column,
                              channel) order; conv_2d_rgb: pairs, three channels, five words a line */
    uint32_t *room;        /* [kernel height] expanded lines of `line` words */
    int32_t channels;      /* outputs of a pixel */
    int32_t width;         /* columns of a line, padding included */
    int32_t line;          /* words of an expanded one */
} mcup_conv_2d_lines_t;

typedef struct {
    mcup_quads_t matrix;   /* quads, in groups of four rows */
    uint32_t *room;        /* [words] for a column; fully_connected_quad_direct has none */
    int32_t inputs;
    int32_t outputs;
    int32_t batches;       /* columns that follow one another in the input */
} mcup_fully_connected_quad_t;

typedef struct {
    mcup_quads_t input;      /* quads, in groups of four rows */
    mcup_quads_t recurrent;
    mcup_lstm_cell_t cells;
    int32_t room;            /* bytes from the gates to the room for a column in quads */
    int32_t inputs;          /* of a step */
} mcup_lstm_quad_t;

/* One row of a matrix for split multiplication (mcup_split.h).  bias' = bias - (input zero point + 129) * sum of the
 * row's weights is for the lower half of a word, bias" for the upper one has 128 there. */
typedef struct {
    int32_t low;        /* bias' + 65536 * bias", modulo 2^32: what the sum of products begins with */
    int32_t high;       /* bias" + number of negative weights: the same of their upper halves */
    int32_t multiplier; /* Q31: 0 or in [2^30, 2^31) */
    int8_t shift;       /* to the right, -3..22 */
    uint8_t entry;      /* steps mod 4: where a loop unrolled four times enters */
    uint16_t bytes;     /* of the row's stream */
} mcup_split_row_t;

typedef struct {
    const mcup_split_row_t *row; /* [rows] */
    const void *stream;          /* the weights, row after row, in steps: mcuprune/kernels/conv_2d_*_split.py */
    int32_t rows;
    int32_t inputs;              /* of a row */
    int8_t zero_point;           /* of the output */
    int8_t least;                /* the output is clamped to least..most */
    int8_t most;
} mcup_split_matrix_t;

typedef struct {
    mcup_split_matrix_t matrix;
    mcup_window_t window; /* column: room for the packed columns, and one pixel behind them */
    int32_t room;         /* bytes of the packed columns */
    int32_t slide;        /* lines of output computed before the packed columns move up; 0: they do not */
} mcup_conv_2d_split_t;

/* A convolution that reads packed rows of the image (mcup_tile.h).  Its D8 weights are in (kernel row, channel,
 * kernel column) order, and a delta counts words of such rows. */
typedef struct {
    mcup_window_t window;  /* column: room for the packed rows and, when padded, one pixel behind them */
    mcup_matrix_t matrix;
    int32_t room;          /* bytes of the packed rows */
    int16_t strip;         /* rows of output that are computed from rows packed at once */
    int16_t width;         /* words of a channel in a packed row */
} mcup_conv_2d_tile_t;

/* --- int16 activations: zero points are 0 --- */

/* One output channel.  In a wide matrix sums have 64 bits, and the multiplier 15: sum * multiplier / 2^shift. */
typedef struct {
    int64_t bias;
    int32_t multiplier; /* else Q31: 0 or in [2^30, 2^31) */
    int8_t shift;       /* to the right */
    uint16_t bytes;     /* of the row's stream; 0 when dense */
} mcup_row_s16_t;

typedef struct {
    const mcup_row_s16_t *row; /* [rows] */
    const uint8_t *stream;     /* int8 weights, as in mcup_matrix_t */
    int32_t rows;
    int32_t inputs;            /* elements of a column */
    int16_t least;             /* the output is clamped to least..most */
    int16_t most;
    int8_t wide;
} mcup_matrix_s16_t;

typedef struct {
    mcup_window_t window;
    mcup_matrix_s16_t matrix;  /* a row per output channel */
} mcup_conv_2d_s16_t;

typedef struct {
    mcup_window_t window;
    mcup_matrix_s16_t matrix;  /* a row of kernel_height * kernel_width taps per output channel */
    int16_t multiplier;        /* output channels per input channel */
} mcup_depthwise_conv_2d_s16_t;

typedef struct {
    mcup_matrix_s16_t matrix;
    int32_t batches;           /* columns that follow one another in the input */
} mcup_fully_connected_s16_t;

typedef struct {
    mcup_pairs_t pairs;
    int32_t a_multiplier;      /* as in mcup_add_t, with 15 more bits */
    int32_t b_multiplier;
    int32_t multiplier;
    int16_t least;             /* the output is clamped to least..most */
    int16_t most;
    int8_t a_shift;
    int8_t b_shift;
    int8_t shift;
} mcup_add_s16_t;

typedef struct {
    mcup_pairs_t pairs;
    int32_t multiplier;        /* Q31: from a product to the output's scale */
    int16_t least;
    int16_t most;
    int8_t shift;              /* to the right; negative: to the left */
} mcup_mul_s16_t;

/* LOGISTIC and TANH: an input times multiplier / 2^shift counts 12288 steps a unit. */
typedef struct {
    int32_t size;              /* elements */
    int32_t multiplier;
    int8_t shift;
} mcup_curve_s16_t;

typedef struct {
    int32_t rows;
    int32_t depth;              /* elements of a row */
    const int16_t *exponential; /* [513], Q15: exp from -10 to 0 */
    const int16_t *reciprocal;  /* [513], Q15: 1 / (1 + x) from 0 to 1 */
    int32_t multiplier;         /* Q31: from a difference of inputs to 65535ths of ten */
    int8_t shift;               /* to the right; negative: to the left */
} mcup_softmax_s16_t;

/* Another scale, or width, for the same numbers. */
typedef struct {
    int32_t size;              /* elements */
    int32_t multiplier;        /* Q31 */
    int8_t shift;              /* to the right; negative: to the left */
    int8_t zero_point;         /* of the output */
} mcup_quantize_t;

/* The kernels.  `input` and `output` may be the same memory only where the generator has seen that it is safe. */
typedef void mcup_conv_2d_kernel_t(const mcup_conv_2d_t *, const int8_t *input, int8_t *output);
typedef void mcup_fully_connected_kernel_t(const mcup_fully_connected_t *, const int8_t *, int8_t *);
typedef void mcup_pool_2d_kernel_t(const mcup_pool_2d_t *, const int8_t *, int8_t *);

mcup_conv_2d_kernel_t mcup_conv_2d_dense_s8, mcup_conv_2d_d8_s8, mcup_conv_2d_n4_s8;
mcup_conv_2d_kernel_t mcup_conv_2d_d8_wide_s8, mcup_conv_2d_n4_wide_s8;
mcup_fully_connected_kernel_t mcup_fully_connected_dense_s8, mcup_fully_connected_d8_s8;
mcup_fully_connected_kernel_t mcup_fully_connected_n4_s8;
mcup_pool_2d_kernel_t mcup_average_pool_2d_s8, mcup_max_pool_2d_s8;
typedef void mcup_depthwise_conv_2d_kernel_t(const mcup_depthwise_conv_2d_t *, const int8_t *, int8_t *);
mcup_depthwise_conv_2d_kernel_t mcup_depthwise_conv_2d_s8, mcup_depthwise_conv_2d_3x3_stride_2_s8;
mcup_depthwise_conv_2d_kernel_t mcup_depthwise_conv_2d_line_s8;
void mcup_depthwise_conv_2d_3x3_s8(const mcup_depthwise_plane_t *, const int8_t *, int8_t *);
void mcup_depthwise_conv_2d_plane_s8(const mcup_depthwise_plane_t *, const int8_t *, int8_t *);
void mcup_add_s8(const mcup_add_t *, const int8_t *a, const int8_t *b, int8_t *output);
void mcup_mul_s8(const mcup_mul_t *, const int8_t *a, const int8_t *b, int8_t *output);
void mcup_sub_s8(const mcup_add_t *, const int8_t *a, const int8_t *b, int8_t *output);
void mcup_squared_difference_s8(const mcup_add_t *, const int8_t *a, const int8_t *b, int8_t *output);
void mcup_maximum_s8(const mcup_pairs_t *, const int8_t *a, const int8_t *b, int8_t *output);
void mcup_minimum_s8(const mcup_pairs_t *, const int8_t *a, const int8_t *b, int8_t *output);
void mcup_prelu_s8(const mcup_prelu_t *, const int8_t *input, const int8_t *alpha, int8_t *output);
void mcup_mean_s8(const mcup_mean_t *, const int8_t *, int8_t *);
void mcup_reduce_max_s8(const mcup_reduce_t *, const int8_t *, int8_t *);
void mcup_reduce_min_s8(const mcup_reduce_t *, const int8_t *, int8_t *);
void mcup_batch_matmul_s8(const mcup_batch_matmul_t *, const int8_t *a, const int8_t *b, int8_t *output);
void mcup_l2_normalization_s8(const mcup_l2_normalization_t *, const int8_t *, int8_t *);
void mcup_gather_s8(const mcup_gather_t *, const int8_t *, int8_t *);
void mcup_gather_indices_s8(const mcup_gather_indices_t *, const int8_t *, const int8_t *indices, int8_t *output);
void mcup_arg_max_s8(const mcup_arg_max_t *, const int8_t *, int8_t *);
void mcup_resize_nearest_neighbor_s8(const mcup_resize_nearest_neighbor_t *, const int8_t *, int8_t *);
void mcup_resize_bilinear_s8(const mcup_resize_bilinear_t *, const int8_t *, int8_t *);
typedef void mcup_transpose_conv_kernel_t(const mcup_transpose_conv_t *, const int8_t *, int8_t *);
mcup_transpose_conv_kernel_t mcup_transpose_conv_dense_s8, mcup_transpose_conv_d8_s8;
mcup_transpose_conv_kernel_t mcup_transpose_conv_n4_s8, mcup_transpose_conv_b4_s8;
void mcup_log_softmax_s8(const mcup_log_softmax_t *, const int8_t *, int8_t *);
void mcup_softmax_s8(const mcup_softmax_t *, const int8_t *, int8_t *);
void mcup_lookup_s8(const mcup_lookup_t *, const int8_t *, int8_t *);
void mcup_copy_s8(const mcup_copy_t *, const void *input, void *output);
void mcup_fill_s8(const mcup_fill_t *, void *output);
mcup_conv_2d_kernel_t mcup_conv_2d_b4_s8, mcup_conv_2d_b4_group_s8;
mcup_fully_connected_kernel_t mcup_fully_connected_b4_s8;
void mcup_conv_2d_quad_s8(const mcup_conv_2d_quad_t *, const int8_t *, int8_t *);
void mcup_conv_2d_lines_s8(const mcup_conv_2d_lines_t *, const int8_t *, int8_t *);
void mcup_conv_2d_rgb_s8(const mcup_conv_2d_lines_t *, const int8_t *, int8_t *);
void mcup_fully_connected_quad_direct_s8(const mcup_fully_connected_quad_t *, const int8_t *, int8_t *);
void mcup_fully_connected_quad_s8(const mcup_fully_connected_quad_t *, const int8_t *, int8_t *);
typedef void mcup_conv_2d_split_kernel_t(const mcup_conv_2d_split_t *, const int8_t *, int8_t *);
mcup_conv_2d_split_kernel_t mcup_conv_2d_d8_split_s8, mcup_conv_2d_n4_split_s8, mcup_conv_2d_dense_split_s8;
mcup_conv_2d_split_kernel_t mcup_conv_2d_d8_tile_split_s8, mcup_conv_2d_b4_split_s8;
void mcup_conv_2d_d8_tile_s8(const mcup_conv_2d_tile_t *, const int8_t *, int8_t *);
typedef void mcup_lstm_kernel_t(const mcup_lstm_t *, const int8_t *, int8_t *);
mcup_lstm_kernel_t mcup_lstm_dense_s8, mcup_lstm_d8_s8, mcup_lstm_n4_s8, mcup_lstm_b4_s8;
void mcup_lstm_quad_s8(const mcup_lstm_quad_t *, const int8_t *, int8_t *);
typedef void mcup_svdf_kernel_t(const mcup_svdf_t *, const int8_t *, int8_t *);
mcup_svdf_kernel_t mcup_svdf_dense_s8, mcup_svdf_d8_s8, mcup_svdf_n4_s8, mcup_svdf_b4_s8;
void mcup_svdf_reset(const mcup_svdf_t *);
mcup_lstm_finish_t mcup_lstm_cells_s8, mcup_lstm_cells_table_s8;
void mcup_lstm_reset(const mcup_lstm_cell_t *);

typedef void mcup_conv_2d_s16_kernel_t(const mcup_conv_2d_s16_t *, const int16_t *, int16_t *);
typedef void mcup_fully_connected_s16_kernel_t(const mcup_fully_connected_s16_t *, const int16_t *, int16_t *);
mcup_conv_2d_s16_kernel_t mcup_conv_2d_dense_s16, mcup_conv_2d_d8_s16, mcup_conv_2d_n4_s16, mcup_conv_2d_b4_s16;
mcup_fully_connected_s16_kernel_t mcup_fully_connected_dense_s16, mcup_fully_connected_d8_s16;
mcup_fully_connected_s16_kernel_t mcup_fully_connected_n4_s16, mcup_fully_connected_b4_s16;
void mcup_add_s16(const mcup_add_s16_t *, const int16_t *a, const int16_t *b, int16_t *output);
void mcup_mul_s16(const mcup_mul_s16_t *, const int16_t *a, const int16_t *b, int16_t *output);
void mcup_average_pool_2d_s16(const mcup_pool_2d_t *, const int16_t *, int16_t *);
void mcup_max_pool_2d_s16(const mcup_pool_2d_t *, const int16_t *, int16_t *);
void mcup_mean_s16(const mcup_mean_t *, const int16_t *, int16_t *);
void mcup_logistic_s16(const mcup_curve_s16_t *, const int16_t *, int16_t *);
void mcup_tanh_s16(const mcup_curve_s16_t *, const int16_t *, int16_t *);
void mcup_softmax_s16(const mcup_softmax_s16_t *, const int16_t *, int16_t *);
void mcup_quantize_s16_s8(const mcup_quantize_t *, const int16_t *, int8_t *);
void mcup_quantize_s16(const mcup_quantize_t *, const int16_t *, int16_t *);
void mcup_depthwise_conv_2d_s16(const mcup_depthwise_conv_2d_s16_t *, const int16_t *, int16_t *);

#endif
