"""Relative discrimination: which of two tones is higher, louder or longer, or that they are the same."""

from __future__ import annotations

from dataclasses import dataclass

from starbench.synthesis import Draft, Recipe, generator

from ...design.counterbalancing import (
    Interval,
    counterbalance,
    counterbalance_with_catch_trials,
    design_generator,
)
from ...design.plans import PartPlan
from ...design.question import Question
from ..captions import full_pair, plain_caption
from ..profiles import RAMP_S, STAR_BENCH, Profile
from ..wording import DISCRIMINATION, TASK, Wording
from . import pairs
from .pairs import MakePair

SYNTHESIZER = "tone-pair"
#: Levels of the default profile, in JNDs; catch trials (0) are added.
JND_LEVELS = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0)


@dataclass(frozen=True)
class Ladder:
    """Difficulty levels, their unit, and the pair of tones of a level."""

    levels: tuple[float, ...]
    unit: str
    make_pair: MakePair


@dataclass(frozen=True)
class ToneDiscrimination:
    """How one attribute is asked, which features carry it, and the ladders of the two profiles."""

    wording: Wording
    cue_features: tuple[str, ...]
    default: Ladder
    star_bench: Ladder

    def ladder(self, profile: Profile) -> Ladder:
        return self.star_bench if profile is STAR_BENCH else self.default


def _wording(comparison: str) -> Wording:
    return Wording(
        f"Which sound {comparison}: the first sound, the second sound, or are they the same?",
        (f"The first sound {comparison}", f"The second sound {comparison}", "Both sounds are the same"),
    )


TONE_DISCRIMINATION = {
    "pitch": ToneDiscrimination(
        _wording("has a higher pitch"),
        ("tones.f0_hz",),
        Ladder(JND_LEVELS, "JND", pairs.pitch),
        Ladder((0.0, 50.0, 100.0, 200.0, 400.0, 1200.0), "cents", pairs.star_bench_pitch),
    ),
    "loudness": ToneDiscrimination(
        _wording("is louder"),
        ("tones.level_db_spl", "tones.level_dbfs_rms", "rms", "peak"),
        Ladder(JND_LEVELS, "JND", pairs.loudness),
        Ladder((0.0, 4.0, 8.0, 12.0, 24.0, 48.0), "dB", pairs.star_bench_loudness),
    ),
    "duration": ToneDiscrimination(
        _wording("is longer"),
        ("tones.duration_s", "tones.nominal_duration_s", "rms"),
        Ladder(JND_LEVELS, "JND", pairs.duration),
        Ladder((0.0, 20.0, 50.0, 100.0, 150.0, 200.0), "%", pairs.star_bench_duration),
    ),
}


def plan_tone_discrimination(attribute: str, n: int, profile: Profile, seed: int) -> PartPlan:
    """Plan ``n`` items of one attribute: ``pitch``, ``loudness`` or ``duration``.

    An item depends on the seed, its id, and the level and interval assigned to that id; on nothing else.
    """
    discrimination, name = TONE_DISCRIMINATION[attribute], f"sensitivity_{attribute}"
    assign = counterbalance if profile is STAR_BENCH else counterbalance_with_catch_trials
    assignments = assign(discrimination.ladder(profile).levels, n, design_generator(seed, name))
    levels = [assignment or (0.0, "first") for assignment in assignments]
    return PartPlan(
        [
            # At level 0 both tones are the same, so neither is the larger one.
            _item(discrimination, f"{name}_{number:04d}", level, interval if level else None, profile, seed)
            for number, (level, interval) in enumerate(levels)
        ]
    )


def _item(
    discrimination: ToneDiscrimination,
    identifier: str,
    level: float,
    interval: Interval | None,
    profile: Profile,
    seed: int,
) -> Draft:
    ladder, wording = discrimination.ladder(profile), discrimination.wording
    pair = ladder.make_pair(level, interval, generator(seed, identifier, "plan"))
    question = Question(
        task=TASK,
        category=DISCRIMINATION,
        sub_category=identifier.rpartition("_")[0],
        text=wording.text,
        options=wording.options,
        answer=wording.answer(interval),
        # The ramps widen each spectral line by about the inverse of their length.
        bandwidth_hz=max(tone["f0_hz"] for tone in pair.tones) + 1.0 / RAMP_S,
        level=level,
        level_unit=ladder.unit,
        is_catch=interval is None,
        offers_abstention=profile.offers_abstention,
    )
    scene = {"tones": list(pair.tones), "onsets_s": list(pair.onsets_s), "total_s": pair.total_s}
    return question.draft(
        identifier,
        [Recipe(SYNTHESIZER, {**profile.synthesis, **scene})],
        captions={
            "plain": (plain_caption("two tones", generator(seed, identifier, "caption")),),
            "full": (full_pair(pair.tones, pair.onsets_s, pair.total_s),),
        },
        truth={"planned": {"larger": interval, **pair.difference._asdict()}},
    )
