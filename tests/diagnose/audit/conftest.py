"""Fixtures of the audit's tests; what plants sounds lies beside them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))

from planted_sounds import write_suite

from starbench.diagnose.audit import audit
from starbench.models.resolve import resolve
from starbench.schema.audit import Audit
from starbench.suites.open import open_suite

MODELS = """
import numpy as np
from scipy.signal import lfilter
from starbench.audio import Audio, quantise, resample, transform
from starbench.errors import NotApplicableError
from starbench.schema import Capabilities

def louder(audio, gain):
    return Audio(quantise(np.clip(audio.samples * gain, -1, 1)), audio.rate)

def agc(audio):
    kept = np.exp(-1 / (0.02 * audio.rate))
    power = lfilter([1 - kept], [1, -kept], np.square(audio.samples).mean(axis=1))
    return louder(audio, (0.05 / np.sqrt(power + 1e-7))[:, None])

class Model:
    capabilities = Capabilities()
    def __init__(self, model=""): pass
    def generate(self, prompt): raise AssertionError("an audit asks nothing")

def keeping(kept):
    return type("Declared", (Model,), {"delivered": lambda self, audio: kept(audio)})

Unknown = Model
All = keeping(lambda audio: audio)
Mono = keeping(lambda audio: transform(audio, "mono"))
Peak = keeping(lambda audio: louder(audio, 0.95 / np.abs(audio.samples).max()))
Rms = keeping(lambda audio: louder(audio, 0.05 / np.sqrt(np.square(audio.samples).mean())))
Agc = keeping(agc)
RightEar = keeping(lambda audio: Audio(np.ascontiguousarray(audio.pcm[:, 1:]), audio.rate))
Swapped = keeping(lambda audio: Audio(np.ascontiguousarray(audio.pcm[:, ::-1]), audio.rate))
Inverted = keeping(lambda audio: louder(audio, -1.0))
At4kHz = keeping(lambda audio: resample(audio, 4000))
HalfASecond = keeping(lambda audio: Audio(audio.pcm[: audio.rate // 2].copy(), audio.rate))
Late = keeping(lambda audio: Audio(np.pad(audio.pcm, ((audio.rate // 3, 0), (0, 0))), audio.rate))
Silent = keeping(lambda audio: Audio(np.zeros_like(audio.pcm), audio.rate))
At44k = keeping(lambda audio: Audio(audio.pcm.copy(), round(audio.rate * 44_100 / 48_000)))
Adjoining = keeping(lambda audio: Audio(audio.pcm[np.abs(audio.pcm).max(axis=1) > 100].copy(), audio.rate))
Floats = keeping(lambda audio: Audio(np.full(audio.pcm.shape, np.nan), audio.rate))
OneDim = keeping(lambda audio: Audio(audio.pcm[:, 0].copy(), audio.rate))
Empty = keeping(lambda audio: Audio(audio.pcm[:0].copy(), audio.rate))
Rate0 = keeping(lambda audio: Audio(audio.pcm.copy(), 0))
HalfHz = keeping(lambda audio: Audio(audio.pcm.copy(), 16000.5))
Wrong = keeping(lambda audio: audio.samples)
Broken = keeping(lambda audio: 1 / 0)

class Writes(Model):
    def delivered(self, audio):
        raise NotApplicableError("sends text")

class MonoAt8k(Model):
    capabilities = Capabilities(front_end_hz=8000, channels_kept=False)

class Narrow(All):
    capabilities = Capabilities(max_channels=1, max_clips=1)
"""


@pytest.fixture(scope="session")
def models_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Plug-in adapters, each of which declares what its front end keeps."""
    path = tmp_path_factory.mktemp("models") / "models.py"
    path.write_text(MODELS)
    return path


@pytest.fixture(scope="session")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """A suite of tones, written once for the same arguments."""
    root = tmp_path_factory.mktemp("planted")

    def write(cue: str, clips: int = 1, missing: tuple[int, ...] = ()) -> Path:
        path = root / f"{cue}-{clips}-{len(missing)}"
        return path if path.exists() else write_suite(path, cue, clips=clips, missing=missing)

    return write


@pytest.fixture(scope="session")
def audited(models_file: Path, planted: Callable[..., Path]) -> Callable[..., Audit]:
    """The audit of a planted suite for one of the models."""

    def hear(model: str, cue: str, clips: int = 1, missing: tuple[int, ...] = (), **options: object) -> Audit:
        suite = open_suite(str(planted(cue, clips, missing)))
        return audit(suite, resolve(f"{models_file}:{model}", {}), **options)  # type: ignore[arg-type]

    return hear
