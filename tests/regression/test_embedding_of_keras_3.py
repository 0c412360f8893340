"""Keras 3 lets indices of an Embedding count from the end, with LESS, ADD and SELECT, and was refused for them."""

import host
import models
import numpy as np
from writer import quantized, write

from mcuprune import oracle, samples
from mcuprune.graph import Graph, Op


def test_an_embedding_that_allows_negative_indices_is_a_gather(tmp_path):
    def integers(name, shape, data=None, dtype="int32"):
        return quantized(name, shape, [], [], data=data, dtype=dtype)

    random = np.random.default_rng(2)
    table = random.integers(-128, 128, (20, 6)).astype(np.int8)
    tensors = (
        integers("words", (1, 7)),
        integers("zero", (), np.array(0, np.int32)),
        integers("places", (), np.array(20, np.int32)),
        integers("negative", (1, 7), dtype="bool"),
        integers("moved", (1, 7)),
        integers("index", (1, 7)),
        quantized("table", (20, 6), 0.1, 3, data=table),
        quantized("y", (1, 7, 6), 0.1, 3),
    )
    ops = (
        Op("less", "less", (0, 1), (3,)),
        Op("add", "add", (0, 2), (4,), {"fused_activation_function": "NONE"}),
        Op("select", "select", (3, 4, 0), (5,)),
        Op("gather", "gather", (6, 5), (7,), {"axis": 0, "batch_dims": 0}),
    )
    path = tmp_path / "words.tflite"
    write(Graph("words", tensors, ops, (0,), (7,)), path)
    graph, layers, plan = models.planned(path)
    assert [op.kind for op in graph.ops] == ["gather"]
    x = samples.random(graph, 4)
    (got,) = host.run([(graph, layers, plan)], [x])
    assert got.tobytes() == oracle.run(path, x).tobytes()
