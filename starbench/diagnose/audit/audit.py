"""The audit of a suite for a model: what is left of its cues, and which items nobody could answer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from starbench.errors import InputError
from starbench.execution.environment import versions
from starbench.models.adapter import Model
from starbench.models.resolve import recorded_arguments
from starbench.schema import Setup
from starbench.schema.audit import Audit, Basis, Cue, Estimate, Form, LevelAccuracy, Scope, Survival
from starbench.scoring.intervals import share
from starbench.suites.suite import Suite
from starbench.synthesis import generator

from .delivery import plan
from .forms import FormOfSound, forms_of
from .items import doubted, unanswerable
from .listening import ORIGINAL, AuditedItem, Progress, listen
from .readouts import CUES, Heard, difference_jnd
from .survival import BOOTSTRAP, Floats, survival

Noise = Literal["none", "human"]
#: Standard deviation of the noise added to what is heard of each sound, JND: set by hand near human values.
INTERNAL_NOISE: Mapping[str, Mapping[str, float]] = {
    "none": {},
    "human": {"pitch": 2.25, "loudness": 1.3, "duration": 0.6, "azimuth": 1.13, "distance": 1.05},
}
#: Spectral cues of elevation lie above this, Hz.
_ELEVATION_FROM_HZ = 5_000.0
#: Questions ask about a scope if this share of them does.
_ASKED_SHARE = 0.1
_SCOPES: tuple[Scope, ...] = ("within a clip", "between clips")


def audit(
    suite: Suite,
    model: Model,
    setup: Setup | None = None,
    *,
    internal_noise: str = "none",
    loaders: Iterable[str] = (),
    seed: int = 0,
    on_item: Progress = lambda _done, _all: None,
) -> Audit:
    """Hear every item of a suite as it is, and as a model gets it; nothing is asked.

    Parameters
    ----------
    setup
        How a run would put the questions: rate, policies for clips and channels, limit. Default: a run's own.
    internal_noise
        ``none``, or ``human``: noise on what the listener hears, for the accuracies at each level only.
    loaders
        Names of loaders that are shown besides; where nothing is known of the model's front end, all are.

    Raises
    ------
    InputError
        If no sound of the suite leaves for the model, or there is no such noise or loader.
    """
    if internal_noise not in INTERNAL_NOISE:
        raise InputError(f"--internal-noise {internal_noise!r} is not one of {', '.join(INTERNAL_NOISE)}")
    forms = forms_of(model, tuple(loaders))
    planned = plan(suite, model, setup or Setup())
    heard = listen(planned, forms, on_item)
    doubts = doubted(heard)
    known: Basis = next((form.basis for form in forms if form.basis in ("adapter", "declared")), "sent")
    noise = INTERNAL_NOISE[internal_noise]
    return Audit(
        suite=suite.name,
        digest=suite.digest,
        model=model.spec,
        model_args=recorded_arguments(model),
        front_end=known,
        cues={one.item.part: one.cue for one in heard},
        items=len(heard),
        judged=sum(one.claim is not None and one.cue in CUES for one in heard),
        left_out=dict(planned.left_out),
        forms=tuple(_form(form, heard) for form in forms),
        survivals=tuple(_survivals(heard, forms, doubts, seed)),
        accuracies=tuple(_accuracies(heard, [ORIGINAL, *(form.name for form in forms)], noise)),
        doubted=doubts,
        unanswerable=tuple(unanswerable(planned, heard, forms, doubts)),
        jnds={name: cue.jnd for name, cue in CUES.items()},
        internal_noise=dict(noise),
        seed=seed,
        bootstrap=BOOTSTRAP,
        versions=versions(("numpy", "scipy", "soxr")),
    )


def _form(form: FormOfSound, heard: Sequence[AuditedItem]) -> Form:
    facts = [fact for one in heard for fact in one.facts.get(form.name, ())]
    seconds = [fact.seconds for fact in facts]
    return Form(
        name=form.name,
        basis=form.basis,
        rates_hz=tuple(sorted({fact.rate for fact in facts})),
        channels=tuple(sorted({fact.channels for fact in facts})),
        seconds=(min(seconds), max(seconds)) if seconds else None,
    )


def _survivals(
    heard: Sequence[AuditedItem], forms: Sequence[FormOfSound], doubts: Collection[Cue], seed: int
) -> Iterable[Survival]:
    by_cue: dict[Cue, list[AuditedItem]] = defaultdict(list)
    for one in heard:
        if one.cue is not None and one.heard:
            by_cue[one.cue].append(one)
    if not by_cue:  # a suite about anything else: what delivery does to its sounds at all
        by_cue = {cue: list(heard) for cue in ("pitch", "loudness", "duration", "azimuth")}
    for cue, of_cue in by_cue.items():
        for form in forms:
            items = [one for one in of_cue if form.name in one.heard]
            asked = {scope: sum(one.scope == scope for one in items) for scope in _SCOPES}
            rates = [fact.rate for one in items for fact in one.facts.get(form.name, ())]
            if cue not in CUES:
                is_lost = bool(rates) and max(rates) / 2 < _ELEVATION_FROM_HZ
                yield Survival(
                    cue=cue,
                    scope=max(asked, key=lambda scope: asked[scope]),
                    form=form.name,
                    asked=True,
                    verdict="lost" if is_lost else "not modelled",
                    pairs=0,
                    measured=0,
                )
                continue
            for scope in _SCOPES:
                of_original = _differences(items, ORIGINAL, cue, scope)
                if not of_original.size:
                    continue
                others = {
                    name: _differences(items, form.name, name, scope)
                    for name in ("loudness", "pitch", "duration", "azimuth", "background")
                    if name != cue
                }
                of_form = _differences(items, form.name, cue, scope)
                found = _found(items, form.name, scope)
                figures = survival(
                    of_original, of_form, found, others, generator(seed, cue, scope, form.name)
                )
                # One ear may still tell a distance, by what this listener does not read.
                if cue in doubts or (cue == "distance" and not np.isfinite(of_form).any()):
                    known = {name: figures[name] for name in ("pairs", "measured")}
                    figures = known | {"verdict": "not modelled"}
                yield Survival(
                    cue=cue,
                    scope=scope,
                    form=form.name,
                    asked=asked[scope] >= _ASKED_SHARE * len(items),
                    **figures,
                )


def _differences(items: Sequence[AuditedItem], form: str, cue: str, scope: Scope) -> Floats:
    """Differences of two sounds, JND: of an item's own, or where they are not in this scope, of it and the next."""
    own = [one.difference(form, cue) for one in items if one.scope == scope and _has_two(one)]
    if scope == "between clips" and not own:
        firsts = [next(iter(one.heard.get(form, ())), Heard()) for one in items]
        ring = [*firsts, firsts[0]]
        own = (
            [difference_jnd(first, second, cue) for first, second in pairwise(ring)]
            if len(firsts) > 2
            else []
        )
    return np.asarray(own, dtype=np.float64)


def _found(items: Sequence[AuditedItem], form: str, scope: Scope) -> NDArray[np.bool_]:
    """Of the pairs of :func:`_differences`: whether it is known where both sounds are in a form."""
    own = [one.is_found(form) for one in items if one.scope == scope and _has_two(one)]
    if scope == "between clips" and not own:
        firsts = [one.is_found(form) for one in items]
        own = [first and second for first, second in pairwise([*firsts, firsts[0]])]
    return np.asarray(own, dtype=bool)


def _has_two(one: AuditedItem) -> bool:
    return len(one.heard[ORIGINAL]) > 1


def _accuracies(
    heard: Sequence[AuditedItem], forms: Sequence[str], noise: Mapping[str, float]
) -> Iterable[LevelAccuracy]:
    """At each level: how often the listener's difference has the sign that the answer says; not heard is a guess."""
    cells: dict[tuple[Cue, float | None, str | None], list[AuditedItem]] = defaultdict(list)
    for one in heard:
        if one.claim is not None and one.claim.sign and one.cue is not None and one.cue in CUES:
            cells[one.cue, one.item.level, one.item.level_unit].append(one)
    for (cue, level, unit), items in sorted(cells.items(), key=_ascending):
        for form in forms:
            right = [_right(one, form, cue, noise.get(cue, 0.0)) for one in items if form in one.heard]
            if not right:
                continue
            value = float(np.mean(right))
            accuracy = Estimate(value=value, interval=share(value, len(right)))
            yield LevelAccuracy(
                cue=cue, form=form, level=level, level_unit=unit, items=len(right), accuracy=accuracy
            )


def _ascending(cell: tuple[tuple[Cue, float | None, str | None], object]) -> tuple[str, str, float]:
    cue, level, unit = cell[0]
    return cue, unit or "", np.inf if level is None else level


def _right(one: AuditedItem, form: str, cue: str, noise: float) -> float:
    """The probability that the listener hears the direction that the answer says."""
    difference = one.difference(form, cue)
    sign = one.claim.sign if one.claim is not None else 0
    if not np.isfinite(difference) or difference == 0:
        return 0.5
    if not noise:
        return float(difference * sign > 0)
    of_one = one.claim is not None and one.claim.of_one
    return float(ndtr(sign * difference / (noise if of_one else noise * np.sqrt(2.0))))
