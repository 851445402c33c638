"""Where a suite is built: a directory beside it that outlives a build that was interrupted.

``.NAME.partial`` holds the suite as far as it has come, and ``made.jsonl``: one line that says what is
built, then one line for each item whose clips are on disk. A resumed build renders only what is missing.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import compress
from pathlib import Path
from typing import Any

from filelock import Timeout
from pydantic import ValidationError

from starbench.audio import decode
from starbench.build.render import STEMS, RenderedItem, RenderJob, render_item, stem_path
from starbench.errors import AudioError, InputError, SuiteError
from starbench.execution.processes import map_in_threads
from starbench.storage.inputs import lines, parse_json, read_bytes
from starbench.storage.json_lines import LineAppender, cut_torn_line
from starbench.storage.lock import acquire
from starbench.suites.suite import AUDIO

_LOCK = ".lock"
_RECORD = "made.jsonl"
_SUITE = "suite"


class Staging:
    """The directory in which the suite ``out`` is built; use :func:`hold`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.suite = path / _SUITE
        self._record = path / _RECORD

    def open(self, header: Mapping[str, Any]) -> tuple[str, ...]:
        """Resume the build that ``header`` describes, or start it anew.

        Returns the entries of the header in which an earlier build here differs from this one; none if this
        one resumes it, or there is none.
        """
        earlier = self._header()
        if earlier == header:
            cut_torn_line(self._record)
            return ()
        shutil.rmtree(self.suite, ignore_errors=True)
        self._record.unlink(missing_ok=True)
        (self.suite / AUDIO).mkdir(parents=True)
        _append(self._record, header)
        return tuple(name for name in header if earlier and earlier.get(name) != header[name])

    def recorded_items(self) -> dict[str, RenderedItem]:
        """The items on record, by id, whatever became of their clips."""
        items = [item for line in lines(self._record) if (item := _rendered_item(line)) is not None]
        return {item.id: item for item in items}

    def intact_items(self) -> dict[str, RenderedItem]:
        """The items on record whose clips are on disk, byte for byte."""
        items = self.recorded_items()
        intact = map_in_threads(self._is_intact, items.values())
        return dict(compress(items.items(), intact))

    def remove_strays(self, items: Iterable[RenderedItem]) -> None:
        """Delete what none of ``items`` names: halves of files, clips of an item that was rendered again."""
        clips = [clip for item in items for clip in item.files]
        named = {clip.path for clip in clips} | {stem for clip in clips for stem in clip.stems}
        for path in (*self.suite.glob(f"{AUDIO}/*"), *self.suite.glob(f"{STEMS}/*")):
            if path.relative_to(self.suite).as_posix() not in named:
                path.unlink()

    def _header(self) -> dict[str, Any] | None:
        try:
            header = parse_json(next(lines(self._record), b""), _RECORD)
        except (OSError, InputError):
            return None
        return header if isinstance(header, dict) else None

    def _is_intact(self, item: RenderedItem) -> bool:
        try:
            for clip in item.files:
                path = self.suite / clip.path
                sound = decode(path)
                if sound.digest != clip.digest or sound.wav != read_bytes(path):
                    return False
            stems = {stem: self.suite / stem for clip in item.files for stem in clip.stems}
            return all(stem_path(read_bytes(path)) == stem for stem, path in stems.items())
        except (AudioError, OSError):
            return False


@contextmanager
def hold(out: Path) -> Iterator[Staging]:
    """Keep the staging directory of ``out`` to this process; the kernel frees it when the process dies.

    It is gone afterwards if the suite has left it. A SuiteError says that another process builds the same
    suite, or that something else has the directory's name.
    """
    path = out.with_name(f".{out.name}.partial")
    if path.exists() and not is_staging(path):
        raise SuiteError(f"{path} is in the way, and is not from starbench: move it, or give another --out")
    try:
        lock = acquire(path / _LOCK)
    except Timeout as error:
        raise SuiteError(f"{out} is being built by another starbench: wait for it") from error
    staging = Staging(path)
    try:
        yield staging
    finally:
        if not staging.suite.exists():
            shutil.rmtree(path, ignore_errors=True)
        lock.release()


def render_on_record(job: RenderJob, seed: int, staging: Path) -> None:
    """Render the clips of one item into the directory ``staging``, then put it on record.

    Any number of processes may do so at once: a line is one write at the end of the file.
    """
    item = render_item(job, seed, staging / _SUITE)
    _append(staging / _RECORD, item.model_dump(exclude_defaults=True))


def is_staging(path: Path) -> bool:
    """Whether ``path`` is a staging directory, as far as its names tell."""
    return path.is_dir() and {entry.name for entry in path.iterdir()} <= {_LOCK, _RECORD, _SUITE}


def _rendered_item(line: bytes) -> RenderedItem | None:
    """What a line says; None for the header, and for a line that a full disk tore."""
    try:
        return RenderedItem.model_validate_json(line)
    except ValidationError:
        return None


def _append(record: Path, fields: Mapping[str, Any]) -> None:
    with LineAppender(record) as lines:
        lines.append(json.dumps(fields, ensure_ascii=False).encode())
