"""A model that measures the pitch of two tones, and hears it with noise of its own."""

from __future__ import annotations

import os
import signal
from hashlib import sha256
from pathlib import Path

import numpy as np

from starbench.schema import Prompt


class PitchListener:
    """Hears with d' = 1 at ``theta`` (a JND is a ratio of ``1 + weber``), says "same" within ``criterion`` sd.

    ``log`` gets a line for each question. ``dies_at``: killed at the question of that number, before it answers.
    ``breaks`` is a file; while it exists, about every seventh question fails.
    """

    def __init__(
        self,
        log: str,
        theta: float = 4.0,
        criterion: float = 1.0,
        weber: float = 0.002,
        dies_at: int = 0,
        breaks: str = "",
    ) -> None:
        self._log, self._breaks = Path(log), Path(breaks) if breaks else None
        self._theta, self._criterion, self._weber, self._dies_at = theta, criterion, weber, dies_at

    def generate(self, prompt: Prompt) -> str:
        with self._log.open("a", encoding="utf-8") as log:
            log.write(f"{prompt.digest}\n")
        n = len(self._log.read_text("utf-8").splitlines())
        if n == self._dies_at:
            os.kill(os.getpid(), signal.SIGKILL)
        if self._breaks is not None and self._breaks.exists() and int(prompt.digest[:6], 16) % 7 == 0:
            raise RuntimeError("a cable came loose")
        (clip,) = prompt.clips
        audio = clip.audio()
        first, second = _pitches(audio.pcm[:, 0].astype(float), audio.rate)
        sign = 1 if second > first else -1
        difference = sign * (max(first, second) / min(first, second) - 1) / self._weber
        # What is heard depends on the question alone, so a resumed run gets the answers of a whole one.
        noise = np.random.default_rng(
            int(sha256(prompt.digest.encode()).hexdigest()[:15], 16)
        ).standard_normal()
        heard = noise + difference / (self._theta * 2**0.5)
        word = "same" if abs(heard) <= self._criterion else "second" if heard > 0 else "first"
        place = next(place for place, option in enumerate(prompt.options) if word in option)
        return f"<{prompt.letters[place]}>"


def _pitches(samples: np.ndarray, rate: int) -> tuple[float, float]:
    """Frequencies of two tones with silence between them, Hz."""
    frame = rate // 100
    power = (samples[: len(samples) // frame * frame].reshape(-1, frame) ** 2).mean(axis=1)
    is_on = np.flatnonzero(np.diff(np.concatenate([[0], power > 0.1 * power.max(), [0]])))
    return tuple(_frequency(samples[frame * a : frame * b], rate) for a, b in is_on.reshape(-1, 2)[[0, -1]])  # type: ignore[return-value]


def _frequency(tone: np.ndarray, rate: int) -> float:
    spectrum = np.log(np.abs(np.fft.rfft(tone * np.hanning(len(tone)), 4 * len(tone))) + 1e-9)
    peak = int(spectrum.argmax())
    below, at, above = spectrum[peak - 1 : peak + 2]
    return float((peak + (below - above) / (2 * (below - 2 * at + above))) * rate / (4 * len(tone)))
