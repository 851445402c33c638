"""DCASE's metadata: a line for each sound that is active in a frame of 100 ms.

Two forms are in use. STARSS23 (Zenodo 7880637) has no header: frame, class, source, azimuth, elevation, distance in
cm. Stereo SELD (Zenodo 15559774) has one: ``frame,class,source,azimuth,distance,onscreen``. Sources count people;
0 is whatever is not a person, so that two loudspeakers share it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from starbench.errors import SuiteError
from starbench.storage.inputs import lines

from .conventions import clockwise_azimuth

FRAMES_PER_SECOND = 10
_SHOWN = 40


class SoundClass(NamedTuple):
    """A class of sounds as questions name it."""

    name: str
    article: str = "a"

    @property
    def definite(self) -> str:
        return f"the {self.name}"

    @property
    def indefinite(self) -> str:
        return f"{self.article} {self.name}".strip()

    @property
    def option(self) -> str:
        return f"The {self.name}"


#: The 13 classes of both data sets, by their numbers.
CLASSES = (
    SoundClass("woman's speech"),
    SoundClass("man's speech"),
    SoundClass("clapping", ""),
    SoundClass("telephone"),
    SoundClass("laughter", ""),
    SoundClass("household appliance"),
    SoundClass("sound of footsteps", "the"),
    SoundClass("sound of a door", "the"),
    SoundClass("music", ""),
    SoundClass("musical instrument"),
    SoundClass("water tap"),
    SoundClass("bell"),
    SoundClass("knocking", ""),
)


class Column(NamedTuple):
    """A column of a metadata file: the numbers that it may hold, and what they mean."""

    name: str
    low: float
    high: float
    meaning: str
    is_whole: bool = False

    def read(self, text: str) -> float:
        """The number in a cell; raises a SuiteError if there is none that this column may hold."""
        try:
            value = float(int(text) if self.is_whole else float(text))
        except (ValueError, OverflowError):
            value = float("nan")
        if not self.low <= value <= self.high:
            kind = "whole number" if self.is_whole else "number"
            raise SuiteError(
                f"{self.name}: {text.strip()[:_SHOWN]!r} is not a {kind} from {self.low:g} to {self.high:g}: "
                f"write {self.meaning}"
            )
        return value


_FRAME = Column("frame", 0, 1e6, "the number of the 100 ms frame, from 0", True)
_CLASS = Column("class", 0, len(CLASSES) - 1, "the number of the class of the sound", True)
_SOURCE = Column("source", 0, 1e6, "the number of the person, or 0", True)
_DISTANCE = Column("distance", 0, 1e5, "cm")

FULL_SPHERE = (
    _FRAME,
    _CLASS,
    _SOURCE,
    Column("azimuth", -180, 180, "degrees, 90 on the left"),
    Column("elevation", -90, 90, "degrees, 90 above"),
    _DISTANCE,
)
FRONT_HALF = (
    _FRAME,
    _CLASS,
    _SOURCE,
    Column("azimuth", -90, 90, "degrees, 90 on the left, with what is behind mirrored to the front"),
    _DISTANCE,
    Column("onscreen", 0, 1, "1 if the sound is in the picture, else 0", True),
)


class Activity(NamedTuple):
    """One sound in one frame. Angles are in our convention; 0 of elevation or distance may mean "not stated"."""

    frame: int
    sound: int
    source: int
    azimuth_deg: float
    elevation_deg: float
    distance_m: float


@dataclass(frozen=True)
class Annotation:
    """What a metadata file says, and what is wrong with it: line by line."""

    activities: tuple[Activity, ...]
    problems: tuple[tuple[int, str], ...]
    """Number of a line, and its fault."""


def read_annotation(path: Path, columns: tuple[Column, ...], *, has_header: bool) -> Annotation:
    """Read a metadata file with these columns; faults are collected, and a file of another form is one fault."""
    activities: list[Activity] = []
    problems: list[tuple[int, str]] = []
    names = [column.name for column in columns]
    is_begun = False
    try:
        for number, cells in _lines_of_cells(path):
            if not is_begun:
                is_begun = True
                if not _is_of_form(cells, names, has_header):
                    form = (
                        f"{'a header and ' if has_header else 'no header, but '}lines of {', '.join(names)}"
                    )
                    start = ",".join(cells)[:_SHOWN]
                    problems.append(
                        (number, f"starts with {start!r}, and a file of this data set has {form}")
                    )
                    break
                if has_header:
                    continue
            values = _read_cells(cells, columns, number, problems)
            if len(values) == len(columns):
                activities.append(_activity(values))
    except OSError as error:
        problems.append((1, f"cannot be read: {error.strerror or error}"))
    return Annotation(tuple(sorted(activities)), tuple(problems))


def _lines_of_cells(path: Path) -> Iterator[tuple[int, list[str]]]:
    for number, line in enumerate(lines(path), 1):
        # Numbers are ASCII: what else stands there becomes a cell that is not a number, and is named.
        text = line.decode("utf-8-sig" if number == 1 else "utf-8", "replace").strip()
        if text:
            yield number, [cell.strip() for cell in text.split(",")]


def _is_of_form(cells: list[str], names: list[str], has_header: bool) -> bool:
    """Whether the first line of a file is what it must be."""
    return cells == names if has_header else len(cells) == len(names) and cells[0] != names[0]


def _read_cells(
    cells: list[str], columns: tuple[Column, ...], number: int, problems: list[tuple[int, str]]
) -> dict[str, float]:
    """The numbers of a line by the names of their columns, without those that are at fault."""
    if len(cells) != len(columns):
        names = ", ".join(column.name for column in columns)
        problems.append((number, f"has {len(cells)} cells where {len(columns)} are needed: {names}"))
        return {}
    values: dict[str, float] = {}
    for column, cell in zip(columns, cells, strict=True):
        try:
            values[column.name] = column.read(cell)
        except SuiteError as error:
            problems.append((number, str(error)))
    return values


def _activity(values: dict[str, float]) -> Activity:
    return Activity(
        frame=int(values["frame"]),
        sound=int(values["class"]),
        source=int(values["source"]),
        azimuth_deg=clockwise_azimuth(values["azimuth"]),
        elevation_deg=values.get("elevation", 0.0),
        distance_m=values["distance"] / 100.0,
    )
