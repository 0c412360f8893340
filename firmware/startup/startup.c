/* Start-up for every Cortex-M: vectors, floating point, stack paint, .data, .bss, main.
 *
 * Interrupts are never enabled, so the table ends after the 16 exceptions of the core.
 */
#include <stdint.h>

#define CPACR (*(volatile uint32_t *)0xE000ED88) /* coprocessor access */
#define VTOR (*(volatile uint32_t *)0xE000ED08)  /* vector table offset */
#define CCR (*(volatile uint32_t *)0xE000ED14)   /* configuration and control */

#define STACK_PAINT 0xA5A5A5A5U /* unused stack keeps this value: the high-water mark can be read */

/* link.ld places these; only their addresses mean anything. */
extern uint32_t __data_load[], __data_start[], __data_end[];
extern uint32_t __bss_start[], __bss_end[];
extern uint32_t __stack_limit[], __stack_top[];

int main(void);
void mcup_reset(void);
void mcup_fault(void);

/* Any exception ends here.  A program that can say more defines a mcup_fault of its own. */
__attribute__((weak)) void mcup_fault(void)
{
    for (;;) {
    }
}

/* A function of its own, so that no floating point register is touched before mcup_reset has
 * enabled them. */
static __attribute__((noinline, noreturn)) void start(void)
{
    uint32_t *const sp = __builtin_frame_address(0);
    for (volatile uint32_t *word = __stack_limit; word < sp - 16; word++) {
        /* volatile: must not become a call, whose frame would lie in the paint */
        *word = STACK_PAINT;
    }
    const uint32_t *from = __data_load;
    for (uint32_t *to = __data_start; to < __data_end; to++) {
        *to = *from++;
    }
    for (uint32_t *to = __bss_start; to < __bss_end; to++) {
        *to = 0;
    }
    main();
    for (;;) {
    }
}

extern const uintptr_t mcup_vectors[16];

void mcup_reset(void)
{
    /* a boot loader may have left it elsewhere; Cortex-M0 has none and ignores it */
    VTOR = (uint32_t)mcup_vectors;
#if defined __ARM_FP || defined __ARM_FEATURE_MVE
    CPACR |= 0xFU << 20; /* full access to CP10 and CP11: floating point and MVE */
#endif
#ifdef __ARM_ARCH_6M__
    /* UNALIGN_TRP: where ARMv7-M runs ARMv6-M code, unaligned data faults as on the real core */
    CCR |= 1U << 3;
#endif
    __asm__ volatile("dsb\n\tisb" ::: "memory");
    start();
}

__attribute__((section(".mcup.vectors"), used)) const uintptr_t mcup_vectors[16] = {
    (uintptr_t)__stack_top,
    (uintptr_t)mcup_reset,
    (uintptr_t)mcup_fault, /* NMI */
    (uintptr_t)mcup_fault, /* HardFault */
    (uintptr_t)mcup_fault, /* MemManage */
    (uintptr_t)mcup_fault, /* BusFault */
    (uintptr_t)mcup_fault, /* UsageFault */
    (uintptr_t)mcup_fault, /* SecureFault */
    0,
    0,
    0,
    (uintptr_t)mcup_fault, /* SVCall */
    (uintptr_t)mcup_fault, /* DebugMonitor */
    0,
    (uintptr_t)mcup_fault, /* PendSV */
    (uintptr_t)mcup_fault, /* SysTick */
};
