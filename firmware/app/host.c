/* The model as a filter on the host: reads inputs from stdin, writes outputs to stdout, until the end.
 * Same generated code and same portable kernels as on the device, so the same bytes. */
#include <stdio.h>

#include "mcup_model.h"

static _Alignas(4) int8_t input[MCUP_MODEL_INPUT_SIZE];
static _Alignas(4) int8_t output[MCUP_MODEL_OUTPUT_SIZE];

int main(void)
{
    while (fread(input, sizeof input, 1, stdin) == 1) {
#ifdef mcup_model_reset
        mcup_model_reset(); /* samples do not follow one another */
#endif
        mcup_model_invoke(input, output);
        if (fwrite(output, sizeof output, 1, stdout) != 1) {
            return 1;
        }
    }
    return 0;
}
