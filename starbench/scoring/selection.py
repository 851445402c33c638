"""Which items and which trials of a run are looked at."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import isclose
from typing import Literal

from starbench.errors import InputError
from starbench.schema import Item, Outcome
from starbench.scoring.observations import MISSING, Observation
from starbench.text import suggestion

OUTCOMES = (*(outcome.value for outcome in Outcome), MISSING)


@dataclass(frozen=True)
class Selection:
    """Filters that are all to hold; None holds for everything. Names are compared without regard to case."""

    item_id: str | None = None
    task: str | None = None
    category: str | None = None
    sub_category: str | None = None
    level: float | None = None
    condition: str | None = None
    outcome: str | None = None
    verdict: Literal["right", "wrong"] | None = None
    text: str = ""
    """Words that must all occur in an item's question, options, id, or the reply."""

    @property
    def is_about_trials(self) -> bool:
        """Whether it asks for what only trials have."""
        return self.condition is not None or self.outcome is not None or self.verdict is not None

    def keeps_item(self, item: Item) -> bool:
        """Whether an item is one of those looked at, whatever its words and its trials are."""
        return (
            self.item_id in (None, item.id)
            and _is_named(self.task, item.task)
            and _is_named(self.category, item.category)
            and _is_named(self.sub_category, item.sub_category)
            and (self.level is None or (item.level is not None and isclose(self.level, item.level)))
        )

    def keeps_words(self, item: Item, reply: str | None = None) -> bool:
        """Whether all the words occur in an item or a reply to it."""
        searched = "\n".join([item.id, item.question, *item.options, reply or ""]).casefold()
        return all(word in searched for word in self.text.casefold().split())

    def keeps_condition(self, observation: Observation) -> bool:
        """Whether a trial was asked under the condition looked at; ``caption`` is every grade of it."""
        name = observation.trial.condition
        return self.condition in (None, name, name.partition(":")[0])

    def keeps_trial(self, observation: Observation, reply: str | None = None) -> bool:
        """Whether a trial is one of those looked at. One that was not asked is neither right nor wrong."""
        return (
            self.keeps_item(observation.item)
            and self.keeps_condition(observation)
            and self.outcome in (None, observation.outcome)
            and self.verdict in (None, verdict_of(observation))
            and self.keeps_words(observation.item, reply)
        )

    def refuse_unknown(self, items: Iterable[Item], conditions: Iterable[str] = ()) -> None:
        """Raise :class:`InputError` where a filter names what none of the items, or the run, has."""
        items, conditions = list(items), list(conditions)
        known: dict[str, tuple[object, Iterable[str | None]]] = {
            "--item": (self.item_id, (item.id for item in items)),
            "--task": (self.task, (item.task for item in items)),
            "--category": (self.category, (item.category for item in items)),
            "--sub-category": (self.sub_category, (item.sub_category for item in items)),
            "--outcome": (self.outcome, OUTCOMES),
            "--condition": (self.condition, [*conditions, *(name.partition(":")[0] for name in conditions)]),
        }
        for option, (wanted, names) in known.items():
            there = list(dict.fromkeys(name for name in names if name is not None))
            is_exact = option in ("--item", "--outcome", "--condition")
            if wanted is not None and not any(
                wanted == name if is_exact else _is_named(str(wanted), name) for name in there
            ):
                raise InputError(f"{option} {wanted!r} names nothing here: {suggestion(str(wanted), there)}")
        levels = sorted({item.level for item in items if item.level is not None})
        if self.level is not None and not any(isclose(self.level, level) for level in levels):
            raise InputError(
                f"--level {self.level:g} is the level of no item: "
                f"{suggestion('', [f'{level:g}' for level in levels])}"
            )


def verdict_of(observation: Observation) -> Literal["right", "wrong"] | None:
    """Right, or not: every way of not being right counts alike, as it does in the score; None if it was not asked."""
    if observation.outcome == MISSING:
        return None
    return "right" if observation.correct else "wrong"


def _is_named(wanted: str | None, name: str | None) -> bool:
    return wanted is None or (name is not None and wanted.casefold() == name.casefold())
