/* Shared by RP2040 and RP2350: the clock tree and UART0 are the same, only addresses and bit
 * numbers differ. */
#ifndef MCUP_RP2_H
#define MCUP_RP2_H

#include "mcup_pl011.h"

typedef struct {
    uint32_t resets, clocks, xosc, pll, io, pads, uart; /* addresses of RESETS ... UART0 */
    uint32_t io_reset, pads_reset, pll_reset, uart_reset; /* bit numbers in RESETS */
    uint32_t divider1, divider2; /* 1500 MHz of the PLL to the system clock */
} mcup_rp2_t;

#define MCUP_RP2_CRYSTAL 12000000U /* on every Pico */

static inline void mcup_rp2_release(const mcup_rp2_t *chip, uint32_t bit)
{
    mcup_change(chip->resets, 1U << bit, 0);
    (void)mcup_wait(chip->resets + 8, 1U << bit, 1U << bit); /* RESET_DONE */
}

/* Crystal -> reference clock -> PLL: 12 MHz * 125 / dividers.  Returns the system clock in Hz. */
static inline uint32_t mcup_rp2_clock(const mcup_rp2_t *chip)
{
    const uint32_t ref = chip->clocks + 0x30;
    const uint32_t sys = chip->clocks + 0x3C;

    MCUP_REGISTER(chip->xosc + 0x0C) = 282; /* STARTUP: 6 ms in 256 periods */
    MCUP_REGISTER(chip->xosc + 0x00) = 0xFABU << 12 | 0xAA0; /* CTRL: enable, 1 to 15 MHz */
    if (!mcup_wait(chip->xosc + 0x04, 1U << 31, 1U << 31)) { /* STATUS: stable */
        return MCUP_CLOCK; /* no crystal, no exact clock: the serial port is a lost cause */
    }
    mcup_change(ref, 3, 2); /* SRC: crystal */
    (void)mcup_wait(ref + 8, 4, 4);
    mcup_change(sys, 1, 0); /* SRC: reference clock, while the PLL changes */
    (void)mcup_wait(sys + 8, 1, 1);

    mcup_change(chip->resets, 0, 1U << chip->pll_reset);
    mcup_rp2_release(chip, chip->pll_reset);
    MCUP_REGISTER(chip->pll + 0x00) = 1; /* CS: REFDIV */
    MCUP_REGISTER(chip->pll + 0x08) = 125; /* FBDIV_INT */
    mcup_change(chip->pll + 0x04, 1U | 1U << 5, 0); /* PWR: PD, VCOPD */
    if (!mcup_wait(chip->pll, 1U << 31, 1U << 31)) { /* CS: LOCK */
        return MCUP_RP2_CRYSTAL;
    }
    MCUP_REGISTER(chip->pll + 0x0C) = chip->divider1 << 16 | chip->divider2 << 12; /* PRIM */
    mcup_change(chip->pll + 0x04, 1U << 3, 0); /* PWR: POSTDIVPD */
    mcup_change(sys, 7U << 5, 0); /* AUXSRC: PLL */
    mcup_change(sys, 0, 1); /* SRC: AUXSRC */
    (void)mcup_wait(sys + 8, 2, 2);
    return MCUP_RP2_CRYSTAL * 125 / (chip->divider1 * chip->divider2);
}

/* Clock, pins and UART0. */
static inline void mcup_rp2_start(const mcup_rp2_t *chip)
{
    const uint32_t clock = mcup_rp2_clock(chip);
    const uint32_t pins[] = { MCUP_UART_TX, MCUP_UART_RX };

    /* CLK_PERI_CTRL: enable, from the system clock */
    MCUP_REGISTER(chip->clocks + 0x48) = 1U << 11;
    mcup_rp2_release(chip, chip->io_reset);
    mcup_rp2_release(chip, chip->pads_reset);
    mcup_rp2_release(chip, chip->uart_reset);
    for (int i = 0; i < 2; i++) {
        /* no isolation (RP2350), input enabled */
        mcup_change(chip->pads + 4 + 4 * pins[i], 1U << 8, 1U << 6);
        MCUP_REGISTER(chip->io + 4 + 8 * pins[i]) = 2; /* CTRL: FUNCSEL = UART */
    }
    mcup_pl011_start(chip->uart, clock);
}

#endif
