/* Fill the whole output with one value: the frame of a PAD. */
#include "mcuprune.h"

#include <string.h>

void mcup_fill_s8(const mcup_fill_t *layer, void *output)
{
    memset(output, layer->value, (size_t)layer->size);
}
