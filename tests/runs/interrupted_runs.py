"""A run of a suite against a server that answers after a moment, ended in every way and begun again."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from time import monotonic, sleep
from typing import Any, NamedTuple

from starbench.runs import directory, journal
from starbench.schema import Outcome

#: Nothing here takes so long, s.
DEADLINE = 30.0


class Server(ThreadingHTTPServer):
    """Answers every question after a moment, with the digest of the question as the name of the model.

    So each line of a journal says which request it came from.
    """

    daemon_threads = True

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.seconds: Callable[[], float] = lambda: 0.0
        self.broken: Callable[[int], bool] = lambda _: False
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that was killed is no news."""

    def wait_for(self, n: int) -> None:
        """Wait until so many questions have come in."""
        until(lambda: len(self.asked) >= n)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one packet, or each reply waits 40 ms for an acknowledgement
    server: Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        digest = sha256(body).hexdigest()
        self.server.asked.append(digest)
        n = len(self.server.asked)
        sleep(self.server.seconds())
        reply = {
            "id": "c",
            "object": "chat.completion",
            "created": 0,
            "model": digest,
            "choices": [
                {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "<A>"}}
            ],
        }
        data = json.dumps(reply).encode()
        self.send_response(500 if self.server.broken(n) else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        pass


def until(true: Callable[[], bool]) -> None:
    end = monotonic() + DEADLINE
    while not true():
        assert monotonic() < end, "waited in vain"
        sleep(0.002)


class Command(NamedTuple):
    """A run of the suite, as often as it takes."""

    suite: Path
    path: Path
    url: str

    def arguments(self, *options: str, model: str = "openai:m") -> list[str]:
        given = ["run", "--model", model, "--suite", str(self.suite), "--out", str(self.path)]
        given += ["--base-url", self.url, "--max-in-flight", "6", "--backoff", "0.01"]
        return [*given, "--no-canary", *options]  # every question is counted

    def start(self, *options: str, prefix: tuple[str, ...] = ()) -> subprocess.Popen[str]:
        """The real command line, in a process of its own."""
        command = [*prefix, sys.executable, "-m", "starbench", *self.arguments(*options)]
        return subprocess.Popen(
            command, text=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd=self.path.parent
        )

    def finish(self, *options: str, prefix: tuple[str, ...] = ()) -> tuple[int, str]:
        with self.start(*options, prefix=prefix) as process:
            _, err = process.communicate(timeout=2 * DEADLINE)
        return process.returncode, err

    @property
    def lines(self) -> list[Any]:
        return list(journal.read(self.path))

    @property
    def answered(self) -> set[str]:
        """The requests whose answers stand in the journal."""
        return {line.served_model for line in self.lines if line.outcome is Outcome.ANSWERED}

    def assert_complete(self) -> None:
        planned = [trial.key for trial in directory.read_plan(self.path)]
        answered = Counter(line.key for line in self.lines if line.outcome is Outcome.ANSWERED)
        assert answered == Counter(planned)
