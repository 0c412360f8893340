from dataclasses import replace

import flatbuffers
import numpy as np
import pytest
import tflite as schema
from hypothesis import given, settings
from hypothesis import strategies as st
from writer import chain, quantized, single, write

from mcuprune import ops, sparsity, tflite
from mcuprune.errors import McupruneError, UnsupportedModel, UsageError
from mcuprune.graph import Graph, Op, Tensor

# --- models ------------------------------------------------------------------------------------------------------


def dense(name="model/dense/MatMul;model/dense/BiasAdd", inputs=6, rows=4, dtype="int8", x_name="x"):
    random = np.random.default_rng(0)
    weights = random.integers(-127, 128, (rows, inputs)).astype(np.int8)
    x, y = quantized(x_name, (1, inputs), 0.5, 1, dtype=dtype), quantized(name, (1, rows), 8, -3, dtype=dtype)
    w = quantized("w", (rows, inputs), 0.25, data=weights)
    b = quantized("b", (rows,), 0.125, data=np.arange(rows, dtype=np.int32), dtype="int32")
    return single(
        "fully_connected", [x, w, b], y,
        fused_activation_function="RELU", weights_format="DEFAULT", keep_num_dims=False,
    )  # fmt: skip


def convolution(name="conv"):
    x, y = quantized("x", (1, 4, 4, 2), 0.5, 1), quantized(name, (1, 2, 2, 3), 8, -3)
    w = quantized("w", (3, 3, 3, 2), [0.25, 0.5, 1], data=np.ones((3, 3, 3, 2), np.int8))
    return single(
        "conv_2d", [x, w], y,
        padding="SAME", stride_h=2, stride_w=2, dilation_h_factor=1, dilation_w_factor=1,
        fused_activation_function="RELU6",
    )  # fmt: skip


def flattened(graph):
    """graph with a RESHAPE behind it."""
    shape = (1, graph.output.count)
    wanted = Tensor("shape", (2,), "int32", data=np.array(shape, np.int32))
    flat = replace(graph.output, name="flat", shape=shape)
    return chain([graph, single("reshape", [graph.output, wanted], flat, new_shape=shape)])


def saved(tmp_path, graph, **options):
    write(graph, tmp_path / "model.tflite", **options)
    return tmp_path / "model.tflite"


# --- what is read ------------------------------------------------------------------------------------------------


def test_a_graph_survives_being_written_and_read(tmp_path):
    written = convolution()
    read = tflite.read(saved(tmp_path, written))
    assert (read.inputs, read.outputs, read.name, read.source) == ((0,), (2,), "model", "model.tflite")
    assert len(read.sha256) == 64
    for want, got in zip(written.tensors, read.tensors, strict=True):
        assert (got.name, got.shape, got.dtype, got.axis) == (want.name, want.shape, want.dtype, want.axis)
        assert np.array_equal(got.scale, want.scale)
        assert np.array_equal(got.zero_point, want.zero_point)
        assert np.array_equal(got.data, want.data)
    assert read.ops[0].attrs == written.ops[0].attrs
    assert (read.ops[0].kind, read.ops[0].inputs, read.ops[0].outputs) == ("conv_2d", (0, 1), (2,))


def test_operator_codes_of_old_and_new_files_are_read(tmp_path):
    for old in (True, False):
        assert tflite.read(saved(tmp_path, dense(), old_codes=old)).ops[0].kind == "fully_connected"


def test_absent_operands_are_none(tmp_path):
    graph = dense()
    op = replace(graph.ops[0], inputs=(0, 1, -1))
    read = tflite.read(saved(tmp_path, replace(graph, ops=(op,))))
    assert read.operands(read.ops[0])[2] is None


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["model/dense/BiasAdd", "model/dense/BiasAdd;x"], ["dense", "dense_n2"]),
        (["StatefulPartitionedCall:0", "Identity"], ["fully_connected", "fully_connected_n2"]),
        (["m/activation/Relu;m/dense_1/MatMul;m/dense_1/BiasAdd", "m/2 fast/MatMul"], ["dense_1", "layer_2_fast"]),
    ],
)
def test_layers_are_named_after_the_layers_of_their_authors(tmp_path, names, expected):
    graph = chain([dense(name, inputs=4) for name in names])
    assert [op.name for op in tflite.read(saved(tmp_path, graph)).ops] == expected


@pytest.mark.parametrize("dtype", ["float32", "uint8"])
def test_ends_of_other_types_are_taken_off(tmp_path, dtype):
    inner = dense()
    x, y = inner.input, inner.output

    def end(name, t):
        if dtype == "float32":
            return Tensor(name, t.shape, dtype)
        return replace(t, name=name, dtype=dtype, zero_point=t.zero_point + 128)

    last = "dequantize" if dtype == "float32" else "quantize"
    graph = chain([single("quantize", [end("in", x)], x), inner, single(last, [y], end("out", y))])
    graph = tflite.read(saved(tmp_path, graph))
    assert [op.kind for op in graph.ops] == ["fully_connected"]
    assert (graph.input.name, graph.input.dtype, graph.output.dtype) == ("x", "int8", "int8")


def test_shapes_that_are_computed_are_dropped(tmp_path):
    """A file with a free batch computes the shape of its RESHAPEs; the result is known all the same."""
    graph = flattened(convolution())
    tensors = (*graph.tensors, Tensor("computed", (2,), "int32"))
    first, reshape = graph.ops
    shape = Op("shape", "shape", first.outputs, (len(graph.tensors),))
    reshape = replace(reshape, inputs=(reshape.inputs[0], len(graph.tensors)))
    read = tflite.read(saved(tmp_path, replace(graph, tensors=tensors, ops=(first, shape, reshape))))
    assert [op.kind for op in read.ops] == ["conv_2d", "reshape"]
    assert read.ops[1].inputs == read.ops[0].outputs
    assert ops.run(read, np.ones((5, 4, 4, 2), np.int8)).shape == (5, 12)


# --- sparse tensors ----------------------------------------------------------------------------------------------


def sparsity_parameters(order, block_map, levels) -> schema.SparsityParameters:
    """levels: a dense size, or (segments, indices) of a compressed one."""
    builder = flatbuffers.Builder()

    def vector(values):
        table = builder.CreateNumpyVector(np.asarray(values, np.int32))
        schema.Int32VectorStart(builder)
        schema.Int32VectorAddValues(builder, table)
        return schema.Int32VectorEnd(builder)

    offsets = []
    for level in levels:
        arrays = None if isinstance(level, int) else [vector(v) for v in level]
        schema.DimensionMetadataStart(builder)
        if arrays is None:
            schema.DimensionMetadataAddDenseSize(builder, level)
        else:
            schema.DimensionMetadataAddFormat(builder, schema.DimensionType.SPARSE_CSR)
            schema.DimensionMetadataAddArraySegmentsType(builder, schema.SparseIndexVector.Int32Vector)
            schema.DimensionMetadataAddArraySegments(builder, arrays[0])
            schema.DimensionMetadataAddArrayIndicesType(builder, schema.SparseIndexVector.Int32Vector)
            schema.DimensionMetadataAddArrayIndices(builder, arrays[1])
        offsets.append(schema.DimensionMetadataEnd(builder))
    schema.SparsityParametersStartDimMetadataVector(builder, len(offsets))
    for offset in reversed(offsets):
        builder.PrependUOffsetTRelative(offset)
    metadata = builder.EndVector()
    order_vector = builder.CreateNumpyVector(np.asarray(order, np.int32))
    block_vector = builder.CreateNumpyVector(np.asarray(block_map, np.int32))
    schema.SparsityParametersStart(builder)
    schema.SparsityParametersAddTraversalOrder(builder, order_vector)
    schema.SparsityParametersAddBlockMap(builder, block_vector)
    schema.SparsityParametersAddDimMetadata(builder, metadata)
    builder.Finish(schema.SparsityParametersEnd(builder))
    return schema.SparsityParameters.GetRootAs(builder.Output(), 0)


MATRIX = np.array(
    [
        [0, 5, 0, 0, 6, 7, 0, 0],
        [0, 0, 0, 0, 0, 0, 0, 0],
        [1, 2, 0, 0, 0, 0, 0, 3],
        [0, 0, 0, 0, 0, 0, 8, 9],
    ],
    np.int8,
)


def test_compressed_rows_are_densified():
    indices, values = np.nonzero(MATRIX)[1], MATRIX[MATRIX != 0]
    segments = np.concatenate([[0], np.cumsum((MATRIX != 0).sum(axis=1))])
    parameters = sparsity_parameters([0, 1], [], [4, (segments, indices)])
    assert np.array_equal(sparsity.densify(parameters, MATRIX.shape, values), MATRIX)


def test_compressed_columns_are_densified():
    columns = MATRIX.T
    segments = np.concatenate([[0], np.cumsum((columns != 0).sum(axis=1))])
    parameters = sparsity_parameters([1, 0], [], [8, (segments, np.nonzero(columns)[1])])
    assert np.array_equal(sparsity.densify(parameters, MATRIX.shape, columns[columns != 0]), MATRIX)


def test_blocks_are_densified():
    """1 x 4 blocks, as TFLite's sparse kernels want them."""
    blocks = MATRIX.reshape(4, 2, 4)
    present = blocks.any(axis=2)
    segments = np.concatenate([[0], np.cumsum(present.sum(axis=1))])
    parameters = sparsity_parameters([0, 1, 2], [1], [4, (segments, np.nonzero(present)[1]), 4])
    assert np.array_equal(sparsity.densify(parameters, MATRIX.shape, blocks[present].reshape(-1)), MATRIX)


def test_densify_operators_are_done_by_the_reader(tmp_path):
    graph = dense()
    x, w, b, y = graph.tensors
    densify = Op("densify", "densify", (1,), (4,))
    operators = (densify, replace(graph.ops[0], inputs=(0, 4, 2)))
    graph = replace(graph, tensors=(x, w, b, y, replace(w, data=None)), ops=operators)
    read = tflite.read(saved(tmp_path, graph))
    assert [op.kind for op in read.ops] == ["fully_connected"]
    assert np.array_equal(read.tensors[4].data, w.data)


# --- what is refused ---------------------------------------------------------------------------------------------


def refused(tmp_path, graph) -> str:
    with pytest.raises(UnsupportedModel) as error:
        tflite.read(saved(tmp_path, graph))
    return str(error.value)


@pytest.mark.parametrize(
    ("dtype", "words"),
    [("float32", "mcuprune quantize"), ("uint8", "TensorFlow 1")],
)
def test_other_arithmetic_is_refused_by_name(tmp_path, dtype, words):
    message = refused(tmp_path, dense(dtype=dtype))
    assert message.startswith(f"dense: FULLY_CONNECTED computes in {dtype}")
    assert words in message


def test_an_unknown_operator_is_refused_with_a_rewrite(tmp_path):
    x, y = quantized("x", (1, 4), 0.5), quantized("model/up/Ceil", (1, 4), 0.5)
    assert refused(tmp_path, single("ceil", [x], y)) == (
        "up: CEIL has no int8 kernel among TFLite's reference kernels, which say what is right. "
        "Leave it to the program around the network."
    )


def test_an_output_that_is_there_twice_is_refused_by_name(tmp_path):
    x, y = quantized("x", (1, 4), 0.5), quantized("y", (1, 4), 0.5)
    graph = Graph("relu", (x, y), (Op("relu", "relu", (0,), (1,)),), (0,), (1, 1))
    assert "has the same output twice (y, y)" in refused(tmp_path, graph)


def test_a_batch_is_refused(tmp_path):
    x, y = quantized("x", (8, 4), 0.5), quantized("y", (8, 4), 0.5)
    assert "must be a batch of 1" in refused(tmp_path, single("relu", [x], y))


def test_tensors_without_a_scale_are_refused(tmp_path):
    graph = dense()
    x = Tensor("x", graph.input.shape)
    assert "tensor x without one scale" in refused(tmp_path, replace(graph, tensors=(x, *graph.tensors[1:])))


@pytest.mark.parametrize(
    "content",
    [b"", b"short", b"\0\0\0\0TFL2 and more", b"\x10\0\0\0TFL3", b"\xff\xff\xff\xffTFL3" + b"\xff" * 99],
)
def test_what_is_not_a_model_is_one_sentence(tmp_path, content):
    (tmp_path / "model.tflite").write_bytes(content)
    with pytest.raises(UsageError, match=r"model\.tflite is (not a \.tflite file|corrupt or cut short)"):
        tflite.read(tmp_path / "model.tflite")


def test_a_missing_file_is_one_sentence(tmp_path):
    with pytest.raises(UsageError, match=r"cannot read .*nowhere\.tflite: No such file"):
        tflite.read(tmp_path / "nowhere.tflite")


@pytest.fixture(scope="module")
def victim(tmp_path_factory):
    """A path to write damaged files to, and a sound file."""
    graph = chain([flattened(convolution()), dense(inputs=12)])
    path = tmp_path_factory.mktemp("victim") / "model.tflite"
    content = write(graph, path)
    assert len(tflite.read(path).ops) == 3
    return path, content


def read_damaged(path, content):
    """Reading ends well, or in one sentence."""
    path.write_bytes(content)
    try:
        tflite.read(path)
    except McupruneError as error:
        assert "\n" not in str(error)


def test_files_cut_short_anywhere_end_in_a_sentence(victim):
    path, content = victim
    for length in range(0, len(content), 3):
        read_damaged(path, content[:length])


@given(damage=st.lists(st.tuples(st.integers(8, 10**6), st.integers(0, 255)), min_size=1, max_size=6))
@settings(max_examples=400)
def test_damaged_files_end_in_a_sentence(victim, damage):
    path, content = victim
    damaged = bytearray(content)
    for place, value in damage:
        damaged[place % len(content)] = value
    read_damaged(path, bytes(damaged))
