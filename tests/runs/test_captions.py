"""Captions by models: each clip asked for once over HTTP, whatever comes back recorded as what it is."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from caption_server import Asked, CaptionServer, Ran, completion, describe, starbench, suite
from filelock import FileLock
from pytest_httpserver import HTTPServer
from werkzeug import Response

from starbench.canary import arrival
from starbench.protocols import caption as protocol
from starbench.suites import captions
from starbench.suites.suite import read as read_suite

KEY = "sk-marker-7f3a9c5e1b2d4860"
#: Five clips, two of them in more than one item.
ITEMS = ((400, 600), (600, 1000), (1500, 400), (2000, 600))
CLIPS = (400, 600, 1000, 1500, 2000)


@pytest.fixture
def server(httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> CaptionServer:
    for name in [name for name in os.environ if "proxy" in name.lower() or name.startswith("OPENAI")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    return CaptionServer(httpserver)


@pytest.fixture
def tones(tmp_path: Path) -> Path:
    return suite(tmp_path / "tones", ITEMS)


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    return lambda *arguments: starbench(monkeypatch, capfd, *arguments)


@pytest.fixture
def caption(
    server: CaptionServer, tones: Path, tmp_path: Path, command: Callable[..., Ran]
) -> Callable[..., Ran]:
    """Caption the suite of tones into one file."""

    def run(*options: str | Path) -> Ran:
        given = ("caption", "--model", "openai:m", "--suite", tones, "--out", tmp_path / "c.jsonl")
        patience = ("--max-attempts", "1", "--backoff", "0", "--max-in-flight", "4")
        canary = () if "--canary" in options else ("--no-canary",)
        wanted = (option for option in options if option != "--canary")
        return command(*given, "--base-url", server.url, *patience, *canary, *wanted)

    return run


def lines_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def failing(status: int) -> Response:
    return Response(json.dumps({"error": {"message": "no"}}), status=status, content_type="application/json")


# --- what is asked --------------------------------------------------------------------------------


def test_each_clip_is_asked_for_once_and_without_a_question(
    server: CaptionServer, caption: Callable[..., Ran], tones: Path, tmp_path: Path
) -> None:
    ran = caption()
    assert ran.code == 0, ran.err
    assert "5 of 5 clips have a caption" in ran.out
    assert sorted(server.heard) == list(CLIPS)
    for asked in server.asked:
        assert asked.kinds == ["text", "input_audio", "text"]
        assert asked.text == f"Recording:\n{protocol.PROMPT}"
        assert "MARKED-QUESTION" not in asked.text
    head, *rows = lines_of(tmp_path / "c.jsonl")
    assert head["identity"] == {
        "model": "openai:m",
        "model_args": {"model": "m", "dialect": "compatible"},
        "prompt_version": "captions/1",
        "prompt": protocol.PROMPT,
        "rate": "native",
        "channels": "refuse",
        "clips": "refuse",
        "gap_s": None,
    }
    found = read_suite(tones)
    assert head["suites"] == {found.digest: "tones"}
    assert {row["clip"] for row in rows} == {clip.digest for clip in found.clips.values()}
    for row in rows:
        assert (row["outcome"], row["finish_reason"], row["served_model"]) == (
            "answered", "stop", "served-model",
        )  # fmt: skip
        assert (row["usage"]["input_tokens"], row["usage"]["output_tokens"]) == (7, 5)
        assert row["attempts"] == 1
    texts = captions.read(tmp_path / "c.jsonl").texts
    for hz in CLIPS:
        assert texts[found.clips[f"audio/{hz}.wav"].digest] == f"a tone of {hz} Hz for 0.20 s"


def test_a_clip_of_two_suites_is_asked_for_once_and_a_later_suite_asks_for_what_is_new(
    server: CaptionServer, caption: Callable[..., Ran], command: Callable[..., Ran], tmp_path: Path
) -> None:
    other = suite(tmp_path / "other", [(600, 1000), (2000, 3000)], name="other")
    assert caption().code == 0
    before = (tmp_path / "c.jsonl").read_bytes().split(b"\n")
    assert caption("--suite", other).code == 0
    assert Counter(server.heard) == Counter([*CLIPS, 3000])
    after = (tmp_path / "c.jsonl").read_bytes().split(b"\n")
    assert after[1 : len(before) - 1] == before[1:-1]
    assert sorted(captions.read(tmp_path / "c.jsonl").header.suites.values()) == ["other", "tones"]
    third = suite(tmp_path / "third", [(400, 1000)], name="third")
    given = ("caption", "--model", "openai:m", "--base-url", server.url, "--out", tmp_path / "c.jsonl")
    assert command(*given, "--suite", third, "--no-canary").code == 0
    assert len(server.heard) == 6
    names = captions.read(tmp_path / "c.jsonl").header.suites.values()
    assert sorted(names) == ["other", "third", "tones"]


def test_a_sample_of_the_suite_asks_for_the_clips_of_its_items(
    server: CaptionServer,
    caption: Callable[..., Ran],
    command: Callable[..., Ran],
    tones: Path,
    tmp_path: Path,
) -> None:
    assert caption("--limit", "1").code == 0
    assert len(server.heard) == 2
    given = ("run", "--model", "openai:m", "--suite", tones, "--base-url", server.url, "--no-canary")
    ran = command(*given, "--limit", "1", "--condition", "caption", "--captions", tmp_path / "c.jsonl")
    assert ran.code == 0, ran.err


def test_the_users_own_prompt_is_asked_and_recorded(
    server: CaptionServer, caption: Callable[..., Ran], tmp_path: Path
) -> None:
    (tmp_path / "prompt.txt").write_text("  Which pitch, in Hz?\n", "utf-8")
    assert caption("--prompt", tmp_path / "prompt.txt").code == 0
    assert {asked.text for asked in server.asked} == {"Recording:\nWhich pitch, in Hz?"}
    identity = captions.read(tmp_path / "c.jsonl").header.identity
    assert (identity.prompt_version, identity.prompt) == ("own", "Which pitch, in Hz?")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"\xff\xfe", "cannot be read as text"),
        (b"x" * 20_001, "longer than 20000"),
        (None, "read"),
    ],
)
def test_a_prompt_that_cannot_be_asked_is_refused(
    caption: Callable[..., Ran], server: CaptionServer, tmp_path: Path, content: bytes | None, said: str
) -> None:
    if content is not None:
        (tmp_path / "prompt.txt").write_bytes(content)
    ran = caption("--prompt", tmp_path / "prompt.txt")
    assert ran.code == 2
    assert "--prompt" in ran.err
    assert said in ran.err
    assert not server.asked
    assert not (tmp_path / "c.jsonl").exists()


def test_clips_are_sent_at_the_rate_asked_for(
    server: CaptionServer, caption: Callable[..., Ran], tmp_path: Path
) -> None:
    assert caption("--rate", "16000").code == 0
    assert {sound.rate for asked in server.asked for sound in asked.sounds} == {16000}
    assert captions.read(tmp_path / "c.jsonl").header.identity.rate == "16000"


# --- what becomes of a clip -----------------------------------------------------------------------


def test_what_is_no_caption_is_recorded_as_what_it_is(
    server: CaptionServer,
    caption: Callable[..., Ran],
    command: Callable[..., Ran],
    tones: Path,
    tmp_path: Path,
) -> None:
    replies = {
        400: completion("I'm sorry, but I can't listen to audio."),
        600: completion("a tone of 600 Hz"),
        1000: completion("a tone of 10", finish="length"),
        1500: completion("", finish="content_filter"),
        2000: completion("  "),
    }
    server.caption = lambda asked: replies[asked.sounds[0].hz]
    ran = caption()
    assert ran.code == 0
    assert "1 of 5 clips have a caption" in ran.out
    clips = read_suite(tones).clips
    rows = {row["clip"]: row for row in lines_of(tmp_path / "c.jsonl")[1:]}
    ends = {hz: rows[clips[f"audio/{hz}.wav"].digest] for hz in CLIPS}
    assert {hz: row["outcome"] for hz, row in ends.items()} == {
        400: "refused", 600: "answered", 1000: "truncated", 1500: "blocked", 2000: "empty",
    }  # fmt: skip
    assert {hz for hz, row in ends.items() if row["text"] is not None} == {600}
    assert ends[1000]["response"] == "a tone of 10"
    assert captions.read(tmp_path / "c.jsonl").outcomes == dict.fromkeys(
        ("refused", "answered", "truncated", "blocked", "empty"), 1
    )
    assert caption().code == 0
    assert len(server.heard) == 5
    given = ("run", "--model", "openai:m", "--suite", tones, "--base-url", server.url, "--no-canary")
    none = command(*given, "--condition", "caption", "--captions", tmp_path / "c.jsonl")
    assert none.code == 2
    assert "applies to no item (no 'by-openai-m' caption for each clip)" in none.err


def test_errors_are_asked_again_and_permanent_ones_on_request(
    server: CaptionServer, caption: Callable[..., Ran]
) -> None:
    broken = {600: 500, 1500: 400}
    server.caption = lambda a: failing(broken[a.sounds[0].hz]) if a.sounds[0].hz in broken else describe(a)
    ran = caption()
    assert ran.code == 1
    assert "3 of 5 clips have a caption" in ran.out
    assert "error 2" in ran.out
    broken.clear()
    server.asked.clear()
    assert caption().code == 1
    assert server.heard == [600]
    assert caption("--retry-permanent").code == 0
    assert server.heard == [600, 1500]


def test_a_failed_request_is_tried_again_within_one_command(
    server: CaptionServer, caption: Callable[..., Ran], tmp_path: Path
) -> None:
    first = iter([failing(503), failing(429)])
    server.caption = lambda asked: next(first, None) or describe(asked)
    assert caption("--max-attempts", "3").code == 0
    assert len(server.heard) == 7
    assert sum(row["attempts"] for row in lines_of(tmp_path / "c.jsonl")[1:]) == 7


@pytest.mark.parametrize(("status", "code"), [(404, 2), (401, 1)])
def test_a_server_that_can_answer_nothing_is_asked_once(
    server: CaptionServer, caption: Callable[..., Ran], tmp_path: Path, status: int, code: int
) -> None:
    server.caption = lambda _: failing(status)
    ran = caption()
    assert ran.code == code
    assert len(server.asked) == 1
    # A model that does not exist leaves no file that names it.
    left = {401: (True, "the server ended the run"), 404: (False, "correct --model or --base-url")}[status]
    assert ((tmp_path / "c.jsonl").exists(), left[1] in ran.err) == (left[0], True)
    server.caption = describe
    assert caption().code == 0


def test_a_budget_is_that_of_the_whole_file(
    server: CaptionServer, caption: Callable[..., Ran], tmp_path: Path
) -> None:
    # Each reply reports twelve tokens.
    ran = caption("--max-in-flight", "1", "--max-tokens", "5000")
    assert ran.code == 0, ran.err
    server.asked.clear()
    more = suite(tmp_path / "more", [(400, 3000)], name="more")
    ran = caption("--suite", more, "--max-tokens", "60")
    assert ran.code == 1
    assert "the budget is spent: --max-tokens is 60 tokens: 60 tokens are used" in ran.err
    assert not server.asked
    assert caption("--suite", more).code == 0
    assert server.heard == [3000]


def test_no_key_is_written_or_shown(
    server: CaptionServer, caption: Callable[..., Ran], tmp_path: Path
) -> None:
    replies = iter([completion(f"a tone, {KEY}"), completion("x", finish=KEY), failing(400)])
    server.caption = lambda _: next(replies, None) or Response(f"{KEY}", status=500)
    ran = caption("--max-in-flight", "1")
    assert KEY not in ran.out + ran.err
    assert [p for p in tmp_path.rglob("*") if p.is_file() and KEY.encode() in p.read_bytes()] == []
    assert "[redacted]" in (tmp_path / "c.jsonl").read_text("utf-8")


def test_whatever_a_captioner_writes_stays_a_line_of_the_file(
    server: CaptionServer, caption: Callable[..., Ran], tmp_path: Path
) -> None:
    texts = {
        400: "one\ntwo\u2028three\r\nfour",
        600: "\x1b[31m[bold]red[/bold] \x00",
        1000: "half a pair \ud800 of 2 Hz",
        1500: '{"clip": "forged", "outcome": "answered"}',
        2000: "very " * 10_000 + "long",
    }
    server.caption = lambda asked: completion(texts[asked.sounds[0].hz])
    assert caption().code == 0
    found = captions.read(tmp_path / "c.jsonl")
    assert found.outcomes == {"answered": 4, "unparsed": 1}
    kept = {*texts.values(), "half a pair ? of 2 Hz", "\x1b[31m[bold]red[/bold] \x00".strip()}
    assert set(found.texts.values()) == kept - {texts[1000], texts[2000]}


# --- whether sound arrives ------------------------------------------------------------------------


def test_captions_asked_for_without_a_canary_are_counted(
    server: CaptionServer, caption: Callable[..., Ran], tmp_path: Path
) -> None:
    n = len(CLIPS)
    assert caption().code == 0
    more = suite(tmp_path / "more", [(400, 3000)], name="more")
    assert caption("--canary", "--suite", more).code == 0
    canary = captions.read(tmp_path / "c.jsonl").header.canary
    assert canary is not None
    assert (canary.transport, canary.unproven) == ("arrived", n)
    other = suite(tmp_path / "other", [(400, 5000)], name="other")
    assert caption("--suite", other).code == 0
    canary = captions.read(tmp_path / "c.jsonl").header.canary
    assert canary is not None
    assert canary.unproven == n + 1


def test_captions_resumed_at_another_server_say_so(
    server: CaptionServer, caption: Callable[..., Ran], tmp_path: Path
) -> None:
    assert caption().code == 0
    file = tmp_path / "c.jsonl"
    file.write_text(file.read_text("utf-8").replace(server.url.partition("//")[2], "elsewhere:1"), "utf-8")
    assert "begun at http://elsewhere:1" in caption().err


def test_a_canary_is_held_first_and_stands_in_the_file(
    server: CaptionServer, caption: Callable[..., Ran], tmp_path: Path
) -> None:
    ran = caption("--canary")
    assert ran.code == 0, ran.err
    assert "canary: sound arrived" in ran.err
    found = captions.read(tmp_path / "c.jsonl")
    assert found.header.canary is not None
    assert found.header.canary.transport == "arrived"
    assert found.header.canary.requests == len(server.asked) - len(CLIPS)
    assert "(canary: sound arrived, " in arrival.of_captioner(found.captioner_of([]))
    assert found.outcomes == {"answered": 5}
    n = len(server.asked)
    assert caption("--canary").code == 0
    assert len(server.asked) == n  # nothing waits, so nothing needs proof


def test_a_captioner_that_no_sound_reaches_is_asked_for_none(
    server: CaptionServer, caption: Callable[..., Ran], tmp_path: Path
) -> None:
    server.caption = server.answer = lambda _: "I cannot hear anything: no audio was attached."
    ran = caption("--canary")
    assert ran.code == 2
    assert "no sound reaches model 'openai:m'" in ran.err
    assert not any(protocol.PROMPT in asked.text for asked in server.asked)
    found = captions.read(tmp_path / "c.jsonl")
    assert (found.header.canary and found.header.canary.transport, len(found.lines)) == ("dropped", 0)
    server.caption = describe
    assert caption().code == 0
    assert "no canary" not in arrival.of_captioner(captions.read(tmp_path / "c.jsonl").captioner_of([]))


# --- resuming -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        ("--model-arg", "temperature=0.5"),
        ("--rate", "16000"),
        ("--channels", "mono"),
        ("--model", "openai:another"),
    ],
)
def test_other_captions_never_share_a_file(
    server: CaptionServer, caption: Callable[..., Ran], tmp_path: Path, change: tuple[str, str]
) -> None:
    assert caption().code == 0
    before = (tmp_path / "c.jsonl").read_bytes()
    ran = caption(*change)
    assert ran.code == 2
    assert "holds other captions" in ran.err
    assert len(ran.err.splitlines()) == 1
    (tmp_path / "own.txt").write_text("Describe. " * 100, "utf-8")
    ran = caption("--prompt", tmp_path / "own.txt")
    assert ran.code == 2
    assert 'prompt_version was "captions/1" and is "own"' in ran.err
    assert (tmp_path / "c.jsonl").read_bytes() == before
    assert len(server.asked) == 5


def test_where_a_server_stands_is_no_identity(
    server: CaptionServer, caption: Callable[..., Ran], tmp_path: Path
) -> None:
    assert caption().code == 0
    assert caption("--base-url", server.url.replace("localhost", "127.0.0.1")).code == 0
    assert len(server.asked) == 5


@pytest.mark.parametrize(
    "content", [b"a diary\n", b"{}\n", b'{"schema_version": 1, "identity": {}}\n', b"\xff\n"]
)
def test_a_file_of_something_else_is_left_alone(
    server: CaptionServer, caption: Callable[..., Ran], tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "c.jsonl").write_bytes(content)
    ran = caption()
    assert ran.code == 2
    assert "is not a file of captions" in ran.err
    assert (tmp_path / "c.jsonl").read_bytes() == content
    assert not server.asked


def test_two_commands_do_not_write_one_file(
    server: CaptionServer, caption: Callable[..., Ran], tmp_path: Path
) -> None:
    with FileLock(tmp_path / ".c.jsonl.lock"):
        ran = caption()
    assert ran.code == 2
    assert "is in use by another starbench" in ran.err
    assert not server.asked
    assert caption().code == 0


# --- captions in place of sounds ------------------------------------------------------------------


def test_a_model_answers_from_the_captions_of_another(
    server: CaptionServer,
    caption: Callable[..., Ran],
    command: Callable[..., Ran],
    tones: Path,
    tmp_path: Path,
) -> None:
    def mostly(asked: Asked) -> Any:
        return completion(None, refusal="no") if asked.sounds[0].hz == 1500 else describe(asked)

    server.caption = mostly
    assert caption().code == 0
    server.asked.clear()
    given = ("run", "--model", "openai:b", "--suite", tones, "--base-url", server.url, "--no-canary")
    ran = command(
        *given, "--condition", "caption", "--captions", tmp_path / "c.jsonl", "--out", tmp_path / "run"
    )
    assert ran.code == 0, ran.err
    assert "1 item(s): tones: caption:by-openai-m: no 'by-openai-m' caption for each clip" in ran.err
    assert "tones: 1 of 5 clips have no caption by openai:m: refused" in ran.err
    assert len(server.asked) == 6  # three items, two rotations
    for asked in server.asked:
        assert asked.sounds == []
        assert asked.text.count("(described in words) a tone of") == 2
    lines = lines_of(tmp_path / "run" / "trials.jsonl")
    assert all(line["correct"] and line["condition"] == "caption:by-openai-m" for line in lines)
    identity = json.loads((tmp_path / "run" / "run.json").read_text())["identity"]
    assert identity["setup"]["captions"] == captions.read(tmp_path / "c.jsonl").digest
    assert identity["suites"][0]["digest"] == read_suite(tones).digest
    assert command(*given, "--condition", "audio", "--out", tmp_path / "heard").code == 0
    assert command("compare", tmp_path / "heard", tmp_path / "run", "--json", tmp_path / "gap.json").code == 0
    (gap,) = json.loads((tmp_path / "gap.json").read_text())["comparisons"]
    whole = gap["rows"][0]
    assert (whole["n_items"], whole["unpaired_base"]) == (3, 1)
    assert (whole["base_aa"], whole["aa"], whole["from_answers"]["diff"]) == (0.5, 1.0, 0.5)
    assert whole["from_unanswered"]["diff"] == 0
    missing = [one for side in ("base", "other") for one in (gap[side]["captioner"] or {}).get("missing", ())]
    assert [(one["clips"], one["of"]) for one in missing] == [(1, 5)]
