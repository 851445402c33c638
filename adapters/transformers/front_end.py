"""What a checkpoint's front end keeps of a clip, as sound: its own features, turned back into samples."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from starbench.audio import Audio, quantise, resample, transform
from starbench.measure.log_mel import MelFrontEnd, mel_power_of_whisper

#: Samples that a front end normalises to unit variance are written at this level, re full scale.
_UNIT = 0.05


def delivery_of(processor: Any, rate: int) -> Callable[[Audio], Audio] | None:
    """What makes the sound that is left of a clip; None for a front end of another kind than these.

    Log-mel features of Whisper's kind, and samples as wav2vec's front end normalises them.
    """
    extractor = getattr(processor, "feature_extractor", None)
    name = type(extractor).__name__
    if name.startswith("WhisperFeatureExtractor"):
        return partial(_from_log_mel, extractor, rate)
    if name.startswith("Wav2Vec2FeatureExtractor"):
        return partial(_from_samples, extractor, rate)
    return None


def _mono(audio: Audio, rate: int) -> np.ndarray[Any, np.dtype[np.float32]]:
    return resample(audio if audio.channels == 1 else transform(audio, "mono"), rate).samples[:, 0]


def _from_log_mel(extractor: Any, rate: int, audio: Audio) -> Audio:
    front_end = MelFrontEnd(
        np.asarray(extractor.mel_filters, dtype=np.float64), rate, extractor.n_fft, extractor.hop_length
    )
    mono = _mono(audio, rate)
    pieces = []
    # It reads a window of some seconds at a time, and limits the range of each.
    for start in range(0, mono.size, extractor.n_samples):
        piece = mono[start : start + extractor.n_samples]
        features = extractor(piece, sampling_rate=rate, return_tensors="np")["input_features"][0]
        n_frames = -(-piece.size // front_end.hop) + 1
        power = mel_power_of_whisper(np.asarray(features[:, :n_frames], dtype=np.float64))
        pieces.append(front_end.sound(power, piece.size))
    return Audio(quantise(np.clip(np.concatenate(pieces), -1.0, 1.0)[:, None]), rate)


def _from_samples(extractor: Any, rate: int, audio: Audio) -> Audio:
    values = extractor(_mono(audio, rate), sampling_rate=rate, return_tensors="np")["input_values"][0]
    scale = _UNIT if extractor.do_normalize else 1.0
    return Audio(quantise(np.clip(scale * np.asarray(values, np.float64), -1.0, 1.0)[:, None]), rate)
