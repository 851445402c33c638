"""What two suites share: sounds, questions about them, draws, recordings."""

from __future__ import annotations

from starbench.schema.base import Bool, Float, Frozen, Int


class SharedSource(Frozen):
    """One sound, or one recording that sounds were made from, and the items of either suite that it is heard in."""

    digest: str
    items: tuple[str, ...]
    items_of_other: tuple[str, ...]


class AlikeClips(Frozen):
    """Two clips that are not the same, and nearly are: one is the other, shifted, louder, cut, or in some noise."""

    item: str
    item_of_other: str
    correlation: Float
    """The largest normalised cross-correlation of any of their channels, or of all mixed to mono."""
    is_tone: Bool
    """Both are tones, in which two draws of one design may agree: nothing in them says whether one was copied, so
    such a pair is shown and is no overlap."""


class Overlap(Frozen):
    """What a suite shares with another one."""

    suite: str
    other: str
    n_items: Int
    n_items_of_other: Int
    clips: tuple[SharedSource, ...]
    """The same sound, sample by sample."""
    items: tuple[tuple[str, str], ...]
    """The same question with the same options about the same sounds."""
    recipes: tuple[str, ...]
    """Items of one id, profile and seed: whatever was drawn for them is the same."""
    recordings: tuple[SharedSource, ...]
    alike: tuple[AlikeClips, ...]
    n_same_wording: Int
    """Questions with options that are worded as one of the other suite. That alone is no overlap."""

    @property
    def is_any(self) -> bool:
        """Whether a model trained on one suite has met something of the other."""
        copies = [one for one in self.alike if not one.is_tone]
        return bool(self.clips or self.items or self.recipes or self.recordings or copies)
