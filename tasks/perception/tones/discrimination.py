"""Relative discrimination: which of two tones is higher, louder or longer, or that they are the same."""

from __future__ import annotations

from dataclasses import dataclass

from starbench.synthesis import Draft, Recipe, generator

from ...design.dealing import Side, deal, deal_with_catch
from ..profiles import RAMP_S, STAR_BENCH, Profile, Wording, draft
from . import captions, pairs
from .pairs import MakePair

_CATEGORY = "Relative Discrimination Sensitivity"
#: Steps of the default profile, in JNDs; catch trials (0) come on top.
JND_LADDER = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0)


@dataclass(frozen=True)
class Ladder:
    """How one attribute is asked: the words, our stimuli, and STAR-Bench's steps and stimuli."""

    wording: Wording
    make: MakePair
    star_bench_levels: tuple[float, ...]
    star_bench_unit: str
    star_bench_make: MakePair


def _wording(question: str, first_second: str) -> Wording:
    options = tuple(first_second.format(which) for which in ("first", "second"))
    return Wording(_CATEGORY, question, (options[0], options[1], "Both sounds are the same"))


LADDERS = {
    "pitch": Ladder(
        _wording(
            "Which sound has a higher pitch: the first sound, the second sound, or are they the same?",
            "The {} sound has a higher pitch",
        ),
        pairs.pitch,
        (0.0, 50.0, 100.0, 200.0, 400.0, 1200.0),
        "cents",
        pairs.star_bench_pitch,
    ),
    "loudness": Ladder(
        _wording(
            "Which sound is louder: the first sound, the second sound, or are they the same?",
            "The {} sound is louder",
        ),
        pairs.loudness,
        (0.0, 4.0, 8.0, 12.0, 24.0, 48.0),
        "dB",
        pairs.star_bench_loudness,
    ),
    "duration": Ladder(
        _wording(
            "Which sound is longer: the first sound, the second sound, or are they the same?",
            "The {} sound is longer",
        ),
        pairs.duration,
        (0.0, 20.0, 50.0, 100.0, 150.0, 200.0),
        "%",
        pairs.star_bench_duration,
    ),
}


def plan_ladder(attribute: str, n: int, profile: Profile, seed: int) -> list[Draft]:
    """Plan ``n`` items of one attribute.

    An item depends on the seed, its id, and the level and side dealt to that id; nothing else.

    Parameters
    ----------
    attribute : str
        ``pitch``, ``loudness`` or ``duration``.
    n : int
        How many items.
    profile : Profile
        Which levels, stimuli and options.
    seed : int
        The suite's seed.
    """
    ladder, name = LADDERS[attribute], f"sensitivity_{attribute}"
    return [
        _item(ladder, name, number, level, side, profile, seed)
        for number, (level, side) in enumerate(_cells(ladder, name, n, profile, seed))
    ]


def _cells(ladder: Ladder, name: str, n: int, profile: Profile, seed: int) -> list[tuple[float, Side | None]]:
    rng = generator(seed, name, "deal")
    if profile is STAR_BENCH:
        dealt = deal(ladder.star_bench_levels, n, rng)
        return [(level, side if level else None) for level, side in dealt]
    return [cell or (0.0, None) for cell in deal_with_catch(JND_LADDER, n, rng)]


def _item(
    ladder: Ladder, name: str, number: int, level: float, side: Side | None, profile: Profile, seed: int
) -> Draft:
    identifier = f"{name}_{number:04d}"
    is_original = profile is STAR_BENCH
    make = ladder.star_bench_make if is_original else ladder.make
    pair = make(level, side, generator(seed, identifier, "plan"))
    timing = {"onsets_s": list(pair.onsets_s), "total_s": pair.total_s}
    return draft(
        identifier=identifier,
        sub_category=name,
        wording=ladder.wording,
        profile=profile,
        side=side,
        recipe=Recipe("tone-pair", {"tones": list(pair.tones)} | timing),
        level=level,
        catch=side is None,
        level_unit=ladder.star_bench_unit if is_original else "JND",
        # The ramps widen each line by about the inverse of their length.
        bandwidth_hz=max(tone["f0_hz"] for tone in pair.tones) + 1.0 / RAMP_S,
        captions={
            "plain": (captions.plain_pair(generator(seed, identifier, "caption")),),
            "full": (captions.full_pair(pair.tones, pair.onsets_s, pair.total_s),),
        },
        truth={"planned": pair.planned},
    )
