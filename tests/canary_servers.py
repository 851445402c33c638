"""Chat servers over real HTTP, put together from what becomes of the sound, who replies, and what is counted.

None of them knows the canary's questions, but for the text model, which must be able to answer something.
"""

from __future__ import annotations

import base64
import io
import json
import random
import re
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
from numpy.typing import NDArray
from scipy.signal import resample_poly

from starbench.canary.probes import CONTROLS

Samples = NDArray[np.float64]


@dataclass(frozen=True)
class Heard:
    """What reaches the one who replies: the text, and clips of shape (n, channels) with their rate, Hz."""

    text: str
    clips: tuple[tuple[Samples, int], ...]
    files: tuple[bytes, ...] = ()
    """The clips as they were sent: only who drops them has nothing else."""

    @property
    def options(self) -> dict[str, str]:
        return dict(re.findall(r"^<([A-Z])>: (.+)$", self.text, re.MULTILINE))

    def digest(self, salt: int = 0, *, with_text: bool = True) -> int:
        found = sha256(self.text.encode() if with_text else b"")
        found.update(b"%d" % salt)
        for samples, rate in self.clips:
            found.update(f"{rate}/{samples.shape}".encode() + np.rint(samples).astype("<i4").tobytes())
        return int.from_bytes(found.digest()[:8])


Way = Callable[[Heard], Heard]
Mind = Callable[[Heard, random.Random], str]
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


# Who replies -----------------------------------------------------------------------------------------


def hashes(salt: int = 0) -> Mind:
    """Whatever arrives decides, down to the last sample."""

    def reply(heard: Heard, _: random.Random) -> str:
        if heard.options:
            return f"<{sorted(heard.options)[heard.digest(salt) % len(heard.options)]}>"
        return f"The recording holds a pattern that I would call {heard.digest(salt):016x}."

    return reply


def hash_letters(salt: int = 0) -> Mind:
    """A letter, even where none was asked for."""

    def reply(heard: Heard, _: random.Random) -> str:
        letters = sorted(heard.options) or ["A", "B", "C", "D"]
        return letters[heard.digest(salt) % len(letters)]

    return reply


_SENTENCES = (
    "A dog barks twice.",
    "Somebody hums a low note.",
    "Rain on a roof, and a distant car.",
    "A phone rings.",
    "Two people whisper.",
    "An engine idles.",
    "Steps on gravel.",
    "A choir, far away.",
)


def hash_sentences(salt: int = 0) -> Mind:
    """One of a few sentences, or a letter."""

    def reply(heard: Heard, _: random.Random) -> str:
        if heard.options:
            return f"I choose <{sorted(heard.options)[heard.digest(salt) % len(heard.options)]}>."
        return _SENTENCES[heard.digest(salt, with_text=False) % len(_SENTENCES)]

    return reply


def _dominant(x: Samples, rate: int) -> int:
    spectrum = np.abs(np.fft.rfft(x))
    return round(float(np.argmax(spectrum)) * rate / len(x))


def _level(x: Samples) -> int:
    return round(20 * np.log10(np.sqrt(np.mean(x**2)) / 32768 + 1e-6))


def listener(heard: Heard, _: random.Random) -> str:
    """Measures what it hears: frequency and level for each ear; which tone is higher, which side."""
    if not heard.clips:
        return "<A>" if heard.options else "I would need a recording to describe."
    samples, rate = heard.clips[0]
    half = len(samples) // 2
    if "higher in pitch" in heard.text:
        rises = _dominant(samples[half:, 0], rate) > _dominant(samples[:half, 0], rate)
        return next(f"<{k}>" for k, text in heard.options.items() if ("second" in text) == rises)
    if "which side" in heard.text:
        left, right = samples[:, 0], samples[:, -1]
        side = "left" if np.sum(left**2) >= np.sum(right**2) else "right"
        return next(f"<{k}>" for k, text in heard.options.items() if side in text)
    ears = [f"{_dominant(x, rate)} Hz at {_level(x)} dB" for x in samples.T]
    parts = [f"{_level(part):d}" for part in np.array_split(samples.mean(axis=1), 8)]
    return f"I hear {' and '.join(ears)}; it goes {', '.join(parts)}."


def constant(text: str) -> Mind:
    return lambda heard, chance: text


def by_text(heard: Heard, _: random.Random) -> str:
    """A letter that hangs on the words alone."""
    letters = sorted(heard.options) or ["A", "B", "C", "D"]
    return f"<{letters[sha256(heard.text.encode()).digest()[0] % len(letters)]}>"


def tossed(heard: Heard, chance: random.Random) -> str:
    """A letter by chance, or one of a few sentences."""
    return f"<{chance.choice(sorted(heard.options))}>" if heard.options else chance.choice(_SENTENCES)


def text_model(heard: Heard, _: random.Random) -> str:
    """Answers what words can answer, makes up the rest."""
    for question, letter in CONTROLS:
        if question.text in heard.text:
            return f"The answer is <{letter}>."
    return by_text(heard, _) if heard.options else "A calm melody is played on a piano, in both ears."


def by_bytes(heard: Heard, _: random.Random) -> str:
    """Text that hangs on the bytes of the request, as a cache's or a seed's does; never on the sound."""
    for question, letter in CONTROLS:
        if question.text in heard.text:
            return f"<{letter}>"
    luck = random.Random(sha256(heard.text.encode() + b"".join(heard.files)).digest())
    return tossed(heard, luck) if heard.options else f"{luck.choice(_SENTENCES)} {luck.choice(_SENTENCES)}"


def reads_base64(heard: Heard, chance: random.Random) -> str:
    """Sees the beginning of the file as text."""
    if not heard.files or heard.options:
        return text_model(heard, chance)
    seen = base64.b64encode(heard.files[0]).decode()[:2000]
    return f"This is base64, beginning {seen[:12]}, with {seen.count('A')} times the letter A."


def transcriber(heard: Heard, chance: random.Random) -> str:
    """Writes down speech, and answers what words can answer."""
    return text_model(heard, chance) if "No sound is needed" in heard.text else "(no speech)"


def by_presence(heard: Heard, chance: random.Random) -> str:
    """One reply to every sound, another to none; answers what words can answer."""
    if heard.options or not heard.clips:
        return text_model(heard, chance)
    return "A short synthetic sound is heard."


def denying(mind: Mind, share: float) -> Mind:
    """Mostly says that it hears nothing."""

    def reply(heard: Heard, chance: random.Random) -> str:
        return "I'm sorry, I can't hear any audio." if chance.random() < share else mind(heard, chance)

    return reply


def weak(heard: Heard, chance: random.Random) -> str:
    """Half of the time hears what it guesses at else; answers what words can answer."""
    if not heard.clips or "No sound is needed" in heard.text:
        return text_model(heard, chance) if heard.options else f"Perhaps {chance.choice(_GUESSES)}."
    if "higher in pitch" in heard.text and chance.random() < 0.4:
        return listener(heard, chance)
    if heard.options:
        return tossed(heard, chance)
    samples, rate = heard.clips[0]
    hz = _dominant(samples[:, 0], rate)
    named = "a low hum" if hz < 250 else "high beeps" if 2000 < hz < 3000 else "a sweep"
    return f"Perhaps {named if chance.random() < 0.6 else chance.choice(_GUESSES)}."


_GUESSES = ("a low hum", "high beeps", "noise", "clicks", "a sweep", "two notes", "a bell", "a voice")


def power(heard: Heard, _: random.Random) -> str:
    """Hears with both ears, and never tells which: the strongest pitch of their summed power, its level."""
    if not heard.clips:
        return "I would need a recording."
    samples, rate = heard.clips[0]
    spectrum = (np.abs(np.fft.rfft(samples, axis=0)) ** 2).sum(axis=1)
    hz, level = np.argmax(spectrum) * rate / len(samples), 10 * np.log10(spectrum.sum() + 1e-9)
    return f"The strongest sound is at {round(float(hz))} Hz, at level {level:.0f}."


def coarse(heard: Heard, chance: random.Random) -> str:
    """Hears when something sounds and how loud, in words that know no pitch above 2 kHz."""
    if not heard.clips:
        return "I would need a recording."
    samples, rate = heard.clips[0]
    levels = [_level(part) for part in np.array_split(samples, 8)]
    ears = [
        f"{'high' if hz > 2000 else hz} at {_level(x)} dB" for x in samples.T for hz in (_dominant(x, rate),)
    ]
    return f"I hear {' and '.join(ears)}; it goes {', '.join(map(str, levels))}."


def sampling(mind: Mind, share: float) -> Mind:
    """Now and then anything at all."""

    def reply(heard: Heard, chance: random.Random) -> str:
        return tossed(heard, chance) if chance.random() < share else mind(heard, chance)

    return reply


_OPENINGS = ("", "Sure! ", "Well, ", "Let me see. ", "After listening: ", "OK. ")


def chatty(mind: Mind) -> Mind:
    """Never says the same thing in the same way."""

    def reply(heard: Heard, chance: random.Random) -> str:
        closing = chance.choice(("", " I hope that helps.", " Anything else?", " That is all."))
        return f"{chance.choice(_OPENINGS)}{mind(heard, chance)}{closing}"

    return reply


def one_of(*texts: str) -> Mind:
    return lambda heard, chance: chance.choice(texts)


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
