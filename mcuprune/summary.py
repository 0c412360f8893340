"""Put a report together from what the steps found out."""

from collections.abc import Iterator
from dataclasses import replace

from mcuprune import budget, cost
from mcuprune.choose import identity, strip_cycles
from mcuprune.compiled import Compiled, constant_bytes, dense_weight_bytes, layer_bytes
from mcuprune.layer import Layer, spans
from mcuprune.measure import Measured
from mcuprune.profile import Profile
from mcuprune.report import BoardFacts, ChainRow, Flash, LayerRow, ModelFacts, Ram, Report, Second, Verify
from mcuprune.request import Request, Trained
from mcuprune.rewrite import ROWS, size


def summarize(compiled: Compiled, request: Request, trained: Trained, measured: Measured) -> Report:
    """The report of a compiled model.  What was not measured stays None."""
    weights, indices, tables = constant_bytes(compiled)
    total, arena, board = compiled.firmware.flash_bytes, compiled.plan.size, compiled.board
    verdict, counts = measured.verdict, measured.counts
    stack = verdict.stack_bytes if verdict else None
    rows = tuple(_row(layer, compiled) for layer in compiled.layers)
    if counts:
        rows = with_counts(rows, compiled, counts)
    return Report(
        model=ModelFacts(
            name=request.name,
            source=request.source,
            sha256=request.sha256,
            parameters=sum(t.count for t in compiled.original.tensors if t.constant and _is_parameter(compiled, t)),
            macs=size(compiled.original).macs,
            stateful=any(op.attrs.get("stateful") for op in compiled.original.ops),
        ),
        board=BoardFacts(board.name, board.cpu, board.clock, board.flash.size, board.ram.size),
        budget=request.budget,
        method=trained.method,
        sparsity=round(budget.sparsity(compiled.original), 6),
        accuracy=measured.accuracy,
        flash=Flash(
            total_bytes=total,
            code_bytes=total - weights - indices - tables,
            weight_bytes=weights,
            index_bytes=indices,
            table_bytes=tables,
            dense_weight_bytes=sum(row.dense_weight_bytes for row in rows) + sum(r.weights for r in compiled.rewrites),
        ),
        ram=Ram(
            total_bytes=compiled.firmware.static_bytes + (stack or 0),
            arena_bytes=arena,
            static_bytes=compiled.firmware.static_bytes - arena,
            stack_bytes=stack,
            second=_second(compiled),
        ),
        rewrites=compiled.rewrites,
        layers=rows,
        chains=tuple(
            _chain_row(compiled, first, last) for first, last in sorted(set(spans(compiled.layers))) if first < last
        ),
        instructions=counts.instructions if counts else None,
        estimated_cycles=counts.estimated_cycles if counts else None,
        verify=Verify(verdict.bit_exact, verdict.samples, verdict.oracle, verdict.emulator)
        if verdict
        else Verify(None, 0, None, None),
    )


def _second(compiled: Compiled) -> Second | None:
    plan = compiled.plan
    if plan.wall is None:
        return None
    region = plan.wall.region
    return Second(region, plan.beyond, compiled.board.memory[region].size, plan.top - plan.beyond)


def _is_parameter(compiled: Compiled, tensor) -> bool:
    """Whether a constant is a weight or a bias, and not a shape or an axis."""
    weighted = [op for op in compiled.original.ops if op.kind in ROWS]
    return any(tensor is t for op in weighted for t in compiled.original.operands(op)[1:])


def _row(layer: Layer, compiled: Compiled) -> LayerRow:
    graph, op = compiled.graph, layer.op
    weight_bytes, index_bytes = layer_bytes(layer)
    dense = dense_weight_bytes(layer)
    chosen = identity(layer)
    predicted = cost.cycles(layer, compiled.board.cpu)
    return LayerRow(
        name=op.name,
        op=op.kind.upper(),
        shape=graph.results(op)[0].shape[1:],
        macs=layer.macs,
        nonzero_macs=layer.nonzero_macs,
        sparsity=round(1 - layer.nonzero_macs / layer.macs, 6) if layer.encoded else None,
        encoding=chosen.encoding,
        kernel=chosen.kernel,
        weight_bytes=weight_bytes,
        index_bytes=index_bytes,
        dense_weight_bytes=dense,
        instructions=None,
        estimated_cycles=None,
        scratch_bytes=chosen.scratch,
        predicted_cycles=None if predicted is None else round(predicted),
        overlap_bytes=chosen.overlap,
    )


def _chain_row(compiled: Compiled, first: int, last: int) -> ChainRow:
    graph, layers = compiled.graph, compiled.layers[first : last + 1]
    chain = layers[0].chain
    assert chain is not None
    return ChainRow(
        layers=tuple(layer.op.name for layer in layers),
        lines=chain.lines,
        saved_bytes=sum(graph.tensors[tensor].size - size for tensor, size in chain.rooms.items()),
        extra_cycles=round(strip_cycles(graph, layers, compiled.board)),
    )


def with_counts(rows: tuple[LayerRow, ...], compiled: Compiled, profile: Profile) -> tuple[LayerRow, ...]:
    """Rows with what the profile counted.  Its segments are in the order of the calls; a layer may be several, or run
    in every step of a loop."""
    if not profile.segments:
        return tuple(rows)
    instructions, cycles = [0] * len(rows), [0] * len(rows)
    for index, segment in zip(_callers(compiled), profile.segments, strict=False):  # the last one is the way out
        instructions[index] += segment.instructions
        cycles[index] += segment.cycles
    return tuple(
        replace(row, instructions=n, estimated_cycles=c) for row, n, c in zip(rows, instructions, cycles, strict=True)
    )


def _callers(compiled: Compiled) -> Iterator[int]:
    """The layers in the order of their calls: again in every step of a loop, in turn in every strip of a chain."""
    span = spans(compiled.layers)
    for position, _ in compiled.graph.schedule():
        layer = compiled.layers[position]
        if not layer.chain:
            yield from [position] * len(layer.calls)
        elif position == span[position][0]:
            yield from (position + strip.layer for strip in layer.chain.strips)
