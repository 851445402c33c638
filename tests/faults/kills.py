"""``kill -9`` at any instant of a command, as often as luck has it; then the same command to its end."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from random import Random
from threading import Timer
from time import sleep
from typing import Any

from starbench.runs import journal
from starbench.schema import Outcome
from starbench.suites import captions

from . import child
from .campaign import OK, Case, FaultKind, Judgement, Verdict, numbers, once
from .exchange import Exchange, answer
from .server import Server, serving
from .server_faults import ended_badly
from .world import World

_IN_FLIGHT = 3
_MOST_KILLS = 3
_RUN = ("run", "--out", "out", "--rotations", "2", "--condition", "audio,silence,noise")
_CAPTION = ("caption", "--out", "out")
_BUILD = (
    "build",
    "perception",
    "--attributes",
    "pitch,loudness",
    "--size",
    "16",
    "--seed",
    "3",
    "--out",
    "out",
)
_BOARD = ("leaderboard", "run", "other", "--out", "board")


def kinds() -> list[FaultKind]:
    return [
        FaultKind("kill -9: run", numbers(80), _judge_asking, short=8),
        FaultKind("kill -9: caption", numbers(50), _judge_asking, short=5),
        FaultKind("kill -9: build", numbers(30), _judge_build, short=3),
        FaultKind("kill -9: leaderboard", numbers(40), _judge_board, short=4),
    ]


def _asking(kind: str, url: str, suite: Path) -> tuple[str, ...]:
    first = _RUN if kind.endswith("run") else _CAPTION
    given = (
        "--model",
        "openai:m",
        "--base-url",
        url,
        "--suite",
        str(suite),
        "--no-canary",
        "--backoff",
        "0.01",
    )
    return (*first, *given, "--max-in-flight", str(_IN_FLIGHT))


def _lines(kind: str, out: Path) -> list[Any]:
    """Every whole line that is in the file, and none if there is no file yet."""
    if not out.exists() or (out.is_file() and not out.stat().st_size):
        return []
    return list(journal.read(out) if kind.endswith("run") else captions.lines(out))


def _slowly(seed: str) -> Any:
    chance = Random(seed)

    def behave(exchange: Exchange, _: int) -> None:
        sleep(chance.random() * 0.03)
        answer(exchange)

    return behave


@once
def _undisturbed(world: World, kind: str) -> tuple[dict[Any, Any], float]:
    """What counts of each line of a run or file that nothing disturbed, and how long it took."""
    folder = world.root / f"undisturbed-{kind.rpartition(' ')[2]}"
    folder.mkdir()
    with serving(_slowly("undisturbed")) as server:
        ended = child.command(*_asking(kind, server.url, world.path("suite")), cwd=folder)
    assert ended.code == 0, ended
    return {line.key: _counts(line) for line in _lines(kind, folder / "out")}, ended.seconds


def _counts(line: Any) -> tuple[Any, ...]:
    return (
        line.outcome,
        line.response,
        getattr(line, "letter", None),
        getattr(line, "text", None),
        line.served_model,
    )


def _kill(case: Case, arguments: tuple[str, ...], whole: float) -> int | None:
    """Kill the command after a moment; its exit code if it was faster."""
    running = child.start(*arguments, cwd=case.folder)
    timer = Timer(case.chance.random() * whole, running.kill)
    timer.start()
    ended = running.end(60)
    timer.cancel()
    return ended.code


def _judge_asking(case: Case) -> Judgement:
    wanted, whole = _undisturbed(case.world, case.kind)
    out = case.folder / "out"
    with serving(_slowly(case.label)) as server:
        arguments = _asking(case.kind, server.url, case.world.path("suite"))
        kills, extra = case.chance.randint(1, _MOST_KILLS), 0
        for _ in range(kills):
            kept = _lines(case.kind, out)
            if problem := _asked_again(server, kept):
                return problem
            if _kill(case, arguments, 1.1 * whole) == 0:
                break
            extra += _IN_FLIGHT
            if kept != _lines(case.kind, out)[: len(kept)]:
                return Judgement(Verdict.LOST, "lines that stood there are gone or changed")
        ended = child.command(*arguments, cwd=case.folder)
        if problem := ended_badly(ended, (0,)):
            return problem
        lines = _lines(case.kind, out)
        if sum(server.questions.values()) > len(wanted) + extra:
            n = sum(server.questions.values())
            return Judgement(
                Verdict.LOST, f"{n} requests for {len(wanted)} trials, {extra} in flight when killed"
            )
    if Counter(line.key for line in lines if line.outcome is Outcome.ANSWERED).most_common(1)[0][1] > 1:
        return Judgement(Verdict.WRONG, "a trial has two answers")
    if {line.key: _counts(line) for line in lines} != wanted:
        return Judgement(Verdict.WRONG, "the lines are not those of an undisturbed run")
    return OK


def _asked_again(server: Server, kept: list[Any]) -> Judgement | None:
    """Remember what stands in the file, and object if one of those was asked later than that."""
    answered = {line.served_model for line in kept}
    for digest, n in getattr(server, "known", {}).items():
        if server.questions[digest] > n:
            return Judgement(Verdict.LOST, "what had been answered was asked again")
    server.known = {digest: server.questions[digest] for digest in answered}  # type: ignore[attr-defined]
    return None


def contents(folder: Path) -> dict[str, bytes]:
    """Files of a folder by their paths, locks and staging left out."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {
        str(path.relative_to(folder)): path.read_bytes() for path in files if not path.name.startswith(".")
    }


@once
def _built(world: World) -> tuple[dict[str, bytes], float]:
    folder = world.root / "undisturbed-build"
    folder.mkdir()
    ended = child.command(*_BUILD, "--workers", "1", cwd=folder, seconds=60)
    assert ended.code == 0, ended
    return contents(folder / "out"), ended.seconds


def _judge_build(case: Case) -> Judgement:
    wanted, whole = _built(case.world)
    arguments = (*_BUILD, "--workers", str(case.chance.choice((1, 2))))
    for _ in range(case.chance.randint(1, 2)):
        code = _kill(case, arguments, whole)
        if (case.folder / "out").exists():
            if contents(case.folder / "out") != wanted:
                return Judgement(Verdict.WRONG, "a suite stands there that is not whole")
            return OK
        if code == 0:
            return Judgement(Verdict.LOST, "exit code 0 and no suite")
    ended = child.command(*arguments, cwd=case.folder, seconds=60)
    if problem := ended_badly(ended, (0,)):
        return problem
    return (
        OK
        if contents(case.folder / "out") == wanted
        else Judgement(Verdict.WRONG, "other bytes than undisturbed")
    )


@once
def _board(world: World) -> tuple[dict[str, bytes], float]:
    folder = world.root / "undisturbed-board"
    folder.mkdir()
    for name in ("run", "other"):
        world.copy(name, folder)
    ended = child.command(*_BOARD, cwd=folder)
    assert ended.code == 0, ended
    return contents(folder / "board"), ended.seconds


def _judge_board(case: Case) -> Judgement:
    wanted, whole = _board(case.world)
    for name in ("run", "other", "board"):
        case.world.copy(name, case.folder)
    before = contents(case.folder / "board")
    for _ in range(case.chance.randint(1, _MOST_KILLS)):
        _kill(case, _BOARD, whole)
        for name, data in contents(case.folder / "board").items():
            if data not in (before[name], wanted[name]):
                return Judgement(Verdict.LOST, f"{name} is neither the old one nor the new one")
            if name.endswith(".json"):
                json.loads(data)
    ended = child.command(*_BOARD, cwd=case.folder)
    if problem := ended_badly(ended, (0,)):
        return problem
    return (
        OK
        if contents(case.folder / "board") == wanted
        else Judgement(Verdict.WRONG, "another board than undisturbed")
    )
