"""How well a dictionary describes frames: unexplained variance, features a frame, dead features."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from starbench.diagnose.sae.activations import Frames
from starbench.diagnose.sae.dictionary import Dictionary
from starbench.schema.base import Interval
from starbench.schema.sae import SaeQuality
from starbench.scoring import bootstrap

Values = NDArray[np.float64]

_DRAWS = 1000


def quality(
    name: str, dictionary: Dictionary, frames: Frames, codes: sparse.csr_array, seed: int
) -> SaeQuality:
    """Measure one dictionary, whose ``codes`` of the frames are known."""
    error = np.square(frames.values - dictionary.reconstruct(codes)).sum(axis=1, dtype=np.float64)
    whole = np.square(frames.values - frames.values.mean(axis=0)).sum(axis=1, dtype=np.float64)
    return SaeQuality(
        name=name,
        fvu=float(error.sum() / max(whole.sum(), np.finfo(float).tiny)),
        fvu_ci=ratio_interval(error, whole, frames.clip, seed),
        l0=codes.nnz / max(codes.shape[0], 1),
        dead=float(np.mean(~live(codes))),
        threshold=dictionary.threshold,
    )


def live(codes: sparse.csr_array) -> NDArray[np.bool_]:
    """Which features fire on some frame."""
    return np.asarray(np.bincount(codes.indices[codes.data > 0], minlength=codes.shape[1]) > 0)


def ratio_interval(above: Values, below: Values, clip: NDArray[np.intp], seed: int) -> Interval:
    """95 % interval of Σ above / Σ below, when clips are the independent units."""
    _, place = np.unique(clip, return_inverse=True)
    errors, wholes = (np.bincount(place, one).astype(np.float64) for one in (above, below))
    return bootstrap.ratio(errors, wholes, np.random.default_rng(seed), _DRAWS)
