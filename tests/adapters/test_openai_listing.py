"""A model that is not found: what the server lists is offered, and nothing is refused for missing there."""

from __future__ import annotations

import asyncio
import json
import threading
from time import monotonic
from typing import Any

import pytest
from chat_servers import completion, failure, n_questions, served
from pytest_httpserver import HTTPServer
from scripted_servers import Runs, all_answered
from werkzeug import Request, Response

from starbench.adapters.openai import OpenAI
from starbench.adapters.openai.listing import closest
from starbench.errors import FatalError
from starbench.schema import Prompt, TextPart

pytestmark = pytest.mark.usefixtures("environment")

LISTED = ["Qwen/Qwen2-Audio-7B-Instruct", "Qwen/Qwen2.5-Omni-7B", "gpt-audio-1.5", "whisper-1"]
CHECK = "check the model's name and --base-url, which ends in /v1 at most servers"


def listing(*names: Any) -> dict[str, Any]:
    return {"object": "list", "data": [{"id": name, "object": "model"} for name in names]}


def lists(server: HTTPServer, body: Any, status: int = 200) -> None:
    text = body if isinstance(body, str) else json.dumps(body)
    server.expect_request("/v1/models", method="GET").respond_with_response(
        Response(text, status, mimetype="application/json")
    )


def not_found(url: str, model: str, questions: int = 1) -> list[FatalError]:
    async def ask() -> list[Any]:
        adapter = OpenAI(model, url)
        prompt = Prompt(parts=(TextPart(text="Which?"),))
        try:
            return await asyncio.gather(
                *(adapter.generate(prompt) for _ in range(questions)), return_exceptions=True
            )
        finally:
            await adapter.close()

    errors = asyncio.run(ask())
    assert all(type(error) is FatalError and error.kind == "not_found" for error in errors)
    return errors


@pytest.mark.parametrize(
    ("model", "advice"),
    [
        ("gpt-audi-1.5", "did you mean 'gpt-audio-1.5'? Name it with --model openai:gpt-audio-1.5"),
        ("qwen2-audio-7b-instruct", "did you mean 'Qwen/Qwen2-Audio-7B-Instruct'?"),
        ("Qwen2-Audio", "did you mean 'Qwen/Qwen2-Audio-7B-Instruct'?"),
        ("other/Qwen2.5-Omni-7B", "did you mean 'Qwen/Qwen2.5-Omni-7B'"),
        ("zzz", "the server lists Qwen/Qwen2-Audio-7B-Instruct, Qwen/Qwen2.5-Omni-7B, gpt-audio-1.5 and 1"),
    ],
)
def test_the_closest_of_the_listed_models_are_offered(
    httpserver: HTTPServer, model: str, advice: str
) -> None:
    lists(httpserver, listing(*LISTED))
    (error,) = not_found(served(httpserver, failure(404, "no such model")), model)
    assert str(error).startswith("Error code: 404 - no such model ")
    assert advice in str(error)


def test_a_run_ends_with_the_offer_in_one_sentence(httpserver: HTTPServer, starbench: Runs) -> None:
    lists(httpserver, listing(*LISTED))
    url = served(httpserver, failure(404, "no such model"))
    ran = starbench(url, "--max-in-flight", "1", model="openai:whisper-2")
    assert ran.code == 2
    assert len(ran.complaints) == 1
    assert "did you mean 'whisper-1'" in ran.complaints[0]
    assert n_questions(httpserver) == 1


def test_a_model_that_the_server_does_not_list_is_asked_and_the_list_is_not(
    httpserver: HTTPServer, starbench: Runs
) -> None:
    lists(httpserver, listing("another"))
    assert all_answered(starbench(served(httpserver, completion())))
    assert {request.path for request, _ in httpserver.log} == {"/v1/chat/completions"}


def test_a_model_that_is_listed_is_not_offered_again(httpserver: HTTPServer) -> None:
    lists(httpserver, listing(*LISTED))
    (error,) = not_found(served(httpserver, failure(404, "no endpoint takes sound")), "whisper-1")
    assert str(error) == "Error code: 404 - no endpoint takes sound"


@pytest.mark.parametrize(
    "body", [{"data": []}, {}, [], None, "cut {", "[" * 100_000, {"data": [7, {"id": 3}]}]
)
@pytest.mark.parametrize("status", [200, 404, 500])
def test_a_server_that_lists_nothing_readable_is_told_by_its_own_words(
    httpserver: HTTPServer, body: Any, status: int
) -> None:
    lists(httpserver, body, status)
    (error,) = not_found(served(httpserver, failure(404, "no such model")), "m")
    assert str(error) == f"Error code: 404 - no such model {CHECK}"


def test_the_list_is_looked_up_once_however_many_questions_fail(httpserver: HTTPServer) -> None:
    lists(httpserver, listing(*LISTED))
    errors = not_found(served(httpserver, failure(404)), "whisper-2", questions=8)
    assert len({str(error) for error in errors}) == 1
    assert [request.path for request, _ in httpserver.log].count("/v1/models") == 1


def test_a_list_that_never_comes_holds_up_no_run(
    httpserver_threaded: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("starbench.adapters.openai.listing.LOOK_UP_S", 0.2)
    over = threading.Event()

    def silent(_: Request) -> Response:
        over.wait(20)
        return Response("{}", mimetype="application/json")

    httpserver_threaded.expect_request("/v1/models").respond_with_handler(silent)
    started = monotonic()
    try:
        (error,) = not_found(served(httpserver_threaded, failure(404)), "m")
    finally:
        over.set()
    assert CHECK in str(error)
    assert monotonic() - started < 10


@pytest.mark.parametrize(
    ("model", "names", "expected"),
    [
        ("", ["a"], []),
        ("a", [], []),
        ("x", ["owner/x-long", "x-l"], ["x-l", "owner/x-long"]),
        ("gpt-4o", ["gpt-4", "gpt-4o-audio", "gpt-4o-mini", "gpt-4.1"], 3),
    ],
)
def test_likeness_is_of_the_name_alone(model: str, names: list[str], expected: Any) -> None:
    found = closest(model, names)
    assert (len(found) if isinstance(expected, int) else found) == expected
