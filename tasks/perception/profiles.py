"""The two designs of perception suites: STAR-Bench's own, and ours without its defects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

RATE_HZ = 48_000
RAMP_S = 0.010


@dataclass(frozen=True)
class Profile:
    """What a profile changes in all questions about tones.

    ``synthesis`` are parameters of every recipe; ``description`` is recorded in the manifest, for readers of
    the suite.
    """

    name: str
    jnd_version: int
    """The version of ``jnd.json`` that its suites record: of the entries that they use, none differs."""
    offers_abstention: bool
    synthesis: Mapping[str, Any]
    description: str


DEFAULT_1 = Profile(
    name="default-1",
    jnd_version=2,
    offers_abstention=False,
    synthesis={"rate": RATE_HZ, "ramp_s": RAMP_S, "ramp": "raised-cosine", "nominal": False, "dither": True},
    description=(
        "Levels are human JNDs (0, 1, 2, 4, 8, 16, 32); a third of the items are catch trials, and first, "
        "second and same (or none) are right equally often. Three options, forced choice: an option that "
        "is never right would lift the best constant answer above chance. What is not asked is roved, "
        "independently of answer and level. Tones that 16 bits cannot hold are left out. TPDF dither. "
        "Onsets and durations at half amplitude, raised-cosine ramps of 10 ms."
    ),
)

DEFAULT_2 = replace(
    DEFAULT_1,
    name="default-2",
    jnd_version=3,
    description=(
        "Levels are human JNDs, or ms or dB where the attribute has no JND; a third of the items are catch trials, and "
        "first, second and same (or none) are right equally often. Three options, forced choice. What is "
        "not asked is roved, independently of answer and level, and of each sound by itself where the question says "
        "that it may differ. Ranges are so wide that one sound alone says little. Tones that 16 bits cannot hold "
        "are left out. TPDF dither. Onsets and durations at half amplitude."
    ),
)

STAR_BENCH = Profile(
    name="star-bench",
    jnd_version=2,
    offers_abstention=True,
    synthesis={"rate": RATE_HZ, "ramp_s": RAMP_S, "ramp": "quarter-sine", "nominal": True, "dither": False},
    description=(
        "STAR-Bench's ladders, grid, timings, wording and options, as published or measured on its files; "
        "its base ranges are not published and are ours. No dither, no catch trials in the audiogram; "
        "tones that 16 bits cannot hold are kept and flagged. Onsets and durations include the "
        "quarter-sine ramps of 10 ms."
    ),
)

#: ``default`` stands for the newest version.
PROFILES = {
    "default": DEFAULT_2,
    **{profile.name: profile for profile in (DEFAULT_1, DEFAULT_2, STAR_BENCH)},
}
