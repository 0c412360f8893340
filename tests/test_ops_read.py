"""Every operator's `read` against the schema: what is written comes back."""

import numpy as np
import pytest
from writer import quantized, single, write

from mcuprune.errors import UnsupportedModel
from mcuprune.ops import OPS
from mcuprune.tflite import read

X = quantized("x", (1, 4, 6, 2), 0.1, 5)
POOL = {
    "padding": "VALID", "stride_h": 1, "stride_w": 3, "filter_height": 4, "filter_width": 2,
    "fused_activation_function": "RELU6",
}  # fmt: skip
SLICE = {"begin_mask": 1, "end_mask": 3, "ellipsis_mask": 0, "new_axis_mask": 0, "shrink_axis_mask": 4, "offset": False}


def indices(name: str, *values: int):
    return quantized(name, (len(values),), [], data=np.array(values, np.int32), dtype="int32")


BOUNDS = [indices("begin", 0, 1, 3), indices("end", 0, 4, 4), indices("strides", 1, 1, 1)]


CASES = [
    ("add", [X], (1, 4, 6, 2), {"fused_activation_function": "RELU", "pot_scale_int16": False}),
    ("mul", [X], (1, 4, 6, 2), {"fused_activation_function": "RELU_N1_TO_1"}),
    ("max_pool_2d", [], (1, 1, 2, 2), POOL),
    ("average_pool_2d", [], (1, 1, 2, 2), POOL),
    ("concatenation", [X], (1, 4, 12, 2), {"axis": -2, "fused_activation_function": "NONE"}),
    ("leaky_relu", [], (1, 4, 6, 2), {"alpha": 0.25}),
    ("mean", [indices("axes", 1, 2)], (1, 1, 1, 2), {"keep_dims": True}),
    ("strided_slice", BOUNDS, (1, 3, 2), SLICE),
    ("relu", [], (1, 4, 6, 2), {}),
    ("transpose", [indices("perm", 0, 3, 1, 2)], (1, 2, 4, 6), {}),
]


@pytest.mark.parametrize(("kind", "constants", "shape", "attrs"), CASES)
def test_attributes_come_back_from_a_file(tmp_path, kind, constants, shape, attrs):
    written = single(kind, [X, *constants], quantized("y", shape, 0.1, 5), **attrs)
    write(written, tmp_path / "model.tflite")
    (op,) = read(tmp_path / "model.tflite").ops
    assert (op.kind, dict(op.attrs), op.inputs) == (kind, attrs, written.ops[0].inputs)


def test_softmax_s_beta_comes_back_from_a_file(tmp_path):
    written = single("softmax", [X], quantized("y", X.shape, 1 / 256, -128), beta=0.5)
    write(written, tmp_path / "model.tflite")
    assert read(tmp_path / "model.tflite").ops[0].attrs == {"beta": 0.5}


def test_a_file_that_lies_about_an_output_is_refused():
    for kind, constants, shape, attrs in CASES:
        graph = single(kind, [X, *constants], quantized("y", (*shape[:-1], shape[-1] + 1), 0.1, 5), **attrs)
        with pytest.raises(UnsupportedModel, match=f"{kind}: {kind.upper()} "):
            OPS[kind].check(graph, graph.ops[0])
