"""The floors of one suite, as they are written beside it."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec

from starbench.errors import InputError
from starbench.execution.environment import versions
from starbench.floors.classifiers import CLASSIFIERS, FOLDS, SEED, Reached
from starbench.floors.listeners import BINAURAL, FEATURES, FLOORS
from starbench.floors.measure import LEAST_ITEMS, Part, Progress, measure, parts_of
from starbench.schema.floors import Floors, PartFloors, ReachedFloor, SuiteFloors
from starbench.suites.suite import Suite

_VERSIONED = ("numpy", "scipy", "scikit-learn")


def require_classifiers() -> None:
    """Raise :class:`InputError` if scikit-learn is not installed."""
    if find_spec("sklearn") is None:
        raise InputError("floors need scikit-learn: pip install 'starbench[floors]'")


def floors_of(
    suite: Suite,
    workers: int,
    on_item: Progress = lambda _done, _all: None,
    others: Sequence[Suite] = (),
) -> SuiteFloors:
    """Measure the floors of every sub-category of a suite; ``workers`` and ``on_item`` as in :func:`measure.measure`.

    The items of ``others``, which should be of the same profile and of other seeds, are measured with its own, so that
    small sub-categories have enough. Raises :class:`InputError` if scikit-learn is not installed or one of them is the
    same suite, :class:`SuiteError` if a worker process dies.
    """
    require_classifiers()
    digests = [one.digest for one in (suite, *others)]
    if len(set(digests)) < len(digests):
        raise InputError(
            f"{suite.name}: a suite is given twice, and its items would be learnt by heart: give each once"
        )
    own = {item.part for item in suite.items}
    parts = [part for part in parts_of([suite, *others]) if part.name in own]
    found = {
        part.name: _part(part, row) for part, row in measure(parts, (*FLOORS, BINAURAL), workers, on_item)
    }
    return SuiteFloors(
        suite=suite.name,
        digest=suite.digest,
        others=tuple(digests[1:]),
        features=FEATURES,
        classifiers=CLASSIFIERS,
        folds=FOLDS,
        seed=SEED,
        least_items=LEAST_ITEMS,
        versions=versions(_VERSIONED),
        parts=tuple(found[part.name] for part in parts),
    )


def _part(part: Part, row: dict[str, Reached | None]) -> PartFloors:
    reached = {
        name: None
        if one is None
        else ReachedFloor(
            accuracy=one.accuracy,
            standard_error=one.standard_error,
            best_attempt=one.how,
            best_attempt_accuracy=one.highest,
        )
        for name, one in row.items()
    }
    return PartFloors(
        name=part.name,
        n_items=len(part.items),
        chance=part.chance,
        floors=Floors(**{name: one.accuracy for name in FLOORS if (one := reached[name]) is not None}),
        reached=reached,
        missing={name: reason for name in row if (reason := part.why_not(name)) is not None},
    )
