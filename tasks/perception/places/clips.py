"""Clips of the default profile, with one sound or two in a row.

Whatever is not asked is drawn here by a generator that is independent of the answer: the duration, the onset,
the level at the ears, the signal. Sounds are in slots of one length, so that neither onsets nor the clip's
length depend on them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from starbench.synthesis import Draft, Recipe, generator

from ...design.draws import Bounds, uniform
from ...design.question import Question
from ...scenes.captions import full_caption, ordinal_names
from ...scenes.items import ItemContext
from ...scenes.options import SceneOptions
from ...scenes.places import Place
from ...scenes.recipes import LEVELS_DB_SPL, SourceParameters, scene_recipe
from ...scenes.recordings import EVEN, FRONT_BEHIND, HEIGHT, HEIGHT_IN_TURN, LATERAL_IN_TURN, Needs
from ...scenes.rooms import RequiredPoint, RoomFamily
from ...scenes.sounds import TEST_SIGNALS, NamedSound, recorded_sounds, with_new_tilt
from ...scenes.varied_sounds import Colour
from ..captions import plain_caption

#: The shortest of the question types' longest durations, s: what a recording must have at least.
SHORTEST_S = 0.8
DEFAULT_SIGNALS = ("noise", "complex")
#: Sub-category -> what it needs of the user's recordings.
NEEDS = {
    "range_azimuth": FRONT_BEHIND,
    "range_elevation": HEIGHT,
    "range_distance": EVEN,
    "sensitivity_azimuth": LATERAL_IN_TURN,
    "sensitivity_elevation": HEIGHT_IN_TURN,
    "sensitivity_distance": EVEN,
}
_LEAD_S, _GAP_S, _END_S = (0.1, 0.3), (0.3, 0.5), (0.1, 0.3)


@dataclass(frozen=True, kw_only=True)
class ClipDesign:
    """What the clips of one sub-category share, whatever the answer.

    ``rt60_s`` are reverberation times, s, unless the user chooses (None: no room). ``bandwidth_hz`` is the
    highest frequency that the cue needs. With ``needs_room`` the question can be answered in rooms only. Two
    sounds share level and spectral tilt, unless these are separate. With a ``colour``, each sound gets a random
    spectrum of its own. The signals are ``default_signals`` of ``signals``, unless the user chooses.
    """

    duration_s: Bounds
    rt60_s: tuple[float | None, ...]
    rooms: RoomFamily
    bandwidth_hz: float
    needs_room: bool = False
    separate_levels: bool = False
    separate_tilts: bool = False
    colour: Colour | None = None
    level_db_spl: Bounds = LEVELS_DB_SPL
    signals: Mapping[str, NamedSound] = field(default_factory=lambda: TEST_SIGNALS)
    default_signals: tuple[str, ...] = DEFAULT_SIGNALS

    def reverberation_times(self, options: SceneOptions) -> tuple[float | None, ...]:
        """Reverberation times, s; None: no room."""
        return options.reverberation_times(self.rt60_s, needs_room=self.needs_room)

    def factors(self, options: SceneOptions) -> dict[str, Sequence[Any]]:
        """What is varied on purpose and not asked: the sound, the room, the background."""
        return {
            "sound": sounds(options, self.default_signals, self.signals),
            "rt60": self.reverberation_times(options),
            "snr": options.backgrounds(),
        }


@dataclass(frozen=True)
class Layout:
    """Where the sounds of an item are, in the order heard.

    ``required_points`` must be inside the room whatever the answer; ``planned`` is recorded in the truth.
    """

    places: Sequence[Place]
    required_points: Sequence[RequiredPoint]
    planned: Mapping[str, Any]


def sounds(
    options: SceneOptions,
    default_signals: Sequence[str],
    signals: Mapping[str, NamedSound] = TEST_SIGNALS,
) -> tuple[NamedSound, ...]:
    """The user's recordings, else the signals that the user chose, else the default ones."""
    if options.recorded:
        return tuple(sound for (sound,) in options.recorded.groups)
    return tuple(signals[name] for name in options.signal or default_signals)


def with_recorded(
    name: str, duration_s: Bounds, options: SceneOptions, seed: int, needs: Needs | None = None
) -> SceneOptions:
    """The options for one sub-category, with those of the user's recordings that fit it."""
    if not options.recordings:
        return options
    rng, snr_db = generator(seed, name, "sounds"), options.backgrounds()
    return replace(
        options, recorded=recorded_sounds(options.recordings, needs or NEEDS[name], duration_s, snr_db, rng)
    )


def draft_item(context: ItemContext, question: Question, layout: Layout, design: ClipDesign) -> Draft:
    """Make an item of one clip: a sound at each of the layout's places, one after the other.

    The clip's random numbers depend on the context only, not on the answer.
    """
    rng = context.generator("clip plan")
    sound: NamedSound = context.factors["sound"]
    tail_s = max(rt60 or 0.0 for rt60 in design.reverberation_times(context.options))
    duration_s = uniform(rng, design.duration_s)
    onset_s, end_s = uniform(rng, _LEAD_S), 0.0
    sources: list[SourceParameters] = []
    signal = sound.draw_signal(duration_s, rng)
    levels = sound.levels(design.level_db_spl)
    level = uniform(rng, levels)
    for at in layout.places:
        spectrum = {} if design.colour is None else {"spectrum": design.colour.draw(rng)}
        sources.append({"signal": signal | spectrum, "onset_s": onset_s, "at": at, "level_db_spl": level})
        end_s = onset_s + design.duration_s[1] + tail_s
        onset_s = round(end_s + uniform(rng, _GAP_S), 4)
        # Both are drawn whether they are used or not: all designs consume the same random numbers.
        next_level, next_signal = uniform(rng, levels), with_new_tilt(signal, rng)
        level = next_level if design.separate_levels else level
        signal = next_signal if design.separate_tilts else signal
    total_s = round(end_s + uniform(rng, _END_S), 4)
    room = context.draw_room(design.rooms, layout.required_points, rng)
    clip = scene_recipe(context.options, sources, total_s, room=room, snr_db=context.factors["snr"])
    return draft_clips(context, question, [clip], layout.planned)


def draft_clips(
    context: ItemContext, question: Question, clips: Sequence[Recipe], planned: Mapping[str, Any]
) -> Draft:
    """Make an item of clips, with captions, and what was planned in its truth."""
    rng, factors = context.generator("caption"), context.factors
    captions: dict[str, list[str]] = {"plain": [], "full": []}
    for clip in clips:
        names = ordinal_names(len(clip.parameters["sources"]))
        captions["plain"].append(plain_caption("one sound" if len(names) == 1 else "two sounds", rng))
        captions["full"].append(full_caption(names, clip.parameters))
    varied = {"signal": factors["sound"].name, "rt60_s": factors["rt60"], "snr_db": factors["snr"]}
    return question.draft(
        context.identifier, clips, captions=captions, truth=context.truth({**planned, **varied})
    )
