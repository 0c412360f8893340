/* SUB of neighbours: the loop and its element are ADD's. */
#include "mcup_add_dsp.h"

    RUN_ANY mcup_sub_run, add, sub
    RUN_SCALED mcup_sub_from_run, sub, add
