"""What a run observed: every planned trial and how it ended, answers read again."""

from __future__ import annotations

from typing import NamedTuple

from starbench.protocols import read_response
from starbench.runs.directory import PlannedTrial
from starbench.runs.load import LoadedRun
from starbench.schema import AnswerMode, Item, Outcome, Usage

#: How a planned trial without a journal line is counted.
MISSING = "missing"


class Observation(NamedTuple):
    """One planned trial: its item, its outcome (or ``missing``), and whether it was right."""

    trial: PlannedTrial
    item: Item
    outcome: str
    right_content: int
    """Index, in the item's own order, of the option that is right."""
    correct: bool = False
    abstained: bool = False
    truncated: bool = False
    usage: Usage | None = None
    served_model: str | None = None
    letter: str | None = None
    """The letter that was read, None unless the outcome is ``answered``."""


def observe(data: LoadedRun) -> list[Observation]:
    """Every planned trial and how it ended; each delivered text is read again, so a better reader re-scores it."""
    mode = data.run.identity.setup.answer_mode
    return [_observation(trial, data, mode) for trial in data.plan]


def _observation(trial: PlannedTrial, data: LoadedRun, mode: AnswerMode) -> Observation:
    item, end = data.items[trial.suite, trial.item_id], data.ends.get(trial.key)
    if end is None:
        return Observation(trial, item, MISSING, trial.right_content)
    if end.outcome is Outcome.ERROR:
        return Observation(trial, item, Outcome.ERROR.value, trial.right_content, usage=end.usage)
    options = tuple([item.options[i] for i in trial.contents])
    reading = read_response(trial.protocol, end.response, end.stop, options, mode, item.question)
    chosen = None if reading.letter is None else trial.contents[ord(reading.letter) - ord("A")]
    return Observation(
        trial,
        item,
        reading.outcome.value,
        trial.right_content,
        reading.letter == trial.answer_letter,
        chosen is not None and chosen == item.abstain,
        reading.truncated,
        end.usage,
        end.served_model,
        reading.letter,
    )
