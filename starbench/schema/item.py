"""One question of a suite. Field names are a superset of STAR-Bench's JSON."""

from __future__ import annotations

from itertools import permutations
from typing import Annotated, Self

from pydantic import Field, model_validator

from starbench.schema.base import Bool, Facts, Float, Frozen, Int

#: Letters name options, so no question can have more options than letters.
MAX_OPTIONS = 26
_MOST_ORDERED = 4


class Item(Frozen):
    """A question, its options, its clips and what is known about them.

    ``answer`` is the right option's text. An item about the *order* of its clips has none:
    ``audio_paths`` are in the true order, ``option_orders`` says which order each option states,
    and the right option follows from how a trial shuffles the clips.
    """

    id: str = Field(min_length=1)
    task: str = Field(min_length=1)
    category: str | None = None
    sub_category: str | None = Field(default=None, alias="sub-category")
    question: str
    options: tuple[str, ...] = Field(min_length=2, max_length=MAX_OPTIONS)
    answer: str | None = None
    audio_paths: tuple[str, ...] = Field(min_length=1)
    source: str | None = None
    global_caption: str | None = None
    uncut_audio_path: Annotated[str, Field(min_length=1)] | None = None

    option_orders: tuple[tuple[Int, ...] | None, ...] | None = None
    """For each option the order it states: the clip heard first, second, … as numbers from 1."""
    rotations: Int | None = Field(default=None, ge=1)
    """How many rotations the item's own benchmark asks; None: all of them."""
    rotation_offset: Int = Field(default=0, ge=0)
    """Where in the list of clip orders, or of rotations of the options, an item starts."""
    abstain: Int | None = Field(default=None, ge=0)
    """Index of the option that declines to answer ("Unable to determine"), if there is one."""
    mirror: dict[str, str] | None = None
    """Option text -> the option that is right for it once the ears are swapped."""
    captions: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Grade (``plain``, ``full``, …) -> one caption for each clip."""

    level: Float | None = None
    """Difficulty in ``level_unit``."""
    level_unit: str | None = None
    catch: Bool = False
    """Whether nothing is there to be heard, or no difference: an answer that names one is a false alarm."""
    bandwidth_hz: Float | None = Field(default=None, gt=0)
    """Highest frequency that the cue needs; a narrower channel cannot carry the answer."""
    flags: tuple[str, ...] = ()
    """What a reader of the score should know, e.g. ``over-full-scale``."""
    truth: Facts = Field(default_factory=dict)
    """What was physically put in, in the units its keys name. Never leaves for a model."""

    @property
    def part(self) -> str:
        """The smallest part of its task that it belongs to: the sub-category, the category, or the task itself."""
        return self.sub_category or self.category or self.task

    @property
    def right_option(self) -> str:
        """Text of the option that is right, with the clips in their true order where the question is about it."""
        if self.option_orders is None:
            return self.answer or ""
        return self.options[self.option_orders.index(tuple(range(1, len(self.audio_paths) + 1)))]

    def clip_path(self, clip: int) -> str:
        """Path of the clip of this number, from 0 (``UNCUT``: the uncut recording; ValueError if there is none)."""
        if clip >= 0:
            return self.audio_paths[clip]
        if self.uncut_audio_path is None:
            raise ValueError(f"{self.id} has no uncut recording")
        return self.uncut_audio_path

    def _states_every_order(self, stated: tuple[tuple[int, ...] | None, ...]) -> None:
        if len(stated) != len(self.options):
            raise ValueError("option_orders: needs one entry for each option")
        n_clips = len(self.audio_paths)
        # Five clips have more orders than there are letters.
        is_few = n_clips <= _MOST_ORDERED
        orders = list(permutations(range(1, n_clips + 1))) if is_few else []
        if not is_few or sorted(order for order in stated if order is not None) != orders:
            raise ValueError("option_orders: must state each order of the clips once (four clips at most)")

    @model_validator(mode="after")
    def _is_answerable(self) -> Self:
        if len(set(self.options)) != len(self.options):
            raise ValueError("options: two options are the same")
        if self.option_orders is None:
            if self.answer is None:
                raise ValueError("answer: is missing")
            if self.answer not in self.options:
                raise ValueError(f"answer: {self.answer!r} is not among the options")
        else:
            self._states_every_order(self.option_orders)
        if self.abstain is not None and self.abstain >= len(self.options):
            raise ValueError("abstain: is not the index of an option")
        mirror = self.mirror or {}
        if any(mirror.get(mirrored) != text or text not in self.options for text, mirrored in mirror.items()):
            raise ValueError("mirror: must pair options, each the mirror of its mirror")
        for grade, texts in self.captions.items():
            if len(texts) != len(self.audio_paths):
                raise ValueError(f"captions.{grade}: needs one caption for each clip")
        return self
