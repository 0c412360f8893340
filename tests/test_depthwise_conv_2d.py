import numpy as np
from judge import judge, lowered, random_inputs
from writer import quantized, single

from mcuprune import operand
from mcuprune.window import axis


def depthwise(random, *, image, kernel, multiplier=1, stride=1, dilation=(1, 1), padding="SAME", activation="NONE",
              per_channel=True, zero_points=(3, -5), output_scale=None):  # fmt: skip
    """image: (height, width, channels)."""
    rows = image[2] * multiplier
    weights = random.integers(-127, 128, (1, *kernel, rows)).astype(np.int8)
    scale = random.uniform(0.001, 0.02, rows if per_channel else 1)
    x = quantized("x", (1, *image), 0.05, zero_points[0])
    w = quantized("w", weights.shape, scale, data=weights, axis=3)
    b = quantized("b", (rows,), 0.05 * scale, data=random.integers(-9000, 9000, rows).astype(np.int32), dtype="int32")
    down = axis(image[0], kernel[0], stride, padding, dilation[0])
    across = axis(image[1], kernel[1], stride, padding, dilation[1])
    output_scale = output_scale or 0.05 * float(scale.mean()) * 50 * (kernel[0] * kernel[1]) ** 0.5
    y = quantized("y", (1, down.outputs, across.outputs, rows), output_scale, zero_points[1])
    return single(
        "depthwise_conv_2d", [x, w, b], y,
        stride_h=stride, stride_w=stride, dilation_h_factor=dilation[0], dilation_w_factor=dilation[1],
        padding=padding, fused_activation_function=activation, depth_multiplier=multiplier,
    )  # fmt: skip


def random_depthwise(random):
    kernel = random.integers(1, 6, 2)
    dilation = random.integers(1, 3, 2) if random.random() < 0.3 else np.array([1, 1])
    height, width = (kernel - 1) * dilation + 1 + random.integers(0, 8, 2)
    return depthwise(
        random,
        image=(int(height), int(width), int(random.integers(1, 20))),
        kernel=tuple(map(int, kernel)),
        multiplier=int(random.choice([1, 1, 2, 3])),
        stride=int(random.integers(1, 4)),
        dilation=tuple(map(int, dilation)),
        padding=str(random.choice(["SAME", "VALID"])),
        activation=str(random.choice(operand.FUSED)),
        per_channel=bool(random.random() < 0.7),
        zero_points=tuple(map(int, random.integers(-128, 128, 2))),
    )


def test_reference_oracle_and_kernel_agree():
    random = np.random.default_rng(1)
    graphs = [random_depthwise(random) for _ in range(80)]
    judge([(graph, random_inputs(random, graph)) for graph in graphs])


def test_every_shift_rounds_as_the_oracle_does():
    random = np.random.default_rng(2)
    graphs = [
        depthwise(random, image=(3, 3, 8), kernel=(1, 1), multiplier=2, output_scale=2.0**exponent)
        for exponent in range(-13, 15)
    ]
    judge([(graph, random_inputs(random, graph, 12)) for graph in graphs])


def test_a_layer_counts_its_work():
    graph = depthwise(np.random.default_rng(3), image=(8, 8, 4), kernel=(3, 3), multiplier=2)
    (layer,) = lowered(graph)
    assert layer.macs == 8 * 8 * 8 * 9
    assert layer.summary == "3x3 SAME, 4 -> 8"
    assert layer.encoded.shape == (8, 9)
