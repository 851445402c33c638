"""What an item asks, and the draft that is made of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starbench.schema import Item
from starbench.synthesis import Draft, Recipe

#: An option that is never right. Only the profile that follows STAR-Bench offers it.
ABSTENTION = "Unable to determine"


@dataclass(frozen=True, kw_only=True)
class Question:
    """What an item asks, and its right answer.

    ``options`` do not include the one that abstains, which ``offers_abstention`` adds. ``level`` is the
    difficulty, where there is one. A catch trial has nothing to be heard, or no difference. ``mirror`` maps
    an option to the one that is right once the ears are swapped.
    """

    task: str
    category: str
    sub_category: str
    text: str
    options: tuple[str, ...]
    answer: str
    bandwidth_hz: float
    """Highest frequency that the cue needs."""
    level: float | None = None
    level_unit: str | None = None
    is_catch: bool = False
    mirror: Mapping[str, str] | None = None
    offers_abstention: bool = False

    def draft(
        self,
        identifier: str,
        clips: Sequence[Recipe],
        *,
        captions: Mapping[str, Sequence[str]],
        truth: Mapping[str, Any],
        flags: Sequence[str] = (),
    ) -> Draft:
        """Make an item of this question and the recipes of its clips.

        ``captions`` map a grade to one caption for each clip, ``truth`` is what was planned, and ``flags``
        are what a reader of the score should know.
        """
        item = Item.model_validate(
            {
                "id": identifier,
                "task": self.task,
                "category": self.category,
                "sub-category": self.sub_category,
                "question": self.text,
                "options": (*self.options, ABSTENTION) if self.offers_abstention else self.options,
                "abstain": len(self.options) if self.offers_abstention else None,
                "answer": self.answer,
                "audio_paths": ("",) * len(clips),
                "source": "starbench synthesis",
                "mirror": self.mirror,
                "captions": captions,
                "level": self.level,
                "level_unit": self.level_unit,
                "catch": self.is_catch,
                "bandwidth_hz": self.bandwidth_hz,
                "flags": flags,
                "truth": truth,
            }
        )
        return Draft(item, tuple(clips))
