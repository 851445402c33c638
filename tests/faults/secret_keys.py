"""A key of every shape, given in every way, echoed in every place: it stands nowhere, and goes nowhere else."""

# ruff: noqa: E501 - a row of a table stays on its line

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from itertools import product
from urllib.parse import quote

from . import child
from .campaign import OK, Case, FaultKind, Judgement, Verdict
from .exchange import JSON_HEAD, Exchange, completion
from .server import serving
from .server_faults import ended_badly

SHAPES = {
    "plain": "sk-marker7f3a9c5e1b2d4860",
    "a quote": 'sk-marker"7f3a9c5e1b2d48',
    "an apostrophe": "sk-marker'7f3a9c5e1b2d48",
    "a backslash": "sk-marker\\7f3a9c5e1b2d48",
    "a line break": "sk-marker7f3a\n9c5e1b2d48",
    "a tab": "sk-marker7f3a\t9c5e1b2d48",
    "per cent": "sk-marker%7f3a%9c5e1b2d48",
    "base64": "c2stbWFya2Vy+/7f3a9c5e1b2d4860==",
    "not ASCII": "sk-märker7f3a9c5e1b2d48",
    "markup": "sk-<marker>&7f3a9c5e1b2d48",
    "spaces around": "  sk-marker7f3a9c5e1b2d4860 ",
    "short": "k7f3a9c5",
}


def _error(status: str) -> Callable[[Exchange, str], None]:
    return lambda exchange, key: exchange.send(
        json.dumps({"error": {"message": f"wrong: {key}.", "type": key}}), status
    )


def _header(exchange: Exchange, key: str) -> None:
    value = key.encode("unicode_escape").decode()
    head = f"{JSON_HEAD}X-Request-Id: {value}\r\nRetry-After: {value}\r\nX-Echo: Bearer {value}\r\n"
    exchange.send(json.dumps({"error": {"message": "no"}}), "503 No", head)


def _location(exchange: Exchange, key: str) -> None:
    head = f"{JSON_HEAD}Location: http://127.0.0.1:1/{quote(key)}?key={quote(key)}\r\n"
    exchange.send("{}", "302 Found", head)


ECHOES: dict[str, Callable[[Exchange, str], None]] = {
    "the reply": lambda exchange, key: exchange.send(json.dumps(completion(f"<A> {key}"))),
    "the repr in a reply": lambda exchange, key: exchange.send(json.dumps(completion(f"<A> {key!r}"))),
    "JSON in a reply": lambda exchange, key: exchange.send(
        json.dumps(completion(f"<A> {json.dumps({'key': key})}"))
    ),
    "a URL in a reply": lambda exchange, key: exchange.send(
        json.dumps(completion(f"<A> http://x/?key={quote(key)}"))
    ),
    "the model's name": lambda exchange, key: exchange.send(json.dumps(completion("<A>", model=f"m-{key}"))),
    "the finish reason": lambda exchange, key: exchange.send(json.dumps(completion("<A>", finish=key))),
    "a refusal": lambda exchange, key: exchange.send(json.dumps(completion(None, refusal=f"no {key}"))),
    "error 400": _error("400 Bad"),
    "error 401": _error("401 No"),
    "error 404": _error("404 No"),
    "error 500": _error("500 No"),
    "plain text": lambda exchange, key: exchange.send(f"no {key}", "500 No", "Content-Type: text/plain\r\n"),
    "the reason phrase": lambda exchange, key: exchange.send(
        "{}", f"500 {key.encode('unicode_escape').decode()}"
    ),
    "headers": _header,
    "a redirect": _location,
    "cut JSON": lambda exchange, key: exchange.send(f'{{"{key}'),
}
WAYS = ("environment", "model-arg", "extra_body", "address", "query")


def kinds() -> list[FaultKind]:
    echoes = [f"{shape} by {way}, in {echo}" for (shape, way), echo in product(_ways_of_shapes(), ECHOES)]
    redirects = [
        f"{status}, {port}" for status in (301, 302, 303, 307, 308) for port in ("other port", "same port")
    ]
    return [
        FaultKind("secrets: echoes", echoes, _judge_echo, short=14),
        FaultKind("secrets: redirects", redirects, _judge_redirect, short=3),
    ]


def _ways_of_shapes() -> Iterator[tuple[str, str]]:
    """Every shape by the environment, and a few by the other ways."""
    for shape in SHAPES:
        yield shape, "environment"
    yield from product(("plain", "a quote", "per cent"), WAYS[1:])


def _given(way: str, key: str, url: str) -> tuple[list[str], dict[str, str]]:
    """Options and environment that hand over the key."""
    server = url.removeprefix("http://")
    options = {
        "environment": ["--base-url", url],
        "model-arg": ["--base-url", url, "--model-arg", f"api_key={key}"],
        "extra_body": ["--base-url", url, "--model-arg", f"extra_body={json.dumps({'headers': {'Authorization': f'Bearer {key}'}, 'api_key': key})}"],
        "address": ["--base-url", f"http://user:{quote(key, safe='')}@{server}"],
        "query": ["--base-url", f"{url}?token={quote(key, safe='')}"],
    }  # fmt: skip
    return options[way], {"OPENAI_API_KEY": key} if way == "environment" else {"OPENAI_API_KEY": "EMPTY"}


def traces(key: str) -> set[bytes]:
    """The forms in which a key may stand somewhere; and its longer half, as a cut text would leave it."""
    bare = key.strip()
    forms = {bare, repr(bare)[1:-1], json.dumps(bare)[1:-1], json.dumps(bare, ensure_ascii=False)[1:-1]}
    forms |= {quote(bare), quote(bare, safe=""), base64.b64encode(bare.encode()).decode()}
    forms |= {bare[: len(bare) * 2 // 3], *(part for part in bare.split() if len(part) > 8)}
    return {form.encode() for form in forms if len(form) >= 8}


def _judge_echo(case: Case) -> Judgement:
    given, echo = case.label.split(", in ")
    shape, way = given.split(" by ")
    key = SHAPES[shape]
    with serving(lambda exchange, _: ECHOES[echo](exchange, key)) as server:
        options, environment = _given(way, key, server.url)
        ended = child.command(
            *("run", "--model", "openai:m", "--suite", case.world.path("suite"), "--out", "run", "--no-canary"),
            *("--limit", "2", "--rotations", "1", "--max-attempts", "1", "--timeout", "3", "--backoff", "0.01"),
            *options, cwd=case.folder, environment=environment, seconds=15,
        )  # fmt: skip
    if problem := ended_badly(ended):
        return problem
    texts = {"the screen": (ended.out + ended.err).encode()}
    texts |= {file.name: file.read_bytes() for file in case.folder.rglob("*") if file.is_file()}
    for place, text in texts.items():
        if shown := [form for form in traces(key) if form in text]:
            return Judgement(Verdict.WRONG, f"the key stands in {place}, as {max(shown, key=len).decode()!r}")
    return OK


def _judge_redirect(case: Case) -> Judgement:
    """A redirect leads nowhere: the second listener stays silent, and the first is asked once for each attempt."""
    status, port = case.label.split(", ")
    with serving(lambda exchange, _: exchange.send(json.dumps(completion("<A>")))) as second:

        def redirect(exchange: Exchange, _: int) -> None:
            there = second.port if port == "other port" else exchange.port
            exchange.send(
                "{}",
                f"{status} Moved",
                f"{JSON_HEAD}Location: http://127.0.0.1:{there}/v1/chat/completions\r\n",
            )

        with serving(redirect) as first:
            ended = child.command(
                *("run", "--model", "openai:m", "--suite", case.world.path("suite"), "--out", "run"),
                *("--limit", "2", "--rotations", "1", "--max-attempts", "1", "--base-url", first.url, "--no-canary"),
                cwd=case.folder, environment={"OPENAI_API_KEY": SHAPES["plain"]}, seconds=15,
            )  # fmt: skip
            again = first.questions.most_common(1)
    if second.connections:
        return Judgement(Verdict.WRONG, f"the other server got {second.connections} connections")
    if again and again[0][1] > 1:
        return Judgement(Verdict.WRONG, f"one attempt sent {again[0][1]} requests")
    return ended_badly(ended) or OK
