"""A request as a fault or an answer meets it, and what a good reply to it is."""

from __future__ import annotations

import json
from hashlib import sha256
from socket import socket
from typing import Any, NamedTuple

BAIT = "D"
BAITED = f"<{BAIT}>"
JSON_HEAD = "Content-Type: application/json\r\n"


class Exchange(NamedTuple):
    """A request that came in, and the connection to answer on."""

    connection: socket
    body: bytes
    port: int
    flags: set[str]
    """``close``: no further request follows on this connection."""

    @property
    def digest(self) -> str:
        return sha256(self.body).hexdigest()[:16]

    def send(self, body: bytes | str, status: str = "200 OK", head: str = JSON_HEAD) -> None:
        """A whole reply."""
        data = body.encode() if isinstance(body, str) else body
        start = f"HTTP/1.1 {status}\r\n{head}Content-Length: {len(data)}\r\n\r\n"
        self.connection.sendall(start.encode("latin-1") + data)


def letter_of(digest: str) -> str:
    """The letter of a good reply to the request of this digest: never the bait."""
    return "ABC"[int(digest, 16) % 3]


def completion(
    content: Any = BAITED, model: str = "m", finish: Any = "stop", **message: Any
) -> dict[str, Any]:
    said = {"role": "assistant", "content": content, **message}
    return {
        "id": "c",
        "object": "chat.completion",
        "created": 0,
        "model": model,
        "choices": [{"index": 0, "finish_reason": finish, "message": said}],
        "usage": {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11},
    }


def good(exchange: Exchange) -> str:
    return json.dumps(completion(f"<{letter_of(exchange.digest)}>", exchange.digest))


def answer(exchange: Exchange) -> None:
    exchange.send(good(exchange))
