/* ADD of neighbours: the loop and its element are shared with SUB. */
#include "mcup_add_v7m.h"

    RUN_ANY mcup_add_run, add, add
