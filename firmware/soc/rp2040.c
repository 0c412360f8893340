/* RP2040: 125 MHz from the 12 MHz crystal, and the second-stage loader that the boot ROM wants.
 *
 * [uart] tx, rx = GPIO numbers of UART0.
 */
#include "mcup_rp2.h"

static const mcup_rp2_t chip = { /* RP2040 datasheet, 2.2 (addresses), 2.14 (resets) */
    .resets = 0x4000C000, .clocks = 0x40008000, .xosc = 0x40024000, .pll = 0x40028000,
    .io = 0x40014000, .pads = 0x4001C000, .uart = 0x40034000,
    .io_reset = 5, .pads_reset = 8, .pll_reset = 12, .uart_reset = 22,
    .divider1 = 6, .divider2 = 2,
};

_Static_assert(MCUP_CLOCK == 1500000000 / (6 * 2),
               "the board's clock is not what mcup_rp2_clock sets");

/* The first 256 bytes of flash (datasheet 2.8.1.3.1): the boot ROM copies them to RAM, checks the
 * CRC-32 in the last word and runs them there.  They set the flash interface (4.10) up for
 * execution in place, by the plain serial read command 03h, which every flash chip knows after
 * power-on, at clk_sys / 4; then start the program behind them.  Whoever changes an instruction
 * finds the new CRC in the message of the test that checks it. */
__asm__(
    ".section .mcup.boot, \"ax\"\n"
    ".syntax unified\n"
    ".thumb\n"
    "    ldr r3, =0x18000000\n"   /* XIP_SSI */
    "    movs r0, #0\n"
    "    str r0, [r3, #0x08]\n"   /* SSIENR: off */
    "    movs r1, #4\n"
    "    str r1, [r3, #0x14]\n"   /* BAUDR */
    "    ldr r1, =0x001F0300\n"   /* 32 bits a frame, EEPROM read */
    "    str r1, [r3, #0x00]\n"   /* CTRLR0 */
    "    str r0, [r3, #0x04]\n"   /* CTRLR1: one frame a read */
    "    ldr r1, =0x03000218\n"   /* command 03h of 8 bits, address of 24 bits */
    "    ldr r2, =0x180000F4\n"
    "    str r1, [r2]\n"          /* SPI_CTRLR0 */
    "    movs r0, #1\n"
    "    str r0, [r3, #0x08]\n"   /* SSIENR: on */
    "    ldr r0, =0x10000100\n"   /* the vectors, right behind these 256 bytes */
    "    ldmia r0, {r0, r1}\n"
    "    msr msp, r0\n"
    "    bx r1\n"
    "    .ltorg\n"
    "    .org 252\n"
    "    .word 0xA59D58D5\n"     /* CRC-32/MPEG-2 of the 252 bytes before */
    ".text\n");

void mcup_board_start(void)
{
    mcup_rp2_start(&chip);
}

uint8_t mcup_board_read(void)
{
    return mcup_pl011_read(chip.uart);
}

void mcup_board_write(uint8_t byte)
{
    mcup_pl011_write(chip.uart, byte);
}
