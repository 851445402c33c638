"""Waits that Google asks for are waited out, and a key reaches no file, no screen and no other host."""

from __future__ import annotations

from typing import Any

import pytest
from gemini_server import BAD_KEY, RATE, detail, failure, quota, reply, served
from llmock.pytest_plugin import LLMock
from pytest_httpserver import HTTPServer
from scripted_servers import ATTEMPTS, GEMINI_KEY, Runs, all_answered, assert_errors
from werkzeug import Response

# Waiting --------------------------------------------------------------------------------------------


def gemini(llmock: LLMock) -> tuple[str, ...]:
    """Where llmock serves Gemini, and the version it knows."""
    return llmock.base_url("gemini").removesuffix("/v1beta"), "--model-arg", "api_version=v1beta"


def test_retry_after_is_honoured_and_every_attempt_is_counted(llmock: LLMock, starbench_gemini: Runs) -> None:
    llmock.rate_limit(times=3, retry_after=0.4).reply("<A>", times=None)
    ran = starbench_gemini(*gemini(llmock), "--max-attempts", "5")
    assert ran.code == 0
    assert all_answered(ran)
    assert sum(line.attempts - 1 for line in ran.lines) == 3
    assert len(llmock.requests) == len(ran.lines) + 3
    llmock.assert_resilient()


def test_a_server_error_is_asked_again_until_it_is_mended(llmock: LLMock, starbench_gemini: Runs) -> None:
    llmock.fail(500, times=2).fail(503, times=1).reply("<A>", times=None)
    ran = starbench_gemini(*gemini(llmock), "--max-attempts", "5")
    assert ran.code == 0
    assert all_answered(ran)
    assert sum(line.attempts - 1 for line in ran.lines) == 3
    llmock.assert_resilient()


@pytest.mark.parametrize(
    ("status", "kind"), [(429, "rate_limit"), (500, "server"), (503, "server"), (400, "bad_request")]
)
def test_a_fault_that_never_ends_is_met_a_bounded_number_of_times(
    llmock: LLMock, starbench_gemini: Runs, status: int, kind: str
) -> None:
    llmock.fail(status, times=None, retry_after=0.1 if status in (429, 503) else None)
    ran = starbench_gemini(*gemini(llmock))
    attempts = 1 if status == 400 else ATTEMPTS
    assert_errors(ran, kind, attempts=attempts, permanent=status == 400)
    assert len(llmock.requests) == attempts * len(ran.lines)
    llmock.assert_resilient()


@pytest.mark.parametrize(
    ("retry_info", "header", "least"),
    [
        ("0.4s", None, 0.4),
        ("0.4s", "0", 0.4),
        ("0s", "0.4", 0.4),
        (None, "0.4", 0.4),
        ("never", None, 0.0),
        ("9" * 400 + "s", "0.4", 0.4),
    ],
)
def test_the_longer_of_googles_two_waits_is_waited_out(
    httpserver: HTTPServer, starbench_gemini: Runs, retry_info: str | None, header: str | None, least: float
) -> None:
    details = [] if retry_info is None else [detail("RetryInfo", retryDelay=retry_info)]
    headers = None if header is None else {"Retry-After": header}
    limited = failure(429, "slowly", *details, name=RATE, headers=headers)
    ran = starbench_gemini(served(httpserver, limited, reply("<A>")), "--max-in-flight", "1")
    assert all_answered(ran)
    assert [line.attempts for line in ran.lines][:2] == [2, 1]
    first, second = (request.environ["test.arrived"] for request, _ in httpserver.log[:2])
    assert second - first >= least


# Keys -----------------------------------------------------------------------------------------------

ECHOES = [
    pytest.param(reply(f"<A> {GEMINI_KEY}"), id="reply"),
    pytest.param(reply("<A>", finish=GEMINI_KEY), id="finish reason"),
    pytest.param(reply("<A>", modelVersion=f"m-{GEMINI_KEY}"), id="served model"),
    pytest.param({"promptFeedback": {"blockReason": GEMINI_KEY}}, id="block reason"),
    pytest.param({"error": {"code": 400, "message": GEMINI_KEY}}, id="error inside a 200"),
    pytest.param({"error": GEMINI_KEY}, id="bare error inside a 200"),
    pytest.param(f'{{"{GEMINI_KEY}', id="cut JSON"),
    pytest.param(failure(400, f"at https://x/v1/models?key={GEMINI_KEY} stands", BAD_KEY), id="wrong key"),
    pytest.param(failure(403, f"API key {GEMINI_KEY} is blocked"), id="403"),
    pytest.param(failure(404, f"for {GEMINI_KEY}"), id="404"),
    pytest.param(failure(429, f"project of {GEMINI_KEY}", quota(f"PerDay-{GEMINI_KEY}")), id="quota"),
    pytest.param(failure(500, "x" * 990 + GEMINI_KEY), id="at the cut of the message"),
    pytest.param(Response(GEMINI_KEY, 502, {"Retry-After": GEMINI_KEY}), id="plain text"),
]


@pytest.mark.parametrize("payload", ECHOES)
def test_a_server_that_echoes_the_key_gets_it_nowhere(
    httpserver: HTTPServer, starbench_gemini: Runs, payload: Any
) -> None:
    ran = starbench_gemini(served(httpserver, payload), "--max-in-flight", "1")
    assert httpserver.log[0][0].headers["X-Goog-Api-Key"] == GEMINI_KEY
    assert ran.path.is_dir() is ("nothing is left behind" not in ran.err), "an unknown model leaves no run"
    assert "Traceback" not in ran.err
    # Nor the half of it that a cut message would leave.
    ran.assert_clean(GEMINI_KEY, GEMINI_KEY[: len(GEMINI_KEY) // 2 + 2])


@pytest.mark.parametrize("name", ["GOOGLE_API_KEY", "GEMINI_API_KEY"])
def test_the_key_goes_to_no_other_host(
    httpserver: HTTPServer, starbench_gemini: Runs, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.delenv("GEMINI_API_KEY")
    monkeypatch.setenv(name, GEMINI_KEY)
    with HTTPServer() as other:
        away = Response("", 307, {"Location": other.url_for("/elsewhere")})
        ran = starbench_gemini(served(httpserver, away))
        assert other.log == []
    assert ran.code == 2
    assert "redirect" in ran.err
    ran.assert_clean(GEMINI_KEY)
