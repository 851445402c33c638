"""Activations that are made of known atoms, and clips with known concepts."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from starbench.diagnose.sae.activations import Frames, Piece
from starbench.diagnose.sae.dictionary import Dictionary, Floats


def atoms(count: int, dim: int, seed: int) -> Floats:
    """Directions of length 1."""
    drawn = np.random.default_rng(seed).standard_normal((count, dim))
    return np.asarray(drawn / np.linalg.norm(drawn, axis=1, keepdims=True), np.float32)


def mixtures(of: Floats, count: int, active: int, noise: float, seed: int) -> Floats:
    """Frames in which ``active`` atoms sound on average, with noise of this length, far from the origin."""
    rng = np.random.default_rng(seed)
    n, dim = of.shape
    strength = (rng.random((count, n)) < active / n) * rng.uniform(0.5, 1.5, (count, n))
    floor = noise * rng.standard_normal((count, dim)) / np.sqrt(dim)
    return np.asarray(strength @ of + floor + 3.0, np.float32)


def recovered(of: Floats, dictionary: Dictionary) -> float:
    """Share of the atoms that a feature has at a cosine of 0.9."""
    return float(np.mean((of @ dictionary.decoder.T).max(axis=1) >= 0.9))


def by_clip(labels: list[dict[str, str | float]], frames_each: int, dim: int = 2) -> Frames:
    """Frames of clips with these labels, a second each; the activations themselves are noise."""
    pieces = tuple(Piece(number, 1.0, one) for number, one in enumerate(labels))
    piece = np.repeat(np.arange(len(labels), dtype=np.int32), frames_each)
    values = np.random.default_rng(0).standard_normal((len(piece), dim)).astype(np.float32)
    return Frames(values, piece, pieces)


def sparse_codes(frames: int, features: int, rate: float, seed: int) -> NDArray[np.float64]:
    """Features that fire by chance."""
    rng = np.random.default_rng(seed)
    return np.asarray(rng.random((frames, features)) * (rng.random((frames, features)) < rate))


def csr(values: NDArray[np.generic]) -> sparse.csr_array:
    return sparse.csr_array(values)
