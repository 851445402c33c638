"""Phones by POWSM, from ESPnet's files in a folder on this machine (weights CC-BY-4.0, by its authors)."""

from __future__ import annotations

import re
from pathlib import Path
from threading import Lock

import numpy as np
import soxr

from starbench.errors import InputError, NotApplicableError
from starbench.plugins.consent import ask_consent
from starbench.plugins.extras import needed

from ..estimates import Samples

_RATE_HZ, _WINDOW_S = 16_000, 20.0
#: Phones stand between slashes among its tokens.
_PHONE = re.compile(r"/([^/\s]+)/")


class Powsm:
    """Recognises phones of any language in the mean of the channels; up to 20 s.

    Parameters
    ----------
    model : str
        The folder, with ``config.yaml``, ``*.pth`` and ``bpe.model`` of ESPnet's release.
    language : str
        The token of the language, ``<unk>`` where it is not known.

    Raises
    ------
    InputError
        If ESPnet is missing, or the folder lacks a file.
    """

    unit = "phones"

    def __init__(self, model: str, language: str = "<unk>") -> None:
        ask_consent(f"what comes with {model}")
        folder = Path(model)
        files = {
            name: next(folder.rglob(pattern), None) if folder.is_dir() else None
            for name, pattern in (("s2t_train_config", "config.yaml"), ("s2t_model_file", "*.pth"))
        }
        if missing := [name for name, file in files.items() if file is None]:
            raise InputError(f"powsm:{model} lacks the file that ESPnet calls {missing[0]}")
        espnet = needed("espnet2.bin.s2t_inference", "powsm needs ESPnet: pip install espnet")
        self._model = espnet.Speech2Text(
            **{name: str(file) for name, file in files.items()},
            lang_sym=language, task_sym="<pr>", beam_size=1, predict_time=False,
        )  # fmt: skip
        self._lock = Lock()

    def __call__(self, samples: Samples, rate: int) -> str:
        """Recognise one clip."""
        if samples.shape[0] > _WINDOW_S * rate:
            raise NotApplicableError(f"POWSM takes up to {_WINDOW_S:g} s, and the clip is longer")
        wave = soxr.resample(samples.mean(axis=1), rate, _RATE_HZ)
        wave = np.pad(wave, (0, max(0, round(_WINDOW_S * _RATE_HZ) - wave.size)))
        with self._lock:
            text = self._model(wave.astype(np.float32))[0][0]
        return " ".join(_PHONE.findall(str(text)))
