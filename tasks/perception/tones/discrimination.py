"""Questions about two sounds of a clip: the ladders of every profile, and the items of a ladder."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from starbench.synthesis import Draft, generator

from ...design.counterbalancing import (
    Interval,
    balance_factors,
    counterbalance,
    counterbalance_with_catch_trials,
    design_generator,
)
from ...design.plans import PartPlan
from ...design.question import Question
from ..captions import plain_caption
from ..profiles import DEFAULT_1, DEFAULT_2, STAR_BENCH, Profile
from ..wording import DISCRIMINATION, TASK, comparison
from . import pairs
from .complex_tones import PITCH
from .ladder import Ladder
from .pairs import MakePair
from .temporal.gap import GAP
from .temporal.modulation import AM_DEPTH, AM_RATE
from .temporal.order import TONE_ORDER
from .temporal.tempo import TEMPO

#: Levels of the default profile, version 1, in JNDs; catch trials (0) are added.
JND_LEVELS = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0)

_WORDINGS = {
    "pitch": comparison("has a higher pitch"),
    "loudness": comparison("is louder"),
    "duration": comparison("is longer"),
}
_CUES = {
    "pitch": ("tones.f0_hz",),
    "loudness": ("tones.level_db_spl", "tones.level_dbfs_rms", "rms", "peak"),
    "duration": ("tones.duration_s", "tones.nominal_duration_s", "rms"),
}


def _pure_tones(
    attribute: str, levels: tuple[float, ...], unit: str, make_pair: MakePair, profile: Profile
) -> Ladder:
    make_clip = partial(pairs.planned_pair, make_pair, profile)
    return Ladder(_WORDINGS[attribute], levels, unit, _CUES[attribute], make_clip)


#: Profile -> attribute -> how it is asked.
LADDERS: dict[str, dict[str, Ladder]] = {
    DEFAULT_1.name: {
        "pitch": _pure_tones("pitch", JND_LEVELS, "JND", pairs.pitch, DEFAULT_1),
        "loudness": _pure_tones("loudness", JND_LEVELS, "JND", pairs.loudness, DEFAULT_1),
        "duration": _pure_tones("duration", JND_LEVELS, "JND", pairs.duration, DEFAULT_1),
    },
    DEFAULT_2.name: {
        "pitch": PITCH,
        "loudness": _pure_tones("loudness", pairs.WIDE_LOUDNESS_JNDS, "JND", pairs.wide_loudness, DEFAULT_2),
        "duration": _pure_tones("duration", pairs.WIDE_DURATION_JNDS, "JND", pairs.wide_duration, DEFAULT_2),
        "gap": GAP,
        "tone_order": TONE_ORDER,
        "am_depth": AM_DEPTH,
        "am_rate": AM_RATE,
        "tempo": TEMPO,
    },
    STAR_BENCH.name: {
        "pitch": _pure_tones(
            "pitch", (0.0, 50.0, 100.0, 200.0, 400.0, 1200.0), "cents", pairs.star_bench_pitch, STAR_BENCH
        ),
        "loudness": _pure_tones(
            "loudness", (0.0, 4.0, 8.0, 12.0, 24.0, 48.0), "dB", pairs.star_bench_loudness, STAR_BENCH
        ),
        "duration": _pure_tones(
            "duration", (0.0, 20.0, 50.0, 100.0, 150.0, 200.0), "%", pairs.star_bench_duration, STAR_BENCH
        ),
    },
}


def plan_tone_discrimination(attribute: str, n: int, profile: Profile, seed: int) -> PartPlan:
    """Plan ``n`` items of one attribute of the profile.

    An item depends on the seed, its id, and the level, interval and factors assigned to that id; on nothing else.
    """
    ladder, name = LADDERS[profile.name][attribute], f"sensitivity_{attribute}"
    rng = design_generator(seed, name)
    assign = counterbalance if profile is STAR_BENCH else counterbalance_with_catch_trials
    cells: list[tuple[float, Interval | None]] = []
    for level, interval in (assignment or (0.0, None) for assignment in assign(ladder.levels, n, rng)):
        # At level 0 both sounds are the same, so neither is the larger one.
        cells.append((level, interval if level else None))
    facts = [{"answer": interval, "level": level} for level, interval in cells]
    factors = balance_factors(facts, ladder.factors, rng)
    return PartPlan(
        [
            draft_tone_item(ladder, f"{name}_{number:04d}", level, interval, profile, seed, factors=chosen)
            for number, ((level, interval), chosen) in enumerate(zip(cells, factors, strict=True))
        ]
    )


def draft_tone_item(
    ladder: Ladder,
    identifier: str,
    level: float,
    interval: Interval | None,
    profile: Profile,
    seed: int,
    *,
    factors: Mapping[str, Any] | None = None,
) -> Draft:
    """Make the item of this id at a level, which may lie between those of the ladder.

    ``interval`` is the sound that has more of what is asked; None makes a catch trial, whatever the level.
    ``factors`` that are not given are drawn from the seed and the id.
    """
    if factors is None:
        rng = generator(seed, identifier, "factors")
        factors = {name: values[int(rng.integers(len(values)))] for name, values in ladder.factors.items()}
    wording = ladder.wording
    clip = ladder.make_clip(level, interval, generator(seed, identifier, "plan"), factors)
    question = Question(
        task=TASK,
        category=DISCRIMINATION,
        sub_category=identifier.rpartition("_")[0],
        text=wording.text,
        options=wording.options,
        answer=wording.answer(interval),
        bandwidth_hz=clip.bandwidth_hz,
        level=ladder.catch_level if interval is None else level,
        level_unit=ladder.unit,
        is_catch=interval is None,
        offers_abstention=profile.offers_abstention,
    )
    return question.draft(
        identifier,
        [clip.recipe],
        captions={
            "plain": (plain_caption(ladder.plain, generator(seed, identifier, "caption")),),
            "full": (clip.full_caption,),
        },
        truth={"planned": dict(clip.planned)},
    )
