"""Measures of a tokenizer on held-out sounds: what it gives back, which codes it uses, how well the next is told."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from starbench.diagnose.tokens.interface import Codes, Floats, Tokenizer, cochleagram_of, ratio_with_interval
from starbench.diagnose.tokens.sounds import MonoSound
from starbench.schema.tokens import CodeUse, Reconstruction


def reconstruction(
    tokenizer: Tokenizer, sounds: Iterable[MonoSound], seed: int
) -> tuple[Reconstruction, ...]:
    """R² of the decoded cochleagram for each kind of sound, kinds in order of their names.

    A tokenizer that decodes nothing, or into other bands than ours, cannot be compared: the result is empty.
    """
    of_kind: dict[str, list[tuple[Floats, Floats]]] = {}
    for sound in sounds:
        decoded, aim = tokenizer.decoded(tokenizer.codes(sound.samples)), cochleagram_of(sound.samples)
        if decoded is None or decoded.shape[1] != aim.shape[1]:
            return ()
        n = min(len(decoded), len(aim))
        of_kind.setdefault(sound.kind, []).append((decoded[:n], aim[:n]))
    seconds = dict.fromkeys(of_kind, 0.0)
    for sound in sounds:
        seconds[sound.kind] += sound.seconds
    return tuple(_reconstruction(kind, of_kind[kind], seconds[kind], seed) for kind in sorted(of_kind))


def _reconstruction(
    kind: str, clips: Sequence[tuple[Floats, Floats]], seconds: float, seed: int
) -> Reconstruction:
    mean = np.concatenate([aim for _, aim in clips]).mean(axis=0, dtype=np.float64)
    errors = [float(np.square(decoded - aim).sum(dtype=np.float64)) for decoded, aim in clips]
    variances = [float(np.square(aim - mean).sum(dtype=np.float64)) for _, aim in clips]
    share, (low, high) = ratio_with_interval(errors, variances, seed)
    return Reconstruction(
        kind=kind,
        clips=len(clips),
        seconds=round(seconds, 3),
        r2=1.0 - share,
        interval=(1.0 - high, 1.0 - low),
    )


def codes_used(clips: Sequence[Codes], size: int) -> CodeUse:
    """How many of the codes occur, and how evenly."""
    counts = np.bincount(np.concatenate(clips), minlength=size)
    shares = counts[counts > 0] / counts.sum()
    return CodeUse(
        size=size,
        frames=int(counts.sum()),
        used=int(shares.size),
        perplexity=float(np.exp(-(shares * np.log(shares)).sum())),
    )
