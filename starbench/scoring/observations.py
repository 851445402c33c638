"""What a run observed: every planned trial with what became of it, answers read afresh."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from starbench.protocols import read_response
from starbench.runs import directory, journal
from starbench.runs.directory import PlannedTrial
from starbench.schema import AnswerMode, Item, JournalLine, Outcome, Reading, Response, Stop, Usage

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


class _End(NamedTuple):
    """What scoring needs of a journal line; a hundred thousand whole ones would fill half a gigabyte."""

    outcome: Outcome
    response: str | None
    stop: Stop
    usage: Usage | None
    served_model: str | None

    @classmethod
    def of(cls, line: JournalLine) -> _End:
        return cls(line.outcome, line.response, line.stop, line.usage, line.served_model)


def observe(run: Path) -> list[Observation]:
    """Read a run's plan and journal; each delivered text is read anew, so a better reader re-scores it.

    Raises
    ------
    starbench.errors.RunError
        If the run cannot be read.
    """
    items, mode = directory.read_items(run), directory.read(run).identity.answer_mode
    lines = journal.latest_as(run, _End.of)
    return [
        _observation(trial, items[trial.suite, trial.item_id], lines, mode)
        for trial in directory.read_plan(run)
    ]


def _observation(
    trial: PlannedTrial, item: Item, lines: Mapping[journal.Key, _End], mode: AnswerMode
) -> Observation:
    line = lines.get(trial.key)
    if line is None:
        return Observation(trial, item, MISSING, False, False, False, None, None)
    if line.outcome is Outcome.ERROR:
        return Observation(trial, item, Outcome.ERROR.value, False, False, False, line.usage, None)
    options = tuple(item.options[i] for i in trial.contents)
    reading = _reread(trial.protocol, line.response, line.stop, options, mode)
    chosen = None if reading.letter is None else trial.contents[ord(reading.letter) - ord("A")]
    return Observation(
        trial=trial,
        item=item,
        outcome=reading.outcome.value,
        correct=reading.letter == trial.answer_letter,
        abstained=chosen is not None and chosen == item.abstain,
        truncated=reading.truncated,
        usage=line.usage,
        served_model=line.served_model,
    )


# Most replies of most models are one of a few; reading each once makes re-scoring a journal cheap.
@lru_cache(maxsize=65536)
def _reread(
    protocol: str, text: str | None, stop: str, options: tuple[str, ...], mode: AnswerMode
) -> Reading:
    return read_response(protocol, Response.model_construct(text=text, stop=stop), options, mode)
