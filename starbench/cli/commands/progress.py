"""Progress: a live bar on a terminal, a plain line every few seconds elsewhere."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from time import monotonic
from typing import TYPE_CHECKING

from starbench.cli.output import echo
from starbench.reporting.words import pause_sentence

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from starbench.engine.pacing import Pause
    from starbench.schema import JournalLine
    from starbench.schema.caption import CaptionLine
    from starbench.schema.judge import JudgeLine

#: Seconds between two plain lines.
_PLAIN_EVERY_S = 5.0
#: Waits shorter than this are not worth a line, s.
_PAUSE_SHOWN_S = 2.0


class RunProgress:
    """Counts outcomes, and shows rate and time left: ``with closing(RunProgress()) as progress``."""

    def __init__(self, of: str = "trials") -> None:
        self._of = of
        self._total = self._done = self._retries = 0
        self._outcomes: Counter[str] = Counter()
        self._started = self._shown = monotonic()
        self._paused_until = 0.0
        self._bar: Progress | None = None
        self._task: TaskID | None = None

    def close(self) -> None:
        """End the bar."""
        if self._bar is not None:
            self._bar.stop()

    def begin(self, total: int) -> None:
        """Start the clock; ``total`` are to be asked."""
        self._total, self._started = total, monotonic()
        if total and sys.stderr.isatty():
            self._bar = _bar(f"{{task.completed}}/{{task.total}} {self._of}, {{task.fields[state]}}")
            self._task = self._bar.add_task("", total=total, state="")
            self._bar.start()

    def add(self, line: JournalLine | CaptionLine | JudgeLine) -> None:
        """Take in one that is finished."""
        self._done += 1
        self._outcomes[line.outcome.value] += 1
        self._retries += max(0, line.attempts - 1)
        now = monotonic()
        if self._bar is not None and self._task is not None:
            self._bar.update(
                self._task, completed=self._done, state=f"{self._rate(now):.1f}/s: {self._counts()}"
            )
        elif now - self._shown >= _PLAIN_EVERY_S or self._done == self._total:
            self._shown = now
            remaining = _time((self._total - self._done) / self._rate(now))
            counted = f"{self._done}/{self._total} {self._of}, {self._rate(now):.1f}/s, {remaining} left"
            echo(f"{counted}: {self._counts()}", err=True)

    def pause(self, pause: Pause) -> None:
        """Say what is waited for, and until when, unless it is over in a moment."""
        until = monotonic() + pause.wait_s
        if pause.wait_s < _PAUSE_SHOWN_S or until < self._paused_until + 1.0:
            return
        self._paused_until = until
        text = pause_sentence(pause, datetime.now().astimezone())
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, state=f"{self._counts()}{'; ' if self._done else ''}{text}")
        else:
            echo(text, err=True)

    def _rate(self, now: float) -> float:
        return self._done / max(now - self._started, 1e-9)

    def _counts(self) -> str:
        counts = ", ".join(f"{name} {n}" for name, n in self._outcomes.most_common())
        return f"{counts}, retries {self._retries}" if self._retries else counts


@contextmanager
def counting(doing: str, first: str = "planning", of: str = "items") -> Iterator[Callable[[int, int], None]]:
    """Show how many ``of`` all are done, as ``doing``; until that is known, that ``first`` is under way."""
    if not sys.stderr.isatty():
        yield _counted_in_lines(doing, of)
        return
    with _bar("{task.fields[count]}") as bar:
        task = bar.add_task(f"{first} …", total=None, count="")

        def show(done: int, total: int) -> None:
            bar.update(task, description=doing, completed=done, total=total, count=f"{done}/{total} {of}")

        yield show


def _counted_in_lines(doing: str, of: str) -> Callable[[int, int], None]:
    """The same in a line every few seconds, and one at the end; what takes less than that needs none."""
    shown, start, is_long = monotonic(), None, False

    def show(done: int, total: int) -> None:
        nonlocal shown, start, is_long
        now = monotonic()
        start = start or (now, done)  # a resumed build begins with many
        if now - shown < _PLAIN_EVERY_S and not (is_long and done == total):
            return
        shown, is_long = now, True
        seconds, items = now - start[0], done - start[1]
        remaining = f", {_time((total - done) * seconds / items)} left" if items and done < total else ""
        echo(f"{doing}: {done}/{total} {of}{remaining}", err=True)

    return show


def _time(seconds: float) -> timedelta:
    return timedelta(seconds=round(seconds))


def _bar(text: str) -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn(text, markup=False),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )
