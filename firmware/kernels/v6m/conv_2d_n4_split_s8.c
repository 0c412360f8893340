/* Convolution, int8, N4 weights, two pixels in one multiplication.  The rows are in the assembly
 * of the same name. */
#include "mcup_split.h"

MCUP_SPLIT_KERNEL(n4)
