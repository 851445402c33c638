"""Who listens: a head, microphones, a first-order ambisonic microphone, a stereo pair, one microphone.

A registry from a scene's ``format`` to its receiver. A receiver turns images of a standing source into
responses, follows a moving one, and knows how coherent a diffuse field is in its channels.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from . import diffuse
from .ambisonics import foa_response
from .brir import brir
from .geometry import SPEED_OF_SOUND, unit
from .heads import hrtf
from .microphones import array_response
from .motion.rendering import Moved, move_binaural, move_foa, move_mics
from .motion.trajectories import Path
from .scene_spec import Format, SceneSpec
from .shoebox import Images, Response, Shoebox

#: Two microphones, this far apart left and right of the middle, where the user names none, m.
DEFAULT_PAIR_M = ((0.0, 0.09, 0.0), (0.0, -0.09, 0.0))
#: A coincident pair of cardioids turned this far out (XY), degrees.
XY_DEG = 45.0

Wave = NDArray[np.float64]


class Receiver(Protocol):
    """What a scene needs of a receiver."""

    @property
    def channels(self) -> tuple[str, ...]:
        """Names of its channels, in order."""
        ...

    @property
    def level_channels(self) -> slice:
        """The channels whose mean power is the level at the listener."""
        ...

    @property
    def is_binaural(self) -> bool:
        """Whether the two channels are ears."""
        ...

    def respond(self, images: Images) -> Response:
        """Response to a standing source with these images."""
        ...

    def follow(self, wave: Wave, path: Path, room: Shoebox | None) -> Moved:
        """What is received of a source that moves along ``path`` while it emits ``wave``, shape (n,)."""
        ...

    def diffuse_factors(self) -> NDArray[np.complex64]:
        """Factors of the channels' covariance in a diffuse field, shape (GRID, k, k)."""
        ...

    def describe(self) -> dict[str, Any] | None:
        """What stands in the truth about it."""
        ...


@dataclass(frozen=True, eq=False)
class Binaural:
    """Two ears of a measured head."""

    rate: int
    source: str | None = None

    channels = ("left", "right")
    level_channels = slice(0, 2)
    is_binaural = True

    @cached_property
    def head(self) -> hrtf.Head:
        """The head, loaded when first needed."""
        return hrtf.load(self.source, self.rate)

    def respond(self, images: Images) -> Response:
        return brir(self.head, images, self.rate)

    def follow(self, wave: Wave, path: Path, room: Shoebox | None) -> Moved:
        return move_binaural(wave, path, self.rate, self.head, room)

    def diffuse_factors(self) -> NDArray[np.complex64]:
        return _diffuse_head(self.source, self.rate)

    def describe(self) -> dict[str, Any]:
        return {"name": self.head.name, "digest": self.head.digest}


@dataclass(frozen=True, eq=False)
class Microphones:
    """Omnidirectional microphones, positions about the middle of the head, m."""

    rate: int
    positions_m: tuple[tuple[float, float, float], ...]

    is_binaural = False

    @property
    def channels(self) -> tuple[str, ...]:
        return tuple(f"mic{k + 1}" for k in range(len(self.positions_m)))

    @property
    def level_channels(self) -> slice:
        return slice(0, len(self.positions_m))

    @property
    def _positions(self) -> Wave:
        return np.array(self.positions_m, dtype=np.float64)

    def respond(self, images: Images) -> Response:
        return array_response(images, self._positions, self.rate)

    def follow(self, wave: Wave, path: Path, room: Shoebox | None) -> Moved:
        return move_mics(wave, path, self.rate, self._positions, room)

    def diffuse_factors(self) -> NDArray[np.complex64]:
        # Coherence of a diffuse field between two points: sin(kd)/(kd) (Cook et al. 1955, JASA 27:1072).
        apart = np.linalg.norm(self._positions[:, None] - self._positions[None], axis=-1)
        frequency = np.linspace(0.0, self.rate / 2, diffuse.GRID)
        return diffuse.factor(
            np.sinc(2.0 * frequency[:, None, None] * apart / SPEED_OF_SOUND).astype(np.complex128)
        )

    def describe(self) -> dict[str, Any]:
        return {"positions_m": [list(position) for position in self.positions_m]}


@dataclass(frozen=True, eq=False)
class Ambisonics:
    """First order, ACN channel order, SN3D normalisation: W, Y, Z, X."""

    rate: int

    channels = ("W", "Y", "Z", "X")
    level_channels = slice(0, 1)
    is_binaural = False

    def respond(self, images: Images) -> Response:
        return foa_response(images, self.rate)

    def follow(self, wave: Wave, path: Path, room: Shoebox | None) -> Moved:
        return move_foa(wave, path, self.rate, room)

    def diffuse_factors(self) -> NDArray[np.complex64]:
        # The mean of a squared direction cosine over the sphere is 1/3, and the four are uncorrelated.
        covariance = np.diag([1.0, 1 / 3, 1 / 3, 1 / 3]).astype(np.complex128)
        return diffuse.factor(np.broadcast_to(covariance, (diffuse.GRID, 4, 4)))

    def describe(self) -> dict[str, Any]:
        return {"order": 1, "channel_order": "ACN", "normalisation": "SN3D"}


@dataclass(frozen=True, eq=False)
class Stereo:
    """A coincident pair of cardioids, 45 degrees to the left and right (XY): level differences only."""

    rate: int

    channels = ("left", "right")
    level_channels = slice(0, 2)
    is_binaural = False

    @property
    def _mix(self) -> Wave:
        # A cardioid towards u is (W + u·(X, Y, Z)) / 2 of SN3D signals.
        towards = unit(np.array([-XY_DEG, XY_DEG]))
        return np.column_stack([np.ones(2), towards[:, 1], towards[:, 2], towards[:, 0]]) / 2.0

    def _mixed(self, signals: NDArray[np.floating]) -> Wave:
        # Not a matrix product: BLAS may add in another order on another number of threads.
        return np.stack([sum(row[c] * signals[c] for c in range(4)) for row in self._mix])

    def respond(self, images: Images) -> Response:
        got = foa_response(images, self.rate)
        return Response(self._mixed(got.direct), self._mixed(got.rest), got.rate, got.lead)

    def follow(self, wave: Wave, path: Path, room: Shoebox | None) -> Moved:
        got = move_foa(wave, path, self.rate, room)
        return Moved(self._mixed(got.samples), got.lead, got.track, got.lasts_s)

    def diffuse_factors(self) -> NDArray[np.complex64]:
        mix = self._mix
        covariance = mix @ np.diag([1.0, 1 / 3, 1 / 3, 1 / 3]) @ mix.T
        return diffuse.factor(np.broadcast_to(covariance.astype(np.complex128), (diffuse.GRID, 2, 2)))

    def describe(self) -> dict[str, Any]:
        return {"pair": "XY cardioids", "angle_deg": 2 * XY_DEG}


def _array(spec: SceneSpec) -> Receiver:
    return Microphones(spec.rate, spec.microphones_m or DEFAULT_PAIR_M)


_RECEIVERS: dict[Format, Callable[[SceneSpec], Receiver]] = {
    "binaural": lambda spec: Binaural(spec.rate, spec.head),
    "stereo": lambda spec: Stereo(spec.rate),
    "array": _array,
    "foa": lambda spec: Ambisonics(spec.rate),
    "mono": lambda spec: Microphones(spec.rate, ((0.0, 0.0, 0.0),)),
}


def receiver(spec: SceneSpec) -> Receiver:
    """The receiver that a scene names."""
    return _RECEIVERS[spec.format](spec)


@lru_cache(maxsize=4)
def _diffuse_head(source: str | None, rate: int) -> NDArray[np.complex64]:
    """Covariance of the ears over directions spread evenly on the sphere, as far as the head has data."""
    ears = hrtf.load(source, rate)
    count = 500
    k = np.arange(count) + 0.5  # Fibonacci lattice: equal areas
    directions = unit(
        np.degrees(np.pi * (1.0 + np.sqrt(5.0)) * k), np.degrees(np.arcsin(1.0 - 2.0 * k / count))
    )
    delays, filters = ears.at(directions[ears.covers(directions)])
    spectra = np.fft.rfft(filters, 2 * (diffuse.GRID - 1), axis=-1)
    frequency = np.linspace(0.0, rate / 2, diffuse.GRID)
    spectra = spectra * np.exp(-2j * np.pi * frequency * delays[..., None])
    return diffuse.factor(np.einsum("def,dgf->feg", spectra, spectra.conj()) / spectra.shape[0])
