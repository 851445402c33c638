"""What listeners with part of the hearing that a question is about reach: ``floors.json``, and beside a score."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Literal

from pydantic import Field

from starbench.schema.base import Float, Frozen, Int


class Floors(Frozen):
    """Accuracies, as fractions, of listeners who lack something that is asked about; None: not applicable, or unknown.

    They are measured by cross-validated classifiers, which learn from other items of the sub-category with their
    answers. So they are what can be had without the hearing that is asked about, and at least that.
    """

    one_ear: Float | None = None
    """The better of the left and the right ear."""
    one_interval: Float | None = None
    """Both ears, but only one of two sounds: the better of the first and the second."""
    level: Float | None = None
    """Levels of the sounds alone, both ears' mean power."""
    colour: Float | None = None
    """The spectrum of both ears' mean power without its level, nothing between the ears, nothing over time."""
    downmix: Float | None = None
    """Both ears mixed to mono."""


class ReachedFloor(Frozen):
    """How one floor was reached: with which features and classifier the best attempt was made."""

    accuracy: Float
    """Of the attempt that was best in the other folds, fold by fold."""
    standard_error: Float
    best_attempt: str
    best_attempt_accuracy: Float
    """Higher than ``accuracy`` by chance: the best of many attempts, chosen by the same answers."""


class PartFloors(Frozen):
    """The floors of one sub-category."""

    name: str
    n_items: Int
    chance: Float
    floors: Floors
    reached: dict[str, ReachedFloor | None]
    """Name of a floor (or ``binaural``: all that both ears have, by the same classifiers) -> how it was reached."""
    missing: dict[str, str] = Field(default_factory=dict)
    """Name of a floor that is null -> why."""


class SuiteFloors(Frozen):
    """``floors.json``: the floors of every sub-category of a suite, and how they were measured."""

    schema_version: Literal[1] = 1
    suite: str
    digest: str
    """Of the suite that was measured: other floors are no floors of it."""
    others: tuple[str, ...] = ()
    """Digests of suites whose items were measured with its own."""
    features: str
    classifiers: dict[str, str]
    folds: Int
    seed: Int
    least_items: Int
    versions: dict[str, str]
    parts: tuple[PartFloors, ...]

    def by_part(self, sufficient: Mapping[str, Collection[str]]) -> dict[str, Floors]:
        """Name of a sub-category -> its floors, without those of listeners who hear what it asks about."""
        return {
            part.name: part.floors.model_copy(update=dict.fromkeys(sufficient.get(part.name, ())))
            for part in self.parts
        }
