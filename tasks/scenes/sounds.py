"""Source signals: their names, and their parameters drawn at random.

Every signal reaches 16 kHz, because the cues of elevation and of front and behind are in the high
frequencies. Its spectral tilt is roved over 6 dB per octave, so that timbre alone does not reveal a place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from starbench.recordings import Recording

from ..design.draws import log_uniform, uniform
from .recordings import draw_excerpt

Signal = dict[str, Any]

_TILT_DB_PER_OCTAVE = (-6.0, 0.0)
_HIGH_HZ = 16_000.0
#: Standard deviation of the random gains per third of an octave that make ``ripple``.
_RIPPLE_DB = 5.0
#: Of more recordings than these a random sample is used, another one for each sub-category.
_MAX_RECORDINGS = 64


@dataclass(frozen=True, eq=False)
class NamedSound:
    """A sound that a question can name. ``draw_signal`` takes a duration, s, and a random generator."""

    name: str
    article: str
    draw_signal: Callable[[float, np.random.Generator], Signal]

    @property
    def definite(self) -> str:
        return f"the {self.name}"

    @property
    def indefinite(self) -> str:
        return f"{self.article} {self.name}"

    @property
    def option(self) -> str:
        """As an option of a question: "The hiss"."""
        return f"The {self.name}"


def _signal(
    kind: str, **parameters: float | Callable[[np.random.Generator], float]
) -> Callable[[float, np.random.Generator], Signal]:
    """Draw signals of one kind; a parameter is a number, or drawn from a generator."""

    def draw(duration_s: float, rng: np.random.Generator) -> Signal:
        values = {name: value(rng) if callable(value) else value for name, value in parameters.items()}
        tilt = uniform(rng, _TILT_DB_PER_OCTAVE)
        return {
            "kind": kind,
            "duration_s": duration_s,
            **values,
            "high_hz": _HIGH_HZ,
            "tilt_db_per_octave": tilt,
        }

    return draw


def _complex(low_hz: float, high_hz: float) -> Callable[[float, np.random.Generator], Signal]:
    return _signal("complex", f0_hz=partial(log_uniform, bounds=(low_hz, high_hz)))


_noise = _signal("noise", low_hz=200.0)
_pulses = _signal("pulses", per_second=partial(uniform, bounds=(5.0, 9.0)), low_hz=200.0)
_siren = _signal(
    "siren",
    f0_hz=partial(log_uniform, bounds=(450.0, 700.0)),
    depth_semitones=partial(uniform, bounds=(3.0, 6.0)),
    per_second=partial(uniform, bounds=(0.8, 2.0)),
)

#: Signals of perception items, by their names in option ``signal``. Questions never name them.
TEST_SIGNALS = {
    "noise": NamedSound("noise", "a", _noise),
    "complex": NamedSound("harmonic complex", "a", _complex(100.0, 300.0)),
    "ripple": NamedSound(
        "noise of random spectrum", "a", _signal("noise", low_hz=200.0, ripple_db=_RIPPLE_DB)
    ),
    "siren": NamedSound("siren", "a", _siren),
    "pulses": NamedSound("train of pulses", "a", _pulses),
}

HISS = NamedSound("hiss", "a", _noise)
LOW_BUZZ = NamedSound("low buzz", "a", _complex(90.0, 140.0))
HIGH_BUZZ = NamedSound("high buzz", "a", _complex(220.0, 330.0))
TICKING = NamedSound("ticking", "a", _pulses)
SIREN = NamedSound("siren", "a", _siren)


def recorded_sounds(recordings: Sequence[Recording], rng: np.random.Generator) -> tuple[NamedSound, ...]:
    """Recordings as sounds, at most 64 of them, each with the name of its file in quotes."""
    sample = sorted(rng.permutation(len(recordings))[:_MAX_RECORDINGS].tolist())
    return tuple(
        NamedSound(f'sound "{_name(recordings[k])}"', "the", partial(draw_excerpt, recordings[k]))
        for k in sample
    )


def _name(recording: Recording) -> str:
    return recording.name or " ".join(re.sub(r"[^\w]+|_", " ", recording.file.rpartition(".")[0]).split())


def with_new_tilt(signal: Signal, rng: np.random.Generator) -> Signal:
    """The same signal with another spectral tilt; a recording unchanged."""
    tilt = uniform(rng, _TILT_DB_PER_OCTAVE)
    return signal | ({"tilt_db_per_octave": tilt} if "tilt_db_per_octave" in signal else {})
