"""Files changed in their structure: a field gone, doubled, of another type or size, under another name.

No change may end in a traceback. One that is accepted leaves the results as they are, or something is said.
"""

# ruff: noqa: E501 - a row of a table stays on its line

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from . import child
from .campaign import OK, Case, FaultKind, Judgement, Verdict, numbers, once
from .full_disks import without_times as timeless
from .server_faults import ended_badly
from .world import World


class Target(NamedTuple):
    """A file, what it needs beside it, and the command that reads it; ``results`` are compared."""

    file: str
    copies: tuple[str, ...]
    command: tuple[str, ...]
    results: str | None = None
    """A JSON file that holds them, or a pattern of several; None: what is printed as JSON."""
    holds_values: bool = False
    """The user's own values stand in it: another value is another result, and rightly so."""


_SCORE = ("score", "run", "--json")
_RUN = ("run", "--model", "constant:B", "--suite", "suite", "--out", "new", "--no-canary")
TARGETS = {
    "suite.json": Target("built/suite.json", ("built",), ("verify", "built", "--workers", "1", "--json", "x.json"), "x.json"),
    "metadata.jsonl": Target("built/metadata.jsonl", ("built",), ("verify", "built", "--workers", "1", "--json", "x.json"), "x.json"),
    "metadata.jsonl without a digest": Target("suite/metadata.jsonl", ("suite",), _RUN, "new/entry-*.json", holds_values=True),
    "run.json": Target("run/run.json", ("run",), _SCORE),
    "run.json, resumed": Target("other/run.json", ("other", "suite"), (*_RUN[:6], "other", "--no-canary"), "other/entry-*.json"),
    "plan.jsonl": Target("run/plan.jsonl", ("run",), _SCORE),
    "plan.jsonl, resumed": Target("other/plan.jsonl", ("other", "suite"), (*_RUN[:6], "other", "--no-canary"), "other/entry-*.json"),
    "items.jsonl": Target("run/items.jsonl", ("run",), _SCORE),
    "trials.jsonl": Target("run/trials.jsonl", ("run",), _SCORE),
    "canary.json": Target("run/canary.json", ("run",), _SCORE),
    "entry": Target("entry.json", ("entry.json",), ("leaderboard", "entry.json", "--out", "x", "--no-published"), "x/leaderboard.json", holds_values=True),
    "captions": Target("captions.jsonl", ("captions.jsonl", "suite"), (*_RUN, "--condition", "caption", "--captions", "captions.jsonl"), "new/entry-*.json"),
    "prices": Target("prices.json", ("prices.json", "suite"), (*_RUN, "--prices", "prices.json"), "new/entry-*.json", holds_values=True),
    "scene": Target("scene.json", ("scene.json",), ("synth", "scene", "scene.json", "--out", "x.wav"), holds_values=True),
    "SOFA": Target("head.sofa", ("head.sofa", "scene.json"), ("build", "spatial", "--attributes", "localisation", "--size", "1", "--workers", "1", "--hrtf", "head.sofa", "--out", "x"), "x/suite.json", holds_values=True),
}  # fmt: skip
_CASES = {"scene": 50, "SOFA": 16}


def kinds() -> list[FaultKind]:
    return [
        FaultKind(f"mutations: {name}", numbers(_CASES.get(name, 60)), _judge, short=2) for name in TARGETS
    ]


# What is changed -------------------------------------------------------------------------------------


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every value inside of a value."""
    keys = value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        yield (*path, key)
        yield from _places(value[key], (*path, key))


def _other_type(value: Any, chance: Random) -> Any:
    others = [None, True, 3, -0.5, "text", "", [], {}, [1], {"a": 1}, "\ud800"]
    return chance.choice([other for other in others if type(other) is not type(value)])


def _negative(value: Any, chance: Random) -> Any:
    return -value - 1 if isinstance(value, int | float) else f"-{value}" if isinstance(value, str) else value


def _huge(value: Any, chance: Random) -> Any:
    if isinstance(value, str):
        return value * 20_000 or "x" * 100_000
    if isinstance(value, list):
        return value * 2000
    return chance.choice([10**18, 10**400, 1e308, float("inf"), float("nan"), -(10**30)])


def _renamed(holder: Any, key: Any, chance: Random) -> None:
    if isinstance(holder, dict):
        holder[f"{key}_{chance.choice('xyz')}"] = holder.pop(key)
    else:
        holder.reverse()


def _changed(change: Callable[[Any, Random], Any]) -> Callable[[Any, Any, Random], None]:
    def apply(holder: Any, key: Any, chance: Random) -> None:
        holder[key] = change(holder[key], chance)

    return apply


def _doubled(holder: Any, key: Any, chance: Random) -> None:
    if isinstance(holder, list):
        holder.insert(key, holder[key])
    else:
        holder[f"{key}2"] = holder[key]


def _deleted(holder: Any, key: Any, chance: Random) -> None:
    del holder[key]


CHANGES: dict[str, Callable[[Any, Any, Random], None]] = {
    "delete": _deleted,
    "duplicate": _doubled,
    "retype": _changed(_other_type),
    "negate": _changed(_negative),
    "huge": _changed(_huge),
    "rename": _renamed,
}


def mutate(file: Path, chance: Random) -> str:
    """Change one place of a file; what was done."""
    if file.suffix == ".sofa":
        return _mutate_binary(file, chance)
    is_lines = file.suffix == ".jsonl"
    text = file.read_text("utf-8")
    document: Any = [json.loads(line) for line in text.splitlines()] if is_lines else json.loads(text)
    places = list(_places(document))
    change, path = chance.choice(list(CHANGES)), chance.choice(places)
    holder = document
    for key in path[:-1]:
        holder = holder[key]
    CHANGES[change](holder, path[-1], chance)
    new = "".join(f"{json.dumps(one)}\n" for one in document) if is_lines else json.dumps(document)
    file.write_text(new, "utf-8")
    return f"{change} {'.'.join(map(str, path))}"


def _mutate_binary(file: Path, chance: Random) -> str:
    """Change attributes and arrays of an HDF5 file, or its bytes."""
    import h5py

    how = chance.choice(("bytes", "cut", "delete", "type", "values"))
    if how in ("bytes", "cut"):
        data = bytearray(file.read_bytes())
        for _ in range(20):
            data[chance.randrange(len(data))] = chance.randrange(256)
        file.write_bytes(data[: chance.randrange(len(data))] if how == "cut" else data)
        return how
    with h5py.File(file, "r+") as opened:
        name = chance.choice(sorted(opened))
        values = opened[name][()]
        del opened[name]
        if how == "type":
            opened[name] = chance.choice(["text", 5, values[..., :1], values.astype("complex")])
        elif how == "values":
            opened[name] = values * chance.choice([float("nan"), 1e300, 0.0, -1.0])
    return f"{how} {name}"


# What comes of it ------------------------------------------------------------------------------------


def _results(target: Target, folder: Path, ended: child.Ended) -> Any:
    """The figures that came of it, without times."""
    if target.results is None:
        return timeless(json.loads(ended.out or "null"))
    files = sorted(folder.glob(target.results))
    return [timeless(json.loads(file.read_text("utf-8"))) for file in files]


@once
def _reference(world: World, name: str) -> tuple[Any, str]:
    target, folder = TARGETS[name], world.root / f"unchanged-{name.replace(' ', '-')}"
    folder.mkdir()
    for copied in target.copies:
        world.copy(copied, folder)
    ended = child.command(*target.command, cwd=folder, seconds=60)
    assert ended.code == 0, ended
    return _results(target, folder, ended), ended.err


def _figures(value: Any) -> Any:
    """Results without what only describes: names and notes may follow the file."""
    described = (
        "run",
        "label",
        "model",
        "arguments",
        "versions",
        "synthesizers",
        "canary",
        "capabilities",
        "spec",
        "source",
        "cost_usd",
        "notes",
    )
    if isinstance(value, dict):
        return {name: _figures(one) for name, one in value.items() if name not in described}
    return [_figures(one) for one in value] if isinstance(value, list) else value


def _judge(case: Case) -> Judgement:
    name = case.kind.removeprefix("mutations: ")
    target = TARGETS[name]
    wanted, said = _reference(case.world, name)
    for copied in target.copies:
        case.world.copy(copied, case.folder)
    before = (case.folder / target.file).read_bytes()
    done = mutate(case.folder / target.file, case.chance)
    if (case.folder / target.file).read_bytes() == before:
        return OK
    ended = child.command(*target.command, cwd=case.folder, seconds=60, cpu_s=20, memory=2 * 2**30)
    if problem := ended_badly(ended):
        return problem._replace(detail=f"{done}: {problem.detail}")
    complaints = [line for line in ended.err.splitlines() if line.startswith("starbench: ")]
    if ended.code == 2:
        if len(complaints) == 1:
            return OK
        return Judgement(
            Verdict.WRONG, f"{done}: exit code 2 with {len(complaints)} sentences: {ended.complaint}"
        )
    try:
        results = _results(target, case.folder, ended)
    except ValueError as error:
        return Judgement(Verdict.WRONG, f"{done}: what was written is not JSON: {error}")
    is_said = ended.code == 1 or ended.err != said
    if target.holds_values or is_said or _figures(results) == _figures(wanted):
        return OK
    shutil.rmtree(case.folder, ignore_errors=True)
    return Judgement(Verdict.WRONG, f"{done}: other figures, and nothing says why")
