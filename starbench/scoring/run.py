"""All scores of a run, from its directory alone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from starbench import rundir
from starbench.schema import Outcome, SuiteIdentity
from starbench.schema.score import PairedDifference, RunScore, SuiteScore
from starbench.scoring.accuracy import grouped, headline, paired, task_score
from starbench.scoring.observations import MISSING, Observation, observe
from starbench.scoring.official import Result, performance

#: What other conditions are compared with, where it was asked.
BASE = "audio"
_UNFINISHED = (MISSING, Outcome.ERROR.value)


def score_run(path: Path) -> RunScore:
    """Score a run again from its journal; nothing is asked.

    Raises
    ------
    starbench.errors.RunError
        If ``path`` is no run, or is damaged.
    """
    run = rundir.read(path)
    observations = observe(path)
    by_suite = grouped(observations, lambda o: o.trial.suite)
    return RunScore(
        run=path.name,
        model=run.identity.model,
        complete=_complete(observations),
        suites=tuple(
            _suite_score(suite, by_suite[suite.name], run.identity.conditions)
            for suite in run.identity.suites
            if suite.name in by_suite
        ),
    )


def _suite_score(
    suite: SuiteIdentity, observations: Sequence[Observation], conditions: Sequence[str]
) -> SuiteScore:
    cells = grouped(observations, lambda o: (o.item.task, o.trial.condition))
    tasks = tuple(grouped(observations, lambda o: o.item.task))
    by_condition = grouped(observations, lambda o: o.trial.condition)
    return SuiteScore(
        suite=suite.name,
        digest=suite.digest,
        protocol=suite.protocol,
        tasks=tuple(
            task_score(task, condition, cells[task, condition])
            for task in tasks
            for condition in conditions
            if (task, condition) in cells
        ),
        headlines=tuple(
            headline(condition, by_condition[condition], complete=_complete(by_condition[condition]))
            for condition in conditions
            if condition in by_condition
        ),
        paired=tuple(_paired(cells, tasks, conditions)),
        official=_official(observations) if suite.protocol == "star-bench" else {},
    )


def _paired(
    cells: dict[tuple[str, str], list[Observation]], tasks: Sequence[str], conditions: Sequence[str]
) -> list[PairedDifference]:
    if BASE not in conditions:
        return []
    found = (
        paired(task, BASE, condition, cells.get((task, BASE), []), cells.get((task, condition), []))
        for task in tasks
        for condition in conditions
        if condition != BASE
    )
    return [difference for difference in found if difference is not None]


def _official(observations: Sequence[Observation]) -> dict[str, object]:
    """The official report over condition audio, once every planned trial has ended."""
    heard = [o for o in observations if o.trial.condition == BASE]
    if not heard or not _complete(heard):
        return {}
    return performance(
        (o.item.task, Result(o.item.id, o.item.category, o.item.sub_category, o.correct)) for o in heard
    )


def _complete(observations: Sequence[Observation]) -> bool:
    return not any(o.outcome in _UNFINISHED for o in observations)
