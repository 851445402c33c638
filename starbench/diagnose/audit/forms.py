"""The forms in which a clip exists on its way into a model: as it is sent, as the model's front end has it."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from threading import Lock

import numpy as np

from starbench.audio import Audio, decode, quantise, resample, transform
from starbench.errors import InputError, NotApplicableError
from starbench.measure.log_mel import MelFrontEnd, mel_power_of_whisper, slaney_filters, whisper_log_mel
from starbench.models.adapter import Model
from starbench.models.delivery import left_of
from starbench.schema.audit import Basis
from starbench.text import suggestion

SENT, DELIVERED = "sent", "delivered"
_PEAK = 0.99
_WHISPER_HZ = 16_000

Delivery = Callable[[Audio], Audio]


@dataclass(frozen=True)
class FormOfSound:
    """A form, how it is known, and what makes it of a clip that is sent."""

    name: str
    basis: Basis
    make: Delivery


def forms_of(model: Model, loaders: tuple[str, ...] = ()) -> tuple[FormOfSound, ...]:
    """What leaves for a model; what its front end keeps, as far as that is known; what named loaders would keep.

    Where nothing is known of the front end, all loaders are shown. Raises :class:`InputError` for an unknown loader.
    """
    known = loaders_known()
    for name in loaders:
        if name not in known:
            raise InputError(f"--loader {name!r}: there is no such loader: {suggestion(name, known)}")
    sent = FormOfSound(SENT, "sent", lambda audio: audio)
    front_end = _front_end(model)
    shown = loaders or (() if front_end else tuple(known))
    assumed = [FormOfSound(name, "assumed", known[name]) for name in shown]
    return (sent, *([front_end] if front_end else []), *assumed)


def _front_end(model: Model) -> FormOfSound | None:
    """What the model's own front end keeps: its adapter says it, or it follows from what that declares."""
    method = model.declared("delivered")
    if callable(method):
        return FormOfSound(DELIVERED, "adapter", partial(_asked, model, method, Lock()))
    capabilities = model.capabilities
    if capabilities.front_end_hz is None and capabilities.channels_kept is None:
        return None

    def declared(audio: Audio) -> Audio:
        if capabilities.channels_kept is False:
            audio = transform(audio, "mono")
        rate = capabilities.front_end_hz
        return audio if rate is None or rate >= audio.rate else resample(audio, rate)

    return FormOfSound(DELIVERED, "declared", declared)


def _asked(model: Model, method: Delivery, lock: Lock, audio: Audio) -> Audio:
    with lock:
        try:
            return left_of(audio, method, f"model {model.spec!r}")
        except NotApplicableError as error:
            raise InputError(f"no sound leaves for the model: {model.spec} {error}") from error


def _peak_normalised(audio: Audio) -> Audio:
    peak = float(np.abs(audio.samples).max(initial=0.0))
    return audio if peak == 0 else Audio(quantise(_PEAK / peak * audio.samples), audio.rate)


def _at(rate: int, audio: Audio) -> Audio:
    return audio if audio.rate <= rate else resample(audio, rate)


def _log_mel(audio: Audio) -> Audio:
    """Mixed to mono at 16 kHz, 80 mel bands, and the sound that is left in them."""
    mono = resample(transform(audio, "mono"), _WHISPER_HZ)
    front_end = MelFrontEnd(slaney_filters())
    features = whisper_log_mel(front_end.power(mono.samples[:, 0].astype(np.float64)))
    signal = front_end.sound(mel_power_of_whisper(features), mono.pcm.shape[0])
    return Audio(quantise(np.clip(signal, -1.0, 1.0)[:, None]), _WHISPER_HZ)


def _coded(kind: str, subtype: str, rates: tuple[int, ...], level: float, audio: Audio) -> Audio:
    """Through a codec of libsndfile's and back, at a rate that it takes."""
    import soundfile

    rate = min((rate for rate in rates if rate >= audio.rate), default=max(rates))
    buffer = io.BytesIO()
    samples = resample(audio, rate).samples
    soundfile.write(buffer, samples, rate, format=kind, subtype=subtype, compression_level=level)
    return decode(buffer.getvalue(), is_material=True)


@cache
def loaders_known() -> Mapping[str, Delivery]:
    """What loaders of models commonly do to a clip; codecs as far as libsndfile has them."""
    import soundfile

    loaders: dict[str, Delivery] = {
        "mono": lambda audio: transform(audio, "mono"),
        "peak normalisation": _peak_normalised,
        "16 kHz": partial(_at, 16_000),
        "8 kHz": partial(_at, 8_000),
        "log-mel": _log_mel,
    }
    opus, mp3 = (8_000, 12_000, 16_000, 24_000, 48_000), (16_000, 22_050, 24_000, 32_000, 44_100, 48_000)
    for name, kind, subtype, rates in (
        ("Opus", "OGG", "OPUS", opus),
        ("MP3", "MP3", "MPEG_LAYER_III", mp3),
        ("Vorbis", "OGG", "VORBIS", mp3),
    ):
        if soundfile.check_format(kind, subtype):
            loaders[name] = partial(_coded, kind, subtype, rates, 0.8)
    return loaders
