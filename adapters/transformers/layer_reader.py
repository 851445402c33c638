"""A whole audio-language model as an encoder: its tower, its projector, and its language model where it holds sound."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from starbench.audio import Audio, resample, transform
from starbench.models.encoder import Stage
from starbench.schema import ClipPart, Prompt, TextPart

from .engine import Engine
from .loading import quiet
from .taps import modules_of, shortened, tapped

_LOADER = "input features"
#: What follows the clip. It is asked for no attribute, since layers before the answer may hold any.
_QUESTION = "What do you hear?"


class LayerReader:
    """Reads the layers of a loaded model, for one clip in a prompt."""

    note = "hears one channel; language model: at the tokens of the sound, before an open question"

    def __init__(self, engine: Engine, rate: int) -> None:
        self._engine, self._rate = engine, rate
        self.modules = modules_of(engine.model)
        self.stages: dict[str, Stage] = {_LOADER: "loader"}
        self.stages |= {name: stage for name, (_, stage) in self.modules.items()}

    def encode(self, audio: Audio) -> dict[str, NDArray[np.float32]]:
        """What enters the network, and what each layer gives."""
        import torch

        engine, encoder = self._engine, self._engine.encoder
        clip = resample(transform(audio, "mono"), self._rate)
        prompt = Prompt(parts=(ClipPart.of(lambda: clip), TextPart(text=_QUESTION)))
        with quiet(), torch.inference_mode(), tapped(self.modules) as layers:
            inputs = encoder.inputs([encoder.chat(prompt)]).to(device=engine.device, dtype=engine.model.dtype)
            engine.model(**inputs)
        is_sound = encoder.is_sound(inputs)
        entered, share = self._entered(inputs, clip)
        heard = {}
        for name, frames in layers.items():
            if self.stages[name] == "language model":
                heard[name] = frames if is_sound is None else frames[is_sound[0].cpu().numpy()]
            else:
                heard |= shortened({name: frames}, share)
        return {_LOADER: entered, **heard}

    def random_twin(self, seed: int) -> LayerReader:
        """The same network, never trained."""
        import torch

        torch.manual_seed(seed)
        model = self._engine.model
        twin = type(model)(model.config).to(self._engine.device, model.dtype).eval()
        return LayerReader(replace(self._engine, model=twin), self._rate)

    def _entered(self, inputs: Any, clip: Audio) -> tuple[NDArray[np.float32], float]:
        """What enters, shape (frames, features), without the silence that fills a window up, and the clip's share."""
        names = [name for name in inputs if name.startswith("input_") and inputs[name].is_floating_point()]
        values = inputs[names[0]][0].float().cpu().numpy()
        frames = values.reshape(-1, values.shape[-1]).T
        front_end = getattr(self._engine.encoder.processor, "feature_extractor", None)
        window = getattr(front_end, "n_samples", None)
        is_filled = window is not None and len(frames) == getattr(front_end, "nb_max_frames", None)
        share = len(clip.pcm) / window if is_filled and window else 1.0
        return shortened({_LOADER: frames}, share)[_LOADER], share
