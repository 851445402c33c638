"""A suite verified: every claim measured again, answers in balance, nothing given away."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from starbench.errors import SuiteError
from starbench.execution.processes import available_cpus
from starbench.schema.floors import SuiteFloors
from starbench.suites import suite as suites
from starbench.suites.floors import FLOORS, measured_floors, published_floors
from starbench.suites.suite import Suite
from starbench.verify import balance, leaks
from starbench.verify.answers import groups
from starbench.verify.findings import Breach, Findings, judge
from starbench.verify.remeasure import measure_all


def verify(
    root: Path,
    *,
    workers: int | None = None,
    on_item: Callable[[int, int], None] = lambda _done, _all: None,
) -> Findings:
    """Verify the suite in the directory ``root``.

    It takes ``workers`` processes, by default one for each CPU that this process may use. They are spawned, so
    a script calls this under ``if __name__ == "__main__"``. ``on_item`` is called with the number of items that
    are measured, and of all. A SuiteError says that there is no suite, it is damaged or a worker process died.
    """
    suite = suites.read(root, check_digest=False)
    manifest = suites.read_manifest(root)
    declared = manifest.get("declared") or {}
    measurements = measure_all(suite, workers or available_cpus(), on_item)
    rows, unmeasured, breaches = judge((one.item, result) for one in measurements for result in one.results)
    parts = groups(suite.items)
    balance_rows, imbalances = balance.audit(parts, declared)
    leak_rows, leak_breaches = leaks.audit(parts, measurements, declared)
    floors, why_none = _floors(suite)
    return Findings(
        suite=suite.name,
        digest=suite.digest,
        items=len(suite.items),
        clips=len(suite.clips),
        claims=rows,
        unmeasured=[*unmeasured, *why_none],
        balance=balance_rows,
        leaks=leak_rows,
        breaches=[*_digest_breaches(suite.digest, manifest), *breaches, *imbalances, *leak_breaches],
        floors=floors,
    )


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
