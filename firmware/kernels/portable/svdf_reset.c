/* The past that an SVDF begins with. */
#include "mcup_svdf.h"

void mcup_svdf_reset(const mcup_svdf_t *layer)
{
    memset(layer->state, 0, sizeof(int16_t) * (size_t)mcup_svdf_length(layer));
}
