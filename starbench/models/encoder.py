"""What a network makes of a sound, layer by layer: the protocol of encoders, and finding one by its spec."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, chdir
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from starbench.audio import Audio
from starbench.errors import InputError, PluginError, StarbenchError
from starbench.models.delivery import left_of
from starbench.models.resolve import file_versions, refuse_keys, without_logins
from starbench.plugins import arguments as command_line
from starbench.plugins import registry
from starbench.plugins.source_location import at, explain, line_of
from starbench.redact import redact
from starbench.text import sentence

#: The parts of a model that a sound passes, in this order. What a loader gives is what enters the network.
Stage = Literal["loader", "encoder", "projector", "language model"]
STAGES: tuple[Stage, ...] = ("loader", "encoder", "projector", "language model")

#: Layer -> its activations, shape (frames, features), in the order that a sound passes them.
Layers = Mapping[str, NDArray[np.float32]]

#: What is typed before the name of an encoder's argument.
_OPTION = "--encoder-arg "
_LARGEST = np.finfo(np.float32).max
#: What encode() returns, in words.
_MAPPING = "a mapping from each layer's name to an array of shape (frames, features)"


@runtime_checkable
class Encoder(Protocol):
    """A network whose layers can be read. One method is required; a plain function ``encode(audio)`` will do, too.

    An adapter is an encoder as well if it has this method. Optional attributes and methods: ``stages`` (layer ->
    :data:`Stage`; a layer that is not named is of the encoder), ``note`` (what must stand beside every figure, such as
    "fine-tuned for turn ends, int8"), ``delivered(audio) -> Audio`` (the sound that is left of a clip once the model's
    own front end has read it), and ``random_twin(seed) -> Encoder`` (the same network with random weights).
    """

    def encode(self, audio: Audio) -> Layers:
        """Activations of every layer for one clip: arrays of real numbers, or torch's tensors."""


@dataclass(frozen=True)
class NamedEncoder:
    """An encoder ready to be used, and what identifies it."""

    spec: str
    encode: Callable[[Audio], Layers]
    stages: Mapping[str, Stage] = field(default_factory=dict)
    note: str = ""
    delivered: Callable[[Audio], Audio] | None = None
    random_twin: Callable[[int], Any] | None = None
    arguments: Mapping[str, Any] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    """File of a plug-in -> digest."""

    def layers(self, audio: Audio, names: Sequence[str] | None = None) -> dict[str, NDArray[np.float32]]:
        """Activations of the layers that are named, or of all, for one clip.

        Raises :class:`InputError` if there is no such layer, :class:`PluginError` if the encoder fails, or a layer is
        no array of finite numbers of shape (frames, features).
        """
        with _its_errors(f"encoder {self.spec!r} fails on a clip", self.encode):
            found = self.encode(audio)
        self._check_names(found)
        layers = {}
        for name in found if names is None else names:
            if name not in found:
                raise InputError(
                    f"encoder {self.spec!r} has no layer {name!r}: it has {', '.join(map(repr, found))}"
                )
            with _its_errors(f"encoder {self.spec!r}: layer {name!r} cannot be read", self.encode):
                array = _array(found[name])
            if wrong := _wrong_with(array):
                raise self.fault(
                    f"layer {name!r} is {wrong}, not an array of finite real numbers of shape (frames, features)"
                )
            layers[name] = array.astype(np.float32)
        return layers

    def _check_names(self, found: Any) -> None:
        if inspect.iscoroutine(found):
            found.close()  # or Python warns that nobody waited for it
            raise self.fault("its encode() is async: make it a plain method")
        if not isinstance(found, Mapping):
            raise self.fault(f"encode() returned {type(found).__name__}, not {_MAPPING}")
        if not found:
            raise self.fault(f"encode() returned no layer: return {_MAPPING}")
        for name in found:
            if not isinstance(name, str) or any("\ud800" <= one <= "\udfff" for one in name):
                raise self.fault(f"layer {name!r} is not named by a text that a file can hold")
        for name in self.stages:
            if name not in found:
                raise self.fault(f"stages name a layer {name!r}, and there are {', '.join(map(repr, found))}")

    def fault(self, wrong: str) -> PluginError:
        """What is wrong with the encoder, with its line."""
        return PluginError(f"encoder {self.spec!r}: {wrong}{at(line_of(self.encode))}")

    def stage(self, layer: str) -> Stage:
        """The part of the model that a layer is of."""
        return self.stages.get(layer, "encoder")

    def twin(self, seed: int) -> NamedEncoder | None:
        """The same network with random weights, if the encoder can make one."""
        if self.random_twin is None:
            return None
        with _its_errors(f"encoder {self.spec!r} cannot make its random_twin", self.random_twin):
            twin = self.random_twin(seed)
        return as_encoder(twin, f"{self.spec} with random weights", made_by=self.random_twin)


def _its_errors(what: str, plugin: object) -> AbstractContextManager[None]:
    return registry.plugin_errors(lambda error: f"{what}: {explain(error, plugin)}", PluginError)


def _array(value: Any) -> NDArray[Any]:
    if callable(getattr(value, "detach", None)):
        # A tensor of torch: numpy reads none that has a gradient, is on a GPU, or is of bfloat16.
        tensor = value.detach().cpu()
        value = tensor if tensor.is_complex() else tensor.float()
    return np.asarray(value)


def _wrong_with(array: NDArray[Any]) -> str:
    """Why an array is not activations; empty if it is."""
    if array.dtype.kind not in "biuf" or array.ndim != 2 or not array.size:
        return f"{array.dtype} of shape {array.shape}"
    if not np.abs(array).max() <= _LARGEST:  # nor NaN
        return "of numbers that are not finite, or too large for 32 bits"
    return ""


def resolve_encoder(spec: str, arguments: Mapping[str, str] | None = None) -> NamedEncoder:
    """Find and make the encoder that ``spec`` names.

    ``spec`` is ``name``, ``name:argument``, ``file.py:object`` or ``package.module:object``. A name is that of an
    encoder, or of an adapter that has a method ``encode``.

    Raises :class:`InputError` if it cannot be found or made, or an argument is a key.
    """
    if redact(spec) != spec:
        raise InputError("--encoder names a key of the environment: name the encoder, keys are never stored")
    kind: registry.Kind = "encoders"
    if spec.partition(":")[0] in registry.available("adapters"):
        kind = "adapters"
    name, argument = registry.split(kind, spec)
    typed = {"model": argument, **(arguments or {})} if argument else dict(arguments or {})
    for key, value in typed.items():
        refuse_keys(key, value, _OPTION)
    with chdir("."):
        factory = registry.load(kind, name)
    versions = file_versions(name)
    if _is_encode_function(factory):
        if typed:
            raise InputError(
                f"encoder {spec!r} is a function and takes no arguments: write a class that does"
            )
        return as_encoder(factory, spec, {}, versions)
    values = command_line.typed(factory, typed, spec, kind="encoder", option=_OPTION)
    with (
        chdir("."),
        registry.plugin_errors(
            lambda error: f"encoder {spec!r} cannot be made: {explain(error, factory)}", StarbenchError
        ),
    ):
        made = factory(**values)
    recorded = without_logins(command_line.recorded(values, typed))
    return as_encoder(made, spec, recorded, versions, made_by=factory)


def _is_encode_function(candidate: Any) -> bool:
    return inspect.isfunction(candidate) and list(inspect.signature(candidate).parameters) == ["audio"]


def as_encoder(
    candidate: Any,
    spec: str,
    arguments: Mapping[str, Any] | None = None,
    versions: Mapping[str, str] | None = None,
    *,
    made_by: object = None,
) -> NamedEncoder:
    """Wrap an object with a method ``encode``, or a function; :class:`PluginError` if it is neither.

    ``made_by`` is what returned the object: its line is named where the object's is not known.
    """
    line = at(line_of(candidate) or line_of(made_by))
    with registry.plugin_errors(
        lambda error: f"encoder {spec!r}: its attributes raise {explain(error, candidate)}", StarbenchError
    ):
        encode = getattr(candidate, "encode", candidate if inspect.isfunction(candidate) else None)
        stages = getattr(candidate, "stages", None)
        note = sentence(str(getattr(candidate, "note", None) or ""))
        optional = {name: getattr(candidate, name, None) for name in ("delivered", "random_twin")}
    if not callable(encode):
        raise PluginError(f"encoder {spec!r} has no method encode(audio): return {_MAPPING}{line}")
    for name, method in optional.items():
        if method is not None and not callable(method):
            raise PluginError(f"encoder {spec!r}: its {name} is {type(method).__name__}, not a method{line}")
    is_mapping = stages is None or isinstance(stages, Mapping)
    if not is_mapping or any(stage not in STAGES for stage in (stages or {}).values()):
        raise PluginError(
            f"encoder {spec!r}: stages name for each layer one of {', '.join(STAGES)}, and not {stages!r}{line}"
        )
    if (delivered := optional["delivered"]) is not None:
        delivered = partial(left_of, method=delivered, owner=f"encoder {spec!r}")
    return NamedEncoder(
        spec,
        encode,
        dict(stages or {}),
        note,
        delivered,
        optional["random_twin"],
        dict(arguments or {}),
        dict(versions or {}),
    )
