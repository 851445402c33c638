"""What an adaptive procedure found, and how it got there: ``adaptive.json`` in a run's folder."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from starbench.schema.base import Bool, Facts, Float, Frozen, Int
from starbench.schema.threshold import Threshold


class Stop(StrEnum):
    """Why no more is asked of an attribute."""

    PRECISION = "precision"
    """The interval of the threshold is as narrow as was wanted."""
    BEYOND_LEVELS = "beyond_levels"
    """The threshold lies beyond the levels, or nothing is heard at any of them."""
    MAXIMUM = "maximum"
    """As many questions were asked as may be."""


class CourseStep(Frozen):
    """One question of the course."""

    item: str
    level: Float | None
    """None in a catch trial."""
    right: str
    chosen: str | None = None
    """None where there is no letter (yet), or the model declined."""


class AdaptiveThreshold(Threshold):
    """The threshold of one attribute, and the course of levels that led to it."""

    n_questions: Int
    """Questions that were asked, whether or not an answer came."""
    stop: Stop | None
    """None: answers are still missing, and the same command asks for them."""
    course: tuple[CourseStep, ...]


class AdaptiveResult(Frozen):
    """``adaptive.json``."""

    schema_version: Literal[1] = 1
    model: str
    suite: str
    design: Facts
    """Task, attributes, profile, seed and options: together with the answers they decide every question."""
    seed: Int
    precision: Float
    max_questions: Int
    complete: Bool
    thresholds: tuple[AdaptiveThreshold, ...]
    versions: dict[str, str]
