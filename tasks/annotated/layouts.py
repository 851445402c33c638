"""How the data sets are laid out on disk."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from starbench.errors import SuiteError
from starbench.recordings.labels import SUFFIXES

from .annotations import FRAMES_PER_SECOND, FRONT_HALF, FULL_SPHERE, Form
from .formats import DECODED, FOA, MICROPHONES, MID_SIDE, ClipFormat

METADATA = "metadata_dev"
#: Parts that results are reported on, by the start of their names (README of STARSS23).
_TEST = "dev-test"
_COUNTED = (
    "Speech, laughter, clapping, footsteps, knocking, doors, telephones, bells, music, instruments, water taps and "
    "household appliances count."
)


@dataclass(frozen=True, kw_only=True)
class Layout:
    """A data set: its folders of sounds, the preferred one first, and the form of its metadata."""

    name: str
    source: str
    formats: dict[str, ClipFormat]
    form: Form
    is_cut: bool = True
    """Clips are cut from long recordings."""
    head: str | None = None
    """The head whose ears hear the clips, which are in first-order ambisonics; None: they are as they are."""
    is_screened: bool = False
    """Each recording is compared with its annotation first: nobody else has checked it."""
    clip_s: int = 5
    licence: str | None = "MIT"
    place: str = "in a room"
    counted: str = _COUNTED
    facts: dict[str, Any] = field(default_factory=dict)
    """What else its owner says about it."""

    @property
    def clip_frames(self) -> int:
        return self.clip_s * FRAMES_PER_SECOND

    def heard_as(self, recorded: ClipFormat) -> ClipFormat:
        """The format of the clips of recordings of this one."""
        return DECODED if self.head else recorded


STARSS23 = Layout(
    name="starss23",
    source="STARSS23 (Zenodo 7880637, MIT)",
    formats={"foa_dev": FOA, "mic_dev": MICROPHONES},
    form=FULL_SPHERE,
)
STARSS23_BINAURAL = Layout(
    name="starss23-binaural",
    source="STARSS23 (Zenodo 7880637, MIT)",
    formats={"foa_dev": FOA},
    form=FULL_SPHERE,
    head="kemar",
)
STEREO_SELD = Layout(
    name="dcase2025-stereo",
    source="DCASE2025 Task 3 Stereo SELD (Zenodo 15559774, MIT)",
    formats={"stereo_dev": MID_SIDE},
    form=FRONT_HALF,
    is_cut=False,
)


@dataclass(frozen=True)
class Selection:
    """The part of a data set that is read: ``parts`` are folders below ``folder``, and below the metadata's."""

    root: Path
    folder: str
    parts: tuple[str, ...]
    metadata: str = METADATA

    def recordings(self) -> Iterator[tuple[str, Path, str]]:
        """Name of each recording, its metadata, and the path of its sound below ``root``."""
        for part in self.parts:
            for metadata in sorted((self.root / self.metadata / part).glob("*.csv")):
                name = (Path(part) / metadata.stem).as_posix()
                yield name, metadata, self._sound(name)

    def without_metadata(self) -> Iterator[str]:
        """Paths of sounds below ``root`` that nothing is known about."""
        annotated = {sound for _, _, sound in self.recordings()}
        for path in sorted((self.root / self.folder).rglob("[!.]*")):
            sound = path.relative_to(self.root).as_posix()
            if path.suffix.lower() in SUFFIXES and sound not in annotated:
                yield sound

    def _sound(self, name: str) -> str:
        found = (
            suffix for suffix in sorted(SUFFIXES) if (self.root / self.folder / f"{name}{suffix}").is_file()
        )
        return f"{self.folder}/{name}{next(found, '.wav')}"


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
