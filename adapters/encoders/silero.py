"""Silero's detector of speech: the weights of the package silero-vad, run by onnxruntime."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from starbench.audio import Audio
from starbench.models.encoder import Stage

from .onnx_graph import open_session
from .packaged import as_audio, mono, weights_path

#: New samples in a frame, and those of the frame before that stand in front of it.
_FRAME, _CONTEXT = 512, 64
#: Layer -> tensor of the graph, of shape (frames, channels, times within a frame).
_WITHIN_FRAMES = {
    "magnitudes": "/stft/Sqrt_output_0",
    **{f"conv{n + 1}": f"/Relu{f'_{n}' if n else ''}_output_0" for n in range(4)},
}
_LSTM = "/recurrent/LSTM_output_0"


class Silero:
    """Four convolutions and an LSTM over short-time magnitudes.

    Parameters
    ----------
    shuffle_seed : int, optional
        Shuffle the numbers of each matrix of weights by this seed.

    Raises
    ------
    InputError
        If onnxruntime or the package silero-vad is missing.
    """

    stages: dict[str, Stage] = {"magnitudes": "loader"}  # noqa: RUF012
    note = "trained to detect speech; hears one channel at 16 kHz"

    def __init__(self, shuffle_seed: int | None = None) -> None:
        path = weights_path("silero_vad", "silero-vad", "data", "silero_vad_16k_sequence.onnx")
        self._session = open_session(path, [*_WITHIN_FRAMES.values(), _LSTM], shuffle_seed)

    def encode(self, audio: Audio) -> dict[str, NDArray[np.float32]]:
        """The magnitudes, the outputs of the convolutions, and that of the LSTM."""
        samples = mono(audio)
        frames = np.pad(samples, (0, -len(samples) % _FRAME)).reshape(-1, _FRAME)
        before = np.concatenate([np.zeros((1, _CONTEXT), np.float32), frames[:-1, -_CONTEXT:]])
        inputs = {one.name: one for one in self._session.get_inputs()}
        values = {
            name: np.zeros([size if isinstance(size, int) else 1 for size in one.shape], np.float32)
            for name, one in inputs.items()
        }
        values[next(iter(inputs))] = np.concatenate([before, frames], axis=1)
        *within, lstm = self._session.run([*_WITHIN_FRAMES.values(), _LSTM], values)
        layers = {
            name: tensor.transpose(0, 2, 1).reshape(-1, tensor.shape[1])
            for name, tensor in zip(_WITHIN_FRAMES, within, strict=True)
        }
        return layers | {"lstm": lstm.reshape(len(frames), -1)}

    def delivered(self, audio: Audio) -> Audio:
        """One channel at 16 kHz."""
        return as_audio(mono(audio))

    def random_twin(self, seed: int) -> Silero:
        """The same network with shuffled weights."""
        return Silero(shuffle_seed=seed)
