"""Estimated cycles: what a block of instructions takes on each Cortex-M core, memory without wait states.

Cortex-M0, M0+, M3 and M4 follow the cycle tables of Arm's technical reference manuals.  For the others Arm publishes
none: the M33 is taken as an M4 (both issue in order, one at a time), M7 and M55 are small models, good for comparing
two programs but not for the time that one takes (30 % either way).  All of them are estimates: for four networks on
Cortex-M4 they were 0.70 to 0.84 of the cycles that silicon took.

The unit is the block: straight-line code that is left at its end.  A profile says how often each ran and how often
it was left by falling through; a taken conditional branch costs what its block does and a refill of the pipeline.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from mcuprune.errors import UsageError
from mcuprune.thumb import Instruction, Listing

BRANCHES = ("branch", "branch_to", "call", "table")
MULTIPLIES = ("multiply", "multiply_add", "multiply_long", "multiply_add_long")
SEVERAL = ("load_pair", "store_pair", "load_many", "store_many")


@dataclass(frozen=True)
class Block:
    """Straight-line code as a profile saw it: address, instructions in it, and how often it ran."""

    address: int
    count: int
    executions: int
    fallthroughs: int  # of these, how many went on with the instruction behind the block


@dataclass(frozen=True)
class Core:
    """The timing model of one core."""

    block: Callable[[Sequence[Instruction]], int]  # cycles of a block whose conditional branch is not taken
    taken: int  # cycles more when it is


@dataclass(frozen=True)
class Manual:
    """A core that issues one instruction at a time.  A kind that the table does not name takes one cycle."""

    table: Mapping[str, int]
    refill: int  # of the pipeline, after a jump; the table has it included for branches
    pop: int  # the same after a load of several registers
    overlaps: bool = False  # a load takes one cycle behind another load whose result is not in its address

    def cycles(self, block: Sequence[Instruction]) -> int:
        total, loaded = 0, None
        for instruction in block:
            kind = instruction.kind
            cost = self.table.get(kind, 1)
            if kind in SEVERAL or kind == "store_fp":
                cost = 1 + instruction.words
            elif kind == "load":
                if self.overlaps and loaded is not None and loaded.isdisjoint(instruction.reads):
                    cost = 1
                cost += instruction.words - 1
            if instruction.jumps:
                cost += self.pop if kind in SEVERAL else self.refill
            total += cost
            loaded = set(instruction.writes) if kind == "load" else None
        return total


# Arm DDI 0432C (Cortex-M0, multiplier of one cycle) 3.3 and DDI 0484C (Cortex-M0+) 3.3
M0 = Manual({"load": 2, "store": 2, "branch": 3, "branch_to": 3, "call": 4}, refill=2, pop=3)
M0PLUS = Manual({"load": 2, "store": 2, "branch": 2, "branch_to": 2, "call": 3}, refill=1, pop=2)
# Arm DDI 0439D (Cortex-M4) 3.3 and 7.2.3; DDI 0337I (Cortex-M3) 3.3.  A refill takes 1 to 3 cycles, a division 2 to 12.
M4_TABLE = {"load": 2, "divide": 7, "branch": 3, "branch_to": 3, "call": 3, "table": 4} | {
    "fp_multiply_add": 3,
    "fp_divide": 14,
}
M4 = Manual(M4_TABLE, refill=2, pop=2, overlaps=True)
M3 = Manual(M4_TABLE | {"multiply_add": 2, "multiply_long": 4, "multiply_add_long": 5}, refill=2, pop=2, overlaps=True)


def _m7(block: Sequence[Instruction]) -> int:
    """Two instructions a cycle, in order, at most one multiply and one store; branches are predicted.

    Results of loads and multiplies can be read two cycles later, but a sum that the next multiply adds to after one.
    """
    latency = {"load": 2, "fp": 3, "fp_multiply_add": 3} | dict.fromkeys(MULTIPLIES, 2)
    unit = {"store": "store", "store_fp": "store"} | dict.fromkeys(MULTIPLIES, "multiply")
    blocking = {"divide": 8, "fp_divide": 14}
    cycle = 0
    issued: list[str | None] = []  # the units of what was issued in this cycle
    ready: dict[str, int] = {}  # register -> the first cycle in which it can be read
    summed: dict[str, int] = {}  # the same for the accumulator of a multiply

    for instruction in block:
        kind = instruction.kind
        wait = max((ready.get(r, 0) for r in instruction.reads), default=0)
        if instruction.accumulator:
            register = instruction.accumulator
            wait = max(wait, summed.get(register, ready.get(register, 0)))
        if wait > cycle:
            cycle, issued = wait, []
        alone = kind in SEVERAL or kind in blocking or kind == "table"
        if len(issued) == 2 or (kind in unit and unit[kind] in issued) or (alone and issued):
            cycle, issued = cycle + 1, []
        issued.append(unit.get(kind))
        for register in instruction.writes:
            ready[register] = cycle + latency.get(kind, 1)
            summed.pop(register, None)
            if kind in MULTIPLIES:
                summed[register] = cycle + 1
        busy = (instruction.words + 1) // 2 if kind in SEVERAL else blocking.get(kind, 0)
        busy += kind in BRANCHES or instruction.jumps
        if busy:
            cycle, issued = cycle + busy, []
    return cycle + bool(issued)


def _m55(block: Sequence[Instruction]) -> int:
    """One instruction a cycle; a vector takes two, one when it overlaps memory access with arithmetic or reverse.

    The loop instructions of v8.1-M take one.
    """
    table = {"it": 0, "divide": 8, "fp_divide": 14} | dict.fromkeys(BRANCHES, 3)
    total, previous = 0, ""
    for instruction in block:
        kind = instruction.kind
        if kind.startswith("vector"):
            total += 1 if previous.startswith("vector") and previous != kind else 2
        elif kind in SEVERAL:
            total += (instruction.words + 1) // 2 + 2 * instruction.jumps
        else:
            total += table.get(kind, 1)
        previous = kind
    return total


CORES = {
    "cortex-m0": Core(M0.cycles, M0.refill),
    "cortex-m0plus": Core(M0PLUS.cycles, M0PLUS.refill),
    "cortex-m3": Core(M3.cycles, M3.refill),
    "cortex-m4": Core(M4.cycles, M4.refill),
    "cortex-m7": Core(_m7, taken=1),
    "cortex-m33": Core(M4.cycles, M4.refill),  # as an M4: Arm publishes no table
    "cortex-m55": Core(_m55, taken=2),
}


def estimate(cpu: str, blocks: Iterable[Block], listing: Listing) -> int:
    """Estimated cycles that `blocks` took on a core.  cpu: gcc's name of it."""
    if cpu not in CORES:
        raise UsageError(f"no timing is known for {cpu}; cycles can be estimated for {', '.join(CORES)}")
    core, total = CORES[cpu], 0
    for block in blocks:
        instructions = listing.block(block.address, block.count)
        total += block.executions * core.block(instructions)
        if instructions[-1].kind == "branch_if":
            total += core.taken * (block.executions - block.fallthroughs)
    return total
