"""Parity: what the official evaluator says on given inputs, ours says too."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from starbench import protocols
from starbench.planning.trials import plan_trials
from starbench.protocols.base import Result
from starbench.protocols.star_bench import official_letter
from starbench.schema import ClipSpec, Item, Outcome, Response, TextSpec
from starbench.tasks.star_bench import StarBench

CONDITIONS = {
    "tr": "audio",
    "tr_cap": "audio+caption",
    "tr_uncut": "audio+uncut",
    "sr": "audio",
    "sr_ch": "split",
    "pc": "audio",
}


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_prompts_rotations_and_letters_are_the_official_ones(shared: Path, samples: Path) -> None:
    suite = StarBench().load(str(samples))
    items = {item.id: item for item in suite.items}
    planned = plan_trials(
        "s", suite.items, suite.clips, protocols.get("star-bench"), sorted(set(CONDITIONS.values()))
    )
    trials = {(t.item_id, t.rotation, t.condition): t for t in planned.trials}
    vectors = _lines(shared / "official-vectors" / "prompts.jsonl")
    assert len(vectors) == 106
    for vector in vectors:
        trial = trials.pop((vector["id"], vector["rotate_id"], CONDITIONS[vector["dataset"]]))
        item = items[trial.item_id]
        assert [_as_official(part, item, vector["dataset"]) for part in trial.parts] == vector["prompts"]
        assert f"<{trial.answer_letter}>" == vector["meta"]["answer_letter"]
        assert list(trial.options) == vector["meta"]["options"]
        assert not trial.extension
    # What is left is what the official evaluator does not ask: ears of perception items, each marked.
    assert all(t.extension and t.condition == "split" for t in trials.values())


def _as_official(part: TextSpec | ClipSpec, item: Any, dataset: str) -> dict[str, str]:
    if isinstance(part, TextSpec):
        return {"type": "text", "value": part.text}
    path = item.uncut_audio_path if part.clip == -1 else item.audio_paths[part.clip]
    if dataset == "sr_ch":
        path = f"{Path(path).stem}_{part.transform}.wav"
    else:
        assert part.transform == "native"
    return {"type": "audio", "value": path}


def test_parser_letters_are_the_official_ones(shared: Path) -> None:
    vectors = _lines(shared / "official-vectors" / "parser.jsonl")
    assert len(vectors) == 600
    for vector in vectors:
        found = official_letter(vector["response"], tuple(vector["options"]))
        assert (f"<{found}>" if found else "Z") == vector["letter"], vector


@pytest.mark.parametrize(
    ("text", "stop", "outcome", "letter", "truncated"),
    [
        ("<B>", "end", Outcome.ANSWERED, "B", False),
        ("<B> because", "length", Outcome.ANSWERED, "B", True),
        ("the answer is a dog", "end", Outcome.UNPARSED, None, False),
        ("no idea", "end", Outcome.UNPARSED, None, False),
        ("  ", "length", Outcome.TRUNCATED, None, True),
        (None, "blocked", Outcome.BLOCKED, None, False),
        (None, "refused", Outcome.REFUSED, None, False),
        ("I cannot choose option A.", "refused", Outcome.REFUSED, None, False),
        ("", "end", Outcome.EMPTY, None, False),
    ],
)
def test_every_delivered_text_is_parsed_and_a_cut_one_flagged(text, stop, outcome, letter, truncated) -> None:
    reading = protocols.get("star-bench").read(Response(text=text, stop=stop), ("one", "two"))
    assert (reading.outcome, reading.letter, reading.truncated) == (outcome, letter, truncated)


def _result(line: dict[str, Any]) -> Result:
    fields = {name: line[name] for name in ("id", "task", "category", "sub-category", "options")}
    letter = line["answer_letter"].strip("<>")
    answer = line["options"][ord(letter) - ord("A")]
    item = Item(**fields, question="?", answer=answer, audio_paths=("clip.wav",))
    outcome = Outcome.ANSWERED if line["prediction"] != "Z" else Outcome.UNPARSED
    return Result(item, item.options, letter, line["model_response"], outcome, line["is_correct"])


def test_figures_are_the_official_ones_to_the_printed_digit(shared: Path) -> None:
    folder = shared / "official-vectors" / "metrics"
    results = [
        _result(line)
        for name in ("tr", "sr", "pc")
        for line in _lines(folder / f"{name}.infer_results.jsonl")
    ]
    assert protocols.get("star-bench").figures(results) == json.loads(
        (folder / "performance.json").read_text("utf-8")
    )


def test_letters_of_the_simulated_run_are_parsed_and_scored_alike(shared: Path) -> None:
    for name in ("tr", "sr", "pc"):
        for line in _lines(shared / "official-vectors" / "metrics" / f"{name}.infer_results.jsonl"):
            found = official_letter(line["model_response"], tuple(line["options"]))
            assert (f"<{found}>" if found else "Z") == line["prediction"]
            assert (f"<{found}>" == line["answer_letter"]) == line["is_correct"]
