"""Every command that writes, on a disk that is full at any byte; then the same command with room."""

# ruff: noqa: E501 - a row of a table stays on its line

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from . import child
from .campaign import OK, Case, FaultKind, Judgement, Verdict, once
from .kills import contents
from .server_faults import ended_badly
from .world import World

#: Sizes that files may not exceed, B: nothing, within the first line, within small and larger files.
_SIZES = (
    0,
    1,
    40,
    150,
    300,
    600,
    900,
    1200,
    1700,
    2500,
    3500,
    5000,
    7000,
    10_000,
    14_000,
    20_000,
    40_000,
    100_000,
)


class Writer(NamedTuple):
    """A command, the files it needs and replaces, and where its results stand."""

    command: tuple[str, ...]
    copies: tuple[str, ...]
    results: str


_OF_MODEL = ("--model", "random", "--suite", "suite")
WRITERS = {
    "run": Writer(("run", *_OF_MODEL, "--out", "new", "--no-canary"), ("suite",), "new"),
    "run with a canary": Writer(("run", *_OF_MODEL, "--out", "new"), ("suite",), "new"),
    "run again": Writer(("run", *_OF_MODEL, "--out", "run", "--prices", "prices.json", "--name", "x"), ("suite", "run", "prices.json"), "run"),
    "caption": Writer(("caption", *_OF_MODEL, "--out", "new/c.jsonl", "--no-canary"), ("suite",), "new"),
    "caption again": Writer(("caption", *_OF_MODEL, "--out", "captions.jsonl"), ("suite", "captions.jsonl"), "captions.jsonl"),
    "build": Writer(("build", "perception", "--attributes", "pitch", "--size", "4", "--workers", "1", "--out", "new"), (), "new"),
    "leaderboard": Writer(("leaderboard", "other", "--out", "board"), ("other", "board"), "board"),
    "score": Writer(("score", "run"), ("run",), "run"),
    "score --json": Writer(("score", "run", "--json"), ("run",), "run"),
    "export to csv": Writer(("export", "run", "--to", "csv", "--out", "board/leaderboard.md"), ("run", "board"), "board"),
    "export to parquet": Writer(("export", "run", "--to", "parquet", "--out", "board/x.parquet"), ("run", "board"), "board"),
    "verify": Writer(("verify", "built", "--json", "board/leaderboard.json", "--workers", "1"), ("built", "board"), "board"),
    "compare": Writer(("compare", "run", "other", "--json", "board/leaderboard.json"), ("run", "other", "board"), "board"),
    "synth": Writer(("synth", "scene", "scene.json", "--out", "board/x.wav"), ("scene.json", "board"), "board"),
    "show": Writer(("show", "item-1", "--suite", "suite", "--out", "board/x.png"), ("suite", "board"), "board"),
    "check-model": Writer(("check-model", "random", "--json", "board/leaderboard.json"), ("board",), "board"),
}  # fmt: skip


def kinds() -> list[FaultKind]:
    sizes = tuple(f"{size} B" for size in _SIZES)
    return [FaultKind(f"full disk: {name}", (*sizes, "/dev/full"), _judge, short=1) for name in WRITERS]


def _lay_out(folder: Path, world: World, writer: Writer) -> None:
    for name in writer.copies:
        world.copy(name, folder)


def _files(path: Path) -> dict[str, bytes]:
    if path.is_file():
        return {path.name: path.read_bytes()}
    return contents(path) if path.exists() else {}


def _judge(case: Case) -> Judgement:
    writer = WRITERS[case.kind.removeprefix("full disk: ")]
    _lay_out(case.folder, case.world, writer)
    results = case.folder / writer.results
    before = _files(results)
    if case.label == "/dev/full":
        cramped = child.command(*writer.command, cwd=case.folder, out="/dev/full")
    else:
        cramped = child.command(*writer.command, cwd=case.folder, file_bytes=int(case.label.split()[0]))
    if problem := ended_badly(cramped):
        return problem
    after = _files(results)
    if cramped.code != 0:
        said = [line for line in cramped.err.splitlines() if line.startswith("starbench: ")]
        if len(said) != 1:
            return Judgement(
                Verdict.WRONG, f"exit code {cramped.code} with {len(said)} sentences: {cramped.complaint}"
            )
    elif case.label == "/dev/full" and _wanted(case.world, case.kind)[1]:
        return Judgement(Verdict.WRONG, "exit code 0, and what it printed is nowhere")
    if gone := [name for name, data in before.items() if not is_kept(name, data, after.get(name))]:
        return Judgement(Verdict.LOST, f"{', '.join(gone)}: neither as before nor whole")
    again = child.command(*writer.command, cwd=case.folder, seconds=60)
    wanted, _ = _wanted(case.world, case.kind)
    made = {name: _timeless(name, data) for name, data in _files(results).items()}
    # A suite that was built whole, but whose last word could not be printed, is not built again.
    is_built = made == wanted and again.code == 2 and "exists and is not empty" in again.err
    if (problem := ended_badly(again, (0,))) and not is_built:
        return problem._replace(detail=f"with room again: {problem.detail}")
    if made != wanted:
        odd = sorted(name for name in {*made, *wanted} if made.get(name) != wanted.get(name))
        return Judgement(Verdict.WRONG, f"with room again, {', '.join(odd)} differ from an undisturbed run's")
    return OK


def is_kept(name: str, before: bytes, after: bytes | None) -> bool:
    """Whether a file is as it was, longer by lines, or another whole one."""
    if after is None:
        return False
    if after == before or after.startswith(before):
        return True
    if name.endswith(".json"):
        try:
            json.loads(after)
        except ValueError:
            return False
        return True
    return bool(after) and (after.endswith(b"\n") or name.endswith((".parquet", ".png", ".wav")))


@once
def _wanted(world: World, kind: str) -> tuple[dict[str, Any], str]:
    """What the command writes and prints with room."""
    writer = WRITERS[kind.removeprefix("full disk: ")]
    folder = world.root / f"roomy-{kind.rpartition(': ')[2].replace(' ', '-')}"
    folder.mkdir()
    _lay_out(folder, world, writer)
    ended = child.command(*writer.command, cwd=folder, seconds=60)
    assert ended.code == 0, ended
    files = _files(folder / writer.results)
    return {name: _timeless(name, data) for name, data in files.items()}, ended.out


#: What differs when a command is resumed: times, and how many probes it took in all.
_TIMES = ("at", "created", "latency_s", "attempts", "seconds", "requests", "unproven")


def _timeless(name: str, data: bytes) -> Any:
    """The content of a JSON file without what differs between two runs of the same command; else its bytes."""
    if name.endswith(".jsonl"):
        return sorted(
            json.dumps(without_times(json.loads(line)), sort_keys=True) for line in data.splitlines()
        )
    if name.endswith(".json"):
        return without_times(json.loads(data))
    return data if not name.endswith((".parquet", ".png")) else len(data) > 0


def without_times(value: Any) -> Any:
    drop: Callable[[str], bool] = lambda name: name in _TIMES or name[-2:] == "_s"  # noqa: E731
    if isinstance(value, dict):
        return {name: without_times(one) for name, one in value.items() if not drop(name)}
    return [without_times(one) for one in value] if isinstance(value, list) else value
