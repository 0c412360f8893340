/* STM32F1 (RM0008, RM0041): the 8 MHz internal oscillator, halved, times 6 (F100: 24 MHz) or 16
 * (F103: 64 MHz); USART1 on PA9 and PA10, of the older kind. */
#include "mcup_board.h"

#define RCC 0x40021000U
#define FLASH 0x40022000U
#define GPIOA 0x40010800U
#define USART1 0x40013800U
#define HSI 8000000U
#define TIMES (MCUP_CLOCK / (HSI / 2))

_Static_assert(MCUP_CLOCK == HSI / 2 * TIMES && TIMES >= 2 && TIMES <= 16,
               "the board's clock is not a multiple of 4 MHz up to 64 MHz");

static bool start_pll(void)
{
    const uint32_t wait_states = (MCUP_CLOCK - 1) / 24000000U;
    const uint32_t half = MCUP_CLOCK > 36000000U ? 4U : 0U; /* APB1 runs at 36 MHz at most */

    /* CFGR: PLLMUL, PPRE1; from HSI / 2 */
    mcup_change(RCC + 0x04, 0x3F0700, (TIMES - 2) << 18 | half << 8);
    mcup_change(RCC, 0, 1U << 24); /* CR: PLLON */
    if (!mcup_wait(RCC, 1U << 25, 1U << 25)) { /* CR: PLLRDY */
        return false;
    }
    mcup_change(FLASH, 7, wait_states); /* ACR: LATENCY; the prefetch buffer is on after reset */
    mcup_change(RCC + 0x04, 3, 2); /* CFGR: SW = PLL */
    return mcup_wait(RCC + 0x04, 3U << 2, 2U << 2); /* CFGR: SWS */
}

void mcup_board_start(void)
{
    const uint32_t clock = start_pll() ? MCUP_CLOCK : HSI;

    mcup_change(RCC + 0x18, 0, 1U << 2 | 1U << 14); /* APB2ENR: GPIOA, USART1 */
    mcup_change(GPIOA + 0x04, 0xFF0, 0x4B0); /* CRH: PA9 output, PA10 input */
    MCUP_REGISTER(USART1 + 0x08) = (clock + MCUP_BAUD / 2) / MCUP_BAUD; /* BRR */
    MCUP_REGISTER(USART1 + 0x0C) = 1U << 13 | 1U << 3 | 1U << 2; /* CR1: UE, TE, RE */
}

uint8_t mcup_board_read(void)
{
    while ((MCUP_REGISTER(USART1) & (1U << 5)) == 0) { /* SR: RXNE */
    }
    return (uint8_t)MCUP_REGISTER(USART1 + 0x04); /* DR */
}

void mcup_board_write(uint8_t byte)
{
    while ((MCUP_REGISTER(USART1) & (1U << 7)) == 0) { /* SR: TXE */
    }
    MCUP_REGISTER(USART1 + 0x04) = byte; /* DR */
}
