"""Optimal Brain Compression: weights go at once, and those that stay are computed anew to make up for them."""

import numpy as np

from mcuprune.prune import masks, obc, patterns
from mcuprune.prune.backend import keras, tf
from mcuprune.prune.hessian import listening, moments, operands
from mcuprune.prune.interrupt import Interrupt
from mcuprune.prune.layers import prunable
from mcuprune.prune.task import Pruned, Task

ABOUT = (
    "Weights go at once, and those that stay make up for them: layer by layer, by least squares on some samples, whose "
    "labels it does not need (Optimal Brain Compression, Frantar and Alistarh 2022, arXiv 2208.11580). It takes a "
    "minute and loses far less than `oneshot-magnitude`; without data it can only use random inputs, and where real "
    "ones look different it loses more."
)
UNIT = "weights"
OPTIONS = ("allocation", "pattern")
SAMPLES = 512

Uses = dict[str, list[tuple[keras.layers.Layer, tf.Tensor]]]  # of a kernel: its layer and what it multiplies


def prune(model: keras.Model, task: Task) -> Pruned:
    x = tf.constant(_calibration(model, task))
    weights = {name: _matrix(kernel) for name, kernel in prunable(model)}
    uses = _uses(model, x)
    pattern, allocation = patterns.chosen(task.options.pattern, model), task.options.allocation or "global"
    scores = {}
    for name, kernel in prunable(model):
        task.interrupt.check()
        task.say(f"{name}: ranking {weights[name].size:,} weights")
        if name not in uses:
            task.say(f"{name}: nothing makes up for weights that go, and the smallest do")
        shares = _shares(weights[name], uses.get(name), pattern.of(name))
        scores[name] = shares.T.reshape(kernel.shape)
    chosen = {
        name: mask & (scores[name] > 0) for name, mask in pattern.masks(scores, task.sparsity, allocation).items()
    }
    masks.apply(model, chosen)
    task.say("making up for what went, layer by layer")
    _make_up(model, x, weights, uses, chosen, task.interrupt)
    return Pruned(model, chosen, masks.sparsity(chosen))


def _calibration(model: keras.Model, task: Task) -> np.ndarray:
    """float32 [samples, ...]: what the network is shown."""
    random = np.random.default_rng(task.seed)
    if task.data is None:
        task.say("no data: random normal inputs stand in; on images --method oneshot-magnitude loses less then")
        return random.standard_normal((SAMPLES, *(size or 1 for size in model.input_shape[1:])), np.float32)
    x = task.data.x_train
    return x[np.sort(random.choice(len(x), min(SAMPLES, len(x)), replace=False))]


def _matrix(kernel: keras.Variable) -> np.ndarray:
    """float64 [outputs, inputs]"""
    return kernel.numpy().reshape(-1, kernel.shape[-1]).T.astype(np.float64)


def _uses(model: keras.Model, x: tf.Tensor) -> Uses:
    names = {id(kernel): name for name, kernel in prunable(model)}
    found: Uses = {}

    def hear(layer: keras.layers.Layer, given: tf.Tensor) -> None:
        for kernel, operand in operands(layer, given):
            if id(kernel) in names:
                found.setdefault(names[id(kernel)], []).append((layer, operand))

    with listening(model, hear):
        model(x, training=False)
    return found


def _shares(weights: np.ndarray, uses: list | None, pattern: patterns.Pattern) -> np.ndarray:
    """What each weight is worth, as a share of what all of its kernel are, which makes layers comparable."""
    if uses is None:
        prices, whole = weights**2, np.sum(weights**2)
    else:
        layer, given = uses[0][0], [operand for _, operand in uses]
        hessian = obc.damped(moments(layer, given, given).hessian(central=_bias(layer) is not None))
        prices, whole = obc.prices(weights, hessian, pattern), obc.loss(weights, hessian).sum()
    return prices / (whole or 1)


def _make_up(
    model: keras.Model,
    x: tf.Tensor,
    weights: dict[str, np.ndarray],
    uses: Uses,
    chosen: masks.Masks,
    interrupt: Interrupt,
) -> None:
    """Layer by layer, from first to last: what is left comes as close as it can to what the dense layer gave.

    What goes into a layer is what the pruned layers before it give; so it makes up for their errors, too.
    """
    names = {id(kernel): name for name, kernel in prunable(model)}
    waiting = set(uses)

    def hear(layer: keras.layers.Layer, given: tf.Tensor) -> None:
        for kernel, operand in operands(layer, given):
            name = names.get(id(kernel), "")
            if name in waiting:
                interrupt.check()
                waiting.remove(name)
                before = [operand for _, operand in uses[name]]
                now = [operand] if len(before) == 1 else before  # of a shared kernel, only the first is known yet
                _regress(layer, kernel, weights[name], _rows(chosen[name]), now, before)

    with listening(model, hear):
        model(x, training=False)


def _rows(mask: np.ndarray) -> np.ndarray:
    return mask.reshape(-1, mask.shape[-1]).T


def _regress(
    layer: keras.layers.Layer,
    kernel: keras.Variable,
    weights: np.ndarray,
    mask: np.ndarray,
    now: list[tf.Tensor],
    before: list[tf.Tensor],
) -> None:
    """Set kernel and bias so that, applied to `now`, they give what `weights` gave applied to `before`."""
    bias = _bias(layer)
    ours, both = moments(layer, now, now), moments(layer, now, before)
    hessian = ours.hessian(central=bias is not None)
    damped = obc.damped(hessian)
    cross = both.hessian(central=bias is not None) + damped - hessian
    found = obc.solve(np.linalg.solve(damped, cross @ weights.T).T, damped, mask)
    kernel.assign(found.T.reshape(kernel.shape))
    if bias is not None:
        bias.assign(bias.numpy() + weights @ both.b - found @ both.a)


def _bias(layer: keras.layers.Layer) -> keras.Variable | None:
    """A bias that can take care of the means; recurrent layers have theirs elsewhere."""
    return getattr(layer, "bias", None)
