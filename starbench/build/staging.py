"""Where a suite is made: a directory beside it that outlives a build that was cut off.

``.NAME.partial`` holds the suite as far as it has come, and ``made.jsonl``: one line that says what is
built, then one line for each item whose clips are on disk. Whoever goes on makes only what is missing.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from starbench.audio import decode
from starbench.build.render import STEMS, Made, Order, make
from starbench.errors import AudioError, SuiteError
from starbench.execution.processes import available_cpus
from starbench.storage.json_lines import LineAppender, cut_torn_line
from starbench.storage.lock import InUseError, acquire
from starbench.suites.suite import AUDIO

_LOCK = ".lock"
_RECORD = "made.jsonl"
_SUITE = "suite"


class Workshop:
    """The directory in which the suite ``out`` is made; use :func:`hold`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.suite = path / _SUITE
        self._record = path / _RECORD

    def open(self, header: Mapping[str, Any]) -> tuple[str, ...]:
        """Go on with what ``header`` describes, or start it anew.

        Returns
        -------
        tuple of str
            The entries of the header in which the build that was begun here differs from this one;
            empty if this one goes on or nothing was begun.
        """
        begun = self._header()
        if begun == header:
            cut_torn_line(self._record)
            return ()
        shutil.rmtree(self.suite, ignore_errors=True)
        self._record.unlink(missing_ok=True)
        (self.suite / AUDIO).mkdir(parents=True)
        append_record(self._record, header)
        return tuple(name for name in header if begun and begun.get(name) != header[name])

    def made(self) -> dict[str, Made]:
        """The items on record, by id, whatever became of their clips."""
        made = {}
        with self._record.open("rb") as lines:
            for line in lines:
                if (found := _made(line)) is not None:
                    made[found.id] = found
        return made

    def whole(self) -> dict[str, Made]:
        """The items on record whose clips are on disk, byte for byte."""
        made = self.made()
        with ThreadPoolExecutor(available_cpus()) as pool:
            return {
                found.id: found
                for found, sound in zip(made.values(), pool.map(self._is_whole, made.values()), strict=True)
                if sound
            }

    def sweep(self, made: Iterable[Made]) -> None:
        """Throw away what no item names: halves of files, and clips of an item that was made again."""
        clips = [clip for found in made for clip in found.clips]
        named = {clip.path for clip in clips} | {stem for clip in clips for stem in clip.stems}
        for path in (*self.suite.glob(f"{AUDIO}/*"), *self.suite.glob(f"{STEMS}/*")):
            if path.relative_to(self.suite).as_posix() not in named:
                path.unlink()

    def _header(self) -> dict[str, Any] | None:
        try:
            with self._record.open("rb") as lines:
                begun = json.loads(lines.readline())
        except (OSError, ValueError):
            return None
        return begun if isinstance(begun, dict) else None

    def _is_whole(self, made: Made) -> bool:
        try:
            for clip in made.clips:
                path = self.suite / clip.path
                sound = decode(path)
                if sound.digest != clip.digest or sound.wav != path.read_bytes():
                    return False
                for stem in clip.stems:
                    data = (self.suite / stem).read_bytes()
                    if f"{STEMS}/{sha256(data).hexdigest()}.wav" != stem:
                        return False
        except (AudioError, OSError):
            return False
        return True


@contextmanager
def hold(out: Path) -> Iterator[Workshop]:
    """Keep the workshop of ``out`` to this process; the kernel lets go of it when the process dies.

    It is gone afterwards if the suite has left it.

    Raises
    ------
    SuiteError
        If another process builds the same suite, or something else has the workshop's name.
    """
    path = out.with_name(f".{out.name}.partial")
    if path.exists() and not _is_workshop(path):
        raise SuiteError(f"{path} is in the way, and no starbench made it: move it, or give another --out")
    try:
        lock = acquire(path / _LOCK)
    except InUseError as error:
        raise SuiteError(f"{out} is being built by another starbench: wait for it") from error
    workshop = Workshop(path)
    try:
        yield workshop
    finally:
        if not workshop.suite.exists():
            shutil.rmtree(path, ignore_errors=True)
        lock.release()


def make_on_record(order: Order, seed: int, workshop: Path) -> int:
    """Make the clips of one item, then set it on record; returns 1.

    Any number of processes may do so at once: a line is one write at the end of the file.
    """
    made = make(order, seed, workshop / _SUITE)
    append_record(workshop / _RECORD, made.model_dump())
    return 1


def _is_workshop(path: Path) -> bool:
    return path.is_dir() and {entry.name for entry in path.iterdir()} <= {_LOCK, _RECORD, _SUITE}


def _made(line: bytes) -> Made | None:
    """What a line says; None for the header, and for a line that a full disk tore."""
    try:
        return Made.model_validate(json.loads(line))
    except (ValueError, RecursionError, ValidationError):
        return None


def append_record(path: Path, fields: Mapping[str, Any]) -> None:
    """Add one line; any number of processes may do so at once."""
    with LineAppender(path) as record:
        record.append(json.dumps(fields, ensure_ascii=False).encode())
