"""The recordings and room responses of SpatialSoundQA: in folders, or in the archives that its authors publish."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from starbench.errors import SuiteError
from starbench.suites.validate import resolve_within

from ...hub import Snapshot
from ...questions.archives import Archive, ArchiveFile
from ..hub_sounds import remote_zip

#: The folder of the hub's repository that holds all of the data set.
ON_THE_HUB = "SpatialSoundQA"


class Files:
    """A folder below ``root``, or its archive, here or on the hub: what is wanted of it goes to the cache folder."""

    def __init__(self, root: Path, folder: str, archive: str, snapshot: Snapshot | None = None) -> None:
        self._root, self._folder, self._name = root, folder, archive
        file = resolve_within(root, archive)
        self._archive: Archive | None = None
        if snapshot:
            self._archive = Archive(remote_zip(snapshot, f"{ON_THE_HUB}/{archive}"))
        elif file.is_file():
            self._archive = Archive(ArchiveFile.local(file))

    def want(self, path: str) -> Path:
        """The file at ``path`` below the folder; of an archive, where it will lie after :meth:`unpack`.

        Raises a SuiteError that says what to do if there is none.
        """
        named = f"{self._folder}/{path}"
        file = resolve_within(self._root, named)
        if file.is_file():
            return file
        if self._archive is None:
            raise SuiteError(f"{named}: file is missing: add it, or {self._name}, which has it")
        # An archive of what is in the folder's only folder names its files without it.
        for member in (path, path.partition("/")[2]):
            with suppress(SuiteError):
                self._archive.want(member)
                return self._archive.folder / member
        raise SuiteError(f"{named}: file is missing, and {self._name} does not have it: add it")

    def unpack(self) -> dict[Path, str]:
        """Unpack what is wanted; gives file -> why it could not be."""
        if self._archive is None:
            return {}
        return {self._archive.folder / path: reason for path, reason in self._archive.unpack().items()}
