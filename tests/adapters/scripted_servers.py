"""Servers that answer whatever a test scripts, and what a run against them left behind."""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Any, NamedTuple

from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from starbench.runs import journal
from starbench.schema import JournalLine, Outcome
from starbench.schema.latest import latest_lines

#: How often the command line of the tests asks one question at the most.
ATTEMPTS = 2
#: Made up, as keys look.
OPENAI_KEY = "sk-test-not-a-real-key"
GEMINI_KEY = "AIza-marker-7f3a9c5e1b2d4860"


class Ran(NamedTuple):
    """What a command printed, and the run directory that it wrote."""

    code: int
    out: str
    err: str
    path: Path

    @property
    def lines(self) -> list[JournalLine]:
        return list(latest_lines(journal.read(self.path), lambda line: line).values())

    @property
    def complaints(self) -> list[str]:
        return [line for line in self.err.splitlines() if line.startswith("starbench: ")]

    def assert_clean(self, *secrets: str) -> None:
        files = [file for file in self.path.rglob("*") if file.is_file()] if self.path.exists() else []
        for secret in secrets:
            assert secret not in self.out + self.err
            assert [file.name for file in files if secret.encode() in file.read_bytes()] == []


Runs = Callable[..., Ran]


def scripted(server: HTTPServer, path: str, *script: Any) -> None:
    """Let ``server`` answer the n-th question with the n-th of ``script``, and all others with the last.

    When a request arrived stands in its environment, as ``test.arrived``.
    """
    left = list(script)

    def answer(request: Request) -> Response:
        request.environ["test.arrived"] = monotonic()
        reply = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(reply, Response):
            return Response(reply.get_data(), reply.status_code, reply.headers)
        return Response(
            reply if isinstance(reply, str | bytes) else json.dumps(reply), mimetype="application/json"
        )

    server.expect_request(path, method="POST").respond_with_handler(answer)


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


@contextmanager
def stalling(path: str) -> Iterator[str]:
    """The address of a server that accepts questions at ``path`` and never answers."""
    over = threading.Event()

    def stall(_: Request) -> Response:
        over.wait(20)
        return Response("{}", mimetype="application/json")

    with HTTPServer(host="127.0.0.1", threaded=True) as server:
        server.expect_request(path).respond_with_handler(stall)
        try:
            yield server.url_for("/").rstrip("/")
        finally:
            over.set()


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
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(10)
