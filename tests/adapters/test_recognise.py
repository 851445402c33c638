"""Captions are made of what is in the samples: words by a recogniser, and what is measured."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from chat_servers import completion, served
from pytest_httpserver import HTTPServer
from scripted_servers import OPENAI_KEY
from separable_scenes import RATE, sources, write_suite
from werkzeug import Request, Response

import starbench
from starbench.adapters.cascades.estimates import count_sources, estimates, pitch_hz, side
from starbench.audio import Audio, quantise
from starbench.errors import InputError
from starbench.models.processor import resolve_recogniser
from starbench.models.resolve import resolve
from starbench.schema import ClipPart, Outcome, Prompt
from starbench.suites.open import open_suite

WORDS = "def words(samples, rate):\n    return 'words'\n"


def captions(httpserver: HTTPServer) -> list[str]:
    """Texts of the questions that reached the chat model, sorted."""
    texts = []
    for request, _ in httpserver.log:
        if request.path.endswith("/chat/completions"):
            content = json.loads(request.get_data())["messages"][-1]["content"]
            texts.append(content if isinstance(content, str) else "\n".join(part["text"] for part in content))
    return sorted(texts)


def transcribing(httpserver: HTTPServer, *script: Any) -> str:
    left = list(script)

    def reply(request: Request) -> Response:
        one = left.pop(0) if len(left) > 1 else left[0]
        request.environ["test.file"] = request.files["file"].read()
        request.environ["test.form"] = dict(request.form)
        return one if isinstance(one, Response) else Response(json.dumps(one), mimetype="application/json")

    httpserver.expect_request("/v1/audio/transcriptions", method="POST").respond_with_handler(reply)
    return httpserver.url_for("/v1")


def test_estimates_are_those_of_the_samples() -> None:
    t = np.arange(RATE) / RATE
    tone = 0.1 * sum(np.sin(2 * np.pi * k * 210.0 * t) / k for k in range(1, 8))
    wave = np.concatenate([np.zeros(RATE // 2), tone, np.zeros(RATE // 4)])
    measured = estimates(np.stack([wave, 0.7 * np.roll(wave, 8)], axis=1), RATE)
    assert measured.onset_s == pytest.approx(0.5, abs=0.03)
    assert measured.duration_s == pytest.approx(1.0, abs=0.05)
    assert measured.pitch_hz == pytest.approx(210.0, rel=0.01)
    assert measured.side == "left"
    assert estimates(np.stack([0.7 * np.roll(wave, 8), wave], axis=1), RATE).side == "right"
    assert side(np.stack([wave, wave], axis=1), RATE) == "middle"
    assert estimates(wave[:, None], RATE).side is None
    assert estimates(np.zeros((RATE, 2)), RATE).onset_s is None
    assert pitch_hz(np.random.default_rng(0).standard_normal(RATE), RATE) is None


def test_directions_are_counted() -> None:
    for delays in ((3,), (-9, 8), (-12, 0, 12)):
        counts = [count_sources(sources(seed, delays).sum(axis=0), RATE) for seed in range(5)]
        assert np.median(counts) == len(delays)


def test_shuffled_truth_changes_no_caption(httpserver: HTTPServer, tmp_path: Path) -> None:
    scenes = [sources(seed) for seed in range(3)]
    truths = [
        {"planned": {"sir": -5.0 * k, "sounds": [f"dog {k}", f"bell {k}"]}, "secret": f"s{k}"}
        for k in range(3)
    ]
    (tmp_path / "words.py").write_text(WORDS)
    texts = []
    for name, order in (("a", [0, 1, 2]), ("b", [2, 0, 1])):
        suite = write_suite(tmp_path / name, scenes, [truths[k] for k in order])
        httpserver.clear_log()
        starbench.run(
            f"recognise:{tmp_path / 'words.py'}:words+openai:m",
            suite,
            tmp_path / f"run-{name}",
            canary=False,
            model_args={"base_url": served(httpserver, completion())},
        )
        texts.append(captions(httpserver))
    assert texts[0] == texts[1]
    assert len(set(texts[0])) > 2
    assert not any(secret in text for text in texts[0] for secret in ("dog", "bell", "secret", "s1"))
    assert all("words recognised: 'words'" in text and "Which side is it?" in text for text in texts[0])


def test_a_transcription_server_is_asked_once_a_clip_and_its_words_reach_the_model(
    httpserver: HTTPServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", OPENAI_KEY)
    suite = write_suite(tmp_path / "suite", [sources(0)])
    address = transcribing(httpserver, {"text": "two dogs <A>"})
    run = starbench.run(
        "recognise:transcription:whisper-x+openai:m",
        suite,
        tmp_path / "run",
        canary=False,
        max_in_flight=1,
        model_args={"base_url": served(httpserver, completion("<B>")), "recogniser.base_url": address},
    )
    asked = [request for request, _ in httpserver.log if request.path.endswith("transcriptions")]
    assert len(asked) == 1
    assert asked[0].environ["test.form"] == {"model": "whisper-x"}
    assert asked[0].environ["test.file"][:4] == b"RIFF"
    assert asked[0].headers["Authorization"] == f"Bearer {OPENAI_KEY}"
    assert all("words recognised: 'two dogs <A>'" in text for text in captions(httpserver))
    assert {end.letter for end in run.ends.values()} == {"B"}
    files = [path for path in (tmp_path / "run").rglob("*") if path.is_file()]
    assert not any(OPENAI_KEY.encode() in path.read_bytes() for path in files)
    assert json.loads((tmp_path / "run" / "run.json").read_text())["identity"]["model_args"][
        "recogniser"
    ] == ("transcription:whisper-x")


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (Response("{}", 400, mimetype="application/json"), "bad_request"),
        (Response("{}", 503, mimetype="application/json"), "server"),
        ({"words": []}, "malformed"),
        (Response("{", mimetype="application/json"), "malformed"),
        (["text"], "malformed"),
    ],
)
def test_what_a_transcription_server_fails_with_is_an_error_and_no_answer(
    httpserver: HTTPServer, tmp_path: Path, reply: Any, kind: str
) -> None:
    run = starbench.run(
        "recognise:transcription:w+random",
        write_suite(tmp_path / "suite", [sources(0)]),
        tmp_path / "run",
        canary=False,
        max_attempts=1,
        model_args={"recogniser.base_url": transcribing(httpserver, reply)},
    )
    assert {(end.outcome, end.error.kind if end.error else None) for end in run.ends.values()} == {
        (Outcome.ERROR, kind)
    }


def test_openai_itself_needs_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    with pytest.raises(InputError, match="OPENAI_API_KEY is not set"):
        resolve_recogniser("transcription:whisper-1")


@pytest.mark.parametrize("name", ["speech-to-text", "powsm"])
def test_a_folder_that_is_not_there_is_said(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"folder|lacks the file"):
        resolve_recogniser(f"{name}:{tmp_path / 'none'}")


def test_streams_can_be_captioned(httpserver: HTTPServer, tmp_path: Path) -> None:
    suite = write_suite(tmp_path / "suite", [sources(0)])
    (tmp_path / "words.py").write_text(WORDS)
    starbench.run(
        f"separate:oracle+recognise:{tmp_path / 'words.py'}:words+openai:m",
        open_suite(str(suite)),
        tmp_path / "run",
        canary=False,
        model_args={"base_url": served(httpserver, completion()), "separator.stems": str(suite)},
    )
    assert all(text.count("words recognised") == 2 for text in captions(httpserver))


@pytest.mark.local
def test_pocketsphinx_writes_words_and_phones_in_ipa() -> None:
    pytest.importorskip("pocketsphinx")
    noise = np.random.default_rng(0).standard_normal((2 * RATE, 2)) * np.hanning(2 * RATE)[:, None] * 0.1
    for spec, unit in (("pocketsphinx", "words"), ("pocketsphinx:phones", "phones")):
        recogniser = resolve_recogniser(spec)
        assert recogniser.unit == unit
        assert isinstance(asyncio.run(recogniser(noise, RATE)), str)
    with pytest.raises(InputError, match="Input should be 'words' or 'phones'"):
        resolve_recogniser("pocketsphinx:letters")


def test_a_recogniser_may_change_its_samples_and_close_without_awaiting(tmp_path: Path) -> None:
    (tmp_path / "tidy.py").write_text(
        "class Tidy:\n"
        "    error_kinds = ['busy']\n"
        "    closed = 0\n"
        "    def __call__(self, samples, rate):\n        samples[:] = 0\n        return 'x'\n"
        "    def close(self): Tidy.closed += 1\n"
        "class Worded(Tidy):\n    error_kinds = 3\n"
    )
    model = resolve(f"recognise:{tmp_path / 'tidy.py'}:Tidy+random")
    assert model.adapter.error_kinds == ("recogniser", "busy")
    clip = Audio(quantise(sources(0)[0]), RATE)
    prompt = Prompt(parts=(ClipPart.of(lambda: clip),), options=(), digest="d", key="k")
    (part,) = asyncio.run(model.adapter.changed(prompt)).parts
    assert "sound from" in part.text  # what is measured afterwards is of the clip itself
    asyncio.run(model.adapter.close())
    assert type(model.adapter._recogniser.recognise).closed == 1
    with pytest.raises(InputError, match=r"error_kinds is 3, not a list of words \(.*tidy\.py:\d+\)"):
        resolve(f"recognise:{tmp_path / 'tidy.py'}:Worded+random")
