"""The activations of layers, frame by frame, and which clip each frame is of."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from starbench.audio import Audio
from starbench.diagnose.sae.dictionary import Floats
from starbench.errors import InputError, PluginError
from starbench.models.encoder import NamedEncoder

#: What is known of a clip: ``domain``, ``class``, ``timbre``, ``pitch_hz``, …
Labels = Mapping[str, str | float]


@dataclass(frozen=True)
class Piece:
    """A stretch of sound that the encoder gets at once. Pieces of one clip are never on both sides of a split."""

    clip: int
    seconds: float
    labels: Labels


@dataclass(frozen=True, eq=False)
class Frames:
    """Activations of one layer, shape (frames, dim), and the number of the piece that each frame is of."""

    values: Floats
    piece: NDArray[np.int32]
    pieces: tuple[Piece, ...]

    @property
    def clip(self) -> NDArray[np.intp]:
        """The clip that each frame is of."""
        return np.array([piece.clip for piece in self.pieces], np.intp)[self.piece]

    def of_clips(self, clips: NDArray[np.intp]) -> Frames:
        """The frames of some clips only."""
        kept = np.isin(self.clip, clips)
        return replace(self, values=self.values[kept], piece=self.piece[kept])

    def labels(self, key: str) -> dict[int, str | float]:
        """Clip -> what is known of it by this name, for clips that have frames."""
        present = {self.pieces[number].clip: self.pieces[number] for number in np.unique(self.piece).tolist()}
        return {clip: piece.labels[key] for clip, piece in present.items() if key in piece.labels}


def read_layers(
    encoder: NamedEncoder, sounds: Sequence[tuple[Piece, Callable[[], Audio]]], layers: Sequence[str]
) -> dict[str, Frames]:
    """What the encoder makes of every piece in the layers that are named.

    Raises :class:`InputError` if it has no such layer, :class:`PluginError` if it or its activations are unusable.
    """
    rows: dict[str, list[Floats]] = {layer: [] for layer in layers}
    for _, sound in sounds:
        for layer, frames in encoder.layers(sound(), layers).items():
            rows[layer].append(frames)
    pieces = tuple(piece for piece, _ in sounds)
    of_layer = {}
    for layer, parts in rows.items():
        if len({part.shape[1] for part in parts}) != 1:
            raise PluginError(f"encoder {encoder.spec!r}: layer {layer!r} is not equally wide for every clip")
        piece = np.repeat(np.arange(len(parts), dtype=np.int32), [len(part) for part in parts])
        of_layer[layer] = Frames(np.concatenate(parts), piece, pieces)
    return of_layer


def split_clips(frames: Frames, share: float, seed: int) -> tuple[Frames, Frames]:
    """Frames to learn from, and frames of ``share`` of the clips of each domain, which are held out."""
    rng = np.random.default_rng(seed)
    of_clip = {piece.clip: str(piece.labels.get("domain", "")) for piece in frames.pieces}
    held: list[int] = []
    for domain in sorted(set(of_clip.values())):
        clips = sorted(clip for clip, name in of_clip.items() if name == domain)
        held += rng.permutation(clips)[: max(round(share * len(clips)), 1 if len(clips) > 1 else 0)].tolist()
    rest = sorted(set(of_clip) - set(held))
    if not held or not rest:
        raise InputError(
            f"{len(of_clip)} clips cannot be split into some to learn from and some held out: add sounds"
        )
    return frames.of_clips(np.array(rest)), frames.of_clips(np.array(sorted(held)))
