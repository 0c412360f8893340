from dataclasses import replace

import numpy as np
import pytest
from judge import ask_oracle, judge, lowered, random_inputs
from writer import quantized, single

from mcuprune import operand, ops
from mcuprune.errors import UnsupportedModel
from mcuprune.layer import Scratch
from mcuprune.ops import conv_2d
from mcuprune.window import axis


def convolution(random, *, image, filters, stride=(1, 1), dilation=(1, 1), padding="SAME", activation="NONE",
                sparsity=0.5, per_channel=True, bias=True, zero_points=(3, -5), output_scale=None):  # fmt: skip
    """image: (height, width, channels); filters: (rows, height, width, channels)."""
    rows, k = filters[0], int(np.prod(filters[1:]))
    weights = random.integers(-127, 128, filters).astype(np.int8)
    weights[random.random(filters) < sparsity] = 0
    weights[random.integers(rows)] = 0  # an empty row
    scale = random.uniform(0.001, 0.02, rows if per_channel else 1)
    x = quantized("x", (1, *image), 0.05, zero_points[0])
    w = quantized("w", filters, scale, data=weights)
    b = quantized("b", (rows,), 0.05 * scale, data=random.integers(-9000, 9000, rows).astype(np.int32), dtype="int32")
    # by default the outputs just fill int8
    output_scale = output_scale or 0.05 * float(scale.mean()) * 5000 * max(k * (1 - sparsity), 1) ** 0.5 / 100
    down = axis(image[0], filters[1], stride[0], padding, dilation[0])
    across = axis(image[1], filters[2], stride[1], padding, dilation[1])
    y = quantized("y", (1, down.outputs, across.outputs, rows), output_scale, zero_points[1])
    return single(
        "conv_2d", [x, w, b] if bias else [x, w], y,
        stride_h=stride[0], stride_w=stride[1], dilation_h_factor=dilation[0], dilation_w_factor=dilation[1],
        padding=padding, fused_activation_function=activation,
    )  # fmt: skip


def random_convolution(random):
    kernel = random.integers(1, 6, 2)
    stride = random.integers(1, 4, 2)
    dilation = random.integers(1, 3, 2) if random.random() < 0.3 else (1, 1)
    reach = (kernel - 1) * dilation + 1
    height, width = reach + random.integers(0, 8, 2)
    groups = int(random.choice([1, 1, 1, 2, 3]))
    channels = int(random.integers(1, 20))
    return convolution(
        random,
        image=(int(height), int(width), channels * groups),
        filters=(int(random.integers(1, 5)) * groups, int(kernel[0]), int(kernel[1]), channels),
        stride=tuple(map(int, stride)),
        dilation=tuple(map(int, dilation)),
        padding=str(random.choice(["SAME", "VALID"])),
        activation=str(random.choice(operand.FUSED)),
        sparsity=float(random.choice([0, 0.5, 0.9, 0.99])),
        per_channel=bool(random.random() < 0.7),
        zero_points=tuple(map(int, random.integers(-128, 128, 2))),
    )


def test_reference_oracle_and_kernels_agree():
    random = np.random.default_rng(1)
    graphs = [random_convolution(random) for _ in range(80)]
    judge([(graph, random_inputs(random, graph)) for graph in graphs])


def test_every_shift_rounds_as_the_oracle_does():
    """Output scales from huge to tiny give right shifts of up to 24 and left shifts of up to 3."""
    random = np.random.default_rng(2)
    graphs = [
        convolution(random, image=(3, 3, 4), filters=(16, 1, 1, 4), sparsity=0, output_scale=2.0**exponent)
        for exponent in range(-13, 15)
    ]
    shifts = {int(s) for graph in graphs for s in conv_2d.matrix_of(graph, graph.ops[0]).shift}
    assert {-24, -1, 0, 1, 3} <= shifts
    judge([(graph, random_inputs(random, graph, 12)) for graph in graphs])


def test_multipliers_are_computed_in_double():
    """Half a million outputs notice a multiplier that is off by 119 of 2^31."""
    random = np.random.default_rng(10)
    graph = convolution(random, image=(16, 16, 1), filters=(512, 1, 1, 1), sparsity=0, per_channel=False)
    x, w, b, y = graph.tensors
    scales = (0.02233, 0.00276, 0.0326)
    x, w, y = (replace(t, scale=np.float32([scale])) for t, scale in zip((x, w, y), scales, strict=True))
    graph = replace(graph, tensors=(x, w, replace(b, scale=x.scale * w.scale), y))
    samples = random_inputs(random, graph)
    assert np.array_equal(ops.run(graph, samples), ask_oracle([(graph, samples)])[0])


def test_long_gaps_are_bridged():
    random = np.random.default_rng(3)
    graph = convolution(random, image=(4, 4, 300), filters=(6, 3, 3, 300), sparsity=0.999)
    judge([(graph, random_inputs(random, graph))])


def test_a_missing_bias_is_zero():
    """TFLite's int8 kernel demands one, other producers leave it out."""
    random = np.random.default_rng(9)
    graph = convolution(random, image=(4, 4, 3), filters=(5, 3, 3, 3), bias=False)
    judge([(graph, random_inputs(random, graph))], with_oracle=False)


@pytest.mark.parametrize(
    ("image", "filters", "padding", "gathers"),
    [
        ((5, 5, 8), (4, 1, 1, 8), "SAME", False),
        ((1, 9, 8), (4, 1, 3, 8), "VALID", False),  # a Conv1D
        ((5, 4, 8), (4, 2, 4, 8), "VALID", False),  # as wide as the image
        ((1, 9, 8), (4, 1, 3, 8), "SAME", True),
        ((5, 5, 8), (4, 3, 3, 8), "VALID", True),
    ],
)
def test_columns_that_lie_in_the_image_are_not_gathered(image, filters, padding, gathers):
    random = np.random.default_rng(4)
    graph = convolution(random, image=image, filters=filters, padding=padding)
    column = lowered(graph)[0].calls[0].fields["window"]["column"]
    assert column == Scratch(int(np.prod(filters[1:])) if gathers else 0)
    judge([(graph, random_inputs(random, graph))])


def test_groups_are_zeros_of_the_matrix():
    graph = convolution(np.random.default_rng(5), image=(4, 4, 6), filters=(4, 1, 1, 3), sparsity=0)
    weights = conv_2d.weights(graph, graph.ops[0])
    assert weights.shape == (4, 6)
    assert not weights[:2, 3:].any()
    assert not weights[2:, :3].any()
    assert lowered(graph)[0].macs == 4 * 4 * 4 * 3


def test_a_layer_counts_its_work():
    graph = convolution(np.random.default_rng(6), image=(8, 8, 16), filters=(32, 3, 3, 16), stride=(2, 2))
    layer = lowered(graph)[0]
    assert layer.macs == 4 * 4 * 32 * 3 * 3 * 16
    assert layer.nonzero_macs == 4 * 4 * np.count_nonzero(graph.tensors[1].data)
    assert layer.summary == "3x3 stride 2 SAME, 16 -> 32"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"scale": np.ones(3, np.float32)}, "3 weight scales for 4 outputs"),
        ({"zero_point": np.ones(4, np.int64)}, "asymmetric weights"),
        ({"data": None}, "weights that the network computes"),
        ({"data": np.ones((4, 3, 3, 2), np.int16), "dtype": "int16"}, "int16 weights"),
    ],
)
def test_strange_weights_are_refused(change, reason):
    graph = convolution(np.random.default_rng(7), image=(5, 5, 2), filters=(4, 3, 3, 2))
    tensors = list(graph.tensors)
    tensors[1] = replace(tensors[1], **change)
    graph = replace(graph, tensors=tuple(tensors), inputs=(0, 1))
    with pytest.raises(UnsupportedModel, match=f"conv_2d: CONV_2D has {reason}"):
        conv_2d.check(graph, graph.ops[0])


def test_sums_that_could_overflow_are_refused():
    graph = convolution(np.random.default_rng(8), image=(5, 5, 2), filters=(4, 3, 3, 2))
    tensors = list(graph.tensors)
    tensors[2] = replace(tensors[2], data=np.array([0, 0, 2**31 - 1, 0], np.int32))
    graph = replace(graph, tensors=tuple(tensors))
    with pytest.raises(UnsupportedModel, match="overflow its 32-bit sums in output 2"):
        conv_2d.check(graph, graph.ops[0])
