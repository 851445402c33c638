"""``starbench suites overlap``: what keeps training and test suites apart."""

from __future__ import annotations

from pathlib import Path

from starbench.cli.exits import DONE, INCOMPLETE
from starbench.cli.output import echo
from starbench.interchange import chat
from starbench.reporting.files import write_file
from starbench.reporting.overlap import overlap_lines
from starbench.suites import overlap as suites
from starbench.suites.open import open_suite
from starbench.suites.suite import Suite


def overlap(spec: str, other: str, json: Path | None) -> int:
    """Say what both share; returns the exit code."""
    found = suites.overlap(_opened(spec), _opened(other))
    if json is not None:
        write_file(json, found.model_dump_json(indent=1) + "\n")
    for line in overlap_lines(found):
        echo(line)
    return INCOMPLETE if found.is_any else DONE


def _opened(spec: str) -> Suite:
    folder = Path(spec)
    return chat.read(folder) if chat.is_chat(folder) else open_suite(spec)
