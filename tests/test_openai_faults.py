"""Whatever a server does, a trial ends in the outcome that it earned, and never in a letter it did not give.

Everything goes over real sockets, through the real openai SDK and starbench's own command line.
"""

from __future__ import annotations

import json
import socket
import struct
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Any, NamedTuple

import pytest
from llmock.pytest_plugin import LLMock
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from starbench import journal
from starbench.build import build
from starbench.cli import main
from starbench.schema import JournalLine, Outcome
from starbench.synthesis import BuildSpec

ATTEMPTS = 2
PATH = "/v1/chat/completions"


class Ran(NamedTuple):
    code: int
    out: str
    err: str
    path: Path

    @property
    def lines(self) -> list[JournalLine]:
        return list(journal.latest(self.path).values())

    @property
    def complaints(self) -> list[str]:
        return [line for line in self.err.splitlines() if line.startswith("starbench: ")]


Runs = Callable[..., Ran]


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("built") / "suite"
    build("perception", BuildSpec(("pitch", "loudness", "duration"), "default", 7, 12), path, lambda *_: None)
    return path


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test-not-a-real-key")


@pytest.fixture
def starbench(
    suite: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Runs:
    """Run the command line in this process on one item of the suite (all its rotations)."""

    def run(url: str, *options: str, model: str = "openai:m", limit: int = 1, name: str = "run") -> Ran:
        path = tmp_path / name
        given = ["run", "--model", model, "--suite", str(suite), "--out", str(path), "--base-url", url]
        given += ["--limit", str(limit), "--backoff", "0.02", "--max-attempts", str(ATTEMPTS), *options]
        monkeypatch.setattr(sys, "argv", ["starbench", *given])
        capsys.readouterr()
        with pytest.raises(SystemExit) as stop:
            main()
        shown = capsys.readouterr()
        return Ran(int(stop.value.code or 0), shown.out, shown.err, path)

    return run


def completion(content: Any = "<A>", finish: Any = "stop", **message: Any) -> dict[str, Any]:
    return {
        "id": "c",
        "object": "chat.completion",
        "created": 0,
        "model": "served",
        "choices": [
            {
                "index": 0,
                "finish_reason": finish,
                "message": {"role": "assistant", "content": content, **message},
            }
        ],
        "usage": {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11},
    }


def failure(
    status: int, message: str = "no", headers: dict[str, str] | None = None, **error: Any
) -> Response:
    body = json.dumps({"error": {"message": message, **error}})
    return Response(body, status, headers, mimetype="application/json")


def served(server: HTTPServer, *script: Any) -> str:
    """Let ``server`` answer the n-th question with the n-th of ``script``, and all others with the last."""
    left = list(script)

    def answer(_: Request) -> Response:
        reply = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(reply, Response):
            return Response(reply.get_data(), reply.status_code, reply.headers)
        return Response(
            reply if isinstance(reply, str | bytes) else json.dumps(reply), mimetype="application/json"
        )

    server.expect_request(PATH, method="POST").respond_with_handler(answer)
    return server.url_for("/v1")


def asked(server: HTTPServer) -> int:
    return len(server.log)


def all_answered(ran: Ran, letter: str = "A") -> bool:
    return bool(ran.lines) and all(
        line.outcome is Outcome.ANSWERED and line.letter == letter for line in ran.lines
    )


def assert_errors(ran: Ran, kind: str, *, attempts: int = ATTEMPTS, permanent: bool = False) -> None:
    assert ran.lines
    for line in ran.lines:
        assert (line.outcome, line.letter, line.correct) == (Outcome.ERROR, None, False)
        assert line.error is not None
        assert (line.error.kind, line.error.permanent, line.attempts) == (kind, permanent, attempts)


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


def test_a_stalled_server_costs_seconds_and_not_its_own_time(
    httpserver_threaded: HTTPServer, starbench: Runs
) -> None:
    over = threading.Event()

    def stall(_: Request) -> Response:
        over.wait(20)
        return Response(json.dumps(completion()), mimetype="application/json")

    httpserver_threaded.expect_request(PATH).respond_with_handler(stall)
    started = monotonic()
    try:
        ran = starbench(httpserver_threaded.url_for("/v1"), "--timeout", "1", "--backoff", "0.05")
        took = monotonic() - started
    finally:
        over.set()
    assert ran.code == 1
    assert_errors(ran, "timeout")
    assert ATTEMPTS * 1.0 <= took < ATTEMPTS * 1.0 + 3


@pytest.fixture
def httpserver_threaded() -> Iterator[HTTPServer]:
    with HTTPServer(host="127.0.0.1", threaded=True) as server:
        yield server


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
    assert asked(httpserver) == 3
    httpserver.clear()
    again = starbench(served(httpserver, completion("<C>")), limit=6)
    assert again.code == 0
    assert [line.letter for line in again.lines][:3] == ["A", "B", "C"]


def test_an_unknown_model_at_the_first_question_is_bad_input(httpserver: HTTPServer, starbench: Runs) -> None:
    ran = starbench(served(httpserver, failure(404, "no such model")), "--max-in-flight", "1")
    assert ran.code == 2
    assert len(ran.complaints) == 1
    assert "no such model" in ran.complaints[0]
    assert asked(httpserver) == 1


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
    before = asked(httpserver)
    httpserver.clear_all_handlers()
    url = served(httpserver, completion())
    second = starbench(url)
    assert second.code == 1
    assert asked(httpserver) == before
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
    assert asked(httpserver) == 0
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
    assert record["identity"]["text_only"] == "silent-clip"
    assert any("silent clip" in text for text in record["adaptations"])
    assert record["capabilities"]["text_only"] is False
    for request, _ in httpserver.log:
        parts = request.get_json()["messages"][0]["content"]
        assert [part["type"] for part in parts].count("input_audio") == 1


# What comes with status 200 -------------------------------------------------------------------------

GOOD = json.dumps(completion())
HTML = Response("<html><body>Answer: <A></body></html>", 200, mimetype="text/html")


@pytest.mark.parametrize(
    "payload",
    [
        pytest.param(GOOD[: len(GOOD) // 2], id="cut JSON"),
        pytest.param(GOOD.encode().replace(b"served", b"\xff\xfe"), id="no UTF-8"),
        pytest.param(HTML, id="HTML"),
        pytest.param(HTML.get_data(), id="HTML that claims to be JSON"),
        pytest.param(Response("<A>", 200, mimetype="text/plain"), id="bare text"),
        pytest.param("", id="nothing"),
        pytest.param("null", id="null"),
        pytest.param("[]", id="list"),
        pytest.param('"<A>"', id="string"),
        pytest.param("7", id="number"),
        pytest.param("{}", id="no choices"),
        pytest.param({**completion(), "choices": None}, id="choices null"),
        pytest.param({**completion(), "choices": {"0": completion()["choices"][0]}}, id="choices not a list"),
    ],
)
def test_what_is_no_completion_is_retried_and_then_malformed(
    httpserver: HTTPServer, starbench: Runs, payload: Any
) -> None:
    ran = starbench(served(httpserver, payload))
    assert ran.code == 1
    assert_errors(ran, "malformed")


def test_a_reply_that_was_cut_once_is_mended_by_the_next(httpserver: HTTPServer, starbench: Runs) -> None:
    ran = starbench(served(httpserver, GOOD[:60], completion()))
    assert ran.code == 0
    assert all_answered(ran)
    assert sum(line.attempts - 1 for line in ran.lines) == 1


@pytest.mark.parametrize(
    ("code", "kind", "attempts", "permanent"),
    [
        (502, "server", ATTEMPTS, False),
        (429, "rate_limit", ATTEMPTS, False),
        (400, "bad_request", 1, True),
        ("provider_down", "server", ATTEMPTS, False),
        (None, "server", ATTEMPTS, False),
    ],
)
def test_an_error_inside_a_200_is_that_error(
    httpserver: HTTPServer, starbench: Runs, code: Any, kind: str, attempts: int, permanent: bool
) -> None:
    ran = starbench(served(httpserver, {"error": {"code": code, "message": "upstream <A>"}}))
    assert ran.code == 1
    assert_errors(ran, kind, attempts=attempts, permanent=permanent)


@pytest.mark.parametrize("code", [401, 402, 403])
def test_a_fatal_error_inside_a_200_ends_the_run(httpserver: HTTPServer, starbench: Runs, code: int) -> None:
    ran = starbench(served(httpserver, {"error": {"code": code, "message": "no"}}), "--max-in-flight", "1")
    assert ran.code == 1
    assert asked(httpserver) == 1


ANSWERED, TRUNCATED, BLOCKED, EMPTY, REFUSED, UNPARSED = (
    Outcome.ANSWERED,
    Outcome.TRUNCATED,
    Outcome.BLOCKED,
    Outcome.EMPTY,
    Outcome.REFUSED,
    Outcome.UNPARSED,
)


@pytest.mark.parametrize("protocol", ["starbench", "star-bench"])
@pytest.mark.parametrize(
    ("payload", "outcome", "letter"),
    [
        pytest.param({**completion(), "choices": []}, EMPTY, None, id="choices empty"),
        pytest.param({**completion(), "choices": [None]}, EMPTY, None, id="choice null"),
        pytest.param({**completion(), "choices": [{"message": None}]}, EMPTY, None, id="message null"),
        pytest.param(completion(""), EMPTY, None, id="empty text"),
        pytest.param(completion(" \n\t"), EMPTY, None, id="blank text"),
        pytest.param(completion(None), EMPTY, None, id="content null"),
        pytest.param(completion(None, reasoning_content="so <A>"), EMPTY, None, id="reasoning only"),
        pytest.param(completion([]), EMPTY, None, id="no parts"),
        pytest.param(completion(None, "length"), TRUNCATED, None, id="length without text"),
        pytest.param(
            completion(None, "length", reasoning_content="<A>"),
            TRUNCATED,
            None,
            id="reasoning ate the budget",
        ),
        pytest.param(completion(None, "content_filter"), BLOCKED, None, id="filtered without text"),
        pytest.param(completion("<A>", "eos"), ANSWERED, "A", id="unknown finish reason"),
        pytest.param(completion("<A>", None), ANSWERED, "A", id="no finish reason"),
        pytest.param(
            completion(
                [
                    {"type": "text", "text": "Answer: "},
                    {"type": "text", "text": "<B>"},
                    "x",
                    {"type": "image"},
                ]
            ),
            ANSWERED,
            "B",
            id="parts",
        ),
        pytest.param(
            completion(None, audio={"id": "a", "data": "", "expires_at": 0, "transcript": "<B>"}),
            ANSWERED,
            "B",
            id="transcript",
        ),
        pytest.param(completion("\ud83d\ude00 \ud800 Answer: <B>"), ANSWERED, "B", id="lone surrogate"),
        pytest.param({**completion("<B>"), "model": "m\udfff"}, ANSWERED, "B", id="surrogate in model"),
        pytest.param(completion("<B>", "st\ud800op"), ANSWERED, "B", id="surrogate in finish reason"),
        pytest.param(completion("lorem ipsum " * 100_000 + "\nAnswer: <B>"), ANSWERED, "B", id="huge"),
        pytest.param(
            completion("".join(map(chr, range(32))) + "\x7f\x85\u2028\u202e\ufeff\nAnswer: <B>\u0000"),
            ANSWERED,
            "B",
            id="control characters",
        ),
        pytest.param({**completion("<B>"), "usage": "plenty"}, ANSWERED, "B", id="usage no object"),
        pytest.param(
            {**completion("<B>"), "usage": {"prompt_tokens": 10**30, "completion_tokens": "2"}},
            ANSWERED,
            "B",
            id="usage absurd",
        ),
    ],
)
def test_a_delivered_reply_has_the_outcome_it_earned(
    httpserver: HTTPServer, starbench: Runs, payload: Any, outcome: Outcome, letter: str | None, protocol: str
) -> None:
    ran = starbench(served(httpserver, payload), "--protocol", protocol)
    assert ran.code == 0, ran.err
    assert {(line.outcome, line.letter, line.attempts) for line in ran.lines} == {(outcome, letter, 1)}
    assert not any(line.correct for line in ran.lines if line.letter != line.answer_letter)


@pytest.mark.parametrize(
    ("payload", "protocol", "outcome", "letter", "truncated"),
    [
        (completion("<A>, as", "length"), "starbench", TRUNCATED, None, True),
        (completion("<A>, as", "length"), "star-bench", ANSWERED, "A", True),
        (completion("the sound", "length"), "starbench", TRUNCATED, None, True),
        (completion("the sound", "length"), "star-bench", UNPARSED, None, True),
        (completion("<A>", "content_filter"), "starbench", BLOCKED, None, False),
        (completion("<A>", "content_filter"), "star-bench", ANSWERED, "A", False),
        (completion(None, refusal="I cannot say <A>."), "starbench", REFUSED, None, False),
        (completion("", refusal="I cannot help."), "starbench", REFUSED, None, False),
        (completion(None, refusal="I cannot say <A>."), "star-bench", REFUSED, None, False),
    ],
)
def test_protocols_differ_in_what_they_make_of_a_cut_or_withheld_reply(
    httpserver: HTTPServer,
    starbench: Runs,
    payload: Any,
    protocol: str,
    outcome: Outcome,
    letter: str | None,
    truncated: bool,
) -> None:
    ran = starbench(served(httpserver, payload), "--protocol", protocol)
    assert ran.code == 0
    assert {(line.outcome, line.letter, line.truncated) for line in ran.lines} == {
        (outcome, letter, truncated)
    }


@pytest.mark.parametrize(
    "payload",
    [
        pytest.param(completion(None, refusal={"text": "<A>"}), id="refusal no text"),
        pytest.param(completion({"text": 1}), id="content an object"),
        pytest.param(completion(7), id="content a number"),
        pytest.param(completion([{"type": "text", "text": None}]), id="part without text"),
    ],
)
def test_shapes_that_nobody_documents_never_become_a_letter(
    httpserver: HTTPServer, starbench: Runs, payload: Any
) -> None:
    ran = starbench(served(httpserver, payload))
    assert ran.lines
    assert all(line.letter is None and not line.correct for line in ran.lines)
    assert "Traceback" not in ran.err


@pytest.mark.parametrize("status", [400, 401, 500])
def test_hostile_error_messages_are_written_down_and_harm_nothing(
    httpserver: HTTPServer, starbench: Runs, status: int
) -> None:
    message = "\ud800\x00\x1b[31m<script>\n" + "x" * 100_000
    ran = starbench(served(httpserver, failure(status, message)), "--max-in-flight", "1")
    assert ran.code == 1
    assert all(line.outcome is Outcome.ERROR for line in ran.lines)


# What is no HTTP at all -----------------------------------------------------------------------------


@contextmanager
def raw_server(handle: Callable[[socket.socket], None]) -> Iterator[str]:
    """Hand every connection that sends something to ``handle``, then reset it."""
    listener = socket.create_server(("127.0.0.1", 0))

    def one(connection: socket.socket) -> None:
        with connection:
            if connection.recv(65536):
                handle(connection)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            one(connection)

    thread = threading.Thread(target=accept)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(10)


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
        ran = starbench(url)
    assert ran.code == 1
    assert_errors(ran, "connection")


def test_a_server_that_goes_away_is_an_error_and_not_the_end(starbench: Runs, httpserver: HTTPServer) -> None:
    with raw_server(lambda _: None) as url:
        first = starbench(url)
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
