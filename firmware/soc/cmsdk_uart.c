/* Arm MPS2 and MPS3: the FPGA sets the clocks; the serial port is the CMSDK APB UART (DDI0479,
 * 4.3).
 *
 * [uart] base = address, clock = Hz of its bus.
 */
#include "mcup_board.h"

#define DATA (MCUP_UART_BASE + 0x00U)
#define STATE (MCUP_UART_BASE + 0x04U)
#define CTRL (MCUP_UART_BASE + 0x08U)
#define BAUDDIV (MCUP_UART_BASE + 0x10U)

void mcup_board_start(void)
{
    MCUP_REGISTER(BAUDDIV) = (MCUP_UART_CLOCK + MCUP_BAUD / 2) / MCUP_BAUD;
    MCUP_REGISTER(CTRL) = 3; /* transmitter and receiver */
}

uint8_t mcup_board_read(void)
{
    while ((MCUP_REGISTER(STATE) & 2) == 0) { /* receive buffer full */
    }
    return (uint8_t)MCUP_REGISTER(DATA);
}

void mcup_board_write(uint8_t byte)
{
    while ((MCUP_REGISTER(STATE) & 1) != 0) { /* transmit buffer full */
    }
    MCUP_REGISTER(DATA) = byte;
}
