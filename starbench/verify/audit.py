"""A suite verified: every claim measured again, answers in balance, nothing given away."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from starbench.errors import SuiteError
from starbench.execution.processes import available_cpus
from starbench.plugins import registry
from starbench.schema.floors import SuiteFloors
from starbench.suites import suite as suites
from starbench.suites.floors import FLOORS, measured_floors, published_floors
from starbench.suites.open import open_suite, suite_directory
from starbench.suites.suite import Suite
from starbench.verify import balance, leaks
from starbench.verify.answers import groups
from starbench.verify.baselines import baselines
from starbench.verify.channels import channel_audit
from starbench.verify.estimators import claim_kinds, estimators_of
from starbench.verify.findings import Breach, Findings, judge
from starbench.verify.remeasure import measure_all
from starbench.verify.synthesizers import synthesizers
from starbench.verify.tolerances import KINDS


def verify(
    spec: str | Path,
    *,
    skip_bad: bool = False,
    loading: Mapping[str, Any] | None = None,
    workers: int | None = None,
    estimators: str | None = None,
    on_item: Callable[[int, int], None] = lambda _done, _all: None,
) -> Findings:
    """Verify the suite that ``spec`` names: a directory that was built, or ``task:source``.

    What a task loads promised nothing of how it was made: what is uneven in it, or gives answers away, is a remark
    and no breach. ``skip_bad`` leaves damaged items of it out; ``loading`` is as in
    :func:`starbench.suites.open.open_suite`.

    Claims of its own a task may measure itself (:class:`starbench.synthesis.Estimator`): the task that made the suite
    if it is installed, or the one that ``estimators`` names. A file or module that only the suite names is never run.

    It takes ``workers`` processes, by default one for each CPU that this process may use. They are spawned, so
    a script calls this under ``if __name__ == "__main__"``. ``on_item`` is called with the number of items that
    are measured, and of all. A SuiteError says that there is no suite, it is damaged or a worker process died, a
    PluginError that an estimator failed.
    """
    root = suite_directory(str(spec))
    if root is None:
        suite, manifest = open_suite(str(spec), skip_bad=skip_bad, loading=loading), {}
    else:
        suite, manifest = suites.read(root, check_digest=False), suites.read_manifest(root)
    declared = suite.declared
    task, foreign = _task(str(spec), suite, estimators, is_built=root is not None)
    estimated = estimators_of(task) if task else {}
    measurements = measure_all(suite, workers or available_cpus(), on_item, task=task if estimated else None)
    judgement = judge(
        ((one.item, result) for one in measurements for result in one.results), KINDS | claim_kinds(estimated)
    )
    parts = groups(suite.items)
    balanced = balance.audit(suite.items, declared)
    leak_rows, leak_breaches = leaks.audit(parts, measurements, declared)
    floors, why_none = _floors(suite)
    suite_baselines, excesses = baselines(suite, measurements)
    uneven = [*balanced.breaches, *leak_breaches, *excesses]
    return Findings(
        suite=suite.name,
        digest=suite.digest,
        items=len(suite.items),
        clips=len(suite.clips),
        claims=judgement.claims,
        unmeasured=[*judgement.unmeasured, *balanced.unmeasured, *why_none],
        unknown=judgement.unknown,
        balance=balanced.rows,
        leaks=leak_rows,
        breaches=[*_digest_breaches(suite.digest, manifest), *judgement.breaches, *(uneven if root else ())],
        remarks=() if root else tuple(uneven),
        channels=channel_audit(suite, measurements),
        synthesizers=synthesizers(manifest, estimated),
        task=foreign,
        floors=floors,
        baselines=suite_baselines,
    )


def _task(spec: str, suite: Suite, named: str | None, *, is_built: bool) -> tuple[str | None, str | None]:
    """The task whose estimators measure, and the one that is left out: code that only a suite names is not run."""
    if named is not None:
        return named, None
    if not is_built:
        return registry.split("tasks", spec)[0], None
    task = suite.spec.get("task")
    if not isinstance(task, str):
        return None, None
    return (task, None) if task in registry.available("tasks") else (None, task)


def _floors(suite: Suite) -> tuple[SuiteFloors | None, list[dict[str, Any]]]:
    """The floors of a suite, or why what lies beside it cannot be read: they are no part of it, so it is no breach."""
    try:
        floors = measured_floors(suite)
    except SuiteError as error:
        return None, [{"claim": "floors", "why": str(error), "count": 1}]
    is_foreign = floors is None and (suite.root / FLOORS).exists()
    why = f"{FLOORS} was measured of another suite: starbench floors {suite.root} measures again"
    unread = [{"claim": "floors", "why": why, "count": 1}] if is_foreign else []
    return floors or published_floors(suite), unread


def _digest_breaches(digest: str, manifest: dict[str, Any]) -> list[Breach]:
    claimed = manifest.get("digest")
    changed = f"{digest[:12]}: it was changed after it was built"
    return [] if claimed in (None, digest) else [Breach("the suite", "digest", str(claimed)[:12], changed)]
