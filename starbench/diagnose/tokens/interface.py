"""What is asked of a tokenizer and of a model of its codes, whoever trained them; what the sounds are that they get."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from starbench.audio import Audio, resample
from starbench.errors import InputError
from starbench.measure.cochlea import Cochlea, cochleagram
from starbench.schema.base import Interval
from starbench.scoring.bootstrap import limits

Floats = NDArray[np.float32]
Codes = NDArray[np.int64]

#: WavCoch's rate and hop: 200 codes a second.
RATE, HOP = 16_000, 80
FRAME_S = HOP / RATE
#: 64 channels, as wide as the rate allows.
COCHLEA = Cochlea(n_channels=64, lo_hz=60.0, hi_hz=7500.0)
#: What a probe reads from, in the order in which more is lost.
LAYERS = ("cochleagram", "decoded tokens", "bits")
_RESAMPLES = 2000
_NEEDED = ("torch", "vector_quantize_pytorch")


class Tokenizer(Protocol):
    """Turns one ear's sound into codes, and these into a cochleagram."""

    bits: int
    parameters: int

    def codes(self, samples: Floats) -> Codes:
        """Codes of a mono sound at 16 kHz, shape (n,)."""

    def decoded(self, codes: Codes) -> Floats | None:
        """The cochleagram that codes stand for, shape (frames, bands); None if it decodes none."""


class NextCodeModel(Protocol):
    """Says how probable each next code is."""

    def log_probabilities(self, codes: Codes) -> NDArray[np.float64]:
        """Natural logarithm of the probability of each code but the first, given those before it."""


def require() -> None:
    """Raise :class:`InputError` if what the tokens need is not installed."""
    if not all(find_spec(name) for name in _NEEDED):
        raise InputError("tokens need torch and vector-quantize-pytorch: pip install 'starbench[tokens]'")


def ears(audio: Audio) -> list[Floats]:
    """The channels of a clip as a tokenizer gets them: each for itself, at 16 kHz."""
    return [np.ascontiguousarray(channel) for channel in resample(audio, RATE).samples.T]


def cochleagram_of(samples: Floats) -> Floats:
    """The cochleagram of a mono sound at 16 kHz, shape (frames, bands)."""
    return cochleagram(samples[:, None], RATE, COCHLEA, frame_s=FRAME_S).astype(np.float32)


def bits_of(codes: Codes, bits: int) -> Floats:
    """Codes as their bits, -1 and 1, the highest first; shape (n, bits)."""
    places = np.arange(bits - 1, -1, -1)
    return ((codes[:, None] >> places & 1) * 2 - 1).astype(np.float32)


@contextmanager
def reproducible(seed: int) -> Iterator[None]:
    """One thread, and torch's generator set by ``seed``: the same seed gives the same weights."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            yield
    finally:
        torch.set_num_threads(threads)


def ratio_with_interval(above: Sequence[float], below: Sequence[float], seed: int) -> tuple[float, Interval]:
    """Sum over clips divided by another sum over clips, and its 95 % interval by resampling clips."""
    pairs = np.array([above, below], dtype=np.float64)
    drawn = np.random.default_rng(seed).integers(0, pairs.shape[1], (_RESAMPLES, pairs.shape[1]))
    sums = pairs[:, drawn].sum(axis=2)
    return float(pairs[0].sum() / pairs[1].sum()), limits(sums[0] / sums[1])
