"""``starbench annotate``: pages on which a person says why trials are not right."""

from __future__ import annotations

import getpass
import webbrowser
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from starbench.annotation.annotator import annotation_server
from starbench.cli.output import echo
from starbench.errors import InputError
from starbench.runs.annotations import annotations_path
from starbench.runs.load import load
from starbench.text import printable

_LONGEST_NAME = 80


def annotate(run: Path, name: str | None, suites: Sequence[str], port: int, *, open_browser: bool) -> None:
    """Serve the pages until Ctrl-C, then say where what was said is kept."""
    shown = printable(_user() if name is None else name).strip()
    if not shown or len(shown) > _LONGEST_NAME:
        raise InputError(f"--name must be a name of 1 to {_LONGEST_NAME} characters")
    data = load(run)
    echo("writing the pages…", err=True)
    with annotation_server(data, shown, suites, port) as (server, annotator):
        echo(f"annotate as {shown}: {len(annotator.errors)} errors, {annotator.n_said} with a cause so far")
        echo(f"open {server.address} (Ctrl-C ends it)")
        if open_browser:
            webbrowser.open(server.address)
        with suppress(KeyboardInterrupt):
            server.serve_forever()
        echo(
            f"{annotator.n_said} of {len(annotator.errors)} errors have a cause: {annotations_path(run, shown)}"
        )
        echo(f"starbench errors {run} shows them")


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError) as error:
        raise InputError("this user has no name: give --name") from error
