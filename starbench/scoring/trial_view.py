"""What one trial asked and what came of it, whole: facts for whoever shows it, and no words for people."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from starbench.planning.trials import arrange
from starbench.protocols import response_evidence
from starbench.reading.evidence import ReadingEvidence
from starbench.runs.directory import ItemKey
from starbench.runs.load import LoadedRun, TrialEnd
from starbench.schema import Item, Outcome
from starbench.scoring.observations import Observation


class SiblingTrial(NamedTuple):
    """The same item at another rotation or under another condition; ``letter`` is the chosen one."""

    rotation: int
    condition: str
    outcome: str
    correct: bool
    letter: str | None


class TrialView(NamedTuple):
    """A trial with its question, its reply, and the other trials of its item."""

    observation: Observation
    """The trial, its item, its outcome and the letter read in it."""
    options: tuple[str, ...]
    """In the order asked, the first as ``<A>``."""
    clip_order: tuple[int, ...]
    """The item's clips (from 0) in the order heard."""
    end: TrialEnd | None
    """Reply, error, attempts and seconds; None if it was not asked."""
    evidence: ReadingEvidence | None
    """Why the reply is read as it is, and where; None if there is no reply to read."""
    siblings: tuple[SiblingTrial, ...]
    """In the order of the plan, without this trial."""

    @property
    def item(self) -> Item:
        return self.observation.item

    @property
    def right_letter(self) -> str:
        return self.observation.trial.answer_letter

    @property
    def chosen_letter(self) -> str | None:
        return self.observation.letter


def reply_of(data: LoadedRun, observation: Observation) -> str | None:
    """The text that a trial got, None if it got none."""
    end = data.ends.get(observation.trial.key)
    return None if end is None else end.response


def trial_views(
    data: LoadedRun, observations: Sequence[Observation], chosen: Iterable[Observation]
) -> Iterator[TrialView]:
    """The views of the ``chosen`` trials; ``observations`` are all of the run's."""
    of_item: dict[ItemKey, list[Observation]] = defaultdict(list)
    for one in observations:
        of_item[one.trial.suite, one.item.id].append(one)
    for one in chosen:
        yield _view(data, one, of_item[one.trial.suite, one.item.id])


def _view(data: LoadedRun, observation: Observation, of_item: Sequence[Observation]) -> TrialView:
    trial, item = observation.trial, observation.item
    end = data.ends.get(trial.key)
    options = tuple([item.options[i] for i in trial.contents])
    evidence = None
    if end is not None and end.outcome is not Outcome.ERROR:
        mode = data.run.identity.setup.answer_mode
        evidence = response_evidence(trial.protocol, end.response, end.stop, options, mode, item.question)
    siblings = tuple(
        SiblingTrial(one.trial.rotation, one.trial.condition, one.outcome, one.correct, one.letter)
        for one in of_item
        if one.trial.key != trial.key
    )
    return TrialView(observation, options, arrange(item, trial.rotation)[1], end, evidence, siblings)
