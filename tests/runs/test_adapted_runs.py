"""Adapted prompts as they reach a model of one clip and one channel, and what a run's record says of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_model import BELL, HORN, MODEL, TAP, Bench, item

from starbench.audio import FULL_SCALE, Audio, join, resample
from starbench.errors import AudioError
from starbench.reporting.entries import read_entries
from starbench.reporting.leaderboard import board
from starbench.reporting.words import inapplicable_sentence
from starbench.suites.clip_store import ClipStore
from starbench.suites.suite import read


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Bench:
    (tmp_path / "small.py").write_text(MODEL)
    monkeypatch.chdir(tmp_path)
    return Bench(tmp_path, capsys)


def test_left_then_right_with_zeros_between_reach_a_model_of_one_clip_and_one_channel(bench: Bench) -> None:
    suite = bench.suite("ears", item("one", "bell"), item("two", "bell", "horn"), item("whole", "tap"))
    code, said = bench.run(suite, "--clips", "concat", "--channels", "split", "--gap", "0.01")
    assert code == 0, said
    (one, (ears,)), (two, (both,)), (whole, (tap,)) = bench.arrived()
    gap = np.zeros((160, 1), np.int16)
    assert np.array_equal(ears, np.concatenate([BELL[:, :1], gap, BELL[:, 1:]]))
    assert np.array_equal(
        both, np.concatenate([BELL[:, :1], gap, BELL[:, 1:], gap, HORN[:, :1], gap, HORN[:, 1:]])
    )
    assert np.array_equal(tap, TAP), "what the model takes is sent as it is"
    assert [one["rates"], two["rates"], whole["rates"]] == [[16000], [16000], [16000]]
    assert one["text"].startswith(
        "Audio, left ear:\n\nAudio, right ear:\n\n"
        "The 2 clips named above follow as one recording, in that order, "
        "with 0.01 s of silence between them:\nWhat is one?"
    )
    assert two["text"].count(" ear:") == 4
    assert "follow as one" not in whole["text"]
    record = bench.record()
    assert bench.changes() == [
        "2 of 3 trials with sound: clips of two channels split into left ear and right ear",
        "1 of 3 trials with sound: 2 clips joined into one, 0.01 s apart",
        "1 of 3 trials with sound: 4 clips joined into one, 0.01 s apart",
    ]
    asked = {
        name: record["identity"]["setup"][name] for name in ("clips", "gap_s", "channels", "answer_mode")
    }
    assert asked == {"clips": "concat", "gap_s": 0.01, "channels": "split", "answer_mode": "text"}
    assert all(line in said for line in bench.changes()), "every adaptation is told before the run"


def test_mono_is_the_plain_mean(bench: Bench) -> None:
    code, said = bench.run(bench.suite("ears", item("one", "bell")), "--channels", "mono")
    assert code == 0, said
    ((_, (clip,)),) = bench.arrived()
    assert np.array_equal(clip, np.rint(BELL.mean(axis=1, keepdims=True)).astype(np.int16))
    assert bench.record()["identity"]["setup"]["gap_s"] is None


def test_clips_of_two_rates_are_joined_at_the_higher_and_it_is_told(bench: Bench) -> None:
    suite = bench.suite("rates", item("one", "tap", "high"))
    code, said = bench.run(suite, "--clips", "concat", "--gap", "0")
    assert code == 0, said
    ((told, (clip,)),) = bench.arrived()
    assert told["rates"] == [32000]
    assert np.array_equal(clip, np.concatenate([resample(Audio(TAP, 16000), 32000).pcm, TAP]))
    assert bench.changes() == [
        "1 of 1 trials with sound: 2 clips joined into one, 0 s apart, "
        "resampled to 32000 Hz, the highest rate among them"
    ]


def test_clips_sent_at_one_rate_are_joined_at_that(bench: Bench) -> None:
    suite = bench.suite("rates", item("one", "tap", "high"))
    code, said = bench.run(suite, "--clips", "concat", "--gap", "0.01", "--rate", "8000")
    assert code == 0, said
    ((told, (clip,)),) = bench.arrived()
    assert told["rates"] == [8000]
    assert clip.shape == (160 + 80 + 80, 1)
    assert bench.changes() == [
        "all clips resampled to 8000 Hz, as --rate asks",
        "1 of 1 trials with sound: 2 clips joined into one, 0.01 s apart",
    ]


@pytest.mark.parametrize(
    ("clips", "options", "told"),
    [
        (["bell"], (), "clips of 2 channels, and the model takes 1: --channels mono or --channels split"),
        (["tap", "tap"], (), "2 clips, and the model takes 1: --clips concat"),
        (["bell", "tap"], ("--clips", "concat"), "--channels split or --channels mono"),
        (["tap", "tap"], ("--clips", "concat", "--model-arg", "max_seconds=0.5"), "longer than the 0.5 s"),
    ],
)
def test_what_the_model_cannot_take_is_refused_before_anything_is_asked(
    bench: Bench, clips: list[str], options: tuple[str, ...], told: str
) -> None:
    code, said = bench.run(bench.suite("s", item("one", *clips)), *options)
    assert code == 2
    assert told in " ".join(said.split())
    assert not (bench.folder / "arrived").exists()
    assert not (bench.folder / "run").exists()


def test_items_beyond_the_model_are_counted_and_the_others_asked(bench: Bench) -> None:
    suite = bench.suite("s", item("one", "bell"), item("other", "horn"), item("whole", "tap"))
    assert bench.run(suite)[0] == 0
    (left_out,) = bench.run_record().inapplicable
    assert (left_out.suite, left_out.condition, left_out.items) == ("s", "audio", 2)
    assert (left_out.code, left_out.values) == ("channels", {"channels": 2, "most": 1})
    assert left_out.fixes == ("--channels mono", "--channels split --clips concat")
    assert inapplicable_sentence(left_out) == (
        "s: audio: clips of 2 channels, and the model takes 1: "
        "--channels mono or --channels split --clips concat"
    )
    assert len(bench.arrived()) == 1


@pytest.mark.parametrize(
    ("changed", "name"),
    [
        (("--clips", "concat", "--channels", "mono"), "channels"),
        (("--clips", "concat", "--channels", "split", "--gap", "0.25"), "gap_s"),
        (("--channels", "split", "--model-arg", "max_clips=9"), "clips"),
        (("--clips", "concat", "--channels", "split", "--answer-mode", "choice"), "answer_mode"),
    ],
)
def test_a_run_goes_on_only_under_the_policy_it_was_begun_with(
    bench: Bench, changed: tuple[str, ...], name: str
) -> None:
    suite = bench.suite("s", item("one", "bell"))
    assert bench.run(suite, "--clips", "concat", "--channels", "split")[0] == 0
    assert bench.run(suite, "--clips", "concat", "--channels", "split")[0] == 0
    code, said = bench.run(suite, *changed)
    assert code == 2
    assert f"another run ({name} was" in " ".join(said.split()) or f"; {name} was" in " ".join(said.split())


def test_a_model_that_has_come_to_take_more_is_not_asked_in_another_way_half_way(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    (bench.folder / "grows.py").write_text(
        "import os\nfrom starbench.schema import Capabilities\n"
        "class Grows:\n"
        "    def __init__(self):\n"
        "        self.capabilities = Capabilities(max_clips=int(os.environ['MOST']))\n"
        "    def generate(self, prompt):\n        return '<A>'\n"
    )
    suite = bench.suite("s", item("one", "tap", "tap"))
    monkeypatch.setenv("MOST", "1")
    assert bench.run(suite, "--clips", "concat", model="grows.py:Grows")[0] == 0
    monkeypatch.setenv("MOST", "2")
    code, said = bench.run(suite, "--clips", "concat", model="grows.py:Grows")
    assert code == 2
    assert "what the model declares it can take has changed" in " ".join(said.split())


def test_an_answer_mode_reaches_the_model_makes_another_request_and_is_refused_where_unknown(
    bench: Bench,
) -> None:
    suite = bench.suite("s", item("one", "tap"))
    for mode in ("text", "choice"):
        assert bench.run(suite, "--answer-mode", mode, out=mode)[0] == 0
    assert sorted(told["mode"] for told, _ in bench.arrived()) == ["choice", "text"]
    lines = [json.loads((bench.folder / mode / "trials.jsonl").read_text()) for mode in ("text", "choice")]
    assert lines[0]["request_digest"] != lines[1]["request_digest"]
    code, said = bench.run(suite, "--answer-mode", "logprobs", out="none")
    assert code == 2
    assert "--answer-mode logprobs: model 'small.py:Small' knows text, choice" in " ".join(said.split())


def test_another_policy_or_answer_mode_is_another_table(bench: Bench) -> None:
    suite = bench.suite("s", item("one", "bell"))
    ways: dict[str, tuple[str, ...]] = {
        "mono": ("--channels", "mono"),
        "another model": ("--channels", "mono", "--model-arg", "max_seconds=9"),
        "split": ("--channels", "split", "--clips", "concat"),
        "both": ("--channels", "mono", "--clips", "concat"),
        "gap": ("--channels", "split", "--clips", "concat", "--gap", "1"),
        "choice": ("--channels", "mono", "--answer-mode", "choice"),
    }
    for out, options in ways.items():
        assert bench.run(suite, *options, out=out)[0] == 0
    tables = board(read_entries([bench.folder / out for out in ways])).tables
    assert sorted(len(table.rows) for table in tables) == [1, 1, 1, 1, 2]
    assert {table.setup.channels for table in tables} == {"mono", "split"}


# --- the sounds -----------------------------------------------------------------------------------


def test_joining_keeps_every_sample_and_rounds_the_gap() -> None:
    joined = join([Audio(BELL.copy(), 16000), Audio(HORN.copy(), 16000)], 0.00009)
    assert joined.rate == 16000
    assert np.array_equal(joined.pcm, np.concatenate([BELL, np.zeros((1, 2), np.int16), HORN]))
    assert joined.samples.dtype == np.float32
    assert np.array_equal(joined.samples[:480] * FULL_SCALE, BELL)
    with pytest.raises(AudioError, match="channel counts"):
        join([Audio(BELL.copy(), 16000), Audio(TAP.copy(), 16000)], 0.5)


@pytest.mark.parametrize("ear", ["left", "right"])
def test_a_clip_cut_by_a_policy_is_the_clip_cut_by_a_condition(bench: Bench, ear: Any) -> None:
    store = ClipStore(read(Path(bench.suite("s", item("one", "bell")))))
    path = "audio/bell.wav"
    assert store.get(path, "native", ear) is store.get(path, ear), "decoded and kept once"
    assert store.fingerprint(path, "native", ear) == store.fingerprint(path, ear)
    assert store.fingerprint(path, "swap", ear) != store.fingerprint(path, ear)
    other = {"left": 1, "right": 0}[ear]
    assert np.array_equal(store.get(path, "swap", ear).pcm, BELL[:, other : other + 1])
