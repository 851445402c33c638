"""``starbench score``, ``compare``, ``export`` and ``leaderboard``: what runs left, read and shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import typer

from starbench.cli.commands.judge import judged_score, refuse_without_judge
from starbench.cli.commands.shared import names_in
from starbench.cli.exits import DONE, INCOMPLETE
from starbench.cli.output import echo
from starbench.errors import InputError
from starbench.reporting import comparison, scores
from starbench.reporting.entries import (
    ENTRY_PATTERN,
    published_entries,
    read_entries,
    why_unasked,
    write_entries,
)
from starbench.reporting.files import write_file
from starbench.reporting.leaderboard import BOARD_JSON, entry_digest, write_board
from starbench.reporting.submissions import problems
from starbench.runs import directory
from starbench.runs.load import load
from starbench.schema.entry import LeaderboardEntry
from starbench.scoring.compare import compare as compare_runs
from starbench.scoring.reread import changed_readings
from starbench.scoring.run import score as score_run
from starbench.text import slug, visible_json


def score(options: Mapping[str, Any]) -> int:
    """Show the scores and write the entries; returns the exit code."""
    run: Path = options["run"]
    if options["judge"] is not None:
        return judged_score(options)
    refuse_without_judge(options)
    if (why := why_unasked(run)) is not None:
        echo(f"starbench: {why}", err=True)
        return INCOMPLETE
    data = load(run)
    run_score = score_run(data)
    write_entries(data, run_score)
    if options["json"]:
        typer.echo(visible_json(run_score.model_dump_json(indent=2)))
    else:
        scores.show(run_score, data)
        scores.show_changed_readings(list(changed_readings(data)), whole=options["reread"])
    return DONE if run_score.complete else INCOMPLETE


def compare(runs: Sequence[Path], conditions: Sequence[str], json: Path | None, *, whole: bool) -> None:
    """Show what differs, or the ``whole``, and write everything to ``json``."""
    comparisons = compare_runs([load(path) for path in runs], names_in(conditions))
    comparison.show(comparisons, whole=whole)
    if json is not None:
        write_file(json, visible_json(comparisons.model_dump_json(indent=1)) + "\n", new_folder=True)


def export(target: str, to: str, out: Path | None, options: Mapping[str, Any]) -> None:
    """Export a run or a suite, and say what was written and what was left out."""
    from starbench.interchange.formats import export as write

    for line in write(target, to, out, options):
        echo(line)


def check_submission(paths: Sequence[Path]) -> int:
    """Say what is wrong with entries or runs that are to stand on the board in results/; returns the exit code."""
    if not paths:
        raise InputError("--check needs the entries or runs to check: name them")
    known = read_entries([path for path in _usual_places() if path.parent.name == "results"])
    lines = [line for path in paths for line in problems(path, known)]
    for line in lines:
        echo(line)
    echo("nothing is wrong" if not lines else f"{len(lines)} problem(s)")
    return INCOMPLETE if lines else DONE


def leaderboard(
    paths: Sequence[Path] | None, out: Path, site: Path | None, *, published: bool | None
) -> None:
    """Write the board of all entries; ``published`` None: with published rows where an entry is of their suite."""
    found = {path: read_entries([path]) for path in paths or _usual_places()}
    entries = [entry for of_path in found.values() for entry in of_path]
    names = {entry.suite.name for entry in entries}
    entries += [
        entry
        for entry in published_entries()
        if published or (published is None and entry.suite.name in names)
    ]
    for path in write_board(entries, out):
        echo(f"board: {path}")
    if site is not None:
        echo(f"board: {_site(found, entries, site)}")


def _site(
    found: Mapping[Path, Sequence[LeaderboardEntry]], entries: Sequence[LeaderboardEntry], site: Path
) -> Path:
    """Write the board's page, and a report without sound for each run's directory."""
    from starbench.reporting.site.board import write_board_site
    from starbench.reporting.site.write import write_report

    runs = [path for path in found if directory.is_run(path)]
    addresses = {path: f"reports/{number:03}-{slug(path.name)}" for number, path in enumerate(runs)}
    page = write_board_site(
        entries,
        site,
        {entry_digest(entry): f"{addresses[path]}/index.html" for path in runs for entry in found[path]},
    )
    for path, address in addresses.items():
        write_report([load(path)], site / address, audio="none")
    return page


def _usual_places() -> list[Path]:
    """Entries where they usually lie, seen from the working directory."""
    derived = ("schema.json", BOARD_JSON)
    found = (*sorted(Path("results").glob("*.json")), *sorted(Path("results/imported").glob("*/*.json")))
    files = [path for path in found if path.name not in derived]
    return files + sorted(Path("runs").glob(f"*/{ENTRY_PATTERN}"))
