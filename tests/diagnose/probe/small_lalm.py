"""A model shaped like an audio-language model, in numpy: loader, tower, projector, head, and places to cut it."""

from __future__ import annotations

from hashlib import sha256

import numpy as np

from starbench.audio import Audio, resample
from starbench.schema import Capabilities, Prompt

RATE = 16_000
WINDOW, HOP, BANDS = 512, 160, 48
#: One clip of the stimuli, and what follows it in a pair, s.
CLIP_S, GAP_S = 1.25, 0.3


class SmallLalm:
    """Knows pitch, loudness, duration and azimuth, unless ``cut`` says where it is broken.

    ``cut``: ``mono``, ``short`` (0.3 s), ``normalised`` (loader); ``tower`` (random weights), ``left ear`` (tower);
    ``projector`` (nothing passes), ``one dimension`` (loudness alone passes); ``head`` (answers at random).
    """

    stages = {"log-mel": "loader", "tower": "encoder", "projection": "projector"}  # noqa: RUF012
    capabilities = Capabilities(text_only=False)
    note = "a model of the tests"

    def __init__(self, cut: str = "", seed: int | None = None) -> None:
        self.cut = cut
        self.seed = 7 if cut == "tower" and seed is None else seed

    def random_twin(self, seed: int) -> SmallLalm:
        return SmallLalm(self.cut, seed)

    def encode(self, audio: Audio) -> dict[str, np.ndarray]:
        loaded = self._loader(audio)
        tower = self._tower(loaded)
        return {"log-mel": np.hstack(list(loaded)), "tower": tower, "projection": self._projector(tower)}

    def generate(self, prompt: Prompt) -> str:
        (clip,) = prompt.clips
        audio = clip.audio()
        stops = [round(at * audio.rate) for at in (CLIP_S, CLIP_S + GAP_S)]
        halves = [Audio(pcm.copy(), audio.rate) for pcm in (audio.pcm[: stops[0]], audio.pcm[stops[1] :])]
        first, second = (self._judged(half, prompt.text) for half in halves)
        if self.cut in ("head", "tower") or first == second:
            second_has_more = sha256(prompt.key.encode() + prompt.text.encode()).digest()[0] % 2 == 1
        else:
            second_has_more = second > first
        wanted = "second" if second_has_more else "first"
        return next(
            letter for letter, text in zip(prompt.letters, prompt.options, strict=True) if wanted in text
        )

    def _judged(self, audio: Audio, question: str) -> float:
        frames = self.encode(audio)["projection"]
        is_sound = frames[:, 0] > 0.5
        if not is_sound.any():
            return 0.0
        if "lasts longer" in question:
            return float(is_sound.sum())
        place = 1 if "pitch" in question else 2 if "louder" in question else 3
        return float(np.median(frames[is_sound, place]))

    def _loader(self, audio: Audio) -> np.ndarray:
        """Shape (channels, frames, bands)."""
        samples = resample(audio, RATE).samples.T.astype(float)
        if self.cut == "mono":
            samples = np.repeat(samples.mean(axis=0, keepdims=True), 2, axis=0)
        if self.cut == "short":
            samples = samples[:, : round(0.3 * RATE)]
        if self.cut == "normalised":
            samples = samples * 0.05 / np.sqrt(np.mean(samples**2) + 1e-20)
        padded = np.pad(samples, ((0, 0), (WINDOW // 2, WINDOW)))
        frames = np.lib.stride_tricks.sliding_window_view(padded, WINDOW, axis=1)[:, ::HOP]
        power = np.abs(np.fft.rfft(frames * np.hanning(WINDOW), 2048)) ** 2 / WINDOW
        edges = np.rint(np.geomspace(100.0, 7000.0, BANDS + 1) * 2048 / RATE).astype(int)
        bands = np.add.reduceat(power, edges[:-1], axis=-1)
        return 10.0 * np.log10(bands + 1e-7)

    def _tower(self, loaded: np.ndarray) -> np.ndarray:
        """Is there a sound, its pitch, its level, its side, each in numbers of about 1; or random features."""
        if self.seed is not None:
            rng = np.random.default_rng(self.seed)
            hidden = np.hstack(list(loaded)) / 20.0
            for width in (6, 6, 6):
                hidden = np.sin(3.0 * hidden @ rng.standard_normal((hidden.shape[1], width)) / np.sqrt(6.0))
            return hidden
        left, right = loaded
        power = 10 ** (loaded / 10.0)
        total = power.mean(axis=0)
        level = 10.0 * np.log10(power.mean(axis=0).sum(axis=1) + 1e-9)
        is_sound = (level > level.max() - 12.0).astype(float)
        # The lowest band that is not far below the strongest: of all these sounds the fundamental.
        strong = total > total.max(axis=1, keepdims=True) * 0.03
        pitch = strong.argmax(axis=1) / BANDS
        difference = (right - left) * (total > total.max(axis=1, keepdims=True) * 1e-3)
        side = difference.mean(axis=1) / 3.0
        if self.cut == "left ear":
            side = np.zeros_like(side)
            level = 10.0 * np.log10(power[0].sum(axis=1) + 1e-9)
        return np.column_stack([is_sound, pitch * is_sound, level / 30.0 * is_sound, side * is_sound])

    def _projector(self, tower: np.ndarray) -> np.ndarray:
        if self.cut == "projector":
            return np.zeros((len(tower), 3)) + np.array([0.0, 1.0, 2.0])
        if self.cut == "one dimension":
            kept = np.zeros((tower.shape[1], tower.shape[1]))
            kept[2, 2] = 1.0
            return tower @ kept
        return tower
