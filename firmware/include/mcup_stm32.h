/* Shared by the STM32 families: pins, and the USART of F7, H7, L4 and U5 (F1 and F4 have an older
 * one). */
#ifndef MCUP_STM32_H
#define MCUP_STM32_H

#include "mcup_board.h"

/* PA0 ... PG15: 16 a port. */
enum mcup_pin {
    PA0, PA1, PA2, PA3, PA4, PA5, PA6, PA7, PA8, PA9, PA10, PA11, PA12, PA13, PA14, PA15,
    PB0, PB1, PB2, PB3, PB4, PB5, PB6, PB7, PB8, PB9, PB10, PB11, PB12, PB13, PB14, PB15,
    PC0, PC1, PC2, PC3, PC4, PC5, PC6, PC7, PC8, PC9, PC10, PC11, PC12, PC13, PC14, PC15,
    PD0, PD1, PD2, PD3, PD4, PD5, PD6, PD7, PD8, PD9, PD10, PD11, PD12, PD13, PD14, PD15,
    PE0, PE1, PE2, PE3, PE4, PE5, PE6, PE7, PE8, PE9, PE10, PE11, PE12, PE13, PE14, PE15,
    PF0, PF1, PF2, PF3, PF4, PF5, PF6, PF7, PF8, PF9, PF10, PF11, PF12, PF13, PF14, PF15,
    PG0, PG1, PG2, PG3, PG4, PG5, PG6, PG7, PG8, PG9, PG10, PG11, PG12, PG13, PG14, PG15,
};

/* Give a pin to a peripheral.  enable: RCC register with one bit a port; gpio: address of GPIOA. */
static inline void mcup_stm32_pin(uint32_t enable, uint32_t gpio, uint32_t pin, uint32_t alternate)
{
    const uint32_t port = gpio + 0x400 * (pin / 16);
    const uint32_t bit = pin % 16;

    mcup_change(enable, 0, 1U << (pin / 16));
    /* AFRL, AFRH */
    mcup_change(port + 0x20 + bit / 8 * 4, 0xFU << (bit % 8 * 4), alternate << (bit % 8 * 4));
    mcup_change(port + 0x00, 3U << (bit * 2), 2U << (bit * 2)); /* MODER: alternate */
}

/* Divisor for MCUP_BAUD, rounded to nearest. */
static inline uint32_t mcup_stm32_divisor(uint32_t clock)
{
    return (clock + MCUP_BAUD / 2) / MCUP_BAUD;
}

/* base: address of a USART of the newer kind. */
static inline void mcup_stm32_usart_start(uint32_t base, uint32_t divisor)
{
    MCUP_REGISTER(base + 0x0C) = divisor; /* BRR */
    MCUP_REGISTER(base + 0x08) = 1U << 12; /* CR3: OVRDIS, a lost byte shows in the CRC */
    MCUP_REGISTER(base + 0x00) = (1U << 0) | (1U << 2) | (1U << 3); /* CR1: UE, RE, TE */
}

static inline uint8_t mcup_stm32_usart_read(uint32_t base)
{
    while ((MCUP_REGISTER(base + 0x1C) & (1U << 5)) == 0) { /* ISR: RXNE */
    }
    return (uint8_t)MCUP_REGISTER(base + 0x24); /* RDR */
}

static inline void mcup_stm32_usart_write(uint32_t base, uint8_t byte)
{
    while ((MCUP_REGISTER(base + 0x1C) & (1U << 7)) == 0) { /* ISR: TXE */
    }
    MCUP_REGISTER(base + 0x28) = byte; /* TDR */
}

#endif
