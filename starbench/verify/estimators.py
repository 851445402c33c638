"""Estimators that a task brings for claims of its own: loaded by its name, in every worker process again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from functools import cache
from typing import Any

import numpy as np

from starbench.errors import PluginError
from starbench.plugins import registry
from starbench.plugins.registry import plugin_errors
from starbench.plugins.source_location import at, explain, line_of, shown_value
from starbench.suites.truth import Claim
from starbench.synthesis import Estimator
from starbench.verify.claims import ClaimResult, Clip, Measurement, Unknown, Unmeasured
from starbench.verify.tolerances import ClaimKind

_REASON = "as the task states it"


@cache
def estimators_of(task: str) -> Mapping[str, Estimator]:
    """What the task brings, by the key that each measures; raises a PluginError if it is not that."""
    plugin = registry.make("tasks", task)
    given = getattr(plugin, "estimators", {})
    if not isinstance(given, Mapping):
        raise PluginError(
            f"task {task!r}: estimators is {shown_value(given)}, not a mapping from keys of a truth"
        )
    for key, estimator in given.items():
        if not (isinstance(key, str) and isinstance(estimator, Estimator)):
            raise PluginError(
                f"task {task!r}: the estimator of {key!r} is {shown_value(estimator)}, not an Estimator "
                f"(starbench.synthesis){at(line_of(type(plugin)))}"
            )
    return given


def kind_name(key: str) -> str:
    """The name of the kind of claim, apart from the harness's own kinds."""
    return f"{key} (by the task)"


def claim_kinds(estimators: Mapping[str, Estimator]) -> dict[str, ClaimKind]:
    """How claims that a task measures are judged: as it says."""
    return {
        kind_name(key): ClaimKind(
            what=key,
            unit=one.unit,
            tolerance=_of_claim(one.tolerance),
            rule=f"{one.tolerance:g} {one.unit}".strip()
            if isinstance(one.tolerance, int | float)
            else "by the claim",
            reason=_REASON,
            jnd=None if one.jnd is None else _of_claim(one.jnd),
        )
        for key, one in estimators.items()
    }


def _of_claim(limit: Any) -> Any:
    return limit if callable(limit) else lambda _claimed: float(limit)


def estimate(clip: Clip, claim: Claim, task: str) -> Iterator[ClaimResult]:
    """Measure one claim of a clip by the estimator that ``task`` brings for its key.

    It gets copies of the samples and of the record that the claim stands in. Raises a PluginError if it fails.
    """
    estimator, kind = estimators_of(task)[claim.key], kind_name(claim.key)
    claimed = _numbers(claim.value)
    if claimed is None:
        yield Unknown(claim.key, "an estimator measures numbers, and this is another value")
        return
    who = f"task {task!r}: the estimator of {claim.key!r}"
    with plugin_errors(lambda error: f"{who} failed: {explain(error, estimator.measure)}"):
        result = estimator.measure(clip.samples.copy(), clip.rate, deepcopy(dict(claim.record)))
    if result is None:
        yield Unmeasured(kind, "its estimator finds nothing to measure")
        return
    measured = _numbers(result)
    if measured is None or len(measured) != len(claimed):
        raise PluginError(f"{who} returned {shown_value(result)}, where {len(claimed)} number(s) are claimed")
    for number, (one, other) in enumerate(zip(claimed, measured, strict=True), 1):
        where = claim.where if len(claimed) == 1 else f"{claim.where}, value {number}"
        yield Measurement(kind, where, one, other)


def _numbers(value: Any) -> list[float] | None:
    """A number, or a list of some, as a list; None of anything else."""
    values = value if isinstance(value, list | tuple | np.ndarray) else [value]
    is_number = (isinstance(one, int | float | np.number) and not isinstance(one, bool) for one in values)
    return [float(one) for one in values] if all(is_number) else None
