"""Local models end to end on the CPU: the real command, real architectures, suites on disk, the journal."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import soundfile
from sound_prompts import noise, tone
from tiny_lalms import build_audio_flamingo3, build_qwen2_audio

from starbench.cli import main

RATE = 48_000


class Ran(NamedTuple):
    code: int
    said: str
    lines: list[dict[str, Any]]
    run: dict[str, Any]

    def outcomes(self) -> Counter[str]:
        return Counter(line["outcome"] for line in self.lines)


Run = Callable[..., Ran]


@pytest.fixture
def starbench(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """``starbench run --model transformers:MODEL --suite SUITE`` and what it left."""

    def run(model: str, suite: Path, *options: str, out: str = "run") -> Ran:
        command = [
            "run",
            "--model",
            f"transformers:{model}",
            "--suite",
            str(suite),
            "--out",
            str(tmp_path / out),
        ]
        usual = ["--model-arg", "device=cpu", "--model-arg", "max_new_tokens=8", "--rotations", "2"]
        monkeypatch.setattr(sys, "argv", ["starbench", *command, *usual, *options])
        capsys.readouterr()
        with pytest.raises(SystemExit) as stop:
            main()
        said = capsys.readouterr()
        journal, record = tmp_path / out / "trials.jsonl", tmp_path / out / "run.json"
        return Ran(
            int(stop.value.code or 0),
            said.out + said.err,
            [json.loads(line) for line in journal.read_text("utf-8").splitlines()]
            if journal.exists()
            else [],
            json.loads(record.read_text("utf-8")) if record.exists() else {},
        )

    return run


def write_suite(root: Path, items: dict[str, list[Any]]) -> Path:
    """Items of one question each, with the clips given as samples at 48 kHz."""
    (root / "audio").mkdir(parents=True)
    metadata = []
    for name, clips in items.items():
        paths = [f"audio/{name}{i}.wav" for i in range(len(clips))]
        for path, samples in zip(paths, clips, strict=True):
            soundfile.write(root / path, samples, RATE, "PCM_16")
        metadata.append(
            {
                "id": name,
                "task": "Listening",
                "question": f"Which is it, {name}?",
                "options": ["this", "that", "neither", "both"],
                "answer": "that",
                "audio_paths": paths,
            }
        )
    (root / "suite.json").write_text(json.dumps({"name": root.name}), "utf-8")
    (root / "metadata.jsonl").write_text("".join(json.dumps(line) + "\n" for line in metadata), "utf-8")
    return root


def sound(seconds: float, seed: int) -> np.ndarray:
    return noise(seconds, RATE, seed)


@pytest.fixture(scope="session")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three items of two clips of one channel."""
    items = {f"pair{i}": [sound(0.4, i), tone(500.0 * (i + 1), 0.6, RATE)] for i in range(3)}
    return write_suite(tmp_path_factory.mktemp("suites") / "pairs", items)


@pytest.fixture(scope="session")
def ears(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two items of one clip of two channels."""
    items = {f"ear{i}": [np.hstack([sound(0.5, i), sound(0.5, i + 9)])] for i in range(2)}
    return write_suite(tmp_path_factory.mktemp("suites") / "ears", items)


def test_free_text_is_journaled_with_what_was_heard_and_who_answered(
    starbench: Run, tiny_qwen2_audio: str, pairs: Path
) -> None:
    ran = starbench(tiny_qwen2_audio, pairs, "--no-canary", "--model-arg", "batch=4")
    assert ran.outcomes() == {"truncated": 6}  # random weights hardly ever end
    for line in ran.lines:
        assert line["usage"]["audio_tokens"] == 25  # a second in all, 25 tokens a second
        assert line["usage"]["output_tokens"] == 8
        assert line["served_model"].partition("@")[0] == Path(tiny_qwen2_audio).name
        assert line["finish_reason"] == "length"
    assert any(change.get("rate_hz") == 16000 for change in ran.run["adaptations"])
    assert ran.run["identity"]["model_args"]["batch"] == 4


@pytest.mark.parametrize("mode", ["text", "logprobs"])
def test_a_run_in_batches_gives_the_answers_of_a_run_of_singles(
    mode: str, starbench: Run, tiny_qwen2_audio: str, pairs: Path
) -> None:
    ran = [
        starbench(
            tiny_qwen2_audio,
            pairs,
            "--no-canary",
            "--answer-mode",
            mode,
            "--model-arg",
            f"batch={n}",
            out=f"b{n}",
        )
        for n in (1, 4)
    ]
    given = [{(line["item_id"], line["rotation"]): line["response"] for line in one.lines} for one in ran]
    assert len(given[0]) == 6
    assert given[0] == given[1]


@pytest.mark.parametrize(
    ("says", "outcome", "code"),
    [
        ("<B>", "answered", 0),
        ("I cannot listen to audio.", "refused", 0),
        ("It is either <A> or <B>.", "ambiguous", 0),
        ("What a lovely day.", "unparsed", 0),
        ("", "empty", 1),
    ],
)
def test_what_a_model_says_becomes_that_outcome(
    says: str, outcome: str, code: int, starbench: Run, pairs: Path, tmp_path: Path
) -> None:
    model = build_qwen2_audio(tmp_path / "model", says=says)
    ran = starbench(model, pairs, "--no-canary", "--model-arg", "max_new_tokens=32")
    assert ran.outcomes() == {outcome: 6}
    if outcome == "answered":
        assert ran.code == 0, ran.said
        assert {line["letter"] for line in ran.lines} == {"B"}


@pytest.mark.parametrize("build", [build_qwen2_audio, build_audio_flamingo3])
def test_letters_are_answers_by_construction(
    build: Callable[..., str], starbench: Run, ears: Path, tmp_path: Path
) -> None:
    model = build(tmp_path / "model", seed=3)
    for mode in ("choice", "logprobs"):
        ran = starbench(model, ears, "--no-canary", "--channels", "mono", "--answer-mode", mode, out=mode)
        assert ran.code == 0, ran.said
        assert ran.outcomes() == {"answered": 4}
        assert ran.run["identity"]["setup"]["answer_mode"] == mode
        for line in ran.lines:
            scores = line["letter_logprobs"]
            assert (scores is None) == (mode == "choice")
            assert scores is None or sorted(scores) == ["A", "B", "C", "D"]


def test_two_ears_are_refused_or_split_and_never_averaged_unasked(
    starbench: Run, tiny_qwen2_audio: str, ears: Path
) -> None:
    refused = starbench(tiny_qwen2_audio, ears, "--no-canary")
    assert refused.code == 2
    assert "--channels" in refused.said
    assert refused.lines == []
    split = starbench(tiny_qwen2_audio, ears, "--no-canary", "--channels", "split", out="split")
    assert [line["usage"]["audio_tokens"] for line in split.lines] == [2 * 12] * 4
    assert any(change["kind"] == "split" for change in split.run["adaptations"])


def test_a_model_of_one_clip_gets_several_as_one(
    starbench: Run, tiny_audio_flamingo3: str, pairs: Path
) -> None:
    refused = starbench(tiny_audio_flamingo3, pairs, "--no-canary")
    assert refused.code == 2
    assert "--clips concat" in refused.said
    assert refused.lines == []
    ran = starbench(
        tiny_audio_flamingo3, pairs, "--no-canary", "--clips", "concat", "--gap", "0.2", out="joined"
    )
    assert ran.outcomes()["error"] == 0
    assert [line["usage"]["audio_tokens"] for line in ran.lines] == [30] * 6  # 0.4 + 0.2 + 0.6 s
    assert any(change["kind"] == "concat" for change in ran.run["adaptations"])


def test_a_clip_that_would_be_cut_is_never_sent(
    starbench: Run, tiny_qwen2_audio: str, tmp_path: Path
) -> None:
    items = {"short": [sound(0.5, 1)], "long": [sound(40.0, 2)]}
    suite = write_suite(tmp_path / "lengths", items)
    ran = starbench(tiny_qwen2_audio, suite, "--no-canary")
    assert {line["item_id"] for line in ran.lines} == {"short"}
    assert any(one["values"] == {"most_s": 30.0} for one in ran.run["inapplicable"])


def test_silence_text_and_sound_are_all_asked(
    starbench: Run, tiny_audio_flamingo3: str, tmp_path: Path
) -> None:
    suite = write_suite(tmp_path / "one", {"one": [sound(0.5, 1)]})
    ran = starbench(
        tiny_audio_flamingo3, suite, "--no-canary", "--condition", "audio,silence,question-only",
        "--model-arg", "batch=3",
    )  # fmt: skip
    heard = Counter((line["condition"], line["usage"]["audio_tokens"]) for line in ran.lines)
    assert heard == {("audio", 12): 2, ("silence", 12): 2, ("question-only", 0): 2}


def test_a_run_that_cannot_be_is_one_sentence_and_exit_code_2(
    starbench: Run, tiny_qwen2_audio: str, pairs: Path, tmp_path: Path
) -> None:
    for model, options, said in (
        (str(tmp_path / "nowhere"), (), "cannot be loaded"),
        (tiny_qwen2_audio, ("--model-arg", "device=gpu"), "device=gpu"),
        (tiny_qwen2_audio, ("--model-arg", "batches=2"), "batches"),
        (tiny_qwen2_audio, ("--rate", "48000"), "reads 16000 Hz"),
    ):
        ran = starbench(model, pairs, "--no-canary", *options)
        assert ran.code == 2
        assert said in ran.said
        assert "Traceback" not in ran.said
        assert not ran.lines


def test_weights_are_found_damaged_before_anything_is_asked(
    starbench: Run, pairs: Path, tmp_path: Path
) -> None:
    model = build_qwen2_audio(tmp_path / "model")
    (Path(model) / "model.safetensors").write_bytes(b"nothing")
    ran = starbench(model, pairs)
    assert ran.code == 2
    assert "cannot be loaded" in ran.said
    assert ran.lines == []


def test_the_canary_finds_that_sound_arrives(
    starbench: Run, tiny_qwen2_audio: str, ears: Path, tmp_path: Path
) -> None:
    ran = starbench(
        tiny_qwen2_audio, ears, "--channels", "mono", "--answer-mode", "logprobs", "--limit", "1",
        "--model-arg", "batch=4", "--probe", "all",
    )  # fmt: skip
    assert ran.outcomes() == {"answered": 2}, ran.said
    canary = json.loads((tmp_path / "run" / "canary.json").read_text("utf-8"))
    assert canary["transport"] == "arrived"
    assert canary["hearing"] != "heard", "random weights know no tone from a noise"
