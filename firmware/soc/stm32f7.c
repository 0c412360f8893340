/* STM32F74x (RM0385): 216 MHz from the 16 MHz internal oscillator, in over-drive, caches on.
 *
 * [uart] base = address of the USART, enable = its bit in RCC_APB1ENR or RCC_APB2ENR, tx, rx =
 * pins (PD8), alternate = their alternate function.
 */
#include "mcup_m7.h"
#include "mcup_stm32.h"

#define RCC 0x40023800U
#define FLASH 0x40023C00U
#define PWR 0x40007000U
#define HSI 16000000U

_Static_assert(MCUP_CLOCK == HSI / 8 * 216 / 2, "the board's clock is not what start_pll sets");

static bool start_pll(void)
{
    mcup_change(RCC + 0x40, 0, 1U << 28); /* APB1ENR: PWREN */
    /* PLLCFGR: R, Q, P = 2, N, M; from HSI */
    MCUP_REGISTER(RCC + 0x04) = 2U << 28 | 9U << 24 | 216U << 6 | 8U;
    mcup_change(RCC, 0, 1U << 24); /* CR: PLLON */
    mcup_change(PWR, 0, 1U << 16); /* CR1: ODEN */
    /* PLLRDY, ODRDY */
    if (!mcup_wait(RCC, 1U << 25, 1U << 25) || !mcup_wait(PWR + 0x04, 1U << 16, 1U << 16)) {
        return false;
    }
    mcup_change(PWR, 0, 1U << 17); /* CR1: ODSWEN */
    if (!mcup_wait(PWR + 0x04, 1U << 17, 1U << 17)) { /* CSR1: ODSWRDY */
        return false;
    }
    MCUP_REGISTER(FLASH) = 3U << 8 | 7U; /* ACR: ART, prefetch, 7 wait states */
    mcup_change(RCC + 0x08, 0xFCF3, 4U << 13 | 5U << 10); /* CFGR: APB2 = /2, APB1 = /4 */
    mcup_change(RCC + 0x08, 3, 2); /* CFGR: SW = PLL */
    return mcup_wait(RCC + 0x08, 3U << 2, 2U << 2); /* CFGR: SWS */
}

void mcup_board_start(void)
{
    const bool fast = start_pll();
    const bool apb2 = (MCUP_UART_BASE & 0x10000) != 0;
    const uint32_t clock = fast ? MCUP_CLOCK / (apb2 ? 2 : 4) : HSI;

    mcup_m7_caches_on();
    mcup_stm32_pin(RCC + 0x30, 0x40020000, MCUP_UART_TX, MCUP_UART_ALTERNATE); /* AHB1ENR, GPIOA */
    mcup_stm32_pin(RCC + 0x30, 0x40020000, MCUP_UART_RX, MCUP_UART_ALTERNATE);
    mcup_change(RCC + (apb2 ? 0x44 : 0x40), 0, 1U << MCUP_UART_ENABLE); /* APB2ENR, APB1ENR */
    mcup_stm32_usart_start(MCUP_UART_BASE, mcup_stm32_divisor(clock));
}

uint8_t mcup_board_read(void)
{
    return mcup_stm32_usart_read(MCUP_UART_BASE);
}

void mcup_board_write(uint8_t byte)
{
    mcup_stm32_usart_write(MCUP_UART_BASE, byte);
}
