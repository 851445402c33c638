"""What listeners reach who do not understand what they hear: ``baselines.json``, of suites that ask for an order."""

from __future__ import annotations

from typing import Literal

from starbench.schema.base import Float, Frozen, Int, Interval


class Baseline(Frozen):
    """What one listener reaches in one part of a suite; shares as fractions."""

    part: str
    """A sub-category, or "order of N clips" for all that ask for one."""
    listener: Literal["splice", "metadata", "question"]
    cue: str
    """What it goes by: an edge's ``waveform``, say."""
    n_items: Int
    accuracy: Float
    interval: Interval
    """95 %, items being independent."""
    chance: Float
    chance_interval: Interval
    """Where 95 % of all who guess end up."""
    p: Float
    """How often chance alone reaches as much, one-sided, after Holm over the suite."""
    declared: str | None = None
    """Why a suite reaches more on purpose, as it says itself."""

    @property
    def is_within_chance(self) -> bool:
        return self.chance_interval[0] - 1e-9 <= self.accuracy <= self.chance_interval[1] + 1e-9


class SuiteBaselines(Frozen):
    """``baselines.json``: every baseline of a suite."""

    schema_version: Literal[1] = 1
    suite: str
    digest: str
    rows: tuple[Baseline, ...]
