"""Dropout for sparse networks: fewer weights overfit less, and bear less dropout.

Han et al. 2015 (arXiv 1506.02626): D_sparse = D_dense sqrt(C_sparse / C_dense), of the connections C that follow.
"""

from math import log2, sqrt

from mcuprune.prune.backend import keras
from mcuprune.prune.layers import walk
from mcuprune.prune.masks import Masks


def rate(dense: float, density: float) -> float:
    """
    >>> round(rate(0.5, 0.08), 3)
    0.141
    """
    return dense * sqrt(density)


class Dropouts:
    """The dropout layers of a model.  Their rates follow the masks, until they are restored."""

    def __init__(self, model: keras.Model) -> None:
        self._walked = list(walk(model))
        self._dense = {layer: layer.rate for _, layer in self._walked if isinstance(layer, keras.layers.Dropout)}

    def suit(self, masks: Masks) -> bool:
        """Set the rates for the masks.  Whether any has changed: they are constants of a traced function.

        Densities are taken as powers of two, so that this does not happen often.
        """
        changed, density = False, 1.0
        for name, layer in reversed(self._walked):
            kernels = [mask for kernel, mask in masks.items() if kernel == name or kernel.startswith(f"{name}/")]
            if kernels:
                density = 2.0 ** round(log2(sum(int(m.sum()) for m in kernels) / sum(m.size for m in kernels)))
            elif layer in self._dense:
                wanted = rate(self._dense[layer], density)
                changed |= layer.rate != wanted
                layer.rate = wanted
        return changed

    def restore(self) -> None:
        for layer, dense in self._dense.items():
            layer.rate = dense
