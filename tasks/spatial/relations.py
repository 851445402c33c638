"""Multi-source relations: what is further right, higher or nearer, in how many places, first and where."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import permutations
from typing import Any

import numpy as np

from ..design.draws import Bounds, either_side, log_uniform, uniform
from ..scenes.recipe import place
from ..scenes.rooms import LONG, Reach, all_round
from ..scenes.sounds import HIGH_BUZZ, HISS, LOW_BUZZ, SIREN, TICKING, Sound
from .question_types import Cell, Content, Kind, answers

#: All sounds are in front: what is "further right" must not hang on front and behind.
_FRONTAL_DEG = (-80.0, 80.0)
_APART_DEG = {2: 10.0, 3: 15.0}
_PLACES_APART_DEG = 30.0
_BURSTS = 5

_LOWER_DEG, _HIGHER_BY_DEG = (-38.0, 20.0), (30.0, 50.0)
_NEARER_M, _FARTHER_BY = (1.0, 1.4), (3.2, 4.0)
# Far enough apart that the level tells in spite of what a head does to sounds of different colour.
_NEARER_OPEN_M, _FARTHER_OPEN_BY = (1.0, 1.5), (2.5, 4.0)
_SOURCE_DB_SPL = (66.0, 72.0)

_COUNTS = ("From one place", "From two places", "From three places", "From four places")
_LEFT_RIGHT = ("left", "right")

#: Two that can be told apart while both sound, because one is harmonic and the other is not.
_UNLIKE = ((HISS, LOW_BUZZ), (HISS, HIGH_BUZZ), (TICKING, LOW_BUZZ), (TICKING, HIGH_BUZZ))
_THREE = ((HISS, LOW_BUZZ, HIGH_BUZZ), (TICKING, LOW_BUZZ, HIGH_BUZZ))
#: For one after the other, anything goes together.
_PAIRS = (
    (HISS, LOW_BUZZ),
    (HISS, TICKING),
    (HIGH_BUZZ, HISS),
    (LOW_BUZZ, TICKING),
    (TICKING, HIGH_BUZZ),
    (LOW_BUZZ, HIGH_BUZZ),
)
_NAMED_PAIRS = (*_PAIRS, (SIREN, HISS), (TICKING, SIREN))


def _spaced(rng: np.random.Generator, count: int, bounds: Bounds, apart: float) -> list[float]:
    """Ascending angles within bounds, no two nearer than ``apart``; every such choice is as likely."""
    low, high = bounds
    free = np.sort(rng.uniform(low, high - (count - 1) * apart, count))
    return [round(float(angle + k * apart), 4) for k, angle in enumerate(free)]


def _in_order(
    sounds: tuple[Sound, ...], where: list[dict[str, Any]], order: tuple[int, ...]
) -> dict[str, Any]:
    """Sounds and their places as they are heard."""
    return {
        "sounds": tuple(sounds[k] for k in order),
        "where": tuple(where[k] for k in order),
        "choices": tuple(sound.option for sound in sounds),
    }


def _further_side(cell: Cell, given: Mapping[str, Any], rng: np.random.Generator) -> Content:
    sounds: tuple[Sound, ...] = given["sounds"]
    count, asked = len(sounds), int(cell["answer"])
    azimuths = _spaced(rng, count, _FRONTAL_DEG, _APART_DEG[count])
    others = [k for k in rng.permutation(count).tolist() if k != asked]
    from_left = [*others, asked] if given["side"] == "right" else [asked, *others]
    where = [{"at": place(azimuths[from_left.index(k)])} for k in range(count)]
    options = [sounds[k].option for k in from_left]
    return Content(
        **_in_order(sounds, where, given["order"]),
        answer=sounds[asked].option,
        mirror=dict(zip(options, options[::-1], strict=True)),
        words={"side": given["side"]},
        planned={
            "side": given["side"],
            "together": given["together"],
            "from_left": [sounds[k].name for k in from_left],
        },
        together=given["together"],
        reaches=all_round(1.5),
    )


def _higher(cell: Cell, given: Mapping[str, Any], rng: np.random.Generator) -> Content:
    sounds, asked = given["sounds"], int(cell["answer"])
    low, by, azimuth = uniform(rng, _LOWER_DEG), uniform(rng, _HIGHER_BY_DEG), either_side(rng, (0.0, 30.0))
    where = [{"at": place(azimuth, low + (by if k == asked else 0.0))} for k in range(2)]
    return Content(
        **_in_order(sounds, where, given["order"]),
        answer=sounds[asked].option,
        planned={"apart_deg": by},
        reaches=[(azimuth, up, 1.5) for up in (-38.0, 0.0, 70.0)],
    )


def _nearer(cell: Cell, given: Mapping[str, Any], rng: np.random.Generator) -> Content:
    sounds, asked = given["sounds"], int(cell["answer"])
    near, by = log_uniform(rng, _NEARER_M), uniform(rng, _FARTHER_BY)
    # Both far places must fit one room, since either may be the farther one.
    azimuths = [either_side(rng, (0.0, 25.0)) for _ in sounds]
    where = [
        {"at": place(azimuth, 0.0, near * (1.0 if k == asked else by))} for k, azimuth in enumerate(azimuths)
    ]
    farthest = _NEARER_M[1] * _FARTHER_BY[1]
    reaches: list[Reach] = [(azimuth, 0.0, far) for azimuth in azimuths for far in (0.5, farthest)]
    return Content(
        **_in_order(sounds, where, given["order"]),
        answer=sounds[asked].option,
        planned={"ratio": by},
        reaches=reaches,
    )


def _nearer_by_level(cell: Cell, given: Mapping[str, Any], rng: np.random.Generator) -> Content:
    sounds, asked = given["sounds"], int(cell["answer"])
    near, by = log_uniform(rng, _NEARER_OPEN_M), log_uniform(rng, _FARTHER_OPEN_BY)
    # Equally far to a side, since a head amplifies what comes from there.
    aside = uniform(rng, (0.0, 60.0))
    azimuths = [either_side(rng, (aside, aside)) for _ in sounds]
    where = [
        {"at": place(azimuth, 0.0, near * (1.0 if k == asked else by))} for k, azimuth in enumerate(azimuths)
    ]
    return Content(
        **_in_order(sounds, where, given["order"]),
        answer=sounds[asked].option,
        planned={"ratio": by},
        source_db_spl=uniform(rng, _SOURCE_DB_SPL),
        reaches=(),
        flags=("level-cue",),
    )


def _how_many(cell: Cell, given: Mapping[str, Any], rng: np.random.Generator) -> Content:
    # Four places are drawn whatever the answer, and that many of them used, so that one place tells nothing.
    (sound,), count = given["sounds"], 1 + _COUNTS.index(cell["answer"])
    azimuths = rng.permutation(_spaced(rng, len(_COUNTS), _FRONTAL_DEG, _PLACES_APART_DEG))[:count]
    again = rng.integers(0, count, _BURSTS - count)
    visits = rng.permutation(np.concatenate([np.arange(count), again]))
    return Content(
        where=tuple({"at": place(float(azimuths[k]))} for k in visits),
        sounds=(sound,) * _BURSTS,
        choices=_COUNTS,
        answer=cell["answer"],
        reaches=all_round(1.5),
    )


def _first_and_where(cell: Cell, given: Mapping[str, Any], rng: np.random.Generator) -> Content:
    sounds, first = given["sounds"], int(cell["first"])
    sides = [cell["side"], given["other_side"]]
    order = (first, 1 - first)
    where = {}
    for k, side in zip(order, sides, strict=True):
        aside = uniform(rng, (25.0, 80.0))
        where[k] = {"at": place(aside if side == "right" else -aside)}
    texts = {(k, side): f"{sounds[k].option}, from the {side}" for k in (0, 1) for side in _LEFT_RIGHT}
    flipped = {"left": "right", "right": "left"}
    heard = _in_order(sounds, [where[0], where[1]], order) | {"choices": tuple(texts.values())}
    return Content(
        **heard,
        answer=texts[first, cell["side"]],
        mirror={text: texts[k, flipped[side]] for (k, side), text in texts.items()},
        reaches=all_round(1.5),
    )


_TWO_SIDES = (
    "Which of the two sounds is further to the {side}?",
    "Two sounds can be heard. Which one is more to the {side}?",
    "Of the two sounds, which one comes from further {side}?",
    "Compare where the two sounds come from: which one is to the {side} of the other?",
)
_TWO_DISTANCES = (
    "Which of the two sounds is nearer to you?",
    "Two sounds are heard one after the other. Which one is closer?",
    "Of the two sounds, which one comes from closer by?",
    "Compare how far away the two sounds are: which one is at the smaller distance?",
)
_ORDERS = tuple(permutations(range(2)))
_SIDES_AND_ORDERS = {"side": _LEFT_RIGHT, "together": (True, False), "order": _ORDERS}
_ELEVATED = tuple(place(azimuth, up) for azimuth in (-30, 0, 30) for up in (-38, 0, 20, 45, 70))

KINDS = (
    Kind(
        "further_side",
        30,
        _TWO_SIDES,
        answers(0, 1),
        _further_side,
        _UNLIKE,
        (0.8, 1.2),
        4_000.0,
        factors=_SIDES_AND_ORDERS,
    ),
    Kind(
        "further_side_alike",
        15,
        _TWO_SIDES,
        answers(0, 1),
        _further_side,
        ((LOW_BUZZ, HIGH_BUZZ),),
        (0.8, 1.2),
        4_000.0,
        any_material=False,
        factors=_SIDES_AND_ORDERS,
    ),
    Kind(
        "further_side_three",
        15,
        (
            "Which of the three sounds is furthest to the {side}?",
            "Three sounds can be heard. Which one is most to the {side}?",
            "Of the three sounds, which one comes from furthest {side}?",
            "Compare where the three sounds come from: which one is to the {side} of the other two?",
        ),
        answers(0, 1, 2),
        _further_side,
        _THREE,
        (0.8, 1.2),
        4_000.0,
        factors=_SIDES_AND_ORDERS | {"order": tuple(permutations(range(3)))},
    ),
    Kind(
        "higher",
        12,
        (
            "Which of the two sounds comes from higher up?",
            "Two sounds are heard one after the other. Which one is higher up in space?",
            "Of the two sounds, which one comes from higher above the ground?",
            "Compare where the two sounds come from: which one is above the other?",
        ),
        answers(0, 1),
        _higher,
        _PAIRS[:-1],  # of two buzzes "higher" could mean the pitch
        (0.6, 1.0),
        16_000.0,
        rt60=(None,),
        is_lateral=False,
        factors={"order": _ORDERS},
        corners=_ELEVATED,
    ),
    Kind(
        "nearer",
        15,
        _TWO_DISTANCES,
        answers(0, 1),
        _nearer,
        _PAIRS,
        (0.7, 1.0),
        8_000.0,
        rt60=(0.4,),
        needs_room=True,
        family=LONG,
        factors={"order": _ORDERS},
    ),
    Kind(
        "nearer_by_level",
        8,
        tuple(
            f"Both sounds are equally loud at one meter from where they are. {text}"
            for text in _TWO_DISTANCES
        ),
        answers(0, 1),
        _nearer_by_level,
        _PAIRS,
        (0.6, 1.0),
        4_000.0,
        in_the_open=True,
        factors={"order": _ORDERS},
    ),
    Kind(
        "how_many_places",
        10,
        (
            "How many different places do the sounds come from?",
            "From how many different places do you hear sounds?",
            "Count the places that sounds come from: how many are there?",
            "A sound is heard several times. From how many different places does it come?",
        ),
        answers(*_COUNTS),
        _how_many,
        ((HISS,), (LOW_BUZZ,), (HIGH_BUZZ,)),
        (0.25, 0.35),
        4_000.0,
    ),
    Kind(
        "first_and_where",
        8,
        (
            "Which sound comes first, and from which side?",
            "Two sounds are heard one after the other. Which one is the first, and on which side is it?",
            "What do you hear first, and where?",
            "Which of the two sounds begins, and from which side does it come?",
        ),
        lambda _: [{"first": first, "side": side} for first in (0, 1) for side in _LEFT_RIGHT],
        _first_and_where,
        _NAMED_PAIRS,
        (0.6, 1.0),
        4_000.0,
        factors={"other_side": _LEFT_RIGHT},
    ),
)
