"""PocketSphinx (extra ``cascades``): words or phones of American English, with the models that its package holds."""

from __future__ import annotations

from threading import Lock
from typing import Any, Literal

import numpy as np
import soxr

from starbench.plugins.extras import needed

from ..estimates import Samples

_RATE_HZ = 16_000
#: What the decoder writes for what is no speech.
_NO_PHONES = frozenset({"SIL", "+NSN+", "+SPN+", "NSN", "SPN"})
#: ARPAbet, as the package's models have it, in IPA.
IPA = {
    "AA": "ɑ", "AE": "æ", "AH": "ʌ", "AO": "ɔ", "AW": "aʊ", "AY": "aɪ", "B": "b", "CH": "tʃ", "D": "d", "DH": "ð",
    "EH": "ɛ", "ER": "ɝ", "EY": "eɪ", "F": "f", "G": "ɡ", "HH": "h", "IH": "ɪ", "IY": "i", "JH": "dʒ", "K": "k",
    "L": "l", "M": "m", "N": "n", "NG": "ŋ", "OW": "oʊ", "OY": "ɔɪ", "P": "p", "R": "ɹ", "S": "s", "SH": "ʃ",
    "T": "t", "TH": "θ", "UH": "ʊ", "UW": "u", "V": "v", "W": "w", "Y": "j", "Z": "z", "ZH": "ʒ",
}  # fmt: skip


class PocketSphinx:
    """Recognises American English in the mean of the channels.

    Parameters
    ----------
    model : {"words", "phones"}
        What the text is made of; phones are written in IPA, with blanks between them.

    Raises
    ------
    InputError
        If pocketsphinx is missing.
    """

    def __init__(self, model: Literal["words", "phones"] = "words") -> None:
        pocketsphinx = needed(
            "pocketsphinx", "this recogniser needs pocketsphinx: pip install 'starbench[cascades]'"
        )
        self.unit: str = model
        options: dict[str, Any] = {"samprate": _RATE_HZ, "loglevel": "FATAL"}
        if model == "phones":
            options |= {"allphone": pocketsphinx.get_model_path("en-us/en-us-phone.lm.bin"), "lm": None,
                        "lw": 2.0, "beam": 1e-20, "pbeam": 1e-20}  # fmt: skip
        self._decoder = pocketsphinx.Decoder(**options)
        self._lock = Lock()  # a decoder has one utterance at a time

    def __call__(self, samples: Samples, rate: int) -> str:
        """Recognise one clip."""
        wave = soxr.resample(samples.mean(axis=1), rate, _RATE_HZ)
        pcm = np.clip(np.rint(wave * 32767), -32768, 32767).astype("<i2").tobytes()
        with self._lock:
            self._decoder.start_utt()
            self._decoder.process_raw(pcm, full_utt=True)
            self._decoder.end_utt()
            if self.unit == "phones":
                segments = [segment.word for segment in self._decoder.seg() or ()]
                return " ".join(IPA[phone] for phone in segments if phone not in _NO_PHONES)
            hypothesis = self._decoder.hyp()
        return hypothesis.hypstr if hypothesis is not None else ""
