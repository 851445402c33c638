"""How the data sets are laid out on disk, and what their clips can carry."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from starbench.errors import SuiteError

from .annotations import FRONT_HALF, FULL_SPHERE, Column
from .question_types import BEHIND, DISTANCE, SIDE

METADATA = "metadata_dev"
#: Parts that results are reported on, by the start of their names (README of STARSS23).
_TEST = "dev-test"


@dataclass(frozen=True, kw_only=True)
class ClipFormat:
    """The channels of a data set's sounds, and what of a place they can carry."""

    name: str
    channels: tuple[str, ...]
    carries: frozenset[str]
    cues: str


FOA = ClipFormat(
    name="foa",
    channels=("W", "Y", "Z", "X"),
    carries=frozenset({SIDE, BEHIND, DISTANCE}),
    cues="first-order ambisonics (ACN, SN3D): levels and signs tell every direction",
)
MICROPHONES = ClipFormat(
    name="mic",
    channels=("left front up", "right front down", "left back down", "right back up"),
    carries=frozenset({SIDE, BEHIND, DISTANCE}),
    cues="four microphones on a rigid sphere of 4.2 cm: differences of time and level tell every direction",
)
MID_SIDE = ClipFormat(
    name="mid-side stereo",
    channels=("left", "right"),
    carries=frozenset({SIDE, DISTANCE}),
    cues="level differences only (left W + Y, right W - Y): no difference of time, no front and behind, no height",
)


@dataclass(frozen=True, kw_only=True)
class Layout:
    """A data set: its folders of sounds, the preferred one first, and the form of its metadata."""

    name: str
    source: str
    formats: dict[str, ClipFormat]
    columns: tuple[Column, ...]
    has_header: bool
    is_cut: bool
    """Clips are cut from long recordings."""


STARSS23 = Layout(
    name="starss23",
    source="STARSS23 (Zenodo 7880637, MIT)",
    formats={"foa_dev": FOA, "mic_dev": MICROPHONES},
    columns=FULL_SPHERE,
    has_header=False,
    is_cut=True,
)
STEREO_SELD = Layout(
    name="dcase2025-stereo",
    source="DCASE2025 Task 3 Stereo SELD (Zenodo 15559774, MIT)",
    formats={"stereo_dev": MID_SIDE},
    columns=FRONT_HALF,
    has_header=True,
    is_cut=False,
)


@dataclass(frozen=True)
class Selection:
    """The part of a data set that is read: ``parts`` are folders below ``folder``, and below the metadata's."""

    root: Path
    folder: str
    parts: tuple[str, ...]

    def recordings(self) -> Iterator[tuple[str, Path, str]]:
        """Name of each recording, its metadata, and the path of its sound below ``root``."""
        for part in self.parts:
            for metadata in sorted((self.root / METADATA / part).glob("*.csv")):
                name = (Path(part) / metadata.stem).as_posix()
                yield name, metadata, f"{self.folder}/{name}.wav"


def select(layout: Layout, source: str) -> Selection:
    """What ``source`` names: a data set (its test part, if it has one), a folder of its sounds, or a part of that.

    Raises a SuiteError if there is no such data set.
    """
    if not source:
        raise SuiteError(f"no folder is named: write {layout.name}:FOLDER")
    path = Path(source).expanduser()
    for root in (path, *path.parents[:2]):
        if (root / METADATA).is_dir():
            break
    else:
        raise SuiteError(
            f"{path} is not {layout.source}: it has no folder {METADATA}; download the data, unpack them into one "
            "folder, and name that"
        )
    folder, *below = path.relative_to(root).parts or ("",)
    present = [name for name in layout.formats if (root / name).is_dir()]
    if not present:
        raise SuiteError(f"{root} has no sounds: it needs a folder {' or '.join(layout.formats)}")
    if folder and folder not in present:
        raise SuiteError(
            f"{path} is not in a folder of sounds of {layout.name}: there is {', '.join(present)}"
        )
    parts = ["/".join(below)] if below else sorted(p.name for p in (root / METADATA).iterdir() if p.is_dir())
    tests = [part for part in parts if part.startswith(_TEST)]
    # Folders that the user makes may have no parts.
    return Selection(root, folder or present[0], tuple(tests or parts or ("",)))
