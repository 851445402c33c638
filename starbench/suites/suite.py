"""A suite: the items that are evaluated, and where their audio lies.

On disk it is a directory: ``suite.json`` (what it is and how it was made), ``metadata.jsonl`` (one
item a line, see :mod:`starbench.suites.metadata`) and
``audio/<content digest>.wav``, names that reveal nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from os.path import lexists
from pathlib import Path
from typing import Any

from starbench.errors import InputError, SuiteError
from starbench.schema import Item
from starbench.storage.inputs import lines, parse_json, read_json
from starbench.suites.clip_info import ClipInfo
from starbench.suites.metadata import FORMAT_VERSION, item_fields
from starbench.suites.validate import RawRecord, validate_records
from starbench.text import slug

MANIFEST = "suite.json"
METADATA = "metadata.jsonl"
AUDIO = "audio"
_MANIFEST_TYPES = {
    **dict.fromkeys(("name", "default_protocol", "profile", "licence", "digest"), str),
    **dict.fromkeys(("spec", "declared"), dict),
    "format_version": int,
}
_JSON_NAMES = {str: "string", dict: "object", int: "number"}


@dataclass(frozen=True, eq=False)
class Suite:
    """Items that passed every check, with what is known of their clips.

    ``clips`` maps each path that an item names to what the file holds; ``skipped`` lists the items
    left out as damaged, each with its reason; ``boundary`` is the folder that links must not leave,
    ``root`` where there is none.
    """

    name: str
    root: Path
    items: tuple[Item, ...]
    clips: Mapping[str, ClipInfo]
    default_protocol: str
    profile: str | None = None
    licence: str | None = None
    skipped: tuple[str, ...] = ()
    spec: dict[str, Any] = field(default_factory=dict)
    declared: dict[str, Any] = field(default_factory=dict)
    boundary: Path | None = None
    official_protocol: str | None = None
    """The protocol of the benchmark that the items are of, if it has one of its own: ``--protocol official``."""

    @cached_property
    def digest(self) -> str:
        """SHA-256 of what is asked: every item, with its sounds in place of their paths."""
        return digest(self.items, self.clips)


def digest(items: Iterable[Item], clips: Mapping[str, ClipInfo]) -> str:
    """SHA-256 over items, each path replaced by the digest of its sound, whatever their order."""
    lines = []
    for item in items:
        record = item.model_dump(mode="json", by_alias=True)
        record["audio_paths"] = [clips[path].digest for path in item.audio_paths]
        if item.uncut_audio_path is not None:
            record["uncut_audio_path"] = clips[item.uncut_audio_path].digest
        lines.append(json.dumps(record, sort_keys=True, ensure_ascii=False))
    return sha256("\n".join(sorted(lines)).encode()).hexdigest()


def digest_without_sounds(items: Iterable[Item]) -> str:
    """SHA-256 over items whose sounds are not at hand, by the names of their sounds; never that of a suite."""
    lines = [json.dumps(item.model_dump(mode="json", by_alias=True), sort_keys=True) for item in items]
    return sha256("\n".join(["without sounds", *sorted(lines)]).encode()).hexdigest()


def read(
    root: Path,
    *,
    skip_bad: bool = False,
    check_digest: bool = True,
    to_decode: Callable[[Sequence[Item]], Iterable[Item]] = tuple,
) -> Suite:
    """Read a suite directory and check every item, and the sounds of those that ``to_decode`` picks.

    The digests of other sounds are those that their files' names state, as long as the suite's own digest
    confirms them. ``check_digest`` off accepts a suite that was changed after it was built, for a reader who
    wants to see what.

    Raises :class:`SuiteError`, with every bad item, if it is not a suite, or one is damaged and ``skip_bad`` off.
    """
    manifest = read_manifest(root)
    stated = manifest.get("digest") if check_digest else None
    if stated is None or skip_bad:
        to_decode = tuple
    intake = validate_records(_records(root / METADATA), root, skip_bad=skip_bad, to_decode=to_decode)
    suite = Suite(
        name=slug(manifest.get("name", root.name)),
        root=root,
        items=intake.items,
        clips=intake.clips,
        default_protocol=manifest.get("default_protocol", "starbench"),
        profile=manifest.get("profile"),
        licence=manifest.get("licence"),
        skipped=intake.problems,
        spec=manifest.get("spec", {}),
        declared=manifest.get("declared", {}),
    )
    if not intake.problems and stated not in (None, suite.digest):
        if to_decode is not tuple:  # names may state anything
            return read(root)
        raise SuiteError(
            f"{root / MANIFEST}: digest does not match the items and sounds, so they were changed after the "
            "suite was built: build it again, or delete the digest to evaluate it as it is"
        )
    return suite


def read_manifest(root: Path) -> dict[str, Any]:
    """What ``suite.json`` in the directory ``root`` says; raises :class:`SuiteError` if it is not a suite's."""
    path = root / MANIFEST
    if not lexists(path):
        raise SuiteError(
            f"{path.parent} is not a suite: it has no {MANIFEST} (make one with 'starbench build', or name "
            "a data set as star-bench:ROOT)"
        )
    manifest = read_json(path, SuiteError)
    if not isinstance(manifest, dict):
        raise SuiteError(f"{path} must hold a JSON object")
    for name, kind in _MANIFEST_TYPES.items():
        if not isinstance(manifest.get(name), kind | None):
            raise SuiteError(f"{path}: {name} must be a JSON {_JSON_NAMES[kind]}")
    if (version := manifest.get("format_version") or 1) > FORMAT_VERSION:
        raise SuiteError(
            f"{path} has format version {version}, and this starbench reads up to {FORMAT_VERSION}: install a newer one"
        )
    return {name: value for name, value in manifest.items() if value is not None}


def _records(path: Path) -> Iterator[RawRecord]:
    try:
        for number, line in enumerate(lines(path), 1):
            if line.strip():
                yield _record(f"{path.name}:{number}", line)
    except OSError as error:
        raise SuiteError(f"{path} cannot be read: {error.strerror}") from error


def _record(where: str, line: bytes) -> RawRecord:
    try:
        fields = parse_json(line, "the line")
    except InputError as error:
        return RawRecord(where, {}, (str(error),))
    if not isinstance(fields, dict):
        return RawRecord(where, {}, ("is not a JSON object",))
    try:
        return RawRecord(where, item_fields(fields))
    except InputError as error:
        return RawRecord(where, fields, (str(error),))
