/* STM32H74x (RM0433): 400 MHz from the 64 MHz internal oscillator, supplied by the LDO, caches on.
 *
 * [uart] base = address of the USART, enable = its bit in RCC_APB1LENR or RCC_APB2ENR, tx, rx =
 * pins (PD8), alternate = their alternate function.
 */
#include "mcup_m7.h"
#include "mcup_stm32.h"

#define RCC 0x58024400U
#define PWR 0x58024800U
#define FLASH 0x52002000U
#define HSI 64000000U

_Static_assert(MCUP_CLOCK == HSI / 4 * 50 / 2, "the board's clock is not what start_pll sets");

static bool start_pll(void)
{
    mcup_change(PWR + 0x0C, 7, 2); /* CR3: LDOEN; until it is written the voltage is locked */
    if (!mcup_wait(PWR + 0x04, 1U << 13, 1U << 13)) { /* CSR1: ACTVOSRDY */
        return false;
    }
    mcup_change(PWR + 0x18, 0, 3U << 14); /* D3CR: VOS = scale 1 */
    if (!mcup_wait(PWR + 0x18, 1U << 13, 1U << 13)) { /* D3CR: VOSRDY */
        return false;
    }
    mcup_change(RCC + 0x28, 0x3F3, 4U << 4); /* PLLCKSELR: DIVM1 = 4, from HSI */
    /* PLLCFGR: 8 to 16 MHz in, wide VCO, DIVP1EN */
    mcup_change(RCC + 0x2C, 0xF, 3U << 2 | 1U << 16);
    /* PLL1DIVR: R, Q, P = 2, N = 50 */
    MCUP_REGISTER(RCC + 0x30) = 1U << 24 | 1U << 16 | 1U << 9 | 49U;
    mcup_change(RCC, 0, 1U << 24); /* CR: PLL1ON */
    if (!mcup_wait(RCC, 1U << 25, 1U << 25)) { /* CR: PLL1RDY */
        return false;
    }
    MCUP_REGISTER(FLASH) = 2U << 4 | 4U; /* ACR: WRHIGHFREQ, 4 wait states at 200 MHz */
    mcup_change(RCC + 0x18, 0xF7F, 4U << 4 | 8U); /* D1CFGR: core /1, AXI /2, APB3 /2 */
    mcup_change(RCC + 0x1C, 0x770, 4U << 8 | 4U << 4); /* D2CFGR: APB2 /2, APB1 /2 */
    mcup_change(RCC + 0x20, 0x70, 4U << 4); /* D3CFGR: APB4 /2 */
    mcup_change(RCC + 0x10, 7, 3); /* CFGR: SW = PLL1 */
    return mcup_wait(RCC + 0x10, 7U << 3, 3U << 3); /* CFGR: SWS */
}

void mcup_board_start(void)
{
    const uint32_t clock = start_pll() ? MCUP_CLOCK / 4 : HSI; /* APB1 and APB2 */
    const bool apb2 = (MCUP_UART_BASE & 0x10000) != 0;

    mcup_m7_caches_on();
    mcup_stm32_pin(RCC + 0xE0, 0x58020000, MCUP_UART_TX, MCUP_UART_ALTERNATE); /* AHB4ENR, GPIOA */
    mcup_stm32_pin(RCC + 0xE0, 0x58020000, MCUP_UART_RX, MCUP_UART_ALTERNATE);
    mcup_change(RCC + (apb2 ? 0xF0 : 0xE8), 0, 1U << MCUP_UART_ENABLE); /* APB2ENR, APB1LENR */
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
