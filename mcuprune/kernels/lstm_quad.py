"""Dense LSTM for cores with SMLAD: weights in quads, four rows at a time."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from mcuprune import gates
from mcuprune.graph import Graph, Op
from mcuprune.layer import Call, Field, Function, Layer
from mcuprune.ops import unidirectional_sequence_lstm as lstm
from mcuprune.quads import quads

OP = "unidirectional_sequence_lstm"
TOGETHER, UNIT = 4, 4  # rows; quads that the loop is unrolled for


def lower(graph: Graph, op: Op, isas: Sequence[str], finish: Function = lstm.BY_TABLE) -> Layer | None:
    found = [quads(m, TOGETHER, UNIT) for m in gates.matrices(graph, op)] if "dsp" in isas else [None]
    parts = [part for part in found if part is not None]
    if len(parts) < 2:
        return None
    first, second = parts
    inputs, units = first.matrix.weights.shape[1], second.matrix.weights.shape[1]
    steps = graph.operand(op, 0).count // inputs
    words, groups = first.words + second.words, first.rows // TOGETHER
    room = -(-11 * units // 4) * 4  # behind the gates and the state
    fields: dict[str, Field] = {
        "input": first.fields,
        "recurrent": second.fields,
        "cells": lstm.cells(graph, op, finish, 1, room + 4 * max(first.words, second.words)),
        "room": room,
        "inputs": inputs,
    }
    work: dict[str, float] = {"step": steps, "quad": steps * words, "word": steps * groups * words}
    work |= lstm.finish_work(op, finish, steps * units)
    call = Call("mcup_lstm_quad_s8", "mcup_lstm_quad_t", fields, work=work)
    dense = first.encoded(np.concatenate([part.matrix.weights for part in parts], axis=1))
    return lstm.layer(graph, op, call, replace(dense, weight_bytes=first.stream.size + second.stream.size))


def frugal(graph: Graph, op: Op, isas: Sequence[str]) -> list[Layer]:
    """Without the table."""
    found = lower(graph, op, isas, lstm.COMPUTED)
    return [found] if found else []
