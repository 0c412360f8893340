"""Pruning methods: what each of them is known for."""

import numpy as np
import pytest

pytest.importorskip("tensorflow")

from test_prune import L, chain, classifier, clusters

from mcuprune.prune import Options, prune
from mcuprune.prune.backend import keras
from mcuprune.prune.dropout import Dropouts, rate
from mcuprune.prune.layers import prunable
from mcuprune.prune.masks import nonzero, sparsity
from mcuprune.prune.objective import infer
from mcuprune.prune.sensitivity import masks as sensitive_masks
from mcuprune.prune.task import Task


def task_for(model, data, share=0.5):
    return Task(share, model, data, infer(model, data), epochs=2)


# lottery


@pytest.mark.parametrize("rewind", ["start", "early"])
def test_a_ticket_that_is_drawn_from_the_start_owes_nothing_to_the_weights_it_was_given(rewind):
    model, data, options = classifier(), clusters(), Options(rewind=rewind, distill=False)
    other = classifier()
    other.set_weights([w + 1 for w in model.get_weights()])
    tickets = [
        prune(m, data, sparsity=0.6, method="lottery", epochs=4, options=options).model.get_weights()
        for m in (model, other)
    ]
    assert all(np.array_equal(a, b) for a, b in zip(*tickets, strict=True))


def test_a_ticket_loses_a_fifth_in_each_round_where_there_are_epochs_enough():
    result = prune(classifier(), clusters(), sparsity=1 - 0.8**3, method="lottery", epochs=6)
    shares = [record["sparsity"] for record in result.history]
    assert shares == pytest.approx([0.2, 0.2, 0.36, 0.36, 0.488, 0.488], abs=0.01)
    assert prune(classifier(), clusters(), sparsity=0.9, method="lottery", epochs=1).sparsity > 0.88


# dropout


def test_dropout_shrinks_with_the_connections_that_are_left():
    assert rate(0.5, 0.08) == pytest.approx(0.141, abs=5e-4)
    model = chain(
        keras.Input((8,)), L.Dense(10, name="one"), L.Dropout(0.5, name="drop"), L.Dense(4, name="two"), name="net"
    )
    drop, dropouts = model.get_layer("drop"), Dropouts(model)
    masks = {"one": np.ones((8, 10), bool), "two": np.arange(40).reshape(10, 4) < 10}
    assert dropouts.suit(masks) and drop.rate == 0.25
    assert not dropouts.suit(masks) and drop.rate == 0.25  # from the dense rate, however often
    dropouts.restore()
    assert drop.rate == 0.5


# threshold


def test_sensitive_kernels_keep_more_and_the_network_is_as_sparse_as_it_should_be():
    model, data = classifier(), clusters()
    model.compile("adam", "sparse_categorical_crossentropy")
    model.fit(data.x_train, data.y_train, epochs=30, verbose=0)
    before = model.get_weights()
    found = sensitive_masks(model, task_for(model, data), 0.6)
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))
    assert sparsity(found) == pytest.approx(0.6, abs=0.02)
    for name, kernel in prunable(model):  # a threshold: what stays is larger than what goes
        size = np.abs(kernel.numpy())
        assert size[found[name]].min() >= size[~found[name]].max(initial=0)


def test_thresholds_prune_in_rounds_and_what_is_gone_stays_gone():
    result = prune(classifier(), clusters(), sparsity=0.784, method="threshold", epochs=8)
    shares = [record["sparsity"] for record in result.history]
    assert shares == pytest.approx([0, 0, 0.4, 0.4, 0.64, 0.64, 0.784, 0.784], abs=0.02)
    assert all(np.array_equal(result.masks[name], mask) for name, mask in nonzero(result.model).items())
