"""A request as it comes out of the socket: what the SDK itself would send, and the system message."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Awaitable, Callable
from typing import Any

import numpy as np
import openai
import pytest
from chat_servers import completion, n_questions, served
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_httpserver import HTTPServer
from scripted_servers import OPENAI_KEY, Runs, all_answered

from starbench.adapters.openai import OpenAI
from starbench.adapters.openai import request as module
from starbench.audio import Audio
from starbench.schema import ClipPart, Prompt, TextPart

pytestmark = pytest.mark.usefixtures("environment")

#: What the SDK sends of itself, and one client does not share with another.
OF_THE_CLIENT = {"Host", "X-Stainless-Read-Timeout"}


def clip(value: int) -> ClipPart:
    audio = Audio(np.full((400, 1), value, np.int16), 16_000)
    return ClipPart.of(lambda: audio)


def request_of(server: HTTPServer, call: Callable[[str], Awaitable[None]]) -> tuple[bytes, dict[str, str]]:
    """Body and headers of the one request of ``call``."""
    server.clear()
    asyncio.run(call(served(server, completion())))
    ((request, _),) = server.log
    headers = {name: value for name, value in request.headers.items() if name not in OF_THE_CLIENT}
    return request.get_data(), headers


@given(
    texts=st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=1, max_size=4),
    extra=st.dictionaries(st.sampled_from(["top_p", "user", "größe"]), st.floats(0, 1) | st.none()),
)
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_request_is_byte_for_byte_what_the_sdk_makes_of_the_same_values(
    httpserver: HTTPServer, texts: list[str], extra: dict[str, Any]
) -> None:
    clips = [clip(i) for i in range(len(texts))]
    parts = [part for text, sound in zip(texts, clips, strict=True) for part in (TextPart(text=text), sound)]

    async def ours(url: str) -> None:
        adapter = OpenAI("m/x", url, temperature=0.5, max_tokens=9, system="Hör zu.", extra_body=extra)
        await adapter.generate(Prompt(parts=tuple(parts)))
        await adapter.close()

    def written(part: TextPart | ClipPart) -> Any:
        if isinstance(part, TextPart):
            return {"type": "text", "text": part.text}
        data = base64.b64encode(part.audio().wav).decode()
        return {"type": "input_audio", "input_audio": {"data": data, "format": "wav"}}

    async def the_sdks(url: str) -> None:
        timeout = openai.Timeout(None, connect=10.0)
        async with openai.AsyncOpenAI(api_key=OPENAI_KEY, base_url=url, timeout=timeout) as client:
            await client.chat.completions.create(
                model="m/x",
                messages=[
                    {"role": "system", "content": "Hör zu."},
                    {"role": "user", "content": [written(part) for part in parts]},
                ],
                extra_body={"temperature": 0.5, "max_tokens": 9, **extra},
            )

    assert request_of(httpserver, ours) == request_of(httpserver, the_sdks)


def test_a_clip_of_many_questions_is_encoded_once(
    httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoded: list[str] = []
    b64encode = base64.b64encode

    def counted(data: bytes) -> bytes:
        encoded.append(data.hex())
        return b64encode(data)

    monkeypatch.setattr(base64, "b64encode", counted)
    adapter = OpenAI("m", served(httpserver, completion()))
    shared = clip(1)

    async def nine() -> None:
        questions = (Prompt(parts=(shared, TextPart(text=f"question {i}"))) for i in range(9))
        await asyncio.gather(*map(adapter.generate, questions))
        await adapter.close()

    asyncio.run(nine())
    assert n_questions(httpserver) == 9
    assert encoded == [shared.audio().wav.hex()]


def messages(server: HTTPServer) -> list[Any]:
    return [json.loads(request.get_data())["messages"] for request, _ in server.log]


def test_there_is_no_system_message_unless_one_is_given(httpserver: HTTPServer, starbench: Runs) -> None:
    assert all_answered(starbench(served(httpserver, completion())))
    assert {tuple(message["role"] for message in one) for one in messages(httpserver)} == {("user",)}


def test_a_system_message_goes_first_and_is_part_of_the_run(httpserver: HTTPServer, starbench: Runs) -> None:
    url = served(httpserver, completion())
    ran = starbench(url, "--model-arg", "system=Listen closely. Größe: 3")
    assert all_answered(ran)
    for system, user in messages(httpserver):
        assert system == {"role": "system", "content": "Listen closely. Größe: 3"}
        assert user["role"] == "user"
    record = json.loads((ran.path / "run.json").read_text("utf-8"))
    assert record["identity"]["model_args"]["system"] == "Listen closely. Größe: 3"
    before = n_questions(httpserver)
    for other in ((), ("--model-arg", "system=Listen.")):
        again = starbench(url, *other)
        assert again.code == 2
        assert "model_args was" in again.err
    assert n_questions(httpserver) == before


def test_a_text_that_looks_like_a_clips_place_is_a_text(httpserver: HTTPServer) -> None:
    async def ask(url: str) -> None:
        adapter = OpenAI("m", url)
        await adapter.generate(Prompt(parts=(TextPart(text="clip-"), clip(1), TextPart(text="CLIP"))))
        await adapter.close()

    body, _ = request_of(httpserver, ask)
    first, sound, last = json.loads(body)["messages"][0]["content"]
    assert (first["text"], last["text"]) == ("clip-", "CLIP")
    assert base64.b64decode(sound["input_audio"]["data"]) == clip(1).audio().wav
    assert len(module.CLIP) > 32
