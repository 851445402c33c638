"""Runs under official protocols whose replies are given, and replies of many kinds to questions that are given."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from starbench import protocols
from starbench.planning.trials import plan_trials
from starbench.protocols import read_response
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
    Setup,
    SuiteIdentity,
)
from starbench.suites.clip_info import ClipInfo

CLIP = "clip.wav"
#: In place of a reply: the request failed.
FAILED = None


def item(name: str, options: Sequence[str], answer: str, **fields: Any) -> Item:
    """A question; the fields of its benchmark's record are ``published``."""
    published = fields.pop("published", {})
    usual = {"task": "task", "question": "Which?", "audio_paths": (CLIP,)}
    return Item.model_validate(
        {
            **usual,
            "id": name,
            "options": tuple(options),
            "answer": answer,
            "truth": {"published": published},
            **fields,
        }
    )


def write(
    path: Path,
    protocol: str,
    items: Sequence[Item],
    replies: Sequence[str | None],
    *,
    setup: Mapping[str, Any] | None = None,
    run: Mapping[str, Any] | None = None,
) -> Path:
    """A run's directory, a reply an item; ``FAILED`` stands for a request that failed."""
    path.mkdir(parents=True)
    used = protocols.get(protocol)
    suite = SuiteIdentity(name="s", digest="d" * 64, protocol=protocol, prompt_version=used.prompt_version)
    identity = Identity(suites=(suite,), model="m", model_args={}, setup=Setup(**(setup or {})))
    clips = {CLIP: ClipInfo("1" * 64, 1, 16000, 1.0)}
    trials = plan_trials("s", items, clips, used, ["audio"]).trials
    record = Run(identity=identity, capabilities=Capabilities(), created="now", **(run or {}))
    directory.begin(path, record, {("s", one.id): one for one in items}, trials)
    with journals.LineWriter(path / journals.NAME) as journal:
        for trial, of, reply in zip(trials, items, replies, strict=True):
            reading = read_response(protocol, reply, "end", trial.options, question=of.question)
            failed = {
                "outcome": Outcome.ERROR,
                "letter": None,
                "error": Failure(kind="server", message="500"),
            }
            ended = failed if reply is FAILED else {"outcome": reading.outcome, "letter": reading.letter}
            given = trial.model_dump(
                include={"suite", "item_id", "rotation", "condition", "protocol", "answer_letter"}
            )
            journal.append(
                JournalLine(
                    **given,
                    **ended,
                    response=reply,
                    correct=reading.letter == trial.answer_letter,
                    attempts=1,
                    latency_s=0.0,
                    model="m",
                    request_digest="d",
                    at="now",
                )
            )
    return path


def _other(options: Sequence[str], answer: str) -> str:
    return next(option for option in [*options[::-1], "nothing"] if option != answer)


def _letter(options: Sequence[str], answer: str) -> str:
    return "ABCDEFGHIJ"[list(options).index(answer)]


#: What a model may say to a question, from its options and the right one: each kind meets a rule of some scorer.
KINDS: tuple[Callable[[Sequence[str], str], str], ...] = (
    lambda options, answer: answer,
    lambda options, answer: options[0],
    _letter,
    lambda options, answer: f"({_letter(options, answer)}) {answer}",
    lambda options, answer: f"The answer is {answer}.",
    lambda options, answer: f"It is {answer}, not {_other(options, answer)}.",
    lambda options, answer: f"It is not {answer}.",
    lambda options, answer: answer.split()[0],
    lambda options, answer: "",
    lambda options, answer: "I'm sorry, but I cannot listen to audio.",
    _other,
    lambda options, answer: f"**{answer.upper()}!!!**",
    lambda options, answer: " ".join(answer.split()[::-1]),
    lambda options, answer: f"“{answer}”—",
    lambda options, answer: " \n\t ",
    lambda options, answer: f"<{_letter(options, answer)}>",
    lambda options, answer: answer.replace(" ", "_"),
    lambda options, answer: unicodedata.normalize("NFD", f"é{answer}"),
    lambda options, answer: ", ".join(options),
    lambda options, answer: f"{answer} because I hear {_other(options, answer)}",
    lambda options, answer: "None",
    lambda options, answer: f"Answer: {_letter(options, answer)}",
    lambda options, answer: f"The answer is {_letter(options, answer)}.",
    lambda options, answer: f"The answer is {_letter(options, answer)}",
    lambda options, answer: f"The correct answer is: {_letter(options, answer)}\n",
    lambda options, answer: f"Based on the sound, I choose option {_letter(options, answer)}.",
    lambda options, answer: f"{_letter(options, answer)}\n\nbecause of the echo",
    lambda options, answer: answer.casefold() + "\u200b",
)


def replies(choices: Sequence[Sequence[str]], answers: Sequence[str]) -> list[str]:
    """A reply a question, every kind in turn."""
    pairs = zip(choices, answers, strict=True)
    return [KINDS[number % len(KINDS)](options, answer) for number, (options, answer) in enumerate(pairs)]
