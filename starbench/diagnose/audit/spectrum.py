"""What the spectrum of a sound tells a cochlear listener: pitch, loudness, and the angle to the side.

The power spectrum is weighted by what each channel of the cochlea makes of it. Compressed as loudness is, channels
count about alike, however strong the components are that they hold; so the summary autocorrelation (Meddis & O'Mard
1997) over all channels is a single transform of the weighted spectrum, and so is the summary cross-correlation of two
ears.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from starbench.measure.cochlea import COMPRESSION, Cochlea
from starbench.measure.directions import lateral_deg

from .stretches import Stretch

Samples = NDArray[np.floating]
Floats = NDArray[np.float64]

COCHLEA = Cochlea(64, 60.0, 14_000.0)
#: Spectra are summed on this grid, Hz, before they are weighted: finer than the narrowest channel.
_GRID_HZ = 4.0
#: Threshold in quiet of a channel, mean square re full scale: 16-bit rounding is not heard.
_QUIET = 10.0**-9.5
#: Channels this far below the strongest hold no more of the sound than skirts.
_FAINTEST = 1e-4
#: Ramps over which a sound is cut out, and what is left out at its ends, s.
_FADE_S, EDGE_S = 0.005, 0.020
#: Pitches that are heard, Hz; an autocorrelation peak that is one at all; one that is as good as the highest.
_PITCHES_HZ, _SALIENT, _AS_GOOD = (50.0, 12_000.0), 0.5, 0.85
_DIP, _FINER = 0.5, 4
#: Time differences are heard below this, Hz, up to this, s; above it, level differences are.
_ITD_BELOW_HZ, _REACH_S, _OVERSAMPLED = 1400.0, 0.001, 16
#: Interaural level difference straight to the side over the square root of the frequency (Van Opstal 2016), dB.
_SIDE_DB = 0.18
#: Ears that hear this little of each other have no time difference between them.
_COHERENT = 0.5
#: Ears are compared from here on, Hz: below, they are alike in any room. Delays between them that are tried, s, and
#: the coherence that counts as none or as full.
_DIFFUSE_FROM_HZ, _DELAYS_S, _LEAST_COHERENT = 300.0, np.arange(-0.9e-3, 0.91e-3, 0.03e-3), 1e-3


@dataclass(frozen=True, eq=False)
class Spectrum:
    """The spectrum of a sound at both ears, shape (lines, 2), and how a cochlea weighs it."""

    lines: NDArray[np.complex128]
    rate: int
    n: int
    """Samples that it was made of; the lines are those of twice as many."""

    @classmethod
    def of(cls, ears: Samples, rate: int, stretch: Stretch) -> Spectrum:
        """The steady part of a stretch: its ends are left out."""
        edge = min(EDGE_S, 0.2 * (stretch.stop_s - stretch.start_s))
        first = max(0, round((stretch.start_s + edge) * rate))
        cut = ears[first : max(round((stretch.stop_s - edge) * rate), first + 16)]
        cut = cut - cut.mean(axis=0)
        fade = min(round(_FADE_S * rate), cut.shape[0] // 2)
        gain = np.ones(cut.shape[0])
        gain[:fade] = np.sin(np.pi / 2 * (np.arange(fade) + 0.5) / max(fade, 1)) ** 2
        gain[cut.shape[0] - fade :] = gain[:fade][::-1]
        size = fft.next_fast_len(2 * cut.shape[0], real=True)
        lines = fft.rfft(cut * gain[:, None], size, axis=0) / np.sqrt(size * np.square(gain).sum() / 2.0)
        return cls(lines, rate, cut.shape[0])

    @property
    def size(self) -> int:
        """Length of the transform."""
        return fft.next_fast_len(2 * self.n, real=True)

    @cached_property
    def bins(self) -> NDArray[np.intp]:
        """Place of each line on the grid."""
        return (np.arange(self.lines.shape[0]) * (self.rate / self.size) / _GRID_HZ).astype(np.intp)

    @cached_property
    def excitation(self) -> Floats:
        """Mean square in each channel, shape (2, channels)."""
        gains = _gains(self.rate)
        ears = [np.bincount(self.bins, np.square(np.abs(ear)), gains.shape[1]) for ear in self.lines.T]
        return np.stack(ears) @ gains.T

    def weights(self, below_hz: float = np.inf) -> Floats:
        """How much each line counts where channels count as they are heard: compressed."""
        total = self.excitation.sum(axis=0)
        total = np.where(COCHLEA.centres_hz < below_hz, total, 0.0)
        counted = total > _FAINTEST * self.excitation.sum(axis=0).max()
        scale = np.where(counted, np.maximum(total, 1e-30) ** (COMPRESSION - 1.0), 0.0)
        return np.asarray((scale @ _gains(self.rate))[self.bins])


@lru_cache(maxsize=16)
def _gains(rate: int) -> Floats:
    """Power gain of each channel on the grid, shape (channels, bins); none beyond half the rate."""
    grid = np.asarray((np.arange(int(rate / 2 / _GRID_HZ) + 1) + 0.5) * _GRID_HZ, dtype=np.float64)
    gains = np.square(np.abs(COCHLEA.response(grid)))
    gains[COCHLEA.centres_hz >= rate / 2] = 0.0
    return np.asarray(gains)


def pitch_hz(sound: Spectrum) -> tuple[float, float] | None:
    """The first of the highest peaks of the summary autocorrelation, refined on its multiples; and how high it is."""
    energy = np.square(np.abs(sound.lines)).sum(axis=1) * sound.weights()
    n_fine = sound.size * _FINER
    lags = fft.irfft(energy, n_fine)
    rate = sound.rate * _FINER
    longest = min(round(rate / _PITCHES_HZ[0]), sound.n * _FINER // 2)
    # Fewer samples overlap at longer lags.
    heights = lags[: sound.n * _FINER] / (1.0 - np.arange(sound.n * _FINER) / (sound.n * _FINER))
    near = heights[: longest + 2] / max(float(lags[0]), 1e-300)
    tops = np.flatnonzero((near[1:-1] >= near[:-2]) & (near[1:-1] > near[2:])) + 1
    # Any sound is like itself a little later: ripples before the first dip are noise.
    dip = int(np.argmax(near < _DIP)) if (near < _DIP).any() else near.size
    tops = tops[tops >= max(rate / _PITCHES_HZ[1], dip)]
    if not tops.size or near[tops].max() < _SALIENT:
        return None
    period = _vertex(near, int(tops[np.argmax(near[tops] >= _AS_GOOD * near[tops].max())]))
    multiple, height = 2, float(near[round(period)])
    while (place := multiple * period) < sound.n * _FINER / 2:
        reach = max(2, int(period / 4))
        around = slice(round(place) - reach, round(place) + reach + 1)
        peak = around.start + int(heights[around].argmax())
        if heights[peak] / lags[0] < 0.8 * height or peak in (around.start, around.stop - 1):
            break
        period = _vertex(heights, peak) / multiple
        multiple *= 2
    return float(rate / period), height


def _vertex(curve: Floats, peak: int) -> float:
    """Where the parabola through a peak and its neighbours is highest."""
    if not 0 < peak < curve.size - 1:
        return float(peak)
    before, at, after = curve[peak - 1 : peak + 2]
    curvature = before - 2.0 * at + after
    return peak + (0.5 * float((before - after) / curvature) if curvature else 0.0)


def loudness_db(sound: Spectrum) -> float:
    """Level of a tone of 1 kHz at both ears that is as loud, dB re full scale (mean square)."""
    levels, loudness = _loudness_of_a_tone()
    return float(np.interp(_loudness(sound.excitation), loudness, levels))


def _loudness(excitation: Floats) -> float:
    return float(np.sum((excitation + _QUIET) ** COMPRESSION - _QUIET**COMPRESSION))


@lru_cache(maxsize=1)
def _loudness_of_a_tone() -> tuple[Floats, Floats]:
    levels = np.arange(-140.0, 20.0, 0.25)
    shape = np.square(np.abs(COCHLEA.response(np.array([1000.0]))))[:, 0]
    return levels, np.array([_loudness(np.tile(shape * 10.0 ** (level / 10.0), (2, 1))) for level in levels])


def azimuth_deg(sound: Spectrum) -> tuple[float, float]:
    """Angle to the right: by the time between the ears where they hear low channels, by their levels elsewhere.

    And how alike the ears are in the low channels at that time between them, 0 to 1.
    """
    left, right = sound.lines.T
    if not (np.any(left) and np.any(right)):
        return (90.0 if np.any(right) else -90.0), 1.0
    coherence = 0.0
    low = sound.weights(_ITD_BELOW_HZ)
    if low.max() > 0:
        energy = np.sqrt(float(np.square(np.abs(left)) @ low) * float(np.square(np.abs(right)) @ low))
        top = min(left.size, round(3.0 * _ITD_BELOW_HZ * sound.size / sound.rate))  # nothing is left above
        size = fft.next_fast_len(2 * top * _OVERSAMPLED, real=True)
        lags = fft.irfft((left * np.conj(right) * low)[:top], size)
        step_s = sound.size / sound.rate / size
        reach = round(_REACH_S / step_s)
        near = np.concatenate([lags[-reach:], lags[: reach + 1]])
        peak = int(near[1:-1].argmax()) + 1
        coherence = float(near[peak]) * size / 2.0 / max(energy, 1e-300)
        if coherence > _COHERENT:
            return float(lateral_deg((_vertex(near, peak) - reach) * step_s * 1e6)), coherence
    return _azimuth_by_level(sound), coherence


def _azimuth_by_level(sound: Spectrum) -> float:
    left, right = np.maximum(sound.excitation, 1e-14)
    heard = (left + right) > _FAINTEST * (left + right).max()
    weight = np.where(heard, (left + right) ** COMPRESSION, 0.0)
    side = 10.0 * np.log10(right / left) / (_SIDE_DB * np.sqrt(COCHLEA.centres_hz))
    return float(np.degrees(np.arcsin(np.clip(weight @ side / weight.sum(), -1.0, 1.0))))


def diffuseness_db(sound: Spectrum) -> float | None:
    """Sound from all sides over sound from one, dB, by how unlike the ears are; None where they are the same.

    In each channel the coherence of the ears, at the delay that suits it best, is taken as the part of the power that
    comes from one side (Bronkhorst & Houtgast 1999). It grows with distance in a room, by about 0.6 dB a decibel.
    """
    left, right = sound.lines.T
    gains = _gains(sound.rate)
    n_bins = gains.shape[1]
    product = left * np.conj(right)
    cross = np.bincount(sound.bins, product.real, n_bins) + 1j * np.bincount(sound.bins, product.imag, n_bins)
    turned = np.exp(2j * np.pi * (np.arange(n_bins) + 0.5)[:, None] * _GRID_HZ * _DELAYS_S)
    common = np.abs(gains @ (cross[:, None] * turned)).max(axis=1)
    energy = sound.excitation
    coherence = np.clip(common / np.sqrt(np.maximum(energy[0] * energy[1], 1e-30)), 0.0, 1.0)
    total = energy.sum(axis=0)
    is_heard = (total > _FAINTEST * total.max()) & (COCHLEA.centres_hz > _DIFFUSE_FROM_HZ)
    if not is_heard.any() or coherence[is_heard].min() > 1.0 - _LEAST_COHERENT:
        return None
    ratio = 10.0 * np.log10((1.0 - coherence + _LEAST_COHERENT) / (coherence + _LEAST_COHERENT))
    return float(np.average(ratio[is_heard], weights=total[is_heard] ** COMPRESSION))
