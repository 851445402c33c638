"""Commands that read what runs left: score, compare, report, export, leaderboard."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from starbench.cli import options


@options.with_options(options.server, options.pace)
def score(
    run: Annotated[Path, typer.Argument(help="A run's directory.")],
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of tables.")] = False,
    reread: Annotated[
        bool,
        typer.Option("--reread", help="List each reply that is read otherwise than when it was asked."),
    ] = False,
    judge: options.Judge = None,
    limit: options.JudgedReplies = None,
    **shared: Any,
) -> None:
    """Score a run again; nothing is asked without --judge. Exit code 1 says that trials are missing or in error.

    With --judge, a second model is asked what each reply chose (docs/results.md); all options but --json and
    --reread are about asking it. What it says is kept in a file of its own in the run's directory, and asked once.
    """
    values = locals() | shared
    from starbench.cli.commands.results import score as command

    raise typer.Exit(command(values))


@options.with_options(options.loading)
def import_(
    prediction_format: Annotated[
        str,
        typer.Argument(metavar="FORMAT", help="jsonl, inspect, or a task that reads predictions of its own."),
    ],
    path: Annotated[Path, typer.Argument(help="The file or folder of the predictions.")],
    out: Annotated[Path, typer.Option(help="A new run directory; of several systems, a folder of them.")],
    suite: Annotated[
        str | None, typer.Option(help="The questions that were asked; default: as the predictions hold them.")
    ] = None,
    model: Annotated[
        str | None, typer.Option(help="The system's name; default: as the predictions say.")
    ] = None,
    source: Annotated[str | None, typer.Option(help="Who published the predictions, and where.")] = None,
    licence: Annotated[str | None, typer.Option(help="Licence of the predictions.")] = None,
    date: Annotated[str | None, typer.Option(help="When they were published.")] = None,
    **loading: Any,
) -> None:
    """Make a run of predictions that somebody else has published: scored, compared and ranked as any, and marked.

    Each reply is read by our reader, and the rawest reply wins over what its authors made of it. Exit codes: 0 done,
    1 questions have no prediction, 2 bad input; every line that fits no question is named.
    """
    values = locals() | loading
    from starbench.cli.commands.importing import import_ as command

    raise typer.Exit(command(values))


def compare(
    runs: Annotated[list[Path], typer.Argument(help="Run directories; the first is compared with.")],
    condition: Annotated[
        list[str] | None,
        typer.Option(
            help="Conditions to take of each run, separated by commas; default: all. caption is every grade."
        ),
    ] = None,
    whole: Annotated[
        bool,
        typer.Option("--all", help="Show every row, what each difference is made of, and every note."),
    ] = False,
    json: Annotated[
        Path | None, typer.Option("--json", help="File for everything as one JSON object.")
    ] = None,
) -> None:
    """Compare runs with the first, condition by condition, over the items that both were asked.

    Of a single run, its conditions are compared with the first. A difference is clear where chance alone would
    make it in less than 5 % of the cases, with all the differences that are tested taken together. --all splits each
    in what right and wrong answers make of it, and what refusals and other trials without an answer make of it.
    """
    from starbench.cli.commands.results import compare as command

    command(runs, condition or [], json, whole=whole)


@options.with_options(options.loading)
def report(
    runs: Annotated[list[Path], typer.Argument(help="Run directories; several are shown side by side.")],
    out: Annotated[
        Path | None,
        typer.Option(help="Directory for the pages; default: report, in the first run's directory."),
    ] = None,
    suite: options.SuitesOfRuns = None,
    audio: Annotated[
        str, typer.Option(help="Sounds: copy them, link to the suite's files, or none.")
    ] = "copy",
    **loading: Any,
) -> None:
    """Write pages about runs that open from disk: summary, curves, scenes, every trial with its sound, methods.

    Nothing is asked, and the pages load nothing from elsewhere. Waveforms and spectrograms are kept in the user's
    cache folder, so a second report of the same sounds is quick. Needs the extra report.
    """
    from starbench.cli.commands.report import report as command

    command(runs, out, suite or [], audio, loading)


@options.with_options(options.loading)
def power(
    target: Annotated[
        str | None,
        typer.Argument(metavar="[SUITE|RUN]", help="A suite's directory, task:source, or a run's directory."),
    ] = None,
    points: Annotated[
        list[float] | None,
        typer.Option(help="How many items show this difference in accuracy, points? Repeatable."),
    ] = None,
    factor: Annotated[
        list[float] | None,
        typer.Option(help="How many items show this factor between two thresholds? Repeatable."),
    ] = None,
    accuracy: Annotated[
        float, typer.Option(min=0.01, max=0.99, help="How often one of the two models is right.")
    ] = 0.6,
    json: Annotated[
        Path | None, typer.Option("--json", help="File for a suite's table as one JSON object.")
    ] = None,
    **loading: Any,
) -> None:
    """Say what a comparison of two models can show, before anything is asked.

    Of a suite, or of a run's: the smallest differences that its items show. Without one: how many items it takes.
    """
    from starbench.cli.commands.power import power as command

    command(target, points or [], factor or [], accuracy, json, loading)


@options.with_options(options.server, options.pace)
def errors(
    run: Annotated[Path, typer.Argument(help="A run's directory.")],
    json: Annotated[
        Path | None, typer.Option("--json", help="File for every trial and its cause as one JSON object.")
    ] = None,
    judge: options.CauseJudge = None,
    limit: options.JudgedReplies = None,
    **shared: Any,
) -> None:
    """Say why trials with sound are not right: by controls, by judges, and by people (kinds after STAR-Bench).

    By controls: right at every rotation where the answer is in words (caption:full, audio+caption) or the recording is
    whole (audio+uncut) is perceptual; not right there either is knowledge or reasoning. With --judge, a second model is
    shown each reply that is not right, and says what went wrong; all options but --json are about asking it. People say
    it in the pages of starbench annotate. Where several said something of the same trials, their agreement is shown.
    """
    values = locals() | shared
    from starbench.cli.commands.errors import errors as command

    raise typer.Exit(command(values))


def annotate(
    run: Annotated[Path, typer.Argument(help="A run's directory.")],
    name: Annotated[
        str | None, typer.Option(help="Who says it; each name has a file. Default: the user's name.")
    ] = None,
    suite: options.SuitesOfRuns = None,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port on this machine; 0: any that is free.")
    ] = 0,
    open_browser: Annotated[
        bool, typer.Option("--open/--no-open", help="Open the page in a browser.")
    ] = True,
) -> None:
    """Say by hand why trials are not right: pages with sounds, prompts and replies, served to this machine alone.

    What is said is kept at once in a file of the annotator's in the run's directory; starbench errors shows it beside
    what controls and judges say. Ctrl-C ends it. Needs the extra report.
    """
    from starbench.cli.commands.annotate import annotate as command

    command(run, name, suite or [], port, open_browser=open_browser)


def export(
    target: Annotated[
        str,
        typer.Argument(metavar="RUN|SUITE", help="A run's directory, a suite's directory, or task:source."),
    ],
    to: Annotated[
        str,
        typer.Option(
            help="Of a run: parquet, csv, every-eval-ever, eval-results, inspect or lm-eval. Of a suite: hugging-face, "
            "star-bench, or chat: training data."
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            help="File or folder to write; default for a table: trials or scores, in the run's directory."
        ),
    ] = None,
    scores: Annotated[
        bool,
        typer.Option(
            "--scores", help="In a table: the scores, a row for each part of a task, in place of the trials."
        ),
    ] = False,
    dataset: Annotated[
        str | None,
        typer.Option(
            help="Name of the data set on the Hugging Face hub, OWNER/NAME, for eval-results and hugging-face."
        ),
    ] = None,
    rotations: Annotated[
        str | None,
        typer.Option(
            help="In training data: all, or a number of rotations of each question's options; default: 1."
        ),
    ] = None,
) -> None:
    """Write a run or a suite in the format of other programs (docs/interchange.md).

    A table has a row for each planned trial, joined with its question; in CSV, a text that a spreadsheet would take for
    a formula gets a quote (') before it.
    """
    from starbench.cli.commands.results import export as command

    command(target, to, out, {"scores": scores, "dataset": dataset, "rotations": rotations})


def leaderboard(
    entries: Annotated[
        list[Path] | None,
        typer.Argument(help="Entry files or run directories; default: results/*.json and runs/*."),
    ] = None,
    out: Annotated[Path, typer.Option(help="Directory for leaderboard.json and leaderboard.md.")] = Path(),
    published: Annotated[
        bool | None,
        typer.Option(
            "--published/--no-published",
            help="Show published rows as well, marked as not run by us; default: where one of their suite is shown.",
        ),
    ] = None,
    site: Annotated[
        Path | None,
        typer.Option(
            help="Folder for the board as a page, with each entry, and a report of each run's directory."
        ),
    ] = None,
    check: Annotated[
        bool,
        typer.Option(
            "--check", help="Build nothing: check that entries are sound, and follow from their runs."
        ),
    ] = False,
) -> None:
    """Build one board (JSON and Markdown); what cannot be compared stands in separate tables.

    With --check, an entry must follow the schema, its figures must not contradict each other, its suite's digest must
    be that of the board's entries in results/, and of a run's directory every figure is recomputed from the journal.
    Exit codes then: 0 nothing is wrong, 1 something is, 2 what was named cannot be read.
    """
    from starbench.cli.commands import results

    if check:
        raise typer.Exit(results.check_submission(entries or []))
    results.leaderboard(entries, out, site, published=published)
