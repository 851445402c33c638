"""Everything a server can do wrong, as one table.

Whatever is not an answer carries the letter D, which no good reply gives; whatever is one names the digest of
its request, so that a reply that reaches another trial is seen.
"""

# fmt: off
# ruff: noqa: E501 - a row of the table stays on its line

from __future__ import annotations

import json
import zlib
from collections.abc import Callable
from contextlib import suppress
from functools import cache, partial
from socket import SO_LINGER, SOL_SOCKET
from struct import pack
from time import sleep
from typing import Any, NamedTuple

from .exchange import BAIT, BAITED, JSON_HEAD, Exchange, completion, good

#: Sends something; returns whether the connection can be used again (None: it is closed, and rightly so).
Send = Callable[[Exchange], object]


class Fault(NamedTuple):
    """One fault, and how trials may end: by outcome, or by kind of error; ``good``: with the true answer."""

    group: str
    name: str
    send: Send
    ends: frozenset[str]


def _body(text: str | bytes | Callable[[], bytes], head: str = JSON_HEAD, status: str = "200 OK") -> Send:
    return lambda exchange: exchange.send(text() if callable(text) else text, status, head)


def _raw(*parts: bytes | float, reset: bool = False) -> Send:
    """Send bytes as they are, then close or reset the connection; a number is a pause, s."""

    def send(exchange: Exchange) -> None:
        exchange.flags.add("close")
        if reset:
            exchange.connection.setsockopt(SOL_SOCKET, SO_LINGER, pack("ii", 1, 0))
        for part in parts:
            sleep(part) if isinstance(part, float) else exchange.connection.sendall(part)

    return send


def _wrapped(wrap: Callable[[Exchange], bytes]) -> Send:
    return lambda exchange: exchange.connection.sendall(wrap(exchange))


def _reply(**changes: Any) -> Send:
    return _body(json.dumps({**completion(), **changes}))


def _choice(**changes: Any) -> Send:
    whole = completion()
    whole["choices"][0].update(changes)
    return _body(json.dumps(whole))


def _drip(exchange: Exchange) -> None:
    exchange.flags.add("close")
    data = json.dumps(completion()).encode()
    exchange.connection.sendall(f"HTTP/1.1 200 OK\r\n{JSON_HEAD}Content-Length: {len(data)}\r\n\r\n".encode())
    for byte in data[:80]:
        exchange.connection.sendall(bytes([byte]))
        sleep(0.05)


def _endless(exchange: Exchange) -> None:
    """A body that never ends; the client has to stop reading."""
    exchange.flags.add("close")
    exchange.connection.sendall(f"HTTP/1.1 200 OK\r\n{JSON_HEAD}Transfer-Encoding: chunked\r\n\r\n".encode())
    block = b"10000\r\n" + b"D" * 65536 + b"\r\n"
    for _ in range(2000):
        exchange.connection.sendall(block)


@cache
def _bomb() -> bytes:
    """Spaces, a gigabyte once unpacked."""
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    parts = [packer.compress(b'{"choices":[{"message":{"content":"<D>')]
    parts += [packer.compress(b" " * 2**20) for _ in range(1024)]
    return b"".join([*parts, packer.flush()])


def _good_with(head: str) -> Callable[[Exchange], bytes]:
    def wrap(exchange: Exchange) -> bytes:
        data = good(exchange).encode()
        exchange.flags.update({"close"} if "close" in head else ())
        return f"HTTP/1.1 200 OK\r\n{head.format(n=len(data))}\r\n\r\n".encode("latin-1") + data

    return wrap


def _chunked(exchange: Exchange) -> bytes:
    data = good(exchange).encode()
    parts = b"".join(b"%x;e=1\r\n%c\r\n" % (1, byte) for byte in data)
    return f"HTTP/1.1 200 OK\r\n{JSON_HEAD}Transfer-Encoding: chunked\r\n\r\n".encode() + parts + b"0\r\n\r\n"


def _redirect(status: int, exchange: Exchange, port: Callable[[Exchange], int]) -> None:
    head = f"{JSON_HEAD}Location: http://127.0.0.1:{port(exchange)}/v1/chat/completions\r\n"
    exchange.send(json.dumps(completion()), f"{status} Moved", head)


_BAIT_JSON = json.dumps(completion()).encode()
_HEAD = f"HTTP/1.1 200 OK\r\n{JSON_HEAD}".encode()
_LENGTH = b"Content-Length: %d\r\n\r\n" % len(_BAIT_JSON)
_ERROR = json.dumps({"error": {"message": f"{BAITED} the answer is {BAIT}"}})
_MALFORMED = frozenset({"malformed"})
_BROKEN = frozenset({"connection", "malformed"})
_LATE = frozenset({"timeout"})
_GOOD = frozenset({"good"})
_SERVER = frozenset({"server", "malformed"})
_STATUSES = (
    *(400, 401, 402, 403, 404, 405, 406, 407, 408, 409, 410, 411, 412, 413, 414, 415, 416, 417, 418, 421, 422, 423),
    *(424, 425, 426, 428, 429, 431, 449, 451, 498, 499, 500, 501, 502, 503, 504, 505, 506, 507, 508, 510, 511, 520),
    *(521, 522, 523, 524, 525, 526, 529, 530, 555, 598, 599),
)
_OF_STATUS = {401: "auth", 402: "quota", 403: "auth", 404: "not_found", 408: "server", 409: "server", 429: "rate_limit"}
_WAITS = ("0", "0.02", "-5", "nan", "1e400", "soon", "Wed, 21 Oct 2015 07:28:00 GMT", "Wed, 99 Foo 9999", "٣", "")


def _status(status: int, wait: str | None = None) -> Fault:
    head = JSON_HEAD if wait is None else f"{JSON_HEAD}Retry-After: {wait}\r\n"
    send = _body(_ERROR, head.encode().decode("latin-1"), f"{status} No")
    kind = _OF_STATUS.get(status, "server" if status >= 500 else "bad_request")
    return Fault("status codes", f"{status}{'' if wait is None else f', Retry-After {wait!r}'}", send, frozenset({kind}))


def _deep(depth: int) -> str:
    return json.dumps(completion()).replace('"<D>"', "[" * depth + "]" * depth)


_TABLE: dict[str, tuple[tuple[str, Send, frozenset[str]], ...]] = {
    "connections": (
        ("closed before a reply", _raw(b""), _BROKEN),
        ("closed in the status line", _raw(b"HTTP/1.1 20"), _BROKEN),
        ("closed in the head", _raw(_HEAD), _BROKEN),
        ("closed after the head", _raw(_HEAD + _LENGTH), _BROKEN),
        ("half a body", _raw(_HEAD + _LENGTH + _BAIT_JSON[: len(_BAIT_JSON) // 2]), _BROKEN),
        ("a body without its last byte", _raw(_HEAD + _LENGTH + _BAIT_JSON[:-1]), _BROKEN),
        ("reset before a reply", _raw(b"", reset=True), _BROKEN),
        ("reset in the head", _raw(_HEAD, 0.05, reset=True), _BROKEN),
        ("reset in the body", _raw(_HEAD + _LENGTH + _BAIT_JSON[:60], 0.05, reset=True), _BROKEN),
        ("reset after the reply", lambda e: _raw(_good_with("Content-Length: {n}")(e), 0.05, reset=True)(e), _GOOD | _BROKEN),
        ("a second reply behind it", _wrapped(lambda e: _good_with("Content-Length: {n}")(e) + _HEAD + _LENGTH + _BAIT_JSON), _GOOD | _BROKEN),
        ("silence", _raw(2.0), _LATE),
        ("silence after the head", _raw(_HEAD + _LENGTH, 2.0), _LATE),
        ("silence in the body", _raw(_HEAD + _LENGTH + _BAIT_JSON[:60], 2.0), _LATE),
        ("a byte at a time", _drip, _LATE),
        ("an endless body", _endless, _BROKEN | _LATE),
        ("not HTTP", _raw(b"220 mail.example.org ESMTP <D>\r\n"), _BROKEN),
        ("TLS", _raw(b"\x15\x03\x01\x00\x02\x02\x28"), _BROKEN),
        ("HTTP/0.9", _raw(_BAIT_JSON), _BROKEN),
        ("HTTP/2 frames", _raw(b"\x00\x00\x12\x04\x00\x00\x00\x00\x00"), _BROKEN),
        ("zeros", _raw(b"\x00" * 5000), _BROKEN),
    ),
    "heads": (
        ("a length too great", _raw(_HEAD + b"Content-Length: 99999\r\n\r\n" + _BAIT_JSON), _BROKEN),
        ("a length too small", _raw(_HEAD + b"Content-Length: 40\r\n\r\n" + _BAIT_JSON), _BROKEN),
        ("a length below 0", _raw(_HEAD + b"Content-Length: -1\r\n\r\n" + _BAIT_JSON), _BROKEN),
        ("a length in words", _raw(_HEAD + b"Content-Length: many\r\n\r\n" + _BAIT_JSON), _BROKEN),
        ("two lengths", _raw(_HEAD + b"Content-Length: 5\r\n" + _LENGTH + _BAIT_JSON), _BROKEN),
        ("length and chunks", _raw(_HEAD + b"Transfer-Encoding: chunked\r\n" + _LENGTH + _BAIT_JSON), _BROKEN),
        ("a chunk that is no number", _raw(_HEAD + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n<D>\r\n"), _BROKEN),
        ("a chunk cut off", _raw(_HEAD + b"Transfer-Encoding: chunked\r\n\r\nfff\r\n" + _BAIT_JSON), _BROKEN),
        ("chunks without an end", _raw(_HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n", 2.0), _LATE),
        ("a header without a colon", _raw(_HEAD + b"nonsense\r\n" + _LENGTH + _BAIT_JSON), _BROKEN),
        ("a header of 1 MB", _raw(_HEAD + b"X: " + b"x" * 2**20 + b"\r\n" + _LENGTH + _BAIT_JSON), _BROKEN),
        ("a status of 4 digits", _raw(b"HTTP/1.1 2000 OK\r\n" + _LENGTH + _BAIT_JSON), _BROKEN),
        ("a status of 0", _raw(b"HTTP/1.1 000 OK\r\n" + _LENGTH + _BAIT_JSON), _BROKEN),
        ("a flood of 100s", _raw(b"HTTP/1.1 100 Continue\r\n\r\n" * 2000 + b"x"), _BROKEN | _LATE),
        ("101", _raw(b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n" + _BAIT_JSON), _BROKEN | _SERVER | _LATE),
        ("204", _raw(b"HTTP/1.1 204 No Content\r\n\r\n"), _MALFORMED),
        ("205", _body("", status="205 Reset"), _MALFORMED),
        ("206", _body(_BAIT_JSON[:50], status="206 Partial"), _MALFORMED),
        ("gzip that is none", _body(_BAIT_JSON, f"{JSON_HEAD}Content-Encoding: gzip\r\n"), _BROKEN),
        ("a gzip bomb", _body(_bomb, f"{JSON_HEAD}Content-Encoding: gzip\r\n"), _BROKEN | _LATE),
        ("brotli that is none", _body(_BAIT_JSON[:70], f"{JSON_HEAD}Content-Encoding: br\r\n"), _BROKEN),
        *(
            (f"redirect {status} to {where}", partial(_redirect, status, port=port), frozenset({"not_found"}))
            for status in (301, 302, 303, 307, 308)
            for where, port in (("itself", lambda e: e.port), ("nowhere", lambda _: 1))
        ),
        ("304", _body("", status="304 Not Modified"), frozenset({"not_found", "malformed"})),
        ("lower-case names", _wrapped(_good_with("content-type: application/json\r\ncontent-length: {n}")), _GOOD),
        ("a long header", _wrapped(_good_with(f"X-Long: {'x' * 8000}\r\nContent-Length: {{n}}")), _GOOD),
        ("90 headers", _wrapped(_good_with("".join(f"X-{i}: 1\r\n" for i in range(90)) + "Content-Length: {n}")), _GOOD),
        ("100s before it", _wrapped(lambda e: b"HTTP/1.1 100 Continue\r\n\r\n" * 3 + _good_with("Content-Length: {n}")(e)), _GOOD),
        ("chunks of a byte", _wrapped(_chunked), _GOOD),
        ("no Content-Type", _wrapped(_good_with("Content-Length: {n}")), _GOOD),
        ("text/plain", _wrapped(_good_with("Content-Type: text/plain\r\nContent-Length: {n}")), _GOOD),
        ("a charset of its own", _wrapped(_good_with("Content-Type: application/json; charset=klingon\r\nContent-Length: {n}")), _GOOD | _MALFORMED),
        ("closed without a length", _wrapped(_good_with(f"{JSON_HEAD}Connection: close")), _GOOD),
        ("cookies", _wrapped(_good_with("Set-Cookie: a=b; Domain=evil\r\nContent-Length: {n}")), _GOOD),
    ),
    "bodies": (
        ("empty", _body(""), _MALFORMED),
        ("cut JSON", _body(_BAIT_JSON[:-9]), _MALFORMED),
        ("two objects", _body(_BAIT_JSON + _BAIT_JSON), _MALFORMED),
        ("single quotes", _body("{'choices': [{'message': {'content': '<D>'}}]}"), _MALFORMED),
        ("an HTML page", _body("<html><D></html>", "Content-Type: text/html\r\n"), _MALFORMED),
        ("an HTML page called JSON", _body("<html><D></html>"), _MALFORMED),
        ("an event stream", _body(b"data: " + _BAIT_JSON + b"\n\ndata: [DONE]\n\n", "Content-Type: text/event-stream\r\n"), _MALFORMED),
        ("JSON lines", _body(_BAIT_JSON + b"\n" + _BAIT_JSON), _MALFORMED),
        ("binary", _body(bytes(range(256)) * 20), _MALFORMED),
        ("latin-1", _body(json.dumps(completion("<D> é"), ensure_ascii=False).encode("latin-1")), _MALFORMED),
        ("50 MB", _body(lambda: _BAIT_JSON[:-1] + b" " * 50_000_000), _BROKEN | _LATE),
        ("a content of 20 MB", _body(lambda: json.dumps(completion("x" * 20_000_000)).encode()), _BROKEN | _LATE | {"unparsed", "truncated"}),
        ("200,000 brackets", _body("[" * 200_000), _MALFORMED),
        ("100,000 objects", _body('{"choices":' * 100_000), _MALFORMED),
        ("a content nested 900 deep", _body(_deep(900)), _MALFORMED | {"empty"}),
        ("a content nested 100,000 deep", _body(_deep(100_000)), _MALFORMED),
        ("a number of 5,000 digits", _body(json.dumps(completion(None)).replace('"created": 0', f'"created": {"9" * 5000}')), _MALFORMED | {"empty"}),
        *((f"JSON {text}", _body(text), _MALFORMED) for text in ("null", "[]", "1", '"<D>"', "true", "NaN", "{}")),
        ("a BOM", lambda e: e.send(b"\xef\xbb\xbf" + good(e).encode()), _GOOD | _MALFORMED),
        ("UTF-16", lambda e: e.send(good(e).encode("utf-16")), _GOOD | _MALFORMED),
        ("spaces around", lambda e: e.send(f"\n\t {good(e)} \r\n"), _GOOD),
    ),
    "replies": (
        ("no choices", _reply(choices=[]), _MALFORMED),
        ("choices null", _reply(choices=None), _MALFORMED),
        ("choices an object", _reply(choices={"0": completion()["choices"][0]}), _MALFORMED),
        ("choices a text", _reply(choices=BAITED), _MALFORMED),
        ("a choice that is null", _reply(choices=[None]), _MALFORMED | {"empty"}),
        ("a choice that is a text", _reply(choices=[BAITED]), _MALFORMED | {"empty"}),
        ("no message", _choice(message=None), _MALFORMED | {"empty"}),
        ("a message that is a text", _choice(message=BAITED), _MALFORMED | {"empty"}),
        ("content null", _body(json.dumps(completion(None))), frozenset({"empty"})),
        ("content empty", _body(json.dumps(completion(""))), frozenset({"empty"})),
        ("content of spaces", _body(json.dumps(completion(" \n "))), frozenset({"empty"})),
        *(
            (f"content {value!r}", _body(json.dumps(completion(value))), _MALFORMED | {"empty"})
            for value in (5, True, 1.5, {"text": BAITED}, [[BAITED]], [{"type": "thinking", "text": BAITED}])
        ),
        ("filtered", _body(json.dumps(completion(BAITED, finish="content_filter"))), frozenset({"blocked"})),
        ("cut in its thoughts", _body(json.dumps(completion(f"<think>{BAITED}", finish="length"))), frozenset({"truncated"})),
        ("cut without a text", _body(json.dumps(completion("", finish="length"))), frozenset({"truncated", "empty"})),
        ("broken off", _body(json.dumps(completion(BAITED, finish="error"))), _SERVER),
        ("a refusal", _body(json.dumps(completion(None, refusal="I can't."))), frozenset({"refused"})),
        ("surrogates", _body(json.dumps(completion("\ud800 no \udfff"))), frozenset({"unparsed"}) | _MALFORMED),
        ("NUL and escapes", _body(json.dumps(completion("\x00\x1b[31m no \u202e"))), frozenset({"unparsed"})),
        ("an error in a 200", _body(_ERROR), _SERVER),
        ("an error of 429 in a 200", _body(json.dumps({"error": {"code": 429, "message": BAITED}})), frozenset({"rate_limit"})),
        ("an error that is a text", _body(json.dumps({"error": BAITED})), _SERVER),
        ("usage of texts", lambda e: e.send(json.dumps({**json.loads(good(e)), "usage": {"prompt_tokens": "many"}})), _GOOD),
        ("usage below 0", lambda e: e.send(json.dumps({**json.loads(good(e)), "usage": {"prompt_tokens": -9, "completion_tokens": 1e308}})), _GOOD),
        ("usage of 400 digits", lambda e: e.send(good(e).replace('"prompt_tokens": 9', f'"prompt_tokens": 1{"0" * 400}')), _GOOD | _MALFORMED),
        ("usage infinite", lambda e: e.send(good(e).replace('"prompt_tokens": 9', '"prompt_tokens": Infinity')), _GOOD | _MALFORMED),
        ("a list of logprobs", lambda e: e.send(json.dumps({**json.loads(good(e)), "logprobs": [float("nan")]})), _GOOD | _MALFORMED),
        ("a model that is a number", _reply(model=5, choices=[{"message": {"content": "no"}}]), frozenset({"unparsed"})),
        ("a second choice", lambda e: e.send(json.dumps({**json.loads(good(e)), "choices": [*json.loads(good(e))["choices"], completion()["choices"][0]]})), _GOOD),
    ),
}
FAULTS: tuple[Fault, ...] = (
    *(_status(status) for status in _STATUSES),
    *(_status(status, wait) for status in (429, 503) for wait in _WAITS),
    *(Fault(group, *row) for group, rows in _TABLE.items() for row in rows),
)


def send(fault: Fault, exchange: Exchange) -> None:
    """Do what the fault does; a client that hangs up first is no news."""
    with suppress(OSError):
        fault.send(exchange)
