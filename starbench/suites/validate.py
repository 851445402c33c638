"""The border every data set crosses: records in, checked items and sounds out.

A damaged item is never half-used. One report names all problems of all items.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
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
#: Allowed channel counts of an item's clips; None allows any.
ChannelRule = Callable[[Item], frozenset[int] | None]


@dataclass(frozen=True)
class RawRecord:
    """One raw record of a data set: its place, its fields, and what already failed."""

    where: str
    fields: Mapping[str, Any]
    problem: str | None = None


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
) -> Intake:
    """Check records, which have the fields of :class:`starbench.schema.Item`, and their sounds.

    Paths are relative to ``root``; none may lead out of ``boundary``, which is ``root`` unless links lead to a
    store beside it. The items that ``to_decode`` picks have their sounds decoded. Another sound is decoded only if
    its file's name does not state its digest; of those that do, the header is read, and the digest believed.

    Raises :class:`SuiteError` if anything is damaged and ``skip_bad`` is off, or nothing is left.
    """
    problems: list[str] = []
    items = _parse(records, problems, root)
    chosen = {path for item in to_decode(items) for path in _paths(item)}
    clips, damaged = _probe_all(items, root, boundary or root, chosen)
    good = []
    for item in items:
        of_item = _sound_problems(item, clips, damaged, channels(item))
        problems += [f"{item.id}: {problem}" for problem in of_item]
        if not of_item:
            good.append(item)
    if problems and not skip_bad:
        raise SuiteError(
            f"{root}: {len(problems)} problem(s) in the data; fix them, or leave the bad items out "
            "with --skip-bad",
            tuple(problems),
        )
    if not good:
        raise SuiteError(f"{root}: no usable item is left", tuple(problems))
    named = {path for item in good for path in _paths(item)}
    return Intake(tuple(good), {path: clips[path] for path in sorted(named)}, tuple(problems))


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


def _parse(records: Iterable[RawRecord], problems: list[str], root: Path) -> list[Item]:
    items = []
    for record in records:
        if len(problems) > _MOST_PROBLEMS:
            raise SuiteError(
                f"{root}: more than {_MOST_PROBLEMS} problems up to {record.where}, where reading stopped: is this the "
                "file that you mean?",
                tuple(problems[:_MOST_PROBLEMS]),
            )
        name = str(record.fields.get("id") or record.where)
        if record.problem is not None:
            problems.append(f"{name}: {record.problem}")
            continue
        try:
            items.append(Item.model_validate(dict(record.fields)))
        except ValidationError as error:
            problems += [f"{name}: {problem_sentence(detail)}" for detail in error.errors()]
    copies = Counter(item.id for item in items)
    problems += [f"{name}: id: stands {n} times" for name, n in copies.items() if n > 1]
    return [item for item in items if copies[item.id] == 1]


def _paths(item: Item) -> tuple[str, ...]:
    return item.audio_paths + (() if item.uncut_audio_path is None else (item.uncut_audio_path,))


def _probe_all(
    items: Iterable[Item], root: Path, boundary: Path, to_decode: Container[str]
) -> tuple[dict[str, ClipInfo], dict[str, str]]:
    """Read every sound once: what is known of those that can be read, and why the others cannot."""
    paths = sorted({path for item in items for path in _paths(item)})
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
