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

    Attributes
    ----------
    task, category, sub_category : str
        Where the question belongs.
    text : str
        The question itself.
    options : tuple of str
        Without the one that abstains.
    answer : str
        The right option.
    bandwidth_hz : float
        Highest frequency that the cue needs.
    level, level_unit : float and str, or None
        Difficulty, where the item has one.
    is_catch : bool
        Whether nothing is there to be heard, or no difference.
    mirror : dict or None
        Option -> the option that is right once the ears are swapped.
    offers_abstention : bool
        Whether "Unable to determine" is an option too.
    """

    task: str
    category: str
    sub_category: str
    text: str
    options: tuple[str, ...]
    answer: str
    bandwidth_hz: float
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

        Parameters
        ----------
        identifier : str
            The item's id.
        clips : sequence of Recipe
            In the order heard.
        captions : mapping
            Grade -> one caption for each clip.
        truth : mapping
            What was planned.
        flags : sequence of str
            What a reader of the score should know.
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
