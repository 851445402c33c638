"""Captions of clips by a model: the file that holds them, and a suite that carries them.

A file's first line is a :class:`CaptionHeader`, each further one a :class:`CaptionLine`. Clips are
named by the digest of their sound, so one caption serves every item and every suite that holds the clip.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import sha256
from pathlib import Path

from pydantic import ValidationError

from starbench.errors import InputError
from starbench.schema import Item, MissingCaptions, Outcome
from starbench.schema.caption import Captioner, CaptionHeader, CaptionLine
from starbench.schema.latest import latest_lines
from starbench.storage.json_lines import parse_lines, whole_lines
from starbench.suites.suite import Suite
from starbench.text import slug, validation_problem


@dataclass(frozen=True, eq=False)
class CaptionFile:
    """A file of captions as it was read: its header, and the line that counts for each clip's digest."""

    header: CaptionHeader
    lines: Mapping[str, CaptionLine]

    @property
    def model(self) -> str:
        return self.header.identity.model

    def captioner_of(self, suites: Iterable[Suite]) -> Captioner:
        """What a reader of scores should know of the model that wrote them, and of what it left out."""
        return Captioner(
            model=self.model,
            grade=self.grade,
            adaptations=self.header.adaptations,
            canary=self.header.canary,
            missing=tuple(missing for suite in suites for missing in missing_captions(suite, self)),
        )

    @property
    def grade(self) -> str:
        """Grade that items carry these captions under: ``by-`` and the model's name, fit for a condition."""
        return f"by-{slug(self.model)}"

    @cached_property
    def texts(self) -> Mapping[str, str]:
        """Digest of a clip -> its caption."""
        return {clip: line.text for clip, line in self.lines.items() if line.text is not None}

    @cached_property
    def outcomes(self) -> Counter[Outcome]:
        """How many clips ended how."""
        return Counter(line.outcome for line in self.lines.values())

    @cached_property
    def digest(self) -> str:
        """SHA-256 of how the captions were got and what they say, whatever the order of the lines."""
        identity = self.header.identity.model_dump_json()
        return sha256(json.dumps([identity, sorted(self.texts.items())]).encode()).hexdigest()


def read(path: Path) -> CaptionFile:
    """Read a file of captions; a last line torn by a kill is skipped.

    For each clip the newest line counts, except that an error never replaces what was delivered. Raises
    :class:`InputError` if it cannot be read, or is not a file of captions.
    """
    rows = _whole_lines(path)
    first = next(rows, None)
    if first is None:
        raise InputError(f"{path} is empty and not a file of captions: make one with starbench caption")
    try:
        header = CaptionHeader.model_validate_json(first)
    except ValidationError as error:
        raise InputError(
            f"{path} is not a file of captions (first line: {validation_problem(error)}): make one with "
            "starbench caption"
        ) from error
    lines = parse_lines(path, rows, CaptionLine.model_validate_json, "caption", first=2)
    return CaptionFile(header, {line.clip: line for line in latest_lines(lines, lambda line: line).values()})


def lines(path: Path) -> Iterator[CaptionLine]:
    """Every line of a file of captions in the order of writing, what another replaced later included."""
    rows = _whole_lines(path)
    next(rows, None)
    return parse_lines(path, rows, CaptionLine.model_validate_json, "caption", first=2)


def attach(suite: Suite, captions: CaptionFile) -> Suite:
    """The suite with ``captions`` as one more grade of every item that has one for each of its clips.

    Its digest stays the one it had: the questions are the same, and a run names its captions apart.
    """

    def captioned(item: Item) -> Item:
        texts = [captions.texts.get(suite.clips[path].digest) for path in item.audio_paths]
        known = tuple(text for text in texts if text is not None)
        if len(known) < len(texts):
            return item
        return item.model_copy(update={"captions": {**item.captions, captions.grade: known}})

    attached = replace(suite, items=tuple(map(captioned, suite.items)))
    vars(attached)["digest"] = suite.digest
    return attached


def missing_captions(suite: Suite, captions: CaptionFile) -> tuple[MissingCaptions, ...]:
    """The clips of ``suite`` that have no caption, by how they ended."""
    clips = {suite.clips[path].digest for item in suite.items for path in item.audio_paths}
    reasons = Counter(
        captions.lines[clip].outcome.value if clip in captions.lines else "not asked"
        for clip in clips - captions.texts.keys()
    )
    return tuple(
        MissingCaptions(suite=suite.name, clips=n, of=len(clips), reason=reason)
        for reason, n in sorted(reasons.items())
    )


def none_given(captions: CaptionFile) -> list[str]:
    """That a file holds no caption at all, and how its clips ended instead; nothing if it holds any."""
    if captions.texts:
        return []
    ends = (
        ", ".join(f"{n} {end.value}" for end, n in sorted(captions.outcomes.items())) or "none was asked for"
    )
    return [f"{captions.model} gave no caption of any clip: {ends}"]


def _whole_lines(path: Path) -> Iterator[bytes]:
    try:
        yield from whole_lines(path)
    except FileNotFoundError as error:
        raise InputError(f"{path} does not exist: make it with starbench caption --out {path}") from error
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from error
