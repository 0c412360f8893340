"""A report with everything in it, as a build of the bundled example makes it."""

from mcuprune.report import (
    Accuracy,
    BoardFacts,
    Budget,
    Flash,
    LayerRow,
    ModelFacts,
    PlanRow,
    Ram,
    Report,
    Rewrite,
    Verify,
)

# name, operator, shape, macs, sparsity, encoding, kernel, weight bytes, index bytes, dense bytes, instructions
ROWS = [
    ("conv2d", "CONV_2D", (8, 8, 32), 18_432, 0.0, "dense", "conv_2d_dense_s8", 288, 0, 288, 91_024),
    ("conv2d_1", "CONV_2D", (8, 8, 64), 1_179_648, 0.78, "d8", "conv_2d_d8_s8", 4_101, 4_101, 18_432, 892_310),
    ("max_pool", "MAX_POOL_2D", (4, 4, 64), 0, None, None, "max_pool_2d_s8", 0, 0, 0, 20_480),
    ("conv2d_2", "CONV_2D", (4, 4, 128), 1_179_648, 0.84, "n4", "conv_2d_n4_s8", 12_288, 6_144, 73_728, 711_902),
    ("flatten", "RESHAPE", (2048,), 0, None, None, None, 0, 0, 0, 0),
    ("dense", "FULLY_CONNECTED", (112,), 229_376, 0.93, "n4", "fully_connected_n4_s8", 17_104, 8_552, 229_376, 90_417),
    ("dense_1", "FULLY_CONNECTED", (10,), 1_120, 0.41, "d8", "fully_connected_d8_s8", 664, 664, 1_120, 4_310),
    ("softmax", "SOFTMAX", (10,), 0, None, None, "softmax_s8", 0, 0, 0, 3_120),
]


def _layer(name, op, shape, macs, sparsity, encoding, kernel, weights, index, dense, instructions) -> LayerRow:
    return LayerRow(
        name=name,
        op=op,
        shape=shape,
        macs=macs,
        nonzero_macs=round(macs * (1 - (sparsity or 0))),
        sparsity=sparsity,
        encoding=encoding,
        kernel=kernel and f"mcup_{kernel}",
        weight_bytes=weights,
        index_bytes=index,
        dense_weight_bytes=dense,
        instructions=instructions,
        estimated_cycles=round(1.23 * instructions),
    )


LAYERS = tuple(_layer(*row) for row in ROWS)
WEIGHTS = sum(row.weight_bytes for row in LAYERS)
INDICES = sum(row.index_bytes for row in LAYERS)

REPORT = Report(
    mcuprune="0.1.0",
    model=ModelFacts("digits", "digits.keras", "9f2c41d0" * 8, 323_402, sum(row.macs for row in LAYERS)),
    board=BoardFacts("stm32f405", "cortex-m4", 168_000_000, 1 << 20, 128 << 10),
    budget=Budget(64 << 10, None),
    method="gradual",
    sparsity=0.8986,
    accuracy=Accuracy("accuracy", 0.9889, 0.9861, 0.9861, 0.9861, 360),
    flash=Flash(WEIGHTS + INDICES + 4_296 + 6_904, 6_904, WEIGHTS, INDICES, 4_296, 324_152),
    ram=Ram(8_228, 6_432, 1_284, 512),
    rewrites=(Rewrite("dead_channels", 0, 1_208, 65_536, 1_304), Rewrite("pads", 1, 0, 0, 32)),
    layers=LAYERS,
    instructions=1_813_812,
    estimated_cycles=2_230_989,
    verify=Verify(True, 64, "tflite-runtime 2.14.0 BUILTIN_REF", "QEMU 7.2.22 netduinoplus2"),
)

PLAN = [
    PlanRow("conv2d", 0, 2_048, 0, 1),
    PlanRow("scratch of conv2d", 2_048, 12, 0, 0),
    PlanRow("conv2d_1", 2_048, 4_096, 1, 2),
    PlanRow("scratch of conv2d_1", 6_144, 288, 1, 1),
    PlanRow("max_pool", 0, 1_024, 2, 3),
    PlanRow("conv2d_2 = flatten", 1_024, 2_048, 3, 5),
    PlanRow("scratch of conv2d_2", 3_072, 576, 3, 3),
    PlanRow("dense", 0, 112, 5, 6),
    PlanRow("dense_1", 112, 10, 6, 7),
]

HISTORY = [
    {
        "epoch": epoch,
        "loss": 0.031 + 0.24 * (epoch == 0) + 0.02 * epoch * (epoch < 8) + 0.9 / (epoch + 2) ** 2,
        "sparsity": 0.8986 * (1 - (1 - min(epoch / 11, 1)) ** 3),
        "metric": 0.9889 - 0.004 * (epoch % 3) - (0.006 if 5 < epoch < 12 else 0),
    }
    for epoch in range(16)
]
