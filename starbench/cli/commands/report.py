"""``starbench report``: pages about runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast, get_args

from starbench.cli.commands.report_line import FOLDER
from starbench.cli.commands.shared import loading_of
from starbench.errors import InputError
from starbench.reporting.site.clips import AudioMode
from starbench.reporting.site.write import WrittenReport, write_report
from starbench.reporting.tables import new_console, say
from starbench.runs.load import load


def report(
    runs: Sequence[Path], out: Path | None, suites: Sequence[str], audio: str, options: Mapping[str, Any]
) -> None:
    """Write the pages, and say where they are and what they lack."""
    if audio not in get_args(AudioMode):
        raise InputError(f"--audio {audio!r} is not one of {', '.join(get_args(AudioMode))}")
    folder, console = out or runs[0] / FOLDER, new_console()
    written = write_report(
        [load(path) for path in runs],
        folder,
        suites=suites,
        loading=loading_of(options),
        audio=cast("AudioMode", audio),
    )
    for line in lines(written):
        say(console, line)


def lines(written: WrittenReport) -> list[str]:
    """What was written, and what it lacks."""
    said = []
    if written.n_pictures:
        said.append(
            f"drew {written.n_pictures} clips in {written.pictures_s:.0f} s; they are kept for the next report"
        )
    said += [
        f"without sound: {name} was not found (name it by --suite, with the --map and --sounds of the run)"
        for name in written.without_suite
    ]
    size = f", {written.audio_bytes / 1e6:,.0f} MB of sounds and pictures" if written.audio_bytes else ""
    said.append(f"report: {written.index} ({written.n_trials:,} trials of {written.n_items:,} items{size})")
    return said
