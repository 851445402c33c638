"""What became of each item of a run: how its trials ended, and how many are right."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from starbench.runs.directory import ItemKey
from starbench.runs.load import LoadedRun
from starbench.schema import Item
from starbench.scoring.observations import Observation, observe
from starbench.scoring.selection import Selection, verdict_of
from starbench.scoring.trial_view import reply_of


class ItemSummary(NamedTuple):
    """An item; of a run also its trials under the conditions looked at, by outcome, and how many were right."""

    suite: str
    item: Item
    outcomes: Mapping[str, int] | None = None
    """Outcome, or ``missing`` -> number of trials; None where nothing was asked."""
    n_right: int = 0

    @property
    def n_trials(self) -> int:
        """Planned trials."""
        return sum((self.outcomes or {}).values())


def suite_items(suite: str, items: Iterable[Item], selection: Selection) -> Iterator[ItemSummary]:
    """The items of a suite that are looked at."""
    for item in items:
        if selection.keeps_item(item) and selection.keeps_words(item):
            yield ItemSummary(suite, item)


def run_items(data: LoadedRun, selection: Selection) -> Iterator[ItemSummary]:
    """The items of a run that are looked at, in the order of its questions.

    An item is wrong if one of its trials is, right if all that were asked are; it has an outcome if one of its trials
    has. Words are looked for in its replies as well.
    """
    groups: dict[ItemKey, list[Observation]] = {}
    for one in observe(data):
        if selection.keeps_condition(one):
            groups.setdefault((one.trial.suite, one.item.id), []).append(one)
    for key, item in data.items.items():
        trials = groups.get(key, [])
        if trials and selection.keeps_item(item) and _keeps_trials(data, trials, selection):
            outcomes = Counter(one.outcome for one in trials)
            yield ItemSummary(key[0], item, outcomes, sum(one.correct for one in trials))


def _keeps_trials(data: LoadedRun, trials: list[Observation], selection: Selection) -> bool:
    verdicts = {verdict_of(one) for one in trials} - {None}
    is_wrong = "wrong" in verdicts
    if selection.verdict is not None and (not verdicts or is_wrong != (selection.verdict == "wrong")):
        return False
    if selection.outcome is not None and all(one.outcome != selection.outcome for one in trials):
        return False
    return any(selection.keeps_words(one.item, reply_of(data, one)) for one in trials)
