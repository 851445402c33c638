"""Who made the clips of a suite, and whether anything here knows what they claim."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter, ValidationError

from starbench.errors import SuiteError
from starbench.schema.base import Frozen, Int
from starbench.suites.suite import MANIFEST
from starbench.verify.checks import OF_THE_FILE, is_known_key


class _Production(Frozen):
    clips: Int
    claims: tuple[str, ...]


_PRODUCTIONS = TypeAdapter(dict[str, _Production])


@dataclass(frozen=True)
class SynthesizerRow:
    """A synthesizer, how many clips it made, and what they claim."""

    name: str
    clips: int
    claims: tuple[str, ...]
    """The keys that its truths state."""
    unknown: tuple[str, ...]
    """Those of them that nothing measures."""
    is_known: bool
    """Whether anything beyond the form of its files is measured."""


def synthesizers(manifest: dict[str, Any], estimated: Collection[str]) -> tuple[SynthesizerRow, ...]:
    """The synthesizers that a suite's manifest names; none in suites of older versions.

    ``estimated`` are the keys that estimators of the task measure. Raises a SuiteError for another form.
    """
    try:
        made = _PRODUCTIONS.validate_python(manifest.get("synthesizers", {}))
    except ValidationError as error:
        raise SuiteError(f"{MANIFEST}: synthesizers: {error.errors()[0]['msg']}") from error
    return tuple(_row(name, one, estimated) for name, one in made.items())


def _row(name: str, made: _Production, estimated: Collection[str]) -> SynthesizerRow:
    unknown = tuple(key for key in made.claims if not (is_known_key(key) or key in estimated))
    is_known = bool(set(made.claims) - set(unknown) - OF_THE_FILE)
    return SynthesizerRow(name, made.clips, made.claims, unknown, is_known)
