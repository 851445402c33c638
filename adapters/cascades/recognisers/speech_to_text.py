"""Words by a speech-to-text model of transformers (extra ``local``), such as Whisper, from a folder on this machine."""

from __future__ import annotations

from pathlib import Path
from threading import Lock

import numpy as np
import soxr

from starbench.errors import InputError

from ...transformers.loading import as_input_error, library, quiet
from ..estimates import Samples


class SpeechToText:
    """Runs a model of class ``AutoModelForSpeechSeq2Seq`` on the mean of the channels.

    Only classes of the library and weights in safetensors are loaded; code of the checkpoint is never executed.

    Parameters
    ----------
    model : str
        The folder, with its weights, feature extractor and tokenizer; nothing is downloaded.
    max_tokens : int
        The longest text, tokens.

    Raises
    ------
    InputError
        If transformers is missing, or the folder holds no such model.
    """

    def __init__(self, model: str, max_tokens: int = 200) -> None:
        if not Path(model).is_dir():
            raise InputError(f"speech-to-text:{model}: there is no such folder")
        transformers, options = library(), {"local_files_only": True, "trust_remote_code": False}
        with quiet(), as_input_error(model, None):
            self._processor = transformers.AutoProcessor.from_pretrained(model, **options)
            self._model = transformers.AutoModelForSpeechSeq2Seq.from_pretrained(
                model, use_safetensors=True, **options
            ).eval()
        self._rate = int(self._processor.feature_extractor.sampling_rate)
        self._max_tokens = max_tokens
        self._lock = Lock()

    def __call__(self, samples: Samples, rate: int) -> str:
        """Recognise one clip."""
        import torch

        wave = soxr.resample(samples.mean(axis=1), rate, self._rate).astype(np.float32)
        inputs = self._processor(wave, sampling_rate=self._rate, return_tensors="pt")
        with self._lock, quiet(), torch.inference_mode():
            tokens = self._model.generate(**inputs, max_new_tokens=self._max_tokens, do_sample=False)
        return str(self._processor.batch_decode(tokens, skip_special_tokens=True)[0])
