"""``annotated.toml``: what a user's own annotated recordings are.

Beside it lie a folder of metadata, a CSV file for each recording in DCASE's form, and a folder of the sounds, which
have the names of their metadata::

    format = "foa"                  # stereo, binaural, foa (ACN, SN3D), array
    azimuth = "counter-clockwise"   # as DCASE: 90 is left; or "clockwise": 90 is right
    classes = { 0 = "a barking dog", 1 = "footsteps", 2 = "a bell" }   # as a listener would say, with their articles

    # All others may be absent.
    metadata = "metadata"           # else the one folder whose name begins so
    sounds = "sounds"               # else the one other folder
    microphones_m = [[0.0, 0.09, 0.0], [0.0, -0.09, 0.0]]   # of an array: x front, y left, z up
    decode = "kemar"                # foa is heard by this head: kemar, kemar-large or a SOFA file
    place = "indoors"               # or "outdoors"
    clip_s = 5
    name = "my-kitchen"
    licence = "CC BY 4.0"
    source = "recorded by us"
    consent = "yes"                 # of people who are heard: yes, no, not needed
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationError, model_validator

from starbench.errors import SuiteError
from starbench.recordings.labels import same_words
from starbench.schema.base import Frozen
from starbench.storage.inputs import read_bytes
from starbench.text import printable, slug, validation_problem

from .annotations import SoundClass, anybodys
from .formats import BINAURAL, FOA, STEREO, ClipFormat, array
from .layouts import Layout, Selection
from .question_types import DISTANCE

FILE = "annotated.toml"
_MAX_BYTES = 2**20
_ARTICLE = re.compile(r"(?:(an?|the) )?(.+)", re.IGNORECASE)
_Metre = Annotated[float, Field(ge=-100, le=100, allow_inf_nan=False)]
_Places = Annotated[tuple[tuple[_Metre, _Metre, _Metre], ...], Field(min_length=2, max_length=64)]
_Text = Annotated[str, Field(min_length=1, max_length=500)]


class Description(Frozen):
    """The contents of the file."""

    format: Literal["stereo", "binaural", "foa", "array"]
    azimuth: Literal["counter-clockwise", "clockwise"]
    classes: Annotated[dict[str, Annotated[str, Field(min_length=1, max_length=60)]], Field(min_length=1)]
    metadata: _Text | None = None
    sounds: _Text | None = None
    microphones_m: _Places | None = None
    decode: _Text | None = None
    place: Literal["indoors", "outdoors"] = "indoors"
    clip_s: Annotated[int, Field(ge=2, le=30)] = 5
    name: _Text | None = None
    licence: _Text | None = None
    source: _Text | None = None
    consent: Literal["yes", "no", "not needed"] | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.format == "array") != (self.microphones_m is not None):
            raise ValueError(
                "microphones_m: format 'array', and no other, needs the place of each microphone"
            )
        if self.decode is not None and self.format != "foa":
            raise ValueError(f"decode: is for format 'foa', not {self.format!r}")
        if self.consent == "no":
            raise ValueError("consent: those who are heard did not consent, so nothing is asked about them")
        if not all(number.isascii() and number.isdigit() for number in self.classes):
            raise ValueError("classes: write the number of a class in the metadata = its name")
        words = [same_words(name) for name in self.classes.values()]
        if not all(words) or len(set(words)) < len(words):
            raise ValueError(
                "classes: give each a name in words that no other has: they stand in the questions"
            )
        return self

    @property
    def sound_classes(self) -> dict[int, SoundClass]:
        return {int(number): _sound_class(name) for number, name in self.classes.items()}

    @property
    def clip_format(self) -> ClipFormat:
        fixed = {"stereo": STEREO, "binaural": BINAURAL, "foa": FOA}
        found = fixed[self.format] if self.microphones_m is None else array(self.microphones_m)
        if self.place == "indoors":
            return found
        return replace(
            found, carries=found.carries - {DISTANCE}, cues=f"{found.cues}; no echo tells the distance"
        )


def describe(source: str) -> tuple[Layout, Selection]:
    """What lies in a folder with an ``annotated.toml``.

    Raises a SuiteError if there is none, or it is at fault.
    """
    root = Path(source).expanduser()
    if not source or not (root / FILE).is_file():
        where = printable(source) or "no folder"
        raise SuiteError(f"{where} has no {FILE}: write annotated:FOLDER, and see docs/recordings.md")
    described = _read(root / FILE)
    metadata = _folder(
        root, "metadata", described.metadata, [p for p in _folders(root) if p.startswith("metadata")]
    )
    others = [name for name in _folders(root) if not name.startswith("metadata")]
    sounds = _folder(root, "sounds", described.sounds, others)
    below = sorted(
        p.relative_to(root / metadata).as_posix() for p in (root / metadata).rglob("*") if p.is_dir()
    )
    classes = described.sound_classes
    layout = Layout(
        name=slug(described.name or root.resolve().name),
        source=printable(described.source or described.name or root.resolve().name),
        formats={sounds: described.clip_format},
        form=anybodys(classes, is_clockwise=described.azimuth == "clockwise"),
        head=described.decode,
        is_screened=True,
        clip_s=described.clip_s,
        licence=described.licence and printable(described.licence),
        place="in a room" if described.place == "indoors" else "outdoors",
        counted=f"Only these count: {', '.join(one.indefinite for one in classes.values())}.",
        facts={"consent": described.consent, "azimuth": described.azimuth, "place": described.place},
    )
    return layout, Selection(root, sounds, ("", *below), metadata)


def _read(path: Path) -> Description:
    try:
        values: dict[str, Any] = tomllib.loads(read_bytes(path, _MAX_BYTES).decode())
        return Description.model_validate(values)
    except ValidationError as error:
        raise SuiteError(f"{path}: {validation_problem(error)}") from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise SuiteError(f"{path} cannot be read as TOML: {printable(str(error))}") from error


def _folders(root: Path) -> list[str]:
    return sorted(path.name for path in root.iterdir() if path.is_dir() and not path.name.startswith("."))


def _folder(root: Path, key: str, named: str | None, candidates: list[str]) -> str:
    """The folder below ``root`` that is named, or is the only one that can be meant."""
    if named is None:
        if len(candidates) != 1:
            listed = ", ".join(map(printable, candidates)) or "none"
            raise SuiteError(
                f'{root / FILE}: which folder has the {key}? There is {listed}: write {key} = "FOLDER"'
            )
        return candidates[0]
    path = (root / named).resolve()
    if not path.is_dir() or not path.is_relative_to(root.resolve()):
        raise SuiteError(f"{root / FILE}: {key}: {printable(named)!r} is not a folder beside it")
    return path.relative_to(root.resolve()).as_posix()


def _sound_class(name: str) -> SoundClass:
    article, words = _ARTICLE.fullmatch(printable(name).replace('"', "'")).groups()  # type: ignore[union-attr]
    return SoundClass(words, (article or "").lower())
