"""Clips that a captioner cannot take as they are: refused, adapted as asked, or left out, never silently."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from caption_server import Ran, starbench, suite

from starbench.suites import captions


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    return lambda *arguments: starbench(monkeypatch, capfd, *arguments, "--no-canary")


ONE_CHANNEL = """
from starbench.schema import Capabilities

class One:
    capabilities = Capabilities(max_channels=1, max_clips=MAX_CLIPS, max_seconds=MAX_SECONDS)

    def generate(self, prompt):
        told = [(clip.audio().channels, int(abs(clip.audio().pcm).max())) for clip in prompt.clips]
        return f"tone {told} in {[part.text[:22] for part in prompt.parts if part.type == 'text'][:-1]}"
"""


def one_channel(folder: Path, max_clips: int = 4, max_seconds: float = 9.0) -> str:
    code = ONE_CHANNEL.replace("MAX_CLIPS", str(max_clips)).replace("MAX_SECONDS", str(max_seconds))
    (folder / "one.py").write_text(code, "utf-8")
    return f"{folder / 'one.py'}:One"


def test_ears_that_a_model_cannot_take_are_refused_or_adapted_as_asked(
    command: Callable[..., Ran], tmp_path: Path
) -> None:
    ears = suite(tmp_path / "ears", [(400, 600), (600, 400)], channels=2)
    model = one_channel(tmp_path)

    def run(name: str, *options: str) -> Ran:
        return command("caption", "--model", model, "--suite", ears, "--out", tmp_path / name, *options)

    refused = run("refused.jsonl")
    assert refused.code == 2
    assert "clips of 2 channels, and the model takes 1: --channels split or --channels mono" in refused.err
    assert run("split.jsonl", "--channels", "split").code == 0
    assert set(captions.read(tmp_path / "split.jsonl").texts.values()) == {
        "tone [(1, 8000), (1, 4000)] in ['Recording, left ear:', 'Recording, right ear:']"
    }
    mono = run("mono.jsonl", "--channels", "mono")
    assert mono.code == 0
    assert "note: 2 of 2 clips: clips of more channels than the model takes made mono" in mono.err
    header = captions.read(tmp_path / "mono.jsonl").header
    assert header.identity.channels == "mono"
    assert header.adaptations[0].kind == "mono"
    assert all("[(1, 6000)]" in text for text in captions.read(tmp_path / "mono.jsonl").texts.values())
    assert run("mono.jsonl", "--channels", "split").code == 2


def test_one_clip_models_get_both_ears_joined_if_asked(command: Callable[..., Ran], tmp_path: Path) -> None:
    ears = suite(tmp_path / "ears", [(400, 600)], channels=2)
    given = ("caption", "--model", one_channel(tmp_path, max_clips=1), "--suite", ears)
    options = ("--channels", "split", "--clips", "concat", "--gap", "0.25", "--out", tmp_path / "c.jsonl")
    assert command(*given, *options).code == 0
    found = captions.read(tmp_path / "c.jsonl")
    assert found.header.identity.gap_s == 0.25
    assert all("[(1, 8000)]" in text for text in found.texts.values())


def test_only_the_clips_that_a_model_can_take_are_asked(command: Callable[..., Ran], tmp_path: Path) -> None:
    mixed = suite(tmp_path / "mixed", [(400, 600)])
    samples = np.zeros((8000, 1), np.int16)
    soundfile.write(mixed / "audio" / "600.wav", samples, 8000, subtype="PCM_16")
    model = one_channel(tmp_path, max_seconds=0.5)
    ran = command("caption", "--model", model, "--suite", mixed, "--out", tmp_path / "c.jsonl")
    assert ran.code == 0
    assert "not asked: 1 clip(s): a clip longer than the 0.5 s that the model takes" in ran.err
    assert len(captions.read(tmp_path / "c.jsonl").lines) == 1


def test_clips_longer_than_the_model_takes_are_not_asked(command: Callable[..., Ran], tmp_path: Path) -> None:
    model = one_channel(tmp_path, max_seconds=0.1)
    tones = suite(tmp_path / "tones", [(400, 600)])
    ran = command("caption", "--model", model, "--suite", tones, "--out", tmp_path / "c.jsonl")
    assert ran.code == 2
    assert "can take none of the clips: a clip longer than the 0.1 s that the model takes" in ran.err
