"""Does it fit, and how sparse must a network be to fit?  Answered with the real encoder, before training.

The weights of the dense int8 network are masked by global magnitude and encoded; their bytes are added to what the
rest of the linked image takes.  Bytes fall with sparsity, so the least sparsity that fits is found by bisection.
"""

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from mcuprune import link, operand, ops
from mcuprune.choose import least_arena, smallest
from mcuprune.compiled import Compiled, compile_graph
from mcuprune.encodings import ENCODINGS
from mcuprune.errors import OverBudget
from mcuprune.graph import Graph, Op
from mcuprune.matrix import ROW_SIZE
from mcuprune.pack import ALIGNMENT
from mcuprune.plan import Wall
from mcuprune.request import Request
from mcuprune.rewrite import ROWS, rewrite
from mcuprune.sizes import format_size

MOST = 0.98  # sparsity beyond which nobody should expect a network to be of use
STEP = 0.0005  # sparsity is searched to this precision
STACK = 512  # bytes that no network was seen to exceed, where it is not known which kernels it calls
PADDING = 32  # bytes between arrays of an image, where RAM is to be filled to the last
SPARE = 0.005  # of the weight bytes: what a mask takes changes a little when training goes on under it


def prunable(graph: Graph) -> list[Op]:
    """Operators whose weights pruning may touch, as mcuprune.prune.layers.prunable chooses them in Keras.

    All but depthwise, transposed and the first convolution, unless there is nothing else.  Of those that share weights,
    the first.
    """
    weighted = [op for op in graph.ops if hasattr(ops.OPS[op.kind], "weights") and op.kind != "transpose_conv"]
    first_of = {op.inputs[1]: op for op in reversed(weighted)}
    weighted = [op for op in weighted if first_of[op.inputs[1]] is op]
    first = next((op for op in weighted if op.kind == "conv_2d"), None)
    return [op for op in weighted if op is not first] or weighted


def blocks(graph: Graph, op: Op) -> Iterator[tuple[int, slice, slice]]:
    """(tensor, its rows, its columns) of what an operator's weight matrix is made of; of most it is one tensor."""
    module = ops.OPS[op.kind]
    return module.blocks(graph, op) if hasattr(module, "blocks") else iter([(op.inputs[1], slice(None), slice(None))])


def sparsity(graph: Graph) -> float:
    """zeros / prunable weights of an int8 graph, also of Embeddings' tables, which zeros make no smaller."""
    looked_up = {op.inputs[ops.OPS[op.kind].TABLE] for op in graph.ops if hasattr(ops.OPS[op.kind], "TABLE")}
    tables = [t.values != t.z for t in (graph.tensors[i] for i in sorted(looked_up)) if t.constant]
    weights = [*tables, *(ops.OPS[op.kind].weights(graph, op) for op in prunable(graph))]
    count = sum(table.size for table in tables) + _count(graph, prunable(graph))
    return 1 - sum(int(np.count_nonzero(w)) for w in weights) / count if count else 0.0


def _count(graph: Graph, chosen: Sequence[Op]) -> int:
    """How many weights operators have: of groups less than their matrices, which are zero from one group to another."""
    return sum(graph.tensors[tensor].count for op in chosen for tensor, _, _ in blocks(graph, op))


def mask(graph: Graph, wanted: float) -> list[np.ndarray]:
    """The prunable matrices, int8 [rows, inputs], with the smallest weights over all of them set to zero."""
    chosen = prunable(graph)
    matrices = [ops.OPS[op.kind].weights(graph, op) for op in chosen]
    scores = [np.abs(w.astype(np.float32)) for w in matrices]
    for op, score in zip(chosen, scores, strict=True):
        for tensor, rows, columns in blocks(graph, op):
            score[rows, columns] *= graph.tensors[tensor].scale.reshape(-1, 1)
    flat = np.concatenate([s.reshape(-1) for s in scores]) if scores else np.zeros(1, np.float32)
    weights = _count(graph, chosen)
    rank = min(flat.size - weights + int(wanted * weights), flat.size - 1)
    threshold = np.partition(flat, rank)[rank]
    return [np.where(s >= threshold, w, np.int8(0)) for s, w in zip(scores, matrices, strict=True)]


def weight_bytes(matrices: Sequence[np.ndarray]) -> int:
    """Bytes of weight matrices, each in its smallest encoding."""
    return sum(ENCODINGS[smallest(w)].size(w) for w in matrices)


def needed_bytes(graph: Graph, wanted: float = 0.0) -> int:
    """Bytes of all weight matrices and their rows, masked to a sparsity, less the channels that are dead then."""
    small = rewrite(apply(graph, mask(graph, wanted))).graph
    weighted = [op for op in small.ops if op.kind in ROWS]
    free = [ops.OPS[op.kind].weights(small, op) for op in weighted if hasattr(ops.OPS[op.kind], "weights")]
    dense = sum(small.operand(op, 1).count for op in weighted if not hasattr(ops.OPS[op.kind], "weights"))
    return weight_bytes(free) + dense + ROW_SIZE * sum(small.operand(op, 1).shape[ROWS[op.kind]] for op in weighted)


def demanded(compiled: Compiled, request: Request, space: int | None = None) -> float:
    """The least sparsity at which the image fits.  Raises OverBudget when even MOST is not enough.

    space: bytes for the weights and their rows, as far as the present image tells when None.
    """
    limit = room(compiled, request) if space is None else space

    def fits(candidate: float) -> bool:
        return needed_bytes(compiled.original, candidate) <= limit

    if not fits(MOST):
        raise _over_flash(compiled, request)
    low, high = 0.0, MOST
    while high - low > STEP:
        middle = (low + high) / 2
        low, high = (low, middle) if fits(middle) else (middle, high)
    return high


def room(compiled: Compiled, request: Request) -> int:
    """Bytes that weights and their rows may take beside the rest of an image."""
    others = compiled.flash_bytes - needed_bytes(compiled.original)
    return int((request.flash_limit[0] - others) / (1 + SPARE))


def aim(compiled: Compiled, request: Request) -> tuple[float, int]:
    """(the sparsity that the budget demands, the bytes that prunable weights take then, dead channels included).

    The masked network is linked once, untrained, to see what the kernels take that read sparse weights: with the
    board's fast kernels, or with the small portable ones where those would not fit at all.
    """
    masked = apply(compiled.original, mask(compiled.original, demanded(compiled, request)))
    try:
        return _aim(masked, compiled, request, request.board.isas)
    except OverBudget:
        return _aim(masked, compiled, request, operand.PORTABLE)


def aim_smaller(compiled: Compiled, request: Request, removed: float) -> float:
    """The share of all parameters to remove so that the image fits, where whole channels go.

    compiled: the network without `removed` of them; weights and rows are taken to shrink as parameters do.
    """
    left = (1 - removed) * room(compiled, request) / needed_bytes(compiled.original)
    if left <= 1 - MOST:
        raise _over_flash(compiled, request)
    return 1 - left


def _aim(masked: Graph, compiled: Compiled, request: Request, isas: Sequence[str]) -> tuple[float, int]:
    with tempfile.TemporaryDirectory(prefix="mcuprune-") as folder:
        space = room(compile_graph(masked, request.board, Path(folder), "size", isas), request)
    sparsity = demanded(compiled, request, space)
    return sparsity, weight_bytes(mask(compiled.original, sparsity))


def apply(graph: Graph, matrices: Sequence[np.ndarray]) -> Graph:
    """The graph with other prunable weights.  matrices: as from mask."""
    tensors = list(graph.tensors)
    for op, matrix in zip(prunable(graph), matrices, strict=True):
        for i, rows, columns in blocks(graph, op):
            module, part = ops.OPS[op.kind], matrix[rows, columns]
            data = module.filters(graph, op, part) if hasattr(module, "filters") else part.reshape(tensors[i].shape)
            tensors[i] = replace(tensors[i], data=data)
    return replace(graph, tensors=tuple(tensors))


def fits_flash(compiled: Compiled, request: Request) -> bool:
    return compiled.flash_bytes <= request.flash_limit[0]


def check_flash(compiled: Compiled, request: Request, *, prunes: bool = True) -> None:
    """Raise OverBudget when the linked image is too large.  prunes: whether it can be built again with fewer weights"""
    if not fits_flash(compiled, request):
        raise _over_flash(compiled, request, prunes)


def arena_room(compiled: Compiled, request: Request, second: int = 0) -> int:
    """Bytes that the arena may take beside other static data and the stack.

    second: bytes beside the board's RAM, in its second region.  A limit is for the sum of both.
    """
    limit, _ = request.ram_limit(second)
    others = compiled.static_bytes - compiled.plan.size
    return min(limit - compiled.stack_bytes - others, _first_room(compiled, request) + second)


def _first_room(compiled: Compiled, request: Request) -> int:
    """Bytes that the arena may take in the first region, whose linker leaves room for a stack."""
    others = compiled.static_bytes - compiled.plan.size
    return request.board.ram.size - others - max(compiled.stack_bytes, link.STACK) - PADDING


def wall(compiled: Compiled, request: Request) -> Wall | None:
    """Where the arena goes on in a second region of memory, if the board has one and the budget allows it."""
    board, room = request.board, _first_room(compiled, request) // ALIGNMENT * ALIGNMENT
    if not board.second or not 0 <= room < arena_room(compiled, request, board.memory[board.second].size):
        return None
    return Wall(room, board.second, board.memory[board.second].size)


def fits_ram(compiled: Compiled, request: Request) -> bool:
    """Whether it fits as far as that is known before a run, with the most that its stack may be."""
    return compiled.linked and over_ram(compiled, request) <= 0


def over_ram(compiled: Compiled, request: Request) -> int:
    """Bytes that data and stack take beyond the limit; less than none where there is room left."""
    return compiled.static_bytes + compiled.stack_bytes - _ram_limit(compiled, request)[0]


def _ram_limit(compiled: Compiled, request: Request) -> tuple[int, str]:
    """Bytes of all RAM.  A second region counts as far as it is used: then what is not in it fits into the first."""
    return request.ram_limit(compiled.plan.beyond)


def check_ram(compiled: Compiled, request: Request, stack_bytes: int = 0) -> None:
    """Raise OverBudget when RAM does not suffice, naming the largest buffers."""
    need, (limit, whose) = compiled.static_bytes + stack_bytes, _ram_limit(compiled, request)
    if need <= limit:
        return
    others = compiled.static_bytes - compiled.plan.size
    least = need if stack_bytes else min(need, others + least_arena(compiled.graph, compiled.board) + STACK)
    largest = sorted(compiled.plan.slots, key=lambda s: -s.size)[:3]
    names = ", ".join(f"{s.name} ({format_size(s.size)})" for s in largest)
    board, has, beyond = request.board, f"{limit:,}", compiled.plan.beyond
    if board.second and whose == board.name:
        has = f"{board.ram.size:,} and {board.memory[board.second].size:,} in {board.second}"
    split = f", {beyond:,} of them in {board.second};" if beyond else ","
    raise OverBudget(
        f"{request.name} needs {need:,} bytes of RAM{split} {whose} has {has}; the largest buffers are {names}. "
        f"Sparsity does not shrink activations: use a smaller input, fewer channels, or at least {_kb(least)} of RAM."
    )


def _over_flash(compiled: Compiled, request: Request, prunes: bool = True) -> OverBudget:
    """The error for an image that does not fit, with its largest parts and the smallest budget that would do."""
    limit, whose = request.flash_limit
    largest = sorted(compiled.layers, key=lambda x: -(x.encoded.stream.size if x.encoded else 0))[:3]
    parts = ", ".join(f"{x.op.name} ({format_size(x.encoded.stream.size)})" for x in largest if x.encoded)
    bare = compiled.flash_bytes - needed_bytes(compiled.original)
    least = bare + int((1 + SPARE) * needed_bytes(compiled.original, MOST)) + 1
    way_out = f"The smallest budget that would do is {_kb(least)} (at a sparsity of {MOST:g})."
    if not prunes:
        way_out = (
            f"An int8 file is compiled as it is, which takes {_kb(compiled.flash_bytes)}; `mcuprune build` prunes the "
            f"Keras model that it was made from, to no less than {_kb(least)} (at a sparsity of {MOST:g})."
        )
    return OverBudget(
        f"{request.name} needs {compiled.flash_bytes:,} bytes of flash, {whose} has {limit:,}; all but weights and "
        f"biases takes {bare:,}, the largest parts are {parts}. {way_out}"
    )


def _kb(size: int) -> str:
    return f"{-(-size // 1024)}KB"
