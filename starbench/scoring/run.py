"""All scores of a run; nothing is asked, and no file is read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product

from starbench.engine.cost import dollars, total
from starbench.execution.garbage import paused_collector
from starbench.planning.conditions import is_soundless
from starbench.runs.load import LoadedRun
from starbench.schema import Outcome, SuiteIdentity, Usage
from starbench.schema.conclusion import Conclusion
from starbench.schema.floors import Floors
from starbench.schema.references import References
from starbench.schema.score import PairedDifference, RunScore, SuiteScore
from starbench.schema.threshold import Threshold
from starbench.scoring.accuracy import grouped, headline, paired, task_score
from starbench.scoring.conclusions import conclusions
from starbench.scoring.factors import factor_scores
from starbench.scoring.floors import with_floors
from starbench.scoring.observations import MISSING, Observation, observe
from starbench.scoring.official import AUDIO, is_complete, official_results
from starbench.scoring.psychometrics.thresholds import thresholds

#: What other conditions are compared with, where it was asked.
BASE = AUDIO
_UNFINISHED = (MISSING, Outcome.ERROR.value)


@paused_collector()
def score(data: LoadedRun) -> RunScore:
    """Score a run from its journal."""
    run, canary = data.run, data.canary
    observations = observe(data)
    delivered = [o for o in observations if o.outcome not in _UNFINISHED]
    probes = [canary.usage] if canary and canary.requests else []
    usage = total(usage for usage in [*(o.usage for o in observations), *probes] if usage is not None)
    is_known = all(_is_full(usage) for usage in [*(o.usage for o in delivered), *probes])
    by_suite = grouped(observations, lambda o: o.trial.suite)
    return RunScore(
        run=data.path.name,
        model=run.identity.model,
        served_as=tuple(sorted({o.served_model for o in observations if o.served_model})),
        complete=is_complete(observations),
        delivered=len(delivered),
        usage=usage,
        cost_usd=dollars(usage, run.prices) if usage and run.prices and is_known else None,
        suites=tuple(
            _suite_score(suite, by_suite[suite.name], data)
            for suite in run.identity.suites
            if suite.name in by_suite
        ),
    )


def _is_full(usage: Usage | None) -> bool:
    """Whether both kinds of tokens that have a price were reported."""
    return usage is not None and usage.input_tokens is not None and usage.output_tokens is not None


def _suite_score(suite: SuiteIdentity, observations: Sequence[Observation], data: LoadedRun) -> SuiteScore:
    run = data.run
    conditions, floors = run.identity.setup.conditions, run.floors.get(suite.name, {})
    cells = grouped(observations, lambda o: (o.item.task, o.trial.condition))
    tasks = tuple(grouped(observations, lambda o: o.item.task))
    by_condition = grouped(observations, lambda o: o.trial.condition)
    measured = tuple(
        row
        for (task, condition), cell in cells.items()
        if not is_soundless(condition)
        for row in thresholds(task, condition, cell, run.references.get(suite.name, References()))
    )
    return SuiteScore(
        suite=suite.name,
        digest=suite.digest,
        n_items=len({o.trial.item_id for o in observations}),
        protocol=suite.protocol,
        tasks=tuple(
            with_floors(task_score(task, condition, cells[task, condition]), cells[task, condition], floors)
            for task, condition in product(tasks, conditions)
            if (task, condition) in cells
        ),
        headlines=tuple(
            with_floors(
                headline(condition, by_condition[condition], complete=is_complete(by_condition[condition])),
                by_condition[condition],
                floors,
            )
            for condition in conditions
            if condition in by_condition
        ),
        paired=tuple(_paired(cells, tasks, conditions)),
        factors=tuple(
            row
            for task, condition in product(tasks, conditions)
            if (task, condition) in cells
            for row in factor_scores(task, condition, cells[task, condition])
        ),
        thresholds=measured,
        conclusions=tuple(_conclusions(by_condition, floors, measured)),
        official=official_results(suite, observations, data),
    )


def _conclusions(
    by_condition: Mapping[str, Sequence[Observation]],
    floors: Mapping[str, Floors],
    measured: Sequence[Threshold],
) -> Iterator[Conclusion]:
    with_sound = [name for name in by_condition if not is_soundless(name)]
    if with_sound:
        name = BASE if BASE in with_sound else with_sound[0]
        rows = [row for row in measured if row.condition == name]
        yield from conclusions(name, by_condition[name], floors, rows)


def _paired(
    cells: dict[tuple[str, str], list[Observation]], tasks: Sequence[str], conditions: Sequence[str]
) -> Iterator[PairedDifference]:
    for task, condition in product(tasks, conditions):
        if BASE in conditions and condition != BASE:
            first, second = cells.get((task, BASE), []), cells.get((task, condition), [])
            difference = paired(task, BASE, condition, first, second)
            if difference is not None:
                yield difference
