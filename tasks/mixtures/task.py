"""Mixtures of a user's recordings, whose stems are known: for separators, and for listeners who need none.

Two to five sounds are heard at one time, each from a place of its own, in the open or in a room. The level of the sound
that is asked about over all others together (the signal-to-interference ratio), the number of sounds and the
reverberation are factors: each occurs equally often with each answer.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from starbench.errors import InputError
from starbench.synthesis import BuildPlan, BuildSpec, Draft

from ..design.apportionment import apportion
from ..design.counterbalancing import design_generator, repeat_evenly
from ..design.draws import Bounds, uniform
from ..design.plans import PartPlan, build_plan, select_attributes
from ..design.question import Question
from ..scenes.captions import full_caption
from ..scenes.feasibility import check_rooms, try_heads
from ..scenes.items import ItemContext, balanced_items
from ..scenes.options import SceneOptions, parse_options, rt60_words, snr_words
from ..scenes.places import place
from ..scenes.recipes import RATE_HZ, scene_recipe
from ..scenes.recordings import LATERAL_NAMED, Draw, fitting
from ..scenes.rooms import LIVING, MATERIALS, circle_around
from ..scenes.varied_sounds import VARIED_OPTIONS
from .questions import QUESTIONS, MixtureContent, MixtureQuestion
from .sounds import RecordingPool

TASK = "Mixtures"
#: Numbers of sounds, and levels of the one that is asked about over all others together, dB.
N_SOUNDS, SIR_DB = (2, 3, 4, 5), (-5.0, 0.0, 5.0)
#: How long each sound lasts, s, and what is left before the first and after the last.
_DURATION_S, _LEAD_S, _END_S = 1.6, (0.1, 0.3), (0.1, 0.3)
#: Level of the whole mixture at the listener, dB SPL, whatever the number of sounds.
_LEVEL_DB_SPL: Bounds = (54.0, 64.0)
#: Levels of single sounds about their mean, dB, where options name the sounds: the loudest must not be the right one.
_SPREAD_DB: Bounds = (-5.0, 5.0)
_RT60_S = (None, 0.4)
_ROOMS = replace(LIVING, materials=MATERIALS)
_SIZE = 240
_OPTIONS = ("format", "hrtf", "mix", "recordings", "rt60", "snr")


class Mixtures:
    """Two to five recorded sounds at once: who is where, who began first, how many; stems are kept."""

    attributes = tuple(dict.fromkeys(each.attribute for each in QUESTIONS))
    profiles = ("default",)

    def plan(self, spec: BuildSpec) -> BuildPlan:
        """Plan every item; needs recordings with labels.

        Raises an InputError for an unknown attribute, size or option, or recordings that cannot be mixed.
        """
        attributes = select_attributes(spec, "mixtures", self.attributes, self.profiles)
        options = try_heads(
            parse_options(
                spec.options,
                "mixtures",
                _OPTIONS,
                min_recording_s=_DURATION_S,
                min_recordings=2,
                **VARIED_OPTIONS,
            )
        )
        library = options.library
        if library is None or not library.is_labelled:
            raise InputError(
                "mixtures are made of recordings whose names stand in the questions: give --recordings FOLDER, with "
                "a table labels.csv in it"
            )
        times = options.reverberation_times(_RT60_S)
        check_rooms(options, [(_ROOMS, times)])
        quietest = min((snr for snr in options.backgrounds((None,)) if snr is not None), default=None)
        fits, lacking = fitting(library.recordings, LATERAL_NAMED, (_DURATION_S, _DURATION_S), quietest)
        pool = RecordingPool({recording: excerpts.draw for recording, excerpts in fits.items()})
        numbers = tuple(n for n in N_SOUNDS if n <= pool.most)
        if len(numbers) < 2:
            raise InputError(
                f"option recordings: only {pool.most} recordings differ in name and class, and mixtures need 3"
            )
        types = [each for each in QUESTIONS if each.attribute in attributes]
        counts = apportion(_SIZE if spec.size is None else spec.size, [1] * len(types))
        parts = [
            PartPlan(list(_plan(each, n, numbers, pool, options, spec.seed)), ())
            for each, n in zip(types, counts, strict=True)
        ]
        missing = [n for n in N_SOUNDS if n not in numbers]
        dropped = [
            f"{len(files)} recordings are not used: they {reason}" for reason, files in lacking.items()
        ]
        dropped += [f"mixtures of {n}: only {pool.most} recordings differ in name and class" for n in missing]
        return build_plan(
            [*parts, PartPlan((), dropped)],
            declared={
                "asked": {each.name: list(each.cue_features) for each in types},
                "rate_hz": RATE_HZ,
                "format": options.format,
                "n_sounds": list(numbers),
                "sir_db": list(SIR_DB),
                "snr_db": snr_words(options.backgrounds((None,))),
                "rt60_s": rt60_words(times),
                **options.declared_heads,
            },
            library=library,
            options=options.resolved,
            attributes=attributes,
            licence=options.licence,
        )


def _plan(
    each: MixtureQuestion,
    n: int,
    numbers: Sequence[int],
    pool: RecordingPool,
    options: SceneOptions,
    seed: int,
) -> Iterator[Draft]:
    rng = design_generator(seed, each.name)
    asked = each.factors.get("answer", (None,))
    cells = [{"answer": answer, "n": number} for answer in asked for number in numbers]
    levels = {
        **{name: values for name, values in each.factors.items() if name != "answer"},
        **({"sir": SIR_DB} if each.names_its_sound else {}),
        "rt60": options.reverberation_times(_RT60_S),
        "snr": options.backgrounds((None,)),
        "wording": each.wordings,
    }
    items = balanced_items(each.name, repeat_evenly(cells, n, rng), levels, options, seed, rng)
    places: Counter[tuple[int, int]] = Counter()
    for context, cell in items:
        # Among the options, the right one stands at each place equally often.
        free = [(cell["n"], k) for k in rng.permutation(cell["n"]).tolist()]
        rarest = min(free, key=places.__getitem__)
        places[rarest] += 1
        yield _item(each, cell, context, pool, rarest[1])


def _item(
    each: MixtureQuestion,
    cell: Mapping[str, Any],
    context: ItemContext,
    pool: RecordingPool,
    place_of_right: int,
) -> Draft:
    factors, rng = {**cell, **context.factors}, context.generator("mixture")
    n: int = factors["n"]
    sounds = pool.choose(n, context.generator("sounds"))
    recordings = [recording for recording, _ in sounds]
    content = each.content(n, factors, rng)
    draws = [draw for _, draw in sounds]
    tail_s = max(time or 0.0 for time in context.options.reverberation_times(_RT60_S))
    sources, total_s = _sources(each, content, draws, factors, tail_s, rng)
    room = context.draw_room(_ROOMS, circle_around(1.5), rng)
    names = [f'the sound "{recording.name}"' for recording in recordings]
    options, right = _options(content, names, place_of_right, rng)
    clip = scene_recipe(context.options, sources, total_s, room=room, snr_db=factors["snr"])
    clip.parameters["stems"] = True
    planned = {
        key: factors[key] for key in ("n", "sir", "rt60", "snr", "side") if factors.get(key) is not None
    }
    question = Question(
        task=TASK,
        category="Mixtures of recordings",
        sub_category=each.name,
        text=factors["wording"].format(the=names[0], side=factors.get("side")),
        options=options,
        answer=right,
        bandwidth_hz=LATERAL_NAMED.bandwidth_hz,
        mirror=content.mirror,
    )
    return question.draft(
        context.identifier,
        [clip],
        captions={
            "plain": ("A mixture of sounds that are heard at the same time.",),
            "full": (full_caption([_capitalised(name) for name in names], clip.parameters),),
        },
        truth=_truth(
            context, planned | {"sounds": [recording.name for recording in recordings]}, options, names
        ),
    )


def _truth(
    context: ItemContext, planned: dict[str, Any], options: Sequence[str], names: Sequence[str]
) -> dict[str, Any]:
    """What was planned, the factors that scores are also given by, and which source each option names."""
    truth = context.truth(planned)
    sir = planned.get("sir")
    factors = {"sounds": str(planned["n"]), **({} if sir is None else {"sir": f"{sir:g} dB"})}
    texts = [_capitalised(name) for name in names]
    sources = {} if set(options) - set(texts) else {"option_sources": [texts.index(text) for text in options]}
    return {**truth, **sources, "factors": {**truth.get("factors", {}), **factors}}


def _options(
    content: MixtureContent, names: Sequence[str], place_of_right: int, rng: np.random.Generator
) -> tuple[tuple[str, ...], str]:
    if content.options is not None:
        return content.options, content.options[content.right]
    texts = [_capitalised(name) for name in names]
    right = texts.pop(content.right)
    others = [texts[k] for k in rng.permutation(len(texts))]
    return (*others[:place_of_right], right, *others[place_of_right:]), right


def _sources(
    each: MixtureQuestion,
    content: MixtureContent,
    draws: Sequence[Draw],
    factors: Mapping[str, Any],
    tail_s: float,
    rng: np.random.Generator,
) -> tuple[list[dict[str, Any]], float]:
    """Lay the sounds out in a clip; also gives its length, s."""
    lead_s = uniform(rng, _LEAD_S)
    levels = _levels(each, len(draws), factors, rng)
    sources = [
        {
            "signal": draw(_DURATION_S, rng),
            "onset_s": round(lead_s + onset_s, 4),
            "at": place(azimuth_deg),
            "level_db_spl": level,
        }
        for draw, onset_s, azimuth_deg, level in zip(
            draws, content.onsets_s, content.azimuths_deg, levels, strict=True
        )
    ]
    total_s = lead_s + max(content.onsets_s) + _DURATION_S + tail_s + uniform(rng, _END_S)
    return sources, round(total_s, 4)


def _levels(
    each: MixtureQuestion, n: int, factors: Mapping[str, Any], rng: np.random.Generator
) -> list[float]:
    """Level of each sound, dB SPL: a named one stands ``sir`` over all others together, which are equally loud."""
    together = uniform(rng, _LEVEL_DB_SPL)
    if each.names_its_sound:
        ratio = 10.0 ** (factors["sir"] / 10.0)
        powers = [ratio, *[1.0 / (n - 1)] * (n - 1)]
    else:
        powers = [10.0 ** (uniform(rng, _SPREAD_DB) / 10.0) for _ in range(n)]
    return [round(together + 10.0 * math.log10(power / sum(powers)), 4) for power in powers]


def _capitalised(text: str) -> str:
    return text[:1].upper() + text[1:]
