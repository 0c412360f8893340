/* Test harness: runs the model on samples from the host, by Arm semihosting, in an emulator or under a debugger.
 *
 *   input.bin   N samples of MCUP_MODEL_INPUT_SIZE bytes     read from the host's current folder
 *   output.bin  N results of MCUP_MODEL_OUTPUT_SIZE bytes    written there
 *   stats.bin   two little-endian words: bytes of stack used, SysTick ticks of the last inference
 *   trace.bin   what every layer wrote, one after the other  (only when built with MCUP_TRACE)
 *
 * Ends with exit status 0, 2 when a file cannot be opened or written, 3 after a fault.
 */
#include <stdint.h>

#include "mcup_model.h"
#include "mcuprune.h"

/* Arm semihosting operations (Arm IHI "Semihosting for AArch32 and AArch64"). */
enum { SYS_OPEN = 0x01, SYS_CLOSE = 0x02, SYS_WRITE = 0x05, SYS_READ = 0x06, SYS_EXIT_EXTENDED = 0x20 };
enum { MODE_READ_BINARY = 1, MODE_WRITE_BINARY = 5 };
enum { APPLICATION_EXIT = 0x20026 };
enum { STATUS_FILE = 2, STATUS_FAULT = 3 };

/* SysTick of the Arm v6-M, v7-M and v8-M architectures: a 24-bit counter that runs down. */
#define SYST_CSR (*(volatile uint32_t *)0xE000E010u)
#define SYST_RVR (*(volatile uint32_t *)0xE000E014u)
#define SYST_CVR (*(volatile uint32_t *)0xE000E018u)
#define SYST_MAX 0xFFFFFFu

#define PAINT 0xA5A5A5A5u

extern uint32_t __stack_limit[]; /* link.ld: the lowest word that the stack may reach */
extern uint32_t __stack_top[];

static _Alignas(4) int8_t input[MCUP_MODEL_INPUT_SIZE];
static _Alignas(4) int8_t output[MCUP_MODEL_OUTPUT_SIZE];

static int32_t semihost(int32_t operation, const void *block)
{
    register int32_t r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = block;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

_Noreturn static void leave(uint32_t status)
{
    const uint32_t block[2] = { APPLICATION_EXIT, status };
    for (;;) {
        semihost(SYS_EXIT_EXTENDED, block);
    }
}

static uintptr_t open_file(const char *name, uint32_t length, uint32_t mode)
{
    const uintptr_t block[3] = { (uintptr_t)name, mode, length };
    int32_t handle = semihost(SYS_OPEN, block);
    if (handle < 0) {
        leave(STATUS_FILE);
    }
    return (uintptr_t)handle;
}

#define OPEN(name, mode) open_file(name, sizeof(name) - 1, mode)

static void write_file(uintptr_t file, const void *data, uint32_t size)
{
    const uintptr_t block[3] = { file, (uintptr_t)data, size };
    if (semihost(SYS_WRITE, block) != 0) {
        leave(STATUS_FILE);
    }
}

/* Fill input with the next sample; 0 when there is none. */
static int read_sample(uintptr_t file)
{
    const uintptr_t block[3] = { file, (uintptr_t)input, sizeof input };
    return semihost(SYS_READ, block) == 0;
}

static uint32_t stack_used(void)
{
    const volatile uint32_t *word = __stack_limit;
    while (*word == PAINT && word < __stack_top) {
        word++;
    }
    return (uint32_t)((uintptr_t)__stack_top - (uintptr_t)word);
}

#ifdef MCUP_TRACE
static uintptr_t trace_file;

void mcup_trace(int layer, const void *data, int32_t size)
{
    (void)layer;
    write_file(trace_file, data, (uint32_t)size);
}
#endif

void mcup_fault(void)
{
    leave(STATUS_FAULT);
}

int main(void)
{
    uintptr_t samples = OPEN("input.bin", MODE_READ_BINARY);
    uintptr_t results = OPEN("output.bin", MODE_WRITE_BINARY);
    uint32_t stats[2] = { 0, 0 };
#ifdef MCUP_TRACE
    trace_file = OPEN("trace.bin", MODE_WRITE_BINARY);
#endif
    while (read_sample(samples)) {
        SYST_RVR = SYST_MAX;
        SYST_CVR = 0;
        SYST_CSR = 5; /* on, processor clock, no interrupt */
#ifdef mcup_model_reset
        mcup_model_reset(); /* samples do not follow one another */
        SYST_CVR = 0;
#endif
        mcup_model_invoke(input, output);
        stats[1] = SYST_MAX + 1u - SYST_CVR; /* the first tick only loads the counter */
        write_file(results, output, sizeof output);
    }
    stats[0] = stack_used();
    write_file(OPEN("stats.bin", MODE_WRITE_BINARY), stats, sizeof stats);
    leave(0);
}
