"""Text that moves cursors, turns lines round or breaks tables, in every place that text comes from."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable
from io import StringIO
from itertools import product
from pathlib import Path
from typing import Any

from . import child
from .campaign import OK, Case, FaultKind, Judgement, Verdict
from .exchange import Exchange, completion
from .server import serving
from .server_faults import ended_badly
from .world import ITEMS, item, write_suite

TEXTS = {
    "escape sequences": "x\x1b[31mred\x1b]0;title\x07y",
    "C1": "x\x9b31m\x85y\x7f",
    "bidi": "x\u202eabc\u2066\u200f\u061cy",
    "a table": "x | y\n| c | d |\n|---|---|\n\n# heading",
    "markup": "x <script>a</script> **b** [c](http://d.example) `e` ![f](g)",
    "surrogates": "x\ud800y\udcff",
    "NUL": "x\x00y",
    "line breaks": "x\u2028y\u2029z\x0b\x0c\r\nw",
    "a formula": '=cmd|" /C calc"!A0',
    "very long": "x" * 100_000,
    "nothing visible": "\u200b\u00ad\ufeff",
}
_FIELDS = ("id", "task", "category", "sub_category", "question", "options", "level_unit", "captions", "flags")
_REPLIES = ("reply", "served model", "finish reason", "error message", "caption")
_OPTIONS = ("label", "model name", "model argument")
PLACES = (*_FIELDS, "suite name", *_REPLIES, *_OPTIONS)
_UNFIT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_PIPE = re.compile(r"(?<!\\)\|")


def kinds() -> list[FaultKind]:
    groups = {"questions": (*_FIELDS, "suite name"), "replies": _REPLIES, "options": _OPTIONS}
    return [
        FaultKind(
            f"hostile text: {group}", [f"{text} in {place}" for text, place in product(TEXTS, places)], _judge
        )
        for group, places in groups.items()
    ]


def _suite(root: Path, place: str, text: str) -> Path:
    items: list[Any] = [item(number) for number in range(ITEMS)]
    for number, one in enumerate(items):
        if place == "options":
            one["options"] = [f"{option} {text}" for option in one["options"]]
            one["answer"] = one["options"][number % 4]
        elif place == "captions":
            one["captions"] = {"plain": [text], "full": [f"{number} {text}"]}
        elif place == "flags":
            one["flags"] = [text]
        elif place == "sub_category":
            one["sub-category"] = text
        elif place in one:
            one[place] = f"{number} {text}" if place in ("id", "question") else text
    return write_suite(root, items, {"name": text} if place == "suite name" else {})


def _reply(place: str, text: str) -> Callable[[Exchange, int], None]:
    def behave(exchange: Exchange, _: int) -> None:
        if place == "error message":
            exchange.send(json.dumps({"error": {"message": text, "code": text}}), "400 Bad")
        elif place == "served model":
            exchange.send(json.dumps(completion("<A>", model=text)))
        elif place == "finish reason":
            exchange.send(json.dumps(completion("<A>", finish=text)))
        else:
            exchange.send(json.dumps(completion(f"{text} <A>" if place == "reply" else "<A>")))

    return behave


def _judge(case: Case) -> Judgement:
    name, place = case.label.split(" in ")
    text = TEXTS[name]
    suite = _suite(case.folder / "suite", place, text)
    with serving(_reply(place, text)) as server:
        for arguments in _commands(place, text, server.url, suite):
            ended = child.command(*arguments, cwd=case.folder, seconds=20)
            if problem := ended_badly(ended) or _unfit_screen(ended, arguments):
                return problem._replace(detail=f"{arguments[0]}: {problem.detail}")
    for file in sorted(case.folder.rglob("*")):
        if file.is_file() and suite not in file.parents and (problem := unfit_file(file)):
            return problem
    return OK


def _commands(place: str, text: str, url: str, suite: Path) -> list[tuple[str, ...]]:
    """What a user would run; a later command finds nothing where an earlier one refused."""
    value = text.replace("\x00", "")
    model = f"openai:{value}" if place == "model name" else "openai:m"
    given: tuple[str, ...] = (
        "--model",
        model,
        "--base-url",
        url,
        "--suite",
        str(suite),
        "--no-canary",
        "--backoff",
        "0.01",
    )
    given += ("--model-arg", f"system={value}") if place == "model argument" else ()
    ask = ("run", *given, "--out", "runs/a", *(("--name", value) if place == "label" else ()))
    conditions = ("--condition", "audio,caption:plain") if place == "captions" else ()
    return [
        (*ask, "--dry-run", *conditions),
        (*ask, *conditions),
        ("caption", *given, "--out", "captions.jsonl"),
        ("score", "runs/a"),
        ("score", "runs/a", "--json"),
        ("compare", "runs/a", "runs/a", "--json", "compare.json"),
        ("export", "runs/a", "--to", "csv", "--out", "trials.csv"),
        ("export", "runs/a", "--to", "csv", "--scores", "--out", "scores.csv"),
        ("leaderboard", "runs/a", "--out", "."),
        ("list", "runs", "."),
        ("list", "suites", "."),
        ("verify", str(suite), "--workers", "1"),
    ]


def _unfit_screen(ended: child.Ended, arguments: tuple[str, ...]) -> Judgement | None:
    texts = [ended.err] if "--json" in arguments else [ended.out, ended.err]
    if arguments[0] == "score" and "--json" in arguments and ended.out:
        try:
            _strict(ended.out)
        except ValueError as error:
            return Judgement(Verdict.WRONG, f"prints what is not JSON: {error}")
    for text in texts:
        if unfit := _UNFIT.search(text):
            at = text[max(0, unfit.start() - 60) : unfit.start()].rpartition("\n")[2]
            return Judgement(Verdict.WRONG, f"shows {unfit[0]!r} after {at!r}")
    return None


def _strict(text: str) -> Any:
    def refuse(constant: str) -> None:
        raise ValueError(f"{constant} is not JSON")

    return json.loads(text, parse_constant=refuse)


def unfit_file(file: Path) -> Judgement | None:
    try:
        text = file.read_bytes().decode()
        if file.suffix == ".json":
            _strict(text)
        elif file.suffix == ".jsonl":
            for line in text.split("\n"):
                _strict(line or "null")
    except ValueError as error:
        return Judgement(Verdict.WRONG, f"{file.name} is not strict: {error}")
    if file.suffix == ".csv":
        widths = {len(row) for row in csv.reader(StringIO(text, newline=""))}
        return (
            Judgement(Verdict.WRONG, f"{file.name} has rows of {widths} cells") if len(widths) > 1 else None
        )
    if file.suffix != ".md":
        return None
    if unfit := _UNFIT.search(text):
        return Judgement(Verdict.WRONG, f"{file.name} holds {unfit[0]!r}")
    for block in text.split("\n\n"):
        rows = [line for line in block.split("\n") if line.startswith("|")]
        widths = {len(_PIPE.findall(row)) for row in rows}
        if len(widths) > 1 or (rows and "<script" in block):
            return Judgement(Verdict.WRONG, f"{file.name} has rows of {widths} cells")
    return None
