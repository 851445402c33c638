"""What a network makes of a sound, layer by layer: the protocol of encoders, and finding one by its spec."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from contextlib import chdir
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from starbench.audio import Audio
from starbench.errors import InputError, PluginError, StarbenchError
from starbench.plugins import arguments as command_line
from starbench.plugins import registry
from starbench.plugins.source_location import explain

#: The parts of a model that a sound passes, in this order. What a loader gives is what enters the network.
Stage = Literal["loader", "encoder", "projector", "language model"]
STAGES: tuple[Stage, ...] = ("loader", "encoder", "projector", "language model")

#: Layer -> its activations, shape (frames, features), in the order that a sound passes them.
Layers = Mapping[str, NDArray[np.float32]]


@runtime_checkable
class Encoder(Protocol):
    """A network whose layers can be read. One method is required; a plain function ``encode(audio)`` will do, too.

    An adapter is an encoder as well if it has this method. Optional attributes and methods: ``stages`` (layer ->
    :data:`Stage`; a layer that is not named is of the encoder), ``note`` (what must stand beside every figure, such as
    "fine-tuned for turn ends, int8"), ``delivered(audio) -> Audio`` (the sound that is left of a clip once the model's
    own front end has read it), and ``random_twin(seed) -> Encoder`` (the same network with random weights).
    """

    def encode(self, audio: Audio) -> Layers:
        """Activations of every layer for one clip."""


@dataclass(frozen=True)
class NamedEncoder:
    """An encoder ready to be used, and what identifies it."""

    spec: str
    encode: Callable[[Audio], Layers]
    stages: Mapping[str, Stage] = field(default_factory=dict)
    note: str = ""
    delivered: Callable[[Audio], Audio] | None = None
    random_twin: Callable[[int], Any] | None = None

    def layers(self, audio: Audio, names: Sequence[str] | None = None) -> dict[str, NDArray[np.float32]]:
        """Activations of the layers that are named, or of all, for one clip.

        Raises :class:`InputError` if there is no such layer, :class:`PluginError` if the encoder fails, or a layer is
        no array of finite numbers of shape (frames, features).
        """
        with registry.plugin_errors(lambda error: f"encoder {self.spec!r} fails on a clip: {explain(error)}"):
            found = self.encode(audio)
        layers = {}
        for name in found if names is None else names:
            if name not in found:
                raise InputError(
                    f"encoder {self.spec!r} has no layer {name!r}: it has {', '.join(map(repr, found))}"
                )
            layers[name] = frames = np.asarray(found[name], np.float32)
            if frames.ndim != 2 or not len(frames) or not np.isfinite(frames).all():
                raise PluginError(
                    f"encoder {self.spec!r}: layer {name!r} is not an array of finite numbers of shape (frames, "
                    "features)"
                )
        return layers

    def stage(self, layer: str) -> Stage:
        """The part of the model that a layer is of."""
        return self.stages.get(layer, "encoder")

    def twin(self, seed: int) -> NamedEncoder | None:
        """The same network with random weights, if the encoder can make one."""
        return None if self.random_twin is None else as_encoder(self.random_twin(seed), self.spec)


def resolve_encoder(spec: str, arguments: Mapping[str, str] | None = None) -> NamedEncoder:
    """Find and make the encoder that ``spec`` names.

    ``spec`` is ``name``, ``name:argument``, ``file.py:object`` or ``package.module:object``. A name is that of an
    encoder, or of an adapter that has a method ``encode``.

    Raises :class:`InputError` if it cannot be found or made.
    """
    kind: registry.Kind = "encoders"
    if spec.partition(":")[0] in registry.available("adapters"):
        kind = "adapters"
    name, argument = registry.split(kind, spec)
    with chdir("."):
        factory = registry.load(kind, name)
    if _is_encode_function(factory):
        return as_encoder(factory, spec)
    typed = {"model": argument, **(arguments or {})} if argument else dict(arguments or {})
    values = command_line.typed(factory, typed, spec)
    with registry.plugin_errors(
        lambda error: f"encoder {spec!r} cannot be made: {explain(error, factory)}", StarbenchError
    ):
        return as_encoder(factory(**values), spec)


def _is_encode_function(candidate: Any) -> bool:
    return inspect.isfunction(candidate) and list(inspect.signature(candidate).parameters) == ["audio"]


def as_encoder(candidate: Any, spec: str) -> NamedEncoder:
    """Wrap an object with a method ``encode``, or a function; :class:`PluginError` if it is neither."""
    encode = getattr(candidate, "encode", candidate if inspect.isfunction(candidate) else None)
    if not callable(encode):
        raise PluginError(
            f"{spec!r} has no method encode(audio): return a mapping from each layer's name to an array of "
            "shape (frames, features)"
        )
    stages = dict(getattr(candidate, "stages", {}))
    if wrong := set(stages.values()) - set(STAGES):
        raise InputError(f"encoder {spec!r}: stages name {wrong}, and a stage is one of {', '.join(STAGES)}")
    return NamedEncoder(
        spec,
        encode,
        stages,
        str(getattr(candidate, "note", "")),
        getattr(candidate, "delivered", None),
        getattr(candidate, "random_twin", None),
    )
