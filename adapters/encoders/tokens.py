"""What a tokenizer of cochleagrams makes of a sound: the cochleagram, its codes decoded, and their bits."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from starbench.audio import Audio, resample
from starbench.diagnose.tokens.foreign import ForeignTokenizer
from starbench.diagnose.tokens.interface import LAYERS, RATE, bits_of, cochleagram_of, ears
from starbench.diagnose.tokens.opening import open_tokenizer
from starbench.models.encoder import Stage


class TokenLayers:
    """A tokenizer of ``starbench tokens train``, or a checkpoint such as WavCoch's (``tokens:FOLDER``).

    Each channel is tokenized for itself, so that differences of level between the ears can be kept.

    Parameters
    ----------
    model : str
        The folder of the tokenizer. Names on a hub are not taken.
    trust_remote_code : bool
        Execute the Python code that lies in the folder of a checkpoint. Read it first.
    random_seed : int, optional
        Random weights in place of the trained ones, by this seed.

    Raises
    ------
    InputError
        If there is no tokenizer, its code is not trusted, or a package is missing.
    """

    stages: dict[str, Stage] = {"cochleagram": "loader"}  # noqa: RUF012

    def __init__(self, model: str, trust_remote_code: bool = False, random_seed: int | None = None) -> None:
        self._model = model
        self._tokenizer = open_tokenizer(Path(model), is_trusted=trust_remote_code)
        self.note = f"{self._tokenizer.bits}-bit codes; each channel tokenized for itself, at 16 kHz"
        if isinstance(self._tokenizer, ForeignTokenizer):
            return
        if random_seed is not None:
            self._tokenizer.forget(random_seed)
        self.random_twin = lambda seed: TokenLayers(model, random_seed=seed)

    def encode(self, audio: Audio) -> dict[str, NDArray[np.float32]]:
        """Cochleagram, decoded tokens (where the tokenizer decodes any) and raw bits; channels side by side."""
        layers: dict[str, list[NDArray[np.float32]]] = {name: [] for name in LAYERS}
        for samples in ears(audio):
            codes = self._tokenizer.codes(samples)
            layers["cochleagram"].append(cochleagram_of(samples))
            if (decoded := self._tokenizer.decoded(codes)) is not None:
                layers["decoded tokens"].append(decoded)
            layers["bits"].append(bits_of(codes, self._tokenizer.bits))
        return {name: np.concatenate(found, axis=1) for name, found in layers.items() if found}

    def delivered(self, audio: Audio) -> Audio:
        """Every channel, at 16 kHz."""
        return resample(audio, RATE)
