"""Recordings as the signals of scenes: what a question needs of one, and excerpts that have it.

A recording is not made to measure. A telephone call has nothing by which a listener could tell its height, a clock that
ticks cannot be followed while it moves, and a sound that dies away by itself seems to be far off. So each type of
question says what it needs. Which stretches of a recording have it is measured once, and excerpts are drawn of those.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import ceil
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from starbench.measure.bandwidth import HOP_S, band_of, heard, upper_edge_hz
from starbench.recordings import Recording

from ..design.draws import Bounds

#: What an excerpt needs beside its duration, for its ramps, s.
AROUND_S = 0.04
#: Of two excerpts of one length, one this much softer is a pause, dB; so is what is this much softer than the rest of
#: an excerpt for longer than one hop.
_PAUSE_DB = 20.0
#: Of fewer thirds of an octave no place is heard well.
_FEWEST_BANDS = 5
#: Between which frequencies a spectrum has a shape by which an ear distinguishes heights, and how much of it is filled.
_SHAPE_FROM_HZ, _FILLED = 1_000.0, 0.8
#: An even sound is averaged over so many hops.
_EVEN_HOPS = 4

#: Largest peak over the mean power, dB, of a recording that can be used, and of one that can be as loud as a noise.
_MOST_CREST_DB, _NOISE_CREST_DB = 24.0, 13.0

Mask = NDArray[np.bool_]
#: Takes a duration, s, and a generator, and gives the parameters of a signal.
Draw = Callable[[float, np.random.Generator], dict[str, Any]]


@dataclass(frozen=True)
class Needs:
    """What a question needs of a recording.

    ``bandwidth_hz`` is the highest frequency that its cue needs. Where the shape of the ``spectrum`` carries it, most
    bands below are needed too. What ``lasts`` has no pauses, and the level of what is
    even stays within ``even_db`` from beginning to end (None: it may change).
    A question whose options name the sounds needs them ``named``.
    """

    bandwidth_hz: float = 1_500.0
    spectrum: bool = False
    lasts: bool = False
    even_db: float | None = None
    named: bool = False


#: Time and level differences between the ears; one sound, several in a row, and one that moves.
LATERAL = Needs()
LATERAL_IN_TURN = Needs(lasts=True)
LATERAL_NAMED = Needs(lasts=True, named=True)
#: Places are counted from short bursts, of which each must tell its own.
PLACES = Needs(8_000.0, lasts=True)
PASSING = Needs(lasts=True, even_db=9.0)
#: What the outer ear does from 4 kHz on: most between 4 and 8 kHz for front and behind, and up to 10 kHz for height.
FRONT_BEHIND = Needs(8_000.0, spectrum=True)
#: Coming closer and moving away are changes of level, which the sound itself must not have.
PATH = Needs(8_000.0, spectrum=True, lasts=True, even_db=6.0)
HEIGHT = Needs(10_000.0, spectrum=True)
HEIGHT_IN_TURN = Needs(10_000.0, spectrum=True, lasts=True)
HEIGHT_NAMED = Needs(10_000.0, spectrum=True, lasts=True, named=True)
#: What a room adds shows where a sound is even and then ends at once.
EVEN = Needs(8_000.0, spectrum=True, lasts=True, even_db=9.0)
EVEN_NAMED = Needs(8_000.0, spectrum=True, lasts=True, even_db=9.0, named=True)


@dataclass(frozen=True)
class Excerpts:
    """Excerpts of a recording that have what a question needs, in a background ``snr_db`` below it (None: in quiet)."""

    recording: Recording
    needs: Needs
    snr_db: float | None

    def shortcoming(self, duration_s: Bounds) -> str | None:
        """What it lacks for excerpts of any duration between two, s, as a predicate; None if nothing."""
        reasons = (self._lacking(hops) for hops in range(_hops(duration_s[1]), _hops(duration_s[0]) - 1, -1))
        return next(filter(None, reasons), None)

    def draw(self, duration_s: float, rng: np.random.Generator) -> dict[str, Any]:
        """Draw the parameters of a signal of ``duration_s`` (plus ramps)."""
        hops = _hops(duration_s)
        starts = self._starts(hops)
        first = int(starts[int(rng.random() * starts.size)])
        present = heard(self.recording.bands[first : first + hops].mean(axis=0, dtype=np.float64))
        return {
            "kind": "recording",
            "path": self.recording.path,
            "digest": self.recording.digest,
            "start_s": round(first * HOP_S, 4),
            "bandwidth_hz": round(min(self.recording.bandwidth_hz, float(upper_edge_hz(present)))),
            "duration_s": duration_s,
        }

    def softer_db(self, duration_s: Bounds) -> float:
        """By how much less loud than a noise it can be, dB, so that its peaks do not exceed full scale."""
        hops = _hops(duration_s[0])
        return max(0.0, float(self._crest_db(hops)[self._starts(hops)].max()) - _NOISE_CREST_DB)

    def _starts(self, hops: int) -> NDArray[np.intp]:
        return np.flatnonzero(np.all([fits for _, fits in self._conditions(hops)], axis=0))

    def _crest_db(self, hops: int) -> NDArray[np.float64]:
        """The largest peak over the mean power at all frequencies, even inaudible ones."""
        parts = np.array_split(self.recording.power, len(self.recording.bands))
        mean = np.convolve([part.mean() for part in parts], np.ones(hops) / hops, "valid")
        peaks = sliding_window_view(self.recording.peaks, hops).max(axis=1)
        return np.asarray(20.0 * np.log10(np.maximum(peaks, 1e-6)) - 10.0 * np.log10(np.maximum(mean, 1e-12)))

    def _lacking(self, hops: int) -> str | None:
        if len(self.recording.bands) < hops:
            return f"last less than {hops * HOP_S:g} s"
        fits: Mask = np.ones(len(self.recording.bands) - hops + 1, dtype=bool)
        for reason, fulfilled in self._conditions(hops):
            fits &= fulfilled
            if not fits.any():
                return reason
        return None

    def _conditions(self, hops: int) -> Iterator[tuple[str, Mask]]:
        """What stretches lack, and which have it: a value for each hop that ``hops`` can begin with."""
        bands, needs = self.recording.bands.astype(np.float64), self.needs
        total = np.concatenate([np.zeros((1, bands.shape[1])), np.cumsum(bands, axis=0)])
        levels = np.maximum(total[hops:] - total[:-hops], 0.0) / hops
        present, top = heard(levels, self.snr_db), band_of(needs.bandwidth_hz)
        reaches = present[:, top:].any(axis=1) & (self.recording.bandwidth_hz >= needs.bandwidth_hz)
        yield f"do not reach {needs.bandwidth_hz / 1000:g} kHz", np.asarray(reaches)
        yield "are too narrow, as a tone is", np.asarray(present.sum(axis=1) >= _FEWEST_BANDS)
        if needs.spectrum:
            shape = present[:, band_of(_SHAPE_FROM_HZ) : top + 1]
            yield (
                f"have gaps in their spectrum below {needs.bandwidth_hz / 1000:g} kHz",
                np.asarray(shape.mean(axis=1) >= _FILLED),
            )
        mean = levels.sum(axis=1)
        yield "have it in soft parts only", mean >= mean.max() * 10.0 ** (-_PAUSE_DB / 10.0)
        power = bands.sum(axis=1)
        windows = sliding_window_view(power, hops)
        yield "have high peaks, as a click has", self._crest_db(hops) <= _MOST_CREST_DB
        if needs.lasts:
            soft = windows < mean[:, None] * 10.0 ** (-_PAUSE_DB / 10.0)
            yield "have pauses", ~(soft[:, :-1] & soft[:, 1:]).any(axis=1) & ~soft[:, [0, -1]].any(axis=1)
        if needs.even_db is not None:
            smooth = np.convolve(power, np.ones(_EVEN_HOPS) / _EVEN_HOPS, "valid")
            windows = sliding_window_view(smooth, max(1, hops - _EVEN_HOPS + 1))[: len(levels)]
            low, high = (np.maximum(edge(axis=1), 1e-20) for edge in (windows.min, windows.max))
            yield "change their level", high <= low * 10.0 ** (needs.even_db / 10.0)


def _hops(duration_s: float) -> int:
    return ceil(round((duration_s + AROUND_S / 2) / HOP_S, 6))


def fitting(
    recordings: tuple[Recording, ...], needs: Needs, duration_s: Bounds, snr_db: float | None
) -> tuple[dict[Recording, Excerpts], dict[str, list[str]]]:
    """Recordings that have what a question needs, each with its excerpts; and what the others lack.

    The latter are the files of each shortcoming, a predicate such as "do not reach 8 kHz".
    """
    fits: dict[Recording, Excerpts] = {}
    lacking: dict[str, list[str]] = {}
    for recording in recordings:
        excerpts = Excerpts(recording, needs, snr_db)
        shortcoming = (
            "have no name in labels.csv"
            if needs.named and not recording.name
            else excerpts.shortcoming(duration_s)
        )
        if shortcoming:
            lacking.setdefault(shortcoming, []).append(recording.file)
        else:
            fits[recording] = excerpts
    return fits, lacking
