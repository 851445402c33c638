"""Items of one type of spatial question: cells and factors assigned, scenes laid out in time, drafts made."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from starbench.synthesis import Draft

from ..design.counterbalancing import design_generator, repeat_evenly
from ..design.draws import Bounds, uniform
from ..design.question import Question
from ..scenes.captions import full_caption
from ..scenes.items import ItemContext, balanced_items
from ..scenes.options import SceneOptions
from ..scenes.recipes import SourceParameters, scene_recipe
from ..scenes.sounds import NamedSound
from .captions import capitalised, plain_caption
from .question_types import LATERAL_FORMATS, Cell, ItemContent, QuestionType

TASK = "Spatial Reasoning"

_LEAD_S, _GAP_S, _END_S = (0.1, 0.3), (0.2, 0.4), (0.1, 0.3)


def plan_items(
    question_type: QuestionType, category: str, n: int, options: SceneOptions, seed: int
) -> list[Draft]:
    """Plan ``n`` items of a type, with balanced answers, and factors balanced within each answer.

    They are about the recorded sounds of the options, or about the type's own.
    """
    rng, recorded = design_generator(seed, question_type.name), options.recorded
    cells = repeat_evenly(question_type.cells(options.format not in LATERAL_FORMATS), n, rng)
    levels = {
        "sounds": recorded.groups if recorded else question_type.sounds,
        "rt60": question_type.reverberation_times(options),
        "snr": options.backgrounds(question_type.snr_db),
        "wording": question_type.wordings,
        **question_type.factors,
        **(question_type.recorded_factors if recorded else {}),
    }
    items = balanced_items(question_type.name, cells, levels, options, seed, rng)
    return [_item(question_type, category, cell, context) for context, cell in items]


def _item(question_type: QuestionType, category: str, cell: Cell, context: ItemContext) -> Draft:
    factors, options = context.factors, context.options
    content = question_type.content(cell, factors, context.generator("content"))
    rng = context.generator("clip plan")
    tail_s = options.tail_s(question_type.reverberation_times(options))
    sources, total_s = _lay_out(content, question_type, tail_s, rng)
    room = context.draw_room(question_type.rooms, content.required_points, rng)
    clip = scene_recipe(options, sources, total_s, room=room, snr_db=factors["snr"])
    name = content.sounds[0].definite
    question = Question(
        task=TASK,
        category=category,
        sub_category=question_type.name,
        text=(_order(content.sounds) if options.recorded and options.recorded.needs.named else "")
        + factors["wording"].format(the=name, The=capitalised(name), **content.words)
        + question_type.note,
        options=content.options,
        answer=content.answer,
        bandwidth_hz=options.bandwidth_hz(question_type.bandwidth_hz),
        mirror=content.mirror,
    )
    planned = {
        **cell,
        **content.planned,
        "sounds": [sound.name for sound in content.sounds],
        "rt60_s": factors["rt60"],
        "snr_db": factors["snr"],
    }
    names = [capitalised(sound.definite) for sound in content.sounds]
    coarse = question_type.coarse(content.sounds, content.positions, simultaneous=content.simultaneous)
    return question.draft(
        context.identifier,
        [clip],
        captions={
            "plain": (plain_caption(content.sounds, context.generator("caption")),),
            "coarse": (coarse,),
            "full": (full_caption(names, clip.parameters),),
        },
        truth={**_option_sources(content), **context.truth(planned)},
        flags=content.flags,
    )


def _order(sounds: Sequence[NamedSound]) -> str:
    """Which recording is heard when: so it does not matter whether a listener would give it the same name."""
    first, *others = (sound.definite for sound in sounds)
    return f"You hear {first} first, {', '.join(f'then {other}' for other in others)}. "


def _option_sources(content: ItemContent) -> dict[str, Any]:
    """The source that each option names, where options name sources: the audit for leaks compares them."""
    numbers = {sound.option: number for number, sound in enumerate(content.sounds)}
    sources = [numbers.get(option) for option in content.options]
    return {} if None in sources else {"option_sources": sources}


def _levels(question_type: QuestionType, content: ItemContent, before: Sequence[SourceParameters]) -> Bounds:
    """Between which levels the next sound may be, dB SPL: one that masks another would hide it."""
    low, high = question_type.level_db_spl
    if not (content.simultaneous and before and "level_db_spl" in before[0]):
        return low, high
    first, most = before[0]["level_db_spl"], question_type.together_db
    return max(low, first - most), min(high, first + most)


def _lay_out(
    content: ItemContent, question_type: QuestionType, tail_s: float, rng: np.random.Generator
) -> tuple[list[SourceParameters], float]:
    """Lay the sources out in time, in slots of one length. Also gives the length of the clip, s."""
    drawn_s, onset_s = uniform(rng, question_type.duration_s), uniform(rng, _LEAD_S)
    duration_s = drawn_s if content.duration_s is None else content.duration_s
    end_s = 0.0
    sources: list[SourceParameters] = []
    signals: dict[NamedSound, dict[str, Any]] = {}
    for sound, position in zip(content.sounds, content.positions, strict=True):
        # A sound that is repeated has the same parameters: they must not reveal its place.
        signal = signals.setdefault(sound, sound.draw_signal(duration_s, rng))
        if question_type.colour is not None:
            signal = signal | {"spectrum": question_type.colour.draw(rng)}
        if content.level_course is not None:
            signal = signal | {"level_course": dict(content.level_course)}
        level = {"level_db_spl": uniform(rng, sound.levels(_levels(question_type, content, sources)))}
        if content.source_db_spl is not None:
            level = {"source_db_spl": content.source_db_spl}
        sources.append({"signal": signal, "onset_s": onset_s, **position, **level})
        end_s = onset_s + question_type.duration_s[1] + tail_s
        gap_s = uniform(rng, _GAP_S)
        onset_s = onset_s if content.simultaneous else round(end_s + gap_s, 4)
    return sources, round(end_s + uniform(rng, _END_S), 4)
