/* Caches of Cortex-M7: off after reset, and without them flash and RAM behind AXI are several
 * times slower.  Armv7-M Architecture Reference Manual B2.2; Cortex-M7 TRM 4.3. */
#ifndef MCUP_M7_H
#define MCUP_M7_H

#include "mcup_board.h"

static inline void mcup_m7_caches_on(void)
{
    const uint32_t ccr = 0xE000ED14;
    const uint32_t line = 5; /* log2 of 32 bytes */

    MCUP_REGISTER(0xE000EF50) = 0; /* ICIALLU: invalidate all instructions */
    MCUP_REGISTER(0xE000ED84) = 0; /* CSSELR: data cache of level 1 */
    __asm__ volatile("dsb" ::: "memory");
    const uint32_t size = MCUP_REGISTER(0xE000ED80); /* CCSIDR */
    for (uint32_t set = 0; set <= (size >> 13 & 0x7FFF); set++) {
        for (uint32_t way = 0; way <= (size >> 3 & 3); way++) {
            MCUP_REGISTER(0xE000EF60) = set << line | way << 30; /* DCISW: invalidate one line */
        }
    }
    __asm__ volatile("dsb" ::: "memory");
    mcup_change(ccr, 0, 1U << 16 | 1U << 17); /* DC, IC */
    __asm__ volatile("dsb\n\tisb" ::: "memory");
}

#endif
