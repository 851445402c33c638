"""A user's folder of mono recordings as source material.

File names and what is in the files are untrusted: nothing outside the folder is read, names are cut to
harmless words, and every file is opened once when the suite is planned, so that a bad one is refused in
a sentence before anything is built.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from starbench.audio import decode
from starbench.errors import AudioError, InputError
from starbench.redact import printable

_SUFFIXES = frozenset({".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aif", ".aiff", ".aifc", ".caf"})
_MOST_FILES = 2_000
_MOST_BYTES = 256 * 2**20
_HOP_S = 0.010
#: A stretch this much softer than the loudest of its length is a pause, dB.
_PAUSE_DB = 20.0
_LONGEST_LABEL = 30


@dataclass(frozen=True, eq=False)
class Recording:
    """One sound file: where it is, the digest of its bytes, how it is called, and its power over time."""

    path: str
    digest: str
    label: str
    seconds: float
    power: NDArray[np.float64]
    """Mean square of each 10 ms, shape (n,)."""

    def signal(self, duration_s: float, rng: np.random.Generator) -> dict[str, Any]:
        """Parameters of a signal of ``duration_s`` (and its ramps) from a stretch that is no pause."""
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


def find(folder: str, at_least_s: float, at_least: int = 1) -> tuple[Recording, ...]:
    """List the recordings of a folder, sorted by name.

    Parameters
    ----------
    folder : str
        Its sound files are used (by suffix; others and folders within it are passed over).
    at_least_s : float
        Length that every recording must have, s.
    at_least : int
        Number of recordings that are needed.

    Raises
    ------
    InputError
        If the folder is none or holds too few, or a file leads out of it, is no sound, has more than one
        channel, is silent, too short or too large, or is called like another.
    """
    root = Path(folder).expanduser()
    if not root.is_dir():
        raise InputError(
            f"option recordings: {printable(folder)} is no folder: give one with mono sound files"
        )
    root = root.resolve()
    paths = sorted(path for path in root.iterdir() if path.suffix.lower() in _SUFFIXES)
    paths = [path for path in paths if not path.name.startswith(".")]
    if not at_least <= len(paths) <= _MOST_FILES:
        raise InputError(
            f"option recordings: the folder holds {len(paths)} sound files: it needs {at_least} to "
            f"{_MOST_FILES}"
        )
    found = tuple(_read(path, root, at_least_s) for path in paths)
    labels = [recording.label.casefold() for recording in found]
    for label in labels:
        if labels.count(label) > 1:
            raise InputError(
                f"option recordings: two files are called {label!r}: give each a name of its own"
            )
    return found


def describe(recordings: tuple[Recording, ...]) -> dict[str, Any]:
    """What stands in a suite's manifest: how many files, and a digest over all of theirs."""
    whole = sha256("\n".join(recording.digest for recording in recordings).encode()).hexdigest()
    return {"files": len(recordings), "sha256": whole}


def _read(path: Path, root: Path, at_least_s: float) -> Recording:
    name = printable(path.name)[:80]
    where = path.resolve()
    if not where.is_file() or not where.is_relative_to(root):
        raise InputError(f"option recordings: {name} is no file of the folder: replace the link by the file")
    if where.stat().st_size > _MOST_BYTES:
        raise InputError(f"option recordings: {name} has more than {_MOST_BYTES >> 20} MiB: cut it")
    data = where.read_bytes()
    try:
        audio = decode(data)
    except AudioError as error:
        raise InputError(f"option recordings: {name} cannot be read as sound: {error}") from error
    if audio.channels != 1:
        raise InputError(
            f"option recordings: {name} has {audio.channels} channels: a source in space needs one: mix it "
            "down"
        )
    needed_s = at_least_s + 4 * _HOP_S
    if audio.seconds < needed_s:
        raise InputError(
            f"option recordings: {name} lasts {audio.seconds:.2f} s, and {needed_s:.2f} s are needed: "
            "leave it out"
        )
    hop = max(1, round(_HOP_S * audio.rate))
    whole = audio.samples[: audio.pcm.shape[0] // hop * hop, 0].reshape(-1, hop)
    power = np.mean(np.square(whole), axis=1)
    if not power.any():
        raise InputError(f"option recordings: {name} is silent: leave it out")
    return Recording(str(where), sha256(data).hexdigest(), _label(path.stem, name), audio.seconds, power)


def _label(stem: str, name: str) -> str:
    """Letters, digits and single spaces of a file's name: no quote, no line break, no markup."""
    words = " ".join(re.sub(r"[^\w]+|_", " ", printable(stem)).split())[:_LONGEST_LABEL].strip()
    if not words:
        raise InputError(
            f"option recordings: {name} has no letter in its name to call the sound by: rename it"
        )
    return words
