/* STM32U5 (RM0456): 160 MHz in range 1 with the EPOD booster, from the 16 MHz internal oscillator;
 * instruction cache on.  USART1 on PA9 and PA10.  TrustZone off, as delivered. */
#include "mcup_stm32.h"

#define RCC 0x46020C00U
#define PWR 0x46020800U
#define FLASH 0x40022000U
#define ICACHE 0x40030400U
#define USART1 0x40013800U
#define HSI 16000000U
#define RESET_CLOCK 4000000U /* MSI */

_Static_assert(MCUP_CLOCK == HSI * 20 / 2, "the board's clock is not what start_pll sets");

static bool start_pll(void)
{
    mcup_change(RCC + 0x94, 0, 1U << 2); /* AHB3ENR: PWREN */
    mcup_change(RCC, 0, 1U << 8); /* CR: HSION */
    mcup_change(PWR + 0x0C, 0, 3U << 16); /* VOSR: VOS = range 1 */
    /* HSIRDY, VOSRDY */
    if (!mcup_wait(RCC, 1U << 10, 1U << 10) || !mcup_wait(PWR + 0x0C, 1U << 15, 1U << 15)) {
        return false;
    }
    /* PLL1CFGR: R on, M and booster /1, 8-16 MHz, from HSI */
    MCUP_REGISTER(RCC + 0x28) = 1U << 18 | 3U << 2 | 2U;
    mcup_change(PWR + 0x0C, 0, 1U << 18); /* VOSR: BOOSTEN */
    if (!mcup_wait(PWR + 0x0C, 1U << 14, 1U << 14)) { /* VOSR: BOOSTRDY */
        return false;
    }
    /* PLL1DIVR: R, Q, P = 2, N = 20 */
    MCUP_REGISTER(RCC + 0x34) = 1U << 24 | 1U << 16 | 1U << 9 | 19U;
    mcup_change(RCC, 0, 1U << 24); /* CR: PLL1ON */
    if (!mcup_wait(RCC, 1U << 25, 1U << 25)) { /* CR: PLL1RDY */
        return false;
    }
    MCUP_REGISTER(FLASH) = 1U << 8 | 4U; /* ACR: prefetch, 4 wait states */
    mcup_change(RCC + 0x1C, 3, 3); /* CFGR1: SW = PLL1 */
    return mcup_wait(RCC + 0x1C, 3U << 2, 3U << 2); /* CFGR1: SWS */
}

void mcup_board_start(void)
{
    const uint32_t clock = start_pll() ? MCUP_CLOCK : RESET_CLOCK;

    (void)mcup_wait(ICACHE + 0x04, 1, 0); /* SR: BUSYF, the invalidation after reset */
    mcup_change(ICACHE, 0, 1); /* CR: EN */
    mcup_stm32_pin(RCC + 0x8C, 0x42020000, PA9, 7); /* AHB2ENR1, GPIOA */
    mcup_stm32_pin(RCC + 0x8C, 0x42020000, PA10, 7);
    mcup_change(RCC + 0xA4, 0, 1U << 14); /* APB2ENR: USART1EN */
    mcup_stm32_usart_start(USART1, mcup_stm32_divisor(clock));
}

uint8_t mcup_board_read(void)
{
    return mcup_stm32_usart_read(USART1);
}

void mcup_board_write(uint8_t byte)
{
    mcup_stm32_usart_write(USART1, byte);
}
