"""Annotated recordings as tasks: a user's own, and two public data sets from folders as they are published."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import inf
from typing import Any

from starbench.errors import AudioError, StimulusError, SuiteError
from starbench.schema import Item
from starbench.suites.suite import Suite
from starbench.suites.validate import RawRecord, validate_records

from .balance import balanced
from .clips import clips_folder, cut_clips
from .description import describe
from .formats import ClipFormat
from .items import item_fields
from .layouts import STARSS23, STARSS23_BINAURAL, STEREO_SELD, Layout, Selection, select
from .question_types import AnnotatedQuestion, Outcome, SeldQuestion
from .questions import QUESTIONS
from .reading import Contents, read

#: Most items of one type of question.
MOST_ITEMS = 240
ToDecode = Callable[[Sequence[Item]], Iterable[Item]]


class Annotated:
    """Your own annotated recordings in stereo, binaural, ambisonics or of an array; ``annotated:FOLDER``."""

    def load(self, source: str, *, skip_bad: bool = False, to_decode: ToDecode = tuple) -> Suite:
        """Cut clips from the recordings in the folder ``source``, and ask about what is annotated.

        The folder has ``annotated.toml``, which says what they are, a folder of DCASE's metadata and one of sounds.
        With ``skip_bad``, recordings with a fault are left out and listed.

        Raises a SuiteError that lists every fault of the metadata and the sounds.
        """
        return _load(*describe(source), skip_bad, to_decode)


class Starss23:
    """STARSS23 (MIT): real rooms in first-order ambisonics or from four microphones; ``starss23:FOLDER``."""

    layout = STARSS23

    def load(self, source: str, *, skip_bad: bool = False, to_decode: ToDecode = tuple) -> Suite:
        """Cut clips of 5 s from the recordings in the folder ``source``, and ask about what is annotated.

        The folder has ``metadata_dev`` beside ``foa_dev`` or ``mic_dev``; a folder below one of these two chooses a
        format, or a part of the data. With ``skip_bad``, damaged recordings are left out and listed.

        Raises a SuiteError that lists every fault of the metadata and the sounds.
        """
        return _load(self.layout, select(self.layout, source), skip_bad, to_decode)


class Starss23Binaural(Starss23):
    """STARSS23's ambisonics as KEMAR's ears hear them; ``starss23-binaural:FOLDER``."""

    layout = STARSS23_BINAURAL


class StereoSeld:
    """DCASE2025 Task 3 Stereo SELD (MIT): clips of 5 s in mid-side stereo; ``dcase2025-stereo:FOLDER``."""

    def load(self, source: str, *, skip_bad: bool = False, to_decode: ToDecode = tuple) -> Suite:
        """Ask about what is annotated of the clips in the folder ``source``.

        The folder has ``metadata_dev`` beside ``stereo_dev``; a folder below that chooses a part of the data. With
        ``skip_bad``, damaged clips are left out and listed.

        Raises a SuiteError that lists every fault of the metadata and the sounds.
        """
        return _load(STEREO_SELD, select(STEREO_SELD, source), skip_bad, to_decode)


@dataclass(frozen=True)
class _Choice:
    """The questions that are asked, and why others are not: type -> reason -> how many."""

    questions: list[tuple[SeldQuestion, AnnotatedQuestion]]
    left_out: dict[str, dict[str, int]]


def _load(layout: Layout, selection: Selection, skip_bad: bool, to_decode: ToDecode) -> Suite:
    recorded = layout.formats[selection.folder]
    heard = layout.heard_as(recorded)
    contents = read(layout, selection, recorded)
    choice = _choose(contents, heard, layout.name)
    if not (choice.questions or contents.faults):
        reasons = tuple(
            f"{name}: {reason}: {n}" for name, of in choice.left_out.items() for reason, n in of.items()
        )
        raise SuiteError(
            f"{selection.root}: no question can be asked with all its answers in balance", reasons
        )
    paths, decoding = _clip_paths(layout, selection, choice, contents)
    records = [
        RawRecord(one.scene.name, item_fields(each, one, paths[one.scene.name], layout, heard, decoding))
        for each, one in choice.questions
        if one.scene.name in paths
    ]
    root = clips_folder() if layout.is_cut else selection.root
    intake = validate_records(
        [*contents.faults, *records], root, skip_bad=skip_bad, to_decode=to_decode, origin=selection.root
    )
    return Suite(
        name=layout.name,
        root=root,
        items=intake.items,
        clips=intake.clips,
        default_protocol="starbench",
        licence=layout.licence,
        skipped=intake.problems,
        spec={
            "source": layout.source,
            "format": heard.name,
            "parts": list(selection.parts),
            "recordings": len(contents.sounds),
            "clips": len(contents.scenes),
            "clip_s": layout.clip_s,
            "asked": dict(Counter(item.part for item in intake.items)),
            "left_out": choice.left_out,
            **layout.facts,
            **contents.facts,
        },
        declared={
            "carries": sorted(heard.carries),
            "cues": heard.cues,
            "not_asked": {
                each.name: sorted(each.needs - heard.carries)
                for each in QUESTIONS
                if not each.needs <= heard.carries
            },
            "sufficient": {each.name: list(each.sufficient) for each in _asked_of(heard) if each.sufficient},
            **({"decoding": decoding} if decoding else {}),
        },
    )


def _asked_of(heard: ClipFormat) -> list[SeldQuestion]:
    """The types of questions that fit some sounds of this format."""
    return [each for each in QUESTIONS if each.fits(heard.carries) or each.fits(heard.carried(0.0))]


def _choose(contents: Contents, heard: ClipFormat, seed: str) -> _Choice:
    questions: list[tuple[SeldQuestion, AnnotatedQuestion]] = []
    left_out: dict[str, dict[str, int]] = {}
    for each in _asked_of(heard):
        outcomes = [
            _within_band(each, outcome, contents, heard)
            for one in contents.scenes
            for outcome in each.outcomes(one)
        ]
        clear = [outcome for outcome in outcomes if not isinstance(outcome, str)]
        kept = balanced(clear, MOST_ITEMS, f"{seed} {each.name}")
        questions += [(each, one) for one in kept]
        reasons = Counter(outcome for outcome in outcomes if isinstance(outcome, str))
        reasons["more than balance or size allow"] = len(clear) - len(kept)
        left_out[each.name] = {reason: n for reason, n in sorted(reasons.items()) if n}
    return _Choice(questions, left_out)


def _within_band(each: SeldQuestion, outcome: Outcome, contents: Contents, heard: ClipFormat) -> Outcome:
    """The question, or why a sound with the band that it has cannot be asked."""
    if isinstance(outcome, str):
        return outcome
    reaches = min((contents.bandwidth_hz(outcome.scene, track) for track in outcome.about), default=inf)
    needed = each.needed_hz(heard.behind_hz) or 0.0
    if each.needs <= heard.carries and reaches < needed:
        return f"the sound reaches less than {needed / 1000:g} kHz"
    return outcome if each.fits(heard.carried(reaches)) else "front and behind are asked about instead"


def _clip_paths(
    layout: Layout, selection: Selection, choice: _Choice, contents: Contents
) -> tuple[dict[str, str], dict[str, Any]]:
    """Name of each scene that is asked about -> path of its clip, and how clips were decoded.

    A recording that cannot be decoded is a fault.
    """
    asked = {one.scene.name: one.scene for _, one in choice.questions}
    if not layout.is_cut:
        return {name: contents.sounds[one.recording] for name, one in asked.items()}, {}
    paths: dict[str, str] = {}
    decoding: dict[str, Any] = {}
    for recording, sound in contents.sounds.items():
        names = {one.start: name for name, one in asked.items() if one.recording == recording}
        if not names:
            continue
        try:
            cut = cut_clips(selection.root / sound, names, layout.clip_frames, layout.head)
        except (AudioError, StimulusError) as error:
            contents.fault(sound, str(error))
            continue
        paths |= {names[start]: path for start, path in cut.names.items()}
        decoding = cut.decoding
    return paths, decoding
