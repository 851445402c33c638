"""What is the same in dictionaries that differ only in their seed, each figure beside the same by chance."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, permutations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import linear_sum_assignment

from starbench.diagnose.sae.dictionary import Dictionary, Floats
from starbench.diagnose.sae.quality import live
from starbench.schema.sae import SIMILARITIES, FeatureSimilarity, SaeStability, SharedFeatures, Spread

_ROWS = 1024


class Fired(NamedTuple):
    """A dictionary's live features: when they fire, and their directions."""

    codes: sparse.csr_array
    """Shape (frames, live features), 1 where one fires."""
    directions: Floats


def fired(dictionary: Dictionary, codes: sparse.csr_array) -> Fired:
    """The features of a dictionary that fire on some frame."""
    alive = np.flatnonzero(live(codes))
    fires = sparse.csr_array(codes[:, alive])
    fires.eliminate_zeros()
    fires.data = np.ones_like(fires.data, dtype=np.float32)
    return Fired(fires, dictionary.decoder[alive])


def best_overlaps(first: sparse.csr_array, second: sparse.csr_array) -> Floats:
    """For each feature of the first its best |S_i ∩ S_j| / |S_i ∪ S_j| with one of the second; S: where it fires."""
    ours, theirs = (np.asarray(one.sum(axis=0), np.float32).ravel() for one in (first, second))
    best = np.zeros(first.shape[1], np.float32)
    if not len(theirs):
        return best
    by_feature = sparse.csr_array(first.T)
    for start in range(0, first.shape[1], _ROWS):
        rows = slice(start, start + _ROWS)
        common = (by_feature[rows] @ second).toarray()
        best[rows] = (common / np.maximum(ours[rows, None] + theirs - common, 1)).max(axis=1)
    return best


def stability(dictionaries: Sequence[Fired], frames: Floats, seed: int) -> SaeStability | None:
    """Compare every pair; None if there are fewer than two dictionaries, or one has no live feature."""
    if len(dictionaries) < 2 or not all(len(one.directions) for one in dictionaries):
        return None
    rng = np.random.default_rng(seed)
    root = _root_of_covariance(frames)
    overlap: list[Floats] = []
    overlap_null: list[Floats] = []
    weighted: list[float] = []
    cosine: list[Floats] = []
    cosine_null: list[Floats] = []
    for a, b in permutations(dictionaries, 2):
        best = best_overlaps(a.codes, b.codes)
        overlap.append(best)
        weighted.append(float(np.average(best, weights=np.asarray(a.codes.sum(axis=0)).ravel())))
        overlap_null.append(best_overlaps(a.codes, b.codes[rng.permutation(b.codes.shape[0])]))
        cosine.append((a.directions @ b.directions.T).max(axis=1))
        cosine_null.append((a.directions @ _random_directions(root, len(b.directions), rng).T).max(axis=1))
    pairs = list(combinations(dictionaries, 2))
    matched = [_matched(a.directions, b.directions) for a, b in pairs]
    random = [_matched(a.directions, _random_directions(root, len(b.directions), rng)) for a, b in pairs]
    return SaeStability(
        n_pairs=len(overlap),
        overlap=_similarity(overlap, overlap_null),
        overlap_by_firing=spread(weighted),
        cosine=_similarity(cosine, cosine_null),
        matched=_similarity(matched, random),
    )


def spread(values: Sequence[float]) -> Spread:
    """Mean, least and greatest."""
    return Spread(mean=float(np.mean(values)), least=float(min(values)), greatest=float(max(values)))


def _similarity(found: Sequence[Floats], null: Sequence[Floats]) -> FeatureSimilarity:
    def shares(above: float, of: Sequence[Floats]) -> Spread:
        return spread([float(np.mean(one > above)) for one in of])

    return FeatureSimilarity(
        mean=spread([float(one.mean()) for one in found]),
        null=spread([float(one.mean()) for one in null]),
        shared=tuple(
            SharedFeatures(above=above, share=shares(above, found), null=shares(above, null))
            for above in SIMILARITIES
        ),
    )


def _matched(first: Floats, second: Floats) -> Floats:
    """Cosine of each direction with its partner, where each has one at most; 0 without a partner."""
    cosines = first @ second.T
    rows, columns = linear_sum_assignment(cosines, maximize=True)
    found = np.zeros(len(first), np.float32)
    found[rows] = cosines[rows, columns]
    return found


def _root_of_covariance(frames: Floats) -> NDArray[np.float64]:
    values, vectors = np.linalg.eigh(
        np.cov(frames, rowvar=False, dtype=np.float64).reshape(frames.shape[1], -1)
    )
    return np.asarray(vectors * np.sqrt(np.maximum(values, 0)))


def _random_directions(root: NDArray[np.float64], count: int, rng: np.random.Generator) -> Floats:
    drawn = rng.standard_normal((count, len(root))) @ root.T
    return np.asarray(drawn / np.maximum(np.linalg.norm(drawn, axis=1, keepdims=True), 1e-12), np.float32)
