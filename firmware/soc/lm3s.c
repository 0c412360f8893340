/* Stellaris LM3S6965 (datasheet, chapter 5): 50 MHz from the PLL and the 8 MHz crystal of the
 * board; UART0. */
#include "mcup_pl011.h"

#define SYSCTL 0x400FE000U
#define GPIOA 0x40004000U
#define UART0 0x4000C000U
#define CRYSTAL 8000000U

_Static_assert(MCUP_CLOCK == 200000000 / 4, "the board's clock is not what start_pll sets");

static bool start_pll(void)
{
    const uint32_t rcc = SYSCTL + 0x060;

    mcup_change(rcc, 1U << 22 | 1U, 1U << 11); /* USESYSDIV off, main oscillator on, BYPASS */
    for (int i = 0; i < 50000; i++) { /* some 20 ms for the crystal */
        (void)MCUP_REGISTER(rcc);
    }
    mcup_change(rcc, 0x3F0U, 14U << 6); /* OSCSRC = main oscillator, XTAL = 8 MHz */
    mcup_change(rcc, 1U << 13, 0); /* PWRDN off */
    if (!mcup_wait(SYSCTL + 0x050, 1U << 6, 1U << 6)) { /* RIS: PLLLRIS */
        return false;
    }
    mcup_change(rcc, 0xFU << 23, 3U << 23 | 1U << 22); /* SYSDIV = /4, USESYSDIV */
    mcup_change(rcc, 1U << 11, 0); /* BYPASS off */
    return true;
}

void mcup_board_start(void)
{
    const uint32_t clock = start_pll() ? MCUP_CLOCK : CRYSTAL;

    mcup_change(SYSCTL + 0x104, 0, 1); /* RCGC1: UART0 */
    mcup_change(SYSCTL + 0x108, 0, 1); /* RCGC2: port A */
    mcup_change(GPIOA + 0x420, 0, 3); /* AFSEL: PA0, PA1 */
    mcup_change(GPIOA + 0x51C, 0, 3); /* DEN */
    mcup_pl011_start(UART0, clock);
}

uint8_t mcup_board_read(void)
{
    return mcup_pl011_read(UART0);
}

void mcup_board_write(uint8_t byte)
{
    mcup_pl011_write(UART0, byte);
}
