"""Replies that are read otherwise than when they were asked: by a newer reader, most likely."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from starbench.runs.directory import PlannedTrial
from starbench.runs.load import LoadedRun
from starbench.schema import Outcome
from starbench.scoring.observations import observe


@dataclass(frozen=True)
class ChangedReading:
    """One trial whose reply was read as ``before`` in the journal, and is read as ``now``: letter or outcome."""

    trial: PlannedTrial
    reply: str
    before: str
    now: str


def changed_readings(data: LoadedRun) -> Iterator[ChangedReading]:
    """Every trial that counts otherwise now than its journal line says, in the order of the plan."""
    for observation in observe(data):
        end = data.ends.get(observation.trial.key)
        if end is None or end.outcome is Outcome.ERROR:
            continue
        before, now = end.letter or end.outcome.value, observation.letter or observation.outcome
        if before != now:
            yield ChangedReading(observation.trial, end.response or "", before, now)
