"""Chat servers over real HTTP, put together from what becomes of the sound, who replies, and what is counted."""

from __future__ import annotations

import base64
import io
import json
import random
import threading
import wave
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np
from canary_minds import Heard, Mind, Samples, hashes
from scipy.signal import resample_poly

Way = Callable[[Heard], Heard]
#: What was sent, what arrived, the bytes of the request, chance -> usage, or None.
Count = Callable[[Heard, Heard, int, random.Random], "dict[str, Any] | None"]


# What becomes of the sound ---------------------------------------------------------------------------


def whole(sent: Heard) -> Heard:
    return sent


def dropped(sent: Heard) -> Heard:
    return Heard(sent.text, ())


def only_bytes(sent: Heard) -> Heard:
    """The sound is dropped, its file is not."""
    return Heard(sent.text, (), sent.files)


def placeholder(words: str) -> Way:
    return lambda sent: Heard(f"{words}\n{sent.text}" if sent.clips else sent.text, ())


def _each(change: Callable[[Samples, int], tuple[Samples, int]]) -> Way:
    return lambda sent: Heard(sent.text, tuple(change(*clip) for clip in sent.clips))


float_average = _each(lambda x, rate: (x.mean(axis=1, keepdims=True), rate))
integer_average = _each(lambda x, rate: (x.astype(np.int64).sum(axis=1, keepdims=True) // x.shape[1], rate))
scaled_sum = _each(lambda x, rate: (x.sum(axis=1, keepdims=True) / np.sqrt(2), rate))
left_only = _each(lambda x, rate: (x[:, :1], rate))
right_only = _each(lambda x, rate: (x[:, -1:], rate))


def mixed(left: float, right: float) -> Way:
    """One channel, a weighted sum of the ears."""
    return _each(lambda x, rate: (left * x[:, :1] + right * x[:, -1:], rate))


def cut(seconds: float, *, from_end: bool = False) -> Way:
    def change(x: Samples, rate: int) -> tuple[Samples, int]:
        n = round(seconds * rate)
        return (x[-n:] if from_end else x[:n]), rate

    return _each(change)


def refusing_more_chunks(sent: Heard) -> str | None:
    """A reader of plain WAVs alone."""
    return "bad WAV" if any(file[36:40] != b"data" for file in sent.files) else None


def resampled(rate_hz: int, *, filtered: bool = True) -> Way:
    def change(x: Samples, rate: int) -> tuple[Samples, int]:
        if rate <= rate_hz:
            return x, rate
        if not filtered:
            return x[:: round(rate / rate_hz)], rate_hz
        common = int(np.gcd(rate, rate_hz))
        return np.rint(resample_poly(x, rate_hz // common, rate // common, axis=0)), rate_hz

    return _each(change)


# What is counted -------------------------------------------------------------------------------------


def _seconds(heard: Heard) -> float:
    return sum(len(samples) / rate for samples, rate in heard.clips)


def _words(text: str) -> int:
    return 11 + round(1.3 * len(text.split()))


def uncounted(sent: Heard, got: Heard, size: int, chance: random.Random) -> None:
    return None


def count(tokens: Callable[[Heard, Heard, int, random.Random], float], audio: Any = None) -> Count:
    def usage(sent: Heard, got: Heard, size: int, chance: random.Random) -> dict[str, Any]:
        found: dict[str, Any] = {
            "prompt_tokens": round(tokens(sent, got, size, chance)),
            "completion_tokens": 7,
        }
        if audio is not None:
            found["prompt_tokens_details"] = {"audio_tokens": round(audio(sent, got))}
        return found | {"total_tokens": found["prompt_tokens"] + 7}

    return usage


of_text = count(lambda sent, got, size, chance: _words(got.text))
of_text_and_no_audio = count(lambda sent, got, size, chance: _words(got.text), lambda sent, got: 0)
of_words = count(lambda sent, got, size, chance: len(sent.text.split()))
of_quarters = count(lambda sent, got, size, chance: len(sent.text) // 4)
of_seconds = count(lambda sent, got, size, chance: _words(got.text) + 25 * _seconds(got))
of_seconds_sent = count(lambda sent, got, size, chance: _words(got.text) + 25 * _seconds(sent))
of_slow_seconds = count(
    lambda sent, got, size, chance: _words(got.text) + 2 * _seconds(got), lambda sent, got: 2 * _seconds(got)
)
of_padded = count(lambda sent, got, size, chance: _words(got.text) + 750 * len(got.clips))
of_bytes = count(lambda sent, got, size, chance: size / 4)
of_kilobytes = count(lambda sent, got, size, chance: _words(got.text) + size / 1000)
always_100 = count(lambda sent, got, size, chance: 100)
by_chance = count(lambda sent, got, size, chance: chance.randrange(50, 900))
claiming_audio = count(
    lambda sent, got, size, chance: _words(got.text), lambda sent, got: 50 * len(sent.clips)
)


# The server ------------------------------------------------------------------------------------------


@dataclass
class Behaviour:
    """A server: what becomes of the sound, who replies, what is counted."""

    way: Way = whole
    mind: Mind = field(default_factory=hashes)
    usage: Count = uncounted
    seed: int = 0
    fails: Callable[[Heard], str | None] = lambda _: None
    """The message of a status 400, for requests that are refused."""
    asked: list[Heard] = field(default_factory=list)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, behaviour: Behaviour) -> None:
        self.behaviour = behaviour
        self._seen: Counter[bytes] = Counter()
        self._lock = threading.Lock()
        super().__init__(("127.0.0.1", 0), _Handler)

    def chance(self, body: bytes) -> random.Random:
        """Luck of its own for each request and each time it comes, whatever the order they come in."""
        request = sha256(body).digest()
        with self._lock:
            self._seen[request] += 1
            return random.Random(f"{self.behaviour.seed}/{request.hex()}/{self._seen[request]}")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one packet, or each reply waits 40 ms for an acknowledgement
    server: _Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        behaviour = self.server.behaviour
        sent = _read(json.loads(body)["messages"][0]["content"])
        behaviour.asked.append(sent)
        refusal = behaviour.fails(sent)
        if refusal is not None:
            self._send(400, {"error": {"message": refusal, "type": "invalid_request_error"}})
            return
        got, chance = behaviour.way(sent), self.server.chance(body)
        reply = {
            "id": "c",
            "object": "chat.completion",
            "created": 0,
            "model": "m",
            "choices": [
                {
                    "index": 0,
                    "finish_reason": "stop",
                    "message": {"role": "assistant", "content": behaviour.mind(got, chance)},
                }
            ],
        }
        usage = behaviour.usage(sent, got, len(body), chance)
        self._send(200, reply if usage is None else {**reply, "usage": usage})

    def _send(self, status: int, reply: dict[str, Any]) -> None:
        data = json.dumps(reply).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def _read(content: str | list[dict[str, Any]]) -> Heard:
    if isinstance(content, str):
        return Heard(content, ())
    text = "\n".join(part["text"] for part in content if part["type"] == "text")
    files = [
        base64.b64decode(part["input_audio"]["data"]) for part in content if part["type"] == "input_audio"
    ]
    return Heard(text, tuple(map(_decode, files)), tuple(files))


def _decode(file: bytes) -> tuple[Samples, int]:
    with wave.open(io.BytesIO(file)) as clip:
        samples = np.frombuffer(clip.readframes(clip.getnframes()), "<i2").astype(np.float64)
        return samples.reshape(-1, clip.getnchannels()), clip.getframerate()


@contextmanager
def serving(behaviour: Behaviour) -> Iterator[str]:
    """Serve on a free port; the address is what ``--base-url`` takes."""
    server = _Server(behaviour)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/v1"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
