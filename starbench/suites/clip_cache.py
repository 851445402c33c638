"""What is known of sound files, kept between commands: a file that has not changed is decoded once."""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from pathlib import Path
from time import time_ns
from typing import Self

from starbench.audio import decode
from starbench.storage.cache import cache_folder
from starbench.suites.clip_info import ClipInfo

#: A file may change twice within one tick of its file system's clock, so one this young is not kept, ns.
_SETTLED = 2_000_000_000
_TABLE = (
    "CREATE TABLE IF NOT EXISTS clips (state TEXT PRIMARY KEY, digest, channels, rate, seconds) WITHOUT ROWID"
)
_SELECT = "SELECT * FROM clips WHERE state = ?"
_FAILURES = (sqlite3.Error, OSError, RuntimeError)


class ClipCache:
    """Reads sound files, from any thread; where nothing can be kept, each is decoded."""

    def __init__(self) -> None:
        self._known: sqlite3.Connection | None = None
        self._new: dict[str, ClipInfo] = {}

    def __enter__(self) -> Self:
        with suppress(*_FAILURES):
            folder = cache_folder()
            folder.mkdir(parents=True, exist_ok=True)
            self._known = sqlite3.connect(folder / "clips.sqlite", check_same_thread=False)
            self._known.execute(_TABLE)
        return self

    def __exit__(self, *_: object) -> None:
        if self._known is not None:
            rows = [(state, *vars(clip).values()) for state, clip in self._new.items()]
            with suppress(*_FAILURES), self._known:
                self._known.executemany("INSERT OR REPLACE INTO clips VALUES (?, ?, ?, ?, ?)", rows)
            self._known.close()

    def read(self, file: Path) -> ClipInfo:
        """What the file holds; raises :class:`starbench.errors.AudioError` as :func:`starbench.audio.decode`."""
        stat = file.stat()
        # Any write to a file changes one of these, and nobody can set the last.
        state = repr((stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns))
        with suppress(*_FAILURES):
            if self._known and (row := self._known.execute(_SELECT, [state]).fetchone()):
                return ClipInfo(*row[1:])
        audio = decode(file)
        clip = ClipInfo(audio.digest, audio.channels, audio.rate, audio.seconds)
        if max(stat.st_mtime_ns, stat.st_ctime_ns) < time_ns() - _SETTLED:
            self._new[state] = clip
        return clip
