"""What separation changes in a model's answers: the same items without a separator, with one, and with the stems."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from starbench.diagnose.separation.figures import ratio_figure
from starbench.diagnose.separation.groups import group_by_factor
from starbench.errors import InputError, NotApplicableError
from starbench.models.adapter import Model
from starbench.models.resolve import resolve
from starbench.runs.directory import ItemKey
from starbench.runs.load import LoadedRun
from starbench.schema import Item, Outcome
from starbench.schema.separation import AnswerRow, Figure
from starbench.scoring import intervals
from starbench.scoring.observations import MISSING, Observation, observe
from starbench.suites.stems import acoustic_factors

#: The two ends of the scale, as separators: nothing, and the stems of the suite.
NONE, ORACLE = "none", "oracle"
#: Separators that are given the stems of the suite.
WITH_STEMS = (ORACLE, "ratio-mask")
_CASCADE = "separate:{separator}+{model}"
_NOT_APPLICABLE = NotApplicableError("").kind
_Kind = Literal["delivered", "not applicable", "failed"]


@dataclass(frozen=True)
class _ItemAnswers:
    """One item in one way: how many of its trials are right, of how many, and whether all were delivered."""

    item: Item
    right: int
    trials: int
    kind: _Kind


def cascades(
    model: str,
    arguments: Mapping[str, str],
    separators: Sequence[str],
    stems: str,
    sources: int | None = None,
) -> dict[str, Model]:
    """The model behind nothing, behind each separator, and behind the stems of the suite at ``stems``, by separator."""
    models = {}
    for separator in dict.fromkeys((NONE, *separators, ORACLE)):
        own = {"separator.stems": stems} if separator in WITH_STEMS else {}
        if sources is not None:
            own["sources"] = str(sources)
        spec = _CASCADE.format(separator=separator, model=model)
        models[separator] = resolve(spec, {**arguments, **own})
    return models


def answer_rows(
    runs: Mapping[str, LoadedRun], separators: Sequence[str], seed: int = 0
) -> tuple[AnswerRow, ...]:
    """Compare runs of one model by the separator before it; a separator without a run is for no item.

    Raises :class:`InputError` if a run is missing, or they were not asked the same suites.
    """
    for end in (NONE, ORACLE):
        if end not in runs:
            raise InputError(f"no run has separator {end!r} before the model")
    digests = {tuple(suite.digest for suite in data.run.identity.suites) for data in runs.values()}
    if len(digests) > 1:
        raise InputError("the runs before and behind separators were asked different suites")
    asked = {separator: _asked(data) for separator, data in runs.items()}
    return tuple(
        row
        for separator in separators
        if separator not in (NONE, ORACLE)
        for row in _rows(separator, [asked[NONE], asked.get(separator, {}), asked[ORACLE]], seed)
    )


def _asked(data: LoadedRun) -> dict[ItemKey, _ItemAnswers]:
    groups: dict[ItemKey, list[Observation]] = {}
    for one in observe(data):
        groups.setdefault((one.trial.suite, one.item.id), []).append(one)
    return {key: _of_trials(trials, data) for key, trials in groups.items()}


def _of_trials(trials: Sequence[Observation], data: LoadedRun) -> _ItemAnswers:
    lost = [one for one in trials if one.outcome in (MISSING, Outcome.ERROR.value)]
    kinds = {
        end.error.kind
        for one in lost
        if (end := data.ends.get(one.trial.key)) is not None and end.error is not None
    }
    kind: _Kind = "delivered" if not lost else "not applicable" if kinds == {_NOT_APPLICABLE} else "failed"
    return _ItemAnswers(trials[0].item, sum(one.correct for one in trials), len(trials), kind)


def _rows(separator: str, ways: Sequence[Mapping[ItemKey, _ItemAnswers]], seed: int) -> Iterator[AnswerRow]:
    """Rows of the items of any of the three ways; an item that one could not be asked at all is not applicable."""
    keys = list(dict.fromkeys(key for way in ways for key in way))
    items = {key: way[key].item for way in ways for key in way}
    for factor, level, group in group_by_factor(keys, lambda key: acoustic_factors(items[key])):
        kinds = {key: {way[key].kind if key in way else "not applicable" for way in ways} for key in group}
        paired = [key for key in group if kinds[key] == {"delivered"}]
        row = AnswerRow(
            separator=separator,
            factor=factor,
            level=level,
            items=len(paired),
            not_applicable=sum(
                "not applicable" in of_item and "failed" not in of_item for of_item in kinds.values()
            ),
            failed=sum("failed" in of_item for of_item in kinds.values()),
        )
        yield (
            row.model_copy(update=_figures([[way[key] for key in paired] for way in ways], seed))
            if paired
            else row
        )


def _figures(ways: Sequence[Sequence[_ItemAnswers]], seed: int) -> dict[str, Figure | None]:
    right, planned = (
        np.array([[getattr(one, name) for one in way] for way in ways], dtype=np.float64)
        for name in ("right", "trials")
    )
    names = ("none", "separated", "oracle")
    figures: dict[str, Figure | None] = {
        name: Figure(value=float(r.sum() / p.sum()), interval=intervals.rate(r, p))
        for name, r, p in zip(names, right, planned, strict=True)
    }
    headroom = _difference(right, planned, 2)
    shares = right / planned * planned[0]  # each item by its trials, as in the accuracies
    has_headroom = headroom.interval[0] > 0
    recovered = ratio_figure(shares[1] - shares[0], shares[2] - shares[0], seed) if has_headroom else None
    return {**figures, "headroom": headroom, "gain": _difference(right, planned, 1), "recovered": recovered}


def _difference(right: NDArray[np.float64], planned: NDArray[np.float64], way: int) -> Figure:
    value = float(right[way].sum() / planned[way].sum() - right[0].sum() / planned[0].sum())
    return Figure(value=value, interval=intervals.difference(right[0], planned[0], right[way], planned[way]))
