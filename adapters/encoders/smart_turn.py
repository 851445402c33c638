"""The encoder of Whisper-Tiny in the package pipecat-ai, which was trained on to find where a speaker's turn ends."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from starbench.audio import Audio
from starbench.measure.log_mel import MelFrontEnd, slaney_filters, whisper_log_mel
from starbench.models.encoder import Stage

from .onnx_graph import open_session
from .packaged import RATE_HZ, as_audio, mono, weights_path

_SAMPLES = 8 * RATE_HZ
_LOADER = "log-mel"
#: Inputs of the two halves of the four blocks, and the last normalisation.
_LAYERS = {f"layer_norm{number}": f"layer_norm{f'_{number}' if number else ''}" for number in range(9)}


class SmartTurn:
    """Four transformer blocks over the log-mel spectrogram of the last 8 s, of which the clip is the end.

    Parameters
    ----------
    shuffle_seed : int, optional
        Shuffle the numbers of each matrix of weights by this seed.

    Raises
    ------
    InputError
        If onnxruntime or the package pipecat-ai is missing.
    """

    stages: dict[str, Stage] = {_LOADER: "loader"}  # noqa: RUF012
    note = "Whisper-Tiny's encoder, fine-tuned for turn ends, int8; the sound is standardised, one channel at 16 kHz"

    def __init__(self, shuffle_seed: int | None = None) -> None:
        parts = ("audio", "turn", "smart_turn", "data", "smart-turn-v3.2-cpu.onnx")
        path = weights_path("pipecat", "pipecat-ai", *parts)
        self._session = open_session(path, list(_LAYERS.values()), shuffle_seed)
        self._front_end = MelFrontEnd(slaney_filters())

    def encode(self, audio: Audio) -> dict[str, NDArray[np.float32]]:
        """The log-mel spectrogram and the normalised inputs of each block, as long as the clip."""
        samples = _standardised(mono(audio))
        mel = self._front_end.power(samples.astype(np.float64))[:, :-1]
        log_mel = whisper_log_mel(mel).astype(np.float32)
        outputs = self._session.run(list(_LAYERS.values()), {"input_features": log_mel[None]})
        share = min(audio.seconds * RATE_HZ / _SAMPLES, 1.0)
        layers = {_LOADER: log_mel.T} | {
            name: output[0] for name, output in zip(_LAYERS, outputs, strict=True)
        }
        return {name: frames[-max(round(share * len(frames)), 1) :] for name, frames in layers.items()}

    def delivered(self, audio: Audio) -> Audio:
        """The standardised sound, one channel at 16 kHz."""
        samples = mono(audio)
        return as_audio(_standardised(samples)[-len(samples) :], float(np.sqrt(_SAMPLES)) / 4.0)

    def random_twin(self, seed: int) -> SmartTurn:
        """The same network with shuffled weights."""
        return SmartTurn(shuffle_seed=seed)


def _standardised(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """The last 8 s, with silence in front of what is shorter, at mean 0 and variance 1."""
    last = np.pad(samples[-_SAMPLES:], (max(_SAMPLES - len(samples), 0), 0))
    return np.asarray((last - last.mean()) / np.sqrt(last.var() + 1e-7), np.float32)
