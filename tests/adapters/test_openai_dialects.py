"""Each dialect's request as it comes out of the socket, held against what its server documents.

What is expected stands here by hand, not read from dialects.json: the two were written from the servers' own
documentation, and a slip in one of them shows.
"""

from __future__ import annotations

import asyncio
import base64
import json
import re
import struct
from typing import Any

import numpy as np
import pytest
from chat_servers import PATH, completion, n_questions, scored, served
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_httpserver import HTTPServer
from scripted_servers import Runs

from starbench.adapters.openai import OpenAI
from starbench.adapters.openai.dialects import by_address, by_name, dialects, fill
from starbench.audio import Audio
from starbench.errors import InputError
from starbench.schema import ClipPart, Prompt, TextPart

QUESTION = TextPart(text="Which one?\nA: up\nB: down")
TOOL = {
    "type": "object",
    "properties": {"letter": {"type": "string", "enum": ["A", "B"]}},
    "required": ["letter"],
    "additionalProperties": False,
}
#: By dialect: content part, name of the length limit, fields of answer mode choice, and of logprobs.
EXPECTED: dict[str, tuple[str, str, dict[str, Any] | None, dict[str, Any] | None]] = {
    "compatible": ("input_audio", "max_tokens", None, {"logprobs": True, "top_logprobs": 20}),
    "openai": (
        "input_audio",
        "max_completion_tokens",
        {
            "tools": [
                {
                    "type": "function",
                    "function": {
                        "name": "answer",
                        "description": "Answer the question with the letter of one option.",
                        "parameters": TOOL,
                    },
                }
            ],
            "tool_choice": {"type": "function", "function": {"name": "answer"}},
            "parallel_tool_calls": False,
        },
        None,
    ),
    "openrouter": (
        "input_audio",
        "max_tokens",
        {
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "answer", "strict": True, "schema": TOOL},
            },
            "provider": {"require_parameters": True},
        },
        {"logprobs": True, "top_logprobs": 20, "provider": {"require_parameters": True}},
    ),
    "vllm": (
        "input_audio",
        "max_completion_tokens",
        {"structured_outputs": {"choice": ["<A>", "<B>"]}},
        {"logprobs": True, "top_logprobs": 20, "structured_outputs": {"choice": ["<A>", "<B>"]}},
    ),
    "sglang": (
        "audio_url",
        "max_completion_tokens",
        {"regex": "<(A|B)>"},
        {"logprobs": True, "top_logprobs": 20, "regex": "<(A|B)>"},
    ),
    "llama.cpp": (
        "input_audio",
        "max_tokens",
        {"grammar": 'root ::= "<A>" | "<B>"'},
        {"logprobs": True, "top_logprobs": 20, "grammar": 'root ::= "<A>" | "<B>"'},
    ),
    "transformers": ("input_audio", "max_completion_tokens", None, None),
}


pytestmark = pytest.mark.usefixtures("environment")


def clip(pcm: Any, rate: int = 16_000) -> ClipPart:
    return ClipPart.of(lambda: Audio(np.asarray(pcm, np.int16), rate))


def body_of(server: HTTPServer, adapter: OpenAI, prompt: Prompt) -> dict[str, Any]:
    """Put ``prompt`` and return the body of the request that came out of the socket."""

    async def ask() -> None:
        try:
            await adapter.generate(prompt)
        finally:
            await adapter.close()

    asyncio.run(ask())
    request, _ = server.log[-1]
    assert request.path == PATH
    body: dict[str, Any] = json.loads(request.get_data())
    return body


def sound_of(part: dict[str, Any]) -> bytes:
    """The bytes of a content part, whichever way they are carried."""
    if part["type"] == "input_audio":
        assert set(part) == {"type", "input_audio"}
        assert set(part["input_audio"]) == {"data", "format"}
        assert part["input_audio"]["format"] == "wav"
        return base64.b64decode(part["input_audio"]["data"], validate=True)
    assert set(part) == {"type", "audio_url"}
    assert set(part["audio_url"]) == {"url"}
    head, comma, data = part["audio_url"]["url"].partition(",")
    assert (head, comma) == ("data:audio/wav;base64", ",")
    return base64.b64decode(data, validate=True)


def wav_of(wav: bytes) -> tuple[int, int, bytes]:
    """Channels, rate and samples of a WAV that is PCM of 16 bits and holds nothing else."""
    riff, size, kind, form, code, channels, rate, _, _, bits, data, n = struct.unpack(
        "<4sI4s4s4xHHIIHH4sI", wav[:44]
    )
    assert (riff, kind, form, data, code, bits) == (b"RIFF", b"WAVE", b"fmt ", b"data", 1, 16)
    assert (size, n) == (len(wav) - 8, len(wav) - 44)
    return channels, rate, wav[44:]


def test_every_dialect_is_expected_here() -> None:
    assert set(dialects()) == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_a_request_is_what_the_server_documents(httpserver: HTTPServer, name: str) -> None:
    part, limit, choice, logprobs = EXPECTED[name]
    tones = [[[1, -1], [2, -2], [30000, -30000]], [[5], [6]]]
    parts = (TextPart(text="Clip 1:"), clip(tones[0], 48_000), TextPart(text="Clip 2:"), clip(tones[1]))
    options = ("up", "down")
    url = served(httpserver, completion("<A>", logprobs=None))

    def body(mode: Any) -> dict[str, Any]:
        adapter = OpenAI("m", base_url=url, dialect=name, max_tokens=7, temperature=0.5, seed=3)
        return body_of(
            httpserver, adapter, Prompt(parts=(*parts, QUESTION), options=options, answer_mode=mode)
        )

    asked_text = body("text")
    (message,) = asked_text["messages"]
    content = message["content"]
    assert message["role"] == "user"
    assert [one["type"] for one in content] == ["text", part, "text", part, "text"]
    assert [one["text"] for one in content if one["type"] == "text"] == ["Clip 1:", "Clip 2:", QUESTION.text]
    sounds = [wav_of(sound_of(one)) for one in content if one["type"] != "text"]
    assert [(channels, rate) for channels, rate, _ in sounds] == [(2, 48_000), (1, 16_000)]
    assert [np.frombuffer(data, "<i2").tolist() for _, _, data in sounds] == [
        [1, -1, 2, -2, 30000, -30000],
        [5, 6],
    ]
    assert {k: v for k, v in asked_text.items() if k != "messages"} == {
        "model": "m",
        limit: 7,
        "temperature": 0.5,
        "seed": 3,
    }
    declared = OpenAI("m", base_url=url, dialect=name).capabilities.answer_modes
    for mode, fields in (("choice", choice), ("logprobs", logprobs)):
        assert (mode in declared) == (fields is not None)
    if choice is not None:
        assert body("choice") == {**asked_text, **choice}
    if logprobs is not None:
        httpserver.clear_all_handlers()
        served(httpserver, scored("A", ("A", -0.1, {})))
        assert body("logprobs") == {**asked_text, **logprobs}


@given(
    channels=st.integers(1, 4),
    frames=st.integers(1, 50),
    rate=st.sampled_from([8_000, 16_000, 22_050, 44_100, 48_000, 96_000]),
    seed=st.integers(0, 2**32 - 1),
    text=st.text(st.characters(exclude_categories=["Cs"])),
    name=st.sampled_from(sorted(EXPECTED)),
)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_sound_and_any_text_arrive_as_they_are(
    httpserver: HTTPServer, channels: int, frames: int, rate: int, seed: int, text: str, name: str
) -> None:
    pcm = np.random.default_rng(seed).integers(-32768, 32768, (frames, channels)).astype(np.int16)
    adapter = OpenAI("m", base_url=served(httpserver, completion()), dialect=name)
    body = body_of(httpserver, adapter, Prompt(parts=(clip(pcm, rate), TextPart(text=text))))
    sound, words = body["messages"][0]["content"]
    assert words == {"type": "text", "text": text}
    assert wav_of(sound_of(sound)) == (channels, rate, pcm.astype("<i2").tobytes())


@given(n=st.integers(2, 26))
def test_a_constraint_names_every_letter_and_no_other(n: int) -> None:
    letters = tuple(chr(ord("A") + i) for i in range(n))
    assert fill("$letters", letters) == list(letters)
    assert fill({"a": ["$answers"]}, letters) == {"a": [[f"<{letter}>" for letter in letters]]}
    allowed = fill("$grammar", letters).removeprefix("root ::= ").split(" | ")
    assert [json.loads(one) for one in allowed] == [f"<{letter}>" for letter in letters]
    pattern = re.compile(fill("$regex", letters))
    assert [c for c in map(chr, range(32, 127)) if pattern.fullmatch(f"<{c}>")] == list(letters)


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("https://api.openai.com/v1", "openai"),
        ("https://eu.api.openai.com/v1", "openai"),
        ("https://openrouter.ai/api/v1", "openrouter"),
        ("https://notopenrouter.ai/api/v1", "compatible"),
        ("https://openrouter.ai.example.org/v1", "compatible"),
        ("http://127.0.0.1:8000/v1", "compatible"),
    ],
)
def test_a_dialect_is_known_by_the_host_alone(address: str, name: str) -> None:
    assert by_address(address) is dialects()[name]
    assert OpenAI("m", base_url=address).capabilities.answer_modes == dialects()[name].answer_modes


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [("vlm", "did you mean 'vllm'?"), ("LLAMA.CPP", "'llama.cpp'"), ("zz", "there are compa")],
)
def test_an_unknown_dialect_is_one_sentence_that_helps(wrong: str, hint: str) -> None:
    with pytest.raises(InputError, match=f"dialect {wrong!r} is not known") as told:
        by_name(wrong)
    assert hint in str(told.value)


def test_where_a_dialect_goes_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENROUTER_API_KEY", "sk-or-another-key")
    assert OpenAI("m").server == "https://api.openai.com/v1"
    assert OpenAI("m", dialect="openrouter").server == "https://openrouter.ai/api/v1"
    with pytest.raises(InputError, match="dialect 'vllm' has no server of its own"):
        OpenAI("m", dialect="vllm")
    monkeypatch.delenv("OPENROUTER_API_KEY")
    monkeypatch.delenv("OPENAI_API_KEY")
    with pytest.raises(InputError, match=r"^OPENROUTER_API_KEY is not set"):
        OpenAI("m", dialect="openrouter")


def test_each_vendor_gets_its_own_key(httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENROUTER_API_KEY", "sk-or-another-key")
    url = served(httpserver, completion())
    for name, key in (("openrouter", "sk-or-another-key"), ("vllm", "sk-test-not-a-real-key")):
        body_of(httpserver, OpenAI("m", base_url=url, dialect=name), Prompt(parts=(QUESTION,)))
        assert httpserver.log[-1][0].headers["Authorization"] == f"Bearer {key}"


def test_prices_are_the_vendors_and_hold_there_alone() -> None:
    there = OpenAI("gpt-audio-1.5").prices
    assert there is not None
    assert there.audio_per_million == 32.0
    assert OpenAI("gpt-audio-1.5", "http://127.0.0.1:8000/v1").prices is None
    assert OpenAI("gpt-audio-1.5", "http://127.0.0.1:8000/v1", "openai").prices is None
    assert OpenAI("no-such-model").prices is None


def test_a_server_of_ones_own_needs_no_key(
    httpserver: HTTPServer, starbench: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    ran = starbench(served(httpserver, completion()))
    assert ran.code == 0, ran.err
    assert {request.headers["Authorization"] for request, _ in httpserver.log} == {"Bearer none"}


def test_what_a_user_knows_of_his_model_counts_more_than_the_dialect() -> None:
    url = "http://127.0.0.1:8000/v1"
    known = OpenAI("m", url, "sglang").capabilities
    assert (known.front_end_hz, known.channels_kept, known.max_clips) == (16_000, False, None)
    told = OpenAI(
        "m",
        url,
        "sglang",
        text_only=False,
        max_clips=1,
        max_seconds=30.0,
        front_end_hz=24_000,
        max_channels=1,
        channels_kept=True,
    ).capabilities
    assert (told.text_only, told.max_clips, told.max_seconds) == (False, 1, 30.0)
    assert (told.front_end_hz, told.max_channels, told.channels_kept) == (24_000, 1, True)
    with pytest.raises(InputError, match=r"^--model-arg max_clips=-1: Input should be greater"):
        OpenAI("m", url, max_clips=-1)


@pytest.mark.parametrize(
    ("model", "text_only"), [("gpt-audio-1.5", False), ("openai/gpt-audio", False), ("my-gpt-audio", True)]
)
def test_models_that_need_sound_are_known_wherever_they_are_served(model: str, text_only: bool) -> None:
    assert OpenAI(model, "http://127.0.0.1:8000/v1").capabilities.text_only is text_only


def test_further_fields_go_along_and_win(httpserver: HTTPServer, starbench: Runs) -> None:
    extra = {
        "provider": {"order": ["x"]},
        "response_format": {"json_schema": {"strict": False}},
        "reasoning_effort": "low",
        "temperature": 0.25,
    }
    ran = starbench(
        served(httpserver, completion('{"letter": "B"}')),
        *("--model-arg", "dialect=openrouter", "--model-arg", "temperature=1", "--answer-mode", "choice"),
        *("--model-arg", f"extra_body={json.dumps(extra)}"),
    )
    assert ran.code == 0, ran.err
    for request, _ in httpserver.log:
        body = request.get_json()
        assert body["provider"] == {"require_parameters": True, "order": ["x"]}
        assert (body["reasoning_effort"], body["temperature"]) == ("low", 0.25)
        schema = body["response_format"]["json_schema"]
        assert (schema["strict"], schema["name"]) == (False, "answer")


@pytest.mark.parametrize(
    ("argument", "sentence"),
    [
        ("dialect=vlm", "did you mean 'vllm'?"),
        ("extra_body={", "extra_body"),
        ("extra_body=[1]", "extra_body"),
        ('extra_body={"messages": []}', "extra_body cannot set 'messages'"),
        ('extra_body={"n": 2}', "extra_body cannot set 'n'"),
        ('extra_body={"a": [{"api_key": "x"}]}', "extra_body holds 'api_key'"),
        ("max_clips=many", "max_clips"),
        ("max_seconds=0", "max_seconds"),
    ],
)
def test_an_argument_that_cannot_work_is_one_sentence(
    httpserver: HTTPServer, starbench: Runs, argument: str, sentence: str
) -> None:
    ran = starbench(served(httpserver, completion()), "--model-arg", argument)
    assert ran.code == 2
    assert len(ran.err.splitlines()) == 1
    assert sentence in ran.err
    assert n_questions(httpserver) == 0


@pytest.mark.parametrize("name", EXPECTED)
def test_a_source_stands_beside_every_value_that_is_not_obvious(name: str) -> None:
    dialect = dialects()[name]
    limits = ("front_end_hz", "channels_kept", "max_clips", "max_seconds", "max_channels")
    stated = {limit for limit in limits if getattr(dialect, limit) is not None}
    # Knowing no way to hold a model to a letter is a claim as well.
    assert {"audio_part", "max_tokens_field", "choice", "logprobs"} | stated <= set(dialect.sources)
    assert all(text.strip() for text in dialect.sources.values())
