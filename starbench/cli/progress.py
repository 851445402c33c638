"""Progress: a live bar on a terminal, a plain line every few seconds elsewhere."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

import typer

from starbench.schema import JournalLine

#: Seconds between two plain lines.
_PLAIN_EVERY_S = 5.0


class RunProgress:
    """Counts outcomes, and shows rate and time left.

    Parameters
    ----------
    total : int
        Trials still to be asked.
    """

    def __init__(self, total: int) -> None:
        self._total = total
        self._outcomes: Counter[str] = Counter()
        self._retries = 0
        self._done = 0
        self._started = self._shown = monotonic()
        self._live = sys.stderr.isatty()

    def add(self, line: JournalLine) -> None:
        """Take in one finished trial."""
        self._done += 1
        self._outcomes[line.outcome.value] += 1
        self._retries += max(0, line.attempts - 1)
        now = monotonic()
        if now - self._shown >= (0.1 if self._live else _PLAIN_EVERY_S) or self._done == self._total:
            self._shown = now
            self._show(now)

    def finish(self) -> None:
        """End the live line."""
        if self._live and self._done:
            typer.echo(err=True)

    def _show(self, now: float) -> None:
        rate = self._done / max(now - self._started, 1e-9)
        left = (self._total - self._done) / rate
        counts = ", ".join(f"{name} {n}" for name, n in self._outcomes.most_common())
        retried = f", retries {self._retries}" if self._retries else ""
        text = f"{self._done}/{self._total} trials, {rate:.1f}/s, {_clock(left)} left: {counts}{retried}"
        if self._live:
            typer.echo(f"\r\x1b[2K{text}", nl=False, err=True)
        else:
            typer.echo(text, err=True)


@contextmanager
def counting(what: str) -> Iterator[Callable[[int, int], None]]:
    """Show how many of how many are done, on a terminal only."""
    live = sys.stderr.isatty()

    def show(done: int, total: int) -> None:
        if live and (done == total or done % 16 == 0):
            typer.echo(f"\r\x1b[2K{what}: {done}/{total}", nl=False, err=True)

    yield show
    if live:
        typer.echo("\r\x1b[2K", nl=False, err=True)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
