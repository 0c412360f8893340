from dataclasses import replace

import numpy as np
import pytest
from judge import ask_oracle, judge, lowered, random_inputs
from writer import quantized, single

from mcuprune import operand, ops
from mcuprune.errors import UnsupportedModel
from mcuprune.fixed import quantize_multiplier
from mcuprune.ops import fully_connected


def dense(random, *, inputs, rows, leading=(1,), activation="NONE", sparsity=0.5, per_channel=False, bias=True,
          zero_points=(3, -5), scales=None):  # fmt: skip
    """scales: of input, weights and output; by default the outputs just fill int8."""
    weights = random.integers(-127, 128, (rows, inputs)).astype(np.int8)
    weights[random.random(weights.shape) < sparsity] = 0
    s_in, s_w, s_out = scales or (0.05, 0.01, 0.05 * 0.01 * 5000 * max(inputs * (1 - sparsity), 1) ** 0.5 / 100)
    s_w = s_w * random.uniform(0.2, 1, rows) if per_channel else s_w
    x = quantized("x", (*leading, inputs), s_in, zero_points[0])
    w = quantized("w", weights.shape, s_w, data=weights)
    values = random.integers(-9000, 9000, rows).astype(np.int32)
    b = quantized("b", (rows,), np.float32(s_in) * np.asarray(s_w, np.float32), data=values, dtype="int32")
    y = quantized("y", (*leading, rows), s_out, zero_points[1])
    return single(
        "fully_connected", [x, w, b if bias else None], y,
        fused_activation_function=activation, weights_format="DEFAULT", keep_num_dims=len(leading) > 1,
    )  # fmt: skip


def random_dense(random):
    per_channel = bool(random.random() < 0.4)
    # tflite-runtime 2.14 computes per-channel weights wrongly when the output has more than two dimensions
    leading = (1,) if per_channel or random.random() < 0.7 else (1, int(random.integers(1, 6)))
    return dense(
        random,
        inputs=int(random.integers(1, 700)),
        rows=int(random.integers(1, 20)),
        leading=leading,
        activation=str(random.choice(operand.FUSED)),
        sparsity=float(random.choice([0, 0.5, 0.9, 0.999])),
        per_channel=per_channel,
        bias=bool(random.random() < 0.8),
        zero_points=tuple(map(int, random.integers(-128, 128, 2))),
    )


def test_reference_oracle_and_kernels_agree():
    random = np.random.default_rng(1)
    graphs = [random_dense(random) for _ in range(50)]
    judge([(graph, random_inputs(random, graph)) for graph in graphs])


@pytest.mark.parametrize("per_channel", [False, True])
def test_the_product_of_per_tensor_scales_is_a_float32(per_channel):
    """A quarter of a million outputs notice a multiplier that is off by 119 of 2^31."""
    random = np.random.default_rng(2)
    scales = tuple(map(np.float32, (0.02233, 0.00276, 0.0326)))
    in_float = quantize_multiplier(np.float64(scales[0] * scales[1]) / scales[2])
    in_double = quantize_multiplier(np.float64(scales[0]) * scales[1] / scales[2])
    assert in_float[0] - in_double[0] == 119
    graph = dense(random, inputs=1, rows=1 << 18, scales=scales, sparsity=0)
    if per_channel:
        x, w, b, y = graph.tensors
        w = replace(w, scale=w.scale.repeat(1 << 18), zero_point=w.zero_point.repeat(1 << 18))
        graph = replace(graph, tensors=(x, w, b, y))
    used = fully_connected.matrix_of(graph, graph.ops[0]).multiplier[0]
    assert used == (in_double if per_channel else in_float)[0]
    samples = random_inputs(random, graph)
    assert np.array_equal(ops.run(graph, samples), ask_oracle([(graph, samples)])[0])


def test_a_row_too_long_for_an_encoding_is_left_to_the_others():
    random = np.random.default_rng(3)
    graph = dense(random, inputs=33_000, rows=2, sparsity=0)
    assert [layer.encoded.encoding for layer in lowered(graph)] == ["b4", "dense", "n4"]
    judge([(graph, random_inputs(random, graph))])


def test_a_layer_counts_its_work():
    graph = dense(np.random.default_rng(4), inputs=20, rows=7, leading=(1, 3))
    layer = lowered(graph)[0]
    assert layer.macs == 3 * 20 * 7
    assert layer.nonzero_macs == 3 * np.count_nonzero(graph.tensors[1].data)
    assert layer.summary == "20 -> 7, 3 times"


@pytest.mark.parametrize(
    ("attrs", "reason"),
    [
        ({"fused_activation_function": "TANH"}, "fused activation TANH"),
        ({"weights_format": "SHUFFLED4x16INT8"}, "shuffled weights"),
    ],
)
def test_strange_options_are_refused(attrs, reason):
    graph = dense(np.random.default_rng(5), inputs=4, rows=3)
    op = replace(graph.ops[0], attrs={**graph.ops[0].attrs, **attrs})
    with pytest.raises(UnsupportedModel, match=reason):
        fully_connected.check(graph, op)
