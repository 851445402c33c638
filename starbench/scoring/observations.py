"""What a run observed: every planned trial with what became of it, answers read afresh."""

from __future__ import annotations

from typing import NamedTuple

from starbench.protocols import read_response
from starbench.runs.directory import PlannedTrial
from starbench.runs.load import RunData
from starbench.schema import AnswerMode, Item, Outcome, Response, Usage

#: How a planned trial without a journal line is counted.
MISSING = "missing"


class Observation(NamedTuple):
    """One planned trial: its item, its outcome (or ``missing``), and whether it was right."""

    trial: PlannedTrial
    item: Item
    outcome: str
    correct: bool
    abstained: bool
    truncated: bool
    usage: Usage | None
    served_model: str | None

    @property
    def right_content(self) -> int:
        """Index, in the item's own order, of the option that is right."""
        return self.trial.contents[ord(self.trial.answer_letter) - ord("A")]


def observe(data: RunData) -> list[Observation]:
    """Every planned trial and how it ended; each delivered text is read anew, so a better reader re-scores it."""
    mode = data.run.identity.setup.answer_mode
    return [_observation(trial, data, mode) for trial in data.plan]


def _observation(trial: PlannedTrial, data: RunData, mode: AnswerMode) -> Observation:
    item, end = data.items[trial.suite, trial.item_id], data.ends.get(trial.key)
    if end is None:
        return Observation(trial, item, MISSING, False, False, False, None, None)
    if end.outcome is Outcome.ERROR:
        return Observation(trial, item, Outcome.ERROR.value, False, False, False, end.usage, None)
    options = tuple(item.options[i] for i in trial.contents)
    delivered = Response.model_construct(text=end.response, stop=end.stop)
    reading = read_response(trial.protocol, delivered, options, mode)
    chosen = None if reading.letter is None else trial.contents[ord(reading.letter) - ord("A")]
    return Observation(
        trial=trial,
        item=item,
        outcome=reading.outcome.value,
        correct=reading.letter == trial.answer_letter,
        abstained=chosen is not None and chosen == item.abstain,
        truncated=reading.truncated,
        usage=end.usage,
        served_model=end.served_model,
    )
