"""DCASE's metadata: a line for each sound that is active in a frame of 100 ms.

Two forms are in use. STARSS23 (Zenodo 7880637) has no header: frame, class, source, azimuth, elevation, distance in
cm, the last of which earlier years of DCASE lack. Stereo SELD (Zenodo 15559774) has one:
``frame,class,source,azimuth,distance,onscreen``. Sources count people; 0 is whatever is not a person, so that two
loudspeakers share it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
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
_NAMES = (
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
CLASSES: Mapping[int, SoundClass] = dict(enumerate(_NAMES))


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
_CLASS = Column("class", 0, 1e4, "the number of the class of the sound", True)
_SOURCE = Column("source", 0, 1e6, "the number of the person, or 0", True)
_DISTANCE = Column("distance", 0, 1e5, "cm")

_ELEVATION = Column("elevation", -90, 90, "degrees, 90 above")
_ONSCREEN = Column("onscreen", 0, 1, "1 if the sound is in the picture, else 0", True)
_LEFT_IS_90 = "degrees, 90 on the left"
#: Columns that a file with a header may lack.
_OPTIONAL = frozenset({"elevation", "distance", "onscreen"})


@dataclass(frozen=True, kw_only=True)
class Form:
    """How the metadata files of a data set are written.

    A file may begin with the names of its columns, in any order, or have the first five or six ``columns`` without
    them. A data set ``as_published`` has either these very names, or (``has_header`` off) these very columns.
    """

    columns: tuple[Column, ...]
    classes: Mapping[int, SoundClass] = field(default_factory=lambda: CLASSES)
    is_clockwise: bool = False
    as_published: bool = True
    has_header: bool = False

    def columns_of(self, first: list[str]) -> tuple[tuple[Column, ...] | None, bool]:
        """The columns of a file, None if it is of another form, and whether its first line is a header."""
        names = [column.name for column in self.columns]
        if self.as_published:
            is_this = first == names if self.has_header else len(first) == len(names) and first[0] != names[0]
            return (self.columns if is_this else None), self.has_header
        by_name = dict(zip(names, self.columns, strict=True))
        if first[0].lower() == names[0]:
            header = [cell.lower() for cell in first]
            is_this = set(names) - _OPTIONAL <= set(header) <= set(names) and len(set(header)) == len(header)
            return (tuple(by_name[name] for name in header) if is_this else None), True
        return (self.columns[: len(first)] if len(first) in (5, 6) else None), False

    def __str__(self) -> str:
        names = ", ".join(column.name for column in self.columns)
        if self.as_published:
            return f"{'a header and ' if self.has_header else 'no header, but '}lines of {names}"
        return f"lines of {', '.join(column.name for column in self.columns[:6])}, or a header with names of {names}"

    def activity(self, values: Mapping[str, float]) -> Activity:
        azimuth = values["azimuth"]
        return Activity(
            frame=int(values["frame"]),
            sound=int(values["class"]),
            source=int(values["source"]),
            azimuth_deg=azimuth % 360.0 if self.is_clockwise else clockwise_azimuth(azimuth),
            elevation_deg=values.get("elevation", 0.0),
            distance_m=values.get("distance", 0.0) / 100.0,
        )


FULL_SPHERE = Form(
    columns=(_FRAME, _CLASS, _SOURCE, Column("azimuth", -180, 180, _LEFT_IS_90), _ELEVATION, _DISTANCE)
)
FRONT_HALF = Form(
    columns=(
        _FRAME,
        _CLASS,
        _SOURCE,
        Column("azimuth", -90, 90, f"{_LEFT_IS_90}, with what is behind mirrored to the front"),
        _DISTANCE,
        _ONSCREEN,
    ),
    has_header=True,
)


def anybodys(classes: Mapping[int, SoundClass], *, is_clockwise: bool) -> Form:
    """The form of a user's own files."""
    azimuth = Column("azimuth", -180, 360, f"degrees, 90 on the {'right' if is_clockwise else 'left'}")
    return Form(
        columns=(_FRAME, _CLASS, _SOURCE, azimuth, _ELEVATION, _DISTANCE, _ONSCREEN),
        classes=classes,
        is_clockwise=is_clockwise,
        as_published=False,
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


def read_annotation(path: Path, form: Form) -> Annotation:
    """Read a metadata file; faults are collected, and a file of another form is one fault."""
    activities: list[Activity] = []
    problems: list[tuple[int, str]] = []
    columns: tuple[Column, ...] | None = None
    try:
        for number, cells in _lines_of_cells(path):
            if columns is None:
                columns, is_header = form.columns_of(cells)
                if columns is None:
                    start = ",".join(cells)[:_SHOWN]
                    problems.append(
                        (number, f"starts with {start!r}, and a file of this data set has {form}")
                    )
                    break
                if is_header:
                    continue
            values = _read_cells(cells, columns, form.classes, problems, number)
            if len(values) == len(columns):
                activities.append(form.activity(values))
    except OSError as error:
        problems.append((1, f"cannot be read: {error.strerror or error}"))
    return Annotation(tuple(sorted(activities)), tuple(problems))


def _lines_of_cells(path: Path) -> Iterator[tuple[int, list[str]]]:
    for number, line in enumerate(lines(path), 1):
        # Numbers are ASCII: what else stands there becomes a cell that is not a number, and is named.
        text = line.decode("utf-8-sig" if number == 1 else "utf-8", "replace").strip()
        if text:
            yield number, [cell.strip() for cell in text.split(",")]


def _read_cells(
    cells: list[str],
    columns: tuple[Column, ...],
    classes: Collection[int],
    problems: list[tuple[int, str]],
    number: int,
) -> dict[str, float]:
    """The numbers of a line by the names of their columns, without those that are at fault."""
    if len(cells) != len(columns):
        names = ", ".join(column.name for column in columns)
        problems.append((number, f"has {len(cells)} cells where {len(columns)} are needed: {names}"))
        return {}
    values: dict[str, float] = {}
    for column, cell in zip(columns, cells, strict=True):
        try:
            value = column.read(cell)
        except SuiteError as error:
            problems.append((number, str(error)))
            continue
        if column is _CLASS and value not in classes:
            known = ", ".join(map(str, sorted(classes)))
            problems.append((number, f"class: {cell[:_SHOWN]!r} is not one of the classes: {known}"))
        else:
            values[column.name] = value
    return values
