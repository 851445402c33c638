"""How a condition gives an item: what a protocol lays out."""

from __future__ import annotations

from dataclasses import dataclass

from starbench.audio import Transform


@dataclass(frozen=True)
class Presentation:
    """How the clips of one trial are given.

    Attributes
    ----------
    transforms : tuple of Transform
        What is done to each clip; two entries give every clip twice (left ear, right ear), none
        gives no sound at all.
    captions : tuple of str, optional
        One text for each clip, in place of it.
    scene : str, optional
        Caption of the whole scene, beside the clips.
    uncut : bool
        Whether the uncut recording stands beside the clips.
    mirrored : bool
        Whether the right answer is the mirrored one.
    """

    transforms: tuple[Transform, ...] = ("native",)
    captions: tuple[str, ...] | None = None
    scene: str | None = None
    uncut: bool = False
    mirrored: bool = False

    @property
    def has_sound(self) -> bool:
        """Whether any clip is given."""
        return bool(self.transforms)
