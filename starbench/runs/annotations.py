"""What people say about the errors of a run: a file of lines for each annotator beside the journal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from starbench.errors import RunError
from starbench.runs.journal import LineWriter
from starbench.runs.ownership import hold
from starbench.schema.error_analysis import Annotation
from starbench.schema.trial import TrialKey
from starbench.storage.json_lines import parse_lines, whole_lines
from starbench.text import slug

_PREFIX = "annotations-"


def annotations_path(run: Path, annotator: str) -> Path:
    """The file of one annotator."""
    digest = sha256(annotator.encode()).hexdigest()
    return run / f"{_PREFIX}{slug(annotator)}-{digest[:8]}.jsonl"


@contextmanager
def annotation_writer(run: Path, annotator: str) -> Iterator[LineWriter]:
    """A writer to the file of one annotator; :class:`RunError` if another process writes to it."""
    path = annotations_path(run, annotator)
    with (
        hold(path, path.with_name(f".{path.name}.lock"), "wait for it, or give another --name"),
        LineWriter(path) as writer,
    ):
        yield writer


def saved_annotations(run: Path) -> dict[str, dict[TrialKey, Annotation]]:
    """Annotator -> what they last said of each trial.

    Raises :class:`RunError` if a file cannot be read, or a line in it is not an annotation.
    """
    said: dict[str, dict[TrialKey, Annotation]] = {}
    for path in sorted(run.glob(f"{_PREFIX}*.jsonl")):
        try:
            for line in parse_lines(
                path,
                whole_lines(path),
                Annotation.model_validate_json,
                "annotation",
                fix="correct or delete that line",
            ):
                said.setdefault(line.annotator, {})[line.key] = line
        except OSError as error:
            raise RunError(f"{path} cannot be read: {error.strerror}") from error
    return said
