"""What a stimulus claims, what can become of a claim, and what a check may see."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from starbench.measure.levels import Envelope, Power, flattened, power, whitened

#: Level of rms 1 where a truth does not say, dB SPL.
_FULL_SCALE_DB_SPL = 100.0
#: A stretch before the first sound that is shorter than this tells no background, s; it ends this long
#: before the sound's half amplitude.
_QUIET_S, _BEFORE_RAMP_S = 0.030, 0.015
#: Widest band of a flattened source, Hz.
_FLAT_HZ = (200.0, 12_000.0)
#: A tail that has decayed by this part of 60 dB disturbs no other sound's measurement.
_DECAYED = 2.0 / 3.0


@dataclass(frozen=True)
class Measurement:
    """One claim, and what was measured: ``kind`` is a key of :data:`starbench.verify.tolerances.KINDS`."""

    kind: str
    where: str
    claimed: float
    measured: float
    per_degree: float | None = None
    """By how much the claim grows with each degree of azimuth, where it follows from one."""


@dataclass(frozen=True)
class Unmeasured:
    """A claim of a known kind that could not be measured here, and why; counted and shown, never taken as checked."""

    kind: str
    why: str


@dataclass(frozen=True)
class Unknown:
    """A claim that nothing can measure: no check, and no estimator of the task's, knows its key."""

    key: str
    why: str = "nothing measures it"


@dataclass(frozen=True)
class Absent:
    """A claim of something plain that is not there at all, or that stands in no readable form."""

    kind: str
    where: str
    claimed: str


#: What became of one claim.
ClaimResult = Measurement | Unmeasured | Unknown | Absent


@dataclass(frozen=True, eq=False)
class Clip:
    """A clip's samples, shape (n, channels), and what its truth claims."""

    samples: NDArray[np.float32]
    rate: int
    truth: Mapping[str, Any]

    @property
    def seconds(self) -> float:
        return float(self.samples.shape[0]) / self.rate

    @property
    def full_scale_db_spl(self) -> float:
        """Level that rms 1 stands for, dB SPL."""
        calibration = self.truth.get("calibration") or {}
        return float(calibration.get("full_scale_rms_db_spl", _FULL_SCALE_DB_SPL))

    @property
    def level_channels(self) -> slice:
        """The channels whose mean power is the level: of ambisonics the pressure alone."""
        return slice(0, 1) if self.truth.get("format") == "foa" else slice(None)

    @cached_property
    def envelope(self) -> Envelope:
        """Power over time, a column a channel."""
        return Envelope.of(self.samples, self.rate)

    def cut(self, start_s: float, stop_s: float) -> NDArray[np.float32]:
        """Samples between two times, as far as there are any."""
        return self.samples[max(0, round(start_s * self.rate)) : max(0, round(stop_s * self.rate))]

    @cached_property
    def quiet_until_s(self) -> float:
        """Until when nothing but the background is claimed to sound, s."""
        onsets = [float(source["onset_s"]) for source in self.truth.get("sources", ())]
        return max(0.0, min(onsets, default=self.seconds) - _BEFORE_RAMP_S)

    @cached_property
    def quiet(self) -> NDArray[np.float32] | None:
        """What is heard before the first source; None where that stretch is too short."""
        return self.cut(0.0, self.quiet_until_s) if self.quiet_until_s >= _QUIET_S else None

    @cached_property
    def background(self) -> Power:
        """Power of each channel before the first source; zero where it is not known."""
        return np.zeros(self.samples.shape[1]) if self.quiet is None else power(self.quiet)


@dataclass(frozen=True, eq=False)
class Source:
    """One source of a clip: its claims, and when it can be heard alone."""

    clip: Clip
    number: int
    truth: Mapping[str, Any]

    @property
    def name(self) -> str:
        return f"source {self.number + 1}"

    @property
    def onset_s(self) -> float:
        """Claimed onset at half amplitude, s."""
        return float(self.truth["onset_s"])

    @property
    def offset_s(self) -> float:
        """Claimed offset at half amplitude, s."""
        return self.onset_s + float(self.truth["duration_s"])

    @property
    def in_room(self) -> bool:
        return self.clip.truth.get("room") is not None

    @property
    def surroundings(self) -> str:
        """What else is heard, which divides kinds of claims: ``dry``, ``in noise``, ``in a room``."""
        if self.in_room:
            return "in a room"
        return "in noise" if self.clip.truth.get("background") else "dry"

    @property
    def kind(self) -> str:
        return str(self.truth["signal"].get("kind"))

    @property
    def ramp_s(self) -> float:
        return float(self.truth["signal"].get("ramp_s", 0.010))

    @property
    def tilt_db_per_octave(self) -> float:
        return float(self.truth["signal"].get("tilt_db_per_octave", 0.0))

    @property
    def is_recorded(self) -> bool:
        return self.kind == "recording"

    @property
    def is_coloured(self) -> bool:
        """Whether the spectrum is one that no truth lists: it has random gains, or is that of a recording."""
        return self.is_recorded or bool(self.truth["signal"].get("spectrum"))

    @property
    def known_tilt(self) -> float | None:
        """The slope that the spectrum follows, dB per octave; None where its gains are not known."""
        return None if self.is_coloured else self.tilt_db_per_octave

    @property
    def has_level_course(self) -> bool:
        """Whether the level of the source itself varies, as nobody knows."""
        return self.is_recorded or bool(self.truth["signal"].get("level_course"))

    @cached_property
    def flat_envelope(self) -> Envelope:
        """Power over time of the source's band, its spectral slope taken out, or its unknown spectrum."""
        signal, clip = self.truth["signal"], self.clip
        low = max(float(signal.get("low_hz", 0.0)), _FLAT_HZ[0])
        high = min(float(signal.get("high_hz", _FLAT_HZ[1])), _FLAT_HZ[1])
        if self.is_coloured:
            samples = whitened(clip.samples, clip.rate, low, high, clip.quiet)
        else:
            samples = flattened(clip.samples, clip.rate, low, high, self.tilt_db_per_octave)
        return Envelope.of(samples, clip.rate)

    @property
    def moves(self) -> bool:
        return "path" in self.truth

    @cached_property
    def _others(self) -> list[tuple[float, float]]:
        others = (one for one in sources(self.clip) if one.number != self.number)
        return [(other.onset_s, other.offset_s) for other in others]

    @property
    def _tail_s(self) -> float:
        room = self.clip.truth.get("room")
        if not room:
            return 0.0
        # Where noise of a measurement hid the decay, nobody knows how long sounds last.
        return _DECAYED * float(room.get("t30_s") or room.get("rt60_s") or math.inf)

    @cached_property
    def alone(self) -> bool:
        """Whether no other source, nor its tail, sounds with it."""
        margin = 2 * self.ramp_s
        return all(
            stop + self._tail_s + margin < self.onset_s or start > self.offset_s + margin
            for start, stop in self._others
        )

    @cached_property
    def quiet_from_s(self) -> float:
        """When the sources before it have died away, s."""
        stops = [stop + self._tail_s for start, stop in self._others if start < self.onset_s]
        return max(stops, default=0.0)

    @cached_property
    def quiet_to_s(self) -> float:
        """When the next source begins, or the clip ends, s."""
        starts = [start for start, _ in self._others if start > self.onset_s]
        return min([start - _BEFORE_RAMP_S for start in starts], default=self.clip.seconds)


def sources(clip: Clip) -> Iterator[Source]:
    """The sources that a clip claims."""
    for number, truth in enumerate(clip.truth["sources"]):
        yield Source(clip, number, truth)
