"""WavCoch's tokenizer and AuriStream's model of its codes, or others of their kind, from a folder on this machine.

Such a checkpoint is Python code of its own. It is executed only if the user says so, each time anew, and never from
the hub: what is trusted is a folder that can be read beforehand. Its weights must be safetensors.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from starbench.diagnose.tokens.interface import HOP, Codes, Floats
from starbench.errors import InputError, PluginError, StarbenchError
from starbench.plugins import registry
from starbench.storage.inputs import read_json

#: Codes of a checkpoint whose configuration does not say how many there are: as many as WavCoch has.
_USUAL_SIZE = 8192


class _Foreign:
    """A checkpoint, and how many codes it knows."""

    def __init__(self, folder: Path, *, is_trusted: bool) -> None:
        self._folder = folder
        self._model, self.size = _load(folder, is_trusted=is_trusted)
        self.bits = (self.size - 1).bit_length()
        self.parameters: int = sum(one.numel() for one in self._model.parameters())


class ForeignTokenizer(_Foreign):
    """A checkpoint that gives ``input_ids`` for a waveform of shape (1, 1, n), and may have ``decode(ids)``."""

    def codes(self, samples: Floats) -> Codes:
        """What it makes of a mono sound at 16 kHz."""
        import torch

        with _its_errors(self._folder), torch.inference_mode():
            given = self._model(torch.from_numpy(samples)[None, None])
            codes = np.asarray(given["input_ids"], dtype=np.int64).reshape(-1)
        if not codes.size or codes.min() < 0 or codes.max() >= self.size:
            raise PluginError(f"{self._folder}: input_ids are not numbers from 0 to {self.size - 1}")
        return codes

    def decoded(self, codes: Codes) -> Floats | None:
        """Its cochleagram, (frames, bands); None if it has no ``decode``, or that gives no frame for each code."""
        import torch

        if not hasattr(self._model, "decode"):
            return None
        with _its_errors(self._folder), torch.inference_mode():
            given = np.asarray(self._model.decode(torch.from_numpy(codes)[None]), dtype=np.float32)
        array = given.reshape(*given.shape[-2:])
        if array.shape[0] != codes.size:
            array = array.T
        return np.ascontiguousarray(array) if array.shape[0] == codes.size else None

    @property
    def codes_per_second(self) -> float:
        """As its configuration says, or WavCoch's 200."""
        hop = getattr(self._model.config, "hop_length", HOP)
        return 16_000 / hop


class ForeignNextCodeModel(_Foreign):
    """A checkpoint that gives ``logits`` of shape (1, n, codes) for codes of shape (1, n)."""

    def log_probabilities(self, codes: Codes) -> NDArray[np.float64]:
        """Natural logarithm of the probability of each code but the first."""
        import torch

        with _its_errors(self._folder), torch.inference_mode():
            logits = self._model(torch.from_numpy(codes)[None, :-1])["logits"]
            if isinstance(logits, list | tuple):  # of several codes ahead, the first
                logits = logits[0]
            right = torch.from_numpy(codes[1:])[:, None]
            return np.asarray(logits[0].double().log_softmax(-1).gather(1, right)[:, 0])


def has_own_code(folder: Path) -> bool:
    """Whether a folder holds a checkpoint of transformers that comes with Python code."""
    path = folder / "config.json"
    return path.is_file() and bool(_configuration(path).get("auto_map"))


def _configuration(path: Path) -> dict[str, Any]:
    read = read_json(path)
    return read if isinstance(read, dict) else {}


def _load(folder: Path, *, is_trusted: bool) -> tuple[Any, int]:
    """The model, and how many codes there are."""
    if not folder.is_dir():
        raise InputError(f"there is no folder {folder}: download the checkpoint, and read its code, first")
    if not is_trusted:
        raise InputError(
            f"{folder} can be loaded only by Python code of its own, which starbench does not execute: read that "
            "code, and if you trust it, give --trust-remote-code"
        )
    configuration = _configuration(folder / "config.json")
    elsewhere = [name for name in _classes(configuration.get("auto_map") or {}) if "--" in name]
    if elsewhere:
        raise InputError(
            f"{folder / 'config.json'} names code that is not in the folder ({elsewhere[0]}): download that code into "
            "it, and write auto_map without the part before --"
        )
    try:
        from transformers import AutoModel, BatchEncoding, tokenization_utils
    except ImportError as error:
        raise InputError("such a checkpoint needs transformers: pip install 'starbench[local]'") from error

    # WavCoch's code imports it from where transformers 4 has it.
    if not hasattr(tokenization_utils, "BatchEncoding"):
        tokenization_utils.BatchEncoding = BatchEncoding
    with _its_errors(folder):
        model, report = AutoModel.from_pretrained(
            str(folder.resolve()),
            trust_remote_code=True,
            local_files_only=True,
            use_safetensors=True,
            output_loading_info=True,
        )
        if report["missing_keys"]:  # which would be random numbers
            raise InputError(
                f"{folder} lacks {len(report['missing_keys'])} of its weights: download it again"
            )
    return model.eval(), int(configuration.get("vocab_size") or _USUAL_SIZE)


def _classes(auto_map: dict[str, Any]) -> Iterator[str]:
    for value in auto_map.values():
        yield from (str(one) for one in (value if isinstance(value, list) else [value]))


@contextmanager
def _its_errors(folder: Path) -> Iterator[None]:
    """Whatever the checkpoint's code ends in, as one sentence."""
    with registry.plugin_errors(
        lambda error: f"the code of {folder} failed: {type(error).__name__}: {error}", StarbenchError
    ):
        yield
