"""A key never reaches a file, a screen or a score, however a server tries to hand it back."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from starbench.build.build import build
from starbench.cli import main
from starbench.redact import redact
from starbench.synthesis import BuildSpec
from starbench.text import sentence

KEY = "sk-marker-7f3a9c5e1b2d4860"
PASSWORD = "marker-password-5512"


class Ran(NamedTuple):
    code: int
    shown: str
    path: Path

    def assert_clean(self, *secrets: str) -> None:
        """None of ``secrets`` stands in any file, or was shown."""
        files = [file for file in self.path.rglob("*") if file.is_file()] if self.path.exists() else []
        for secret in secrets:
            assert secret not in self.shown
            assert [file.name for file in files if secret.encode() in file.read_bytes()] == []


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("built") / "suite"
    build("perception", BuildSpec(("pitch", "loudness", "duration"), "default", 7, 12), path, lambda *_: None)
    return path


@pytest.fixture
def starbench(
    suite: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Callable[..., Ran]:
    """Run the command line with a marked key in its environment."""
    for name in [name for name in os.environ if "proxy" in name.lower() or name.startswith("OPENAI")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.chdir(tmp_path)

    def run(url: str, *options: str) -> Ran:
        path = tmp_path / "run"
        given = ["starbench", "run", "--model", "openai:m", "--suite", str(suite), "--out", str(path)]
        given += ["--limit", "1", "--max-attempts", "2", "--backoff", "0.01", *options]
        monkeypatch.setattr(sys, "argv", [*given, "--base-url", url] if url else given)
        capfd.readouterr()
        with pytest.raises(SystemExit) as stop:
            main()
        shown = capfd.readouterr()
        return Ran(int(stop.value.code or 0), shown.out + shown.err, path)

    return run


def completion(content: str | None, model: str = "m", finish: str = "stop", **message: Any) -> str:
    choice = {
        "index": 0,
        "finish_reason": finish,
        "message": {"role": "assistant", "content": content, **message},
    }
    usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2, "note": KEY}
    return json.dumps(
        {
            "id": KEY,
            "object": "chat.completion",
            "created": 0,
            "model": model,
            "choices": [choice],
            "usage": usage,
        }
    )


def error(message: str, **fields: Any) -> str:
    return json.dumps({"error": {"message": message, "type": KEY, **fields}})


ECHOES = [
    pytest.param(200, completion(f"<A> {KEY}"), id="reply"),
    pytest.param(200, completion(None, refusal=f"no, {KEY}"), id="refusal"),
    pytest.param(200, completion("<A>", model=f"m-{KEY}"), id="served model"),
    pytest.param(200, completion("<A>", finish=KEY), id="finish reason"),
    pytest.param(200, completion(f"\ud800{KEY}\ud800 <A>"), id="among surrogates"),
    pytest.param(200, error(KEY, code=400), id="error inside a 200"),
    pytest.param(200, f"<html>{KEY}", id="HTML"),
    pytest.param(200, f'{{"{KEY}', id="cut JSON"),
    pytest.param(400, error(f"bad {KEY} request"), id="400"),
    pytest.param(401, error(f"Incorrect API key provided: {KEY}."), id="401"),
    pytest.param(403, KEY, id="403 in plain text"),
    pytest.param(404, error(f"model of {KEY}"), id="404"),
    pytest.param(429, error(KEY, code="insufficient_quota"), id="quota"),
    pytest.param(429, error(KEY), id="429"),
    pytest.param(500, error("x" * 990 + KEY), id="500 with the key at the cut of the message"),
    pytest.param(500, error(f"a\n{KEY}\nb"), id="500 of many lines"),
]


@pytest.mark.parametrize(("status", "body"), ECHOES)
def test_a_server_that_echoes_the_key_gets_it_nowhere(
    httpserver: HTTPServer, starbench: Callable[..., Ran], status: int, body: str
) -> None:
    def answer(request: Request) -> Response:
        assert request.headers["Authorization"] == f"Bearer {KEY}"
        headers = {"X-Request-Id": KEY, "Retry-After": KEY, "X-Echo": request.headers["Authorization"]}
        return Response(body, status, headers, content_type="application/json")

    httpserver.expect_request("/v1/chat/completions").respond_with_handler(answer)
    # Looked up after a 404: its names become part of the message.
    httpserver.expect_request("/v1/models").respond_with_json({"data": [{"id": f"model-{KEY}"}]})
    ran = starbench(httpserver.url_for("/v1"))
    httpserver.check_assertions()
    assert ran.path.is_dir() is (status != 404), "an unknown model leaves no run"
    assert "Traceback" not in ran.shown
    # Nor the half of it that a cut message would leave.
    ran.assert_clean(KEY, KEY[: len(KEY) // 2 + 2])


@pytest.mark.parametrize("how", ["option", "environment"])
@pytest.mark.parametrize("status", [200, 401, 500])
def test_an_address_is_recorded_without_what_logs_in(
    httpserver: HTTPServer,
    starbench: Callable[..., Ran],
    monkeypatch: pytest.MonkeyPatch,
    how: str,
    status: int,
) -> None:
    httpserver.expect_request("/v1/chat/completions").respond_with_data(
        completion("<A>"), status, content_type="application/json"
    )
    parts = urlsplit(httpserver.url_for("/v1"))
    url = f"http://user:{PASSWORD}@{parts.netloc}{parts.path}/"
    if how == "environment":
        monkeypatch.setenv("OPENAI_BASE_URL", url)
    ran = starbench(url if how == "option" else "")
    assert httpserver.log
    ran.assert_clean(KEY, PASSWORD, "user:", "dXNlcjpt")  # the last is "user:m" in base64
    record = json.loads((ran.path / "run.json").read_text("utf-8"))
    assert record["served_by"] == f"http://{parts.netloc}/v1"
    if status == 200:
        assert ran.code == 0
        assert starbench(httpserver.url_for("/v1")).code == 0  # and it is the same run


@pytest.mark.parametrize(
    "url",
    [
        f"http://user:{PASSWORD}@127.0.0.1:1/v1",
        f"http://user:{PASSWORD}@127.0.0.1:99999/v1",
        f"http://user:{PASSWORD}@[::1/v1",
        f"ftp://user:{PASSWORD}@127.0.0.1/v1",
        f"http://127.0.0.1:1/v1?token={PASSWORD}",
        f"user:{PASSWORD}@127.0.0.1",
    ],
)
def test_an_address_that_does_not_work_is_named_without_what_logs_in(
    starbench: Callable[..., Ran], url: str
) -> None:
    ran = starbench(url)
    assert ran.code == 2
    assert "Traceback" not in ran.shown
    assert not ran.path.exists()
    ran.assert_clean(PASSWORD)


@pytest.mark.parametrize("name", ["api_key", "key", "token", "OPENAI_API_KEY", "password", "client_secret"])
def test_keys_are_not_taken_as_arguments(starbench: Callable[..., Ran], name: str) -> None:
    ran = starbench("http://127.0.0.1:1/v1", "--model-arg", f"{name}={PASSWORD}")
    assert ran.code == 2
    assert "read from the environment only" in ran.shown
    ran.assert_clean(PASSWORD)


def test_every_variable_named_like_a_secret_is_blanked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_abcdefgh")
    monkeypatch.setenv("my_password", "correct horse battery")
    monkeypatch.setenv("LONG_KEY", "hf_abcdefgh-and-more")
    monkeypatch.setenv("LOCAL_API_KEY", "EMPTY")
    text = "hf_abcdefgh, correct horse battery, hf_abcdefgh-and-more, EMPTY"
    assert redact(text) == "[redacted], [redacted], [redacted], EMPTY"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain words", "plain words"),
        ("two\nlines\r\n\tand a tab", "two lines and a tab"),
        ("\x1b[31mred\x07", "?[31mred?"),
        ("\ud800 \u202eabc\u2066", "? ?abc?"),
        ("größer als 3 °", "größer als 3 °"),
        ("x" * 5000, "x" * 1000 + " …"),
    ],
)
def test_a_sentence_is_one_printable_line(text: str, shown: str) -> None:
    assert sentence(text) == shown


def test_a_key_given_as_the_models_name_is_refused(
    starbench: Callable[..., Ran], httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = starbench(httpserver.url_for("/v1"), "--model", f"openai:{KEY}")
    assert ran.code == 2
    assert not ran.path.exists()
    assert KEY not in ran.shown
    assert not httpserver.log
