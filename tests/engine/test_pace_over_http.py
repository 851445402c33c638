"""A server's limit is found and kept over real HTTP, on the machine's own clock."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from virtual_server import Questions, TokenBucket, trials

from starbench.engine.client import ModelClient
from starbench.engine.runner import run_trials
from starbench.engine.settings import Settings
from starbench.models.resolve import resolve
from starbench.runs.journal import LineWriter

#: A busy machine sends late, and several at a time; test_pace.py has nine tenths and a twentieth, on a virtual clock.
SUSTAINED, REFUSED = 0.7, 0.3


class LimitedHttp(ThreadingHTTPServer):
    """A chat-completions server behind a token bucket, on the machine's own clock."""

    daemon_threads = True

    def __init__(self, bucket: TokenBucket) -> None:
        super().__init__(("127.0.0.1", 0), _Chat)
        self.bucket, self.lock, self.began = bucket, threading.Lock(), monotonic()
        self.granted: list[float] = []
        self.refused = 0

    def take(self) -> float | None:
        with self.lock:
            at = monotonic() - self.began
            wait = self.bucket.take(at)
            if wait is None:
                self.granted.append(at)
            else:
                self.refused += 1
            return wait


class _Chat(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: LimitedHttp

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        wait = self.server.take()
        message = {"role": "assistant", "content": "<A>"}
        choice = {"index": 0, "finish_reason": "stop", "message": message}
        reply = {"id": "c", "object": "chat.completion", "created": 0, "model": "m", "choices": [choice]}
        body = json.dumps(reply if wait is None else {"error": {"message": "slow down"}}).encode()
        self.send_response(200 if wait is None else 429)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if wait is not None:
            self.send_header("retry-after-ms", f"{1000 * wait:.0f}")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def limited() -> Iterator[LimitedHttp]:
    with LimitedHttp(TokenBucket(1200, 20)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.mark.slow
def test_a_limit_is_found_and_kept_over_real_http(
    limited: LimitedHttp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HTTP_PROXY", raising=False)
    monkeypatch.delenv("http_proxy", raising=False)
    model = resolve("openai:m", {"base_url": f"http://127.0.0.1:{limited.server_port}/v1"})
    ended: list[Any] = []

    async def main() -> None:
        with LineWriter(tmp_path / "lines") as writer:
            await run_trials(
                trials(320), Questions(), ModelClient(model, Settings(), 320), writer, ended.append
            )
        await model.close()

    limited.began = monotonic()
    asyncio.run(main())
    assert not any(line.error for line in ended)
    warm_up, over = 3.0, limited.granted[-1]
    sustained = sum(at > warm_up for at in limited.granted) / (over - warm_up) / 20
    assert sustained >= SUSTAINED
    assert limited.refused <= REFUSED * (limited.refused + len(limited.granted))
