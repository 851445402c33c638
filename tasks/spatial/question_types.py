"""What a kind of spatial question is: its wordings, its answers, its scenes; and how items are made of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from starbench.synthesis import Draft, generator

from ..design.draws import Bounds, uniform
from ..design.factors import deal_evenly, spread
from ..perception.places.clips import LEVELS_DB_SPL
from ..scenes import captions as place_captions
from ..scenes.options import SceneOptions
from ..scenes.recipe import Place, draft, place, recipe, refusal
from ..scenes.rooms import LIVING, Reach, Rooms
from ..scenes.sounds import Sound, recorded
from . import captions as scene_captions

TASK = "Spatial Reasoning"
#: Receivers that tell left from right and nothing else. (A single microphone tells nothing at all: it is a
#: control, and gets every question.)
LATERAL_FORMATS = frozenset({"stereo", "array"})

Cell = Mapping[str, Any]

_LEAD_S, _GAP_S, _END_S = (0.1, 0.3), (0.2, 0.4), (0.1, 0.3)
_ALL_ROUND = tuple(place(azimuth) for azimuth in range(0, 360, 15))


@dataclass(frozen=True)
class Content:
    """What one item asks, and of which scene.

    Attributes
    ----------
    where : tuple of dict
        ``at`` or ``path`` of each source, in the order of ``sounds``.
    sounds : tuple of Sound
        In the order heard, unless they sound ``together``.
    choices, answer
        Options and the right one.
    reaches : sequence of Reach
        What a room must hold, whatever the answer.
    mirror : dict or None
        Option -> option that is right once the ears are swapped.
    words : dict
        What the wordings leave open.
    planned : dict
        What was meant, for the truth.
    together : bool
        Whether all sources sound at once.
    source_db_spl : float or None
        Level of every source at 1 m; None: each has a level of its own at the listener.
    duration_s : float or None
        Duration of every source, where the scene hangs on it; None: drawn.
    flags : tuple of str
        What a reader of the score should know.
    """

    where: tuple[dict[str, Any], ...]
    sounds: tuple[Sound, ...]
    choices: tuple[str, ...]
    answer: str
    reaches: Sequence[Reach]
    mirror: dict[str, str] | None = None
    words: Mapping[str, str] = field(default_factory=dict)
    planned: Mapping[str, Any] = field(default_factory=dict)
    together: bool = False
    source_db_spl: float | None = None
    duration_s: float | None = None
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Kind:
    """A kind of question.

    Attributes
    ----------
    name : str
        The sub-category.
    size : int
        Items of a full suite.
    wordings : tuple of str
        Templates that say the same; ``{the}`` and ``{The}`` are the (first) source.
    cells : callable
        Whether the receiver tells front from behind -> the cells that items are dealt over: sets of
        options and right answers, each answer as often as any other of its set.
    make : callable
        Cell, factors and a generator -> content.
    sounds : tuple of tuples of Sound
        Which sounds may be heard together in an item.
    lasts_s : bounds
        Duration of each sound, s.
    bandwidth_hz : float
        Highest frequency that the cue needs.
    rt60 : tuple of float or None
        Rooms (None: none), unless the user chooses.
    needs_room, in_the_open : bool
        Whether it cannot be asked without a room, or within one.
    is_lateral : bool
        Whether telling left from right is enough.
    any_material : bool
        Whether recordings may stand in for its sounds.
    family : Rooms
        Rooms that it takes place in.
    factors : dict
        Further factors.
    corners : tuple of Place
        Places that the head must have data for.
    """

    name: str
    size: int
    wordings: tuple[str, ...]
    cells: Callable[[bool], Sequence[Cell]]
    make: Callable[[Cell, Mapping[str, Any], np.random.Generator], Content]
    sounds: tuple[tuple[Sound, ...], ...]
    lasts_s: Bounds
    bandwidth_hz: float
    rt60: tuple[float | None, ...] = (None, 0.4)
    needs_room: bool = False
    in_the_open: bool = False
    is_lateral: bool = True
    any_material: bool = True
    family: Rooms = LIVING
    factors: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    corners: tuple[Place, ...] = _ALL_ROUND

    def rooms(self, options: SceneOptions) -> tuple[float | None, ...]:
        """Its reverberation times; None: no room."""
        return (None,) if self.in_the_open else options.rooms(self.rt60, needs_room=self.needs_room)

    def cannot(self, options: SceneOptions) -> str | None:
        """Why it cannot be asked with these options, or None."""
        if options.format in LATERAL_FORMATS and not self.is_lateral:
            return f"format {options.format} does not tell front from behind, nor above from below"
        if options.recordings and not self.any_material:
            return "it takes sounds whose likeness is known, and recordings are not"
        return refusal(options, self.corners) if options.format == "binaural" else None


def answers(*values: Any) -> Callable[[bool], Sequence[Cell]]:
    """Cells of a question whose options are always the same."""
    return lambda _: [{"answer": value} for value in values]


def plan(kind: Kind, category: str, n: int, options: SceneOptions, seed: int) -> list[Draft]:
    """Plan ``n`` items of a kind: answers dealt evenly, and everything else spread over them."""
    rng = generator(seed, kind.name, "deal")
    cells = deal_evenly(kind.cells(options.format not in LATERAL_FORMATS), n, rng)
    factors = {
        "sounds": _sounds(kind, options, seed),
        "rt60": kind.rooms(options),
        "snr": options.backgrounds(),
        "wording": kind.wordings,
        **kind.factors,
    }
    given = spread(cells, factors, rng)
    return [
        _item(kind, category, f"{kind.name}_{number:04d}", cell, row, options, seed)
        for number, (cell, row) in enumerate(zip(cells, given, strict=True))
    ]


def _sounds(kind: Kind, options: SceneOptions, seed: int) -> tuple[tuple[Sound, ...], ...]:
    """The kind's own sounds; or recordings, each of them once in each place of a group."""
    found = recorded(options.recordings, generator(seed, kind.name, "sounds"))
    many = len(kind.sounds[0])
    groups = (tuple(found[(k + place) % len(found)] for place in range(many)) for k in range(len(found)))
    return tuple(groups) or kind.sounds


def _item(
    kind: Kind,
    category: str,
    identifier: str,
    cell: Cell,
    given: Mapping[str, Any],
    options: SceneOptions,
    seed: int,
) -> Draft:
    content = kind.make(cell, given, generator(seed, identifier, "content"))
    rng = generator(seed, identifier, "clip plan")
    tail_s = max(rt60 or 0.0 for rt60 in kind.rooms(options))
    sources, total_s = _laid(content, kind.lasts_s, tail_s, rng)
    rt60: float | None = given["rt60"]
    room = None if rt60 is None else kind.family.draw(rt60, content.reaches, rng)
    clip = recipe(options, sources, total_s, room=room, snr_db=given["snr"])
    the = content.sounds[0].the
    told = generator(seed, identifier, "caption")
    return draft(
        identifier=identifier,
        task=TASK,
        category=category,
        sub_category=kind.name,
        question=given["wording"].format(the=the, The=scene_captions.capital(the), **content.words),
        choices=content.choices,
        answer=content.answer,
        clips=[clip],
        mirror=content.mirror,
        bandwidth_hz=kind.bandwidth_hz,
        flags=content.flags,
        captions={
            "plain": (scene_captions.plain(content.sounds, told),),
            "coarse": (scene_captions.coarse(content.sounds, content.where, together=content.together),),
            "full": (
                place_captions.full(
                    [scene_captions.capital(sound.the) for sound in content.sounds], clip.parameters
                ),
            ),
        },
        truth=_named(content)
        | {
            "planned": {
                **cell,
                **content.planned,
                "sounds": [sound.name for sound in content.sounds],
                "rt60_s": rt60,
                "snr_db": given["snr"],
            }
        },
    )


def _named(content: Content) -> dict[str, Any]:
    """Say which source each option names, where options name sources: a leak may hide in comparing them."""
    sources = {sound.option: number for number, sound in enumerate(content.sounds)}
    named = [sources.get(choice) for choice in content.choices]
    return {} if None in named else {"option_sources": named}


def _laid(
    content: Content, lasts_s: Bounds, tail_s: float, rng: np.random.Generator
) -> tuple[list[dict[str, Any]], float]:
    """Lay the sources in time, in slots of one length; and the length of the clip, s."""
    drawn_s, onset_s = uniform(rng, lasts_s), uniform(rng, _LEAD_S)
    duration_s = drawn_s if content.duration_s is None else content.duration_s
    ends_s, sources = 0.0, []
    made: dict[Sound, dict[str, Any]] = {}
    for sound, where in zip(content.sounds, content.where, strict=True):
        # A sound that comes again is the same in all but its noise: what it is must not tell where it is.
        signal = made.setdefault(sound, sound.make(duration_s, rng))
        level = {"level_db_spl": uniform(rng, LEVELS_DB_SPL)}
        if content.source_db_spl is not None:
            level = {"source_db_spl": content.source_db_spl}
        sources.append({"signal": signal, "onset_s": onset_s, **where, **level})
        ends_s = onset_s + lasts_s[1] + tail_s
        gap_s = uniform(rng, _GAP_S)
        onset_s = onset_s if content.together else round(ends_s + gap_s, 4)
    return sources, round(ends_s + uniform(rng, _END_S), 4)
