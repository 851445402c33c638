"""Every clip of a suite measured again from its samples, by as many processes as there are CPUs."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from starbench.audio import decode
from starbench.execution.processes import ONE_THREAD
from starbench.measure.levels import db, power
from starbench.suites.suite import Suite
from starbench.suites.validate import resolve_within
from starbench.verify.checks import check
from starbench.verify.claims import Clip, Found, Unmeasured

#: Items handed over at a time.
_BATCH = 8
#: Suites of fewer items are measured here: hiring other processes would take longer.
_SMALL = 16


@dataclass(frozen=True)
class Sound:
    """What anyone sees of a clip without understanding it; levels in dB re full scale."""

    digest: str
    size_bytes: int
    seconds: float
    peak_db: float
    rms_db: float


@dataclass(frozen=True)
class Order:
    """An item to be measured: id, paths of its clips, the truth of each (empty where there is none)."""

    item: str
    paths: tuple[str, ...]
    truths: tuple[dict[str, Any], ...]


@dataclass(frozen=True)
class Heard:
    """What was found in the clips of one item."""

    item: str
    sounds: tuple[Sound, ...]
    found: tuple[Found, ...]


def orders(suite: Suite) -> list[Order]:
    """What there is to be measured in a suite."""
    made = []
    for item in suite.items:
        truths = item.truth.get("clips")
        claimed = truths if isinstance(truths, list) and len(truths) == len(item.audio_paths) else ()
        readable = tuple(truth if isinstance(truth, dict) else {} for truth in claimed)
        made.append(Order(item.id, item.audio_paths, readable or ({},) * len(item.audio_paths)))
    return made


def measure_all(
    suite: Suite,
    workers: int,
    on_item: Callable[[int, int], None] = lambda _done, _all: None,
    *,
    claims: bool = True,
) -> list[Heard]:
    """Measure every item of ``suite``, by ``workers`` processes; in the order of the items.

    Without ``claims`` only what anyone sees of the clips is told.
    """
    todo = orders(suite) if claims else [Order(item.id, item.audio_paths, ()) for item in suite.items]
    boundary = suite.boundary or suite.root
    heard: dict[str, Heard] = {}
    for one in _work(todo, suite.root, boundary, workers):
        heard[one.item] = one
        on_item(len(heard), len(todo))
    return [heard[order.item] for order in todo]


def _work(todo: Sequence[Order], root: Path, boundary: Path, workers: int) -> Iterator[Heard]:
    if workers == 1 or len(todo) < _SMALL:
        for order in todo:
            yield measure(order, root, boundary)
        return
    os.environ.update(ONE_THREAD)
    # Spawned, as the build's are: a fork would inherit locks.
    pool = ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), _ignore_interrupts)
    try:
        batches: list[Future[list[Heard]]] = [
            pool.submit(_measure_batch, todo[first : first + _BATCH], root, boundary)
            for first in range(0, len(todo), _BATCH)
        ]
        for batch in as_completed(batches):
            yield from batch.result()
    finally:
        pool.shutdown(cancel_futures=True)


def _ignore_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first process gets it too, and ends the others


def _measure_batch(batch: Sequence[Order], root: Path, boundary: Path) -> list[Heard]:
    return [measure(order, root, boundary) for order in batch]


def measure(order: Order, root: Path, boundary: Path) -> Heard:
    """Decode the clips of an item, and measure what their truths claim."""
    sounds, found = [], []
    for number, path in enumerate(order.paths, 1):
        file = resolve_within(root, path, boundary)
        audio = decode(file)
        samples = audio.samples
        peak = float(np.max(np.abs(samples)))
        sounds.append(
            Sound(
                digest=audio.digest,
                size_bytes=file.stat().st_size,
                seconds=audio.seconds,
                peak_db=float(db(peak**2)),
                rms_db=float(db(power(samples).mean())),
            )
        )
        if not order.truths:
            continue
        several = f"clip {number}, " if len(order.paths) > 1 else ""
        truth = order.truths[number - 1]
        if truth:
            found += [_named(one, several) for one in check(Clip(samples, audio.rate, truth))]
        else:
            found.append(Unmeasured("truth", "nothing is claimed of the clip"))
    return Heard(order.item, tuple(sounds), tuple(found))


def _named(found: Found, clip: str) -> Found:
    return replace(found, where=clip + found.where) if clip and not isinstance(found, Unmeasured) else found
