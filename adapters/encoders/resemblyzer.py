"""The speaker encoder of Resemblyzer (GE2E, Wan et al. 2018): the weights of the package Resemblyzer."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from starbench.audio import Audio
from starbench.measure.log_mel import MelFrontEnd, slaney_filters
from starbench.models.encoder import Stage

from .packaged import as_audio, mono, torch_module, weights_path

_MELS, _HIDDEN, _LAYERS = 40, 256, 3
_LOADER = "mel"


class Resemblyzer:
    """Three LSTMs of 256 over a mel spectrogram (power, not its logarithm).

    Parameters
    ----------
    random_seed : int, optional
        Random weights in place of the trained ones, by this seed.

    Raises
    ------
    InputError
        If torch or the package Resemblyzer is missing.
    """

    stages: dict[str, Stage] = {_LOADER: "loader"}  # noqa: RUF012
    note = (
        "trained to tell speakers; hears one channel at 16 kHz, here without its cutting of pauses and its raising "
        "of soft clips to −30 dBFS"
    )

    def __init__(self, random_seed: int | None = None) -> None:
        torch = torch_module()
        if random_seed is not None:
            torch.manual_seed(random_seed)
        sizes = (_MELS, *[_HIDDEN] * _LAYERS)
        self._lstms = [
            torch.nn.LSTM(inputs, outputs, batch_first=True) for inputs, outputs in pairwise(sizes)
        ]
        self._front_end = MelFrontEnd(slaney_filters(_MELS), padding="constant")
        if random_seed is None:
            path = weights_path("resemblyzer", "Resemblyzer", "pretrained.pt")
            state = torch.load(path, map_location="cpu", weights_only=True)["model_state"]
            for number, lstm in enumerate(self._lstms):
                names = [name.removesuffix("_l0") for name in lstm.state_dict()]
                lstm.load_state_dict({f"{name}_l0": state[f"lstm.{name}_l{number}"] for name in names})

    def encode(self, audio: Audio) -> dict[str, NDArray[np.float32]]:
        """The mel spectrogram and the outputs of the three LSTMs."""
        torch = torch_module()
        mel = self._front_end.power(mono(audio).astype(np.float64))
        layers = {_LOADER: np.ascontiguousarray(mel.T, np.float32)}
        with torch.inference_mode():
            x = torch.from_numpy(layers[_LOADER])[None]
            for number, lstm in enumerate(self._lstms, 1):
                x, _ = lstm(x)
                layers[f"lstm{number}"] = x[0].numpy()
        return layers

    def delivered(self, audio: Audio) -> Audio:
        """One channel at 16 kHz."""
        return as_audio(mono(audio))

    def random_twin(self, seed: int) -> Resemblyzer:
        """The same network, never trained."""
        return Resemblyzer(random_seed=seed)
