"""Chat-completion servers that say whatever a test scripts, and what a run against them left behind."""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from starbench import journal
from starbench.schema import JournalLine, Outcome

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


def scored(
    text: Any, *tokens: tuple[str, float, dict[str, float]], finish: Any = "stop", **message: Any
) -> dict[str, Any]:
    """A completion with log-probabilities: of each token itself, its own, and the most probable ones."""
    told = [
        {"token": token, "logprob": own, "top_logprobs": [{"token": t, "logprob": p} for t, p in top.items()]}
        for token, own, top in tokens
    ]
    made = completion(text, finish, **message)
    made["choices"][0]["logprobs"] = {"content": told}
    return made


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
