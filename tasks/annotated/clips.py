"""Clips cut from long recordings: written once to the user's cache folder, and named by their sound."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from starbench.audio import Audio, decode
from starbench.build.render import render_stimulus
from starbench.errors import InputError, SuiteError
from starbench.storage.atomic import write_bytes, write_text
from starbench.storage.cache import cache_folder
from starbench.storage.inputs import read_bytes, read_json
from starbench.synthesis import Recipe, generator

from .annotations import FRAMES_PER_SECOND

#: Of what is made of recordings: another where it changes.
_VERSION = "1"


def clips_folder() -> Path:
    """Where the clips are; their names are digests of their sounds, so all data sets can share it."""
    return cache_folder("sounds") / "cut"


@dataclass(frozen=True)
class CutClips:
    """Clips of one recording: start, in frames -> name, below :func:`clips_folder`; and how they were decoded."""

    names: dict[int, str]
    decoding: dict[str, Any]


def cut_clips(recording: Path, starts: Collection[int], n_frames: int, head: str | None = None) -> CutClips:
    """Clips of ``n_frames`` that begin at these frames; with ``head``, heard by its ears.

    The samples of the recording are kept as they are, without fades, or decoded from first-order ambisonics. A
    recording that has not changed is not read again. Raises an AudioError if it cannot be read or is too short, a
    StimulusError if it cannot be decoded, a SuiteError if nothing can be written.
    """
    folder = clips_folder()
    index = folder / f"{state(recording, str(n_frames), head or '')}.json"
    known = _known(index)
    names = {start: name for start, name in known.names.items() if (folder / name).is_file()}
    decoding = known.decoding
    missing = sorted(set(starts) - set(names))
    if missing:
        audio = decode(recording)
        step = audio.rate / FRAMES_PER_SECOND
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for start in missing:
                first = round(start * step)
                clip = Audio(
                    np.ascontiguousarray(audio.pcm[first : first + round(n_frames * step)]), audio.rate
                )
                names[start] = _write(folder, clip)
                if head is not None:
                    clip, decoding = _decoded(folder / names[start], head)
                    names[start] = _write(folder, clip)
            content = {"clips": names, "decoding": decoding}
            write_text(index, json.dumps(content), sync=False)
        except OSError as error:
            raise SuiteError(
                f"clips cannot be written to {folder}: {error.strerror or error}; make room, or name another folder by "
                "XDG_CACHE_HOME"
            ) from error
    return CutClips({start: names[start] for start in starts}, decoding)


def state(recording: Path, *variant: str) -> str:
    """Another name for each state of a file, and of what is made of it."""
    stat = recording.stat()
    text = "\0".join([str(recording.resolve()), str(stat.st_size), str(stat.st_mtime_ns), _VERSION, *variant])
    return sha256(text.encode(errors="surrogateescape")).hexdigest()[:32]


def _decoded(clip: Path, head: str) -> tuple[Audio, dict[str, Any]]:
    """A clip in first-order ambisonics at the ears of a head, and the truth about that."""
    parameters = {"path": str(clip), "digest": sha256(read_bytes(clip)).hexdigest(), "head": head}
    audio, stimulus = render_stimulus(Recipe("foa-to-binaural", parameters), generator(0))
    return audio, stimulus.truth


def _write(folder: Path, clip: Audio) -> str:
    name = f"{clip.digest}.wav"
    if not (folder / name).is_file():
        write_bytes(folder / name, clip.wav)
    return name


def _known(index: Path) -> CutClips:
    """The clips that were cut before; none where the index is missing or damaged."""
    try:
        content = read_json(index)
        names = {int(start): str(name) for start, name in content["clips"].items()}
        return CutClips(names, dict(content["decoding"]))
    except (InputError, OSError, KeyError, TypeError, AttributeError, ValueError):
        return CutClips({}, {})
