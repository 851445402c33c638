"""A server's body is read no further than it must be."""

from __future__ import annotations

import socket
from contextlib import suppress

import pytest
from scripted_servers import ATTEMPTS, Runs, assert_errors, raw_server

MB = 10**6
START = b'{"choices": [{"message": {"content": "'


@pytest.mark.parametrize("model", ["openai:m", "gemini:gemini-3.8-flash"])
@pytest.mark.parametrize(
    ("head", "most"),
    [
        (b"Content-Length: 50000000\r\n\r\n", 8 * MB),  # what the network holds in its buffers
        (b"Connection: close\r\n\r\n", 32 * MB),
    ],
)
@pytest.mark.parametrize("status", [b"200 OK", b"500 Oops"])
def test_a_body_of_50_mb_is_not_read_to_its_end(
    starbench: Runs, monkeypatch: pytest.MonkeyPatch, model: str, head: bytes, most: int, status: bytes
) -> None:
    monkeypatch.setenv("GEMINI_API_KEY", "any-key")
    sent: list[int] = []

    def handle(connection: socket.socket) -> None:
        connection.settimeout(0.5)
        with suppress(TimeoutError):  # the rest of the question, if it has not all come
            connection.recv(65536)
        connection.settimeout(20)
        n = 0
        with suppress(OSError):
            connection.sendall(
                b"HTTP/1.1 " + status + b"\r\nContent-Type: application/json\r\n" + head + START
            )
            for _ in range(50):
                connection.sendall(b"x" * MB)
                n += MB
        sent.append(n)

    with raw_server(handle) as url:
        ran = starbench(url, model=model)
    assert_errors(ran, "malformed")
    assert len(sent) >= ATTEMPTS
    assert max(sent) <= most


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, br"])
def test_an_encoding_that_was_not_asked_for_is_malformed(starbench: Runs, encoding: str) -> None:
    body = b'{"choices": [{"message": {"content": "<A>"}}]}'
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: {encoding}\r\nContent-Length: {len(body)}\r\n\r\n"

    def handle(connection: socket.socket) -> None:
        connection.settimeout(0.5)
        with suppress(TimeoutError):
            connection.recv(65536)
        with suppress(OSError):
            connection.sendall(head.encode() + body)

    with raw_server(handle) as url:
        ran = starbench(url)
    assert_errors(ran, "malformed")
    for line in ran.lines:
        assert line.error is not None
        assert line.error.message.endswith(f"the reply is encoded as {encoding.removeprefix('gzip, ')}")
