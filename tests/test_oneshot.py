"""Optimal Brain Compression: what weights cost, and that those that stay make up for those that go."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcuprune.prune import obc
from mcuprune.prune.masks import best
from mcuprune.prune.patterns import ANY, Blocks, NofM


def problem(seed, outputs=3, inputs=10):
    """Weights, and the Hessian of inputs that hang together."""
    random = np.random.default_rng(seed)
    x = random.normal(size=(inputs, inputs)) @ random.normal(size=(inputs, 4 * inputs))
    return random.normal(size=(outputs, inputs)), obc.damped(2 * x @ x.T / x.shape[1])


seeds, sizes = st.integers(0, 2**32 - 1), st.tuples(st.integers(1, 4), st.integers(1, 40))
some_patterns = st.sampled_from([ANY, Blocks(4), NofM(2, 4), NofM(1, 4)])


def test_inputs_that_have_nothing_in_common_leave_magnitude_alone():
    weights = np.random.default_rng(0).normal(size=(3, 8))
    trace = obc.trace(weights, np.eye(8), ANY)
    assert (trace.order == np.argsort(weights**2, axis=1)).all()
    assert np.allclose(trace.prices(8), weights**2 / 2)
    mask = np.abs(weights) > 0.5
    assert np.allclose(obc.solve(weights, np.eye(8), mask), np.where(mask, weights, 0))


@given(seeds, sizes)
def test_losses_add_up_to_what_all_weights_together_cost(seed, size):
    weights, hessian = problem(seed, *size)
    for pattern in (ANY, Blocks(4)):
        trace = obc.trace(weights, hessian, pattern)
        assert np.allclose(trace.losses.sum(axis=1), obc.loss(weights, hessian))
        assert (np.sort(trace.order, axis=1) == np.arange(size[1])).all()


@given(seeds, sizes, st.floats(0, 1), some_patterns)
def test_on_the_way_losses_add_up_to_what_the_best_weights_that_are_left_lose(seed, size, share, pattern):
    weights, hessian = problem(seed, *size)
    weights = weights[:, : max(size[1] // 4 * 4, 1)] if isinstance(pattern, Blocks) else weights
    hessian = hessian[: weights.shape[1], : weights.shape[1]]
    trace = obc.trace(weights, hessian, pattern)
    steps = int(share * trace.order.shape[1])
    steps -= steps % 4 if isinstance(pattern, Blocks) else 0
    mask = np.ones(weights.shape, bool)
    np.put_along_axis(mask, trace.order[:, :steps], False, axis=1)
    change = obc.solve(weights, hessian, mask) - weights
    assert np.allclose(trace.losses[:, :steps].sum(axis=1), obc.loss(change, hessian), atol=1e-8)


@given(seeds, st.floats(0.05, 0.95))
def test_what_is_left_loses_least_within_its_mask(seed, share):
    weights, hessian = problem(seed)
    mask = best(np.random.default_rng(seed).random(weights.shape), int(share * weights.size))
    found = obc.solve(weights, hessian, mask)
    assert not found[~mask].any()
    slope = (found - weights) @ hessian
    assert np.allclose(slope[mask], 0, atol=1e-8)


@given(seeds, st.floats(0.05, 0.95))
def test_weights_that_make_up_lose_no_more_than_weights_left_as_they_are(seed, share):
    weights, hessian = problem(seed)
    largest = best(weights**2, int(share * weights.size))
    made_up, left = obc.solve(weights, hessian, largest), np.where(largest, weights, 0)
    assert (obc.loss(made_up - weights, hessian) <= obc.loss(left - weights, hessian) + 1e-9).all()


def lost(weights, hessian, scores, share):
    kept = best(scores, round(weights.size * (1 - share)))
    return obc.loss(obc.solve(weights, hessian, kept) - weights, hessian).sum()


@pytest.mark.parametrize("share", [0.3, 0.5, 0.7, 0.9])
def test_prices_lose_less_than_magnitudes_at_any_density_and_wide_layers_in_parts_too(share, monkeypatch):
    problems = [problem(seed, 4, 30) for seed in range(8)]
    whole, magnitude = (
        sum(lost(*p, scores(*p), share) for p in problems)
        for scores in (lambda w, h: obc.prices(w, h, ANY), lambda w, h: w**2)
    )
    monkeypatch.setattr(obc, "WIDE", 16)
    parts = sum(lost(*p, obc.prices(*p, ANY), share) for p in problems)
    assert whole < parts < magnitude


@given(seeds, sizes, st.sampled_from([NofM(2, 4), NofM(1, 4), NofM(3, 8)]))
def test_a_pattern_keeps_n_of_m_and_prices_say_which(seed, size, pattern):
    weights, hessian = problem(seed, *size)
    prices = obc.trace(weights, hessian, pattern).prices(size[1])
    mask = pattern.masks({"k": prices.T}, pattern.sparsity, "global")["k"].T
    for start in range(0, size[1] // pattern.m * pattern.m, pattern.m):
        assert (np.isinf(prices[:, start : start + pattern.m]).sum(axis=1) == pattern.n).all()
    whole = size[1] // pattern.m * pattern.m
    assert (mask[:, :whole] == np.isinf(prices[:, :whole])).all()


@given(seeds, st.integers(1, 30))
def test_blocks_go_as_wholes_at_one_price(seed, inputs):
    weights, hessian = problem(seed, 2, inputs)
    prices = obc.trace(weights, hessian, Blocks(4)).prices(inputs)
    for start in range(0, inputs, 4):
        block = prices[:, start : start + 4]
        assert (block == block[:, :1]).all()


def test_what_is_zero_already_costs_nothing():
    weights, hessian = problem(0)
    weights[:, ::3] = 0
    assert ((obc.prices(weights, hessian, ANY) == 0) == (weights == 0)).all()


def test_an_input_that_is_always_zero_can_be_struck():
    hessian = np.diag([2.0, 0.0, 3.0])
    assert np.isfinite(obc.trace(np.ones((1, 3)), obc.damped(hessian), ANY).losses).all()


@pytest.mark.parametrize("pattern", [Blocks(4), NofM(2, 4)])
def test_parts_of_a_wide_layer_end_where_groups_do(pattern, monkeypatch):
    weights, hessian = problem(0, 2, 22)
    monkeypatch.setattr(obc, "WIDE", 9)
    prices = obc.prices(weights, hessian, pattern)
    assert prices.shape == weights.shape
    for start in range(0, 20, 4):
        group = prices[:, start : start + 4]
        alike = np.isinf(group).sum(axis=1) == 2 if isinstance(pattern, NofM) else np.isclose(group, group[:, :1])
        assert alike.all()


pytest.importorskip("tensorflow")

from test_prune import L, chain, classifier, clusters  # noqa: E402

from mcuprune.prune import Options, evaluate, prune  # noqa: E402
from mcuprune.prune.backend import keras, tf  # noqa: E402
from mcuprune.prune.hessian import columns, listening, moments, operands  # noqa: E402
from mcuprune.prune.layers import prunable, walk  # noqa: E402
from mcuprune.prune.objective import infer  # noqa: E402

normal = np.random.default_rng(0).normal


def heard(model, x):
    """(layer, kernel, operand) of every use of a kernel."""
    found = []
    with listening(model, lambda layer, given: found.extend((layer, *use) for use in operands(layer, given))):
        model(x, training=False)
    return found


@pytest.mark.keras
@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (L.Dense(3), (5,)),
        (L.Dense(3), (4, 5)),
        (L.Conv2D(3, (3, 2)), (7, 6, 2)),
        (L.Conv2D(3, 3, strides=2, padding="same"), (8, 7, 2)),
        (L.Conv2D(3, 3, dilation_rate=2, padding="same"), (8, 7, 2)),
        (L.Conv1D(3, 3, strides=2, padding="same"), (8, 2)),
        (L.Conv1D(3, 3, dilation_rate=2, padding="causal"), (8, 2)),
        (L.SeparableConv2D(3, 3, strides=2, padding="same"), (8, 7, 2)),
        (L.SeparableConv1D(3, 3, padding="same"), (8, 2)),
    ],
)
def test_columns_times_the_kernel_are_the_outputs_of_the_layer(layer, shape):
    x = normal(size=(3, *shape)).astype(np.float32)
    model = chain(keras.Input(shape), type(layer).from_config(layer.get_config()))
    ((layer, kernel, operand),) = heard(model, x)
    outputs = columns(layer, operand) @ tf.reshape(kernel, [-1, 3]) + layer.bias
    assert np.allclose(outputs, tf.reshape(model(x), [-1, 3]), atol=1e-5)


@pytest.mark.keras
def test_a_recurrent_kernel_is_applied_to_the_states_before():
    model = chain(keras.Input((5, 2)), L.SimpleRNN(3))
    x = normal(size=(4, 5, 2)).astype(np.float32)
    (layer, kernel, inputs), (_, recurrent, states) = heard(model, x)
    steps = tf.tanh(inputs @ kernel + states @ recurrent + layer.cell.bias)
    assert np.allclose(steps[:, -1], model(x), atol=1e-5)


@pytest.mark.keras
def test_moments_are_exact_even_far_from_zero():
    a, b = (normal(1000, 1, size=(200, 3)).astype(np.float32) for _ in range(2))
    found = moments(L.Dense(1), [tf.constant(a)], [tf.constant(b)])
    pair = a.astype(float), b.astype(float)
    assert np.allclose(found.hessian(central=False), 2 * pair[0].T @ pair[1] / 200, rtol=1e-6)
    assert np.allclose(found.hessian(central=True), 2 * np.cov(*(p.T for p in pair), ddof=0)[:3, 3:], atol=1e-4)


@pytest.mark.keras
def test_listening_leaves_no_trace():
    model = classifier()
    with pytest.raises(ZeroDivisionError), listening(model, lambda layer, x: 1 / 0):
        model(np.zeros((1, 6), np.float32))
    assert all("call" not in vars(layer) for _, layer in walk(model))


@pytest.fixture(scope="module")
def trained():
    model, data = classifier(), clusters()
    model.compile("adam", "sparse_categorical_crossentropy")
    model.fit(data.x_train, data.y_train, epochs=30, verbose=0)
    return model, data


@pytest.mark.keras
def test_weights_that_stay_make_up_for_those_that_go(trained):
    model, data = trained
    small, made_up = (prune(model, data, sparsity=0.8, method=name) for name in ("oneshot-magnitude", "oneshot"))
    apart = [np.square(result.model(data.x_test) - model(data.x_test)).mean() for result in (small, made_up)]
    assert apart[1] < apart[0] / 2
    assert evaluate(made_up.model, data, infer(model, data)) > 0.9
    assert made_up.sparsity == pytest.approx(small.sparsity, abs=0.01)


@pytest.mark.keras
@pytest.mark.parametrize("pattern", ["unstructured", "1x4", "2:4"])
def test_masks_are_of_the_pattern_and_zeros_exact(pattern):
    result = prune(classifier(), clusters(), sparsity=0.5, method="oneshot", options=Options(pattern=pattern))
    for name, kernel in prunable(result.model):
        assert ((kernel.numpy() != 0) == result.masks[name]).all()
        for start in range(0, kernel.shape[0] // 4 * 4, 4):
            kept = result.masks[name][start : start + 4].sum(axis=0)
            assert pattern == "unstructured" or set(kept) <= ({0, 4} if pattern == "1x4" else {2})


@pytest.mark.keras
def test_labels_do_not_matter_and_zeros_stay(trained):
    model, data = trained
    shuffled = type(data)(data.x_train, data.y_train[::-1].copy(), data.x_test, data.y_test)
    once, other = (prune(model, d, sparsity=0.5, method="oneshot") for d in (data, shuffled))
    assert all(np.array_equal(a, b) for a, b in zip(once.model.get_weights(), other.model.get_weights(), strict=True))
    further = prune(once.model, data, sparsity=0.7, method="oneshot")
    assert all((further.masks[name] <= mask).all() for name, mask in once.masks.items())


@pytest.mark.keras
def test_layers_without_columns_go_by_magnitude_and_it_is_said():
    inner = L.Dense(4, name="twice")
    x = keras.Input((5,), dtype="int32")
    y = inner(inner(L.Embedding(9, 4, name="words")(x)))
    y = L.Conv1D(6, 3, name="stem")(y)
    y = L.Conv1D(6, 3, groups=2, name="groups")(y)
    model = keras.Model(x, L.Dense(2)(L.LSTM(3, name="memory")(y)))
    said = []
    data = type(clusters())(np.arange(100).reshape(20, 5) % 9, None, np.zeros((1, 5)), None)
    from mcuprune.prune.backend import copied
    from mcuprune.prune.methods.oneshot import prune as method
    from mcuprune.prune.task import Task

    result = method(copied(model), Task(0.5, model, data, say=said.append))
    assert [text.split(":")[0] for text in said if "nothing makes up" in text] == ["groups"]
    assert result.sparsity == pytest.approx(0.5, abs=0.02)
    assert all(not kernel.numpy()[~result.masks[name]].any() for name, kernel in prunable(result.model))
