/* A program in the shape of the test harness: runs toy_invoke twice and writes how many ticks the last run took. */
#include <stdint.h>

#define SYST_CSR (*(volatile uint32_t *)0xE000E010u)
#define SYST_RVR (*(volatile uint32_t *)0xE000E014u)
#define SYST_CVR (*(volatile uint32_t *)0xE000E018u)

enum { SYS_OPEN = 0x01, SYS_WRITE = 0x05, SYS_EXIT_EXTENDED = 0x20, MODE_WRITE_BINARY = 5 };

void toy_invoke(const int32_t *input, int32_t *output);

static int32_t input[32];
static int32_t output[32];

static int32_t semihost(int32_t operation, const void *block)
{
    register int32_t r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = block;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

int main(void)
{
    uint32_t ticks;
    const uintptr_t open[] = { (uintptr_t)"ticks.bin", MODE_WRITE_BINARY, 9 };

    for (int sample = 0; sample < 2; sample++) { /* the profile is of the first, the ticks of the second */
        SYST_RVR = 0xFFFFFF;
        SYST_CVR = 0;
        SYST_CSR = 5; /* on, processor clock, no interrupt */
        toy_invoke(input, output);
        ticks = 0x1000000 - SYST_CVR; /* the first tick reloads the counter */
    }
    const uintptr_t write[] = { (uintptr_t)semihost(SYS_OPEN, open), (uintptr_t)&ticks, sizeof ticks };
    semihost(SYS_WRITE, write);
    const uint32_t leave[] = { 0x20026, 0 };
    semihost(SYS_EXIT_EXTENDED, leave);
}
