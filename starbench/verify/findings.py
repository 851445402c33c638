"""What a verification found: a row for each kind of claim, each audit, and every breach by name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from starbench.schema.baselines import SuiteBaselines
from starbench.schema.floors import SuiteFloors
from starbench.verify.channels import ChannelAudit
from starbench.verify.claims import Absent, ClaimResult, Measurement, Unknown
from starbench.verify.synthesizers import SynthesizerRow
from starbench.verify.tolerances import ENOUGH, KINDS, MOST_TURN_DEG, ClaimKind
from starbench.verify.turns import common_turn

#: What may be unmeasured although a suite claims nothing of its sounds.
_NO_CLAIMS = frozenset({"truth", "balance of answers", "floors"})


class SuiteVerdict(StrEnum):
    """What a verification comes to."""

    BREACHED = "breached"
    CLEAN = "clean"
    """Claims were measured without a breach, and a check or an estimator knows every claim that there is."""
    CLEAN_AS_MEASURED = "clean as far as measured"
    """What was measured is without a breach, but there are claims that nothing knows."""
    NOT_MEASURED = "not measured"
    """There are claims, and none of them was measured."""
    NOTHING_CLAIMED = "nothing claimed"


@dataclass(frozen=True)
class Breach:
    """Something that is not as the suite says: where, what was claimed, and what was measured instead."""

    item: str
    claim: str
    claimed: str
    measured: str


@dataclass(frozen=True)
class KindRow:
    """Every measurement of one kind of claim: errors in its unit, and in human JNDs where there are any."""

    kind: str
    what: str
    unit: str
    measured: int
    worst: float
    median: float
    bias: float
    worst_jnd: float | None
    median_jnd: float | None
    tolerance: str
    """The error that this estimator leaves undecided: a smaller one is no breach of a single claim."""
    tolerance_jnd: float | None
    """The same in JNDs, at the claim where it is most."""
    reason: str
    breaches: int


class Judgement(NamedTuple):
    """What became of the claims of a suite."""

    claims: list[KindRow]
    """In the order of :data:`KINDS`."""
    unmeasured: list[dict[str, Any]]
    """Claims of known kinds that could not be measured: ``claim``, ``why``, ``count``."""
    breaches: list[Breach]
    """Measurements out of tolerance, claims of what is absent, and medians of the whole suite."""
    unknown: list[dict[str, Any]]
    """Claims that nothing knows, likewise; ``claim`` is their key."""


@dataclass
class Findings:
    """Everything that a verification found."""

    suite: str
    digest: str
    items: int
    clips: int
    claims: list[KindRow]
    unmeasured: list[dict[str, Any]]
    unknown: list[dict[str, Any]]
    balance: list[Any]
    leaks: list[Any]
    breaches: list[Breach]
    channels: ChannelAudit
    synthesizers: tuple[SynthesizerRow, ...] = ()
    """Who made the clips; empty where the suite does not say it."""
    task: str | None = None
    """The task that may bring estimators, but was not loaded: it is not installed here, and was not named."""
    floors: SuiteFloors | None = None
    """As measured before by ``starbench floors``: reported, and no breach whatever they are."""
    baselines: SuiteBaselines | None = None
    """Of a suite that asks for the order of clips."""
    remarks: tuple[Breach, ...] = ()
    """What would be a breach in a suite that was built here, in one that promises nothing."""

    @property
    def verdict(self) -> SuiteVerdict:
        if self.breaches:
            return SuiteVerdict.BREACHED
        if not self.claims:
            is_claimed = self.unknown or any(gap["claim"] not in _NO_CLAIMS for gap in self.unmeasured)
            return SuiteVerdict.NOT_MEASURED if is_claimed else SuiteVerdict.NOTHING_CLAIMED
        return SuiteVerdict.CLEAN_AS_MEASURED if self.unknown else SuiteVerdict.CLEAN

    @property
    def clean(self) -> bool | None:
        """Whether all that was measured is as the suite says; None: nothing was."""
        if self.breaches:
            return False
        return True if self.claims else None


def judge(results: Iterable[tuple[str, ClaimResult]], kinds: Mapping[str, ClaimKind] = KINDS) -> Judgement:
    """Judge what became of claims, each with the id of its item, by ``kinds``."""
    by_kind: dict[str, list[tuple[str, Measurement]]] = {name: [] for name in kinds}
    gaps: Counter[tuple[str, str]] = Counter()
    unknown: Counter[tuple[str, str]] = Counter()
    breaches = []
    for item, one in results:
        if isinstance(one, Measurement):
            by_kind[one.kind].append((item, one))
        elif isinstance(one, Absent):
            breaches.append(Breach(item, f"{one.kind} ({one.where})", one.claimed, "nothing of it"))
        elif isinstance(one, Unknown):
            unknown[one.key, one.why] += 1
        else:
            gaps[one.kind, one.why] += 1
    rows = []
    for name, measurements in by_kind.items():
        if measurements:
            row, wrong = _row(name, kinds[name], measurements)
            rows.append(row)
            breaches += wrong
    lateral = [one for name in by_kind if name.startswith("lateral angle") for one in by_kind[name]]
    for row, wrong in _turned([one for _, one in lateral]):
        rows.append(row)
        breaches += wrong
    return Judgement(rows, _counted(gaps), breaches, _counted(unknown))


def _counted(claims: Counter[tuple[str, str]]) -> list[dict[str, Any]]:
    return [{"claim": claim, "why": why, "count": n} for (claim, why), n in sorted(claims.items())]


def _row(
    name: str, kind: ClaimKind, measurements: list[tuple[str, Measurement]]
) -> tuple[KindRow, list[Breach]]:
    errors = np.array([kind.error(one.claimed, one.measured) for _, one in measurements])
    limits = np.array([kind.tolerance(one.claimed) for _, one in measurements])
    out = ~(np.abs(errors) <= limits)  # what is no number is no truth either
    breaches = [
        Breach(
            item, f"{name} ({one.where})", _number(one.claimed, kind.unit), _number(one.measured, kind.unit)
        )
        for (item, one), wrong in zip(measurements, out, strict=True)
        if wrong
    ]
    bias = float(np.median(errors))
    parts = errors / np.where(limits > 0, limits, 1.0)
    # Channels of one source err together.
    independent = len({(item, one.where.split(", channel")[0]) for item, one in measurements})
    most = None if kind.suite is None or errors.size < ENOUGH else kind.suite + _chance(parts, independent)
    if most is not None and not abs(np.median(parts)) <= most:
        claim = f"{name} (median error of {errors.size})"
        limit = f"{kind.suite:g} of the tolerance ({kind.rule}) at most, and chance"
        breaches.append(Breach("the suite", claim, limit, _number(bias, kind.unit)))
    jnd = np.array([kind.jnd(one.claimed) for _, one in measurements]) if kind.jnd else None
    row = KindRow(
        kind=name,
        what=kind.what,
        unit=kind.unit,
        measured=len(measurements),
        worst=float(errors[np.argmax(np.abs(errors))]),
        median=float(np.median(np.abs(errors))),
        bias=bias,
        worst_jnd=None if jnd is None else float(np.max(np.abs(errors) / jnd)),
        median_jnd=None if jnd is None else float(np.median(np.abs(errors) / jnd)),
        tolerance=kind.rule,
        tolerance_jnd=None if jnd is None else float(np.max(limits / jnd)),
        reason=kind.reason,
        breaches=len(breaches),
    )
    return row, breaches


def _turned(lateral: list[Measurement]) -> Iterator[tuple[KindRow, list[Breach]]]:
    """Whether all azimuths of a suite are turned the same way."""
    turn = common_turn(lateral) if len(lateral) >= ENOUGH else None
    if turn is None:
        return
    name, rule = "turn of all azimuths", f"{MOST_TURN_DEG:g}° and three standard errors"
    angle, error = turn
    is_wrong = abs(angle) > MOST_TURN_DEG + 3.0 * error
    breach = Breach("the suite", f"{name} (of {len(lateral)} sources)", rule, f"{angle:.2f} ± {error:.2f}°")
    row = KindRow(
        kind=name,
        what="angle by which all sounds are clockwise of their claims",
        unit="°",
        measured=len(lateral),
        worst=angle,
        median=abs(angle),
        bias=angle,
        worst_jnd=abs(angle),
        median_jnd=abs(angle),
        tolerance=rule,
        tolerance_jnd=MOST_TURN_DEG + 3.0 * error,
        reason="heads are not quite symmetrical, and are measured in steps of degrees",
        breaches=int(is_wrong),
    )
    yield row, [breach] if is_wrong else []


def _chance(errors: NDArray[np.float64], independent: int) -> float:
    """What chance may do to the median: three standard errors."""
    spread = 1.4826 * float(np.median(np.abs(errors - np.median(errors))))
    return 3.0 * 1.2533 * spread / float(np.sqrt(independent))


def _number(value: float, unit: str) -> str:
    return f"{value:.6g} {unit}".strip()
