"""``starbench questions``: a table to start from, and what is in a table."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from starbench.cli.commands.shared import loading_of
from starbench.cli.output import echo
from starbench.errors import InputError, PluginError
from starbench.plugins import registry
from starbench.reporting.channels import channel_lines
from starbench.reporting.overview import show_overview
from starbench.suites.open import open_suite
from starbench.suites.overview import overview
from starbench.text import printable
from starbench.verify.channels import channel_audit


def init(out: Path) -> None:
    """Write the files and say what to do with them."""
    task = _task()
    for path in registry.make("tasks", task).write_template(out):
        echo(f"wrote {path}")
    echo(f"then: starbench questions check {out}; starbench run --model MODEL --suite {task}:{out}")


def check(source: str, options: Mapping[str, Any], *, skip_bad: bool) -> None:
    """Show what is in the questions."""
    name, _ = registry.split("tasks", source)
    is_spec = ":" in name or (name in registry.available("tasks") and not Path(source).exists())
    spec = source if is_spec else f"{_task()}:{source}"
    suite = open_suite(spec, skip_bad=skip_bad, loading=loading_of(options))
    show_overview(printable(source), overview(suite), suite)
    for line in channel_lines(channel_audit(suite)):
        echo(line)
    for problem in suite.skipped:
        echo(f"left out: {problem}")
    given = [part for pair in options["columns"] or () for part in ("--map", pair)]
    given += ["--sounds", str(options["sounds"])] if options["sounds"] else []
    given += ["--skip-bad"] if skip_bad else []
    echo(f"ask them: starbench run --model MODEL --suite {shlex.join([spec, *given])}")


def _task() -> str:
    """The installed task that reads tables of questions: the one that can write a table to start from."""
    for name in registry.available("tasks"):
        with suppress(PluginError):  # one that is broken keeps nobody from the others
            if hasattr(registry.load("tasks", name), "write_template"):
                return name
    raise InputError("no task that reads questions is installed: install starbench again")
