"""A small suite of every kind of question, and two runs of it: one hostile with every outcome, one that guesses."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable, Iterator
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

import starbench
from starbench.errors import RequestError
from starbench.reporting.site.write import write_report
from starbench.runs.load import load
from starbench.schema import Response

sys.path.append(str(Path(__file__).parent))  # helpers lie beside these tests
RATE = 16_000
EVIL = '<script>alert("x")</script><img src=x onerror=alert(1)>[a](javascript:alert(2))'
BIDI = "\u202eright \u2066to\u2069 left\x1b[31mred\x1b[0m\u2028next\x00 | a | b |"
LONG = "word " * 240_000
OPTIONS = ["first <b>", "second & more", "neither"]


def _levels() -> list[dict[str, Any]]:
    rows = []
    for number in range(12):
        catch = number % 4 == 3
        rows.append(
            {
                "id": f"level/{number}",
                "task": "Perception",
                "category": "Sensitivity",
                "sub-category": "sensitivity_pitch",
                "question": f"Which is higher? {EVIL}",
                "options": OPTIONS,
                "answer": OPTIONS[2] if catch else OPTIONS[number % 2],
                "level": None if catch else float(2 ** (number % 4)),
                "level_unit": None if catch else "JND",
                "catch": catch,
                "flags": [EVIL],
                "captions": {"plain": [f"a caption {EVIL}"]},
                "truth": {"planned": {"f0_hz": 500.0 * (1 + number % 3)}, "note": EVIL},
            }
        )
    return rows


def _scenes() -> list[dict[str, Any]]:
    rows = []
    for number in range(16):
        azimuth = (22.5 * number) % 360
        right = "ahead" if azimuth < 90 or azimuth > 270 else "behind"
        source = {"signal": {"kind": "noise"}, "onset_s": 0.05, "duration_s": 0.1, "elevation_deg": 0}
        source |= {"azimuth_deg": azimuth, "distance_m": 1.0 + number % 2 * 4}
        room = {"size_m": [6, 5, 3], "rt60_s": 0.4, "listener_m": [2.5, 2.2, 1.5], "facing_deg": 40}
        clip = {"channels": ["left", "right"], "sources": [source], "room": room if number % 2 else None}
        truth = {"planned": {"signal": "hiss"}, "factors": {"head": f"head {number % 2}"}, "clips": [clip]}
        rows.append(
            {
                "id": f"place {number}",
                "task": "Scenes",
                "sub-category": "front_behind",
                "question": "Is it ahead or behind?",
                "options": ["ahead", "behind"],
                "answer": right,
                "truth": truth,
            }
        )
    return rows


def _orders() -> list[dict[str, Any]]:
    orders = [list(order) for order in permutations((1, 2, 3))]
    return [
        {
            "id": "order 0",
            "task": "Order",
            "question": "In which order?",
            "options": [" ".join(map(str, order)) for order in orders] + ["cannot tell"],
            "option_orders": [*orders, None],
            "abstain": 6,
            "n_clips": 3,
            "rotations": 3,
        }
    ]


def write_suite(root: Path) -> Path:
    """Write the suite: short two-channel noises, of which no two are the same."""
    (root / "audio").mkdir(parents=True)
    rng, lines, n = np.random.default_rng(1), [], 0
    for item in [*_levels(), *_scenes(), *_orders()]:
        paths = []
        for _ in range(item.pop("n_clips", 1)):
            paths.append(f"audio/{n}.wav")
            soundfile.write(
                root / paths[-1], 0.1 * rng.uniform(-1, 1, (RATE // 4, 2)), RATE, subtype="PCM_16"
            )
            n += 1
        lines.append(json.dumps(item | {"audio_paths": paths}))
    (root / "metadata.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
    (root / "suite.json").write_text(json.dumps({"name": "tiny"}), "utf-8")
    suite = starbench.open_suite(root)
    (root / "suite.json").write_text(json.dumps({"name": "tiny", "digest": suite.digest}), "utf-8")
    return root


def _draw(prompt: starbench.Prompt) -> int:
    return int(hashlib.sha256(prompt.key.encode()).hexdigest(), 16)


class Scripted:
    """Replies with everything that a server can send; which of it, the prompt decides."""

    def generate(self, prompt: starbench.Prompt) -> Response:
        draw = _draw(prompt)
        letter = chr(ord("A") + draw // 16 % len(prompt.options))
        replies = [
            Response(text=f"<think>A or B?</think> The answer is **{letter}**. {EVIL}"),
            Response(text=f"<{letter}> {BIDI}"),
            Response(text=f"<{letter}>"),
            Response(text="I cannot listen to audio."),
            Response(text="A or B, both are possible"),
            Response(text="What a nice sound \U0001f3b5."),
            Response(text=""),
            Response(text="cut", stop="length"),
            Response(text=None, stop="blocked"),
        ]
        if draw % 61 == 0:  # a reader takes its time with a megabyte
            return Response(text=f"{LONG} <{letter}>")
        if draw % 10 == 9:
            raise RequestError(f"the request was refused {EVIL}")
        return replies[draw % 10]


class Guesses:
    """Chooses any option, by the prompt."""

    def generate(self, prompt: starbench.Prompt) -> str:
        return f"<{chr(ord('A') + _draw(prompt) // 16 % len(prompt.options))}>"


@pytest.fixture(scope="session")
def scripted() -> Scripted:
    """A model that replies with everything that a server can send."""
    return Scripted()


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the suite and its two runs."""
    root = tmp_path_factory.mktemp("site")
    suite = write_suite(root / "suite")
    conditions = ["audio", "mono", "silence", "caption:plain", "question-only"]
    for name, model in {"hostile": Scripted(), "guesses": Guesses()}.items():
        label = f"{name} {EVIL}" if name == "hostile" else name
        starbench.run(model, suite, root / "runs" / name, conditions=conditions, canary=False, max_attempts=1)
        record = root / "runs" / name / "run.json"
        record.write_text(json.dumps(json.loads(record.read_text()) | {"label": label}), "utf-8")
    return root


@pytest.fixture(scope="session")
def both(world: Path) -> Path:
    """The report of both runs."""
    out = world / "both"
    write_report([load(world / "runs" / name) for name in ("hostile", "guesses")], out, workers=0)
    return out


@pytest.fixture
def data_of() -> Callable[[Path], Any]:
    """Read what a data script hands over."""

    def read(path: Path) -> Any:
        script = path.read_text("ascii")
        return json.loads(f"[{script[script.index('(') + 1 : script.rindex(')')]}]")

    return read


@pytest.fixture(scope="module")  # no longer: while it is there, no other test can start an event loop
def chromium() -> Iterator[Any]:
    """A browser without a window, or a skip with its reason."""
    from browsing import started

    with started() as browser:
        yield browser
