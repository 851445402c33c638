"""One person's annotation of a run: its pages in a folder of their own, what was said before, and what is said now."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock

from pydantic import Field, ValidationError

from starbench.annotation.site_server import SiteServer
from starbench.errors import InputError
from starbench.reporting.site.scripts import call
from starbench.reporting.site.write import write_report
from starbench.runs.annotations import annotation_writer, saved_annotations
from starbench.runs.journal import LineWriter
from starbench.runs.load import LoadedRun
from starbench.schema.base import Frozen, Int
from starbench.schema.error_analysis import Annotation, ErrorCause
from starbench.schema.trial import TrialKey
from starbench.scoring.error_analysis import errors_of
from starbench.text import printable, validation_problem


class PostedCause(Frozen):
    """What the page sends: a trial by suite, item and rotation, and what is said of it."""

    suite: str
    item_id: str
    rotation: Int
    cause: ErrorCause | None
    note: str = Field(default="", max_length=2000)


class Annotator:
    """What one annotator says about the errors of a run; whatever is said is written at once."""

    def __init__(self, data: LoadedRun, name: str, writer: LineWriter) -> None:
        #: What a page calls an error -> its trial: pages show no character that hides or turns text.
        self.errors = {_page_key(o.trial.key): o.trial.key for o in errors_of(data).errors}
        self.said = saved_annotations(data.path).get(name, {})
        self._name, self._writer, self._lock = name, writer, Lock()

    @property
    def n_said(self) -> int:
        """How many of the errors have a cause."""
        return sum(key in self.said and self.said[key].cause is not None for key in self.errors.values())

    def post(self, body: bytes) -> None:
        """Keep what the page sends; :class:`InputError` if it is about no error of the run."""
        try:
            posted = PostedCause.model_validate_json(body)
        except ValidationError as error:
            raise InputError(f"this is no annotation: {validation_problem(error)}") from error
        key = self.errors.get((posted.suite, posted.item_id, posted.rotation))
        if key is None:
            raise InputError("this trial is right, or not of this run: only errors have a cause")
        suite, item_id, rotation, condition = key
        line = Annotation(
            annotator=self._name,
            suite=suite,
            item_id=item_id,
            rotation=rotation,
            condition=condition,
            cause=posted.cause,
            note=posted.note,
            at=datetime.now(UTC).isoformat(timespec="seconds"),
        )
        with self._lock:
            self._writer.append(line)
            self.said[key] = line

    def script(self) -> str:
        """What was said so far, for the page: errors by suite, item and rotation, each with cause and note."""
        rows = [
            (*shown, one.cause if one else None, one.note if one else "")
            for shown, key in self.errors.items()
            for one in [self.said.get(key)]
        ]
        return call("annotations", rows)


def _page_key(key: TrialKey) -> tuple[str, str, int]:
    suite, item_id, rotation, _ = key
    return printable(suite), printable(item_id), rotation


@contextmanager
def annotation_server(
    data: LoadedRun, name: str, suites: Sequence[str] = (), port: int = 0
) -> Iterator[tuple[SiteServer, Annotator]]:
    """A server of the pages of a run on which causes of errors can be chosen; nothing of it stays but what was said.

    Raises :class:`InputError` if there is nothing to annotate, no jinja2 or the port is taken; :class:`RunError` if
    the annotator's file is in use.
    """
    with annotation_writer(data.path, name) as writer, TemporaryDirectory(prefix="starbench-") as folder:
        annotator = Annotator(data, name, writer)
        if not annotator.errors:
            raise InputError(
                f"{data.path} has no trial with sound that is not right: there is nothing to annotate"
            )
        out = Path(folder)
        write_report([data], out, suites=suites, audio="link", annotated=True)
        scripts = {"data/annotations.js": annotator.script}
        with SiteServer(out, port, scripts, annotator.post) as server:
            yield server, annotator
