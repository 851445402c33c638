"""From the files of a data set to clips that can be asked about, and every fault on the way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import inf
from pathlib import Path
from typing import Any, NamedTuple

from starbench.audio import read_header
from starbench.errors import AudioError, SuiteError
from starbench.suites.validate import RawRecord
from starbench.text import printable

from .annotations import FRAMES_PER_SECOND, Activity, read_annotation
from .evidence import Evidence, evidence, key
from .formats import ClipFormat
from .layouts import Layout, Selection
from .scenes import Scene, Track, scene, scene_starts

#: Frames that an annotation may have beyond the end of its recording.
_LATE_FRAMES = 10


@dataclass
class Contents:
    """What was read of a data set: clips that can be asked about, the paths of their sounds, and faults."""

    scenes: list[Scene] = field(default_factory=list)
    sounds: dict[str, str] = field(default_factory=dict)
    faults: list[RawRecord] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    _bandwidths_hz: dict[tuple[str, str], float] = field(default_factory=dict)

    def fault(self, where: str, problem: str) -> None:
        self.faults.append(RawRecord(where, {}, (problem,), shown_as=where))

    def bandwidth_hz(self, one: Scene, track: Track) -> float:
        """How far up a sound of a scene reaches; where that was not measured, it is taken for unlimited."""
        return self._bandwidths_hz.get((one.recording, key(one, track.sound.name, track.source)), inf)

    def add_evidence(self, recording: str, found: Evidence) -> None:
        """Keep what was measured of a recording."""
        sides = self.facts.setdefault("sides", {"compared_frames": 0, "agreeing": 0})
        sides["compared_frames"] += found.compared
        sides["agreeing"] += found.agreeing
        self._bandwidths_hz |= {(recording, name): band for name, band in found.bandwidths_hz.items()}


class _Files(NamedTuple):
    """A recording: its name, its metadata, where that is to be said to be, and the path of its sound below the root."""

    name: str
    metadata: Path
    where: str
    sound: str


def read(layout: Layout, selection: Selection, recorded: ClipFormat) -> Contents:
    """The clips of all recordings without a fault. A recording with one is left out as a whole."""
    contents = Contents()
    n_files = 0
    for name, metadata, sound in selection.recordings():
        n_files += 1
        where = metadata.relative_to(selection.root).as_posix()
        for fault in _add(contents, layout, selection, recorded, _Files(name, metadata, where, sound)):
            contents.fault(*fault)
    if not n_files:
        raise SuiteError(
            f"{selection.root} holds no metadata (.csv) in {', '.join(filter(None, selection.parts)) or 'its folder'}"
        )
    if layout.is_screened:
        contents.facts["not_annotated"] = [printable(sound) for sound in selection.without_metadata()]
    return contents


def _add(
    contents: Contents, layout: Layout, selection: Selection, recorded: ClipFormat, files: _Files
) -> list[tuple[str, str]]:
    """Add the clips of one recording, or return its faults: where each is, and what."""
    where, path = files.where, selection.root / files.sound
    annotation = read_annotation(files.metadata, layout.form)
    faults = [(f"{where}:{line}", problem) for line, problem in annotation.problems]
    n_recorded = 0
    try:
        n_recorded = _frames(path, len(recorded.channels))
    except (AudioError, SuiteError) as error:
        faults.append((files.sound, str(error)))
    last = max((one.frame for one in annotation.activities), default=0)
    if n_recorded and last >= n_recorded + _LATE_FRAMES:
        problem = f"frame {last} is after the end of {files.sound} ({n_recorded} frames): is it of another recording?"
        faults.append((where, problem))
    if layout.is_screened and 0 < n_recorded < layout.clip_frames:
        faults.append((files.sound, _too_short(n_recorded, layout.clip_s)))
    scenes = list(_scenes(layout, files.name, annotation.activities, n_recorded))
    if layout.is_screened and not faults:
        try:
            found = evidence(path, annotation.activities, scenes, recorded)
            contents.add_evidence(files.name, found)
            faults += [(files.sound, fault) for fault in found.faults]
        except AudioError as error:
            faults.append((files.sound, str(error)))
    if not faults:
        contents.sounds[files.name] = files.sound
        contents.scenes += scenes
    return faults


def _too_short(n_recorded: int, clip_s: int) -> str:
    return f"lasts {n_recorded / FRAMES_PER_SECOND:g} s, and clips {clip_s} s: write a smaller clip_s"


def _frames(sound: Path, channels: int) -> int:
    """Frames of 100 ms that a recording lasts; raises an AudioError or a SuiteError if it is not what it must be."""
    if not sound.is_file():
        raise SuiteError("the file is missing: download and unpack the sounds, too")
    stated, _, seconds = read_header(sound)
    if stated != channels:
        raise SuiteError(f"has {stated} channel(s) where {channels} are needed")
    return int(seconds * FRAMES_PER_SECOND + 1e-6)


def _scenes(layout: Layout, name: str, activities: Sequence[Activity], n_recorded: int) -> Iterator[Scene]:
    n_frames = layout.clip_frames
    starts = (
        scene_starts(activities, n_recorded, n_frames, to_the_end=layout.is_screened)
        if layout.is_cut
        else (0,)
    )
    for start in starts:
        yield scene(name, activities, start, n_frames, layout.form.classes)
