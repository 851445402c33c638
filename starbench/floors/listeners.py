"""Which features each listener has: every way of listening as a table, one row an item."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from starbench.floors.features import SoundFeatures

Array = NDArray[np.float64]
Parts = Callable[[SoundFeatures], Array]
Ways = dict[str, Parts]

#: Those whose accuracy is published with a suite.
FLOORS = ("one_ear", "one_interval", "level", "colour", "downmix")
#: What they hear, as it is written beside their results.
FEATURES = (
    "for each sound, by its onset and duration in the truth: level; spectrum in bands 0.75 ERB apart, 90 Hz to 18 kHz; "
    "after onset and offset, and in dips, levels of eight bands; of moving sounds, the levels of eight bands in twelve "
    "parts; for both ears also level differences and normalised cross-spectra; of two sounds also differences. Known "
    "without hearing: names of sounds, and which way round a question is asked"
)
#: Shown for comparison: all that two ears have.
BINAURAL = "binaural"


def ways_of_listening(
    listener: str, heard: Sequence[Sequence[SoundFeatures]], *, moving: bool
) -> dict[str, Array]:
    """Features of the sounds of each item by way of listening; shape (items, sounds, features).

    ``heard`` are the sounds of each item, everywhere the same number. Who hears one of two intervals is the better
    of one who hears the first and one who hears the second.
    """
    if listener == "one_interval":
        return {
            f"sound {k + 1}, {name}": _table([[sounds[k]] for sounds in heard], parts)
            for k in range(len(heard[0]))
            for name, parts in _binaural(moving).items()
            if name != "spectra"
        }
    return {name: _table(heard, parts) for name, parts in _WAYS[listener](moving).items()}


def _table(heard: Sequence[Sequence[SoundFeatures]], parts: Parts) -> Array:
    return np.array([[parts(sound) for sound in sounds] for sounds in heard])


def _of_view(view: str, moving: bool) -> Ways:
    """All that one channel tells, and parts of it, which fewer items suffice to learn."""

    def colour(s: SoundFeatures) -> Array:
        return np.concatenate([s.level[view], s.spectrum[view]])

    def time(s: SoundFeatures) -> Array:
        return np.append(s.envelope[view] if moving else s.fine[view], s.log_seconds)

    ways: Ways = {
        "level and spectrum": colour,
        "time": time,
        "all": lambda s: np.concatenate([colour(s), time(s)]),
    }
    if moving:
        ways["envelope"] = lambda s: np.append(s.level[view], s.envelope[view][:, 0])
    return {name: _flat(parts) for name, parts in ways.items()}


def _flat(parts: Parts) -> Parts:
    return lambda s: parts(s).ravel()


def _one_ear(moving: bool) -> Ways:
    return {
        f"{ear} ear, {name}": parts
        for ear in ("left", "right")
        for name, parts in _of_view(ear, moving).items()
    }


def _downmix(moving: bool) -> Ways:
    return _of_view("downmix", moving)


def _colour(_moving: bool) -> Ways:
    return {"spectrum": lambda s: s.spectrum["mean"]}


def _level(moving: bool) -> Ways:
    ways: Ways = {"level": lambda s: s.level["mean"]}
    if moving:
        ways["level over time"] = lambda s: np.append(s.level["mean"], s.envelope["mean"][:, 0])
    return ways


def _binaural(moving: bool) -> Ways:
    def spectra(s: SoundFeatures) -> Array:
        return np.concatenate([s.level["mean"], s.spectrum["left"], s.spectrum["right"]])

    def over_time(s: SoundFeatures) -> Array:
        if moving:
            return np.concatenate(
                [s.envelope["left"].ravel(), s.envelope["right"].ravel(), s.interaural_course.ravel()]
            )
        return np.concatenate([s.fine["left"].ravel(), s.fine["right"].ravel()])

    return {
        "spectra": spectra,
        "spectra and interaural": lambda s: np.concatenate([spectra(s), s.interaural]),
        "all": lambda s: np.concatenate([spectra(s), s.interaural, over_time(s), [s.log_seconds]]),
    }


_WAYS: dict[str, Callable[[bool], Ways]] = {
    "one_ear": _one_ear,
    "level": _level,
    "colour": _colour,
    "downmix": _downmix,
    BINAURAL: _binaural,
}
