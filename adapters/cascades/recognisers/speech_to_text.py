"""Words by a speech-to-text model of transformers (extra ``local``), such as Whisper, from a folder on this machine."""

from __future__ import annotations

from pathlib import Path
from threading import Lock

import numpy as np
import soxr

from starbench.errors import InputError
from starbench.plugins.extras import needed

from ..estimates import Samples


class SpeechToText:
    """Runs a model of class ``AutoModelForSpeechSeq2Seq`` on the mean of the channels.

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
        library = needed("transformers", "this recogniser needs transformers: pip install 'starbench[local]'")
        try:
            self._processor = library.AutoProcessor.from_pretrained(model, local_files_only=True)
            network = library.AutoModelForSpeechSeq2Seq.from_pretrained(model, local_files_only=True)
        except (OSError, ValueError, KeyError) as error:
            raise InputError(f"speech-to-text:{model} cannot be loaded: {error}") from error
        self._model = network.eval()
        self._rate = int(self._processor.feature_extractor.sampling_rate)
        self._max_tokens = max_tokens
        self._lock = Lock()

    def __call__(self, samples: Samples, rate: int) -> str:
        """Recognise one clip."""
        import torch

        wave = soxr.resample(samples.mean(axis=1), rate, self._rate).astype(np.float32)
        inputs = self._processor(wave, sampling_rate=self._rate, return_tensors="pt")
        with self._lock, torch.inference_mode():
            tokens = self._model.generate(**inputs, max_new_tokens=self._max_tokens, do_sample=False)
        return str(self._processor.batch_decode(tokens, skip_special_tokens=True)[0])
