"""Every clip of a suite measured again from its samples, by as many processes as there are CPUs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import numpy as np

from starbench.audio import Audio, decode
from starbench.errors import SuiteError
from starbench.execution.processes import WorkerDiedError, map_items
from starbench.measure.channels import layout
from starbench.measure.levels import db, power
from starbench.measure.splices import SHORTEST_S, shares_right
from starbench.schema import Item
from starbench.suites.suite import Suite
from starbench.suites.truth import claims as claims_of
from starbench.suites.truth import clip_truths, item_claims
from starbench.suites.validate import resolve_within
from starbench.verify.checks import check, is_known
from starbench.verify.claims import ClaimResult, Clip, Unknown, Unmeasured
from starbench.verify.estimators import estimate, estimators_of

#: Suites of fewer items are measured by this process: to start others would take longer.
_SMALL = 16
_OF_THE_ITEM = "it is a claim of the item, not of one of its clips"


@dataclass(frozen=True)
class ClipProperties:
    """What anyone sees of a clip without understanding it; levels in dB re full scale."""

    digest: str
    size_bytes: int
    seconds: float
    peak_db: float
    rms_db: float
    layout: str = "other"
    """What its channels hold of space: one of :data:`starbench.measure.channels.Layout`, or ``N channels``."""


@dataclass(frozen=True)
class ItemMeasurements:
    """What was measured of the clips of one item, and what became of each claim."""

    item: str
    clips: tuple[ClipProperties, ...]
    results: tuple[ClaimResult, ...]
    splices: Mapping[str, float] = field(default_factory=dict)
    """Of clips whose order is asked for: what matching their edges gets, by cue."""


def measure_all(
    suite: Suite,
    workers: int,
    on_item: Callable[[int, int], None] = lambda _done, _all: None,
    *,
    claims: bool = True,
    task: str | None = None,
) -> list[ItemMeasurements]:
    """Measure every item of ``suite``, in their order; without ``claims`` only what anyone sees of the clips.

    ``task`` names the task whose estimators measure, beside the harness's own. Raises a SuiteError if a worker
    process dies, and a PluginError if an estimator fails.
    """
    items = suite.items
    measure = partial(
        _measure_item, root=suite.root, boundary=suite.boundary or suite.root, claims=claims, task=task
    )
    measurements: dict[str, ItemMeasurements] = {}
    processes = 0 if workers == 1 or len(items) < _SMALL else workers
    try:
        with closing(map_items(measure, items, processes)) as results:
            for result in results:
                measurements[result.item] = result
                on_item(len(measurements), len(items))
    except WorkerDiedError as error:
        raise SuiteError(f"{error}: verify again with fewer --workers") from error
    return [measurements[item.id] for item in items]


def _layout(audio: Audio) -> str:
    name = layout(audio.samples, audio.rate)
    return f"{audio.channels} channels" if name == "other" else name


def _measure_item(
    item: Item, root: Path, boundary: Path, *, claims: bool, task: str | None
) -> ItemMeasurements:
    clips: list[ClipProperties] = []
    results: list[ClaimResult] = []
    audios: list[Audio] = []
    truths = clip_truths(item) or [{} for _ in item.audio_paths]
    for number, (path, truth) in enumerate(zip(item.audio_paths, truths, strict=True), 1):
        file = resolve_within(root, path, boundary)
        audio = decode(file)
        audios.append(audio)
        clips.append(
            ClipProperties(
                digest=audio.digest,
                size_bytes=file.stat().st_size,
                seconds=audio.seconds,
                peak_db=float(db(float(np.max(np.abs(audio.samples))) ** 2)),
                rms_db=float(db(power(audio.samples).mean())),
                layout=_layout(audio),
            )
        )
        prefix = f"clip {number}, " if len(item.audio_paths) > 1 else ""
        if claims and not truth:
            results.append(Unmeasured("truth", "nothing is claimed of the clip"))
        elif claims:
            results += [
                result
                if isinstance(result, Unmeasured | Unknown)
                else replace(result, where=prefix + result.where)
                for result in _results(Clip(audio.samples, audio.rate, truth), task)
            ]
    if claims:
        results += [Unknown(claim.key, _OF_THE_ITEM) for claim in item_claims(item)]
    splices = {} if item.option_orders is None else _splices(audios)
    return ItemMeasurements(item.id, tuple(clips), tuple(results), splices)


def _splices(audios: Sequence[Audio]) -> Mapping[str, float]:
    """What matching edges gets of clips in their true order; nothing where their edges cannot be compared."""
    if len({audio.rate for audio in audios}) > 1 or min(audio.seconds for audio in audios) < SHORTEST_S:
        return {}
    return shares_right([audio.samples.mean(axis=1) for audio in audios], audios[0].rate)


def _results(clip: Clip, task: str | None) -> Iterator[ClaimResult]:
    """What became of every claim of a clip: one that neither a check nor the task knows is unknown."""
    yield from check(clip)
    estimated = estimators_of(task) if task else {}
    for claim in claims_of(clip.truth):
        if task and claim.key in estimated:
            yield from estimate(clip, claim, task)
        elif not is_known(claim):
            yield Unknown(claim.key)
