"""What the Gemini adapter sends, and what it objects to before anything is sent."""

from __future__ import annotations

import asyncio
import base64
import json
import sys
import threading
from time import monotonic
from typing import Any

import numpy as np
import pytest
from gemini_server import ANSWER, MODEL, PATH
from pytest_httpserver import HTTPServer
from werkzeug import Request
from werkzeug import Response as HTTPResponse

from starbench.adapters.gemini import Gemini
from starbench.adapters.gemini import adapter as module
from starbench.audio import Audio
from starbench.errors import InputError
from starbench.models.resolve import resolve
from starbench.schema import ClipPart, Prompt, Response, TextPart, Usage

NOWHERE = "http://127.0.0.1:1"
pytestmark = pytest.mark.usefixtures("environment")


def clip(value: int, channels: int = 1, n: int = 80) -> ClipPart:
    audio = Audio(np.full((n, channels), value, dtype=np.int16), 16_000)
    return ClipPart.of(lambda: audio)


def prompt(*parts: str | ClipPart, **fields: Any) -> Prompt:
    return Prompt(parts=tuple(TextPart(text=p) if isinstance(p, str) else p for p in parts), **fields)


def ask(adapter: Gemini, *prompts: Prompt) -> list[Response]:
    async def all_of_them() -> list[Response]:
        try:
            return list(await asyncio.gather(*map(adapter.generate, prompts)))
        finally:
            await adapter.close()

    return asyncio.run(all_of_them())


def check(adapter: Gemini) -> None:
    async def once() -> None:
        try:
            await adapter.check()
        finally:
            await adapter.close()

    asyncio.run(once())


def sent(server: HTTPServer) -> list[Any]:
    return [request.get_json() for request, _ in server.log]


def answering(server: HTTPServer, model: str = MODEL, version: str = "v1") -> str:
    server.expect_request(f"/{version}/models/{model}:generateContent").respond_with_json(ANSWER)
    return server.url_for("/")


# What is sent ---------------------------------------------------------------------------------------


def test_texts_and_clips_go_in_their_order(httpserver: HTTPServer) -> None:
    asked = prompt("Audio 1:", clip(1), "Audio 2 ö 音:", clip(2, channels=2), clip(3), "Which?")
    assert ask(Gemini(MODEL, answering(httpserver)), asked)[0].text == "<A>"
    (content,) = sent(httpserver)[0]["contents"]
    assert content["role"] == "user"
    kinds = [part.get("text") or "clip" for part in content["parts"]]
    assert kinds == ["Audio 1:", "clip", "Audio 2 ö 音:", "clip", "clip", "Which?"]
    clips = [part["inlineData"] for part in content["parts"] if "inlineData" in part]
    assert {data["mime_type"] for data in clips} == {"audio/wav"}
    assert [base64.urlsafe_b64decode(data["data"]) for data in clips] == [
        part.audio().wav for part in asked.clips
    ]


def test_a_prompt_without_sound_is_sent_as_it_is(httpserver: HTTPServer) -> None:
    ask(Gemini(MODEL, answering(httpserver)), prompt("Which?"))
    assert sent(httpserver)[0]["contents"][0]["parts"] == [{"text": "Which?"}]


def test_nothing_is_set_that_was_not_given(httpserver: HTTPServer) -> None:
    ask(Gemini(MODEL, answering(httpserver)), prompt("Which?", options=("x", "y")))
    assert not sent(httpserver)[0].get("generationConfig")
    assert set(sent(httpserver)[0]) <= {"contents", "generationConfig"}


def test_a_system_instruction_stands_beside_the_question(httpserver: HTTPServer) -> None:
    ask(Gemini(MODEL, answering(httpserver), system="Listen closely. Größe: 3"), prompt("Which?", clip(1)))
    (body,) = sent(httpserver)
    assert [part["text"] for part in body["systemInstruction"]["parts"]] == ["Listen closely. Größe: 3"]
    assert len(body["contents"]) == 1
    assert not body.get("generationConfig")


def test_what_was_given_is_set(httpserver: HTTPServer) -> None:
    adapter = Gemini(MODEL, answering(httpserver), thinking="low", temperature=0.0, max_tokens=4096, seed=7)
    ask(adapter, prompt("Which?"))
    assert sent(httpserver)[0]["generationConfig"] == {
        "temperature": 0.0,
        "maxOutputTokens": 4096,
        "seed": 7,
        "thinkingConfig": {"thinking_level": "LOW"},
    }


def test_a_choice_holds_decoding_to_the_letters(httpserver: HTTPServer) -> None:
    asked = prompt("Which?", options=("x", "y", "z"), answer_mode="choice")
    ask(Gemini(MODEL, answering(httpserver)), asked)
    assert sent(httpserver)[0]["generationConfig"] == {
        "responseMimeType": "text/x.enum",
        "responseSchema": {"type": "STRING", "enum": ["A", "B", "C"]},
    }
    assert "choice" in Gemini.capabilities.answer_modes
    assert "logprobs" not in Gemini.capabilities.answer_modes


@pytest.mark.parametrize("model", ["models/gemini-3.8-flash", "tunedModels/mine-1"])
def test_a_model_may_be_named_with_its_collection(httpserver: HTTPServer, model: str) -> None:
    httpserver.expect_request(f"/v1/{model}:generateContent").respond_with_json(ANSWER)
    assert ask(Gemini(model, httpserver.url_for("/")), prompt("?"))[0].text == "<A>"


def test_the_version_of_the_api_can_be_chosen(httpserver: HTTPServer) -> None:
    url = answering(httpserver, version="v1beta")
    assert ask(Gemini(MODEL, url, api_version="v1beta"), prompt("?"))[0].text == "<A>"


def test_a_server_may_lie_below_a_path_and_stand_in_the_environment(
    httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    httpserver.expect_request(f"/proxy/v1/models/{MODEL}:generateContent").respond_with_json(ANSWER)
    monkeypatch.setenv("GOOGLE_GEMINI_BASE_URL", httpserver.url_for("/proxy/"))
    adapter = Gemini(MODEL)
    assert adapter.server == httpserver.url_for("/proxy")
    assert ask(adapter, prompt("?"))[0].text == "<A>"


def test_an_environment_made_for_vertex_changes_nothing(
    httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOOGLE_GENAI_USE_VERTEXAI", "true")
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "somebody-elses")
    assert ask(Gemini(MODEL, answering(httpserver)), prompt("?"))[0].text == "<A>"


def test_all_questions_that_the_harness_asks_go_at_once() -> None:
    n = 120  # more than the SDK's own client holds
    together = threading.Barrier(n, timeout=20)

    def answer(_: Request) -> HTTPResponse:
        together.wait()
        return HTTPResponse(json.dumps(ANSWER), mimetype="application/json")

    with HTTPServer(threaded=True) as server:
        server.expect_request(PATH).respond_with_handler(answer)
        answers = ask(Gemini(MODEL, server.url_for("/")), *(prompt(f"question {i}") for i in range(n)))
        asked = {body["contents"][0]["parts"][0]["text"] for body in sent(server)}
    assert {answer.text for answer in answers} == {"<A>"}
    assert asked == {f"question {i}" for i in range(n)}


# What is read ---------------------------------------------------------------------------------------


def heard(server: HTTPServer, reply: Any) -> Response:
    server.expect_request(PATH).respond_with_json(reply)
    return ask(Gemini(MODEL, server.url_for("/")), prompt("?"))[0]


def test_thoughts_are_counted_and_not_read(httpserver: HTTPServer) -> None:
    parts = [{"text": "It might be <B>.", "thought": True}, {"text": "<A>"}]
    counts = {
        "promptTokenCount": 100,
        "candidatesTokenCount": 5,
        "thoughtsTokenCount": 40,
        "promptTokensDetails": [
            {"modality": "TEXT", "tokenCount": 36},
            {"modality": "AUDIO", "tokenCount": 32},
            {"modality": "AUDIO", "tokenCount": 32},
        ],
    }
    candidate = {"content": {"parts": parts}, "finishReason": "STOP"}
    reply = {"candidates": [candidate], "usageMetadata": counts, "modelVersion": f"{MODEL}-001"}
    assert heard(httpserver, reply) == Response(
        text="<A>",
        finish_reason="STOP",
        served_model=f"{MODEL}-001",
        usage=Usage(input_tokens=100, output_tokens=45, audio_tokens=64, reasoning_tokens=40),
    )


@pytest.mark.parametrize(
    ("counts", "sound", "made"),
    [
        ({"promptTokensDetails": [{"modality": "TEXT", "tokenCount": 36}]}, 0, None),
        ({"promptTokensDetails": []}, None, None),
        ({"promptTokenCount": 5}, None, None),
        ({"promptTokensDetails": [{"modality": "AUDIO"}], "thoughtsTokenCount": 7}, 0, 7),
        ({"promptTokensDetails": "many", "candidatesTokenCount": True}, None, None),
        ({"candidatesTokenCount": 3}, None, 3),
        ({"candidatesTokenCount": -3, "thoughtsTokenCount": False}, None, None),
        ({"promptTokensDetails": [{"modality": "AUDIO", "tokenCount": -32}]}, None, None),
        ({"promptTokensDetails": [{"modality": "AUDIO", "tokenCount": True}]}, None, None),
    ],
)
def test_what_was_not_counted_is_not_zero(
    httpserver: HTTPServer, counts: dict[str, Any], sound: int | None, made: int | None
) -> None:
    usage = heard(httpserver, {**ANSWER, "usageMetadata": counts}).usage
    assert usage is not None
    assert (usage.audio_tokens, usage.output_tokens) == (sound, made)


def test_a_blocked_prompt_says_why(httpserver: HTTPServer) -> None:
    answer = heard(httpserver, {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}})
    assert (answer.stop, answer.finish_reason) == ("blocked", "promptFeedback: PROHIBITED_CONTENT")


# Keys -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("keys", "used"),
    [
        ({"GEMINI_API_KEY": "gemini-key"}, "gemini-key"),
        ({"GOOGLE_API_KEY": "google-key"}, "google-key"),
        ({"GEMINI_API_KEY": "gemini-key", "GOOGLE_API_KEY": "google-key"}, "google-key"),
        ({"GEMINI_API_KEY": " gemini-key\n", "GOOGLE_API_KEY": ""}, "gemini-key"),
        ({}, "none"),
    ],
)
def test_the_key_is_the_environments(
    httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch, keys: dict[str, str], used: str
) -> None:
    monkeypatch.delenv("GEMINI_API_KEY")
    for name, value in keys.items():
        monkeypatch.setenv(name, value)
    ask(Gemini(MODEL, answering(httpserver)), prompt("?"))
    assert httpserver.log[0][0].headers["X-Goog-Api-Key"] == used


def test_google_itself_is_not_asked_without_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GEMINI_API_KEY")
    with pytest.raises(InputError, match="GEMINI_API_KEY is not set"):
        Gemini(MODEL)


def test_a_token_of_another_api_is_not_taken_for_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEMINI_API_KEY", "auth_tokens/abcdef")
    with pytest.raises(InputError, match="export an API key"):
        Gemini(MODEL, NOWHERE)


@pytest.mark.parametrize("key", ["AIza with a gap", "AIza\nhidden", "AIza-ключ", "AIza\x7f"])
def test_a_key_that_fits_in_no_header_is_refused_and_not_shown(
    monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    monkeypatch.setenv("GEMINI_API_KEY", key)
    with pytest.raises(InputError, match="GEMINI_API_KEY holds characters") as refusal:
        Gemini(MODEL, NOWHERE)
    assert key not in str(refusal.value)


# Arguments ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "arguments", "sentence"),
    [
        (MODEL, {"base_url": "ftp://127.0.0.1"}, "not an http"),
        (MODEL, {"base_url": "http://[::1"}, "not an http"),
        (MODEL, {"base_url": "http:///v1"}, "not an http"),
        (MODEL, {"base_url": f"{NOWHERE}/v1beta/"}, "api_version=v1beta"),
        (MODEL, {"thinking": "warmly"}, "thinking=warmly"),
        (MODEL, {"thinking": "1024"}, "minimal, low, medium, high"),
        (MODEL, {"seed": "many"}, "seed=many"),
        ("gemini-2.5-pro", {"thinking": "off"}, "128 to 32768 tokens"),
        ("gemini-2.5-flash", {"thinking": "high"}, "takes off, dynamic, or a budget of 1 to 24576 tokens"),
        ("../../files", {}, "is not a model's name"),
        ("gemini?key=x", {}, "is not a model's name"),
        ("gemini flash", {}, "is not a model's name"),
    ],
)
def test_what_cannot_work_is_said_in_one_sentence(
    model: str, arguments: dict[str, str], sentence: str
) -> None:
    with pytest.raises(InputError) as refusal:
        resolve(f"gemini:{model}", {"base_url": NOWHERE, **arguments})
    assert sentence in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_without_googles_sdk_the_sentence_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [n for n in sys.modules if n == "google.genai" or n.startswith("google.genai.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "google.genai", None)
    with pytest.raises(InputError, match=r"pip install 'starbench\[gemini\]'"):
        Gemini(MODEL, NOWHERE)


# Before a run ---------------------------------------------------------------------------------------


def test_another_server_is_only_connected_to(httpserver: HTTPServer) -> None:
    check(Gemini(MODEL, httpserver.url_for("/")))
    assert httpserver.log == []


def test_a_server_that_is_not_there_is_said_so() -> None:
    with pytest.raises(InputError, match=r"the server http://127\.0\.0\.1:1 cannot be reached"):
        check(Gemini(MODEL, NOWHERE))


@pytest.fixture
def google(httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> HTTPServer:
    """Let a local server stand for Google's own address."""
    monkeypatch.setattr(module, "OFFICIAL", httpserver.url_for("/").rstrip("/"))
    return httpserver


def google_says(server: HTTPServer, body: Any, status: int = 200) -> None:
    text = body if isinstance(body, str) else json.dumps(body)
    server.expect_request(f"/v1/models/{MODEL}").respond_with_response(
        HTTPResponse(text, status, mimetype="application/json")
    )


@pytest.mark.parametrize(
    "body",
    [
        {"name": f"models/{MODEL}", "supportedGenerationMethods": ["generateContent", "countTokens"]},
        {"name": f"models/{MODEL}"},
        {},
        "not JSON",
    ],
)
def test_google_is_asked_for_the_model(google: HTTPServer, body: Any) -> None:
    google_says(google, body)
    check(Gemini(MODEL))
    assert [request.path for request, _ in google.log] == [f"/v1/models/{MODEL}"]


@pytest.mark.parametrize(
    ("status", "error", "sentence"),
    [
        (404, {"message": "models/x is not found"}, f"has no model '{MODEL}'"),
        (403, {"message": "API key was leaked"}, "does not accept the key"),
        (401, {"message": "unauthenticated"}, "does not accept the key"),
        (400, {"message": "not valid", "details": [{"reason": "API_KEY_INVALID"}]}, "does not accept"),
        (400, {"message": "unexpected model name format"}, "unexpected model name format"),
        (429, {"message": "x", "details": [{"violations": [{"quotaId": "PerDay"}]}]}, "refuses"),
    ],
)
def test_what_google_objects_to_is_said_before_anything_is_asked(
    google: HTTPServer, status: int, error: dict[str, Any], sentence: str
) -> None:
    google_says(google, {"error": {"code": status, **error}}, status)
    with pytest.raises(InputError) as refusal:
        check(Gemini(MODEL))
    assert sentence in str(refusal.value)
    assert error["message"] in str(refusal.value)


@pytest.mark.parametrize("status", [500, 503, 429])
def test_a_passing_trouble_is_left_to_the_questions(google: HTTPServer, status: int) -> None:
    google_says(google, {"error": {"code": status, "message": "later"}}, status)
    check(Gemini(MODEL))
    assert len(google.log) == 1


def test_a_google_that_says_nothing_holds_up_no_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "LOOK_UP_S", 0.2)
    over = threading.Event()

    def silent(_: Request) -> HTTPResponse:
        over.wait(20)
        return HTTPResponse("{}", mimetype="application/json")

    with HTTPServer(threaded=True) as server:
        monkeypatch.setattr(module, "OFFICIAL", server.url_for("/").rstrip("/"))
        server.expect_request(f"/v1/models/{MODEL}").respond_with_handler(silent)
        try:
            began = monotonic()
            check(Gemini(MODEL))
            assert 0.2 <= monotonic() - began < 10
        finally:
            over.set()


def test_a_model_that_answers_no_questions_is_refused(google: HTTPServer) -> None:
    google_says(google, {"name": f"models/{MODEL}", "supportedGenerationMethods": ["embedContent"]})
    with pytest.raises(InputError, match="answers no questions"):
        check(Gemini(MODEL))


def test_prices_are_known_at_google_alone(google: HTTPServer) -> None:
    prices = Gemini(MODEL).prices
    assert prices is not None
    assert prices.audio_tokens_per_s == 32
    assert Gemini(MODEL, NOWHERE).prices is None


def test_what_is_declared_of_sound_is_what_google_publishes() -> None:
    declared = Gemini.capabilities
    assert declared.channels_kept is False
    assert declared.front_end_hz == 16_000
    assert declared.max_seconds == 34_200
    assert declared.max_clips is None
    assert declared.text_only
    assert "wav" in declared.formats
