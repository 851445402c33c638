"""Receivers: a head, microphones, a first-order ambisonic microphone, a stereo pair, one microphone.

A registry maps a scene's ``format`` to its receiver. A receiver computes impulse responses to static
sources, renders moving sources, and knows the coherence of its channels in a diffuse field.
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
from .binaural import binaural_response
from .geometry import SPEED_OF_SOUND, even_directions, unit
from .heads.equalisation import BAND_HZ
from .heads.hrtf import Head
from .heads.loading import CACHED_HEADS, Equalisation, load
from .image_sources import ImageSources
from .impulse_response import ImpulseResponse
from .microphones import array_response
from .motion.rendering import ReceivedSignal, render_binaural, render_foa, render_microphones
from .motion.trajectories import Trajectory
from .scene_spec import Format, SceneSpec
from .shoebox import Shoebox

#: Default positions: two microphones left and right of the middle, m.
DEFAULT_PAIR_M = ((0.0, 0.09, 0.0), (0.0, -0.09, 0.0))
#: Angle of each of a coincident pair of cardioids from the front (XY), degrees.
XY_DEG = 45.0

Wave = NDArray[np.float64]


class Receiver(Protocol):
    """What a scene needs from a receiver."""

    @property
    def channels(self) -> tuple[str, ...]:
        """Names of its channels, in order."""

    @property
    def level_channels(self) -> slice:
        """The channels whose mean power is the level at the listener."""

    def impulse_response(self, images: ImageSources) -> ImpulseResponse:
        """Response to a static source with these images."""

    def render_moving(self, wave: Wave, trajectory: Trajectory, room: Shoebox | None) -> ReceivedSignal:
        """Signal received from a source that moves along ``trajectory`` and emits ``wave``, shape (n,)."""

    def diffuse_factors(self) -> NDArray[np.complex64]:
        """Factors of the channels' covariance in a diffuse field, shape (GRID, k, k)."""

    def describe(self) -> dict[str, Any] | None:
        """Its description in the truth of a scene."""


@dataclass(frozen=True, eq=False)
class Binaural:
    """Two ears of a measured head."""

    rate: int
    source: str | None = None
    equalisation: Equalisation | None = None

    channels = ("left", "right")
    level_channels = slice(0, 2)

    @property
    def ild_band_hz(self) -> tuple[float, float] | None:
        """Band of the ILD that a scene states, Hz; None: all frequencies.

        An equalised head is defined in one band only.
        """
        return BAND_HZ if self.equalisation else None

    @cached_property
    def head(self) -> Head:
        """The head, loaded when first needed."""
        return load(self.source, self.rate, self.equalisation)

    def impulse_response(self, images: ImageSources) -> ImpulseResponse:
        return binaural_response(self.head, images, self.rate)

    def render_moving(self, wave: Wave, trajectory: Trajectory, room: Shoebox | None) -> ReceivedSignal:
        return render_binaural(wave, trajectory, self.rate, self.head, room)

    def diffuse_factors(self) -> NDArray[np.complex64]:
        return _diffuse_head(self.source, self.rate, self.equalisation)

    def describe(self) -> dict[str, Any]:
        description: dict[str, Any] = {"name": self.head.name, "digest": self.head.digest}
        if self.equalisation is None:
            return description
        return {**description, "equalisation": self.equalisation, "ild_band_hz": list(BAND_HZ)}


@dataclass(frozen=True, eq=False)
class Microphones:
    """Omnidirectional microphones at positions relative to the middle of the head, m."""

    rate: int
    positions_m: tuple[tuple[float, float, float], ...]

    @property
    def channels(self) -> tuple[str, ...]:
        return tuple(f"mic{k + 1}" for k in range(len(self.positions_m)))

    @property
    def level_channels(self) -> slice:
        return slice(0, len(self.positions_m))

    @property
    def _positions(self) -> Wave:
        return np.array(self.positions_m, dtype=np.float64)

    def impulse_response(self, images: ImageSources) -> ImpulseResponse:
        return array_response(images, self._positions, self.rate)

    def render_moving(self, wave: Wave, trajectory: Trajectory, room: Shoebox | None) -> ReceivedSignal:
        return render_microphones(wave, trajectory, self.rate, self._positions, room)

    def diffuse_factors(self) -> NDArray[np.complex64]:
        # Coherence of a diffuse field between two points: sin(kd)/(kd) (Cook et al. 1955, JASA 27:1072).
        distance = np.linalg.norm(self._positions[:, None] - self._positions[None], axis=-1)
        frequency = np.linspace(0.0, self.rate / 2, diffuse.GRID)
        return diffuse.cholesky_factors(
            np.sinc(2.0 * frequency[:, None, None] * distance / SPEED_OF_SOUND).astype(np.complex128)
        )

    def describe(self) -> dict[str, Any]:
        return {"positions_m": [list(position) for position in self.positions_m]}


@dataclass(frozen=True, eq=False)
class Ambisonics:
    """First order, ACN channel order, SN3D normalisation: W, Y, Z, X."""

    rate: int

    channels = ("W", "Y", "Z", "X")
    level_channels = slice(0, 1)

    def impulse_response(self, images: ImageSources) -> ImpulseResponse:
        return foa_response(images, self.rate)

    def render_moving(self, wave: Wave, trajectory: Trajectory, room: Shoebox | None) -> ReceivedSignal:
        return render_foa(wave, trajectory, self.rate, room)

    def diffuse_factors(self) -> NDArray[np.complex64]:
        # A squared direction cosine has a mean of 1/3 over the sphere; the four channels are uncorrelated.
        covariance = np.diag([1.0, 1 / 3, 1 / 3, 1 / 3]).astype(np.complex128)
        return diffuse.cholesky_factors(np.broadcast_to(covariance, (diffuse.GRID, 4, 4)))

    def describe(self) -> dict[str, Any]:
        return {"order": 1, "channel_order": "ACN", "normalisation": "SN3D"}


@dataclass(frozen=True, eq=False)
class Stereo:
    """A coincident pair of cardioids, 45 degrees to the left and right (XY): level differences only."""

    rate: int

    channels = ("left", "right")
    level_channels = slice(0, 2)

    @property
    def _mix(self) -> Wave:
        # The signal of a cardioid towards u is (W + u·(X, Y, Z)) / 2 of SN3D signals.
        axes = unit(np.array([-XY_DEG, XY_DEG]))
        return np.column_stack([np.ones(2), axes[:, 1], axes[:, 2], axes[:, 0]]) / 2.0

    def _to_stereo(self, signals: NDArray[np.floating]) -> Wave:
        # Not a matrix product: the order in which BLAS adds depends on its number of threads.
        return np.stack([sum(row[c] * signals[c] for c in range(4)) for row in self._mix])

    def impulse_response(self, images: ImageSources) -> ImpulseResponse:
        foa = foa_response(images, self.rate)
        return ImpulseResponse(self._to_stereo(foa.direct), self._to_stereo(foa.rest), foa.rate, foa.lead)

    def render_moving(self, wave: Wave, trajectory: Trajectory, room: Shoebox | None) -> ReceivedSignal:
        foa = render_foa(wave, trajectory, self.rate, room)
        return ReceivedSignal(self._to_stereo(foa.samples), foa.lead, foa.track, foa.duration_s)

    def diffuse_factors(self) -> NDArray[np.complex64]:
        mix = self._mix
        covariance = mix @ np.diag([1.0, 1 / 3, 1 / 3, 1 / 3]) @ mix.T
        return diffuse.cholesky_factors(
            np.broadcast_to(covariance.astype(np.complex128), (diffuse.GRID, 2, 2))
        )

    def describe(self) -> dict[str, Any]:
        return {"pair": "XY cardioids", "angle_deg": 2 * XY_DEG}


def _array(spec: SceneSpec) -> Receiver:
    return Microphones(spec.rate, spec.microphones_m or DEFAULT_PAIR_M)


_RECEIVERS: dict[Format, Callable[[SceneSpec], Receiver]] = {
    "binaural": lambda spec: Binaural(spec.rate, spec.head, spec.head_equalisation),
    "stereo": lambda spec: Stereo(spec.rate),
    "array": _array,
    "foa": lambda spec: Ambisonics(spec.rate),
    "mono": lambda spec: Microphones(spec.rate, ((0.0, 0.0, 0.0),)),
}


def make_receiver(spec: SceneSpec) -> Receiver:
    """Make the receiver of a scene's format."""
    return _RECEIVERS[spec.format](spec)


@lru_cache(maxsize=CACHED_HEADS)
def _diffuse_head(source: str | None, rate: int, equalisation: Equalisation | None) -> NDArray[np.complex64]:
    """Factors of the ears' covariance over even directions on the sphere, where the head has data."""
    head = load(source, rate, equalisation)
    directions = even_directions(500)
    delays, filters = head.at(directions[head.covers(directions)])
    spectra = np.fft.rfft(filters, 2 * (diffuse.GRID - 1), axis=-1)
    frequency = np.linspace(0.0, rate / 2, diffuse.GRID)
    spectra = spectra * np.exp(-2j * np.pi * frequency * delays[..., None])
    return diffuse.cholesky_factors(np.einsum("def,dgf->feg", spectra, spectra.conj()) / spectra.shape[0])
