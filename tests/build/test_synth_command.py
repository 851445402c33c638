"""``starbench synth``: one stimulus, and its truth."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command_line import Command

from starbench.audio import decode

PAIR: dict[str, Any] = {
    "tones": [
        {"f0_hz": 1000, "duration_s": 0.2, "level_db_spl": 70},
        {"f0_hz": 1100, "duration_s": 0.2, "level_db_spl": 70},
    ],
    "onsets_s": [0.1, 0.5],
    "total_s": 0.9,
}


def test_synth_writes_one_stimulus_and_prints_its_truth(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: Command
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("pair.json").write_text(json.dumps(PAIR))
    for source, out in (("pair.json", "a.wav"), ("-", "b.wav")):
        monkeypatch.setattr(sys, "stdin", io.StringIO(json.dumps(PAIR)))
        done = command("synth", "tone-pair", source, "--out", out, "--seed", "3")
        assert done.code == 0
        truth = json.loads(done.out)
        assert [tone["f0_hz"] for tone in truth["tones"]] == [1000, 1100]
    assert Path("a.wav").read_bytes() == Path("b.wav").read_bytes()
    samples = decode(Path("a.wav")).samples[:, 0]
    assert samples.size == 0.9 * 48_000
    steady = samples[int(0.15 * 48_000) : int(0.25 * 48_000)]
    assert np.argmax(np.abs(np.fft.rfft(steady))) == pytest.approx(1000 * 0.1)
    assert 20 * np.log10(np.sqrt(np.mean(steady**2))) == pytest.approx(70 - 100, abs=0.05)


def test_synth_writes_stems_beside_it(
    task: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: Command
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("p.json").write_text('{"number": 1, "stems": true}')
    assert command("synth", "noises.py:noise", "p.json").code == 0
    assert {path.name for path in tmp_path.glob("*.wav")} == {
        "noise.wav",
        "noise-stem1.wav",
        "noise-stem2.wav",
    }


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("tone-pair", "{", "p.json is not JSON"),
        ("tone-pair", "[1]", "must hold a JSON object"),
        (
            "tone-pair",
            json.dumps(PAIR | {"totl_s": 1}),
            "unexpected keyword argument 'totl_s'; its parameters are tones",
        ),
        ("tone-pair", '{"tones": []}', "missing a required argument: 'onsets_s'"),
        ("tone-pair", json.dumps(PAIR | {"rng": 1}), "'rng' is what --seed gives"),
        ("tone-pair", json.dumps(PAIR | {"total_s": "long"}), "synthesizer 'tone-pair' failed"),
        ("tone-pair", json.dumps(PAIR | {"onsets_s": [0.1]}), "a pair needs 2 tones"),
        ("tone-pear", "{}", "did you mean 'tone-pair'"),
        ("tone-pair", None, "nowhere.json cannot be read"),
    ],
)
def test_synth_refuses_in_one_sentence(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    command: Command,
    name: str,
    text: str | None,
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    if text is not None:
        Path("p.json").write_text(text)
    code, _, err = command("synth", name, "p.json" if text is not None else "nowhere.json")
    assert code == 2
    assert said in err
    assert err.count("\n") == 1
    assert not list(tmp_path.glob("*.wav"))
