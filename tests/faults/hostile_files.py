"""Every file that a command reads, in place of it what no file should be: refused in a sentence, at once."""

# ruff: noqa: E501 - a row of a table stays on its line

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Callable
from functools import partial
from pathlib import Path
from random import Random
from typing import NamedTuple

from . import child
from .campaign import OK, Case, FaultKind, Judgement, Verdict
from .server_faults import ended_badly

#: Of a processor; a clock on the wall also counts what else the machine does.
_SECONDS = 5
_MEMORY = 2 * 2**30


class Input(NamedTuple):
    """A file below a copy of ``copies``, and the command that reads it."""

    file: str
    copies: tuple[str, ...]
    command: tuple[str, ...]
    may_be_empty: bool = False
    """An empty one says that nothing was asked yet, and is no error."""


_SCORE, _AGAIN = (
    ("score", "run"),
    ("run", "--model", "random", "--suite", "suite", "--out", "run", "--no-canary"),
)
_DRY = ("run", "--model", "constant:A", "--suite", "suite", "--out", "new", "--no-canary")
_CAPTION = ("caption", "--model", "random", "--suite", "suite", "--out", "captions.jsonl", "--no-canary")
_BUILD = ("build", "spatial", "--size", "2", "--workers", "1", "--out", "new")
INPUTS = (
    *(
        Input(f"suite/{name}", ("suite",), command)
        for name in ("suite.json", "metadata.jsonl", "audio/3.wav")
        for command in (_DRY, ("verify", "suite", "--workers", "1"), (*_CAPTION[:6], "new.jsonl", "--no-canary"))
    ),
    Input("suite/audio/3.wav", ("suite",), ("show", "item-3", "--suite", "suite")),
    *(
        Input(f"run/{name}", ("run", "suite"), command, name == "trials.jsonl")
        for name in ("run.json", "items.jsonl", "plan.jsonl", "trials.jsonl", "canary.json")
        for command in (_SCORE, ("export", "run", "--to", "csv"), ("compare", "run", "run"))
    ),
    *(
        Input(f"run/{name}", ("run", "suite"), _AGAIN, name == "trials.jsonl")
        for name in ("run.json", "plan.jsonl", "trials.jsonl")
    ),
    Input("entry.json", ("entry.json",), ("leaderboard", "entry.json", "--out", "board")),
    Input("captions.jsonl", ("captions.jsonl", "suite"), _CAPTION, may_be_empty=True),
    Input("captions.jsonl", ("captions.jsonl", "suite"), (*_DRY, "--condition", "caption", "--captions", "captions.jsonl")),
    Input("prompt.txt", ("prompt.txt", "suite"), (*_CAPTION[:6], "new.jsonl", "--no-canary", "--prompt", "prompt.txt")),
    Input("prices.json", ("prices.json", "suite"), (*_DRY, "--prices", "prices.json")),
    Input("scene.json", ("scene.json",), ("synth", "scene", "scene.json", "--out", "scene.wav")),
    Input("head.sofa", ("head.sofa",), (*_BUILD, "--hrtf", "head.sofa")),
    Input("recordings/0.wav", ("recordings",), (*_BUILD, "--recordings", "recordings")),
    Input("mine.py", (), ("run", "--model", "mine.py:Mine", "--suite", "suite", "--out", "new", "--no-canary")),
    Input("data/meta_info/foundation_perception.json", ("data",), ("run", "--model", "random", "--suite", "star-bench:data", "--out", "new")),
)  # fmt: skip


def _sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(2**30)


def _nested(path: Path) -> None:
    path.write_bytes(b"[" * 200_000 + b"]" * 200_000 + b"\n")


def _nested_objects(path: Path) -> None:
    path.write_bytes(b'{"a":' * 100_000 + b"1" + b"}" * 100_000 + b"\n")


def _socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))


def _bytes(content: bytes, path: Path) -> None:
    path.write_bytes(content)


_TEXT = b'{"name": "\\ud800", "id": "\\udfff\\u0000", "identity": "\\ud800", "schema_version": 2}\n'
ATTACKS: dict[str, Callable[[Path], object]] = {
    "a FIFO": os.mkfifo,
    "/dev/zero": lambda path: path.symlink_to("/dev/zero"),
    "a socket": _socket,
    "200,000 brackets": _nested,
    "100,000 objects": _nested_objects,
    "surrogates": partial(_bytes, _TEXT),
    "NUL bytes": partial(_bytes, b"\x00" * 4096 + b"\n"),
    "binary": partial(_bytes, Random(0).randbytes(5000)),
    "UTF-16": partial(_bytes, '{"name": "x"}\n'.encode("utf-16")),
    "Infinity": partial(_bytes, b"[Infinity, NaN, 1e999]\n"),
    "a number of 10,000 digits": partial(_bytes, b'{"schema_version": ' + b"9" * 10_000 + b"}\n"),
    "a directory": Path.mkdir,
    "a loop of links": lambda path: path.symlink_to(path.name),
    "a link to nothing": lambda path: path.symlink_to("nothing"),
    "empty": Path.touch,
    "1 GB of zeros": _sparse,
    "a million lines": partial(_bytes, b"{}\n" * 1_000_000),
}


def kinds() -> list[FaultKind]:
    return [
        FaultKind(
            f"hostile files: {attack}", [_label(i, one) for i, one in enumerate(INPUTS)], _judge, short=1
        )
        for attack in ATTACKS
    ]


def _label(number: int, one: Input) -> str:
    return f"{one.file} by {one.command[0]} ({number})"


def _data_set(folder: Path) -> None:
    """A folder of the official layout, without any item."""
    (folder / "data" / "meta_info").mkdir(parents=True)
    for part in ("foundation_perception", "holistic_reasoning_spatial", "holistic_reasoning_temporal"):
        (folder / "data" / "meta_info" / f"{part}.json").write_text("[]")


def lay_out(case: Case, one: Input) -> Path:
    """Copy what the command reads, and return the file that is attacked."""
    for name in dict.fromkeys((*one.copies, "suite")):
        if name == "data":
            _data_set(case.folder)
        else:
            case.world.copy(name, case.folder)
    return case.folder / one.file


def _judge(case: Case) -> Judgement:
    one = INPUTS[int(case.label.rpartition("(")[2][:-1])]
    file = lay_out(case, one)
    if file.is_dir():
        shutil.rmtree(file)
    file.unlink(missing_ok=True)
    attack = _attack_of(case)
    ATTACKS[attack](file)
    ended = child.command(*one.command, cwd=case.folder, seconds=3 * _SECONDS, cpu_s=_SECONDS, memory=_MEMORY)
    if problem := ended_badly(ended):
        return problem
    # A file that holds nothing yet is begun, whatever it is.
    is_empty = attack == "empty" or (attack in _SIZELESS and one.command[0] == "caption")
    if (is_empty and one.may_be_empty) or (attack in _ABSENT and one.file == "run/canary.json"):
        return OK
    if one.file.startswith("prompt") and attack not in _NEVER_TEXT and ended.code == 0:
        return OK  # any text is a prompt
    if attack == "surrogates" and one.file == "suite/suite.json":
        return OK  # its name is made fit for paths
    if ended.code == 0:
        return Judgement(Verdict.WRONG, "was accepted")
    if attack == "empty" and one.command[0] == "score" and ended.code == 1:
        return OK
    file = Path(one.file)
    if not any(name in ended.err for name in (file.name, file.parent.name or file.stem)):
        return Judgement(Verdict.WRONG, f"the message does not name the file: {ended.complaint}")
    sentences = [line for line in ended.err.splitlines() if line.startswith("starbench: ")]
    if len(sentences) != 1 or len(ended.err) > 5000:
        return Judgement(
            Verdict.WRONG, f"{len(sentences)} sentences, {len(ended.err)} characters: {ended.complaint}"
        )
    return OK


_SIZELESS = ("a link to nothing", "a FIFO", "/dev/zero", "a socket")
_ABSENT = ("a link to nothing",)
_NEVER_TEXT = ("a FIFO", "/dev/zero", "a socket", "a directory", "a loop of links", "1 GB of zeros", "binary")


def _attack_of(case: Case) -> str:
    return case.kind.removeprefix("hostile files: ")
