"""The two ways in which perception items are made: STAR-Bench's, and ours with its defects mended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from starbench.schema import Item
from starbench.synthesis import Draft, Recipe

TASK = "Foundational Acoustic Perception"
#: An option that is never right; only STAR-Bench's own profile offers it.
ABSTAIN = "Unable to determine"
RATE_HZ = 48_000
RAMP_S = 0.010


@dataclass(frozen=True)
class Profile:
    """What sets a profile apart, whatever the attribute.

    Attributes
    ----------
    name : str
        What the user calls it.
    abstains : bool
        Whether every question offers "Unable to determine".
    synthesis : dict
        Parameters of every recipe.
    choices : str
        What a reader of the suite should know, recorded in it.
    """

    name: str
    abstains: bool
    synthesis: dict[str, Any]
    choices: str


DEFAULT = Profile(
    name="default",
    abstains=False,
    synthesis={"rate": RATE_HZ, "ramp_s": RAMP_S, "ramp": "raised-cosine", "nominal": False, "dither": True},
    choices=(
        "Levels are human JNDs (0, 1, 2, 4, 8, 16, 32); a third of the items are catch trials, and first, "
        "second and same (or none) are right equally often. Three options, forced choice: an option that "
        "is never right would lift the best constant answer above chance. What is not asked is roved, "
        "independently of answer and level. Tones that 16 bits cannot hold are left out. TPDF dither. "
        "Onsets and durations at half amplitude, raised-cosine ramps of 10 ms."
    ),
)

STAR_BENCH = Profile(
    name="star-bench",
    abstains=True,
    synthesis={"rate": RATE_HZ, "ramp_s": RAMP_S, "ramp": "quarter-sine", "nominal": True, "dither": False},
    choices=(
        "STAR-Bench's ladders, grid, timings, wording and options, as published or measured on its files; "
        "its base ranges are not published and are ours. No dither, no catch trials in the audiogram; "
        "tones that 16 bits cannot hold are kept and flagged. Onsets and durations include the "
        "quarter-sine ramps of 10 ms."
    ),
)

PROFILES = {profile.name: profile for profile in (DEFAULT, STAR_BENCH)}


@dataclass(frozen=True)
class Wording:
    """A question and its options in STAR-Bench's words: (first, second, same or none)."""

    category: str
    question: str
    options: tuple[str, str, str]

    def answer(self, side: str | None) -> str:
        """Give the text that is right if ``first``, ``second`` or neither (None) is."""
        return self.options[{"first": 0, "second": 1, None: 2}[side]]


def draft(
    *,
    identifier: str,
    sub_category: str,
    wording: Wording,
    profile: Profile,
    side: str | None,
    recipe: Recipe,
    **fields: Any,
) -> Draft:
    """Put an item and the recipe of its one clip together.

    Parameters
    ----------
    identifier, sub_category : str
        Of the item.
    wording : Wording
        What is asked.
    profile : Profile
        Decides whether "Unable to determine" is offered, and adds its parameters to the recipe.
    side : "first", "second" or None
        What is right.
    recipe : Recipe
        The clip, without the parameters that the profile gives.
    **fields
        Further fields of :class:`starbench.schema.Item`.
    """
    item = Item.model_validate(
        {
            "id": identifier,
            "task": TASK,
            "category": wording.category,
            "sub-category": sub_category,
            "question": wording.question,
            "options": (*wording.options, ABSTAIN) if profile.abstains else wording.options,
            "abstain": len(wording.options) if profile.abstains else None,
            "answer": wording.answer(side),
            "audio_paths": ("",),
            "source": "starbench synthesis",
            **fields,
        }
    )
    return Draft(item, (Recipe(recipe.synthesizer, profile.synthesis | recipe.parameters),))
