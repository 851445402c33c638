"""A model shaped like an audio-language model, in numpy: loader, tower, projector, head, and places to cut it."""

from __future__ import annotations

from functools import lru_cache
from hashlib import sha256

import numpy as np

from starbench.audio import Audio
from starbench.schema import Capabilities, Prompt

RATE = 48_000
WINDOW, SIZE, HOP, BANDS = 2048, 4096, 960, 48
#: One clip of the stimuli, and what follows it in a pair, s.
CLIP_S, GAP_S = 1.25, 0.3


class Clip:
    """A clip that is equal to any other, so that a cache looks at its digest alone."""

    def __init__(self, audio: Audio) -> None:
        self.audio = audio

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Clip)

    def __hash__(self) -> int:
        return 0


@lru_cache(4000)
def loaded(how: str, _digest: str, clip: Clip) -> np.ndarray:
    """Level in bands, dB, shape (channels, frames, bands)."""
    samples = clip.audio.samples.T.astype(float)
    if how == "mono":
        samples = np.repeat(samples.mean(axis=0, keepdims=True), 2, axis=0)
    if how == "short":
        samples = samples[:, : round(0.3 * RATE)]
    if how == "normalised":
        samples = samples * 0.05 / np.sqrt(np.mean(samples**2) + 1e-20)
    padded = np.pad(samples, ((0, 0), (WINDOW // 2, WINDOW)))
    frames = np.lib.stride_tricks.sliding_window_view(padded, WINDOW, axis=1)[:, ::HOP]
    power = np.abs(np.fft.rfft(frames * np.hanning(WINDOW), SIZE)) ** 2 / WINDOW
    edges = np.rint(np.geomspace(100.0, 8000.0, BANDS + 1) * SIZE / RATE).astype(int)
    return 10.0 * np.log10(np.add.reduceat(power, edges, axis=-1)[..., :-1] + 1e-7)


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
        bands = self._loader(audio)
        tower = self._tower(bands)
        return {"log-mel": np.hstack(list(bands)), "tower": tower, "projection": self._projector(tower)}

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
        how = self.cut if self.cut in ("mono", "short", "normalised") else ""
        return loaded(how, audio.digest, Clip(audio))

    def _tower(self, bands: np.ndarray) -> np.ndarray:
        """Is there a sound, its pitch, its level, its side, each in numbers of about 1; or random features."""
        if self.seed is not None:
            rng = np.random.default_rng(self.seed)
            hidden = np.hstack(list(bands)) / 20.0
            for width in (6, 6, 6):
                hidden = np.sin(3.0 * hidden @ rng.standard_normal((hidden.shape[1], width)) / np.sqrt(6.0))
            return np.asarray(hidden)
        left, right = bands
        power = 10 ** (bands / 10.0)
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
            return np.tile([0.0, 1.0, 2.0], (len(tower), 1))
        if self.cut == "one dimension":
            kept = np.zeros((tower.shape[1], tower.shape[1]))
            kept[2, 2] = 1.0
            return np.asarray(tower @ kept)
        return tower
