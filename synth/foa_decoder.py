"""First-order ambisonics decoded to the ears of a measured head.

No fixed decoder of four channels keeps direction at the sides: fitted to KEMAR by least squares, the difference of
time between the ears below 700 Hz is that of a source 38° nearer to the front or the back, and of 33° if the
phase between the ears is all that is fitted. What four channels do tell is where the sound of a moment comes from, in
each band of frequencies. So the signal is divided (Pulkki 2007, J. Audio Eng. Soc. 55:503; Politis, Tervo & Pulkki
2018, ICASSP, 6802):

* The **plane wave** is what a cardioid towards the intensity vector receives, times the directness: the length of the
  mean intensity over the mean energy, 1 for one source in the free field, 0 for sound from everywhere. It passes the
  head's own filters for that direction.
* The **rest**, which is what remains of the four channels without the plane wave, passes the least-squares decoder,
  with the power in each band that the head has in a diffuse field.

A single source in the free field is therefore rendered as if the head had been there. Where sources overlap in time and
frequency, the plane wave points between them.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from scipy import fft
from scipy.ndimage import uniform_filter1d

from .ambisonics import CHANNELS, encode
from .fractional_impulses import MARGIN, impulse_spectra
from .geometry import angles, unit
from .heads.hrtf import Head

Samples = NDArray[np.float64]
Spectra = NDArray[np.complex64]

#: Length of a frame, s; half overlapping.
FRAME_S = 0.020
#: Intensity and energy are means over so many frames and this band, Hz.
_FRAMES, _BAND_HZ = 5, 150.0
#: From one direction of the table of filters to the next, degrees.
_SPACING_DEG = 2.0
#: Frames that are decoded at once, and directions that are tabulated at once.
_BLOCK = 64


class _Filters(NamedTuple):
    """Spectra of a head's filters by rings of directions, later by ``latency`` samples, and the rest's decoder.

    Ring k has ``counts[k]`` directions, clockwise from the front; the first of them is number ``firsts[k]``.
    """

    size: int
    latency: int
    counts: NDArray[np.intp]
    firsts: NDArray[np.intp]
    of_head: Spectra
    """Shape (lines, directions, 2)."""
    of_rest: Spectra
    """Shape (lines, 4, 2)."""

    def nearest(self, vectors: NDArray[np.float32]) -> NDArray[np.intp]:
        """Number of the direction next to each vector, shape (..., 3)."""
        azimuth, elevation, _ = angles(vectors.astype(np.float64))
        ring = np.rint((elevation + 90.0) / _SPACING_DEG).astype(np.intp)
        place = np.rint(azimuth / 360.0 * self.counts[ring]).astype(np.intp) % self.counts[ring]
        return np.asarray(self.firsts[ring] + place)


def decode_foa(samples: Samples, head: Head) -> Samples:
    """The two ears' signals, shape (n, 2), of W, Y, Z, X (SN3D), shape (n, 4), at the head's rate.

    A plane wave in W arrives at the middle of the head at the time that it has in W. What comes from below the
    measured directions is moved up to them (``Head.clamp``).
    """
    hop = round(FRAME_S * head.rate / 2)
    filters = _filters(head, 2 * hop)
    n = len(samples)
    hops = -(-n // hop) + 1
    padded = np.zeros(((hops + 1) * hop, len(CHANNELS)), np.float32)
    padded[hop : hop + n] = samples
    # Two of these windows add up to 1 everywhere.
    window = (0.5 - 0.5 * np.cos(np.pi * np.arange(2 * hop) / hop)).astype(np.float32)
    frames = sliding_window_view(padded, 2 * hop, axis=0)[::hop] * window
    spectra = np.moveaxis(fft.rfft(frames, filters.size), 1, -1)
    vectors, directness = _plane_waves(spectra, head.rate / filters.size)
    out = np.zeros(((hops - 1) * hop + filters.size, 2))
    for first in range(0, hops, _BLOCK):
        block = slice(first, first + _BLOCK)
        ears = _ears(spectra[block], vectors[block], directness[block], filters)
        for k, decoded in enumerate(fft.irfft(ears, filters.size, axis=1), first):
            out[k * hop : k * hop + filters.size] += decoded
    begin = hop + filters.latency
    return out[begin : begin + n]


def _plane_waves(spectra: Spectra, step_hz: float) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Unit vectors, shape (frames, lines, 3), and the directness of each frame and line."""
    w, y, z, x = np.moveaxis(spectra, -1, 0)
    lines = max(1, round(_BAND_HZ / step_hz))

    def smooth(values: NDArray[np.float32]) -> NDArray[np.float32]:
        for axis, width in ((0, _FRAMES), (1, lines)):
            values = uniform_filter1d(values, width, axis=axis, mode="constant")
        return values

    intensity = np.stack([smooth((np.conj(w) * v).real) for v in (x, y, z)], axis=-1)
    energy = smooth((np.abs(spectra) ** 2).sum(axis=-1) / 2.0)
    length = np.linalg.norm(intensity, axis=-1)
    tiny = np.finfo(np.float32).tiny
    vectors = intensity / np.maximum(length, tiny)[..., None]
    return vectors, np.minimum(1.0, length / np.maximum(energy, tiny))


def _ears(
    spectra: Spectra, vectors: NDArray[np.float32], directness: NDArray[np.float32], filters: _Filters
) -> Spectra:
    """Spectra of the ears, shape (frames, lines, 2)."""
    gains = np.moveaxis(encode(vectors.reshape(-1, 3).astype(np.float64)).astype(np.float32), 0, -1).reshape(
        spectra.shape
    )
    wave = (directness * (gains * spectra).sum(axis=-1) / 2.0)[..., None]
    rest = spectra - wave * gains
    ears = wave * filters.of_head[np.arange(spectra.shape[1]), filters.nearest(vectors)]
    for channel in range(len(CHANNELS)):
        ears += rest[..., channel, None] * filters.of_rest[:, channel]
    return np.asarray(ears)


@lru_cache(maxsize=1)
def _filters(head: Head, frame: int) -> _Filters:
    elevations = np.linspace(-90.0, 90.0, round(180.0 / _SPACING_DEG) + 1)
    counts = np.ceil(360.0 / _SPACING_DEG * np.cos(np.radians(elevations))).clip(1.0).astype(np.intp)
    directions = np.concatenate(
        [unit(np.arange(n) * (360.0 / n), elevation) for n, elevation in zip(counts, elevations, strict=True)]
    )
    taps = head.filters.shape[-1]
    latency = MARGIN + head.lead + int(np.ceil(np.abs(head.delays_s).max() * head.rate))
    size = fft.next_fast_len(frame + taps + 2 * latency, real=True)
    of_head = np.empty((size // 2 + 1, len(directions), 2), np.complex64)
    for first in range(0, len(directions), _BLOCK):
        block = slice(first, first + _BLOCK)
        delays, responses = head.at(head.clamp(directions[block]))
        starts = delays * head.rate + (latency - head.lead)
        of_head[:, block] = np.moveaxis(fft.rfft(responses, size) * impulse_spectra(starts, size), -1, 0)
    gains = encode(directions)
    fit = np.linalg.pinv(gains)
    of_rest = np.stack([(of_head * fit[:, channel, None]).sum(axis=1) for channel in range(4)], axis=1)
    power = np.mean(np.abs(of_head) ** 2, axis=1)
    # Sound from everywhere has a third of W's power in each of the others.
    decoded = (np.abs(of_rest) ** 2 * np.array([1.0, 1 / 3, 1 / 3, 1 / 3])[:, None]).sum(axis=1)
    of_rest *= np.sqrt(power / np.maximum(decoded, 1e-12 * decoded.max()))[:, None]
    return _Filters(size, latency, counts, np.cumsum(counts) - counts, of_head, of_rest.astype(np.complex64))
