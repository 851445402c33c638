"""Blind separation by pyroomacoustics (extra ``cascades``): AuxIVA, ILRMA and FastMNMF.

Where a method finds filters, what each source puts into both ears is found by turning them round: streams then add up
to the clip. All begin at random, so a seed belongs to them; pyroomacoustics draws from the generator that numpy shares.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from starbench.errors import InputError
from starbench.plugins.extras import needed

from ..estimates import Samples, Spectrum, inverse, transform


class _Blind(ABC):
    """A method of pyroomacoustics on a short-time spectrum, with a seed of its own."""

    def __init__(self, iterations: int, window_s: float, seed: int) -> None:
        if iterations < 1 or not 0.004 <= window_s <= 2.0 or seed < 0:
            raise InputError("iterations must be at least 1, window_s from 0.004 to 2, and seed at least 0")
        self._bss = needed(
            "pyroomacoustics.bss", "blind separation needs pyroomacoustics: pip install 'starbench[cascades]'"
        )
        self._iterations = iterations
        self._window_s = window_s
        self._seed = seed

    def __call__(self, samples: Samples, rate: int, n_sources: int) -> Samples:
        """Separate one clip."""
        level = float(np.abs(samples).max(initial=0.0)) or 1.0
        spectrum, stft = transform(samples / level, rate, self._window_s)
        with _seeded(self._seed):
            images = self._images(spectrum, n_sources)
        energy = np.square(np.abs(images)).sum(axis=(1, 2, 3))
        loudest = np.sort(np.argsort(-energy, kind="stable")[:n_sources])
        return inverse(images[loudest], stft, samples.shape[0]) * level

    @abstractmethod
    def _images(self, spectrum: Spectrum, n_sources: int) -> Spectrum:
        """What each source puts into each channel, shape (sources, channels, frequencies, frames)."""


class _Determined(_Blind):
    """A method of demixing filters: as many sources as channels are found, and of these the loudest are returned."""

    method = ""

    def __init__(self, iterations: int = 30, window_s: float = 0.128, seed: int = 0) -> None:
        super().__init__(iterations, window_s, seed)

    @staticmethod
    def least_channels(n_sources: int) -> int:
        """As many channels as there are sources."""
        return n_sources

    def _images(self, spectrum: Spectrum, n_sources: int) -> Spectrum:  # noqa: ARG002
        method: Any = getattr(self._bss, self.method)
        heard = spectrum + 1e-9 * np.random.standard_normal(
            spectrum.shape
        )  # silent bins cannot be divided by
        _, filters = method(
            heard.transpose(2, 1, 0), n_iter=self._iterations, proj_back=False, return_filters=True
        )
        found = np.einsum("fsc,cft->sft", filters, spectrum)
        mixing = np.linalg.inv(filters)
        return np.asarray(np.einsum("fcs,sft->scft", mixing, found))


class Ilrma(_Determined):
    """Independent low-rank matrix analysis: for as many sources as channels.

    Parameters
    ----------
    iterations : int
        Steps of the optimisation.
    window_s : float
        Length of the spectrum's window, s: about the reverberation time.
    seed : int
        Of the random beginning.
    """

    method = "ilrma"


class AuxIva(_Determined):
    """Independent vector analysis by auxiliary functions: for as many sources as channels; arguments as of ilrma."""

    method = "auxiva"


class FastMnmf(_Blind):
    """Fast multichannel non-negative matrix factorisation: for two or more channels; arguments as of ilrma."""

    def __init__(self, iterations: int = 50, window_s: float = 0.064, seed: int = 0) -> None:
        super().__init__(iterations, window_s, seed)

    @staticmethod
    def least_channels(n_sources: int) -> int:  # noqa: ARG004
        """Two, whatever the number of sources."""
        return 2

    def _images(self, spectrum: Spectrum, n_sources: int) -> Spectrum:
        images = self._bss.fastmnmf(
            spectrum.transpose(2, 1, 0), n_src=max(n_sources, 2), n_iter=self._iterations, mic_index="all"
        )
        return np.asarray(images).transpose(3, 0, 2, 1)


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """The generator that numpy shares, seeded, and left as it was."""
    before = np.random.get_state()
    np.random.seed(seed)
    try:
        yield
    finally:
        np.random.set_state(before)
