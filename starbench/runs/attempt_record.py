"""What an attempt adds to: a run's directory, a file of captions, a file of verdicts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import NamedTuple, Protocol, TypeVar

from starbench.engine.runner import Workload
from starbench.schema import Canary, JournalLine, Trial
from starbench.schema.caption import CaptionLine
from starbench.schema.judge import JudgeLine


class Beginning(NamedTuple):
    """How a record was begun, by this attempt or by an earlier one."""

    resumed: bool
    served_by: str | None
    versions: Mapping[str, str]


LineT_co = TypeVar("LineT_co", JournalLine, CaptionLine, JudgeLine, covariant=True)


class AttemptRecord(Protocol[LineT_co]):
    """What an attempt adds to: a run's directory or a file of captions, and what it is to hold in the end."""

    @property
    def trials(self) -> Sequence[Trial]:
        """What is to be asked, as far as that is known."""

    @property
    def most(self) -> int:
        """How many trials there can be in all."""

    def more(self) -> Sequence[Trial]:
        """The trials that follow from what the others were answered; none where nothing follows."""

    @property
    def workload(self) -> Workload[LineT_co]:
        """The prompts of the trials, and the lines that say what became of them."""

    @property
    def lines_path(self) -> Path:
        """The file that each finished trial adds a line to."""

    @property
    def rate_hz(self) -> int | None:
        """The rate that all clips are sent at, Hz; None: each clip's own."""

    @property
    def has_two_channels(self) -> bool:
        """Whether a clip of two channels is sent, as far as the trials are known."""

    @property
    def versions(self) -> Mapping[str, str]:
        """Versions of the software, and digests of the plug-ins, of this attempt."""

    def hold(self) -> AbstractContextManager[None]:
        """Keep the record to this process."""

    def begin(self) -> Beginning:
        """Write what is to be asked, or check that an earlier attempt set out to ask the same."""

    def discard(self) -> None:
        """Remove what :meth:`begin` wrote; only for a record without any answer."""

    def lines(self) -> Iterator[LineT_co]:
        """Every line in the order of writing, those that a later one replaced included."""

    def canary(self) -> Canary | None:
        """The record of the canary, if one was run."""

    def write_canary(self, canary: Canary) -> None:
        """Replace the record of the canary."""


class _WithTrials(Protocol):
    @property
    def trials(self) -> Sequence[Trial]: ...


class PlannedAhead:
    """Part of a record whose trials are all known before the first is asked."""

    @property
    def most(self: _WithTrials) -> int:
        return len(self.trials)

    def more(self) -> Sequence[Trial]:
        return ()
