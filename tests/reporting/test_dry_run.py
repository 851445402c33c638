"""``run --dry-run``: what would be asked is shown, in true numbers, and nothing is asked or written."""

from __future__ import annotations

import json
import re
import socket
from math import ceil
from pathlib import Path
from threading import Thread

import pytest
from small_model import MODEL, Bench, item

PRICES = {
    "input_per_million": 2_000_000,
    "output_per_million": 10_000_000,
    "audio_per_million": 40_000_000,
    "audio_tokens_per_s": 100,
    "as_of": "2026-11-01",
    "source": "a price list",
}


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Bench:
    (tmp_path / "small.py").write_text(MODEL)
    (tmp_path / "prices.json").write_text(json.dumps(PRICES))
    monkeypatch.chdir(tmp_path)
    return Bench(tmp_path, capsys)


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below ``folder``, but what Python itself caches."""
    files = (path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {str(path): path.read_bytes() for path in files}


def row(said: str, *names: str) -> list[str]:
    """The numbers of the table's row that begins with ``names``."""
    rows = [line.split() for line in said.splitlines()]
    (found,) = [cells for cells in rows if cells[: len(names)] == list(names) and "│" not in cells]
    return found[len(names) :]


@pytest.fixture(autouse=True)
def wide_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """No column is left out."""
    monkeypatch.setenv("COLUMNS", "200")


# --- nothing happens ------------------------------------------------------------------------------


def test_no_server_is_connected_to_and_nothing_is_written(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-a-key-that-is-long-enough")
    connections: list[object] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def count() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                connections.append(connection)
                connection.close()

        listening = Thread(target=count, daemon=True)
        listening.start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}/v1"
        suite = bench.suite("s", item("one", "bell", "tap"))
        before = contents(bench.folder)
        code, said = bench.run(suite, "--dry-run", "--base-url", url, model="openai:m")
        assert code == 0, said
        assert f"openai:m at {url}" in said
        assert connections == []
        assert contents(bench.folder) == before
        # The same server is found by the same command without the option: the count can rise.
        bench.run(suite, "--base-url", url, "--max-attempts", "1", model="openai:m")
        assert connections
        server.shutdown(socket.SHUT_RDWR)
        listening.join(5)


def test_neither_check_nor_generate_is_called(bench: Bench) -> None:
    (bench.folder / "shy.py").write_text(
        "class Shy:\n"
        "    async def check(self):\n        raise RuntimeError('checked')\n"
        "    def generate(self, prompt):\n        raise RuntimeError('asked')\n"
    )
    suite = bench.suite("s", item("one", "tap"))
    assert bench.run(suite, "--dry-run", model="shy.py:Shy")[0] == 0
    assert "checked" in bench.run(suite, model="shy.py:Shy")[1]


# --- what is shown --------------------------------------------------------------------------------


def test_each_kind_of_prompt_is_shown_as_it_is_sent(bench: Bench) -> None:
    suite = bench.suite("s", item("one", "tap"), item("two", "bell", "horn"), item("three", "bell", "horn"))
    code, said = bench.run(suite, "--dry-run", "--clips", "concat", "--channels", "split")
    assert code == 0, said
    assert said.count("prompt: ") == 3
    assert (
        "prompt: s, two, condition audio; the only one of its kind\n"
        "  │ Audio 1, left ear:\n"
        "  │ Audio 1, right ear:\n"
        "  │ Audio 2, left ear:\n"
        "  │ Audio 2, right ear:\n"
        "  │ The 4 clips named above follow as one recording, in that order, "
        "with 0.5 s of silence between them:\n"
        "  │ ⟨clip: 1.64 s, 1 channel, 16000 Hz⟩\n"
        "  │ What is two?\n"
        "  │ <A>: This\n"
        "  │ <B>: That\n"
        "  │ Answer with the letter of exactly one option in angle brackets, such as <X>.\n"
    ) in said
    assert "  │ Audio:\n  │ ⟨clip: 0.02 s, 1 channel, 16000 Hz⟩\n  │ What is one?\n" in said
    assert "adapted: 2 of 3 trials with sound: 4 clips joined into one, 0.5 s apart\n" in said
    assert "adapted: 2 of 3 trials with sound: clips of two channels split" in said


def test_prompts_of_one_task_are_one_kind_until_some_are_adapted(bench: Bench) -> None:
    same = [item(name, "tap") | {"task": "same"} for name in ("a", "b")]
    other = item("c", "bell") | {"task": "same"}
    suite = bench.suite("s", *same, other)
    said = bench.run(suite, "--dry-run", "--channels", "mono")[1]
    assert "prompt: s, same, condition audio; 2 trials like it\n" in said
    assert "prompt: s, same, condition audio; the only one of its kind\n" in said
    assert said.count("prompt: ") == 2


def test_counts_tokens_and_cost_are_those_of_what_is_sent(bench: Bench) -> None:
    suite = bench.suite("s", item("one", "tap", "tap"), item("two", "bell"))
    options = ["--clips", "concat", "--gap", "0.255", "--channels", "mono"]
    options += ["--condition", "audio,question-only"]
    code, said = bench.run(suite, "--dry-run", *options, "--prices", "prices.json")
    assert code == 0, said
    assert bench.run(suite, *options)[0] == 0
    arrived = [told for told, _ in bench.arrived()]
    for condition, sent in (
        ("audio", [told for told in arrived if told["rates"]]),
        ("question-only", [told for told in arrived if not told["rates"]]),
    ):
        assert len(sent) == 2
        sound = ceil(100 * sum(told["seconds"] for told in sent))
        text = ceil(sum(told["characters"] for told in sent) / 4)
        clips = sum(len(told["rates"]) for told in sent)
        seconds = f"{sum(told['seconds'] for told in sent):.1f}"
        dollars = 2 * text + 40 * sound + 10 * 200
        assert row(said, "s", condition) == [
            *("2", "2", str(clips), seconds),
            *(f"{text + sound:,}", str(sound), "200", f"{dollars:,.2f}"),
        ]
    assert row(said, "all")[:3] == ["4", "2", "0.3"]
    assert sum(told["seconds"] for told in arrived) == pytest.approx(0.02 + 0.255 + 0.02 + 0.03)
    assert "US $ 2e+06 a million tokens in, 4e+07 for sound, 1e+07 out (a price list)" in said
    assert "100 for a second of sound" in said


def test_the_canary_is_counted_where_one_would_be_held(bench: Bench) -> None:
    suite = bench.suite("s", item("one", "tap"))
    dry = bench.command(suite, "--dry-run", "--prices", "prices.json")[1]
    requests, clips, seconds, *_, cost = row(dry, "canary")
    assert bench.command(suite)[0] == 0
    held = json.loads((bench.folder / "run" / "canary.json").read_text())
    assert 0.5 < held["requests"] / int(requests) < 2, "how many exactly depends on the replies"
    assert int(clips) > 0
    assert float(seconds) > 10
    total = row(dry, "all")
    assert int(total[0]) == int(requests) + 1
    assert float(total[-1].replace(",", "")) > float(cost.replace(",", "")) > 0
    options: dict[str, tuple[str, ...]] = {
        "by option": ("--no-canary",),
        "as there is no sound": ("--condition", "question-only"),
    }
    for without in options.values():
        assert "canary " not in bench.command(suite, "--dry-run", *without, out="new")[1]


def test_without_prices_the_assumption_and_the_option_are_named(bench: Bench) -> None:
    said = bench.run(bench.suite("s", item("one", "tap")), "--dry-run", "--rpm", "0.5")[1]
    assert "32 (assumed) for a second of sound" in said
    assert "cost: not known" in said
    assert "--prices FILE" in said
    assert "US $" not in said
    assert "--rpm 0.5: 2.0 minutes or more" in said


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--max-cost", "1"), "--max-cost 1 is less than the estimate: the run would stop before its end"),
        (("--max-cost", "1000000"), "--max-cost 1e+06 covers the estimate"),
        (("--max-tokens", "10"), "--max-tokens 10 is less than the estimate"),
        (("--max-tokens", "100000"), "--max-tokens 100,000 covers the estimate"),
    ],
)
def test_a_budget_is_held_against_the_estimate(bench: Bench, options: tuple[str, ...], told: str) -> None:
    suite = bench.suite("s", item("one", "tap"))
    assert told in bench.run(suite, "--dry-run", "--prices", "prices.json", *options)[1]


def test_a_silent_clip_is_counted_and_shown(bench: Bench) -> None:
    (bench.folder / "loud.py").write_text(
        "from starbench.schema import Capabilities\n"
        "class Loud:\n"
        "    capabilities = Capabilities(text_only=False)\n"
        "    def generate(self, prompt):\n        return '<A>'\n"
    )
    suite = bench.suite("s", item("one", "tap"), item("two", "tap"))
    options = ("--condition", "question-only", "--text-only", "silent-clip")
    code, said = bench.run(suite, "--dry-run", *options, model="loud.py:Loud")
    assert code == 0, said
    assert "⟨clip: 0.50 s, 1 channel, 16000 Hz⟩" in said
    assert row(said, "s", "question-only")[:4] == ["2", "2", "2", "1.0"]
    assert "adapted: a silent clip of 0.5 s sent with question-only" in said


def test_what_is_left_out_and_why_is_told(bench: Bench) -> None:
    broken = item("broken", "tap") | {"answer": "Neither"}
    suite = bench.suite("s", item("one", "tap"), item("two", "bell"), item("three", "horn"), broken)
    code, said = bench.run(suite, "--dry-run", "--skip-bad")
    assert code == 0, said
    assert "not applicable: 2 item(s): s: audio: clips of 2 channels, and the model takes 1" in said
    assert re.search(r"left out as damaged: .*broken", said)
    assert "which takes 1 clip(s) a prompt, 600 s a clip, 1 channel(s) a clip" in said


def test_hostile_text_moves_no_cursor(bench: Bench) -> None:
    hostile = item("one", "tap") | {"question": "Now\u001b[2J\u202e?\r", "task": "[red]\u001b[31mtask"}
    code, said = bench.run(bench.suite("s", hostile), "--dry-run")
    assert code == 0, said
    assert "\x1b" not in said
    assert "\u202e" not in said
    assert "[red][31mtask" in said
    assert "  │ Now[2J?\n" in said


# --- what is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "options",
    [
        ("--condition", "auido"),
        ("--condition", "audio+uncut"),
        ("--answer-mode", "logprobs"),
        ("--clips", "merge"),
        ("--rotations", "none"),
        ("--model-arg", "max_clips=none"),
        ("--captions", "nowhere.jsonl"),
        ("--prices", "nowhere.json"),
        ("--max-cost", "5"),
        (),
    ],
)
def test_what_a_run_would_refuse_is_refused_in_the_same_words(bench: Bench, options: tuple[str, ...]) -> None:
    suite = bench.suite("s", item("one", "bell"))
    adapting = () if not options else ("--channels", "mono")
    dry, real = bench.run(suite, *options, *adapting, "--dry-run"), bench.run(suite, *options, *adapting)
    assert dry == real
    assert dry[0] == 2


def test_a_directory_of_somebody_else_is_refused_as_a_run_refuses_it(bench: Bench) -> None:
    suite = bench.suite("s", item("one", "tap"))
    dry, real = bench.run(suite, "--dry-run", out="s"), bench.run(suite, out="s")
    assert dry == real
    assert dry[0] == 2
    assert "s exists and is not a run: give another --out" in dry[1]


def test_a_run_that_was_begun_is_held_against_and_what_is_left_is_shown(bench: Bench) -> None:
    suite = bench.suite("s", item("one", "tap"), item("two", "tap"), item("three", "tap"))
    assert bench.run(suite)[0] == 0
    journal = bench.folder / "run" / "trials.jsonl"
    journal.write_text("".join(journal.read_text().splitlines(keepends=True)[:2]))
    before = contents(bench.folder)
    code, said = bench.run(suite, "--dry-run")
    assert code == 0, said
    assert "run: run is resumed; 2 of 3 trials are finished\n" in said
    assert row(said, "s", "audio")[:2] == ["1", "1"]
    assert said.count("prompt: ") == 1
    code, said = bench.run(suite, "--dry-run", "--channels", "mono")
    assert code == 2
    assert 'channels was "refuse" and is "mono"' in said
    assert contents(bench.folder) == before
    lines = journal.read_text().splitlines(keepends=True)
    failed = json.loads(lines[1]) | {"outcome": "error", "letter": None, "correct": False, "response": None}
    failed["error"] = {"kind": "bad_request", "message": "no", "permanent": True}
    journal.write_text(lines[0] + json.dumps(failed) + "\n")
    assert "2 of 3 trials are finished\n" in bench.run(suite, "--dry-run")[1]
    assert "1 of 3 trials are finished\n" in bench.run(suite, "--dry-run", "--retry-permanent")[1]
    failed["error"]["permanent"] = False
    journal.write_text(lines[0] + json.dumps(failed) + "\n")
    assert "1 of 3 trials are finished\n" in bench.run(suite, "--dry-run")[1]
    bench.run(suite)
    assert "nothing is left to ask" in bench.run(suite, "--dry-run")[1]
