"""Which features belong to one kind of sound: speech, music, environment, tones."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from starbench.diagnose.sae.activations import Frames
from starbench.diagnose.sae.stability import spread
from starbench.schema.sae import DomainFeatures, SaeDomains

SPECIAL_ABOVE = 0.8
_PERMUTATIONS = 20

Values = NDArray[np.float64]


def domains(codes: Sequence[sparse.csr_array], frames: Frames, seed: int) -> SaeDomains | None:
    """Firing by domain of the clips that have one, for each dictionary; None if there are fewer than two domains."""
    of_clip = {clip: str(name) for clip, name in frames.labels("domain").items()}
    names = sorted(set(of_clip.values()))
    if len(names) < 2:
        return None
    clips = sorted(of_clip)
    domain = np.array([names.index(of_clip[clip]) for clip in clips])
    place = {clip: number for number, clip in enumerate(clips)}
    row = np.array([place.get(clip, -1) for clip in frames.clip.tolist()])
    kept = np.flatnonzero(row >= 0)
    by_clip = sparse.csr_array((np.ones(len(kept)), (row[kept], kept)), shape=(len(clips), len(row)))
    sizes: Values = np.asarray(by_clip.sum(axis=1)).ravel()
    rng = np.random.default_rng(seed)
    shuffled = [rng.permutation(domain) for _ in range(_PERMUTATIONS)]
    first: list[Values] = []
    special: list[Values] = []
    null: list[Values] = []
    for one in codes:
        fires = (by_clip @ (one > 0).astype(np.float64)).toarray()
        fires = fires[:, fires.any(axis=0)]
        found = firing_shares(fires, sizes, domain, len(names))
        first.append(np.bincount(found.argmax(axis=0), minlength=len(names)) / max(found.shape[1], 1))
        special.append(_special(found))
        null.append(
            np.mean([_special(firing_shares(fires, sizes, drawn, len(names))) for drawn in shuffled], axis=0)
        )
    return SaeDomains(
        special_above=SPECIAL_ABOVE,
        domains=tuple(
            DomainFeatures(
                domain=name,
                n_clips=int((domain == number).sum()),
                share=spread([float(one[number]) for one in first]),
                special=spread([float(one[number]) for one in special]),
                special_null=spread([float(one[number]) for one in null]),
            )
            for number, name in enumerate(names)
        ),
    )


def firing_shares(fires: Values, sizes: Values, domain: NDArray[np.intp], count: int) -> Values:
    """Share of each feature's firing in each domain, shape (domains, features), as if all domains were equally long.

    ``fires`` counts the frames of each clip on which a feature fires, ``sizes`` the frames of each clip.
    """
    member = (domain == np.arange(count)[:, None]).astype(float)
    rates = (member @ fires) / np.maximum(member @ sizes, 1)[:, None]
    return np.asarray(rates / np.maximum(rates.sum(axis=0), np.finfo(float).tiny))


def _special(shares: Values) -> Values:
    """Share of features with most of their firing in each domain."""
    return np.asarray((shares > SPECIAL_ABOVE).mean(axis=1) if shares.shape[1] else np.zeros(len(shares)))
