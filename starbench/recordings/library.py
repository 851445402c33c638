"""A folder of recordings as source material: every file looked at once, before anything is built.

File names and contents are untrusted: nothing outside the folder is read. What cannot be used is left out and listed
with its reason, and no good sound is lost with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from os.path import realpath
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from starbench.audio import Audio, decode
from starbench.errors import AudioError, InputError, SuiteError
from starbench.measure.bandwidth import band_levels, bandwidth_hz
from starbench.recordings.labels import LABELS, Label, Marks, read_labels, same_words, sound_files
from starbench.recordings.screening import Requirement, faults, mixed, power_by_hop
from starbench.storage.inputs import read_bytes
from starbench.text import printable

_MAX_FILES = 5_000
_MAX_BYTES = 256 * 2**20
#: Problems that an error lists; the rest is counted.
_SHOWN = 20


@dataclass(frozen=True, eq=False)
class Recording:
    """One sound file that can be used, with what its label says. Without labels it has no name."""

    path: str
    digest: str
    """SHA-256 of the file's bytes: a suite is built from this very file."""
    sound: str
    """Digest of its samples: equal for equal sound."""
    file: str
    seconds: float
    rate: int
    channels: int
    power: NDArray[np.float64] = field(repr=False)
    """Mean square of each 10 ms, channels mixed, shape (n,)."""
    bands: NDArray[np.float32] = field(repr=False)
    """Power of each third of an octave in each 50 ms, shape (hops, bands): see ``starbench.measure.bandwidth``."""
    peaks: NDArray[np.float32] = field(repr=False)
    """Largest magnitude in each of these, shape (hops,)."""
    bandwidth_hz: float
    """Up to which frequency it has energy of its own, whatever its rate says."""
    label: Label | None = None

    @property
    def name(self) -> str | None:
        """What a listener would call it."""
        return self.label.name if self.label else None

    @property
    def sound_class(self) -> str | None:
        return self.label.sound_class if self.label else None

    @property
    def licence(self) -> str | None:
        return self.label.licence if self.label else None

    @property
    def kind(self) -> str | None:
        return self.label.kind if self.label else None

    @property
    def caption(self) -> str | None:
        return self.label.caption if self.label else None

    @property
    def marks(self) -> Marks:
        return self.label.marks if self.label else ()

    def is_like(self, other: Recording) -> bool:
        """Whether a listener may take it for the other: of one class, or of names without a difference in words."""
        classes = [(one.sound_class or "").casefold() for one in (self, other)]
        if classes[0] and classes[0] == classes[1]:
            return True
        return same_words(self.name or "") == same_words(other.name or "")

    @property
    def facts(self) -> dict[str, Any]:
        """What a suite says about it."""
        label = (
            self.label.model_dump(by_alias=True, exclude={"file", "caption", "marks", "kind"})
            if self.label
            else {}
        )
        return {
            "file": self.file,
            "sha256": self.digest,
            **{key: value for key, value in label.items() if value is not None},
            "seconds": round(self.seconds, 3),
            "rate_hz": self.rate,
            "bandwidth_hz": round(self.bandwidth_hz),
            "channels": self.channels,
        }


@dataclass(frozen=True)
class LeftOut:
    """A file that is not used, and why."""

    file: str
    reason: str


@dataclass(frozen=True)
class Library:
    """The recordings of a folder, sorted by file name, and what was left out of it."""

    recordings: tuple[Recording, ...]
    left_out: tuple[LeftOut, ...]

    @property
    def is_labelled(self) -> bool:
        return any(recording.label for recording in self.recordings)

    @property
    def identity(self) -> dict[str, Any]:
        """The entry in a suite's spec: the number of files, and a digest of their bytes and labels."""
        lines = [
            f"{one.digest} {one.label.model_dump_json() if one.label else ''}" for one in self.recordings
        ]
        return {"files": len(lines), "sha256": sha256("\n".join(lines).encode()).hexdigest()}

    @property
    def facts(self) -> dict[str, Any]:
        """What a suite declares about its recordings, for its data card."""
        return {
            "used": [recording.facts for recording in self.recordings],
            "left_out": [asdict(one) for one in self.left_out],
        }


def load_library(folder: str | Path, *, min_seconds: float, min_count: int = 1, mix: bool = False) -> Library:
    """Read the recordings of a folder.

    All sound files in it are looked at; other files (by suffix) and subfolders are ignored. With ``labels.csv``, files
    without a line in it are left out. So are files that lead out of the folder, cannot be decoded, are shorter than
    ``min_seconds``, silent or clipped, have several channels (unless these may be mixed: ``mix``), are copies of
    others, or whose label is at fault.

    Raises a SuiteError, with everything that was left out as its problems, if fewer than ``min_count`` can be used.
    """
    root = Path(folder).expanduser().resolve()
    paths = sound_files(root)
    if len(paths) > _MAX_FILES:
        raise InputError(f"{root} holds {len(paths)} sound files, and {_MAX_FILES} are the most")
    labels = read_labels(root)
    required = Requirement(min_seconds, mix)
    outcomes = [_read(path, root, labels, required) for path in paths]
    left_out = [one for one in outcomes if isinstance(one, LeftOut)]
    recordings, copies = _without_copies([one for one in outcomes if isinstance(one, Recording)])
    left_out += [*copies, *_labels_alone(labels, paths)]
    left_out.sort(key=lambda one: one.file)
    if len(recordings) < min_count:
        problems = [f"{one.file}: {one.reason}" for one in left_out[:_SHOWN]]
        if len(left_out) > _SHOWN:
            problems.append(f"and {len(left_out) - _SHOWN} more")
        raise SuiteError(
            f"{len(recordings)} of the {len(paths)} sound files in {root} can be used, and "
            f"{min_count} are needed: fix or add some",
            tuple(problems),
        )
    return Library(tuple(recordings), tuple(left_out))


def _read(
    path: Path,
    root: Path,
    labels: tuple[Mapping[str, Label], Mapping[str, str]] | None,
    required: Requirement,
) -> Recording | LeftOut:
    file = printable(path.name)[:120]
    target = Path(realpath(path))  # which, unlike resolve(), takes a link that leads to itself
    if not target.is_file() or not target.is_relative_to(root):
        return LeftOut(file, "is not a file in the folder: replace the link by the file itself")
    label = None
    if labels is not None:
        label = labels[0].get(file)
        if label is None:
            return LeftOut(file, labels[1].get(file) or f"{LABELS} has no line for it")
        if label.consent == "no":
            return LeftOut(file, f"{LABELS} says that those who are heard did not consent")
    try:
        data = read_bytes(target, _MAX_BYTES)
        audio = decode(data, is_material=True)
    except (AudioError, OSError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error).removeprefix("clip ")
        return LeftOut(file, f"cannot be used: {reason}")
    found = list(faults(audio, required))
    if label is not None and label.marks and label.marks[-1][1] > audio.seconds:
        found.append(f"lasts {audio.seconds:.2f} s, and its last mark ends at {label.marks[-1][1]:g} s")
    if found:
        return LeftOut(file, "; ".join(found))
    return _recording(target, file, data, audio, label)


def _recording(path: Path, file: str, data: bytes, audio: Audio, label: Label | None) -> Recording:
    samples = mixed(audio)
    bands = band_levels(samples, audio.rate).astype(np.float32)
    return Recording(
        path=str(path),
        digest=sha256(data).hexdigest(),
        sound=audio.digest,
        file=file,
        seconds=audio.seconds,
        rate=audio.rate,
        channels=audio.channels,
        power=power_by_hop(samples, audio.rate),
        bands=bands,
        peaks=np.array([np.abs(part).max() for part in np.array_split(samples, len(bands))]),
        bandwidth_hz=bandwidth_hz(samples, audio.rate),
        label=label,
    )


def _without_copies(recordings: Sequence[Recording]) -> tuple[list[Recording], list[LeftOut]]:
    """Each sound once; where one sound has two names, neither is believed."""
    of_sound: dict[str, list[Recording]] = {}
    for one in recordings:
        of_sound.setdefault(one.sound, []).append(one)
    kept: list[Recording] = []
    left_out: list[LeftOut] = []
    for first, *others in of_sound.values():
        if len({same_words(one.name or "") for one in (first, *others)}) > 1:
            files = ", ".join(f"{one.file} ({one.name})" for one in (first, *others))
            reason = f"is one sound with several names: {files}: correct {LABELS}"
            left_out += [LeftOut(one.file, reason) for one in (first, *others)]
        else:
            kept.append(first)
            left_out += [LeftOut(one.file, f"is a copy of {first.file}") for one in others]
    return kept, left_out


def _labels_alone(
    labels: tuple[Mapping[str, Label], Mapping[str, str]] | None, paths: Sequence[Path]
) -> list[LeftOut]:
    """Lines of the labels whose file is not there, or cannot be told."""
    if labels is None:
        return []
    present = {printable(path.name)[:120] for path in paths}
    missing = [
        LeftOut(file, f"{LABELS} names it, and the folder has no such sound file") for file in labels[0]
    ]
    return [
        one
        for one in (*missing, *(LeftOut(file, problem) for file, problem in labels[1].items()))
        if one.file not in present
    ]
