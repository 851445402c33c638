"""Rendered scenes in the user's cache folder: each is rendered once, as long as its files stay as they are."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from starbench.errors import AudioError, SuiteError
from starbench.storage.atomic import write_bytes
from starbench.storage.cache import cache_folder
from starbench.storage.inputs import read_bytes

from .rendering import VERSION, Source, render

#: A row's cells: of the recording, and of the response of its place.
_SOURCES = (("audio_id", "reverb_id"), ("audio_id2", "reverb_id2"))
#: Most bytes of a recording of ten seconds, or of a response.
_MOST_BYTES = 64 * 2**20


class SourceFiles(NamedTuple):
    """Where a recording and the response of its place are."""

    recording: Path
    response: Path


def scenes_folder() -> Path:
    """Where scenes are written; their names say which state of which files they are made of."""
    return cache_folder("sounds") / "spatialsoundqa"


def source_paths(cells: Mapping[str, Any]) -> list[tuple[str, str]]:
    """For each source of a row's scene the paths of its recording and of its response, below their folders.

    Raises a SuiteError that names a column which has none.
    """
    paths = []
    for number, (recording, response) in enumerate(_SOURCES):
        first, second = cells.get(recording), cells.get(response)
        if number and not (first or second):
            continue
        for column, value in ((recording, first), (response, second)):
            if not isinstance(value, str) or not value.strip():
                raise SuiteError(f"{column}: names no file: write its path")
        paths.append((f"{first}.wav", f"binaural/{second}"))
    return paths


def scene_name(sources: tuple[SourceFiles, ...]) -> str:
    """What the scene of these files, as they are, is called below :func:`scenes_folder`.

    Raises an OSError if one is missing.
    """
    files = [(file, file.stat()) for pair in sources for file in pair]
    states = [f"{file.resolve()}\0{stat.st_size}\0{stat.st_mtime_ns}" for file, stat in files]
    key = "\0".join([str(VERSION), *states])
    return f"{sha256(key.encode(errors='surrogateescape')).hexdigest()[:32]}.wav"


def make_scene(sources: tuple[SourceFiles, ...]) -> str:
    """Write a scene, unless it was written before, and give its name.

    Raises a SuiteError that names the files at fault, or says that nothing can be written.
    """
    folder = scenes_folder()
    listed = ", ".join(file.name for pair in sources for file in pair)
    try:
        name = scene_name(sources)
        if (folder / name).is_file():
            return name
        scene = render(tuple(Source(*(read_bytes(file, _MOST_BYTES) for file in pair)) for pair in sources))
    except AudioError as error:
        raise SuiteError(f"{listed}: {error}") from error
    except OSError as error:
        raise SuiteError(f"{listed}: cannot be read: {error.strerror or error}") from error
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_bytes(folder / name, scene.wav)
    except OSError as error:
        raise SuiteError(
            f"scenes cannot be written to {folder}: {error.strerror or error}; make room, or name another folder by "
            "XDG_CACHE_HOME"
        ) from error
    return name
