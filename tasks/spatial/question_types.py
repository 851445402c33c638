"""Types of spatial questions: their wordings, their answers, and the scenes that they are asked about."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from starbench.synthesis import generator

from ..design.draws import Bounds
from ..scenes.feasibility import first_refusal
from ..scenes.options import BACKGROUNDS_DB, SceneOptions
from ..scenes.places import HORIZON, Place
from ..scenes.recipes import LEVELS_DB_SPL
from ..scenes.recordings import Needs
from ..scenes.rooms import LIVING, RequiredPoint, RoomFamily
from ..scenes.sounds import NamedSound, RecordedSounds, recorded_sounds
from ..scenes.varied_sounds import Colour
from .captions import coarse_caption

#: Receivers that distinguish left from right only. (A single microphone distinguishes no directions at all.
#: It is a control, and gets every question.)
LATERAL_FORMATS = frozenset({"stereo", "array"})

#: A cell of a question type's design: an answer, and the set of options that offers it where that varies.
Cell = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class ItemContent:
    """The scene that one item is about, its options and its answer.

    ``positions`` are the ``at`` or ``path`` of each source, in the order of ``sounds``, which is the order
    heard unless they are ``simultaneous``. A room must hold ``required_points`` whatever the answer.
    ``mirror`` maps an option to the one that is right once the ears are swapped. ``words`` are what the
    wordings leave open, except the name of the first sound. ``source_db_spl`` is the level of every source at
    1 m (None: each has its own level at the listener), ``duration_s`` the duration of every source where the
    scene depends on it (None: drawn). With a ``level_course`` the level of every source varies.
    """

    positions: tuple[dict[str, Any], ...]
    sounds: tuple[NamedSound, ...]
    options: tuple[str, ...]
    answer: str
    required_points: Sequence[RequiredPoint] = ()
    mirror: Mapping[str, str] | None = None
    words: Mapping[str, str] = field(default_factory=dict)
    planned: Mapping[str, Any] = field(default_factory=dict)
    simultaneous: bool = False
    source_db_spl: float | None = None
    duration_s: float | None = None
    level_course: Mapping[str, Any] | None = None
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False, kw_only=True)
class QuestionType:
    """A type of question.

    ``name`` is the sub-category, ``size`` its items in a full suite. ``wordings`` are templates with the same
    meaning, in which ``{the}`` and ``{The}`` are the name of the (first) sound. ``cells`` takes whether the
    receiver distinguishes front from behind; within each set of options, each answer has as many cells as
    any other. ``content`` takes a cell, factors and a generator. ``sounds`` are the groups of sounds that an
    item may have, unless the user has recordings, of which it ``needs`` something (None: it cannot be asked about
    recordings, ``because`` of something). With these ``recorded_factors`` replace others. ``bandwidth_hz`` is the
    highest frequency that the cue needs; ``cue_features`` carry the question. ``rt60_s`` are reverberation
    times, s, unless the user chooses (None: no room). For a lateral type it is enough to distinguish left
    from right. ``factors`` are varied besides sounds, room, background and wording. The head must have data
    for ``corners``. ``note`` follows every wording. With a ``colour``, each sound gets a random spectrum of its
    own; its level at the listener is within ``level_db_spl``, and of sounds at one time within ``together_db`` of the
    first one's. ``snr_db`` are levels over the background unless the user chooses (None: no background). ``coarse``
    makes captions of that grade. What ``refused`` says why it cannot be asked at all.
    """

    name: str
    size: int
    wordings: tuple[str, ...]
    cells: Callable[[bool], Sequence[Cell]]
    content: Callable[[Cell, Mapping[str, Any], np.random.Generator], ItemContent]
    sounds: tuple[tuple[NamedSound, ...], ...]
    duration_s: Bounds
    bandwidth_hz: float
    cue_features: tuple[str, ...]
    rt60_s: tuple[float | None, ...] = (None, 0.4)
    needs_room: bool = False
    excludes_room: bool = False
    is_lateral: bool = True
    needs: Needs | None = None
    because: str = ""
    recorded_factors: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    rooms: RoomFamily = LIVING
    factors: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    corners: tuple[Place, ...] = HORIZON
    note: str = ""
    colour: Colour | None = None
    level_db_spl: Bounds = LEVELS_DB_SPL
    together_db: float = math.inf
    snr_db: tuple[float | None, ...] = BACKGROUNDS_DB
    coarse: Callable[..., str] = coarse_caption
    refused: str = ""

    def reverberation_times(self, options: SceneOptions) -> tuple[float | None, ...]:
        """Reverberation times, s; None: no room."""
        if self.excludes_room:
            return (None,)
        return options.reverberation_times(self.rt60_s, needs_room=self.needs_room)

    def inapplicable_reason(self, options: SceneOptions) -> str | None:
        """Why it cannot be asked with these options, or None."""
        if self.refused:
            return self.refused
        if options.format in LATERAL_FORMATS and not self.is_lateral:
            return f"format {options.format} does not tell front from behind, nor above from below"
        if options.recordings and self.needs is None:
            return self.because
        return first_refusal(options, self.corners) if options.format == "binaural" else None

    def recorded(self, options: SceneOptions, seed: int) -> RecordedSounds | None:
        """Those of the user's recordings that it can be asked about; None where sounds are synthesized."""
        if not options.recordings or self.needs is None:
            return None
        rng, snr_db = generator(seed, self.name, "sounds"), options.backgrounds(self.snr_db)
        size = len(self.sounds[0])
        return recorded_sounds(options.recordings, self.needs, self.duration_s, snr_db, rng, size)


def fixed_options(*answers: Any) -> Callable[[bool], Sequence[Cell]]:
    """The cells of a question type that always has the same options."""
    return lambda _: [{"answer": answer} for answer in answers]


def one_source(
    position: dict[str, Any],
    factors: Mapping[str, Any],
    options: tuple[str, ...],
    answer: str,
    **content: Any,
) -> ItemContent:
    """The content of an item about one source; ``content`` are further fields."""
    return ItemContent(
        positions=(position,), sounds=factors["sounds"], options=options, answer=answer, **content
    )
