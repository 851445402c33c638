"""CPU time of a request with sound in it: an adapter beside a bare loop of the same SDK.

    python benchmarks/requests_with_sound.py
    python benchmarks/requests_with_sound.py --rounds 9 --in-flight 32

Clips of 300 to 600 kB are sent over loopback, each in nine questions, as a plan of nine trials an item does.
The server runs in a process of its own, so what is counted is the client's CPU time alone (user and system).
The bare loop is what the SDK's own examples show: base64 of the clip in a dictionary, for each request anew.
The contenders take turns in this one process; the medians of the rounds are compared.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import multiprocessing
import os
import statistics
import time
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection

import numpy as np

from starbench.adapters.gemini import Gemini
from starbench.adapters.openai import OpenAI
from starbench.audio import Audio
from starbench.schema import ClipPart, Prompt, TextPart

#: The ratio, as this script measured it, before bodies were put together around base64 kept for each clip.
EARLIER = {"openai": 1.14, "gemini": 1.24}
QUESTIONS_PER_CLIP = 9
QUESTION = "Which sound comes first?\n<A>: the bell\n<B>: the horn\nAnswer with one letter."
COMPLETION = {
    "id": "c",
    "object": "chat.completion",
    "created": 0,
    "model": "m",
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "<A>"}}],
    "usage": {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11},
}
CONTENT = {"candidates": [{"content": {"parts": [{"text": "<A>"}]}, "finishReason": "STOP"}]}


class Server(asyncio.Protocol):
    """Reads whole requests and answers each at once, as the path asks."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._head = bytearray()
        self._missing = 0
        self._reply = b""

    def data_received(self, data: bytes) -> None:
        if not self._missing:
            self._head += data
            head, end, rest = bytes(self._head).partition(b"\r\n\r\n")
            if not end:
                return
            body = json.dumps(
                COMPLETION if b"/chat/completions" in head.splitlines()[0] else CONTENT
            ).encode()
            self._reply = (
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
                % (len(body), body)
            )
            length = next(line for line in head.splitlines() if line.lower().startswith(b"content-length:"))
            self._missing = int(length.partition(b":")[2])
            self._head.clear()
            data = rest
        self._missing -= len(data)
        if not self._missing:
            self._transport.write(self._reply)


def serve(port: Connection) -> None:
    async def forever() -> None:
        server = await asyncio.get_running_loop().create_server(Server, "127.0.0.1", 0)
        port.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(forever())


def clips(n: int) -> list[Audio]:
    """Noise of one channel, 300 to 600 kB a clip."""
    rng = np.random.default_rng(0)
    sizes = np.linspace(150_000, 300_000, n, dtype=int)
    return [Audio(rng.integers(-(2**15), 2**15, (size, 1), dtype=np.int16), 16_000) for size in sizes]


class BareOpenAI:
    """The openai SDK as its examples show it."""

    def __init__(self, url: str) -> None:
        import openai

        self._client = openai.AsyncOpenAI(api_key="none", base_url=f"{url}/v1", max_retries=0)

    async def ask(self, audio: Audio) -> object:
        data = base64.b64encode(audio.wav).decode("ascii")
        return await self._client.chat.completions.create(
            model="m",
            messages=[
                {
                    "role": "user",
                    "content": [
                        {"type": "text", "text": "Audio 1:"},
                        {"type": "input_audio", "input_audio": {"data": data, "format": "wav"}},
                        {"type": "text", "text": QUESTION},
                    ],
                }
            ],
        )

    async def close(self) -> None:
        await self._client.close()


class BareGemini:
    """Google's SDK as its examples show it."""

    def __init__(self, url: str) -> None:
        from google import genai
        from google.genai.types import HttpOptions

        self._client = genai.Client(api_key="none", http_options=HttpOptions(base_url=url))

    async def ask(self, audio: Audio) -> object:
        from google.genai.types import Content, Part

        parts = [
            Part.from_text(text="Audio 1:"),
            Part.from_bytes(data=audio.wav, mime_type="audio/wav"),
            Part.from_text(text=QUESTION),
        ]
        return await self._client.aio.models.generate_content(
            model="gemini-3.8-flash", contents=Content(role="user", parts=parts)
        )

    async def close(self) -> None:
        await self._client.aio.aclose()
        self._client.close()


class Ours:
    """One of our adapters."""

    def __init__(self, adapter: OpenAI | Gemini) -> None:
        self._adapter = adapter

    async def ask(self, audio: Audio) -> object:
        clip = ClipPart.of(lambda: audio)
        return await self._adapter.generate(
            Prompt(parts=(TextPart(text="Audio 1:"), clip, TextPart(text=QUESTION)))
        )

    async def close(self) -> None:
        await self._adapter.close()


def cpu_ms(contender: BareOpenAI | BareGemini | Ours, sounds: Sequence[Audio], in_flight: int) -> float:
    """CPU time that a request costs this process, ms; connections included, clients made before."""

    async def ask_all() -> float:
        waiting = iter(sounds)

        async def worker() -> None:
            for audio in waiting:
                await contender.ask(audio)

        start = time.process_time()
        await asyncio.gather(*(worker() for _ in range(in_flight)))
        used = time.process_time() - start
        await contender.close()
        return used

    return 1000 * asyncio.run(ask_all()) / len(sounds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clips", type=int, default=12)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--in-flight", type=int, default=8)
    options = parser.parse_args()
    for name in [name for name in os.environ if "proxy" in name.lower()]:
        del os.environ[name]
    receiver, sender = multiprocessing.Pipe(duplex=False)
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(sender,), daemon=True)
    server.start()
    url = f"http://127.0.0.1:{receiver.recv()}"
    try:
        report(url, options.clips, options.rounds, options.in_flight)
    finally:
        server.terminate()


def report(url: str, n_clips: int, rounds: int, in_flight: int) -> None:
    contenders: dict[str, tuple[Callable[[], BareOpenAI | BareGemini], Callable[[], Ours]]] = {
        "openai": (lambda: BareOpenAI(url), lambda: Ours(OpenAI("m", f"{url}/v1"))),
        "gemini": (lambda: BareGemini(url), lambda: Ours(Gemini("gemini-3.8-flash", url))),
    }
    print(
        f"{n_clips * QUESTIONS_PER_CLIP} requests a round, {in_flight} in flight; client's CPU, ms a request"
    )
    print(f"{'adapter':<8} {'bare SDK':>9} {'adapter':>9} {'ratio':>7} {'earlier':>8}")
    for name, (bare, ours) in contenders.items():
        times: dict[bool, list[float]] = {True: [], False: []}
        for _ in range(rounds):
            sounds = [audio for audio in clips(n_clips) for _ in range(QUESTIONS_PER_CLIP)]
            for audio in sounds:
                audio.wav  # noqa: B018 - kept by the clip, so that neither side pays for it
            for is_ours in (False, True):
                times[is_ours].append(cpu_ms(ours() if is_ours else bare(), sounds, in_flight))
        theirs, own = (statistics.median(times[is_ours]) for is_ours in (False, True))
        print(f"{name:<8} {theirs:>9.2f} {own:>9.2f} {own / theirs:>7.2f} {EARLIER[name]:>8.2f}")


if __name__ == "__main__":
    main()
