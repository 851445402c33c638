"""Models whose activations can be changed while they answer."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray


@runtime_checkable
class Steerable(Protocol):
    """An adapter that can add a direction to what a layer gives; layers have the names that ``encode`` uses."""

    def steered(self, layer: str, vector: NDArray[np.float32]) -> AbstractContextManager[Any]:
        """While the block is left open, ``vector`` is added to every frame, or token, that ``layer`` gives.

        Raises :class:`starbench.errors.InputError` if there is no such layer, or the vector does not fit it.
        """
