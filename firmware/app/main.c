/* Production program: answers inference requests on the serial port, 115200 8N1.
 *
 *   request   input, CRC                 the model's MCUP_MODEL_INPUT_SIZE bytes, int8
 *   reply     status, output, CRC        status 0, and MCUP_MODEL_OUTPUT_SIZE bytes, int8
 *             status, CRC                status 1: the CRC was wrong; 2: the length was wrong
 *
 * CRC is CRC-16/CCITT-FALSE (polynomial 1021h, start FFFFh, not reflected; "123456789" -> 29B1h)
 * of all bytes before it, high byte first.  Frames are delimited as in SLIP (RFC 1055): C0h ends a
 * frame; within it C0h is sent as DBh DCh and DBh as DBh DDh.  Empty frames mean nothing.
 *
 * One request at a time.  A client that starts sends C0h, 00h, C0h until it is answered, and throws
 * that away: then both ends agree on where frames begin.  mcuprune's tests have a client.
 */
#include "mcup_board.h"
#include "mcup_model.h"

enum { END = 0xC0, ESCAPE = 0xDB, ESCAPED_END = 0xDC, ESCAPED_ESCAPE = 0xDD };
enum { STATUS_OK, STATUS_CRC, STATUS_LENGTH };
enum { CRC_START = 0xFFFF, CRC_SIZE = 2 };

static _Alignas(8) uint8_t request[MCUP_MODEL_INPUT_SIZE + CRC_SIZE];
static _Alignas(8) int8_t output[MCUP_MODEL_OUTPUT_SIZE];

static uint32_t crc_add(uint32_t crc, uint8_t byte)
{
    crc ^= (uint32_t)byte << 8;
    for (int bit = 0; bit < 8; bit++) {
        crc = (crc << 1 ^ ((crc & 0x8000) != 0 ? 0x1021U : 0U)) & 0xFFFF;
    }
    return crc;
}

/* Fill request with the next frame.  Returns the frame's length, which may be more than there is
 * room for. */
static uint32_t receive(void)
{
    uint32_t length = 0;

    for (;;) {
        uint8_t byte = mcup_board_read();
        if (byte == END) {
            if (length > 0) {
                return length;
            }
            continue;
        }
        if (byte == ESCAPE) {
            byte = mcup_board_read() == ESCAPED_END ? END : ESCAPE;
        }
        if (length < sizeof request) {
            request[length] = byte;
        }
        length++;
    }
}

static uint32_t send(uint32_t crc, uint8_t byte)
{
    if (byte == END || byte == ESCAPE) {
        mcup_board_write(ESCAPE);
        mcup_board_write(byte == END ? ESCAPED_END : ESCAPED_ESCAPE);
    } else {
        mcup_board_write(byte);
    }
    return crc_add(crc, byte);
}

static void reply(uint8_t status, const int8_t *bytes, uint32_t size)
{
    uint32_t crc = send(CRC_START, status);

    for (uint32_t i = 0; i < size; i++) {
        crc = send(crc, (uint8_t)bytes[i]);
    }
    (void)send(0, (uint8_t)(crc >> 8));
    (void)send(0, (uint8_t)crc);
    mcup_board_write(END);
}

static void answer(uint32_t length)
{
    uint32_t crc = CRC_START;

    if (length != sizeof request) {
        reply(STATUS_LENGTH, output, 0);
        return;
    }
    for (uint32_t i = 0; i < length; i++) {
        crc = crc_add(crc, request[i]);
    }
    if (crc != 0) { /* over a message and its own CRC, the CRC is 0 */
        reply(STATUS_CRC, output, 0);
        return;
    }
    mcup_model_invoke((const int8_t *)request, output);
    reply(STATUS_OK, output, sizeof output);
}

int main(void)
{
#ifdef mcup_model_reset
    mcup_model_reset();
#endif
    mcup_board_start();
    for (;;) {
        answer(receive());
    }
}
