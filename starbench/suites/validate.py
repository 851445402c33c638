"""The border every data set crosses: records in, checked items and sounds out.

A damaged item is never half-used. One report names all problems of all items.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from starbench.audio import read_header
from starbench.errors import AudioError, SuiteError
from starbench.execution.processes import map_in_threads
from starbench.schema import Item
from starbench.suites.clip_cache import ClipCache
from starbench.suites.clip_info import ClipInfo
from starbench.text import problem_sentence

#: A file's name that states the digest of its sound, as a suite's files have it.
_DIGEST = re.compile("[0-9a-f]{64}")
#: What has more problems is no data set with mistakes in it, but another file.
_MOST_PROBLEMS = 100_000
#: Places that are listed of one id that stands several times.
_MOST_COPIES = 5
#: Allowed channel counts of an item's clips; None allows any.
ChannelRule = Callable[[Item], frozenset[int] | None]


@dataclass(frozen=True)
class RawRecord:
    """One raw record of a data set: its place, its fields, and what is wrong with it already."""

    where: str
    fields: Mapping[str, Any]
    problems: tuple[str, ...] = ()
    shown_as: str | None = None
    """What it is called in problems; None: its id, or its place where it has none."""

    @property
    def name(self) -> str:
        return self.shown_as or str(self.fields.get("id") or self.where)


@dataclass(frozen=True)
class Intake:
    """What passed, what is known of its sounds, and one line for each problem found."""

    items: tuple[Item, ...]
    clips: dict[str, ClipInfo]
    problems: tuple[str, ...]


def validate_records(
    records: Iterable[RawRecord],
    root: Path,
    *,
    skip_bad: bool,
    channels: ChannelRule = lambda _: None,
    boundary: Path | None = None,
    to_decode: Callable[[Sequence[Item]], Iterable[Item]] = tuple,
    origin: Path | None = None,
) -> Intake:
    """Check records, which have the fields of :class:`starbench.schema.Item`, and their sounds.

    Paths are relative to ``root``; none may lead out of ``boundary``, which is ``root`` unless links lead to a
    store beside it. The items that ``to_decode`` picks have their sounds decoded. Another sound is decoded only if
    its file's name does not state its digest; of those that do, the header is read, and the digest believed.
    Problems are said to be of ``origin``, or of ``root``.

    Raises :class:`SuiteError` if anything is damaged and ``skip_bad`` is off, or nothing is left.
    """
    origin = origin or root
    problems: list[str] = []
    named, others = _parse(records, problems, origin)
    items = [item for _, item in named]
    names = {item.id: name for name, item in named}
    chosen = {path for item in to_decode(items) for path in _paths(item)}
    # The sounds of records that have other problems are read as well: all problems are named at once.
    paths = {path for item in items for path in _paths(item)} | {
        path for _, paths in others for path in paths
    }
    clips, damaged = _probe_all(paths, root, boundary or root, chosen)
    good = []
    for item in items:
        of_item = _sound_problems(item, clips, damaged, channels(item))
        problems += [f"{names[item.id]}: {problem}" for problem in of_item]
        if not of_item:
            good.append(item)
    problems += [
        f"{name}: audio_paths[{i}]: {path}: {damaged[path]}"
        for name, paths in others
        for i, path in enumerate(paths)
        if path in damaged
    ]
    if problems and not skip_bad:
        raise SuiteError(
            f"{origin}: {len(problems)} problem(s) in the data; fix them, or leave the bad items out "
            "with --skip-bad",
            tuple(problems),
        )
    if not good:
        raise SuiteError(f"{origin}: no usable item is left", tuple(problems))
    heard = {path for item in good for path in _paths(item)}
    return Intake(tuple(good), {path: clips[path] for path in sorted(heard)}, tuple(problems))


def resolve_within(root: Path, relative: str, boundary: Path | None = None) -> Path:
    """The file that ``relative`` names in ``root``, which links must not lead out of ``boundary``.

    Raises :class:`SuiteError` if they do, or no file can have that name.
    """
    base = root.resolve()
    try:
        target = (base / relative).resolve()
        target.exists()
    except (OSError, RuntimeError, ValueError) as error:  # too long, a loop of links, a NUL
        raise SuiteError(f"{relative!r} cannot be the path of a file") from error
    if not target.is_relative_to((boundary or root).resolve()):
        raise SuiteError(f"{relative!r} leads out of the data set's folder")
    return base / relative


def _parse(
    records: Iterable[RawRecord], problems: list[str], origin: Path
) -> tuple[list[tuple[str, Item]], list[tuple[str, tuple[str, ...]]]]:
    """Items, each with its record's name; and of the other records the name and the paths of their sounds."""
    items: list[tuple[str, Item]] = []
    others: list[tuple[str, tuple[str, ...]]] = []
    for record in records:
        if len(problems) > _MOST_PROBLEMS:
            raise SuiteError(
                f"{origin}: more than {_MOST_PROBLEMS} problems up to {record.where}, where reading stopped: is this "
                "the file that you mean?",
                tuple(problems[:_MOST_PROBLEMS]),
            )
        found = record.problems
        if not found:
            try:
                items.append((record.name, Item.model_validate(dict(record.fields))))
                continue
            except ValidationError as error:
                found = tuple(problem_sentence(detail) for detail in error.errors())
        problems += [f"{record.name}: {problem}" for problem in found]
        others.append((record.name, _stated_paths(record.fields.get("audio_paths"))))
    copies: defaultdict[str, list[str]] = defaultdict(list)
    for name, item in items:
        copies[item.id].append(name)
    problems += [
        f"{', '.join(dict.fromkeys(names[:_MOST_COPIES]))}: id: {one!r} stands {len(names)} times: give each its own"
        for one, names in copies.items()
        if len(names) > 1
    ]
    return [(name, item) for name, item in items if len(copies[item.id]) == 1], others


def _stated_paths(value: Any) -> tuple[str, ...]:
    """What a damaged record names as its sounds, as far as it can be read."""
    return tuple(path for path in value if isinstance(path, str)) if isinstance(value, list | tuple) else ()


def _paths(item: Item) -> tuple[str, ...]:
    return item.audio_paths + (() if item.uncut_audio_path is None else (item.uncut_audio_path,))


def _probe_all(
    paths: Collection[str], root: Path, boundary: Path, to_decode: Container[str]
) -> tuple[dict[str, ClipInfo], dict[str, str]]:
    """Read every sound once: what is known of those that can be read, and why the others cannot."""
    paths = sorted(paths)
    clips, damaged = {}, {}
    with ClipCache() as cache:
        probe = partial(_probe, cache=cache, root=root, boundary=boundary, to_decode=to_decode)
        results = map_in_threads(probe, paths)
    for path, result in zip(paths, results, strict=True):
        if isinstance(result, ClipInfo):
            clips[path] = result
        else:
            damaged[path] = result
    return clips, damaged


def _probe(
    relative: str, *, cache: ClipCache, root: Path, boundary: Path, to_decode: Container[str]
) -> ClipInfo | str:
    try:
        path = resolve_within(root, relative, boundary)
        if not path.is_file():
            return "file is missing"
        if relative not in to_decode and _DIGEST.fullmatch(path.stem):
            return ClipInfo(path.stem, *read_header(path))
        return cache.read(path)
    except (AudioError, SuiteError) as error:
        return str(error)


def _sound_problems(
    item: Item, clips: Mapping[str, ClipInfo], damaged: Mapping[str, str], allowed: frozenset[int] | None
) -> list[str]:
    names = [f"audio_paths[{i}]" for i in range(len(item.audio_paths))] + ["uncut_audio_path"]
    problems = []
    for name, path in zip(names, _paths(item), strict=False):
        if path in damaged:
            problems.append(f"{name}: {path}: {damaged[path]}")
        elif allowed is not None and clips[path].channels not in allowed:
            needed = " or ".join(str(n) for n in sorted(allowed))
            problems.append(
                f"{name}: {path}: has {clips[path].channels} channel(s) where {needed} are needed"
            )
    return problems
