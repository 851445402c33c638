"""Where the sounds of a table are: in a folder, in a zip or tar archive, or in the table itself.

A suite reads its clips from a folder, so what lies in an archive or a table is written once to the user's cache
folder, under names that stay the same as long as the archive does.
"""

from __future__ import annotations

import lzma
import tarfile
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import IO, Any

from starbench.errors import InputError, SuiteError
from starbench.storage.atomic import write_bytes
from starbench.storage.cache import cache_folder
from starbench.storage.inputs import MAX_BYTES, opened

#: Endings that are tried where a table names its sounds without one.
_ENDINGS = (".wav", ".flac", ".mp3", ".ogg")
_ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")
#: Most members of an archive: more is no collection of clips.
_MOST_MEMBERS = 1_000_000


class Sounds:
    """The sounds that the rows of a table name; ``root`` is the folder that the names lead into.

    ``place`` is where they lie: a folder, an archive, or None for the folder of ``table``.
    """

    def __init__(self, table: Path, place: Path | None = None) -> None:
        self._table = table
        self._place = place or table.parent
        self._is_archive = self._place.is_file()
        if not self._place.exists():
            raise SuiteError(f"--sounds {self._place}: there is no such folder or archive")
        if self._is_archive and not self._place.name.lower().endswith(_ARCHIVES):
            raise SuiteError(f"--sounds {self._place}: is neither a folder nor one of {', '.join(_ARCHIVES)}")
        self._in_table = False

    @property
    def root(self) -> Path:
        if self._is_archive or self._in_table:
            return _kept_folder(self._place if self._is_archive else self._table)
        return self._place

    def name(self, value: Any) -> str:
        """The path below ``root`` of the sound that a cell holds or names.

        Raises a SuiteError if it is neither, or a row names sounds in a table that holds others itself.
        """
        if isinstance(value, dict) and ("bytes" in value or "path" in value):  # as Hugging Face stores them
            value = value.get("path") if value.get("bytes") is None else value
        if isinstance(value, dict):
            value, named = value["bytes"], str(value.get("path") or "")
        else:
            named = ""
        if isinstance(value, bytes):
            return self._keep(value, PurePosixPath(named).suffix.lower())
        if not isinstance(value, str) or not value.strip():
            raise SuiteError("is neither the name of a sound file nor its bytes")
        if "://" in value:
            raise SuiteError(f"{value!r} is an address: download the file, and write its path")
        path = str(PurePosixPath(value.strip().replace("\\", "/")))
        return path if self._is_archive else self._with_ending(path)

    def unpack(self, paths: Collection[str]) -> None:
        """Write the sounds at ``paths`` from the archive, if they lie in one, unless they were written before.

        A path that the archive does not have is left alone: it will be a missing file.
        """
        if not self._is_archive:
            return
        root = self.root
        wanted: defaultdict[str, list[str]] = defaultdict(list)
        missing = [path for path in paths if _is_below(path) and not (root / path).is_file()]
        if missing:
            for path, member in _matches(missing, list(self._names())).items():
                wanted[member].append(path)
        if not wanted:
            return
        with _failures(self._place):
            for member, content in _contents(self._place, wanted):
                for path in wanted[member]:
                    _write(root / path, content)

    def _names(self) -> Iterator[str]:
        with _failures(self._place):
            for number, name in enumerate(_member_names(self._place)):
                if number > _MOST_MEMBERS:
                    raise SuiteError(f"{self._place}: has more than {_MOST_MEMBERS} members")
                yield name

    def _keep(self, data: bytes, ending: str) -> str:
        """Write the bytes of a sound of the table to the cache folder, and name them by their digest."""
        if self._is_archive:
            raise SuiteError("holds the sound itself, and --sounds names an archive: leave it out")
        self._in_table = True
        name = f"{sha256(data).hexdigest()}{ending if ending in _ENDINGS else '.wav'}"
        if not (self.root / name).is_file():
            with _failures(self._table):
                _write(self.root / name, data)
        return name

    def _with_ending(self, path: str) -> str:
        if PurePosixPath(path).suffix.lower() in _ENDINGS or not _is_below(path):
            return path
        found = [path + ending for ending in _ENDINGS if (self._place / (path + ending)).is_file()]
        return path if (self._place / path).is_file() or not found else found[0]


def _is_below(path: str) -> bool:
    """Whether a path stays in the folder that it is relative to, as far as its text says."""
    parts = PurePosixPath(path).parts
    return bool(parts) and not PurePosixPath(path).is_absolute() and ".." not in parts and "\0" not in path


def _kept_folder(file: Path) -> Path:
    """Where what a file holds is kept: another place for each state of the file."""
    stat = file.stat()
    state = f"{file.resolve()}\0{stat.st_size}\0{stat.st_mtime_ns}"
    return cache_folder("sounds") / sha256(state.encode(errors="surrogateescape")).hexdigest()[:32]


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(path, data)


@contextmanager
def _failures(file: Path) -> Iterator[None]:
    """Say what is wrong with an archive, or that the cache folder takes nothing."""
    try:
        yield
    except InputError:
        raise
    except OSError as error:
        raise SuiteError(
            f"{file}: its sounds cannot be unpacked to {cache_folder('sounds')}: {error.strerror or error}; make room, "
            "or name another folder by XDG_CACHE_HOME"
        ) from error
    # An encrypted member of a zip is a RuntimeError, an unknown compression a NotImplementedError.
    except (
        EOFError,
        RuntimeError,
        lzma.LZMAError,
        tarfile.TarError,
        zipfile.BadZipFile,
        zlib.error,
    ) as error:
        raise SuiteError(f"{file} cannot be unpacked: {error}") from error


def _member_names(archive: Path) -> Iterator[str]:
    """The names of the files in an archive; links and devices are no files."""
    with opened(archive) as file:
        if archive.suffix.lower() == ".zip":
            with zipfile.ZipFile(file) as members:
                yield from (one.filename for one in members.infolist() if not one.is_dir())
        else:
            with tarfile.open(fileobj=file) as tar:
                yield from (one.name for one in tar if one.isreg())


def _contents(archive: Path, wanted: Collection[str]) -> Iterator[tuple[str, bytes]]:
    """The wanted members of an archive, each once."""
    with opened(archive) as file:
        if archive.suffix.lower() == ".zip":
            with zipfile.ZipFile(file) as members:
                for name in wanted:
                    with members.open(name) as content:
                        yield name, _bounded(name, content)
        else:
            with tarfile.open(fileobj=file) as tar:
                for one in tar:
                    if one.isreg() and one.name in wanted and (content := tar.extractfile(one)) is not None:
                        yield one.name, _bounded(one.name, content)


def _bounded(name: str, content: IO[bytes]) -> bytes:
    data = content.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise SuiteError(f"{name!r} in the archive is larger than {MAX_BYTES >> 20} MiB")
    return data


def _matches(paths: Collection[str], members: Collection[str]) -> dict[str, str]:
    """Path of a table -> the one member of an archive that it names, below further folders or without an ending."""
    by_name: defaultdict[str, list[tuple[str, ...]]] = defaultdict(list)
    by_parts = {PurePosixPath(member).parts: member for member in members}
    for parts in by_parts:
        by_name[parts[-1]].append(parts)
    found = {}
    for path in paths:
        for ending in ("", *_ENDINGS):
            parts = PurePosixPath(path + ending).parts
            candidates = [other for other in by_name[parts[-1]] if other[-len(parts) :] == parts]
            exact = [other for other in candidates if other == parts]
            if len(exact or candidates) == 1:
                found[path] = by_parts[(exact or candidates)[0]]
                break
    return found
