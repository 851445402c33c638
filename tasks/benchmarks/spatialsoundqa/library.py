"""The recordings and responses of the data set in one place, and records with the scenes that are rendered of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from starbench.errors import SuiteError
from starbench.execution.processes import map_in_threads
from starbench.storage.tables import Row
from starbench.suites.validate import RawRecord

from ...hub import Snapshot
from .files import ON_THE_HUB, Files
from .scenes import SourceFiles, make_scene, scene_name, scenes_folder, source_paths

#: Folders of recordings and of responses, and the archives that the authors publish of them.
RECORDINGS, RESPONSES = ("AudioSet", "AudioSet/eval.zip"), ("mp3d_reverb", "mp3d_reverb.zip")


def library_folder(root: Path) -> Path:
    """Where the files lie: in ``root``, in the hub's folder below it, or in the nearest folder above it."""
    for base in (root, root / ON_THE_HUB, *list(root.resolve().parents)[:3]):
        if any((base / name).exists() for name in (*RECORDINGS, *RESPONSES)):
            return base
    return root


def without_scene(raw: RawRecord, *problems: str) -> RawRecord:
    """A record with these problems and without a scene."""
    return replace(raw, fields={**raw.fields, "audio_paths": ()}, problems=problems)


class Library:
    """The recordings and responses in a folder, and the scenes that are rendered of them."""

    def __init__(self, base: Path, snapshot: Snapshot | None) -> None:
        self._files = [Files(base, *names, snapshot) for names in (RECORDINGS, RESPONSES)]

    def has_scene(self, row: Row) -> bool:
        """Whether a row's scene has been rendered."""
        with suppress(SuiteError, OSError):
            return (scenes_folder() / scene_name(self._want(row))).is_file()
        return False

    def with_scenes(self, questions: Iterable[tuple[Row, RawRecord]]) -> Iterator[RawRecord]:
        """The records with the names of their scenes, which are rendered; or with what is wrong with their files."""
        wanted: list[tuple[RawRecord, tuple[SourceFiles, ...]]] = []
        for row, raw in questions:
            try:
                wanted.append((raw, self._want(row)))
            except SuiteError as error:
                yield without_scene(raw, str(error))
        failures = {file: reason for files in self._files for file, reason in files.unpack().items()}
        # Several questions may be about one scene, which is rendered once.
        scenes = list(dict.fromkeys(sources for _, sources in wanted))
        outcomes = dict(
            zip(scenes, map_in_threads(lambda scene: _made(scene, failures), scenes), strict=True)
        )
        for raw, sources in wanted:
            outcome = outcomes[sources]
            if isinstance(outcome, SuiteError):
                yield without_scene(raw, str(outcome))
            else:
                yield replace(raw, fields={**raw.fields, "audio_paths": (outcome,)})

    def _want(self, row: Row) -> tuple[SourceFiles, ...]:
        return tuple(
            SourceFiles(*(files.want(path) for files, path in zip(self._files, paths, strict=True)))
            for paths in source_paths(row.cells)
        )


def _made(sources: tuple[SourceFiles, ...], failures: Mapping[Path, str]) -> str | SuiteError:
    """The name of a scene, or why there is none."""
    for file in (file for pair in sources for file in pair if file in failures):
        return SuiteError(failures[file])
    try:
        return make_scene(sources)
    except SuiteError as error:
        return error
