"""A server that fails as the table says, over real sockets; and how its requests are counted."""

from __future__ import annotations

import socket
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Lock, Thread

from .exchange import Exchange, answer

Behaviour = Callable[[Exchange, int], object]


class Server:
    """Hands each question to ``behaviour``, with how often it came before; everything else is answered 404."""

    def __init__(self, behaviour: Behaviour = lambda exchange, _: answer(exchange)) -> None:
        self.behaviour = behaviour
        self.questions: Counter[str] = Counter()
        """Digest of a question's body -> how often it came."""
        self.connections = 0
        self._lock = Lock()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/v1"
        Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.settimeout(20)
        with connection, suppress(OSError, ValueError):
            while self._one(connection):
                pass

    def _one(self, connection: socket.socket) -> bool:
        """Serve one request; whether another may follow."""
        data = b""
        while b"\r\n\r\n" not in data:
            chunk = connection.recv(1 << 16)
            if not chunk:
                return False
            data += chunk
        head, _, body = data.partition(b"\r\n\r\n")
        names = dict(line.split(b": ", 1) for line in head.split(b"\r\n")[1:])
        length = int({name.lower(): value for name, value in names.items()}.get(b"content-length", 0))
        while len(body) < length:
            body += connection.recv(1 << 16) or _gone()
        exchange = Exchange(connection, body, self.port, set())
        if not head.startswith(b"POST"):
            exchange.send("{}", "404 Not Found")
            return True
        with self._lock:
            seen = self.questions[exchange.digest]
            self.questions[exchange.digest] += 1
        self.behaviour(exchange, seen)
        return "close" not in exchange.flags


def _gone() -> bytes:
    raise ValueError("the client went away")


@contextmanager
def serving(behaviour: Behaviour | None = None) -> Iterator[Server]:
    server = Server(behaviour) if behaviour else Server()
    try:
        yield server
    finally:
        server.close()
