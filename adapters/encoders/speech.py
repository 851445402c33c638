"""Any speech model or audio tower of transformers, by the path of a checkpoint or its name on the hub."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from starbench.audio import Audio, resample
from starbench.errors import InputError
from starbench.models.encoder import Stage

from ..transformers.loading import as_input_error, library, pick_device, quiet
from ..transformers.taps import modules_of, shortened, tapped
from .packaged import as_audio

_LOADER = "input"


class Speech:
    """Whisper, HuBERT, WavLM, an audio tower …: the output of each block of its encoder (``speech:MODEL``).

    Only classes of the library and weights in safetensors are loaded; code of the checkpoint is never executed.

    Parameters
    ----------
    model : str
        A directory with a checkpoint, or a name on the hub (``openai/whisper-tiny``).
    device : str
        Where to compute, as torch names it; ``auto`` is the GPU if there is one, else the CPU.
    revision : str, optional
        Branch, tag or commit on the hub.
    random_seed : int, optional
        Random weights in place of the trained ones, by this seed.

    Raises
    ------
    InputError
        If there is no such checkpoint, it takes no sound, or a package is missing.
    """

    note = "hears one channel; frames as long as the clip"

    def __init__(
        self, model: str, device: str = "auto", revision: str | None = None, random_seed: int | None = None
    ) -> None:
        transformers = library()
        import torch

        self._arguments, self._device = (model, device, revision), pick_device(device)
        options = {"revision": revision, "trust_remote_code": False}
        with quiet(), as_input_error(model, revision):
            self._front_end = transformers.AutoFeatureExtractor.from_pretrained(model, **options)
            if random_seed is None:
                net, report = transformers.AutoModel.from_pretrained(
                    model, use_safetensors=True, output_loading_info=True, **options
                )
                _check_complete(model, report["missing_keys"])
            else:
                torch.manual_seed(random_seed)
                config = transformers.AutoConfig.from_pretrained(model, **options)
                net = transformers.AutoModel.from_config(config, trust_remote_code=False)
        rate = getattr(self._front_end, "sampling_rate", None)
        if not isinstance(rate, int):
            raise InputError(f"model {model!r} takes no sound: name a speech model or an audio tower")
        self._rate = rate
        # Of a model that writes, only the part that hears.
        self._net = net.to(self._device).eval()
        self._encoder = self._net.get_encoder() if net.config.is_encoder_decoder else self._net
        self._modules = {name: one for name, one in modules_of(self._encoder).items() if one[1] == "encoder"}
        self.stages: dict[str, Stage] = {_LOADER: "loader"}

    def encode(self, audio: Audio) -> dict[str, NDArray[np.float32]]:
        """What enters the network, and the output of each block of its encoder."""
        import torch

        samples = resample(audio, self._rate).samples.mean(axis=1)
        inputs = self._front_end(samples, sampling_rate=self._rate, return_tensors="pt")
        name = self._net.main_input_name if self._net.main_input_name in inputs else next(iter(inputs))
        values = inputs[name]
        with torch.inference_mode(), tapped(self._modules) as layers:
            self._encoder(values.to(self._device, self._net.dtype))
        entered = values[0].float().numpy()
        entered = entered.T if entered.ndim == 2 else entered[:, None]
        window = getattr(self._front_end, "n_samples", None) if entered.shape[1] > 1 else None
        return shortened({_LOADER: entered, **layers}, len(samples) / window if window else 1.0)

    def delivered(self, audio: Audio) -> Audio:
        """One channel; at 16 kHz, whatever the network's rate is."""
        return as_audio(resample(audio, 16_000).samples.mean(axis=1))

    def random_twin(self, seed: int) -> Speech:
        """The same network, never trained."""
        return Speech(*self._arguments, random_seed=seed)


def _check_complete(model: str, missing: set[str]) -> None:
    """Refuse a checkpoint without some of its weights, which the library would fill with random numbers."""
    if missing := {name for name in missing if "masked_spec_embed" not in name}:  # used in training alone
        raise InputError(
            f"checkpoint {model!r} lacks {len(missing)} of the weights of an encoder, such as {min(missing)}"
        )
