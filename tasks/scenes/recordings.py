"""A user's folder of mono recordings as source material.

File names and file contents are untrusted: nothing outside the folder is read, and names are reduced to plain
words. Every file is opened once when the suite is planned, so that a bad one is refused in one sentence
before anything is built.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from hashlib import sha256
from os.path import realpath
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from starbench.audio import decode
from starbench.errors import AudioError, InputError
from starbench.storage.inputs import read_bytes
from starbench.text import printable

_SUFFIXES = frozenset({".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aif", ".aiff", ".aifc", ".caf"})
_MAX_FILES = 2_000
_MAX_BYTES = 256 * 2**20
_HOP_S = 0.010
#: A stretch this much softer than the loudest of its length is a pause, dB.
_PAUSE_DB = 20.0
_MAX_LABEL = 30


@dataclass(frozen=True, eq=False)
class Recording:
    """One sound file: path, digest of its bytes, label, length, and mean square of each 10 ms, shape (n,)."""

    path: str
    digest: str
    label: str
    seconds: float
    power: NDArray[np.float64]

    def draw_signal(self, duration_s: float, rng: np.random.Generator) -> dict[str, Any]:
        """Draw the parameters of a signal of ``duration_s`` (plus ramps) that does not begin in a pause."""
        hops = max(1, round(duration_s / _HOP_S))
        energy = np.convolve(self.power, np.ones(hops), "valid")
        last = max(0.0, self.seconds - duration_s - 2 * _HOP_S)
        starts = np.flatnonzero(energy >= energy.max() * 10.0 ** (-_PAUSE_DB / 10.0)) * _HOP_S
        starts = starts[starts <= last] if (starts <= last).any() else np.array([last])
        start_s = round(float(starts[int(rng.random() * starts.size)]), 4)
        return {
            "kind": "recording",
            "path": self.path,
            "digest": self.digest,
            "start_s": start_s,
            "duration_s": duration_s,
        }


def load_recordings(folder: str, min_seconds: float, min_count: int = 1) -> tuple[Recording, ...]:
    """Read the recordings of a folder, sorted by name.

    All sound files in it are used; other files (by suffix) and subfolders are ignored.

    Raises an InputError if there is no such folder, or it holds too few or too many files, or a file leads
    out of it, cannot be decoded, has more than one channel, is silent, too short, too large, or has the label
    of another.
    """
    root = Path(folder).expanduser()
    if not root.is_dir():
        raise InputError(
            f"option recordings: {printable(folder)} is not a folder: give one with mono sound files"
        )
    root = root.resolve()
    paths = sorted(root.glob("[!.]*"))
    paths = [path for path in paths if path.suffix.lower() in _SUFFIXES]
    if not min_count <= len(paths) <= _MAX_FILES:
        raise InputError(
            f"option recordings: the folder holds {len(paths)} sound files: it needs {min_count} to "
            f"{_MAX_FILES}"
        )
    recordings = tuple(_read(path, root, min_seconds) for path in paths)
    labels = Counter(recording.label.casefold() for recording in recordings)
    label, count = labels.most_common(1)[0]
    if count > 1:
        raise InputError(f"option recordings: two files are called {label!r}: rename one of them")
    return recordings


def recordings_digest(recordings: tuple[Recording, ...]) -> dict[str, Any]:
    """The entry in a suite's manifest: the number of files, and a digest over all of their digests."""
    digest = sha256("\n".join(recording.digest for recording in recordings).encode()).hexdigest()
    return {"files": len(recordings), "sha256": digest}


def _read(path: Path, root: Path, min_seconds: float) -> Recording:
    name = printable(path.name)[:80]
    target = Path(realpath(path))  # which, unlike resolve(), takes a link that leads to itself
    if not target.is_file() or not target.is_relative_to(root):
        raise InputError(
            f"option recordings: {name} is not a file in the folder: replace the link by the file itself"
        )
    try:
        data = read_bytes(target, _MAX_BYTES)
        audio = decode(data)
    except AudioError as error:
        raise InputError(f"option recordings: {name} cannot be read as sound: {error}") from error
    except OSError as error:
        raise InputError(f"option recordings: {name} cannot be read: {error.strerror}: replace it") from error
    if audio.channels != 1:
        raise InputError(
            f"option recordings: {name} has {audio.channels} channels: a source in space needs one: mix it "
            "to mono"
        )
    needed_s = min_seconds + 4 * _HOP_S
    if audio.seconds < needed_s:
        raise InputError(
            f"option recordings: {name} lasts {audio.seconds:.2f} s, and {needed_s:.2f} s are needed: "
            "remove it"
        )
    hop = max(1, round(_HOP_S * audio.rate))
    frames = audio.samples[: audio.pcm.shape[0] // hop * hop, 0].reshape(-1, hop)
    power = np.mean(np.square(frames), axis=1)
    if not power.any():
        raise InputError(f"option recordings: {name} is silent: remove it")
    return Recording(str(target), sha256(data).hexdigest(), _label(path.stem, name), audio.seconds, power)


def _label(stem: str, name: str) -> str:
    """Letters, digits and single spaces of a file's name: no quote, no line break, no markup."""
    words = " ".join(re.sub(r"[^\w]+|_", " ", printable(stem)).split())[:_MAX_LABEL].strip()
    if not words:
        raise InputError(f"option recordings: the name of {name} has no letters to refer to it by: rename it")
    return words
