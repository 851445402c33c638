"""What leaves for a model: the right sound, the right words, in the right order, and nothing that tells.

Every request of whole runs is recorded as it comes out of the socket. What it should hold is worked out
from the data set's own files, by code that shares nothing with starbench's.
"""

from __future__ import annotations

import base64
import json
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import permutations
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import soundfile

KEY = "sk-recorded-0123456789"
KINDS = ("OSM", "ISSE", "TAO", "DSS", "ETC")
CONDITIONS = (
    "audio",
    "audio+caption",
    "audio+uncut",
    "split",
    "mono",
    "question-only",
    "silence",
    "noise",
)


class Clip(NamedTuple):
    """A sound as it went over the wire, or as it should."""

    channels: int
    rate: int
    frames: int
    digest: str

    @classmethod
    def of(cls, pcm: np.ndarray, rate: int) -> Clip:
        return cls(pcm.shape[1], rate, pcm.shape[0], sha256(pcm.astype("<i2").tobytes()).hexdigest())


class Noise(NamedTuple):
    """A clip of noise of this shape, whatever its samples."""

    channels: int
    rate: int
    frames: int


class Recorded(NamedTuple):
    """One request: its parts in order, and all of it save the base64 of its sounds."""

    parts: tuple[str | Clip, ...]
    noises: tuple[bool, ...]
    rest: str

    @property
    def clips(self) -> tuple[Clip, ...]:
        return tuple(part for part in self.parts if isinstance(part, Clip))

    @property
    def text(self) -> str:
        return "\n".join(part for part in self.parts if isinstance(part, str))


def plain_wav(data: str) -> tuple[np.ndarray, int]:
    """Decode a WAV that is a RIFF header, 16 bytes of format (PCM, 16 bit) and samples, and nothing else."""
    wav = base64.b64decode(data, validate=True)
    assert base64.b64encode(wav).decode() == data
    riff, size, wave, fmt, fmt_size, code, channels, rate, byte_rate, block, bits, name, n = struct.unpack(
        "<4sI4s4sIHHIIHH4sI", wav[:44]
    )
    assert (riff, wave, fmt, name) == (b"RIFF", b"WAVE", b"fmt ", b"data")
    assert (size, fmt_size, code, bits, n) == (len(wav) - 8, 16, 1, 16, len(wav) - 44)
    assert (block, byte_rate) == (2 * channels, 2 * channels * rate)
    return np.frombuffer(wav[44:], "<i2").reshape(-1, channels), rate


def is_noise(pcm: np.ndarray) -> bool:
    """Noise at -30 dB, alike in every channel."""
    level = 10 * np.log10(np.mean(np.square(pcm / 32768)) + 1e-20)
    return bool((pcm == pcm[:, :1]).all()) and abs(level + 30) < 0.2


def record(body: bytes, headers: dict[str, str]) -> Recorded:
    text = body.decode("utf-8")
    request = json.loads(text)
    (message,) = request["messages"]
    assert message["role"] == "user"
    parts: list[str | Clip] = []
    noises = []
    for part in message["content"]:
        if part["type"] == "text":
            assert set(part) == {"type", "text"}
            parts.append(part["text"])
            continue
        assert set(part) == {"type", "input_audio"}
        assert set(part["input_audio"]) == {"data", "format"}
        assert part["input_audio"]["format"] == "wav"
        pcm, rate = plain_wav(part["input_audio"]["data"])
        parts.append(Clip.of(pcm, rate))
        noises.append(is_noise(pcm))
        text = text.replace(part["input_audio"]["data"], "", 1)
    shown = {name: value for name, value in headers.items() if name.lower() != "authorization"}
    return Recorded(tuple(parts), tuple(noises), f"{text}\n{shown}")


class Recorder(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        self.requests: list[Recorded] = []
        self.problems: list[str] = []
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one packet, or each reply waits 40 ms for an acknowledgement
    server: Recorder

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        try:
            self.server.requests.append(record(body, {"path": self.path, **dict(self.headers)}))
        except Exception as error:  # noqa: BLE001 - told where the test can see it
            self.server.problems.append(f"{type(error).__name__}: {error}")
        message = {"role": "assistant", "content": "<A>"}
        choice = {"index": 0, "finish_reason": "stop", "message": message}
        reply = {"id": "c", "object": "chat.completion", "created": 0, "model": "m", "choices": [choice]}
        data = json.dumps(reply).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def recorder() -> Iterator[Recorder]:
    with Recorder() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join(10)


class Run(NamedTuple):
    """A whole run: its requests, in the order of its plan, and the lines of its journal likewise."""

    requests: list[Recorded]
    lines: list[dict[str, Any]]


def run(tmp_path: Path, suite: str, *options: str) -> Run:
    with recorder() as server:
        url = f"http://127.0.0.1:{server.server_address[1]}/v1"
        command = [sys.executable, "-m", "starbench", "run", "--model", "openai:m", "--suite", suite]
        # One at a time, so that the n-th request is the n-th trial of the plan.
        command += ["--out", str(tmp_path / "run"), "--base-url", url, "--max-in-flight", "1", "--no-canary"]
        command += options
        ended = subprocess.run(
            command,
            cwd=tmp_path,
            env={"PATH": "", "OPENAI_API_KEY": KEY},
            capture_output=True,
            text=True,
            timeout=110,
            check=False,
        )
    assert ended.returncode == 0, ended.stderr
    assert server.problems == []
    lines = (tmp_path / "run" / "trials.jsonl").read_text("utf-8").splitlines()
    return Run(server.requests, [json.loads(line) for line in lines])


# What should be sent --------------------------------------------------------------------------------


class Expected(NamedTuple):
    item: dict[str, Any]
    condition: str
    rotation: int
    options: tuple[str, ...]
    clips: tuple[Clip | Noise, ...]
    letter: str


def read(path: Path) -> tuple[np.ndarray, int]:
    pcm, rate = soundfile.read(path, dtype="int16", always_2d=True)
    return pcm, int(rate)


def changed(pcm: np.ndarray, rate: int, condition: str) -> list[Clip | Noise]:
    if condition == "split":
        return [Clip.of(pcm[:, :1], rate), Clip.of(pcm[:, 1:], rate)]
    if condition == "mono":
        mean = np.round(pcm.astype(np.float64).sum(axis=1, keepdims=True) / pcm.shape[1])
        return [Clip.of(mean.astype(np.int16), rate)]
    if condition == "silence":
        return [Clip.of(np.zeros(pcm.shape, np.int16), rate)]
    if condition == "noise":
        return [Noise(pcm.shape[1], rate, pcm.shape[0])]
    return [Clip.of(pcm, rate)]


def applies(condition: str, item: dict[str, Any], channels: set[int]) -> bool:
    return {
        "audio+caption": bool(item.get("global_caption")),
        "audio+uncut": bool(item.get("uncut_audio_path")),
        "split": channels == {2},
        "mono": channels != {1},
    }.get(condition, True)


def expected_of(
    root: Path, items: Sequence[dict[str, Any]], conditions: Sequence[str], protocol: str
) -> Iterator[Expected]:
    for item in items:
        sounds = [read(root / path) for path in item["audio_paths"]]
        channels = {pcm.shape[1] for pcm, _ in sounds}
        for condition in conditions:
            if not applies(condition, item, channels):
                continue
            given = [] if condition == "question-only" or condition.startswith("caption") else sounds
            sent = [changed(pcm, rate, condition) for pcm, rate in given]
            uncut = [Clip.of(*read(root / item["uncut_audio_path"]))] if condition == "audio+uncut" else []
            for rotation, options, order, letter in rotations(item, protocol):
                clips = [clip for place in order if sent for clip in sent[place]]
                yield Expected(item, condition, rotation, options, (*uncut, *clips), letter)


def rotations(
    item: dict[str, Any], protocol: str
) -> Iterator[tuple[int, tuple[str, ...], tuple[int, ...], str]]:
    """Rotation, options as shown, order of the clips, right letter: as the paper's evaluator has them.

    Protocol ``starbench`` asks all rotations of the options of a spatial item too.
    """
    options, n = item["options"], len(item["options"])
    if item["task"] == "Temporal Reasoning":
        *_, kind, number = item["id"].split("_")
        for rotation in range(3):
            order = list(permutations(range(3)))[(KINDS.index(kind) + int(number) + rotation) % 6]
            right = " -> ".join(f"clip {order.index(clip) + 1}" for clip in range(3))
            yield rotation, tuple(options), order, "ABCDEFG"[options.index(right)]
        return
    few = item["task"] == "Spatial Reasoning" and protocol == "star-bench"
    for rotation in range(3 if few else n):
        shown = tuple(options[(place - rotation) % n] for place in range(n))
        order = tuple(range(len(item["audio_paths"])))
        yield rotation, shown, order, "ABCDEFG"[shown.index(item["answer"])]


def telling(root: Path, items: Sequence[dict[str, Any]]) -> set[str]:
    """All that would tell a model, or a reader of its server's log, which sound it is."""
    words = {str(root), root.name, "seg_", "whole_clips", "metadata.jsonl", ".wav", ".flac", KEY}
    for item in items:
        words |= {item["id"], item.get("sub-category") or item["id"]}
        for relative in filter(None, (*item["audio_paths"], item.get("uncut_audio_path"))):
            path = root / relative
            words |= {relative, path.stem, *(part for part in Path(relative).parts[:-1] if "_" in part)}
            pcm, rate = read(path)
            digests = {sha256(path.read_bytes()).hexdigest(), Clip.of(pcm, rate).digest}
            digests.add(sha256(f"pcm16/{rate}/{pcm.shape[1]}/".encode() + pcm.tobytes()).hexdigest())
            words |= digests | {digest[:12] for digest in digests}
    return words


def assert_as_expected(
    ran: Run, expected: Sequence[Expected], root: Path, items: Sequence[dict[str, Any]]
) -> None:
    assert len(ran.requests) == len(expected) == len(ran.lines)
    words = telling(root, items)
    folders = {part for item in items for path in item["audio_paths"] for part in Path(path).parts[:-1]}
    for sent, due, line in zip(ran.requests, expected, ran.lines, strict=True):
        asked = (line["item_id"], line["condition"], line["rotation"], line["answer_letter"])
        assert asked == (due.item["id"], due.condition, due.rotation, due.letter)
        assert_sounds(sent, due)
        assert_words(sent, due)
        assert not [word for word in words if word in sent.rest]
        left = sent.rest
        for said in (due.item["question"], *due.options, due.item.get("global_caption") or ""):
            left = left.replace(json.dumps(said, ensure_ascii=False)[1:-1], "") if said else left
        assert not [folder for folder in folders if f"{folder}/" in left or f"/{folder}" in left]


def assert_sounds(sent: Recorded, due: Expected) -> None:
    assert len(sent.clips) == len(due.clips)
    for clip, wanted, noise in zip(sent.clips, due.clips, sent.noises, strict=True):
        if isinstance(wanted, Noise):
            assert tuple(clip[:3]) == wanted
            assert noise
        else:
            assert clip == wanted, (due.item["id"], due.condition, due.rotation)


def assert_words(sent: Recorded, due: Expected) -> None:
    assert due.item["question"] in sent.text
    lines = "".join(f"<{'ABCDEFGH'[i]}>: {option}\n" for i, option in enumerate(due.options))
    assert lines in sent.text
    scene = due.item.get("global_caption")
    assert scene is None or (scene in sent.text) is (due.condition == "audio+caption")
    for grade, captions in due.item.get("captions", {}).items():
        assert (captions[0] in sent.text) is (due.condition == f"caption:{grade}")
    assert due.item.get("source") is None or due.item["source"] not in sent.rest


# The runs -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def published(samples: Path) -> list[dict[str, Any]]:
    names = ("foundation_perception", "holistic_reasoning_spatial", "holistic_reasoning_temporal")
    return [
        item
        for name in names
        for item in json.loads((samples / "meta_info" / f"{name}.json").read_text("utf-8"))
    ]


@pytest.mark.slow
@pytest.mark.parametrize("protocol", ["star-bench", "starbench"])
def test_the_published_samples_leave_as_they_should(
    samples: Path, published: list[dict[str, Any]], tmp_path: Path, protocol: str
) -> None:
    options = ("--condition", ",".join(CONDITIONS), "--protocol", protocol)
    ran = run(tmp_path, f"star-bench:{samples}", *options)
    expected = list(expected_of(samples, published, CONDITIONS, protocol))
    assert {due.condition for due in expected} == set(CONDITIONS)
    assert len(published) == 18
    assert_as_expected(ran, expected, samples, published)


def test_noise_is_one_noise(samples: Path, tmp_path: Path) -> None:
    ran = run(tmp_path, f"star-bench:{samples}", "--condition", "noise", "--rotations", "1")
    by_shape: dict[tuple[int, int], set[str]] = {}
    for clip in (clip for sent in ran.requests for clip in sent.clips):
        by_shape.setdefault((clip.channels, clip.frames), set()).add(clip.digest)
    assert all(len(digests) == 1 for digests in by_shape.values())


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("built") / "suite"
    command = [sys.executable, "-m", "starbench", "build", "perception", "--out", str(path)]
    command += ["--attributes", "pitch,loudness,duration", "--size", "12", "--seed", "7"]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    return path


def items_of(built: Path) -> list[dict[str, Any]]:
    rows = [json.loads(line) for line in (built / "metadata.jsonl").read_text("utf-8").splitlines()]
    texts = ("option_orders", "mirror", "captions", "truth")
    return [row | {name: json.loads(row[name]) for name in texts} for row in rows]


@pytest.mark.parametrize("protocol", ["star-bench", "starbench"])
def test_a_built_suite_leaves_as_it_should(built: Path, tmp_path: Path, protocol: str) -> None:
    items = items_of(built)
    assert len(items) == 12
    ran = run(tmp_path, str(built), "--condition", "audio,caption", "--protocol", protocol)
    expected = list(expected_of(built, items, ("audio", "caption:plain", "caption:full"), protocol))
    assert_as_expected(ran, expected, built, items)
    for sent, due in zip(ran.requests, expected, strict=True):
        truth = json.dumps(due.item["truth"])
        assert truth not in sent.rest
        assert "planned" not in sent.rest
        assert (len(sent.clips) == 1) is (due.condition == "audio")


def test_everything_is_sent_at_the_rate_that_is_asked_for(built: Path, tmp_path: Path) -> None:
    ran = run(tmp_path, str(built), "--rate", "16000", "--rotations", "1")
    sounds = [read(built / item["audio_paths"][0]) for item in items_of(built)]
    for sent, (pcm, rate) in zip(ran.requests, sounds, strict=True):
        (clip,) = sent.clips
        assert (clip.channels, clip.rate) == (pcm.shape[1], 16000)
        assert clip.frames == pytest.approx(pcm.shape[0] * 16000 / rate, abs=1)


def test_many_at_a_time_send_the_same_requests_as_one_at_a_time(built: Path, tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "many").mkdir()
    one = run(tmp_path / "one", str(built))
    many = run(tmp_path / "many", str(built), "--max-in-flight", "16")
    assert sorted(sent.parts for sent in one.requests) == sorted(sent.parts for sent in many.requests)
