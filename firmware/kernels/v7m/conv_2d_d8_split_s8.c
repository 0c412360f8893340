/* Convolution, int8, D8 weights, two pixels in one multiplication.  The rows are in the assembly
 * of the same name. */
#include "mcup_split.h"

MCUP_SPLIT_KERNEL(d8)
