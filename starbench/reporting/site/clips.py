"""The clips of a report as the model got them: sound files, pictures, and where the sources are."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from starbench.audio import decode
from starbench.errors import AudioError
from starbench.execution.processes import map_items
from starbench.reporting.pictures.places import SourceTrack, TopView, place_words
from starbench.reporting.site import clip_pictures
from starbench.schema import ClipSpec, Item
from starbench.storage.atomic import write_bytes
from starbench.suites.clip_store import ClipStore
from starbench.suites.suite import Suite
from starbench.suites.validate import resolve_within
from starbench.text import printable

AudioMode = Literal["copy", "link", "none"]
#: Sounds of the pages, and their spectrograms, below the folder of the site.
AUDIO, PICTURES = "audio", "clips"
#: Sent in place of an item's sound, and the same for all items of a length: nothing to look at.
_STAND_INS = {"silence": "digital silence, as long as the clip", "noise": "noise, as long as the clip"}
#: Keys of an entry that name a file.
_FILES = ("picture", "sound")


class _Missing(NamedTuple):
    """A clip whose picture is still to be made."""

    name: str
    file: Path


@dataclass(eq=False)
class ClipShelf:
    """Writes every clip that a page asks for, once, and says where it is and what is drawn of it.

    ``suites`` are those that lie on this machine, by digest; a clip of another has no sound and no picture.
    """

    out: Path
    suites: Mapping[str, Suite]
    audio: AudioMode
    rate: int | None = None
    cache: Path = field(default_factory=clip_pictures.default_folder)
    n_bytes: int = 0
    _entries: dict[str, dict[str, Any]] = field(default_factory=dict)
    _stores: dict[str, ClipStore] = field(default_factory=dict)

    def prepare(self, items: Iterable[tuple[str, Item]], workers: int = 0) -> int:
        """Make the pictures that are not kept yet, of clips as they lie in their suites; how many those were."""
        if not _is_writable(self.cache):
            self.cache = self.out / PICTURES
            self.cache.mkdir(parents=True, exist_ok=True)
        missing = {
            clip.digest: _Missing(clip.digest, _file(suite, path))
            for digest, item in items
            if (suite := self.suites.get(digest)) is not None
            for path in item.audio_paths
            if (clip := suite.clips.get(path)) is not None
            and clip_pictures.read(self.cache, clip.digest) is None
        }
        for _ in map_items(partial(_draw, self.cache), [*missing.values()], workers):
            pass
        return len(missing)

    @property
    def files(self) -> set[str]:
        """Names of the files that were written, or are kept between reports."""
        return {
            Path(entry[kind]).name for entry in self._entries.values() for kind in _FILES if kind in entry
        }

    def entry(self, digest: str, item: Item, spec: ClipSpec) -> dict[str, Any]:
        """What a page needs to know of a clip as it is sent, written to the folder of the site."""
        how = [name for name in (spec.transform, spec.then) if name and name != "native"]
        stand_in = next((_STAND_INS[name] for name in how if name in _STAND_INS), None)
        if stand_in is not None:
            return {"why": stand_in}
        suite = self.suites.get(digest)
        if suite is None:
            return {"why": "the suite was not found, so there is no sound (--suite DIR names it)"}
        path = item.clip_path(spec.clip)
        try:
            is_native = not how and self.rate in (None, suite.clips[path].rate)
            rate = [] if is_native or self.rate is None else [str(self.rate)]
            name = "-".join([suite.clips[path].digest, *how, *rate])
            if name not in self._entries:
                self._entries[name] = self._written(name, suite, path, spec, is_native=is_native)
            return self._entries[name]
        except (AudioError, OSError, KeyError) as error:
            return {"why": f"the clip cannot be read: {printable(str(error))}"}

    def _written(
        self, name: str, suite: Suite, path: str, spec: ClipSpec, *, is_native: bool
    ) -> dict[str, Any]:
        facts = clip_pictures.read(self.cache, name)
        store = self._stores.setdefault(suite.digest, ClipStore(suite, self.rate))
        if facts is None:
            clip_pictures.keep(self.cache, name, store.get(path, spec.transform, spec.then))
            facts = clip_pictures.read(self.cache, name) or {}
        picture = f"{PICTURES}/{name}.png"
        self._place(self.cache / f"{name}.png", picture)
        entry = {**facts, "picture": picture}
        if self.audio == "none":
            return {**entry, "why": "the report was made without sound (--audio none)"}
        file = _file(suite, path)
        sound = f"{AUDIO}/{name}{file.suffix.lower() if is_native else '.wav'}"
        if is_native:
            self._place(file, sound, is_link=self.audio == "link")
        else:
            target = self.out / sound
            if not target.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                write_bytes(target, store.get(path, spec.transform, spec.then).wav)
            self.n_bytes += target.stat().st_size
        return {**entry, "sound": sound}

    def _place(self, source: Path, name: str, *, is_link: bool = False) -> None:
        """Bring a file into the folder of the site, unless it lies there: names follow from what files hold."""
        target = self.out / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if is_link and not target.exists():
            target.unlink(missing_ok=True)
            target.symlink_to(os.path.relpath(source.resolve(), target.parent.resolve()))
        elif not is_link and (
            target.is_symlink() or not target.exists() or target.stat().st_size != source.stat().st_size
        ):
            target.unlink(missing_ok=True)
            shutil.copyfile(source, target)
        if not target.is_symlink():
            self.n_bytes += target.stat().st_size


def _is_writable(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(folder, os.W_OK)


def _file(suite: Suite, path: str) -> Path:
    return resolve_within(suite.root.absolute(), path, suite.boundary and suite.boundary.absolute())


def _draw(folder: Path, clip: _Missing) -> None:
    """Make and keep a picture; what cannot be read has none, and its page says why."""
    try:
        audio = decode(clip.file)
        if audio.digest == clip.name:
            clip_pictures.keep(folder, clip.name, audio)
    except (AudioError, OSError):
        return


# --- from above -----------------------------------------------------------------------------------


def view_of(view: TopView | None) -> dict[str, Any] | None:
    """Where the sources of a clip are, for a map with the listener's nose up, m; None where nothing is known."""
    if view is None:
        return None
    return {
        "walls": None if view.corners is None else _rounded(view.corners),
        "open": view.in_open,
        "sources": [
            {
                "name": source.name,
                "where": printable(place_words(source)),
                "track": _rounded(_thinned(source)),
                "sounds": source.sounds_s and [round(t, 4) for t in source.sounds_s],
            }
            for source in view.sources
        ],
    }


def _thinned(source: SourceTrack) -> NDArray[np.float64]:
    """A track of at most 40 points."""
    n = len(source.track)
    kept = np.unique(np.linspace(0, n - 1, min(n, 40)).round().astype(int))
    thinned: NDArray[np.float64] = source.track[kept]
    return thinned


def _rounded(points: NDArray[np.float64]) -> list[list[float]]:
    return [[round(float(x), 3) + 0.0, round(float(y), 3) + 0.0] for x, y in points]
