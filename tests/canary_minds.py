"""Who replies in the servers of the canary's tests: listeners, text models, and others in between.

None of them knows the canary's questions, except for the text model, which must be able to answer something.
"""

from __future__ import annotations

import base64
import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from starbench.canary.stimuli.probes import CONTROLS

Samples = NDArray[np.float64]


@dataclass(frozen=True)
class Heard:
    """What reaches the one who replies: the text, and clips of shape (n, channels) with their rate, Hz."""

    text: str
    clips: tuple[tuple[Samples, int], ...]
    files: tuple[bytes, ...] = ()
    """The clips as they were sent: only who drops them has nothing else."""

    @property
    def options(self) -> dict[str, str]:
        return dict(re.findall(r"^<([A-Z])>: (.+)$", self.text, re.MULTILINE))

    def digest(self, salt: int = 0, *, with_text: bool = True) -> int:
        found = sha256(self.text.encode() if with_text else b"")
        found.update(b"%d" % salt)
        for samples, rate in self.clips:
            found.update(f"{rate}/{samples.shape}".encode() + np.rint(samples).astype("<i4").tobytes())
        return int.from_bytes(found.digest()[:8])


Mind = Callable[[Heard, random.Random], str]


def hashes(salt: int = 0) -> Mind:
    """Whatever arrives decides, down to the last sample."""

    def reply(heard: Heard, _: random.Random) -> str:
        if heard.options:
            return f"<{sorted(heard.options)[heard.digest(salt) % len(heard.options)]}>"
        return f"The recording holds a pattern that I would call {heard.digest(salt):016x}."

    return reply


def hash_letters(salt: int = 0) -> Mind:
    """A letter, even where none was asked for."""

    def reply(heard: Heard, _: random.Random) -> str:
        letters = sorted(heard.options) or ["A", "B", "C", "D"]
        return letters[heard.digest(salt) % len(letters)]

    return reply


_SENTENCES = (
    "A dog barks twice.",
    "Somebody hums a low note.",
    "Rain on a roof, and a distant car.",
    "A phone rings.",
    "Two people whisper.",
    "An engine idles.",
    "Steps on gravel.",
    "A choir, far away.",
)


def hash_sentences(salt: int = 0) -> Mind:
    """One of a few sentences, or a letter."""

    def reply(heard: Heard, _: random.Random) -> str:
        if heard.options:
            return f"I choose <{sorted(heard.options)[heard.digest(salt) % len(heard.options)]}>."
        return _SENTENCES[heard.digest(salt, with_text=False) % len(_SENTENCES)]

    return reply


def _dominant(x: Samples, rate: int) -> int:
    spectrum = np.abs(np.fft.rfft(x))
    return round(float(np.argmax(spectrum)) * rate / len(x))


def _level(x: Samples) -> int:
    return round(float(20 * np.log10(np.sqrt(np.mean(x**2)) / 32768 + 1e-6)))


def listener(heard: Heard, _: random.Random) -> str:
    """Measures what it hears: frequency and level for each ear; which tone is higher, which side."""
    if not heard.clips:
        return "<A>" if heard.options else "I would need a recording to describe."
    samples, rate = heard.clips[0]
    half = len(samples) // 2
    if "higher in pitch" in heard.text:
        rises = _dominant(samples[half:, 0], rate) > _dominant(samples[:half, 0], rate)
        return next(f"<{k}>" for k, text in heard.options.items() if ("second" in text) == rises)
    if "which side" in heard.text:
        left, right = samples[:, 0], samples[:, -1]
        side = "left" if np.sum(left**2) >= np.sum(right**2) else "right"
        return next(f"<{k}>" for k, text in heard.options.items() if side in text)
    ears = [f"{_dominant(x, rate)} Hz at {_level(x)} dB" for x in samples.T]
    parts = [f"{_level(part):d}" for part in np.array_split(samples.mean(axis=1), 8)]
    return f"I hear {' and '.join(ears)}; it goes {', '.join(parts)}."


def binaural(heard: Heard, chance: random.Random) -> str:
    """A listener who compares the ears: where in each noise their phases are the other way round."""
    if "faint tone" not in heard.text or not heard.clips or heard.clips[0][0].shape[1] < 2:
        return listener(heard, chance)
    samples, rate = heard.clips[0]
    first, second = (odd_band_hz(half, rate) for half in np.array_split(samples, 2))
    return next(f"<{k}>" for k, text in heard.options.items() if ("second" in text) == (second > first))


def odd_band_hz(noise: Samples, rate: int) -> float:
    """Where between 300 and 950 Hz the cross-spectrum of two ears is least as it is elsewhere."""
    left, right = np.fft.rfft(noise, axis=0).T
    frequency, sides = np.fft.rfftfreq(len(noise), 1 / rate), (left * np.conj(right)).imag
    sides *= np.sign(sides[(frequency > 300) & (frequency < 950)].sum())
    middles = np.geomspace(330, 900, 60)
    return float(min(middles, key=lambda hz: sides[np.abs(frequency - hz) < 0.06 * hz].mean()))


def binaural_power(heard: Heard, chance: random.Random) -> str:
    """Hears with both ears, and describes as if it never distinguished them."""
    return binaural(heard, chance) if heard.options else power(heard, chance)


def constant(text: str) -> Mind:
    return lambda heard, chance: text


def by_text(heard: Heard, _: random.Random) -> str:
    """A letter that hangs on the words alone."""
    letters = sorted(heard.options) or ["A", "B", "C", "D"]
    return f"<{letters[sha256(heard.text.encode()).digest()[0] % len(letters)]}>"


def tossed(heard: Heard, chance: random.Random) -> str:
    """A letter by chance, or one of a few sentences."""
    return f"<{chance.choice(sorted(heard.options))}>" if heard.options else chance.choice(_SENTENCES)


def text_model(heard: Heard, _: random.Random) -> str:
    """Answers what words can answer, makes up the rest."""
    for question, letter in CONTROLS:
        if question.text in heard.text:
            return f"The answer is <{letter}>."
    return by_text(heard, _) if heard.options else "A calm melody is played on a piano, in both ears."


def by_bytes(heard: Heard, _: random.Random) -> str:
    """Text that hangs on the bytes of the request, as a cache's or a seed's does; never on the sound."""
    for question, letter in CONTROLS:
        if question.text in heard.text:
            return f"<{letter}>"
    luck = random.Random(sha256(heard.text.encode() + b"".join(heard.files)).digest())
    return tossed(heard, luck) if heard.options else f"{luck.choice(_SENTENCES)} {luck.choice(_SENTENCES)}"


def reads_base64(heard: Heard, chance: random.Random) -> str:
    """Sees the beginning of the file as text."""
    if not heard.files or heard.options:
        return text_model(heard, chance)
    seen = base64.b64encode(heard.files[0]).decode()[:2000]
    return f"This is base64, beginning {seen[:12]}, with {seen.count('A')} times the letter A."


def transcriber(heard: Heard, chance: random.Random) -> str:
    """Writes down speech, and answers what words can answer."""
    return text_model(heard, chance) if "No sound is needed" in heard.text else "(no speech)"


def by_presence(heard: Heard, chance: random.Random) -> str:
    """One reply to every sound, another to none; answers what words can answer."""
    if heard.options or not heard.clips:
        return text_model(heard, chance)
    return "A short synthetic sound is heard."


def denying(mind: Mind, share: float) -> Mind:
    """Mostly says that it hears nothing."""

    def reply(heard: Heard, chance: random.Random) -> str:
        return "I'm sorry, I can't hear any audio." if chance.random() < share else mind(heard, chance)

    return reply


def weak(heard: Heard, chance: random.Random) -> str:
    """Half of the time hears what it guesses at else; answers what words can answer."""
    if not heard.clips or "No sound is needed" in heard.text:
        return text_model(heard, chance) if heard.options else f"Perhaps {chance.choice(_GUESSES)}."
    if "higher in pitch" in heard.text and chance.random() < 0.4:
        return listener(heard, chance)
    if heard.options:
        return tossed(heard, chance)
    samples, rate = heard.clips[0]
    hz = _dominant(samples[:, 0], rate)
    named = "a low hum" if hz < 250 else "high beeps" if 2000 < hz < 3000 else "a sweep"
    return f"Perhaps {named if chance.random() < 0.6 else chance.choice(_GUESSES)}."


_GUESSES = ("a low hum", "high beeps", "noise", "clicks", "a sweep", "two notes", "a bell", "a voice")


def power(heard: Heard, _: random.Random) -> str:
    """Hears with both ears, and never tells which: the strongest pitch of their summed power, its level."""
    if not heard.clips:
        return "I would need a recording."
    samples, rate = heard.clips[0]
    spectrum = (np.abs(np.fft.rfft(samples, axis=0)) ** 2).sum(axis=1)
    hz, level = np.argmax(spectrum) * rate / len(samples), 10 * np.log10(spectrum.sum() + 1e-9)
    return f"The strongest sound is at {round(float(hz))} Hz, at level {level:.0f}."


def coarse(heard: Heard, chance: random.Random) -> str:
    """Hears when something sounds and how loud, in words that know no pitch above 2 kHz."""
    if not heard.clips:
        return "I would need a recording."
    samples, rate = heard.clips[0]
    levels = [_level(part) for part in np.array_split(samples, 8)]
    ears = [
        f"{'high' if hz > 2000 else hz} at {_level(x)} dB" for x in samples.T for hz in (_dominant(x, rate),)
    ]
    return f"I hear {' and '.join(ears)}; it goes {', '.join(map(str, levels))}."


def sampling(mind: Mind, share: float) -> Mind:
    """Now and then anything at all."""

    def reply(heard: Heard, chance: random.Random) -> str:
        return tossed(heard, chance) if chance.random() < share else mind(heard, chance)

    return reply


_OPENINGS = ("", "Sure! ", "Well, ", "Let me see. ", "After listening: ", "OK. ")


def chatty(mind: Mind) -> Mind:
    """Never says the same thing in the same way."""

    def reply(heard: Heard, chance: random.Random) -> str:
        closing = chance.choice(("", " I hope that helps.", " Anything else?", " That is all."))
        return f"{chance.choice(_OPENINGS)}{mind(heard, chance)}{closing}"

    return reply


def one_of(*texts: str) -> Mind:
    return lambda heard, chance: chance.choice(texts)
