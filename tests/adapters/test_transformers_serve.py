"""Adapter ``openai`` against ``transformers serve``: not our server, and it decodes our sound for real.

Behind it are two tiny Qwen2-Audio models. One has random weights, so that what it says depends on every
sample that reaches it; the other says ``<B>`` to everything. The server runs in a process of its own.
"""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.error import URLError
from urllib.request import urlopen

import numpy as np
import pytest
from numpy.typing import NDArray
from scripted_servers import Runs, all_answered, assert_errors

from starbench.adapters.openai import OpenAI
from starbench.audio import Audio
from starbench.schema import ClipPart, Outcome, Prompt, Response, TextPart

pytestmark = pytest.mark.usefixtures("environment")

#: Qwen2-Audio's own: 10 ms a frame, of which two become one position, of which two become one token.
TOKENS_PER_SECOND = 25
QUESTION = TextPart(text="Which sound is it?\nA: this\nB: that")
STARTED_WITHIN_S = 60.0
_SERVE = """
import sys
from tiny_lalms import build_qwen2_audio
build_qwen2_audio(sys.argv[1], seed=0)
build_qwen2_audio(sys.argv[2], seed=0, says="<B>")
from transformers.cli.serve import Serve
Serve(port=int(sys.argv[3]), device="cpu")
"""


class Served(NamedTuple):
    """Where the server is, and what it calls its models."""

    url: str
    random: str
    says_b: str


@pytest.fixture(scope="module")
def lalms(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    home = tmp_path_factory.mktemp("serve")
    models = [str(home / name) for name in ("random", "says-b")]
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = {
        **os.environ,
        "PYTHONPATH": str(Path(__file__).parents[1]),
        "HF_HOME": str(home / "hub"),
        "HF_HUB_OFFLINE": "1",
        "OMP_NUM_THREADS": "1",
    }
    with (home / "log").open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, "-c", _SERVE, *models, str(port)], env=environment, stdout=log, stderr=log
        )
        try:
            _wait_for(f"http://localhost:{port}/health", server, home / "log")
            yield Served(f"http://localhost:{port}/v1", *models)
        finally:
            server.terminate()
            server.wait(20)


def _wait_for(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + STARTED_WITHIN_S
    while time.monotonic() < end and server.poll() is None:
        try:
            with urlopen(url, timeout=1):
                return
        except (URLError, OSError):
            time.sleep(0.1)
    pytest.fail(f"transformers serve did not start:\n{log.read_text('utf-8', 'replace')[-2000:]}")


def tone(hz: float, seconds: float = 1.0, rate: int = 16_000) -> NDArray[np.int16]:
    t = np.arange(round(seconds * rate)) / rate
    return np.rint(8000 * np.sin(2 * np.pi * hz * t)).astype(np.int16)[:, None]


def clip(pcm: NDArray[np.int16], rate: int = 16_000) -> ClipPart:
    return ClipPart.of(lambda: Audio(pcm.copy(), rate))


def replies(served: Served, prompts: list[tuple[ClipPart, ...]], **arguments: Any) -> list[Response]:
    """What the random model says to each tuple of clips."""
    arguments = {"dialect": "transformers", "max_tokens": 12, **arguments}
    adapter = OpenAI(served.random, base_url=served.url, **arguments)

    async def ask() -> list[Response]:
        try:
            return [await adapter.generate(Prompt(parts=(*clips, QUESTION))) for clips in prompts]
        finally:
            await adapter.close()

    return asyncio.run(ask())


def test_the_sound_is_decoded_and_changes_what_is_said(lalms: Served) -> None:
    low, high, low_again, none = replies(
        lalms, [(clip(tone(440)),), (clip(tone(2000)),), (clip(tone(440)),), ()]
    )
    assert low == low_again
    assert low.text != high.text
    assert low.text
    assert low.usage == high.usage
    assert low.usage is not None
    assert none.usage is not None
    assert (low.usage.input_tokens or 0) - (none.usage.input_tokens or 0) > TOKENS_PER_SECOND
    assert low.usage.output_tokens == 12
    assert low.served_model in (lalms.random, f"{lalms.random}@main")  # with the revision before 5.24
    assert (low.stop, low.finish_reason) == ("length", "length")


def test_every_second_and_every_clip_counts_at_any_rate(lalms: Served) -> None:
    one, two, fast, both = replies(
        lalms,
        [
            (clip(tone(440)),),
            (clip(tone(440, 2.0)),),
            (clip(tone(440, rate=48_000), 48_000),),
            (clip(tone(440)), clip(tone(440, 2.0))),
        ],
    )
    counts = [reply.usage.input_tokens or 0 for reply in (one, two, fast, both) if reply.usage]
    assert counts[1] - counts[0] == TOKENS_PER_SECOND
    assert counts[2] == counts[0]
    # Two clips are one of a second and one of two, each between marks of its own.
    assert counts[3] > counts[0] + 2 * TOKENS_PER_SECOND


def test_the_ears_are_folded_as_the_dialect_declares(lalms: Served) -> None:
    left = tone(440)
    silence, opposite, equal, mono = replies(
        lalms,
        [
            (clip(np.zeros_like(left)),),
            (clip(np.hstack([left, -left])),),
            (clip(np.hstack([left, left])),),
            (clip(left),),
        ],
    )
    assert opposite.text == silence.text
    assert equal.text == mono.text
    assert mono.text != silence.text
    assert OpenAI("m", base_url=lalms.url, dialect="transformers").capabilities.channels_kept is False


def test_both_content_parts_carry_the_same_sound(lalms: Served) -> None:
    prompts = [(clip(tone(440)),), (clip(tone(2000)),)]
    assert replies(lalms, prompts) == replies(lalms, prompts, dialect="sglang")


def test_a_whole_run_is_answered(lalms: Served, starbench: Runs) -> None:
    ran = starbench(lalms.url, "--model-arg", "dialect=transformers", model=f"openai:{lalms.says_b}", limit=3)
    assert ran.code == 0, ran.err
    assert all_answered(ran, "B")
    assert {line.served_model for line in ran.lines} <= {lalms.says_b, f"{lalms.says_b}@main"}
    assert all(line.usage and (line.usage.input_tokens or 0) > TOKENS_PER_SECOND for line in ran.lines)
    assert any(line.correct for line in ran.lines)
    assert not all(line.correct for line in ran.lines)


def test_a_whole_run_of_gibberish_has_no_letter(lalms: Served, starbench: Runs) -> None:
    ran = starbench(lalms.url, "--model-arg", "max_tokens=12", model=f"openai:{lalms.random}")
    assert ran.code == 0, ran.err
    assert {(line.outcome, line.letter, line.truncated) for line in ran.lines} == {
        (Outcome.TRUNCATED, None, True)
    }
    assert all(line.usage and line.usage.output_tokens == 12 for line in ran.lines)


@pytest.mark.parametrize(("model", "expected"), [("random", None), ("says_b", "B")])
def test_a_constraint_that_the_server_ignores_leaves_what_the_model_said(
    lalms: Served, starbench: Runs, model: str, expected: str | None
) -> None:
    # It knows the field tool_choice by name, and heeds it not.
    ran = starbench(
        lalms.url,
        *("--model-arg", "dialect=openai", "--model-arg", "max_tokens=12", "--answer-mode", "choice"),
        model=f"openai:{getattr(lalms, model)}",
    )
    assert ran.code == 0, ran.err
    outcome = Outcome.ANSWERED if expected else Outcome.TRUNCATED
    assert {(line.outcome, line.letter) for line in ran.lines} == {(outcome, expected)}


def test_probabilities_that_the_server_does_not_send_are_an_error(lalms: Served, starbench: Runs) -> None:
    ran = starbench(lalms.url, "--answer-mode", "logprobs", model=f"openai:{lalms.says_b}")
    assert ran.code == 1
    assert_errors(ran, "no_logprobs", attempts=1)


def test_a_field_that_the_server_refuses_is_told_in_its_words(lalms: Served, starbench: Runs) -> None:
    ran = starbench(
        lalms.url,
        *("--model-arg", "dialect=vllm", "--answer-mode", "choice"),
        model=f"openai:{lalms.says_b}",
    )
    assert ran.code == 1
    assert_errors(ran, "bad_request", attempts=1, permanent=True)
    assert all(line.error and "structured_outputs" in line.error.message for line in ran.lines)
