/* A function in the shape of generated code: one kernel after the other. */
#include <stdint.h>

void toy_spin(int32_t n);
void toy_copy(const int32_t *from, int32_t *to, int32_t n);
void toy_invoke(const int32_t *from, int32_t *to);

void toy_invoke(const int32_t *from, int32_t *to)
{
    static int32_t arena[32];

    toy_spin(SPINS);
    toy_copy(from, arena, 32);
    toy_spin(1);
    toy_copy(arena, to, 7);
}
