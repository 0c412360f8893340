/* RP2350 (Arm cores): 150 MHz from the 12 MHz crystal, and the image definition that the boot ROM
 * looks for.
 *
 * [uart] tx, rx = GPIO numbers of UART0.
 */
#include "mcup_rp2.h"

static const mcup_rp2_t chip = { /* RP2350 datasheet, 2.2 (addresses), 7.5 (resets) */
    .resets = 0x40020000, .clocks = 0x40010000, .xosc = 0x40048000, .pll = 0x40050000,
    .io = 0x40028000, .pads = 0x40038000, .uart = 0x40070000,
    .io_reset = 6, .pads_reset = 9, .pll_reset = 14, .uart_reset = 26,
    .divider1 = 5, .divider2 = 2,
};

_Static_assert(MCUP_CLOCK == 1500000000 / (5 * 2),
               "the board's clock is not what mcup_rp2_clock sets");

/* Datasheet 5.9.5.1, the smallest block that makes flash bootable: an executable for the Secure
 * Arm cores of RP2350, whose vector table is at the start of flash.  The ROM has set the flash
 * interface up already. */
extern const uint32_t mcup_image[5];
__attribute__((section(".mcup.image"), used)) const uint32_t mcup_image[5] = {
    0xFFFFDED3, /* block begins */
    0x10210142, /* item IMAGE_TYPE, 1 word: RP2350, Arm, Secure, executable */
    0x000001FF, /* last item; the items are 1 word */
    0x00000000, /* distance to the next block: this is the only one */
    0xAB123579, /* block ends */
};

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
