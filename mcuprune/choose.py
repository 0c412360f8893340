"""Choose an encoding for every layer: the one that takes the fewest bytes of flash."""

from mcuprune import ops
from mcuprune.encodings import ENCODINGS
from mcuprune.graph import Graph
from mcuprune.layer import Layer


def smallest(weights) -> str:
    """The name of the smallest encoding of a weight matrix.  weights: int8 [outputs, inputs].

    Where two are equally small the dense one wins: it is the fastest to read.
    """
    return min(ENCODINGS, key=lambda name: (ENCODINGS[name].size(weights), name != "dense"))


def layers(graph: Graph) -> list[Layer]:
    """Every operator of the graph, lowered with its chosen encoding."""
    lowered = []
    for op in graph.ops:
        module = ops.OPS[op.kind]
        encoded = None
        if hasattr(module, "weights"):
            weights = module.weights(graph, op)
            encoded = ENCODINGS[smallest(weights)].encode(weights)
        lowered.append(module.lower(graph, op, encoded))
    return lowered
