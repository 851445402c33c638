"""The command line, a file a command. Nothing heavy is imported before a command needs it."""

from __future__ import annotations

import signal
import sys
from typing import Annotated

import typer

from starbench import __version__
from starbench.cli import (
    build,
    caption,
    check_model,
    compare,
    demo,
    leaderboard,
    listing,
    run,
    score,
    show,
    synth,
    verify,
)
from starbench.cli.exits import BAD_INPUT, INCOMPLETE, INTERRUPTED
from starbench.errors import AdapterError, JournalError, StarbenchError, SuiteError
from starbench.text import sentence

app = typer.Typer(
    help="Does a large audio-language model hear sound in time and 3D space?",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (
    demo.demo,
    listing.list_,
    build.build,
    synth.synth,
    show.show,
    verify.verify,
    caption.caption,
    run.run,
    check_model.check_model,
    score.score_,
    compare.compare,
    leaderboard.leaderboard,
):
    app.command(command.__name__.rstrip("_").replace("_", "-"))(command)


def _show_version(wanted: bool) -> None:
    if wanted:
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
        app()
    except SuiteError as error:
        _complain(error, *error.problems)
        sys.exit(BAD_INPUT)
    except (AdapterError, JournalError) as error:
        _complain(error)
        sys.exit(INCOMPLETE)
    except StarbenchError as error:
        _complain(error)
        sys.exit(BAD_INPUT)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


def _complain(error: StarbenchError, *details: str) -> None:
    typer.echo(f"starbench: {sentence(str(error))}", err=True)
    for detail in details:
        typer.echo(f"  {sentence(detail)}", err=True)
