"""Which sound is which: hiss, buzz, ticking and siren, one after the other or all at once.

A steady buzz is a comb of lines: what lies on the comb belongs to it, what lies between to the others. So
even simultaneous sounds have separate spectra and places.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations

import numpy as np
from numpy.typing import NDArray
from scipy import fft
from scipy.ndimage import median_filter, percentile_filter

from starbench.measure.spectra import CrossSpectra

from .bursts import Burst, envelope
from .direction import EarSpectra
from .ears import Ears
from .words import words

#: Ranges of the fundamentals of a low and a high buzz, Hz.
COMBS_HZ = {"low buzz": (85.0, 150.0), "high buzz": (205.0, 345.0)}
#: Words that name a sound, and the kind it is.
_NAMES = {
    "low buzz": words(r"(low|deep)(er|-pitched)? (buzz|hum|tone)\w*"),
    "high buzz": words(r"high(er|-pitched)? (buzz|hum|tone)\w*"),
    "ticking": words(r"(tick|click|clock|pulse)\w*"),
    "siren": words(r"(siren|wail|alarm)\w*"),
    "hiss": words(r"(hiss|noise|rush|static)\w*"),
}
#: Numbers of harmonics in the first and in the last search, and steps of the fundamental, Hz.
_FEW, _MANY, _STEP_HZ, _FINE_HZ, _PRESENT = 8, 30, 0.2, 0.02, 35
#: Bins on either side of a line that belong to it, and bins that belong to no sound.
_ON_LINE, _OFF_LINE = 2, 4
#: A line counts up to this height over its surroundings, dB.
_TALLEST_DB = 30.0
_SURROUNDINGS_HZ = 40.0
#: The start of a sound is left out, s: there the lines are broad.
_SETTLED_S = 0.03
#: Ticks are attenuated to this times the median power, over this long, s.
_EVEN, _EVEN_S = 2.0, 0.002


def named(text: str) -> str | None:
    """Return the kind of sound that an option names, if it names one."""
    kinds = [kind for kind, pattern in _NAMES.items() if pattern.search(text)]
    return kinds[0] if len(kinds) == 1 else None


@dataclass(frozen=True, eq=False)
class Lines:
    """A long spectrum of both ears: every line of a comb on bins of its own."""

    left: NDArray[np.complex64]
    right: NDArray[np.complex64]
    step_hz: float

    @classmethod
    def of(cls, ears: Ears, burst: Burst, *, even: bool = False) -> Lines:
        """Analyse a burst under one Hann window; ``even``: with ticks attenuated."""
        first = round((burst.onset + _SETTLED_S) * ears.rate)
        cut = ears.samples[first : max(round(burst.offset * ears.rate), first + 64)]
        window = np.hanning(cut.shape[0]).astype(np.float32)
        if even:
            window *= _gains(cut, round(_EVEN_S * ears.rate))
        size = fft.next_fast_len(cut.shape[0], real=True)
        left, right = fft.rfft((cut * window[:, None]).T, size, axis=1)
        return cls(left, right, ears.rate / size)

    def heights_db(self) -> NDArray[np.float64]:
        """Level of each bin over its surroundings, dB, 0 to 30, up to what the combs need."""
        top = min(self.left.size, round(COMBS_HZ["high buzz"][1] * _MANY / self.step_hz))
        power = np.square(np.abs(self.left[:top])) + np.square(np.abs(self.right[:top]))
        level = 10 * np.log10(np.maximum(power, 1e-12))
        n_around = max(3, round(_SURROUNDINGS_HZ / self.step_hz) | 1)
        around = percentile_filter(level, 80, n_around, mode="nearest")
        return np.asarray(np.clip(level - around, 0.0, _TALLEST_DB), dtype=np.float64)

    def comb(
        self, heights: NDArray[np.float64], bounds: tuple[float, float], without: Sequence[float] = ()
    ) -> tuple[float, float]:
        """Fundamental in bounds, Hz, whose harmonics stand out most, and by how much, dB.

        Lines at halves or thirds between the harmonics count against it: the fundamental is lower.
        """
        heights = heights * ~self.on_combs(without, heights.size, _ON_LINE)

        def strength(fundamentals: NDArray[np.float64], count: int) -> NDArray[np.float64]:
            number = np.arange(1, count + 1)
            places = np.stack(
                [np.multiply.outer(fundamentals, number - part) for part in (0, 1 / 2, 1 / 3, 2 / 3)]
            )
            bins = np.round(places / self.step_hz).astype(np.intp)
            seen = np.where(bins < heights.size, heights[np.minimum(bins, heights.size - 1)], 0.0)
            # Of the comb itself nearly every line must be there: half of it may be another one's.
            present = np.percentile(seen[0], _PRESENT, axis=1) if count == _FEW else seen[0].mean(axis=1)
            return np.asarray(present - seen[1:].mean(axis=2).max(axis=0))

        coarse = np.arange(bounds[0], bounds[1], min(_STEP_HZ, self.step_hz / _FEW * 2))
        best = float(coarse[int(strength(coarse, _FEW).argmax())])
        fine = best + np.arange(-0.3, 0.3, _FINE_HZ)
        most = float(fine[int(strength(fine, _MANY).argmax())])
        return most, float(strength(np.array([most]), _FEW)[0])

    def on_combs(self, fundamentals: Sequence[float], bins: int, reach: int) -> NDArray[np.bool_]:
        """Which of the first ``bins`` bins lie within ``reach`` bins of a line."""
        place = np.arange(bins) * self.step_hz
        marked = np.zeros(bins, dtype=bool)
        for fundamental in fundamentals:
            number = np.maximum(np.round(place / fundamental), 1)
            marked |= np.abs(place - number * fundamental) <= (reach + 0.5) * self.step_hz
        return marked


def _gains(cut: NDArray[np.float32], block: int) -> NDArray[np.float32]:
    """Gains, shape (n,), of both ears that leave ticks no louder than what lasts."""
    power = np.convolve(np.square(cut).sum(axis=1), np.ones(block, np.float32) / block, mode="same")
    gains = np.minimum(1.0, _EVEN * np.median(power) / np.maximum(power, 1e-12))
    return np.asarray(np.sqrt(gains), dtype=np.float32)


def separate(ears: Ears, burst: Burst, kinds: Sequence[str]) -> dict[str, EarSpectra]:
    """Spectra of simultaneous sounds by kind; all but one must be buzzes."""
    steady = Lines.of(ears, burst, even="ticking" in kinds)
    heights = steady.heights_db()
    fundamentals: dict[str, float] = {}
    for kind in sorted(set(kinds) & set(COMBS_HZ), key=list(COMBS_HZ).index):
        fundamentals[kind] = steady.comb(heights, COMBS_HZ[kind], tuple(fundamentals.values()))[0]
    lines = Lines.of(ears, burst)
    size = lines.left.size
    free = ~lines.on_combs(tuple(fundamentals.values()), size, _OFF_LINE)
    between = _Bands.of(ears, lines, free)
    beside = _Bands.of(ears, steady, free)
    by_kind = {}
    for kind in kinds:
        if kind not in fundamentals:
            by_kind[kind] = between.spectra()
            continue
        others = [value for other, value in fundamentals.items() if other != kind]
        own = lines.on_combs((fundamentals[kind],), size, _ON_LINE) & ~lines.on_combs(others, size, _ON_LINE)
        by_kind[kind] = _Bands.of(ears, steady, own).over(beside)
    return by_kind


@dataclass(frozen=True, eq=False)
class _Bands:
    """Chosen bins of a long spectrum, summed over a direction finder's bands, and how many each holds."""

    sums: NDArray[np.float64]
    count: NDArray[np.float64]

    @classmethod
    def of(cls, ears: Ears, lines: Lines, chosen: NDArray[np.bool_]) -> _Bands:
        centres = ears.finder.centres
        width = centres[1] - centres[0]
        band = np.floor((np.flatnonzero(chosen) * lines.step_hz - centres[0]) / width + 0.5).astype(np.intp)
        inside = (band >= 0) & (band < centres.size)
        bins, band = np.flatnonzero(chosen)[inside], band[inside]
        left, right = lines.left[bins], lines.right[bins]
        cross = left * np.conj(right)
        parts = (np.square(np.abs(left)), np.square(np.abs(right)), cross.real, cross.imag)
        sums = np.stack([np.bincount(band, part, centres.size) for part in parts]).astype(np.float64)
        return cls(sums, np.bincount(band, minlength=centres.size).astype(np.float64))

    def spectra(self) -> EarSpectra:
        return EarSpectra(_cross_spectra(self.sums), np.minimum(self.count / 5.0, 1.0) + 1e-6)

    def over(self, others: _Bands) -> EarSpectra:
        """These less what the others hold in as many bins."""
        share = self.count / np.maximum(others.count, 1.0)
        less = share * others.sums
        total = self.sums[0] + self.sums[1]
        clean = self.sums - less
        clean[:2] = np.maximum(clean[:2], 1e-3 * self.sums[:2])
        share_left = np.clip(1 - 1.5 * (less[0] + less[1]) / np.maximum(total, 1e-30), 0, 1)
        return EarSpectra(_cross_spectra(clean), share_left * (self.count > 0) + 1e-6)


def _cross_spectra(sums: NDArray[np.float64]) -> CrossSpectra:
    return CrossSpectra(sums[0], sums[1], sums[2] + 1j * sums[3])


def assign(ears: Ears, bursts: Sequence[Burst], kinds: Sequence[str]) -> tuple[int, ...]:
    """Return which burst is of which kind: for each kind, the place of a different burst."""
    likeness = np.array([[_likeness(ears, burst)[kind] for burst in bursts] for kind in kinds])
    rows = range(len(kinds))
    return max(permutations(range(len(bursts)), len(kinds)), key=lambda order: sum(likeness[rows, order]))


def _likeness(ears: Ears, burst: Burst) -> dict[str, float]:
    """How much a burst is like each kind, about 0 to 1."""
    lines = Lines.of(ears, burst)
    heights = lines.heights_db()
    combs = {kind: lines.comb(heights, bounds)[1] / _TALLEST_DB for kind, bounds in COMBS_HZ.items()}
    stretch = ears.excerpt(burst.onset, burst.offset)
    level = 10 * np.log10(np.maximum(envelope(stretch, ears.rate, 0.004), 1e-12))
    low, high = np.percentile(level, (25, 97))
    ticking = (high - low - 5.0) / 6.0
    tonal = (_peak_db(stretch, ears.rate) - 16.0) / 10.0
    siren = min(tonal, 1.0) * (1.0 - min(2.0 * max(combs.values()), 1.0))
    measured = {**combs, "ticking": ticking, "siren": siren}
    likeness = {kind: float(np.clip(value, 0.0, 1.0)) for kind, value in measured.items()}
    return {**likeness, "hiss": 1.0 - max(likeness.values())}


def _peak_db(stretch: NDArray[np.float32], rate: int) -> float:
    """By how much, in short frames, the highest line of 0.3 to 4 kHz stands over those around it, dB."""
    frame = round(0.064 * rate)
    count = max(stretch.shape[0] // frame, 1)
    frames = np.resize(stretch.sum(axis=1), count * frame).reshape(count, frame)
    power = np.square(np.abs(fft.rfft(frames * np.hanning(frame).astype(np.float32), axis=1)))
    chosen = power[:, round(0.3e3 * frame / rate) : round(4e3 * frame / rate)]
    level = 10 * np.log10(np.maximum(chosen, 1e-12))
    return float(np.median((level - median_filter(level, (1, 31), mode="nearest")).max(axis=1)))
