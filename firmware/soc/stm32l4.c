/* STM32L4+ (RM0432): 120 MHz in range 1 boost mode from the 16 MHz internal oscillator.  LPUART1
 * on PG7 and PG8, which is where the Nucleo-144 boards have their virtual serial port. */
#include "mcup_stm32.h"

#define RCC 0x40021000U
#define FLASH 0x40022000U
#define PWR 0x40007000U
#define LPUART1 0x40008000U
#define HSI 16000000U
#define RESET_CLOCK 4000000U /* MSI */

_Static_assert(MCUP_CLOCK == HSI / 2 * 30 / 2, "the board's clock is not what start_pll sets");

static bool start_pll(void)
{
    mcup_change(RCC, 0, 1U << 8); /* CR: HSION */
    if (!mcup_wait(RCC, 1U << 10, 1U << 10)) { /* CR: HSIRDY */
        return false;
    }
    /* PLLCFGR: R on, /2; N; M = 2; from HSI */
    MCUP_REGISTER(RCC + 0x0C) = 1U << 24 | 30U << 8 | 1U << 4 | 2U;
    mcup_change(RCC, 0, 1U << 24); /* CR: PLLON */
    if (!mcup_wait(RCC, 1U << 25, 1U << 25)) { /* CR: PLLRDY */
        return false;
    }
    mcup_change(PWR + 0x80, 1U << 8, 0); /* CR5: R1MODE = boost */
    MCUP_REGISTER(FLASH) = 7U << 8 | 5U; /* ACR: caches, prefetch, 5 wait states */
    mcup_change(RCC + 0x08, 0, 8U << 4); /* CFGR: AHB /2 on the way, for 1 us */
    mcup_change(RCC + 0x08, 3, 3); /* CFGR: SW = PLL */
    const bool switched = mcup_wait(RCC + 0x08, 3U << 2, 3U << 2); /* CFGR: SWS */
    for (int i = 0; i < 100; i++) {
        (void)MCUP_REGISTER(RCC);
    }
    mcup_change(RCC + 0x08, 0xF0, 0); /* CFGR: AHB /1 */
    return switched;
}

void mcup_board_start(void)
{
    mcup_change(RCC + 0x58, 0, 1U << 28); /* APB1ENR1: PWREN */
    const uint32_t clock = start_pll() ? MCUP_CLOCK : RESET_CLOCK;

    mcup_change(PWR + 0x04, 0, 1U << 9); /* CR2: IOSV, port G has a supply of its own */
    mcup_stm32_pin(RCC + 0x4C, 0x48000000, PG7, 8); /* AHB2ENR, GPIOA */
    mcup_stm32_pin(RCC + 0x4C, 0x48000000, PG8, 8);
    mcup_change(RCC + 0x5C, 0, 1); /* APB1ENR2: LPUART1EN */
    mcup_stm32_usart_start(LPUART1, clock / 100 * 256 / (MCUP_BAUD / 100));
}

uint8_t mcup_board_read(void)
{
    return mcup_stm32_usart_read(LPUART1);
}

void mcup_board_write(uint8_t byte)
{
    mcup_stm32_usart_write(LPUART1, byte);
}
