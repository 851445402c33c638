"""The command line: declarations, and in ``commands/`` what each command does.

Nothing heavy is imported before a command needs it.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from errno import EPIPE
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from starbench.cli import models, overlap, questions, reasons, recordings, results, sae, suites, tokens
from starbench.cli.exits import BAD_INPUT, INCOMPLETE, INTERRUPTED
from starbench.cli.output import echo
from starbench.errors import AdapterError, InputError, JournalError, StarbenchError, SuiteError
from starbench.text import sentence
from starbench.version import __version__


class _GroupedHelp(TyperCommand):
    """A command whose help lists its options in the groups that they declare."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write a section for each group, in the order of the options."""
        sections: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None:
                usual = "Arguments" if parameter.param_type_name == "argument" else "Options"
                name = getattr(parameter, "rich_help_panel", None) or usual
                sections.setdefault(name, []).append(record)
        for name, records in sections.items():
            with formatter.section(name):
                formatter.write_dl(records)


#: Problems of a data set that are shown.
_MOST_PROBLEMS = 200

app = typer.Typer(
    help="Does a large audio-language model hear sound in time and 3D space?",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (
    models.demo,
    suites.list_,
    suites.build,
    suites.floors,
    suites.synth,
    suites.items,
    suites.show,
    suites.verify,
    reasons.audit,
    reasons.separate,
    models.caption,
    models.run,
    models.threshold,
    models.check_model,
    reasons.probe,
    results.import_,
    results.score,
    results.compare,
    results.report,
    reasons.diagnose,
    results.power,
    results.errors,
    results.annotate,
    results.export,
    results.leaderboard,
):
    app.command(command.__name__.rstrip("_").replace("_", "-"), cls=_GroupedHelp)(command)
app.add_typer(questions.app, name="questions")
app.add_typer(recordings.app, name="recordings")
app.add_typer(sae.app, name="sae")
app.add_typer(tokens.app, name="tokens")
app.add_typer(overlap.app, name="suites")


def _show_version(is_asked_for: bool) -> None:
    if is_asked_for:
        typer.echo(f"starbench {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    pass


def main() -> None:
    """Run the command line; every foreseen failure is one sentence and an exit code."""
    # A scheduler's polite end of a job is an interrupt like any other: kept, resumable, 130. Shells start
    # background jobs with interrupts ignored, and then neither would end one.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    try:
        with _checked_output():
            app()
    except StarbenchError as error:
        with suppress(OSError):  # there is nowhere left to say it
            for line in (f"starbench: {sentence(str(error))}", *_problems(error)):
                echo(line, err=True)
        sys.exit(INCOMPLETE if isinstance(error, AdapterError | JournalError) else BAD_INPUT)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


@contextmanager
def _checked_output() -> Iterator[None]:
    """Raise an :class:`InputError` if standard output does not take what is printed, as on a full disk."""
    try:
        try:
            yield
        finally:  # what is still buffered would be lost without a word when the process ends
            if sys.stdout is not None:  # as it is where the user closed it
                sys.stdout.flush()
    except ValueError as error:  # a plug-in closed it
        if sys.stdout is None or not sys.stdout.closed:
            raise
        raise InputError("standard output was closed: nothing can be shown") from error
    except OSError as error:
        if error.filename is not None:
            raise
        # What could not be written is still in the buffer: it must not be tried again at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if error.errno == EPIPE:  # whoever reads it has seen enough, as head has
            sys.exit(INCOMPLETE)
        raise InputError(f"standard output cannot be written: {error.strerror}") from error


def _problems(error: StarbenchError) -> list[str]:
    problems = error.problems if isinstance(error, SuiteError) else ()
    more = len(problems) - _MOST_PROBLEMS
    shown = [f"  {sentence(problem)}" for problem in problems[:_MOST_PROBLEMS]]
    return [*shown, f"  and {more} more"] if more > 0 else shown
