"""Source signals: their names, and their parameters drawn at random.

Every signal reaches 16 kHz, because the cues of elevation and of front and behind are in the high
frequencies. Its spectral tilt is roved over 6 dB per octave, so that timbre alone does not reveal a place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import numpy as np

from starbench.recordings import Recording

from ..design.draws import Bounds, log_uniform, uniform
from .recordings import Excerpts, Needs, fitting

Signal = dict[str, Any]

_TILT_DB_PER_OCTAVE = (-6.0, 0.0)
_HIGH_HZ = 16_000.0
#: Standard deviation of the random gains per third of an octave that make ``ripple``.
_RIPPLE_DB = 5.0
#: Of more groups of recordings than these a random sample is used, another one for each sub-category.
_MAX_RECORDINGS = 64


@dataclass(frozen=True, eq=False)
class NamedSound:
    """A sound that a question can name.

    ``draw_signal`` takes a duration, s, and a random generator. At its loudest it is ``softer_db`` below others.
    """

    name: str
    article: str
    draw_signal: Callable[[float, np.random.Generator], Signal]
    softer_db: float = 0.0

    def levels(self, bounds: Bounds) -> Bounds:
        """Those of the levels between two, dB, that it can have."""
        low, high = bounds
        return low, max(low, high - self.softer_db)

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


@dataclass(frozen=True, eq=False)
class RecordedSounds:
    """Groups of recordings that fit a type of question, and what the others lack of what it needs.

    ``used`` are the files that fit, ``lacking`` those with each shortcoming: a predicate such as "do not reach 8 kHz".
    """

    groups: tuple[tuple[NamedSound, ...], ...]
    needs: Needs
    used: tuple[str, ...]
    lacking: Mapping[str, Sequence[str]]

    @property
    def facts(self) -> dict[str, Any]:
        """What a suite declares about them."""
        return {"needs": asdict(self.needs), "used": list(self.used), "left_out": dict(self.lacking)}

    @property
    def why_none(self) -> str | None:
        """Why the question cannot be asked about any of them; None where it can."""
        if self.groups:
            return None
        total = len(self.used) + sum(map(len, self.lacking.values()))
        reasons = [f"{len(files)} {reason}" for reason, files in self.lacking.items()]
        if self.used:
            reasons.append(
                f"{len(self.used)} have too few others with names and classes that differ from theirs"
            )
        return f"too few of {total} recordings can be used: {', '.join(reasons)}"


def recorded_sounds(
    recordings: tuple[Recording, ...],
    needs: Needs,
    duration_s: Bounds,
    snr_db: Sequence[float | None],
    rng: np.random.Generator,
    group_size: int = 1,
) -> RecordedSounds:
    """Recordings that fit a question, in groups of ``group_size`` that a listener can tell apart; at most 64 groups.

    ``snr_db`` are the levels above the background that occur.
    """
    lowest = min((snr for snr in snr_db if snr is not None), default=None)
    fits, lacking = fitting(recordings, needs, duration_s, lowest)
    sounds = {one: _recorded(one, excerpts, duration_s) for one, excerpts in fits.items()}
    groups = [
        group
        for recording in fits
        if len(group := _unlike(recording, list(fits), group_size if needs.named else 1)) > 0
    ]
    sample = sorted(rng.permutation(len(groups))[:_MAX_RECORDINGS].tolist())
    files = tuple(recording.file for recording in fits)
    return RecordedSounds(
        tuple(tuple(sounds[one] for one in groups[k]) for k in sample), needs, files, lacking
    )


def _recorded(recording: Recording, excerpts: Excerpts, duration_s: Bounds) -> NamedSound:
    name, article = (f'sound "{recording.name}"', "the") if recording.name else ("sound", "a")
    return NamedSound(name, article, excerpts.draw, excerpts.softer_db(duration_s))


def _unlike(first: Recording, recordings: Sequence[Recording], size: int) -> tuple[Recording, ...]:
    """A recording and the next ones that nobody takes for each other; none where there are too few."""
    start = recordings.index(first)
    group = [first]
    for one in (*recordings[start + 1 :], *recordings[:start]):
        if len(group) < size and not any(one.is_like(other) for other in group):
            group.append(one)
    return tuple(group) if len(group) == size else ()


def with_new_tilt(signal: Signal, rng: np.random.Generator) -> Signal:
    """The same signal with another spectral tilt; a recording unchanged."""
    tilt = uniform(rng, _TILT_DB_PER_OCTAVE)
    return signal | ({"tilt_db_per_octave": tilt} if "tilt_db_per_octave" in signal else {})
