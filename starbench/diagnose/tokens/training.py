"""Training of a tokenizer: the cochleagram it decodes comes near the one that is heard."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from starbench.diagnose.tokens.interface import COCHLEA, FRAME_S, HOP, Floats, cochleagram_of, reproducible
from starbench.errors import InputError

if TYPE_CHECKING:
    from starbench.diagnose.tokens.network import CochlearTokenizer

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Training:
    """How a tokenizer is trained."""

    steps: int = 1300
    batch: int = 12
    segment_frames: int = 100
    learning_rate: float = 1e-3
    width: int = 256
    bits: int = 13
    seed: int = 0

    @property
    def segment_seconds(self) -> float:
        """Length of what a step hears of one sound."""
        return self.segment_frames * FRAME_S


def train(
    sounds: Sequence[Floats], how: Training, on_step: Progress = lambda _done, _all: None
) -> CochlearTokenizer:
    """Train a tokenizer on mono sounds at 16 kHz; the same sounds and seed give the same weights.

    Raises :class:`InputError` if no sound is as long as a segment.
    """
    import torch

    from starbench.diagnose.tokens.network import CochlearNetwork, CochlearTokenizer

    targets = [cochleagram_of(sound) for sound in sounds]
    with reproducible(how.seed):
        network = CochlearNetwork(how.bits, COCHLEA.n_channels, how.width)
        frames = np.concatenate(targets)
        network.mean.copy_(torch.from_numpy(frames.mean(axis=0)))
        # Bands that hardly move would else be blown up.
        network.deviation.copy_(torch.from_numpy(np.maximum(frames.std(axis=0), 1e-3)))
        optimiser = torch.optim.AdamW(network.parameters(), how.learning_rate)
        decay = torch.optim.lr_scheduler.OneCycleLR(
            optimiser, how.learning_rate, total_steps=how.steps + 1, pct_start=0.05
        )
        segments = _Segments(sounds, targets, how)
        network.train()
        for step in range(how.steps):
            inputs, target = segments.batch()
            bits, _, quantizer_loss = network.quantized(inputs)
            aim = (target - network.mean) / network.deviation
            loss = torch.nn.functional.mse_loss(network.standardised(bits), aim) + quantizer_loss
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimiser.step()
            decay.step()
            on_step(step + 1, how.steps)
        return CochlearTokenizer(network)


class _Segments:
    """Segments of the sounds, each moment as likely as any other."""

    def __init__(self, sounds: Sequence[Floats], targets: Sequence[Floats], how: Training) -> None:
        from starbench.diagnose.tokens.network import padded, samples_of

        long = [k for k, target in enumerate(targets) if len(target) >= how.segment_frames]
        if not long:
            raise InputError(f"no sound lasts {how.segment_seconds:g} s, which a tokenizer is trained on")
        self._sounds = [padded(sounds[k]) for k in long]
        self._targets = [targets[k] for k in long]
        self._starts = np.array([len(target) - how.segment_frames + 1 for target in self._targets])
        self._rng = np.random.default_rng(how.seed)
        self._how = how
        self._samples = samples_of(how.segment_frames)

    def batch(self) -> tuple[Any, Any]:
        """Sounds (batch, n) and their cochleagrams (batch, frames, bands)."""
        import torch

        chosen = self._rng.choice(len(self._starts), self._how.batch, p=self._starts / self._starts.sum())
        first = self._rng.integers(self._starts[chosen])
        inputs = [
            self._sounds[k][f * HOP : f * HOP + self._samples] for k, f in zip(chosen, first, strict=True)
        ]
        targets = [
            self._targets[k][f : f + self._how.segment_frames] for k, f in zip(chosen, first, strict=True)
        ]
        return torch.from_numpy(np.stack(inputs)), torch.from_numpy(np.stack(targets))
