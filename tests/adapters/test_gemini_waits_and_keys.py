"""Waits that Google asks for are waited out, and a key reaches no file, no screen and no other host."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
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
MODEL = "gemini-3.8-flash"
PATH = f"/v1/models/{MODEL}:generateContent"
KEY = "AIza-marker-7f3a9c5e1b2d4860"


class Ran(NamedTuple):
    code: int
    out: str
    err: str
    path: Path

    @property
    def lines(self) -> list[JournalLine]:
        return list(journal.latest(self.path).values())

    def assert_clean(self, *secrets: str) -> None:
        files = [file for file in self.path.rglob("*") if file.is_file()] if self.path.exists() else []
        for secret in secrets:
            assert secret not in self.out + self.err
            assert [file.name for file in files if secret.encode() in file.read_bytes()] == []


Runs = Callable[..., Ran]


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("built") / "suite"
    build("perception", BuildSpec(("pitch", "loudness", "duration"), "default", 7, 12), path, lambda *_: None)
    return path


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [n for n in os.environ if "proxy" in n.lower() or n.startswith(("GOOGLE_", "GEMINI_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GEMINI_API_KEY", KEY)


@pytest.fixture
def starbench(
    suite: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Runs:
    """Run the command line in this process on one item of the suite (all its rotations)."""

    def run(url: str, *options: str, limit: int = 1, name: str = "run") -> Ran:
        path = tmp_path / name
        given = ["run", "--model", f"gemini:{MODEL}", "--suite", str(suite), "--out", str(path)]
        given += ["--base-url", url, "--limit", str(limit), "--backoff", "0.02", "--no-canary"]
        monkeypatch.setattr(sys, "argv", ["starbench", *given, "--max-attempts", str(ATTEMPTS), *options])
        capfd.readouterr()
        with pytest.raises(SystemExit) as stop:
            main()
        shown = capfd.readouterr()
        return Ran(int(stop.value.code or 0), shown.out, shown.err, path)

    return run


def reply(*texts: str | dict[str, Any], finish: Any = "STOP", **fields: Any) -> dict[str, Any]:
    parts = [{"text": text} if isinstance(text, str) else text for text in texts]
    usage = {"promptTokenCount": 80, "candidatesTokenCount": 2, "totalTokenCount": 82}
    candidate = {"content": {"role": "model", "parts": parts}, "finishReason": finish, "index": 0}
    return {"candidates": [candidate], "usageMetadata": usage, "modelVersion": f"{MODEL}-001", **fields}


def failure(
    status: int,
    message: str = "no",
    *details: dict[str, Any],
    name: str = "INVALID_ARGUMENT",
    headers: dict[str, str] | None = None,
) -> Response:
    error = {"code": status, "message": message, "status": name, "details": list(details)}
    return Response(json.dumps({"error": error}), status, headers, mimetype="application/json")


def detail(kind: str, **fields: Any) -> dict[str, Any]:
    return {"@type": f"type.googleapis.com/google.rpc.{kind}", **fields}


def quota(name: str) -> dict[str, Any]:
    return detail("QuotaFailure", violations=[{"quotaMetric": "requests", "quotaId": name}])


BAD_KEY = detail("ErrorInfo", reason="API_KEY_INVALID", domain="googleapis.com")
RATE = "RESOURCE_EXHAUSTED"


def served(server: HTTPServer, *script: Any) -> str:
    """Let ``server`` answer the n-th question with the n-th of ``script``, and all others with the last."""
    left = list(script)

    def answer(request: Request) -> Response:
        request.environ["test.arrived"] = monotonic()
        said = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(said, Response):
            return Response(said.get_data(), said.status_code, said.headers)
        return Response(
            said if isinstance(said, str | bytes) else json.dumps(said), mimetype="application/json"
        )

    server.expect_request(PATH, method="POST").respond_with_handler(answer)
    return server.url_for("/")


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


# Waiting --------------------------------------------------------------------------------------------


def gemini(llmock: LLMock) -> tuple[str, ...]:
    """Where llmock serves Gemini, and the version it knows."""
    return llmock.base_url("gemini").removesuffix("/v1beta"), "--model-arg", "api_version=v1beta"


def test_retry_after_is_honoured_and_every_attempt_is_counted(llmock: LLMock, starbench: Runs) -> None:
    llmock.rate_limit(times=3, retry_after=0.4).reply("<A>", times=None)
    ran = starbench(*gemini(llmock), "--max-attempts", "5")
    assert ran.code == 0
    assert all_answered(ran)
    assert sum(line.attempts - 1 for line in ran.lines) == 3
    assert len(llmock.requests) == len(ran.lines) + 3
    llmock.assert_resilient()


def test_a_server_error_is_asked_again_until_it_is_mended(llmock: LLMock, starbench: Runs) -> None:
    llmock.fail(500, times=2).fail(503, times=1).reply("<A>", times=None)
    ran = starbench(*gemini(llmock), "--max-attempts", "5")
    assert ran.code == 0
    assert all_answered(ran)
    assert sum(line.attempts - 1 for line in ran.lines) == 3
    llmock.assert_resilient()


@pytest.mark.parametrize(
    ("status", "kind"), [(429, "rate_limit"), (500, "server"), (503, "server"), (400, "bad_request")]
)
def test_a_fault_that_never_ends_is_met_a_bounded_number_of_times(
    llmock: LLMock, starbench: Runs, status: int, kind: str
) -> None:
    llmock.fail(status, times=None, retry_after=0.1 if status in (429, 503) else None)
    ran = starbench(*gemini(llmock))
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
    httpserver: HTTPServer, starbench: Runs, retry_info: str | None, header: str | None, least: float
) -> None:
    details = [] if retry_info is None else [detail("RetryInfo", retryDelay=retry_info)]
    headers = None if header is None else {"Retry-After": header}
    limited = failure(429, "slowly", *details, name=RATE, headers=headers)
    ran = starbench(served(httpserver, limited, reply("<A>")), "--max-in-flight", "1")
    assert all_answered(ran)
    assert [line.attempts for line in ran.lines][:2] == [2, 1]
    first, second = (request.environ["test.arrived"] for request, _ in httpserver.log[:2])
    assert second - first >= least


# Keys -----------------------------------------------------------------------------------------------

ECHOES = [
    pytest.param(reply(f"<A> {KEY}"), id="reply"),
    pytest.param(reply("<A>", finish=KEY), id="finish reason"),
    pytest.param(reply("<A>", modelVersion=f"m-{KEY}"), id="served model"),
    pytest.param({"promptFeedback": {"blockReason": KEY}}, id="block reason"),
    pytest.param({"error": {"code": 400, "message": KEY}}, id="error inside a 200"),
    pytest.param({"error": KEY}, id="bare error inside a 200"),
    pytest.param(f'{{"{KEY}', id="cut JSON"),
    pytest.param(failure(400, f"at https://x/v1/models?key={KEY} stands", BAD_KEY), id="wrong key"),
    pytest.param(failure(403, f"API key {KEY} is blocked"), id="403"),
    pytest.param(failure(404, f"for {KEY}"), id="404"),
    pytest.param(failure(429, f"project of {KEY}", quota(f"PerDay-{KEY}")), id="quota"),
    pytest.param(failure(500, "x" * 990 + KEY), id="at the cut of the message"),
    pytest.param(Response(KEY, 502, {"Retry-After": KEY}), id="plain text"),
]


@pytest.mark.parametrize("payload", ECHOES)
def test_a_server_that_echoes_the_key_gets_it_nowhere(
    httpserver: HTTPServer, starbench: Runs, payload: Any
) -> None:
    ran = starbench(served(httpserver, payload), "--max-in-flight", "1")
    assert httpserver.log[0][0].headers["X-Goog-Api-Key"] == KEY
    assert ran.path.is_dir()
    assert "Traceback" not in ran.err
    # Nor the half of it that a cut message would leave.
    ran.assert_clean(KEY, KEY[: len(KEY) // 2 + 2])


@pytest.mark.parametrize("name", ["GOOGLE_API_KEY", "GEMINI_API_KEY"])
def test_the_key_goes_to_no_other_host(
    httpserver: HTTPServer, starbench: Runs, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.delenv("GEMINI_API_KEY")
    monkeypatch.setenv(name, KEY)
    with HTTPServer() as other:
        away = Response("", 307, {"Location": other.url_for("/elsewhere")})
        ran = starbench(served(httpserver, away))
        assert other.log == []
    assert ran.code == 2
    assert "redirect" in ran.err
    ran.assert_clean(KEY)
