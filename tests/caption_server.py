"""A server that captions what it decodes and answers from captions, and suites of tones for it to hear."""

from __future__ import annotations

import base64
import io
import json
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import soundfile
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from starbench.cli import main

RATE = 8000
_HZ = re.compile(r"(\d+) Hz")


def suite(root: Path, items: Iterable[Sequence[int]], *, channels: int = 1, name: str = "tones") -> Path:
    """A suite of one item for each tuple of frequencies, Hz: which of its clips is the highest?"""
    (root / "audio").mkdir(parents=True)
    lines = []
    for number, tones in enumerate(items):
        for hz in tones:
            time = np.arange(RATE // 5) / RATE
            tone = np.rint(8000 * np.sin(2 * np.pi * hz * time)).astype(np.int16)
            samples = np.stack([tone // (ear + 1) for ear in range(channels)], axis=1)
            soundfile.write(root / "audio" / f"{hz}.wav", samples, RATE, subtype="PCM_16")
        options = [f"audio {place + 1}" for place in range(max(2, len(tones)))]
        lines.append(
            {
                "id": f"item-{number}",
                "task": "Highest",
                "sub-category": "two" if len(tones) == 2 else "other",
                "question": "MARKED-QUESTION which is the highest?",
                "options": options,
                "answer": options[int(np.argmax(tones))],
                "audio_paths": [f"audio/{hz}.wav" for hz in tones],
            }
        )
    (root / "suite.json").write_text(json.dumps({"name": name}))
    (root / "metadata.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    return root


class Sound(NamedTuple):
    """A clip as the server decoded it."""

    hz: int
    channels: int
    rate: int
    seconds: float


class Asked(NamedTuple):
    """One request: its texts, its sounds, and in which order they came."""

    text: str
    sounds: list[Sound]
    kinds: list[str]


Reply = str | dict[str, Any] | Response


def completion(content: str | None, finish: str = "stop", **message: Any) -> dict[str, Any]:
    """A chat completion as it goes over the wire."""
    said = {"role": "assistant", "content": content, **message}
    return {
        "id": "c",
        "object": "chat.completion",
        "created": 0,
        "model": "served-model",
        "choices": [{"index": 0, "finish_reason": finish, "message": said}],
        "usage": {"prompt_tokens": 7, "completion_tokens": 5, "total_tokens": 12},
    }


def describe(asked: Asked) -> Reply:
    """A caption that says what was heard."""
    return "; ".join(f"a tone of {s.hz} Hz for {s.seconds:.2f} s" for s in asked.sounds)


def choose_highest(asked: Asked) -> Reply:
    """The letter of the highest frequency that the text tells of."""
    told = [int(hz) for hz in _HZ.findall(asked.text)]
    if not told:
        return completion(None, refusal="I cannot hear.")
    best = f"audio {told.index(max(told)) + 1}"
    letter = re.search(rf"<([A-Z])>: {best}\n", asked.text)
    assert letter is not None
    return f"<{letter[1]}>"


class CaptionServer:
    """Speaks Chat Completions: ``caption`` replies to what has sound, ``answer`` to what has none."""

    def __init__(self, httpserver: HTTPServer) -> None:
        self.asked: list[Asked] = []
        self.caption: Callable[[Asked], Reply] = describe
        self.answer: Callable[[Asked], Reply] = choose_highest
        self.hear: Callable[[Asked], Reply] = lambda _: "<A>"
        self.url = httpserver.url_for("/v1")
        httpserver.expect_request("/v1/chat/completions").respond_with_handler(self._handle)

    @property
    def heard(self) -> list[int]:
        """Frequency of every sound that came, in the order of the requests."""
        return [sound.hz for asked in self.asked for sound in asked.sounds]

    def _handle(self, request: Request) -> Response:
        (message,) = json.loads(request.data)["messages"]
        asked = _read(message["content"])
        self.asked.append(asked)
        of_question = self.hear if asked.sounds else self.answer
        reply = (of_question if "MARKED-QUESTION" in asked.text else self.caption)(asked)
        if isinstance(reply, Response):
            return reply
        body = completion(reply) if isinstance(reply, str) else reply
        return Response(json.dumps(body), content_type="application/json")


def _read(parts: str | list[dict[str, Any]]) -> Asked:
    if isinstance(parts, str):
        return Asked(parts, [], ["text"])
    texts = [part["text"] for part in parts if part["type"] == "text"]
    data = [base64.b64decode(p["input_audio"]["data"]) for p in parts if p["type"] == "input_audio"]
    return Asked("\n".join(texts), [_decode(wav) for wav in data], [part["type"] for part in parts])


def _decode(wav: bytes) -> Sound:
    samples, rate = soundfile.read(io.BytesIO(wav), always_2d=True)
    spectrum = np.abs(np.fft.rfft(samples[:, 0]))
    hz = round(float(np.argmax(spectrum)) * rate / len(samples))
    return Sound(hz, samples.shape[1], rate, len(samples) / rate)


class Ran(NamedTuple):
    """What a command did."""

    code: int
    out: str
    err: str


def starbench(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], *arguments: str | Path
) -> Ran:
    """Run the command line in this process."""
    monkeypatch.setattr(sys, "argv", ["starbench", *map(str, arguments)])
    capfd.readouterr()
    try:
        main()
        code = 0
    except SystemExit as end:
        code = int(end.code or 0)
    shown = capfd.readouterr()
    return Ran(code, shown.out, shown.err)
