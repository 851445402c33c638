"""Two public data sets: STARSS23 and DCASE2025's Stereo SELD, from folders as they are published."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from starbench.audio import read_header
from starbench.errors import AudioError, SuiteError
from starbench.schema import Item
from starbench.suites.suite import Suite
from starbench.suites.validate import RawRecord, validate_records

from .annotations import FRAMES_PER_SECOND, Activity, read_annotation
from .balance import balanced
from .clips import clips_folder, cut_clips
from .items import item_fields
from .layouts import STARSS23, STEREO_SELD, ClipFormat, Layout, Selection, select
from .question_types import AnnotatedQuestion, SeldQuestion
from .questions import QUESTIONS
from .scenes import Scene, scene, scene_starts

#: Seconds of a clip, and most items of one type of question.
CLIP_S, MOST_ITEMS = 5, 240
_CLIP_FRAMES = CLIP_S * FRAMES_PER_SECOND
#: Frames that an annotation may have beyond the end of its recording.
_LATE_FRAMES = 10
ToDecode = Callable[[Sequence[Item]], Iterable[Item]]


class Starss23:
    """STARSS23 (MIT): real rooms in first-order ambisonics or from four microphones; ``starss23:FOLDER``."""

    def load(self, source: str, *, skip_bad: bool = False, to_decode: ToDecode = tuple) -> Suite:
        """Cut clips of 5 s from the recordings in the folder ``source``, and ask about what is annotated.

        The folder has ``metadata_dev`` beside ``foa_dev`` or ``mic_dev``; a folder below one of these two chooses a
        format, or a part of the data. With ``skip_bad``, damaged recordings are left out and listed.

        Raises a SuiteError that lists every fault of the metadata and the sounds.
        """
        return _load(STARSS23, source, skip_bad, to_decode)


class StereoSeld:
    """DCASE2025 Task 3 Stereo SELD (MIT): clips of 5 s in mid-side stereo; ``dcase2025-stereo:FOLDER``."""

    def load(self, source: str, *, skip_bad: bool = False, to_decode: ToDecode = tuple) -> Suite:
        """Ask about what is annotated of the clips in the folder ``source``.

        The folder has ``metadata_dev`` beside ``stereo_dev``; a folder below that chooses a part of the data. With
        ``skip_bad``, damaged clips are left out and listed.

        Raises a SuiteError that lists every fault of the metadata and the sounds.
        """
        return _load(STEREO_SELD, source, skip_bad, to_decode)


@dataclass
class _Contents:
    """What was read of a data set: clips that can be asked about, the paths of their sounds, and faults."""

    scenes: list[Scene] = field(default_factory=list)
    sounds: dict[str, str] = field(default_factory=dict)
    faults: list[RawRecord] = field(default_factory=list)

    def fault(self, where: str, problem: str) -> None:
        self.faults.append(RawRecord(where, {}, (problem,), shown_as=where))


@dataclass(frozen=True)
class _Choice:
    """The questions that are asked, and why others are not: type -> reason -> how many."""

    questions: list[tuple[SeldQuestion, AnnotatedQuestion]]
    left_out: dict[str, dict[str, int]]


def _load(layout: Layout, source: str, skip_bad: bool, to_decode: ToDecode) -> Suite:
    selection = select(layout, source)
    clip_format = layout.formats[selection.folder]
    contents = _read(layout, selection, clip_format)
    types = [each for each in QUESTIONS if each.fits(clip_format.carries)]
    choice = _choose(types, contents.scenes, layout.name)
    if not (choice.questions or contents.faults):
        reasons = tuple(
            f"{name}: {reason}: {n}" for name, of in choice.left_out.items() for reason, n in of.items()
        )
        raise SuiteError(
            f"{selection.root}: no question can be asked with all its answers in balance", reasons
        )
    paths = _clip_paths(layout, selection, choice, contents)
    truth = {"format": clip_format.name, "channels": list(clip_format.channels)}
    records = [
        RawRecord(one.scene.name, item_fields(each, one, paths[one.scene.name], layout.source, truth))
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
        licence="MIT",
        skipped=intake.problems,
        spec={
            "source": layout.source,
            "format": clip_format.name,
            "parts": list(selection.parts),
            "recordings": len(contents.sounds),
            "clips": len(contents.scenes),
            "clip_s": CLIP_S,
            "asked": dict(Counter(item.part for item in intake.items)),
            "left_out": choice.left_out,
        },
        declared={
            "carries": sorted(clip_format.carries),
            "cues": clip_format.cues,
            "not_asked": {
                each.name: sorted(each.needs - clip_format.carries)
                for each in QUESTIONS
                if not each.needs <= clip_format.carries
            },
            "sufficient": {each.name: list(each.sufficient) for each in types if each.sufficient},
        },
    )


def _read(layout: Layout, selection: Selection, clip_format: ClipFormat) -> _Contents:
    """The clips of all recordings without a fault. A recording with one is left out as a whole."""
    contents = _Contents()
    n_files = 0
    for name, metadata, sound in selection.recordings():
        n_files += 1
        where = metadata.relative_to(selection.root).as_posix()
        annotation = read_annotation(metadata, layout.columns, has_header=layout.has_header)
        faults = [(f"{where}:{line}", problem) for line, problem in annotation.problems]
        n_recorded = 0
        try:
            n_recorded = _frames(selection.root / sound, len(clip_format.channels))
        except (AudioError, SuiteError) as error:
            faults.append((sound, str(error)))
        last = max((one.frame for one in annotation.activities), default=0)
        if n_recorded and last >= n_recorded + _LATE_FRAMES:
            problem = (
                f"frame {last} is after the end of {sound} ({n_recorded} frames): is it of another recording?"
            )
            faults.append((where, problem))
        for fault in faults:
            contents.fault(*fault)
        if not faults:
            contents.sounds[name] = sound
            contents.scenes += _scenes(layout, name, annotation.activities, n_recorded)
    if not n_files:
        raise SuiteError(
            f"{selection.root} holds no metadata (.csv) in {', '.join(selection.parts) or 'its folder'}"
        )
    return contents


def _frames(sound: Path, channels: int) -> int:
    """Frames of 100 ms that a recording lasts; raises an AudioError or a SuiteError if it is not what it must be."""
    if not sound.is_file():
        raise SuiteError("the file is missing: download and unpack the sounds, too")
    stated, _, seconds = read_header(sound)
    if stated != channels:
        raise SuiteError(f"has {stated} channel(s) where {channels} are needed")
    return int(seconds * FRAMES_PER_SECOND + 1e-6)


def _scenes(layout: Layout, name: str, activities: Sequence[Activity], n_recorded: int) -> Iterator[Scene]:
    starts = scene_starts(activities, n_recorded, _CLIP_FRAMES) if layout.is_cut else (0,)
    for start in starts:
        yield scene(name, activities, start, _CLIP_FRAMES)


def _choose(types: Sequence[SeldQuestion], scenes: Sequence[Scene], seed: str) -> _Choice:
    questions: list[tuple[SeldQuestion, AnnotatedQuestion]] = []
    left_out: dict[str, dict[str, int]] = {}
    for each in types:
        outcomes = [outcome for one in scenes for outcome in each.outcomes(one)]
        clear = [outcome for outcome in outcomes if not isinstance(outcome, str)]
        kept = balanced(clear, MOST_ITEMS, f"{seed} {each.name}")
        questions += [(each, one) for one in kept]
        reasons = Counter(outcome for outcome in outcomes if isinstance(outcome, str))
        reasons["more than balance or size allow"] = len(clear) - len(kept)
        left_out[each.name] = {reason: n for reason, n in sorted(reasons.items()) if n}
    return _Choice(questions, left_out)


def _clip_paths(layout: Layout, selection: Selection, choice: _Choice, contents: _Contents) -> dict[str, str]:
    """Name of each scene that is asked about -> path of its clip; a recording that cannot be decoded is a fault."""
    asked = {one.scene.name: one.scene for _, one in choice.questions}
    if not layout.is_cut:
        return {name: contents.sounds[one.recording] for name, one in asked.items()}
    paths: dict[str, str] = {}
    for recording, sound in contents.sounds.items():
        names = {one.start: name for name, one in asked.items() if one.recording == recording}
        try:
            cut = cut_clips(selection.root / sound, names, _CLIP_FRAMES) if names else {}
        except AudioError as error:
            contents.fault(sound, str(error))
            continue
        paths |= {names[start]: path for start, path in cut.items()}
    return paths
