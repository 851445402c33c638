"""``starbench build``: a suite from synthesizers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from os.path import lexists
from pathlib import Path
from typing import Any

from starbench.build.build import InterruptedBuild
from starbench.build.build import build as build_suite
from starbench.cli.commands.baselines import show_baselines
from starbench.cli.commands.floors import floors
from starbench.cli.commands.progress import counting
from starbench.cli.commands.shared import key_values, names_in
from starbench.cli.output import echo
from starbench.errors import InputError
from starbench.execution.processes import available_cpus
from starbench.floors.suite import require_classifiers
from starbench.interchange.chat import write as write_chat
from starbench.reporting.data_card import write_data_card
from starbench.runs.load import load
from starbench.scoring.psychometrics.thresholds import informative_level
from starbench.scoring.run import BASE, score
from starbench.suites.suite import MANIFEST, Suite, read_manifest
from starbench.synthesis import BuildSpec
from starbench.text import printable

#: Files that were left out, of which the data card lists all.
_SHOWN = 10
#: The format that means training data beside the suite; any other is one of its clips.
CHAT = "chat"


def build(options: Mapping[str, Any]) -> None:
    """Build the suite, and say what it holds and what could not be made; then measure its floors, if asked to."""
    if options["floors"]:
        require_classifiers()  # before hours of building
    task, out = options["task"], options["out"]
    channels, chat_out = _formats(options["output_format"] or (), out)
    shorthands = {
        "format": channels,
        "hrtf": _heads(options["hrtf"] or ()),
        "rir": _existing("--rir", options["rir"], Path.exists, "file or folder"),
        "recordings": _existing("--recordings", options["recordings"], Path.is_dir, "folder"),
        "mix": "true" if options["mix"] else None,
        "stems": "true" if options["stems"] else None,
        "precision": None if options["precision"] is None else str(options["precision"]),
        "around": _measured(options["around"]),
    }
    task_options = {name: value for name, value in shorthands.items() if value is not None}
    for name, value in key_values("--option", options["option"] or ()):
        if name in task_options:
            raise InputError(f"option {name!r} is given twice")
        task_options[name] = value
    chosen = names_in([options["attributes"]])
    spec = BuildSpec(chosen, options["profile"], options["seed"], options["size"], task_options)
    try:
        with counting("building") as on_item:
            suite = build_suite(task, spec, out, on_item, workers=options["workers"], on_interrupted=_note)
    except KeyboardInterrupt:
        echo("", err=True)
        echo("starbench: interrupted; what is rendered is kept, and the same command resumes", err=True)
        raise
    card = write_data_card(suite)
    echo(f"{len(suite.items)} items, {len(suite.clips)} clips, digest {suite.digest[:12]}: {out}")
    dropped = read_manifest(out)["dropped"]
    if dropped:
        echo(
            f"{len(dropped)} cells of the design cannot be made; {out}/{MANIFEST} lists each with its reason"
        )
    _show_left_out(suite, card)
    if chat_out is not None:
        for line in write_chat(suite, chat_out, {}):
            echo(line)
    if options["floors"]:
        floors(out, (), options["workers"])
    else:
        show_baselines(suite, options["workers"] or available_cpus())


def _show_left_out(suite: Suite, card: Path) -> None:
    left_out = suite.declared.get("recordings", {}).get("left_out", ())
    for one in left_out[:_SHOWN]:
        echo(f"not used: {printable(one['file'])}: {printable(one['reason'])}")
    if len(left_out) > _SHOWN:
        echo(f"and {len(left_out) - _SHOWN} more files: {card} lists all")


def _formats(values: Sequence[str], out: Path) -> tuple[str | None, Path | None]:
    """The format of the clips, and where training data are to be written."""
    channels = [name for name in values if name != CHAT]
    if len(channels) > 1:
        raise InputError(f"--format {', '.join(map(printable, channels))}: clips have one of them")
    if len(channels) == len(values):
        return next(iter(channels), None), None
    folder = out.with_name(f"{out.name}-{CHAT}")
    if lexists(folder):
        raise InputError(
            f"{folder} exists, and training data are written there: move it, or give another --out"
        )
    return next(iter(channels), None), folder


def _note(earlier: InterruptedBuild) -> None:
    if earlier.differences:
        differences = " and ".join(earlier.differences)
        text = f"what an interrupted build left is thrown away, because it differs in {differences}"
    else:
        text = f"an interrupted build is resumed: {earlier.items} of {earlier.total} items are there"
    echo(f"note: {text}", err=True)


def _heads(values: Sequence[str]) -> list[str] | None:
    """Paths of files; words without an ending or a folder are names, which only the task knows."""
    return [_head(Path(value)) for value in values] or None


def _head(path: Path) -> str:
    is_name = path.name == str(path) and not path.suffix and not path.exists()
    return str(path) if is_name else str(_existing("--hrtf", path, Path.is_file, "file"))


def _measured(run: Path | None) -> str | None:
    """The levels around which the thresholds of a run under condition ``audio`` are measured best, for the task."""
    if run is None:
        return None
    rows = [row for suite in score(load(run)).suites for row in suite.thresholds if row.condition == BASE]
    levels = {row.attribute: level for row in rows if (level := informative_level(row)) is not None}
    if not levels:
        raise InputError(f"--around {run}: this run measured no threshold; build without it")
    return ",".join(f"{name}:{level:.6g}" for name, level in levels.items())


def _existing(name: str, path: Path | None, is_kind: Callable[[Path], bool], kind: str) -> str | None:
    if path is None:
        return None
    if not is_kind(path):
        raise InputError(f"{name} {path}: there is no such {kind}")
    return str(path.resolve())
