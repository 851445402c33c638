"""Masks from the differences between two ears: each bin of a spectrum belongs to the directions that it fits.

Where the sources are is read off a histogram of the delays between the ears. A mixture model of the direction of each
bin's two values, which holds phase and level differences at once, then learns the masks in each frequency; in each
frame, all frequencies share how much of each source there is (complex angular central Gaussians: Ito, Araki & Nakatani
2016, EUSIPCO, "Complex angular central Gaussian mixture model for directional statistics in mask-based microphone array
signal processing").
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from starbench.errors import InputError, NotApplicableError

from ..estimates import (
    DELAYS_S,
    LOWEST_HZ,
    UNAMBIGUOUS_HZ,
    Samples,
    Spectrum,
    delay_likeness,
    delay_peaks,
    masked,
    transform,
)

Masks = NDArray[np.float64]
_TINY = 1e-12
#: How far delays are doubted where they are not ambiguous, and what is added to a covariance of rank one.
_DOUBT, _FLOOR = 0.15, 1e-3


class IpdMask:
    """Soft masks on phase and level differences between two ears, applied to both; any number of sources.

    Parameters
    ----------
    iterations : int
        Steps of the expectation-maximisation; 0 leaves the masks that delays alone give.
    """

    def __init__(self, iterations: int = 10) -> None:
        if iterations < 0:
            raise InputError(f"iterations={iterations}: must be at least 0")
        self._iterations = iterations

    @staticmethod
    def least_channels(n_sources: int) -> int:  # noqa: ARG004
        """Two ears, whatever the number of sources."""
        return 2

    def __call__(self, samples: Samples, rate: int, n_sources: int) -> Samples:
        """Separate one clip."""
        if samples.shape[1] != 2:
            raise NotApplicableError(
                f"ipd-mask is for two ears, and the clip has {samples.shape[1]} channels"
            )
        spectrum, stft = transform(samples, rate)
        masks = _masks(spectrum, stft.f, n_sources, self._iterations)
        return masked(masks[:, None], samples, rate)


def _masks(spectrum: Spectrum, frequencies: NDArray[np.float64], n_sources: int, iterations: int) -> Masks:
    """Masks, shape (sources, frequencies, frames).

    Delays distinguish the sources where they are not ambiguous. Elsewhere, sources are first distinguished by the
    frames in which they are heard: those are shared by all frequencies, as a head's differences are not.
    """
    low = (frequencies > LOWEST_HZ) & (frequencies < UNAMBIGUOUS_HZ)
    by_delay = _by_delay(spectrum, frequencies, n_sources)
    amplitude = np.sqrt(np.square(np.abs(spectrum)).sum(axis=0)) + _TINY
    directions = spectrum / amplitude
    products = np.einsum("cft,dft->ftcd", directions, directions.conj())
    prior = np.where(low[:, None], by_delay + _DOUBT, 1.0)
    activity = _activity(by_delay[:, low], amplitude[low])
    masks = np.where(low[:, None], by_delay, activity[:, None])
    for step in range(iterations if n_sources > 1 else 0):
        scores = [_likelihood(mask * amplitude, directions, products) for mask in masks]
        masks = _shares(np.stack(scores) * activity[:, None] * prior)
        heard = low if step < iterations // 3 else slice(None)
        activity = _activity(masks[:, heard], amplitude[heard])
    return masks


def _by_delay(spectrum: Spectrum, frequencies: NDArray[np.float64], n_sources: int) -> Masks:
    peaks = [delay for delay, _ in delay_peaks(spectrum, frequencies)][:n_sources]
    while len(peaks) < n_sources:  # as far from all others as can be
        gaps = np.abs(DELAYS_S[:, None] - np.array(peaks or [0.0])).min(axis=1)
        peaks.append(float(DELAYS_S[gaps.argmax()]))
    return _shares(delay_likeness(spectrum, frequencies, np.array(peaks)) + 1e-3)


def _activity(masks: Masks, amplitude: NDArray[np.float64]) -> NDArray[np.float64]:
    """Share of each source in each frame, shape (sources, frames)."""
    return _shares((masks * amplitude).sum(axis=1))


def _likelihood(
    weight: NDArray[np.float64], directions: Spectrum, products: NDArray[np.complex128]
) -> NDArray[np.float64]:
    """How well each bin fits the direction that bins of this weight have, in each frequency."""
    covariance = np.einsum("ft,ftcd->fcd", weight, products) / (weight.sum(axis=1) + _TINY)[:, None, None]
    covariance += _FLOOR * np.eye(2)
    quadratic = np.einsum(
        "cft,fcd,dft->ft", directions.conj(), np.linalg.inv(covariance), directions, optimize=True
    ).real
    return np.asarray(
        1.0 / (np.linalg.det(covariance).real[:, None] * np.square(np.maximum(quadratic, _TINY)))
    )


def _shares(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(scores / np.maximum(scores.sum(axis=0), 1e-300))
