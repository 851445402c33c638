"""Steering: a direction added to what a layer of a loaded model gives, by a hook."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from starbench.errors import InputError
from starbench.models.encoder import Stage
from starbench.text import suggestion


@contextmanager
def steered(
    modules: Mapping[str, tuple[Any, Stage]], layer: str, vector: NDArray[np.float32]
) -> Iterator[None]:
    """Add ``vector`` to every frame that ``layer`` gives while the block is left open."""
    import torch

    if layer not in modules:
        raise InputError(
            f"the model has no layer {layer!r} that can be steered: {suggestion(layer, modules)}"
        )
    direction = torch.from_numpy(np.array(vector, np.float32))
    if direction.ndim != 1 or not bool(direction.isfinite().all()):
        raise InputError("a direction is a row of finite numbers, one for each feature of the layer")

    def add(_module: Any, _inputs: Any, output: Any) -> Any:
        return _added(output, direction, layer)

    handle = modules[layer][0].register_forward_hook(add)
    try:
        yield
    finally:
        handle.remove()


def _added(output: Any, direction: Any, layer: str) -> Any:
    """What the module gives, in the form in which it gives it."""
    if isinstance(output, tuple | list):
        return type(output)([_added(output[0], direction, layer), *output[1:]])
    if hasattr(output, "last_hidden_state"):
        output.last_hidden_state = _added(output.last_hidden_state, direction, layer)
        return output
    if output.shape[-1] != len(direction):
        raise InputError(
            f"layer {layer!r} has {output.shape[-1]} features, and the direction has {len(direction)}: use a "
            "dictionary of this layer"
        )
    return output + direction.to(output.device, output.dtype)
