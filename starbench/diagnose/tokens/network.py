"""The tokenizer's network, in torch: spectra of a waveform -> 13 bits a frame -> a cochleagram, as WavCoch's.

Without torch this module cannot be imported: call :func:`~starbench.diagnose.tokens.interface.require` first.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import nn
from vector_quantize_pytorch import LFQ

from starbench.diagnose.tokens.interface import HOP, Codes, Floats, reproducible

WINDOW = 1001
#: Samples before the first frame's middle, which is half a hop into the sound.
_BEFORE = WINDOW // 2 - HOP // 2
#: Magnitudes to this power: what is soft counts, too.
_COMPRESSION = 0.3


def padded(samples: Floats) -> Floats:
    """A sound with silence around it, so that frame k of n // HOP begins at sample k * HOP."""
    return np.pad(samples, (_BEFORE, WINDOW)).astype(np.float32)


def samples_of(frames: int) -> int:
    """Samples that so many frames reach over."""
    return (frames - 1) * HOP + WINDOW


class CausalBlock(nn.Module):
    """Adds to each frame what its past says."""

    def __init__(self, width: int, dilation: int) -> None:
        super().__init__()
        self.past = nn.ConstantPad1d((2 * dilation, 0), 0.0)
        self.mix = nn.Conv1d(width, width, 3, dilation=dilation)
        self.out = nn.Conv1d(width, width, 1)

    def forward(self, x: Any) -> Any:
        """Shape (batch, width, frames) in and out."""
        return x + self.out(nn.functional.gelu(self.mix(self.past(nn.functional.gelu(x)))))


def _stack(n_in: int, width: int, n_out: int) -> nn.Sequential:
    blocks = [CausalBlock(width, dilation) for dilation in (1, 2, 4)]
    return nn.Sequential(nn.Conv1d(n_in, width, 1), *blocks, nn.GELU(), nn.Conv1d(width, n_out, 1))


class CochlearNetwork(nn.Module):
    """A window sees 31 ms to either side of a frame; what follows looks only back, 70 ms."""

    window: torch.Tensor
    mean: torch.Tensor
    deviation: torch.Tensor

    def __init__(self, bits: int, bands: int, width: int) -> None:
        super().__init__()
        self.width = width
        # Balanced bits use many codes from the start; without this, few are ever used in minutes of training.
        self.encoder = nn.Sequential(
            nn.BatchNorm1d(WINDOW // 2 + 1, affine=False),
            _stack(WINDOW // 2 + 1, width, bits),
            nn.BatchNorm1d(bits, affine=False),
        )
        self.quantizer = LFQ(
            codebook_size=2**bits, dim=bits, entropy_loss_weight=0.5, frac_per_sample_entropy=0.125
        )
        self.decoder = _stack(bits, width, bands)
        self.register_buffer("window", torch.hann_window(WINDOW), persistent=False)
        self.register_buffer("mean", torch.zeros(bands))
        self.register_buffer("deviation", torch.ones(bands))

    def quantized(self, samples: Any) -> tuple[Any, Any, Any]:
        """Bits (batch, frames, bits), codes (batch, frames) and the quantizer's loss of padded sounds (batch, n)."""
        spectra = torch.stft(samples, WINDOW, HOP, window=self.window, center=False, return_complex=True)
        inputs = (spectra.abs() / (WINDOW / 4)) ** _COMPRESSION
        return tuple(self.quantizer(self.encoder(inputs).transpose(1, 2), inv_temperature=1.0))

    def standardised(self, bits: Any) -> Any:
        """The cochleagram of bits, (batch, frames, bands), in deviations from each band's mean."""
        return self.decoder(bits.transpose(1, 2)).transpose(1, 2)


class CochlearTokenizer:
    """A network ready to be used on whole sounds."""

    def __init__(self, network: CochlearNetwork) -> None:
        self.network = network.eval()
        self.bits: int = network.quantizer.codebook_dim
        self.bands: int = network.mean.shape[0]
        self.width = network.width
        self.parameters: int = sum(one.numel() for one in network.parameters())

    def codes(self, samples: Floats) -> Codes:
        """One code a frame of 5 ms."""
        frames = max(1, samples.size // HOP)
        sound = torch.from_numpy(padded(samples)[: samples_of(frames)])
        with torch.inference_mode():
            return np.asarray(self.network.quantized(sound[None])[1][0], dtype=np.int64)

    def decoded(self, codes: Codes) -> Floats:
        """Compressed energies; none is below zero."""
        with torch.inference_mode():
            bits = self.network.quantizer.indices_to_codes(torch.from_numpy(codes)[None])
            standard = self.network.standardised(bits)[0]
            energy = standard * self.network.deviation + self.network.mean
            return np.asarray(energy.clamp(min=0.0), dtype=np.float32)

    def forget(self, seed: int) -> None:
        """Draw all weights anew; what it knows of mean and deviation of its input stays."""
        with reproducible(seed):
            for module in self.network.modules():
                if isinstance(module, nn.Conv1d):
                    module.reset_parameters()
