/* STM32F4 (RM0090, RM0390): 168 MHz from the 16 MHz internal oscillator; a USART of the older
 * kind.
 *
 * [uart] base = address of the USART, enable = its bit in RCC_APB1ENR or RCC_APB2ENR, tx, rx =
 * pins (PA9), alternate = their alternate function.
 */
#include "mcup_stm32.h"

#define RCC 0x40023800U
#define FLASH 0x40023C00U
#define HSI 16000000U

_Static_assert(MCUP_CLOCK == HSI / 8 * 168 / 2, "the board's clock is not what start_pll sets");

static bool start_pll(void)
{
    /* PLLCFGR: R, Q, P = 2, N, M; from HSI */
    MCUP_REGISTER(RCC + 0x04) = 2U << 28 | 7U << 24 | 168U << 6 | 8U;
    mcup_change(RCC, 0, 1U << 24); /* CR: PLLON */
    if (!mcup_wait(RCC, 1U << 25, 1U << 25)) { /* CR: PLLRDY */
        return false;
    }
    MCUP_REGISTER(FLASH) = 7U << 8 | 5U; /* ACR: caches, prefetch, 5 wait states */
    mcup_change(RCC + 0x08, 0xFCF3, 4U << 13 | 5U << 10); /* CFGR: APB2 = /2, APB1 = /4 */
    mcup_change(RCC + 0x08, 3, 2); /* CFGR: SW = PLL */
    return mcup_wait(RCC + 0x08, 3U << 2, 2U << 2); /* CFGR: SWS */
}

void mcup_board_start(void)
{
    const bool fast = start_pll();
    const bool apb2 = (MCUP_UART_BASE & 0x10000) != 0;
    const uint32_t clock = fast ? MCUP_CLOCK / (apb2 ? 2 : 4) : HSI;

    mcup_stm32_pin(RCC + 0x30, 0x40020000, MCUP_UART_TX, MCUP_UART_ALTERNATE); /* AHB1ENR, GPIOA */
    mcup_stm32_pin(RCC + 0x30, 0x40020000, MCUP_UART_RX, MCUP_UART_ALTERNATE);
    mcup_change(RCC + (apb2 ? 0x44 : 0x40), 0, 1U << MCUP_UART_ENABLE); /* APB2ENR, APB1ENR */
    MCUP_REGISTER(MCUP_UART_BASE + 0x08) = mcup_stm32_divisor(clock); /* BRR */
    MCUP_REGISTER(MCUP_UART_BASE + 0x0C) = 1U << 13 | 1U << 3 | 1U << 2; /* CR1: UE, TE, RE */
}

uint8_t mcup_board_read(void)
{
    while ((MCUP_REGISTER(MCUP_UART_BASE) & (1U << 5)) == 0) { /* SR: RXNE */
    }
    return (uint8_t)MCUP_REGISTER(MCUP_UART_BASE + 0x04); /* DR */
}

void mcup_board_write(uint8_t byte)
{
    while ((MCUP_REGISTER(MCUP_UART_BASE) & (1U << 7)) == 0) { /* SR: TXE */
    }
    MCUP_REGISTER(MCUP_UART_BASE + 0x04) = byte; /* DR */
}
