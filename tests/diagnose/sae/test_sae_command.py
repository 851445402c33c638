"""``starbench sae``: trained, written, read back and reported, from a plug-in of one function and a suite."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from command_line import Command

import starbench
from starbench.reporting.sae import show
from starbench.schema.sae import SaeReport, SaeTraining

pytestmark = pytest.mark.local

ENCODER = '''
import numpy as np


def encode(audio):
    """Two layers: a spectrum of 16 bands, and random mixtures of it."""
    samples = np.pad(audio.samples.mean(axis=1), (0, 512))
    frames = np.lib.stride_tricks.sliding_window_view(samples, 512)[::512]
    bands = np.log(np.abs(np.fft.rfft(frames * np.hanning(512)))[:, :128].reshape(-1, 16, 8).sum(axis=2) + 1e-4)
    mixed = np.maximum(bands @ np.random.default_rng(0).standard_normal((16, 12)), 0)
    return {"bands": bands.astype(np.float32), "mixed": mixed.astype(np.float32)}
'''


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "encoder.py").write_text(ENCODER)
    starbench.build_suite("perception", tmp_path / "suite", attributes="pitch", size=4, workers=1)
    sounds = tmp_path / "sounds"
    sounds.mkdir()
    rng = np.random.default_rng(0)
    lines = ["file,name,class"]
    for number in range(32):
        noise = 0.1 * rng.standard_normal(16_000)
        if number % 2:  # "speech" is low noise here
            noise = np.cumsum(noise) / 40
            noise -= noise.mean()
        soundfile.write(sounds / f"{number}.wav", np.clip(noise, -0.9, 0.9), 16_000)
        lines.append(f"{number}.wav,noise,{('machine', 'speech')[number % 2]}")
    (sounds / "labels.csv").write_text("\n".join(lines))
    return tmp_path


@pytest.fixture
def sae(command: Command, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], tuple[int, str]]:
    """Exit code and all that ``starbench sae …`` says, with its words separated by blanks."""
    monkeypatch.setenv("COLUMNS", "200")

    def run(words: str) -> tuple[int, str]:
        done = command("sae", *words.split())
        return done.code, done.out + done.err

    return run


def test_two_layers_and_three_seeds_in_one_command(
    folder: Path, sae: Callable[[str], tuple[int, str]], capfd: pytest.CaptureFixture[str]
) -> None:
    train = (
        "train --encoder encoder.py:encode --layer bands --layer mixed --suite suite --recordings sounds "
        "--count 12 --width 2 --k 4 --steps 20 --batch 64 --out trained"
    )
    code, said = sae(train)
    assert code == 0, said
    record = SaeTraining.model_validate_json((folder / "trained" / "sae.json").read_text())
    assert [(one.layer, one.dim, one.width, one.k, one.tokens) for one in record.layers] == [
        ("bands", 16, 32, 4, 1280),
        ("mixed", 12, 24, 4, 1280),
    ]
    assert [len(one.files) for one in record.layers] == [3, 3]
    assert record.source.domains == {"environment": 16, "speech": 16, "tones": 12}

    code, said = sae("report trained --concept speech --json report.json")
    assert code == 0, said
    report = SaeReport.model_validate_json((folder / "report.json").read_text())
    assert [one.layer for one in report.layers] == ["bands", "mixed"]
    for layer in report.layers:
        assert layer.held_out
        assert layer.clips == 4 + 4 + 3
        assert layer.stability is not None
        assert layer.stability.n_pairs == 6
        assert layer.domains is not None
        assert len(layer.erasures) == 3
        for erasure in layer.erasures:
            assert erasure.leace == pytest.approx(erasure.chance, abs=0.05)
        # No share stands alone: each table repeats size, tokens and FVU.
        assert said.count(f"{layer.width} features of {layer.dim}, k 4, 1,280 tokens, FVU") == 3 + 3
    assert "by chance in brackets" in said
    first = report.layers[0].erasures[0]
    unread = first.model_copy(update={"needed": {"frozen": None, "refit": 0.0}})
    layer = report.layers[0].model_copy(update={"erasures": (unread,)})
    show(report.model_copy(update={"layers": (layer,)}))
    told = " ".join(capfd.readouterr().out.split())
    assert "after: frozen never, refit nothing (it is not clearly read to begin with)" in told

    code, said = sae(train)
    assert code == 2
    assert "holds dictionaries already" in said
    file = folder / "trained" / next(iter(record.layers[0].files))
    file.write_bytes(file.read_bytes()[:-1] + b"\x00")
    code, said = sae("report trained")
    assert code == 2
    assert "was changed after it was written" in said


def test_a_published_checkpoint_is_measured_on_our_sounds(
    folder: Path, sae: Callable[[str], tuple[int, str]]
) -> None:
    import torch

    decoder = torch.eye(16)
    torch.save(
        {
            "encoder.weight": decoder,
            "encoder.bias": torch.zeros(16),
            "decoder.weight": decoder,
            "b_dec": torch.full((16,), -10.0),
            "k": torch.tensor(16),
        },
        "ae.pt",
    )
    of = "report --checkpoint ae.pt --encoder encoder.py:encode --recordings sounds"
    code, said = sae(f"{of} --layer bands --json report.json")
    assert code == 0, said
    (layer,) = SaeReport.model_validate_json((folder / "report.json").read_text()).layers
    assert layer.quality[0].fvu == pytest.approx(0, abs=1e-5)  # the axes themselves reconstruct everything
    assert layer.quality[0].l0 == 16
    assert (layer.tokens, layer.held_out, layer.stability) == (None, False, None)
    assert "tokens not stated" in said
    code, said = sae(f"{of} --layer mixed")
    assert code == 2
    assert "is for activations of 16 features, and layer 'mixed' has 12" in said
    code, said = sae(f"{of} --layer band")
    assert code == 2
    assert "has no layer 'band': it has 'bands', 'mixed'" in said
    assert sae("report")[0] == 2
