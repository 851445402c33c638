"""What the layers of a model make of a sound, read by hooks while it passes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from starbench.errors import InputError
from starbench.models.encoder import Stage

#: What the library calls the part that hears, what leads from it to the language model, and that model; the first
#: name that a model has counts.
_TOWERS = ("audio_tower", "audio_model", "speech_encoder", "audio_encoder", "encoder")
_PROJECTORS = (
    "multi_modal_projector",
    "audio_projector",
    "audio_projection",
    "embed_audio",
    "audio_tower.proj",
    "projector",
)
_LANGUAGE_MODELS = ("language_model", "text_model", "decoder")


def modules_of(model: Any) -> dict[str, tuple[Any, Stage]]:
    """Layer -> module and stage: the blocks of the tower, the projector, and the blocks of the language model.

    Raises :class:`InputError` if the model has no tower that can be found.
    """
    tower = _part(model, _TOWERS) or model
    blocks = _blocks(tower)
    if not blocks:
        raise InputError("no layers of this model are known to hear: its tower has no list of blocks")
    found: dict[str, tuple[Any, Stage]] = {
        f"tower {n}": (block, "encoder") for n, block in enumerate(blocks, 1)
    }
    projector = _part(model, _PROJECTORS)
    if projector is not None:
        found["projector"] = (projector, "projector")
    language_model = _part(model, _LANGUAGE_MODELS)
    if language_model is not None and projector is not None:
        layers = _blocks(language_model)
        found |= {f"language model {n}": (block, "language model") for n, block in enumerate(layers, 1)}
    return found


@contextmanager
def tapped(modules: Mapping[str, tuple[Any, Stage]]) -> Iterator[dict[str, NDArray[np.float32]]]:
    """Collect what each module gives, shape (frames, features), while the block is left open."""
    outputs: dict[str, NDArray[np.float32]] = {}
    handles = [
        module.register_forward_hook(lambda _m, _in, out, name=name: outputs.__setitem__(name, _frames(out)))
        for name, (module, _) in modules.items()
    ]
    try:
        yield outputs
    finally:
        for handle in handles:
            handle.remove()


def _frames(output: Any) -> NDArray[np.float32]:
    while isinstance(output, tuple | list):
        output = output[0]
    tensor = getattr(output, "last_hidden_state", output).detach().float().cpu().numpy()
    return np.asarray(tensor.reshape(-1, tensor.shape[-1]), dtype=np.float32)


def _part(model: Any, names: tuple[str, ...]) -> Any:
    modules = dict(model.named_modules())
    for name in names:
        paths = [path for path in modules if path == name or path.endswith(f".{name}")]
        if paths:
            return modules[min(paths, key=len)]
    return None


def _blocks(part: Any) -> list[Any]:
    """The longest list of modules that lies nearest to the surface."""
    from torch import nn

    lists = [
        (path.count("."), -len(one), one)
        for path, one in part.named_modules()
        if isinstance(one, nn.ModuleList)
    ]
    return list(min(lists, key=lambda row: row[:2])[2]) if lists else []


def shortened(layers: dict[str, NDArray[np.float32]], share: float) -> dict[str, NDArray[np.float32]]:
    """The first part of each layer's frames: of a window that is filled up with silence, the clip."""
    return {name: frames[: max(round(share * len(frames)), 1)] for name, frames in layers.items()}
