"""The sounds of a data set on the Hugging Face hub: only those of the questions that will be asked are fetched."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from fnmatch import fnmatch
from glob import escape
from pathlib import Path
from typing import Any

from starbench.schema import Item
from starbench.suites.validate import RawRecord

from ..hub import Snapshot, download, files, opened_remotely
from ..questions.archives import Archive, ArchiveFile, is_file
from ..questions.sounds import Sounds

#: Picks, of all items, those that will be asked.
ToDecode = Callable[[Sequence[Item]], Iterable[Item]]


class HubSounds(Sounds):
    """Sounds that a table names and a hub repository holds, as files or in an archive (``archives``: its patterns).

    A tar archive can only be fetched whole; of a zip, and of files, only what is wanted is.
    """

    def __init__(self, snapshot: Snapshot, archives: Sequence[str]) -> None:
        super().__init__(snapshot.root)
        self._snapshot = snapshot
        found = files(snapshot, archives) if archives else ()
        self._remote = next((name for name in found for pattern in archives if fnmatch(name, pattern)), None)

    @property
    def boundary(self) -> Path | None:
        return self._snapshot.boundary if self.root == self._snapshot.root else None

    def name(self, value: Any) -> str:
        """The path below ``root`` of the sound that a cell names, whether or not it is here yet."""
        if isinstance(value, str) and value in self._kept:
            return value
        return str(self._below(str(value.get("path") if isinstance(value, dict) else value)))

    def pick(self, raws: list[RawRecord], to_decode: ToDecode) -> list[RawRecord]:
        """Fetch the sounds of the records that will be asked, and leave the other sound ones out."""
        items = {raw.where: Item.model_validate(dict(raw.fields)) for raw in raws if not raw.problems}
        # Who wants none, as a list of the questions does, gets those whose sounds are here.
        wanted = tuple(to_decode(list(items.values()))) or filter(self._is_here, items.values())
        chosen = {item.id for item in wanted}
        kept = [raw for raw in raws if raw.problems or raw.fields["id"] in chosen]
        self._fetch({path for raw in kept for path in raw.fields.get("audio_paths", ())} - self._kept)
        return kept

    def _is_here(self, item: Item) -> bool:
        return all(is_file(self.root / path) for path in item.audio_paths)

    def _fetch(self, paths: Collection[str]) -> None:
        if not paths:
            return
        if self._remote is None:
            download(self._snapshot.spec, [escape(path) for path in sorted(paths)])
            return
        self._archive = Archive(self._archive_file(self._remote))
        for path in sorted(paths):
            self._archive.want(path)

    def _archive_file(self, name: str) -> ArchiveFile:
        if not name.lower().endswith(".zip"):
            root = download(self._snapshot.spec, [escape(name)]).root
            return ArchiveFile.local(root / name)
        return remote_zip(self._snapshot, name)


def remote_zip(snapshot: Snapshot, name: str) -> ArchiveFile:
    """A zip of a hub repository, of which only what is wanted is fetched; a SuiteError if it is not there."""
    size, open_remote = opened_remotely(snapshot, name)
    return ArchiveFile(name, open_remote, size, f"{snapshot.spec}/{name}")
