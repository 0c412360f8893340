"""Dead channels: those that nobody reads, and those that are the same whatever the input is.

Pruning single weights leaves both (Han et al. 2015, arXiv 1506.02626).  A filter without weights still emits act(bias);
where no border sees it, that constant times the next layer's weights goes into the next layer's bias.
"""

import numpy as np

from mcuprune.prune.backend import copied, keras
from mcuprune.prune.channels import Channels, trace
from mcuprune.prune.network import Call, run
from mcuprune.prune.surgery import compact
from mcuprune.prune.tracing import Weight


def without_dead(model: keras.Model) -> keras.Model:
    """A model that computes the same, up to rounding, without its dead channels.

    Of a layer that is dead altogether one channel stays.
    """
    while (small := _once(copied(model))).count_params() < model.count_params():
        model = small
    return model


def _once(model: keras.Model) -> keras.Model:
    channels, reads = trace(model), _inputs(model)
    constant = _constant(channels, reads)
    dead = _unread(channels) & ~channels.fixed
    foldable = constant & ~channels.fixed
    for weight in channels.weights:
        if weight.reads is not None:
            layer, values = reads[weight.layer]
            values = _constants(weight, layer, values)
            stays = np.isnan(values) if _adds_constants(layer) else ~(values == 0)
            foldable[weight.axes[weight.reads][stays]] = False
    for group in range(channels.group.max() + 1):
        members = channels.members(group)
        if (dead | foldable)[members].all():
            dead[members[0]] = foldable[members[0]] = False
    for weight in channels.weights:
        if weight.reads is not None:
            _fold(weight, *reads[weight.layer], foldable & ~dead)
    return compact(model, channels, ~(dead | foldable))


def _inputs(model: keras.Model) -> dict[str, tuple[keras.Layer, np.ndarray]]:
    """layer -> (itself, the value of each index of its input's last axis; NaN where the positions differ)

    Taken from one inference: of a channel that is constant, any will do.
    """
    found: dict[str, tuple[keras.Layer, np.ndarray]] = {}

    def visit(call: Call) -> list:
        x = np.asarray(call.inputs[0])
        x = x.reshape(-1, x.shape[-1])
        values = np.where((x == x[0]).all(axis=0), x[0], np.nan)
        if call.name in found:
            values = np.where(values == found[call.name][1], values, np.nan)
        found[call.name] = call.layer, values
        return call.again(call.layer)

    run(model, [np.ones((1, *(n or 8 for n in x.shape[1:])), x.dtype) for x in model.inputs], visit)
    return found


def _constants(weight: Weight, layer: keras.Layer, values: np.ndarray) -> np.ndarray:
    """What a weight reads, by index; NaN where that is not the layer's input as it is: in groups, or a state."""
    assert weight.reads is not None
    return values if _plain(layer) else np.full(len(weight.axes[weight.reads]), np.nan)


def _plain(layer: keras.Layer) -> bool:
    kinds = keras.layers.Dense, keras.layers.Conv1D, keras.layers.Conv2D, keras.layers.Conv3D
    return type(layer) in kinds and getattr(layer, "groups", 1) == 1


def _used(weight: Weight) -> np.ndarray:
    """bool [inputs, outputs]: is there a weight between them?"""
    assert weight.reads is not None and weight.makes is not None
    values = np.moveaxis(weight.variable.numpy(), (weight.reads, weight.makes), (0, 1)) != 0
    return values.reshape(*values.shape[:2], -1).any(axis=2)


def _unread(channels: Channels) -> np.ndarray:
    unread = np.ones(len(channels.fixed), bool)
    for weight in channels.weights:
        if weight.reads is not None:
            unread[weight.axes[weight.reads][_used(weight).any(axis=1)]] = False
    return unread


def _constant(channels: Channels, reads: dict[str, tuple[keras.Layer, np.ndarray]]) -> np.ndarray:
    """Channels that all their makers make of constants, and of no border.  The largest such set."""
    constant = ~channels.fixed
    while True:
        before = constant.sum()
        for weight in channels.weights:
            if weight.makes is None:
                continue
            if weight.reads is None:  # an embedding
                constant[weight.axes[weight.makes]] = False
                continue
            layer, values = reads[weight.layer]
            varying = ~constant[weight.axes[weight.reads]] | np.isnan(_constants(weight, layer, values))
            if not _adds_constants(layer):
                varying[:] = True
            constant[weight.axes[weight.makes][_used(weight)[varying].any(axis=0)]] = False
            if isinstance(layer, keras.layers.RNN):
                constant[weight.axes[weight.makes]] = False
        if constant.sum() == before:
            return constant


def _adds_constants(layer: keras.Layer) -> bool:
    """Does a constant input add a constant to each output, which its bias can hold?"""
    if not _plain(layer) or layer.bias is None:
        return False
    return isinstance(layer, keras.layers.Dense) or layer.padding == "valid" or set(layer.kernel_size) == {1}


def _fold(weight: Weight, layer: keras.Layer, values: np.ndarray, gone: np.ndarray) -> None:
    """Move what the channels that go add to each output into the bias."""
    if _adds_constants(layer):
        assert weight.reads is not None
        rows = gone[weight.axes[weight.reads]]
        kernel = weight.variable.numpy()
        sums = kernel.reshape(-1, *kernel.shape[-2:]).sum(axis=0)  # Dense and Conv end in [inputs, outputs]
        layer.bias.assign_add(values[rows] @ sums[rows])
