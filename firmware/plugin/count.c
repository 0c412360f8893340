/* QEMU plugin: counts every instruction of one call of a function, and how blocks of code were left.
 *
 *     cc -O2 -shared -fPIC -o count.so count.c
 *     qemu-system-arm ... -plugin count.so,out=counts.txt,mark=0x100,mark=0x12a
 *
 * The first mark is the address of the function, the others those behind calls that it makes, in the
 * order in which they will be reached; so each begins a block.  A segment runs from one mark to the
 * next, the last one to where the function returns.  Only its first call is counted.
 * The file holds, for each segment,
 *
 *     segment
 *     block ADDRESS INSTRUCTIONS EXECUTIONS FALLTHROUGHS
 *     ...
 *
 * FALLTHROUGHS: how often execution went on at the address behind the block, so that a branch at its
 * end was not taken.  A block may occur more than once, when QEMU has translated it again.  What
 * fails its condition in an IT block is counted: it is issued and takes a cycle.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is used of QEMU's plugin interface: the same from its version 1 (QEMU 7) to 6 (QEMU 11.0). */
struct qemu_plugin_tb;
struct qemu_plugin_insn;
enum qemu_plugin_cb_flags { QEMU_PLUGIN_CB_NO_REGS };
typedef uint64_t qemu_plugin_id_t;
typedef void (*translated_t)(qemu_plugin_id_t id, struct qemu_plugin_tb *tb);
typedef void (*executed_t)(unsigned int cpu, void *data);

void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id, translated_t call);
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *tb, executed_t call,
                                          enum qemu_plugin_cb_flags flags, void *data);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t index);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *tb);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);

#define EXPORT __attribute__((visibility("default")))

EXPORT int qemu_plugin_version;
EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const void *info, int argc, char **argv);

/* QEMU 9.0 takes no version below 2; QEMU 8 none above 1, and only it has this function. */
extern int qemu_plugin_n_vcpus(void) __attribute__((weak));

__attribute__((constructor)) static void choose_version(void)
{
    qemu_plugin_version = qemu_plugin_n_vcpus ? 1 : 2;
}

typedef struct block {
    uint64_t start;        /* address of the first instruction */
    uint64_t end;          /* address behind the last one */
    size_t instructions;
    uint64_t executions;   /* in the current segment */
    uint64_t fallthroughs; /* of these, how many went on at `end` */
    struct block *next;
} block_t;

static FILE *out;
static uint64_t *marks; /* in the order in which they are reached; at last the return address */
static int mark_count;
static int marks_passed;
static block_t *blocks;   /* every translation, newest first */
static block_t *previous; /* the block that was executed last */

static void write_segment(void)
{
    fputs("segment\n", out);
    for (const block_t *block = blocks; block != NULL; block = block->next) {
        if (block->executions != 0) {
            fprintf(out, "block %#" PRIx64 " %zu %" PRIu64 " %" PRIu64 "\n", block->start,
                    block->instructions, block->executions, block->fallthroughs);
        }
    }
}

static void pass_mark(void)
{
    if (marks_passed == 0) {
        marks[mark_count++] = previous->end; /* that block called the function */
    } else {
        write_segment();
    }
    for (block_t *block = blocks; block != NULL; block = block->next) {
        block->executions = 0;
        block->fallthroughs = 0;
    }
    marks_passed++;
    if (marks_passed == mark_count) {
        fclose(out);
    }
}

static void executed(unsigned int cpu, void *data)
{
    block_t *block = data;
    (void)cpu;

    if (previous != NULL && marks_passed < mark_count) {
        if (block->start == marks[marks_passed]) {
            pass_mark();
        } else if (block->start == previous->end) {
            previous->fallthroughs++;
        }
        block->executions++;
    }
    previous = block;
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
    size_t instructions = qemu_plugin_tb_n_insns(tb);
    const struct qemu_plugin_insn *last = qemu_plugin_tb_get_insn(tb, instructions - 1);
    block_t *block = malloc(sizeof *block);
    (void)id;

    if (block == NULL) {
        abort();
    }
    *block = (block_t) {
        .start = qemu_plugin_tb_vaddr(tb),
        .end = qemu_plugin_insn_vaddr(last) + qemu_plugin_insn_size(last),
        .instructions = instructions,
        .next = blocks,
    };
    blocks = block;
    qemu_plugin_register_vcpu_tb_exec_cb(tb, executed, QEMU_PLUGIN_CB_NO_REGS, block);
}

static bool read_argument(const char *argument)
{
    if (strncmp(argument, "out=", 4) == 0) {
        out = fopen(argument + 4, "w");
        return out != NULL;
    }
    if (strncmp(argument, "mark=", 5) == 0) {
        marks[mark_count++] = strtoull(argument + 5, NULL, 0);
        return true;
    }
    return false;
}

int qemu_plugin_install(qemu_plugin_id_t id, const void *info, int argc, char **argv)
{
    (void)info;
    marks = calloc((size_t)argc + 1, sizeof *marks);
    for (int i = 0; i < argc; i++) {
        if (marks == NULL || !read_argument(argv[i])) {
            fprintf(stderr, "count: cannot use the argument %s\n", argv[i]);
            return -1;
        }
    }
    if (out == NULL || mark_count == 0) {
        fputs("count: needs out=FILE and a mark\n", stderr);
        return -1;
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
    return 0;
}
