"""How a condition gives an item: what a protocol lays out."""

from __future__ import annotations

from dataclasses import dataclass

from starbench.schema.trial import Transform


@dataclass(frozen=True)
class Presentation:
    """How the clips of one trial are given."""

    transforms: tuple[Transform, ...] = ("native",)
    """What is done to each clip; two give every clip twice (left ear, right ear), none gives no sound at all."""
    captions: tuple[str, ...] | None = None
    """One text for each clip, in place of it."""
    scene: str | None = None
    """Caption of the whole scene, beside the clips."""
    uncut: bool = False
    """Whether the uncut recording stands beside the clips."""
    mirrored: bool = False
    """Whether the right answer is the mirrored one."""

    @property
    def has_sound(self) -> bool:
        """Whether any clip is given."""
        return bool(self.transforms)
