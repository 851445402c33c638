"""The scripts that measured the figures of docs/diagnostics.md run as it says; here with few sounds and steps."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

SCRIPTS = Path(__file__).resolve().parents[1] / "benchmarks"

pytestmark = pytest.mark.local


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Noise under two labels; the speech among it is the lower noise."""
    folder = tmp_path_factory.mktemp("recordings")
    rng = np.random.default_rng(0)
    lines = ["file,name,class"]
    for number in range(32):
        noise = 0.1 * rng.standard_normal(5 * 16_000)
        if number % 2:
            noise = np.convolve(noise, np.hanning(16) / 4, "same")
        soundfile.write(folder / f"{number}.wav", np.clip(noise, -0.9, 0.9), 16_000)
        lines.append(f"{number}.wav,noise,{('machine', 'speech')[number % 2]}")
    (folder / "labels.csv").write_text("\n".join(lines), "utf-8")
    return folder


@pytest.mark.parametrize(
    ("script", "options", "says"),
    [
        ("gammatone_jnds.py", "--trials 2 --cues pitch azimuth", "mono: azimuth"),
        ("probe_encoders.py", "--encoders silero --count 100", "## silero"),
        ("sae_figures.py", "--recordings {} --count 12 --steps 5 --seeds 2", "measured after"),
        ("separation_figures.py", "{} --scenes 1 --items 4", "higher-pitched side, 4 items"),
        (
            "token_figures.py",
            "--recordings {} --steps 2 --next-steps 2 --clips 20 --probe-clips 100",
            "codes used",
        ),
    ],
)
def test_figures_are_measured_by_the_command_that_is_documented(
    script: str, options: str, says: str, recordings: Path
) -> None:
    done = subprocess.run(
        [sys.executable, str(SCRIPTS / script), *options.format(recordings).split()],
        capture_output=True,
        text=True,
        env={**os.environ, "COLUMNS": "200"},
        check=False,
    )
    assert (done.returncode, says in done.stdout) == (0, True), done.stdout + done.stderr
