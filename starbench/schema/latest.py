"""Which of several lines about the same trial counts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from starbench.schema.caption import CaptionLine
from starbench.schema.judge import JudgeLine
from starbench.schema.response import Outcome
from starbench.schema.trial import JournalLine, TrialKey

LineT = TypeVar("LineT", JournalLine, CaptionLine, JudgeLine)
KeptT = TypeVar("KeptT")


def latest_lines(lines: Iterable[LineT], kept: Callable[[LineT], KeptT]) -> dict[TrialKey, KeptT]:
    """What ``kept`` takes of the line that counts for each trial.

    That is the newest, except that an error never replaces an answer.
    """
    latest: dict[TrialKey, KeptT] = {}
    failed: set[TrialKey] = set()
    for line in lines:
        key, is_error = line.key, line.outcome is Outcome.ERROR
        if is_error and key in latest and key not in failed:
            continue
        latest[key] = kept(line)
        (failed.add if is_error else failed.discard)(key)
    return latest
