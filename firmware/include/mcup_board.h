/* What a program needs of its chip: a clock and a serial port.  firmware/soc/ has one file per
 * chip family.
 *
 * The build passes, from the board's file: MCUP_CLOCK (Hz, checked by the soc file against what it
 * sets) and MCUP_UART_<KEY> for each key of its [uart] table.
 */
#ifndef MCUP_BOARD_H
#define MCUP_BOARD_H

#include <stdbool.h>
#include <stdint.h>

#define MCUP_BAUD 115200U /* 8 data bits, no parity, 1 stop bit */

/* Bring the clock to MCUP_CLOCK and open the serial port.  If an oscillator or PLL does not start,
 * the chip stays at its reset clock and the port is set for that. */
void mcup_board_start(void);

uint8_t mcup_board_read(void); /* waits for one byte */
void mcup_board_write(uint8_t byte); /* returns when the byte is in the transmitter */

/* For the soc files: */

#define MCUP_REGISTER(address) (*(volatile uint32_t *)(uintptr_t)(address))

/* Clear, then set bits; read back, so that the write has arrived when this returns. */
static inline void mcup_change(uint32_t address, uint32_t clear, uint32_t set)
{
    MCUP_REGISTER(address) = (MCUP_REGISTER(address) & ~clear) | set;
    (void)MCUP_REGISTER(address);
}

/* Wait until the masked bits have this value; false when they do not within some 10 ms to 1 s. */
static inline bool mcup_wait(uint32_t address, uint32_t mask, uint32_t value)
{
    for (uint32_t tries = 100000; tries > 0; tries--) {
        if ((MCUP_REGISTER(address) & mask) == value) {
            return true;
        }
    }
    return false;
}

#endif
