/* nRF51 and nRF52 (nRF51 Reference Manual; nRF52840 Product Specification): the core's clock is
 * fixed, 16 or 64 MHz; the crystal is started because the serial port needs its accuracy.
 *
 * [uart] tx, rx = pin numbers, 32 and up on P1 of nRF52840.
 */
#include "mcup_board.h"

#define CLOCK 0x40000000U
#define UART 0x40002000U
#define GPIO(pin) (0x50000000U + 0x300U * ((pin) / 32U))
#define READY_RX (UART + 0x108)
#define READY_TX (UART + 0x11C)

_Static_assert(MCUP_CLOCK == 16000000 || MCUP_CLOCK == 64000000,
               "the core runs at 16 MHz (nRF51) or 64 MHz (nRF52)");

void mcup_board_start(void)
{
    MCUP_REGISTER(CLOCK) = 1; /* TASKS_HFCLKSTART */
    (void)mcup_wait(CLOCK + 0x100, 1, 1); /* EVENTS_HFCLKSTARTED */
    /* OUTSET: idle is high */
    MCUP_REGISTER(GPIO(MCUP_UART_TX) + 0x508) = 1U << (MCUP_UART_TX % 32);
    MCUP_REGISTER(GPIO(MCUP_UART_TX) + 0x518) = 1U << (MCUP_UART_TX % 32); /* DIRSET */
    MCUP_REGISTER(GPIO(MCUP_UART_RX) + 0x700 + 4 * (MCUP_UART_RX % 32)) = 0; /* PIN_CNF: input */
    MCUP_REGISTER(UART + 0x50C) = MCUP_UART_TX; /* PSELTXD */
    MCUP_REGISTER(UART + 0x514) = MCUP_UART_RX; /* PSELRXD */
    MCUP_REGISTER(UART + 0x524) = 0x01D7E000; /* BAUDRATE: 115200 */
    MCUP_REGISTER(UART + 0x500) = 4; /* ENABLE */
    MCUP_REGISTER(UART + 0x000) = 1; /* TASKS_STARTRX */
    MCUP_REGISTER(UART + 0x008) = 1; /* TASKS_STARTTX */
}

uint8_t mcup_board_read(void)
{
    while (MCUP_REGISTER(READY_RX) == 0) {
    }
    MCUP_REGISTER(READY_RX) = 0;
    return (uint8_t)MCUP_REGISTER(UART + 0x518); /* RXD */
}

void mcup_board_write(uint8_t byte)
{
    MCUP_REGISTER(READY_TX) = 0;
    MCUP_REGISTER(UART + 0x51C) = byte; /* TXD */
    while (MCUP_REGISTER(READY_TX) == 0) {
    }
}
