/* Arm PrimeCell UART PL011 (DDI0183), the serial port of RP2040, RP2350 and Stellaris. */
#ifndef MCUP_PL011_H
#define MCUP_PL011_H

#include "mcup_board.h"

static inline void mcup_pl011_start(uint32_t base, uint32_t clock)
{
    /* clock / (16 * baud) in 1/64 */
    const uint32_t divisor = (4 * clock + MCUP_BAUD / 2) / MCUP_BAUD;

    MCUP_REGISTER(base + 0x24) = divisor / 64; /* IBRD */
    MCUP_REGISTER(base + 0x28) = divisor % 64; /* FBRD */
    MCUP_REGISTER(base + 0x2C) = 3U << 5 | 1U << 4; /* LCR_H: 8 bits, FIFOs */
    MCUP_REGISTER(base + 0x30) = 1U | 1U << 8 | 1U << 9; /* CR: UARTEN, TXE, RXE */
}

static inline uint8_t mcup_pl011_read(uint32_t base)
{
    while ((MCUP_REGISTER(base + 0x18) & (1U << 4)) != 0) { /* FR: RXFE */
    }
    return (uint8_t)MCUP_REGISTER(base + 0x00);
}

static inline void mcup_pl011_write(uint32_t base, uint8_t byte)
{
    while ((MCUP_REGISTER(base + 0x18) & (1U << 5)) != 0) { /* FR: TXFF */
    }
    MCUP_REGISTER(base + 0x00) = byte;
}

#endif
