"""What sounds: kinds of source signals, how they are called, and their parameters drawn at random.

Every kind reaches 16 kHz, because the cues of elevation and of front and behind lie there, and its
spectral tilt is roved over 6 dB per octave, so that timbre alone places nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..design.draws import log_uniform, uniform
from .recordings import Recording

Signal = dict[str, Any]

_TILT_DB_PER_OCTAVE = (-6.0, 0.0)
_HIGH_HZ = 16_000.0
#: Standard deviation of the random gains per third of an octave that make ``ripple``.
_RIPPLE_DB = 5.0
#: More recordings than these are sampled, anew for each kind of item.
_MOST_LEVELS = 64


@dataclass(frozen=True, eq=False)
class Sound:
    """A kind of sound: its name with either article, and what draws its signal of a given length, s."""

    name: str
    article: str
    make: Callable[[float, np.random.Generator], Signal]

    @property
    def the(self) -> str:
        """As something known: "the hiss"."""
        return f"the {self.name}"

    @property
    def some(self) -> str:
        """As something new: "a hiss"."""
        return f"{self.article} {self.name}"

    @property
    def option(self) -> str:
        """As an option of a question: "The hiss"."""
        return f"The {self.name}"


def _noise(duration_s: float, rng: np.random.Generator) -> Signal:
    tilt = uniform(rng, _TILT_DB_PER_OCTAVE)
    return {
        "kind": "noise",
        "duration_s": duration_s,
        "low_hz": 200.0,
        "high_hz": _HIGH_HZ,
        "tilt_db_per_octave": tilt,
    }


def _ripple(duration_s: float, rng: np.random.Generator) -> Signal:
    return _noise(duration_s, rng) | {"ripple_db": _RIPPLE_DB}


def _complex(low_hz: float, high_hz: float) -> Callable[[float, np.random.Generator], Signal]:
    def make(duration_s: float, rng: np.random.Generator) -> Signal:
        return {
            "kind": "complex",
            "duration_s": duration_s,
            "f0_hz": log_uniform(rng, (low_hz, high_hz)),
            "high_hz": _HIGH_HZ,
            "tilt_db_per_octave": uniform(rng, _TILT_DB_PER_OCTAVE),
        }

    return make


def _pulses(duration_s: float, rng: np.random.Generator) -> Signal:
    return {
        "kind": "pulses",
        "duration_s": duration_s,
        "per_second": uniform(rng, (5.0, 9.0)),
        "low_hz": 200.0,
        "high_hz": _HIGH_HZ,
        "tilt_db_per_octave": uniform(rng, _TILT_DB_PER_OCTAVE),
    }


def _siren(duration_s: float, rng: np.random.Generator) -> Signal:
    return {
        "kind": "siren",
        "duration_s": duration_s,
        "f0_hz": log_uniform(rng, (450.0, 700.0)),
        "depth_semitones": uniform(rng, (3.0, 6.0)),
        "per_second": uniform(rng, (0.8, 2.0)),
        "high_hz": _HIGH_HZ,
        "tilt_db_per_octave": uniform(rng, _TILT_DB_PER_OCTAVE),
    }


#: Signals of perception items, by the names that option ``signal`` takes. They are never named in a question.
TEST_SIGNALS = {
    "noise": Sound("noise", "a", _noise),
    "complex": Sound("harmonic complex", "a", _complex(100.0, 300.0)),
    "ripple": Sound("noise of random spectrum", "a", _ripple),
    "siren": Sound("siren", "a", _siren),
    "pulses": Sound("train of pulses", "a", _pulses),
}

HISS = Sound("hiss", "a", _noise)
LOW_BUZZ = Sound("low buzz", "a", _complex(90.0, 140.0))
HIGH_BUZZ = Sound("high buzz", "a", _complex(220.0, 330.0))
TICKING = Sound("ticking", "a", _pulses)
SIREN = Sound("siren", "a", _siren)


def recorded(recordings: Sequence[Recording], rng: np.random.Generator) -> tuple[Sound, ...]:
    """Recordings as kinds of sound, at most 64 of them; named by their file, in quotes."""
    chosen = sorted(rng.permutation(len(recordings))[:_MOST_LEVELS].tolist())
    return tuple(Sound(f'sound "{recordings[k].label}"', "the", recordings[k].signal) for k in chosen)


def retilted(signal: Signal, rng: np.random.Generator) -> Signal:
    """The same signal with a spectral tilt of its own; a recording as it is."""
    tilt = uniform(rng, _TILT_DB_PER_OCTAVE)
    return signal | ({"tilt_db_per_octave": tilt} if "tilt_db_per_octave" in signal else {})
