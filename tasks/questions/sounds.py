"""Where the sounds of a table are: in a folder, in a zip or tar archive, or in the table itself.

A suite reads its clips from a folder, so what lies in an archive or a table is written once to the user's cache
folder: of an archive under the names that the table gives, of a table under the digests of the bytes.
"""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import Any

from starbench.errors import SuiteError
from starbench.storage.cache import cache_folder

from .archives import ARCHIVES, ENDINGS, Archive, ArchiveFile, is_file, write


class Sounds:
    """The sounds that the rows of a table hold or name; ``root`` is the folder that the names lead into.

    ``place`` is where they lie: a folder, an archive, or None for ``folder``, the table's own.
    """

    def __init__(self, folder: Path, place: Path | None = None) -> None:
        self._place = place or folder
        self._archive: Archive | None = None
        self._kept: set[str] = set()
        if place is not None and not place.exists():
            raise SuiteError(f"--sounds {place}: there is no such folder or archive")
        if self._place.is_file():
            if not self._place.name.lower().endswith(ARCHIVES):
                raise SuiteError(f"--sounds {place}: is neither a folder nor one of {', '.join(ARCHIVES)}")
            self._archive = Archive(ArchiveFile.local(self._place))

    @property
    def root(self) -> Path:
        if self._kept:
            return cache_folder("sounds") / "tables"
        return self._archive.folder if self._archive else self._place

    @property
    def boundary(self) -> Path | None:
        """The folder that links must not lead out of; None: ``root``."""
        return None

    def keep(self, cell: Any) -> Any:
        """A cell without the sounds that it holds: each is written to the cache folder, and named instead."""
        if isinstance(cell, list):
            return [self.keep(one) for one in cell]
        data, path = (cell.get("bytes"), cell.get("path")) if isinstance(cell, dict) else (cell, None)
        if not isinstance(data, bytes):
            return cell
        ending = PurePosixPath(str(path)).suffix.lower()
        name = f"{sha256(data).hexdigest()}{ending if ending in ENDINGS else '.wav'}"
        self._kept.add(name)
        if not is_file(self.root / name):
            write(self.root / name, data)
        return name

    def name(self, value: Any) -> str:
        """The path below ``root`` of the sound that a cell names, when all of the table were kept.

        Raises a SuiteError that says what to do if there is none.
        """
        if isinstance(value, dict):  # as Hugging Face stores it
            value = value.get("path")
        if not isinstance(value, str) or not value.strip():
            raise SuiteError("names no sound: write the path of a file")
        if value in self._kept:
            return value
        if self._kept:
            raise SuiteError(
                f"{value!r} is a path, and other rows hold their sounds: put this one into the table too"
            )
        if "://" in value:
            raise SuiteError(f"{value!r} is an address: download the file, and write its path")
        path = self._below(value)
        if self._archive:
            self._archive.want(str(path))
            return str(path)
        endings = ("",) if path.suffix.lower() in ENDINGS else ("", *ENDINGS)
        for ending in endings:
            if is_file(self._place / f"{path}{ending}"):
                return f"{path}{ending}"
        raise SuiteError(
            f"there is no file {value!r} in {self._place}: correct the path, or name the folder or archive of the "
            "sounds by --sounds"
        )

    def _below(self, value: str) -> PurePosixPath:
        """The path that a text says, relative to where the sounds lie, as far as its text tells."""
        path = PurePosixPath(value.strip().replace("\\", "/"))
        base = self._place.absolute().as_posix()
        if path.is_relative_to(base):
            path = path.relative_to(base)
        if path.is_absolute() or ".." in path.parts or not path.parts:
            raise SuiteError(
                f"{value!r} leads out of {self._place}: write a path below it, or name another by --sounds"
            )
        return path

    def unpack(self) -> dict[str, str]:
        """Unpack what was named of an archive; gives path -> why it could not be."""
        return self._archive.unpack() if self._archive else {}
