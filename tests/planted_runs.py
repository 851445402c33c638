"""Runs on disk whose every outcome is planted: condition -> item -> how its trials ended."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from starbench.runs import directory
from starbench.runs import journal as journals
from starbench.schema import (
    Capabilities,
    Failure,
    Identity,
    Item,
    JournalLine,
    Outcome,
    Run,
    SuiteIdentity,
    Trial,
)

#: How a trial can end, as a server's reply would have it; ``right`` and ``wrong`` are answers.
REPLIES: Mapping[str, dict[str, Any]] = {
    "right": {"outcome": Outcome.ANSWERED, "response": "<A>"},
    "wrong": {"outcome": Outcome.ANSWERED, "response": "<B>"},
    "refused": {"outcome": Outcome.REFUSED, "response": "I cannot hear audio.", "stop": "end"},
    "blocked": {"outcome": Outcome.BLOCKED, "response": None, "stop": "blocked"},
    "truncated": {"outcome": Outcome.TRUNCATED, "response": "The first", "stop": "length"},
    "unparsed": {"outcome": Outcome.UNPARSED, "response": "Both are nice."},
    "empty": {"outcome": Outcome.EMPTY, "response": None},
    "error": {"outcome": Outcome.ERROR, "response": None, "error": Failure(kind="server", message="500")},
}
ENDINGS = (*REPLIES, "missing")

Endings = Mapping[str, Iterable[str]]


def item(name: str, sub_category: str | None, task: str = "T") -> Item:
    fields = {
        "id": name,
        "task": task,
        "sub_category": sub_category,
        "question": "Which?",
        "options": ("first", "second"),
        "answer": "first",
        "audio_paths": ("a.wav",),
    }
    return Item.model_validate(fields)


def trial(of: Item, rotation: int, condition: str) -> Trial:
    return Trial(
        suite="s",
        item_id=of.id,
        rotation=rotation,
        condition=condition,
        protocol="starbench",
        options=of.options,
        contents=(0, 1),
        clip_order=(0,),
        answer_letter="A",
        parts=(),
    )


def write(
    path: Path,
    conditions: Mapping[str, Endings],
    *,
    sub: Callable[[str], str | None] = lambda _: None,
    suite: Mapping[str, Any] | None = None,
    run: Mapping[str, Any] | None = None,
    **changed: Any,
) -> Path:
    """A run's directory: condition -> item -> how its trials ended, one a rotation."""
    path.mkdir(parents=True)
    of_suite = {
        "name": "s",
        "digest": "d" * 64,
        "protocol": "starbench",
        "prompt_version": "1",
        **(suite or {}),
    }
    asked = {
        "suites": (SuiteIdentity(**of_suite),),
        "model": "m",
        "model_args": {},
        **{k: v for k, v in changed.items() if k.startswith("model")},
        "setup": {
            "conditions": tuple(conditions),
            **{k: v for k, v in changed.items() if not k.startswith("model")},
        },
    }
    items = {name: item(name, sub(name)) for endings in conditions.values() for name in endings}
    its = {"suite": of_suite["name"], "protocol": of_suite["protocol"]}
    planned = [
        (trial(items[name], rotation, condition).model_copy(update=its), how)
        for condition, endings in conditions.items()
        for name, ends in endings.items()
        for rotation, how in enumerate(ends)
    ]
    record = Run(identity=Identity(**asked), capabilities=Capabilities(), created="now", **(run or {}))
    directory.begin(
        path, record, {(its["suite"], name): found for name, found in items.items()}, [t for t, _ in planned]
    )
    with journals.LineWriter(path / journals.NAME) as journal:
        for made, how in planned:
            if how != "missing":
                journal.append(line(made, how))
    return path


def line(made: Trial, how: str) -> JournalLine:
    return JournalLine(
        **made.model_dump(include={"suite", "item_id", "rotation", "condition", "protocol", "answer_letter"}),
        **REPLIES[how],
        letter={"right": "A", "wrong": "B"}.get(how),
        correct=how == "right",
        attempts=1,
        latency_s=0.0,
        model="m",
        request_digest="d",
        at="now",
    )
