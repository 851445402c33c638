"""Clips cut from long recordings: written once to the user's cache folder, and named by their sound."""

from __future__ import annotations

import json
from collections.abc import Collection
from hashlib import sha256
from pathlib import Path

import numpy as np

from starbench.audio import Audio, decode
from starbench.errors import InputError, SuiteError
from starbench.storage.atomic import write_bytes, write_text
from starbench.storage.cache import cache_folder
from starbench.storage.inputs import read_json

from .annotations import FRAMES_PER_SECOND


def clips_folder() -> Path:
    """Where the clips are; their names are digests of their sounds, so all data sets can share it."""
    return cache_folder("sounds") / "cut"


def cut_clips(recording: Path, starts: Collection[int], n_frames: int) -> dict[int, str]:
    """Start, in frames, -> name of the clip of ``n_frames`` that begins there, below :func:`clips_folder`.

    The samples of the recording are kept as they are, without fades. A recording that has not changed is not read
    again. Raises an AudioError if it cannot be read or is too short, a SuiteError if nothing can be written.
    """
    folder = clips_folder()
    index = folder / f"{_state(recording)}.json"
    names = {start: name for start, name in _known(index, n_frames).items() if (folder / name).is_file()}
    missing = sorted(set(starts) - set(names))
    if missing:
        audio = decode(recording)
        step = audio.rate / FRAMES_PER_SECOND
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for start in missing:
                first = round(start * step)
                pcm = np.ascontiguousarray(audio.pcm[first : first + round(n_frames * step)])
                names[start] = _write(folder, Audio(pcm, audio.rate))
            write_text(index, json.dumps({"frames": n_frames, "clips": names}), sync=False)
        except OSError as error:
            raise SuiteError(
                f"clips cannot be written to {folder}: {error.strerror or error}; make room, or name another folder by "
                "XDG_CACHE_HOME"
            ) from error
    return {start: names[start] for start in starts}


def _write(folder: Path, clip: Audio) -> str:
    name = f"{clip.digest}.wav"
    if not (folder / name).is_file():
        write_bytes(folder / name, clip.wav)
    return name


def _state(recording: Path) -> str:
    """Another name for each state of a file."""
    stat = recording.stat()
    state = f"{recording.resolve()}\0{stat.st_size}\0{stat.st_mtime_ns}"
    return sha256(state.encode(errors="surrogateescape")).hexdigest()[:32]


def _known(index: Path, n_frames: int) -> dict[int, str]:
    """The clips that were cut before; none where the index is missing or damaged."""
    try:
        content = read_json(index)
        names = content["clips"].items() if content["frames"] == n_frames else ()
        return {int(start): str(name) for start, name in names}
    except (InputError, OSError, KeyError, TypeError, AttributeError, ValueError):
        return {}
