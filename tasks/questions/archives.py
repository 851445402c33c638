"""An archive of sounds: its members by the names that tables give them, unpacked once to the user's cache folder."""

from __future__ import annotations

import lzma
import tarfile
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from functools import cached_property
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import IO

from starbench.errors import SuiteError
from starbench.storage.atomic import write_bytes
from starbench.storage.cache import cache_folder
from starbench.storage.inputs import MAX_BYTES, opened

#: Endings that are tried where a table names its sounds without one.
ENDINGS = (".wav", ".flac", ".mp3", ".ogg")
ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")
#: Most members of an archive: more is no collection of clips.
_MOST_MEMBERS = 1_000_000
#: What is unpacked may always have so many bytes; above that, so many times those of the archive.
_FREE, _MOST_GROWTH = 4 * 2**30, 100
#: What the readers of archives raise on a damaged one; an encrypted member is a RuntimeError.
_DAMAGE = (
    EOFError,
    RuntimeError,
    ValueError,
    lzma.LZMAError,
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
)


class Archive:
    """A zip or tar file; ``folder`` is where what is wanted of it is unpacked: another for each state of the file.

    Raises a SuiteError if it is no archive.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._damage = ""
        self._wanted: dict[str, str] = {}
        with _reading(path), _members(path):
            stat = path.stat()
        state = f"{path.resolve()}\0{stat.st_ino}\0{stat.st_size}\0{stat.st_mtime_ns}\0{stat.st_ctime_ns}"
        self.folder = cache_folder("sounds") / sha256(state.encode(errors="surrogateescape")).hexdigest()[:32]

    def want(self, path: str) -> None:
        """Have the member that ``path`` names unpacked to that path; it may lie below further folders.

        Raises a SuiteError if there is none, or several.
        """
        if path in self._wanted or is_file(self.folder / path):  # unpacked before
            return
        for ending in ("", *ENDINGS):
            parts = PurePosixPath(path + ending).parts
            found = [other for other in self._by_name.get(parts[-1], ()) if other[-len(parts) :] == parts]
            found = [parts] if parts in found else found
            if len(found) > 1:
                listed = ", ".join("/".join(one) for one in found[:3])
                raise SuiteError(
                    f"{path!r} names {len(found)} files of {self.path.name} ({listed}): write more of its path"
                )
            if found:
                self._wanted[path] = self._by_parts[found[0]]
                return
        damage = f", which cannot be read to its end ({self._damage})" if self._damage else ""
        raise SuiteError(
            f"there is no file {path!r} in {self.path.name}{damage}: correct the path, or add the file"
        )

    def unpack(self) -> dict[str, str]:
        """Unpack what is wanted; gives path -> why it could not be.

        Raises a SuiteError if the cache folder takes no more, or the archive is made to fill it.
        """
        paths: defaultdict[str, list[str]] = defaultdict(list)
        for path, member in self._wanted.items():
            paths[member].append(path)
        failures: dict[str, str] = {}
        total, most = 0, max(_FREE, _MOST_GROWTH * self.path.stat().st_size)
        reason = "is cut off"
        try:
            for member, content in _contents(self.path, paths) if paths else ():
                of_member = paths.pop(member)
                if isinstance(content, str):
                    failures |= dict.fromkeys(of_member, content)
                    continue
                total += len(content)
                if total > most:
                    raise SuiteError(
                        f"{self.path}: grows to more than {most >> 30} GiB: it is not an archive of sounds"
                    )
                for path in of_member:
                    write(self.folder / path, content)
        except (*_DAMAGE, OSError) as error:
            reason = str(error)
        return failures | {
            path: f"{self.path.name} cannot be read so far: {reason}" for of in paths.values() for path in of
        }

    @cached_property
    def _by_parts(self) -> dict[tuple[str, ...], str]:
        by_parts = {}
        try:
            for number, name in enumerate(_member_names(self.path)):
                if number >= _MOST_MEMBERS:
                    raise ValueError(f"more than {_MOST_MEMBERS} members")
                by_parts[PurePosixPath(name.replace("\\", "/")).parts] = name
        except (*_DAMAGE, OSError) as error:
            self._damage = str(error)
        return by_parts

    @cached_property
    def _by_name(self) -> dict[str, list[tuple[str, ...]]]:
        by_name: defaultdict[str, list[tuple[str, ...]]] = defaultdict(list)
        for parts in self._by_parts:
            by_name[parts[-1] if parts else ""].append(parts)
        return by_name


def is_file(path: Path) -> bool:
    """Whether a file is there, whatever the path is made of."""
    try:
        return path.is_file()
    except (OSError, ValueError):  # too long, a NUL
        return False


def write(path: Path, data: bytes) -> None:
    """Write a file below the cache folder; raises a SuiteError if it takes none."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(path, data)
    except OSError as error:
        raise SuiteError(
            f"sounds cannot be unpacked to {cache_folder('sounds')}: {error.strerror or error}; make room, or name "
            "another cache folder by XDG_CACHE_HOME"
        ) from error


@contextmanager
def _reading(archive: Path) -> Iterator[None]:
    try:
        yield
    except (*_DAMAGE, OSError) as error:
        raise SuiteError(
            f"{archive} cannot be unpacked: {getattr(error, 'strerror', None) or error}"
        ) from error


@contextmanager
def _members(archive: Path) -> Iterator[zipfile.ZipFile | tarfile.TarFile]:
    with opened(archive) as file:
        if archive.suffix.lower() == ".zip":
            with zipfile.ZipFile(file) as members:
                yield members
        else:
            with tarfile.open(fileobj=file) as tar:
                yield tar


def _member_names(archive: Path) -> Iterator[str]:
    """The names of the files in an archive; links and devices are no files."""
    with _members(archive) as members:
        if isinstance(members, zipfile.ZipFile):
            yield from (one.filename for one in members.infolist() if not one.is_dir())
        else:
            yield from (one.name for one in members if one.isreg())


def _contents(archive: Path, wanted: Collection[str]) -> Iterator[tuple[str, bytes | str]]:
    """The wanted members of an archive, each once, or what is wrong with one."""
    with _members(archive) as members:
        if isinstance(members, zipfile.ZipFile):
            for name in tuple(wanted):
                try:
                    with members.open(name) as content:
                        yield name, _bounded(name, content)
                except _DAMAGE as error:
                    yield name, f"{name!r} in {archive.name} cannot be unpacked: {error}"
        else:
            for one in members:
                if one.isreg() and one.name in wanted and (file := members.extractfile(one)) is not None:
                    yield one.name, _bounded(one.name, file)


def _bounded(name: str, content: IO[bytes]) -> bytes | str:
    data = content.read(MAX_BYTES + 1)
    return data if len(data) <= MAX_BYTES else f"{name!r} is larger than {MAX_BYTES >> 20} MiB: shorten it"
