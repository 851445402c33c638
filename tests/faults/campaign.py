"""What the families of attacks share: a verdict for each case, and the table of all of them."""

from __future__ import annotations

import shutil
import tempfile
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum
from pathlib import Path
from random import Random
from threading import RLock
from time import monotonic
from typing import NamedTuple, ParamSpec, TypeVar

from .world import World

P = ParamSpec("P")
T = TypeVar("T")


class Verdict(StrEnum):
    """What became of a case; only ``ok`` is good."""

    OK = "ok"
    LOST = "lost"
    """An answer, or a file that stood there before, is gone."""
    WRONG = "silently wrong"
    """Something untrue is recorded or shown, and nothing says so."""
    CRASH = "crash"
    """A traceback, or an end without a sentence."""
    HANG = "hang"
    """It did not end in its time."""


class Judgement(NamedTuple):
    """A verdict, and why."""

    verdict: Verdict
    detail: str = ""


OK = Judgement(Verdict.OK)


class Case(NamedTuple):
    """One attack: its kind, its name among those, a folder of its own, and luck that repeats."""

    kind: str
    label: str
    folder: Path
    world: World
    chance: Random


class FaultKind(NamedTuple):
    """A row of the table: cases of one kind, judged alike."""

    name: str
    labels: Sequence[str]
    judge: Callable[[Case], Judgement]
    short: int = 2
    """How many cases the short form takes."""


class Result(NamedTuple):
    """How one case went."""

    kind: str
    label: str
    verdict: Verdict
    detail: str
    seconds: float


def once(function: Callable[P, T]) -> Callable[P, T]:
    """Cache what ``function`` returns, computed once however many threads ask."""
    results: dict[object, T] = {}
    lock = RLock()

    def locked(*args: P.args, **kwargs: P.kwargs) -> T:
        with lock:
            if args not in results:
                results[args] = function(*args, **kwargs)
            return results[args]

    return locked


def numbers(n: int) -> tuple[str, ...]:
    """Labels of ``n`` cases that differ in their luck alone."""
    return tuple(map(str, range(n)))


def short_form(kind: FaultKind) -> list[str]:
    """The cases of the short form: spread over all, and the same each time."""
    n = min(kind.short, len(kind.labels))
    return sorted(Random(kind.name).sample(list(kind.labels), n))


def run_case(kind: FaultKind, label: str, world: World) -> Result:
    """Judge one case; a judge that fails is a crash, too."""
    folder = Path(tempfile.mkdtemp(prefix="case-", dir=world.root))
    began = monotonic()
    try:
        verdict, detail = kind.judge(Case(kind.name, label, folder, world, Random(f"{kind.name}/{label}")))
    except Exception:  # noqa: BLE001 - one case must not end the others
        verdict, detail = Verdict.CRASH, f"the judge failed: {traceback.format_exc()[-600:]}"
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return Result(kind.name, label, verdict, detail, monotonic() - began)


def run_all(kinds: Iterable[FaultKind], world: World, workers: int) -> Iterator[Result]:
    """Judge every case of ``kinds``, in order, several at a time."""
    cases = [(kind, label) for kind in kinds for label in kind.labels]
    with ThreadPoolExecutor(workers) as pool:
        yield from pool.map(lambda case: run_case(case[0], case[1], world), cases)


def table(results: Sequence[Result]) -> str:
    """The results as a Markdown table, a row for each kind and one for all."""
    head = ["kind", "cases", *Verdict]
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    for name in [*dict.fromkeys(result.kind for result in results), None]:
        counts = Counter(result.verdict for result in results if name in (None, result.kind))
        cells = [name or "**all**", counts.total(), *(counts[verdict] for verdict in Verdict)]
        lines.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join(lines)
