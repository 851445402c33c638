"""Which clips have a concept: a label, one value of a label against the rest, or the halves of a number."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from starbench.diagnose.sae.activations import Frames
from starbench.errors import InputError
from starbench.text import suggestion

#: Examples are mean activations over so long, s.
_WINDOW_S = 1.0
#: A longer clip gives no more examples than these, or a few would be most of what is read.
_MOST_WINDOWS = 10
#: Fewer clips of a class cannot be split into some to learn from and some to be tested on.
FEWEST_CLIPS = 4


@dataclass(frozen=True, eq=False)
class Examples:
    """Mean activations of features over a second or less: shape (examples, features), their clips and classes."""

    values: NDArray[np.float64]
    clip: NDArray[np.intp]
    label: NDArray[np.intp]


def classes_of(concept: str, frames: Frames) -> tuple[tuple[str, ...], dict[int, int]]:
    """The classes of a concept, and the class of each clip that has one.

    ``concept`` is a label (``domain``, ``class``, ``timbre``; of a number, such as ``pitch_hz``, the halves below and
    above its median), ``LABEL=VALUE``, or a domain or class alone (``speech``), against all others. Raises
    :class:`InputError` if nothing is known by that name, or a class has too few clips.
    """
    keys = sorted({key for piece in frames.pieces for key in piece.labels})
    found: dict[int, str | float] = {}
    key, equals, value = concept.partition("=")
    if equals:
        found = {clip: _versus(label, value) for clip, label in frames.labels(key).items()}
    elif concept in keys:
        found = frames.labels(concept)
    else:
        for key in ("domain", "class", "kind"):
            labels = frames.labels(key)
            if concept in {str(label) for label in labels.values()}:
                found = {clip: _versus(label, concept) for clip, label in labels.items()}
                break
    if found and all(isinstance(label, float) for label in found.values()):
        median = float(np.median([float(label) for label in found.values()]))
        found = {
            clip: f"{'above' if float(label) > median else 'up to'} {median:.4g}"
            for clip, label in found.items()
        }
    counts = Counter(str(label) for label in found.values())
    names = tuple(sorted(name for name, n in counts.items() if n >= FEWEST_CLIPS))
    if len(names) < 2:
        known = [
            *keys,
            *sorted({str(one) for key in ("domain", "class") for one in frames.labels(key).values()}),
        ]
        if not counts:
            raise InputError(f"--concept {concept!r}: no held-out clip has it: {suggestion(concept, known)}")
        raise InputError(
            f"--concept {concept!r}: it takes two classes with {FEWEST_CLIPS} held-out clips each, and there are "
            f"{', '.join(f'{name} ({n})' for name, n in sorted(counts.items()))}: add sounds"
        )
    return names, {clip: names.index(str(label)) for clip, label in found.items() if str(label) in names}


def _versus(label: str | float, value: str) -> str:
    return value if str(label) == value else f"not {value}"


def examples_of(codes: sparse.csr_array, frames: Frames, classes: dict[int, int]) -> Examples:
    """Examples of the clips that have a class."""
    rows, labels, clips, members = 0, [], [], []
    pieces_of = Counter(piece.clip for piece in frames.pieces)
    starts = np.searchsorted(frames.piece, np.arange(len(frames.pieces) + 1))
    for number, piece in enumerate(frames.pieces):
        first, last = starts[number], starts[number + 1]
        if first == last or piece.clip not in classes:
            continue
        count = min(max(round(piece.seconds / _WINDOW_S), 1), last - first)
        windows = np.array_split(np.arange(first, last), count)
        taken = max(_MOST_WINDOWS // pieces_of[piece.clip], 1)
        for window in windows[:: -(-count // taken)]:
            members.append((np.full(len(window), rows), window, np.full(len(window), 1 / len(window))))
            labels.append(classes[piece.clip])
            clips.append(piece.clip)
            rows += 1
    row, column, weight = (np.concatenate(parts) for parts in zip(*members, strict=True))
    mean = sparse.csr_array((weight, (row, column)), shape=(rows, codes.shape[0]))
    return Examples((mean @ codes).toarray(), np.array(clips, np.intp), np.array(labels, np.intp))
