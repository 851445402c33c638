"""Whatever a server does, a trial ends in the outcome that it earned, and never in a letter it did not give.

Everything goes over real sockets, through the real openai SDK and starbench's own command line. What comes
with status 200 stands in test_openai_replies.py.
"""

from __future__ import annotations

import json
import threading
from time import monotonic
from typing import Any

import pytest
from chat_servers import PATH, completion, failure, n_questions, served
from llmock.pytest_plugin import LLMock
from pytest_httpserver import HTTPServer
from scripted_servers import ATTEMPTS, Runs, all_answered, assert_errors, raw_server, stalling
from werkzeug import Request, Response

from starbench.adapters.openai.dialects import dialects
from starbench.cli.commands import progress
from starbench.schema import Outcome

# What a scripted server does ------------------------------------------------------------------------


def test_retry_after_is_honoured_and_every_attempt_is_counted(llmock: LLMock, starbench: Runs) -> None:
    llmock.rate_limit(times=3, retry_after=0.4).reply("<A>", times=None)
    ran = starbench(llmock.base_url(), "--max-attempts", "5")
    assert ran.code == 0
    assert all_answered(ran)
    assert sum(line.attempts - 1 for line in ran.lines) == 3
    assert len(llmock.requests) == len(ran.lines) + 3
    llmock.assert_resilient()


def test_a_rate_limit_of_one_worker_holds_back_the_others(llmock: LLMock, starbench: Runs) -> None:
    llmock.rate_limit(times=1, retry_after=0.5).reply("<A>", times=None)
    ran = starbench(llmock.base_url(), "--max-in-flight", "2", limit=6)
    assert all_answered(ran)
    limited = next(r for r in llmock.requests if r.status == 429)
    early = [
        r
        for r in llmock.requests
        # What was under way when the server said so, or had just been sent, is not early.
        if limited.ended_at + 0.1 < r.started_at < limited.ended_at + 0.45
    ]
    assert not early


def test_a_server_error_is_asked_again_until_it_is_mended(llmock: LLMock, starbench: Runs) -> None:
    llmock.fail(500, times=2).fail(503, times=1).reply("<A>", times=None)
    ran = starbench(llmock.base_url(), "--max-attempts", "5")
    assert ran.code == 0
    assert all_answered(ran)
    assert sum(line.attempts - 1 for line in ran.lines) == 3
    llmock.assert_resilient()


@pytest.mark.parametrize(
    ("status", "kind"), [(500, "server"), (503, "server"), (408, "server"), (429, "rate_limit")]
)
def test_a_fault_that_never_ends_is_an_error_with_a_bounded_number_of_attempts(
    llmock: LLMock, starbench: Runs, status: int, kind: str
) -> None:
    llmock.fail(status, times=None)
    ran = starbench(llmock.base_url())
    assert ran.code == 1
    assert_errors(ran, kind)
    assert len(llmock.requests) == ATTEMPTS * len(ran.lines)
    llmock.assert_resilient()


def test_a_run_that_is_only_refused_says_what_it_waits_for(
    llmock: LLMock, starbench: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "_PAUSE_SHOWN_S", 0.0)
    llmock.fail(429, times=None)
    ran = starbench(llmock.base_url())
    assert ran.code == 1
    lines = ran.err.splitlines()
    waits = [number for number, line in enumerate(lines) if line.startswith("waiting until ")]
    assert waits
    assert "the server refuses with 429 (rate limit)" in lines[waits[0]]
    assert not any("trials," in line for line in lines[: waits[0]]), "it is said before anything ended"


def test_errors_are_asked_again_on_resume_and_answers_are_not(llmock: LLMock, starbench: Runs) -> None:
    llmock.fail(500, times=2).reply("<A>", times=None)
    first = starbench(llmock.base_url(), "--max-in-flight", "1", "--max-attempts", "1")
    assert first.code == 1
    assert [line.outcome is Outcome.ERROR for line in first.lines][:3] == [True, True, False]
    before = len(llmock.requests)
    second = starbench(llmock.base_url(), "--max-in-flight", "1")
    assert second.code == 0
    assert all_answered(second)
    assert len(llmock.requests) - before == 2


@pytest.mark.parametrize("code", ["insufficient_quota", "billing_hard_limit_reached"])
def test_a_spent_quota_stops_the_run_at_once_and_the_run_goes_on_when_it_is_mended(
    llmock: LLMock, starbench: Runs, code: str
) -> None:
    llmock.fail(429, code=code, times=None)
    ran = starbench(llmock.base_url(), "--max-in-flight", "1", limit=6)
    assert ran.code == 1
    assert len(llmock.requests) == 1
    assert_errors(ran, "quota", attempts=1)
    assert len(ran.complaints) == 1
    assert "ended the run" in ran.complaints[0]
    llmock.reset()
    llmock.reply("<A>", times=None)
    again = starbench(llmock.base_url(), limit=6)
    assert again.code == 0
    assert all_answered(again)


def test_a_stalled_server_costs_seconds_and_not_its_own_time(starbench: Runs) -> None:
    with stalling(PATH) as url:
        started = monotonic()
        ran = starbench(f"{url}/v1", "--timeout", "1", "--backoff", "0.05")
        took = monotonic() - started
    assert ran.code == 1
    assert_errors(ran, "timeout")
    assert ATTEMPTS * 1.0 <= took < ATTEMPTS * 1.0 + 3


# What ends a run ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("status", "kind"), [(401, "auth"), (403, "auth"), (402, "quota")])
def test_a_refused_key_ends_the_run_with_one_sentence_and_keeps_what_was_answered(
    httpserver: HTTPServer, starbench: Runs, status: int, kind: str
) -> None:
    url = served(httpserver, completion("<A>"), completion("<B>"), failure(status, "key revoked"))
    ran = starbench(url, "--max-in-flight", "1", limit=6)
    assert ran.code == 1
    assert len(ran.complaints) == 1
    assert "key revoked" in ran.complaints[0]
    assert "Traceback" not in ran.err
    assert [line.letter for line in ran.lines] == ["A", "B", None]
    assert ran.lines[-1].error is not None
    assert ran.lines[-1].error.kind == kind
    assert n_questions(httpserver) == 3
    httpserver.clear()
    again = starbench(served(httpserver, completion("<C>")), limit=6)
    assert again.code == 0
    assert [line.letter for line in again.lines][:3] == ["A", "B", "C"]


def test_an_unknown_model_at_the_first_question_is_bad_input(httpserver: HTTPServer, starbench: Runs) -> None:
    ran = starbench(served(httpserver, failure(404, "no such model")), "--max-in-flight", "1")
    assert ran.code == 2
    assert len(ran.complaints) == 1
    assert "no such model" in ran.complaints[0]
    assert n_questions(httpserver) == 1
    assert not ran.path.exists(), "the corrected command would be refused a run of another model"
    httpserver.clear()
    assert starbench(served(httpserver, completion("<A>"))).code == 0


def test_a_model_that_vanishes_halfway_leaves_an_incomplete_run(
    httpserver: HTTPServer, starbench: Runs
) -> None:
    ran = starbench(served(httpserver, completion(), failure(404)), "--max-in-flight", "1")
    assert ran.code == 1
    assert ran.lines[0].letter == "A"


@pytest.mark.parametrize("status", [400, 413, 422])
def test_a_bad_request_is_permanent_and_asked_again_only_on_request(
    httpserver: HTTPServer, starbench: Runs, status: int
) -> None:
    url = served(httpserver, failure(status, "too long"))
    first = starbench(url)
    assert first.code == 1
    assert_errors(first, "bad_request", attempts=1, permanent=True)
    before = n_questions(httpserver)
    httpserver.clear_all_handlers()
    url = served(httpserver, completion())
    second = starbench(url)
    assert second.code == 1
    assert n_questions(httpserver) == before
    third = starbench(url, "--retry-permanent")
    assert third.code == 0
    assert all_answered(third)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--base-url", "http://127.0.0.1:1/v1"], "cannot be reached"),
        (["--base-url", "http://127.0.0.1:99999/v1"], "cannot be reached"),
        (["--base-url", "ftp://127.0.0.1/v1"], "is not an http(s) address"),
        (["--base-url", "http://127.0.0.1:1/v1", "--text-only", "sometimes"], "'sometimes'"),
        (["--base-url", "http://127.0.0.1:1/v1", "--model-arg", "api_key=x"], "environment only"),
        (["--base-url", "http://127.0.0.1:1/v1", "--model-arg", "warmth=1"], "takes no argument 'warmth'"),
    ],
)
def test_what_cannot_work_is_one_sentence_before_anything_is_made(
    starbench: Runs, arguments: list[str], sentence: str
) -> None:
    ran = starbench("http://127.0.0.1:1/v1", *arguments)
    assert ran.code == 2
    assert len(ran.err.splitlines()) == 1
    assert sentence in ran.err
    assert not ran.path.exists()


def test_openai_itself_is_not_asked_without_a_key(starbench: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    ran = starbench("https://api.openai.com/v1")
    assert ran.code == 2
    assert len(ran.err.splitlines()) == 1
    assert "OPENAI_API_KEY is not set" in ran.err
    assert not ran.path.exists()


@pytest.mark.parametrize("condition", ["question-only", "caption"])
def test_a_model_that_needs_sound_is_not_asked_without(
    httpserver: HTTPServer, starbench: Runs, condition: str
) -> None:
    ran = starbench(
        served(httpserver, completion()), "--condition", f"audio,{condition}", model="openai:gpt-audio-1.5"
    )
    assert ran.code == 2
    assert len(ran.err.splitlines()) == 1
    assert "--text-only silent-clip" in ran.err
    assert n_questions(httpserver) == 0
    assert not ran.path.exists()


@pytest.mark.parametrize("condition", ["question-only", "caption"])
def test_a_silent_clip_is_sent_by_a_recorded_policy(
    httpserver: HTTPServer, starbench: Runs, condition: str
) -> None:
    ran = starbench(
        served(httpserver, completion()),
        "--condition",
        condition,
        "--text-only",
        "silent-clip",
        model="openai:gpt-audio-1.5",
    )
    assert ran.code == 0
    record = json.loads((ran.path / "run.json").read_text("utf-8"))
    assert record["identity"]["setup"]["text_only"] == "silent-clip"
    assert any(change["kind"] == "silent-clip" for change in record["adaptations"])
    assert record["capabilities"]["text_only"] is False
    for request, _ in httpserver.log:
        parts = request.get_json()["messages"][0]["content"]
        assert [part["type"] for part in parts].count("input_audio") == 1


@pytest.mark.parametrize(
    "body",
    [
        {"error": {"message": "no grammar here"}},
        {"message": "no grammar here"},
        {"detail": "no grammar here"},
        {"detail": [{"loc": ["body", "x"], "msg": "no grammar here"}]},
        {"error": "no grammar here"},
        "no grammar here",
        ["no grammar here"],
    ],
    ids=["OpenAI", "vLLM", "FastAPI", "FastAPI's list", "error a text", "plain text", "a list"],
)
def test_what_a_server_complains_of_is_kept_in_its_words(
    httpserver: HTTPServer, starbench: Runs, body: Any
) -> None:
    text = body if isinstance(body, str) else json.dumps(body)
    ran = starbench(served(httpserver, Response(text, 422)))
    assert_errors(ran, "bad_request", attempts=1, permanent=True)
    assert all(line.error and line.error.message.count("no grammar here") == 1 for line in ran.lines)
    assert all(line.error and "422" in line.error.message for line in ran.lines)


@pytest.mark.parametrize("status", [400, 401, 500])
def test_hostile_error_messages_are_written_down_and_harm_nothing(
    httpserver: HTTPServer, starbench: Runs, status: int
) -> None:
    message = "\ud800\x00\x1b[31m<script>\n" + "x" * 100_000
    ran = starbench(served(httpserver, failure(status, message)), "--max-in-flight", "1")
    assert ran.code == 1
    assert all(line.outcome is Outcome.ERROR for line in ran.lines)


# What is no HTTP at all -----------------------------------------------------------------------------

GOOD = json.dumps(completion())
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n"


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(b"", id="dropped before a reply"),
        pytest.param(HEAD[:20], id="dropped in the head"),
        pytest.param(HEAD + GOOD.encode()[:50], id="dropped in the body"),
        pytest.param(b"220 mail.example.org ESMTP\r\n", id="not HTTP"),
    ],
)
def test_a_broken_connection_is_retried_and_then_an_error(starbench: Runs, sent: bytes) -> None:
    with raw_server(lambda connection: connection.sendall(sent)) as url:
        ran = starbench(f"{url}/v1")
    assert ran.code == 1
    assert_errors(ran, "connection")


def test_a_server_that_goes_away_is_an_error_and_not_the_end(starbench: Runs, httpserver: HTTPServer) -> None:
    with raw_server(lambda _: None) as url:
        first = starbench(f"{url}/v1")
    assert_errors(first, "connection")
    # The same run goes on at another address: where a model is served is not what it is.
    second = starbench(served(httpserver, completion()))
    assert second.code == 0
    assert all_answered(second)


@pytest.mark.parametrize(
    "error",
    [{"code": "insufficient_quota"}, {"type": "insufficient_quota", "code": None}],
    ids=["code", "type"],
)
def test_a_spent_quota_stops_the_run_however_it_is_told(
    error: dict[str, Any], httpserver: HTTPServer, starbench: Runs
) -> None:
    httpserver.expect_request(PATH).respond_with_json({"error": {"message": "spent", **error}}, status=429)
    ran = starbench(httpserver.url_for("/v1"), limit=3)
    assert ran.code == 1
    assert len(httpserver.log) == 1
    assert [line.error.kind for line in ran.lines if line.error] == ["quota"]


@pytest.fixture
def vendor(httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> str:
    """An address that passes for OpenAI's own, where models can be asked for by name."""
    url = served(httpserver, completion())
    own = dialects()["openai"].model_copy(update={"base_url": url})
    monkeypatch.setattr("starbench.adapters.openai.adapter.by_address", lambda _: own)
    return url


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        (404, "has no model 'm' for this key"),
        (401, "does not accept OPENAI_API_KEY"),
        (403, "does not accept OPENAI_API_KEY"),
    ],
)
def test_the_vendor_is_asked_for_the_model_before_anything_else(
    httpserver: HTTPServer, starbench: Runs, vendor: str, status: int, sentence: str
) -> None:
    httpserver.expect_request("/v1/models/m").respond_with_json({"error": {}}, status=status)
    ran = starbench(vendor)
    assert ran.code == 2
    assert len(ran.complaints) == 1
    assert sentence in ran.complaints[0]
    assert httpserver.log[0][0].path == "/v1/models/m"
    assert n_questions(httpserver) == 0


def test_a_vendor_without_the_model_offers_the_closest_it_has(
    httpserver: HTTPServer, starbench: Runs, vendor: str
) -> None:
    httpserver.expect_request("/v1/models/gpt-audi").respond_with_json({"error": {}}, status=404)
    httpserver.expect_request("/v1/models").respond_with_json({"data": [{"id": "gpt-audio"}, {"id": "tts"}]})
    ran = starbench(vendor, model="openai:gpt-audi")
    assert ran.code == 2
    assert "has no model 'gpt-audi' for this key: did you mean 'gpt-audio'?" in ran.complaints[0]
    assert n_questions(httpserver) == 0
    assert not ran.path.exists()


@pytest.mark.parametrize("status", [200, 500])
def test_a_vendor_that_does_not_object_is_asked(
    httpserver: HTTPServer, starbench: Runs, vendor: str, status: int
) -> None:
    httpserver.expect_request("/v1/models/m").respond_with_json({"id": "m"}, status=status)
    ran = starbench(vendor)
    assert ran.code == 0
    assert all_answered(ran)
    assert httpserver.log[0][0].path == "/v1/models/m"


def test_a_vendor_that_says_nothing_readable_of_the_model_is_asked(
    httpserver: HTTPServer, starbench: Runs, vendor: str
) -> None:
    cut = Response('{"id": "m', mimetype="application/json")
    httpserver.expect_request("/v1/models/m").respond_with_response(cut)
    assert all_answered(starbench(vendor))


def test_a_vendor_that_never_says_what_it_knows_of_the_model_holds_up_no_run(
    httpserver_threaded: HTTPServer, starbench: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("starbench.adapters.openai.adapter.LOOK_UP_S", 0.2)
    url = served(httpserver_threaded, completion())
    own = dialects()["openai"].model_copy(update={"base_url": url})
    monkeypatch.setattr("starbench.adapters.openai.adapter.by_address", lambda _: own)
    over = threading.Event()

    def silent(_: Request) -> Response:
        over.wait(20)
        return Response("{}", mimetype="application/json")

    httpserver_threaded.expect_request("/v1/models/m").respond_with_handler(silent)
    began = monotonic()
    try:
        ran = starbench(url)
    finally:
        over.set()
    assert all_answered(ran)
    assert monotonic() - began < 15
