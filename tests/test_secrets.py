"""A key never reaches a file, a screen or a score, however a server tries to hand it back."""

from __future__ import annotations

import html
import json
import os
import sys
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote, quote_plus, urlsplit

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from starbench.build.build import build
from starbench.cli import main
from starbench.redact import address, redact
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
@pytest.mark.parametrize(
    ("address", "problem"),
    [
        ("http://user:{secret}@{host}/v1/", "a user or password"),
        ("http://{secret}@{host}/v1", "a user or password"),
        ("http://{host}/v1?api-version=1&code={secret}", "a query"),
        ("http://{host}/v1?{secret}", "a query"),
        ("http://{host}/v1#{secret}", "a fragment"),
    ],
)
def test_an_address_that_holds_more_is_refused_and_not_shown(
    httpserver: HTTPServer,
    starbench: Callable[..., Ran],
    monkeypatch: pytest.MonkeyPatch,
    how: str,
    address: str,
    problem: str,
) -> None:
    url = address.format(secret=PASSWORD, host=urlsplit(httpserver.url_for("/")).netloc)
    if how == "environment":
        monkeypatch.setenv("OPENAI_BASE_URL", url)
    ran = starbench(url if how == "option" else "")
    assert ran.code == 2
    assert f"base_url holds {problem}: give the address alone" in ran.shown
    assert not httpserver.log
    assert not ran.path.exists()
    ran.assert_clean(PASSWORD, "user:", "dXNlcjpt")  # the last is "user:m" in base64
    assert redact(f"a library says {url}").count(PASSWORD) == 0


@pytest.mark.parametrize("status", [200, 302, 401, 500])
def test_a_key_in_the_path_of_an_address_is_sent_and_not_recorded(
    httpserver: HTTPServer, starbench: Callable[..., Ran], status: int
) -> None:
    token = "a7f3c9e5b1d24860" * 2

    def answer(request: Request) -> Response:
        body = completion(f"<A> {request.url}") if status == 200 else error(f"not at {request.url}")
        return Response(body, status, {"Location": request.url}, content_type="application/json")

    httpserver.expect_request(f"/{token}/v1/chat/completions").respond_with_handler(answer)
    for _ in range(2):  # the second time the token is known
        ran = starbench(httpserver.url_for(f"/{token}/v1"))
        ran.assert_clean(token)
        assert ran.path.exists() is (status != 302)
    assert httpserver.log
    if status == 200:
        assert ran.code == 0
        served_by = json.loads((ran.path / "run.json").read_text("utf-8"))["served_by"]
        assert served_by == httpserver.url_for("/[redacted]/v1")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed_and_named_without_what_it_could_hold(
    httpserver: HTTPServer, starbench: Callable[..., Ran], status: int
) -> None:
    with HTTPServer() as other:
        other.expect_request("/v1/chat/completions").respond_with_data(completion("<A>"))
        host = urlsplit(other.url_for("/")).netloc
        there = f"http://user:{PASSWORD}@{host}/elsewhere?token={KEY}"
        httpserver.expect_request("/v1/chat/completions").respond_with_data(
            f"<html>{KEY}", status, {"Location": there}
        )
        ran = starbench(httpserver.url_for("/v1"))
        assert other.log == []
    assert len(httpserver.log) == 1
    assert ran.code == 2
    assert f"the server redirects to http://{host}/elsewhere, and redirects are not followed" in ran.shown
    assert not ran.path.exists()
    ran.assert_clean(KEY, PASSWORD, "user:", "<html>")


@pytest.mark.parametrize("inside", ["\n", "\r\n", '"', "'", "\\", " ", "\x7f", "\u202e", "é"])
@pytest.mark.parametrize("model", ["openai:m", "gemini:m"])
def test_a_key_that_no_header_can_hold_is_refused_at_once_and_not_shown(
    httpserver: HTTPServer,
    starbench: Callable[..., Ran],
    monkeypatch: pytest.MonkeyPatch,
    inside: str,
    model: str,
) -> None:
    name = {"openai:m": "OPENAI_API_KEY", "gemini:m": "GEMINI_API_KEY"}[model]
    monkeypatch.delenv("GOOGLE_API_KEY", raising=False)
    monkeypatch.setenv(name, f"{KEY}{inside}{PASSWORD}")
    ran = starbench(httpserver.url_for("/"), "--model", model)
    assert ran.code == 2
    assert f"{name} holds characters that no key has" in ran.shown
    assert not httpserver.log
    ran.assert_clean(KEY, PASSWORD)


def test_blanks_around_a_key_are_not_part_of_it(
    httpserver: HTTPServer, starbench: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", f" {KEY}\n")
    httpserver.expect_request("/v1/chat/completions").respond_with_data(
        completion("<A>"), content_type="application/json"
    )
    assert starbench(httpserver.url_for("/v1")).code == 0
    assert {request.headers["Authorization"] for request, _ in httpserver.log} == {f"Bearer {KEY}"}


AWKWARD = "marker/\"quoted'\n+second%line é"


@pytest.mark.parametrize("secret", [KEY, AWKWARD], ids=["plain", "awkward"])
@pytest.mark.parametrize(
    "write",
    [
        repr,
        ascii,
        json.dumps,
        lambda secret: json.dumps({"key": secret}, ensure_ascii=False),
        lambda secret: json.dumps(json.dumps([secret])),
        lambda secret: repr({"error": json.dumps(secret)}),
        lambda secret: json.dumps(secret).replace("/", r"\/"),
        html.escape,
        quote,
        quote_plus,
        lambda secret: quote(secret, safe=""),
        lambda secret: quote(secret, safe="").lower(),
        lambda secret: quote(quote(secret, safe=""), safe=""),
        lambda secret: b64encode(secret.encode()).decode(),
        lambda secret: b64encode(f":{secret}".encode()).decode(),
        lambda secret: f"Basic {b64encode(f'me:{secret}'.encode()).decode()}",
        lambda secret: urlsafe_b64encode(f"user:{secret}:x".encode()).decode(),
        lambda secret: " ".join(secret.split()),
    ],
)
def test_a_secret_is_blanked_however_it_is_written(
    monkeypatch: pytest.MonkeyPatch, secret: str, write: Callable[[str], str]
) -> None:
    monkeypatch.setenv("SOME_API_KEY", secret)
    text = write(secret)
    clean = redact(f"before {text} after")
    assert clean.startswith("before ")
    assert clean.endswith(" after")
    assert "[redacted]" in clean
    # What is left of it are at most the letters that it shares with what stands beside it.
    whole = text.removeprefix("before ")
    assert not any(
        whole[i : i + 8] in clean for i in range(len(whole) - 8) if _is_of(secret, whole[i : i + 8])
    )


def _is_of(secret: str, part: str) -> bool:
    """Whether a part of a text reveals a part of the secret."""
    return part in secret or any(
        part in form for form in (b64encode(secret.encode()).decode(), quote(secret))
    )


def test_a_line_of_a_secret_is_one_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_PRIVATE_KEY", "first-line-of-it\nsecond-line-of-it\n")
    assert redact("in second-line-of-it, line 2") == "in [redacted], line 2"


def test_a_control_within_a_secret_does_not_hide_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_API_KEY", KEY)
    assert KEY not in sentence(f"{KEY[:9]}\x00{KEY[9:]} and {KEY[:5]}\u202e{KEY[5:]}")


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "OPENAI_BASE_URL", "DATABASE"])
def test_the_password_in_an_address_of_the_environment_is_a_secret(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, f"http://starbench:{PASSWORD}@proxy.example:3128")
    assert (
        redact(f"starbench cannot reach starbench:{PASSWORD}@")
        == "starbench cannot reach starbench:[redacted]@"
    )


@pytest.mark.parametrize(
    "argument",
    [
        'extra_body={"Authorization": "Bearer MARKED"}',
        'extra_body={"headers": {"x-api-key": ["MARKED"]}}',
        'extra_body={"headers": [{"name": "proxy-authorization", "value": "Basic MARKED"}]}',
        'extra_body={"accessToken": "MARKED"',  # not even JSON
        "headers={'Cookie': 'MARKED'}",
        "system=Authorization: Bearer MARKED",
    ],
)
def test_a_key_inside_an_argument_is_refused_and_not_shown(
    starbench: Callable[..., Ran], argument: str
) -> None:
    secret = f"{PASSWORD}-inside"
    ran = starbench("http://127.0.0.1:1/v1", "--model-arg", argument.replace("MARKED", secret))
    assert ran.code == 2
    assert "keys are read from the environment only" in ran.shown
    ran.assert_clean(secret)
    assert redact(f"a library says {secret}") == "a library says [redacted]"


def test_a_key_in_a_label_is_not_recorded(httpserver: HTTPServer, starbench: Callable[..., Ran]) -> None:
    httpserver.expect_request("/v1/chat/completions").respond_with_data(
        completion("<A>"), content_type="application/json"
    )
    ran = starbench(httpserver.url_for("/v1"), "--name", f"with {KEY}")
    assert ran.code == 0
    ran.assert_clean(KEY)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://h/v1/", "https://h/v1"),
        ("https://u:p@h:8/v1?x=1#y", "https://h:8/v1"),
        ("https://h/sk-abcdefgh1/v1", "https://h/[redacted]/v1"),
        ("https://h/v1/0f8fad5b-d9cb-469f-a165-70867728950e", "https://h/v1/[redacted]"),
        ("https://h/token/abc/v1", "https://h/token/[redacted]/v1"),
        ("https://h/key=abc/v1", "https://h/[redacted]/v1"),
        ("https://h/models/Qwen2-Audio-7B-Instruct/v1", "https://h/models/Qwen2-Audio-7B-Instruct/v1"),
        (
            "https://h/deployments/gpt-4o-audio-preview-2024-10-01",
            "https://h/deployments/gpt-4o-audio-preview-2024-10-01",
        ),
    ],
)
def test_an_address_is_shown_without_what_looks_like_a_key(url: str, shown: str) -> None:
    assert address(url) == shown


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
    monkeypatch.setenv("MY_SECRET", "  padded-secret  ")
    monkeypatch.setenv("LOCAL_API_KEY", "EMPTY")
    monkeypatch.setenv("HOME_DIRECTORY", "no-secret-at-all")
    text = "hf_abcdefgh, correct horse battery, hf_abcdefgh-and-more, padded-secret, EMPTY, no-secret-at-all"
    assert redact(text) == "[redacted], [redacted], [redacted], [redacted], EMPTY, no-secret-at-all"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain words", "plain words"),
        ("two\nlines\r\n\tand a tab", "two lines and a tab"),
        ("\x1b[31mred\x07", "[31mred"),
        ("\ud800 \u202eabc\u2066", "? abc"),
        ("a\x9b\x00 \x85 b\u200f\ufeff", "a b"),
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
