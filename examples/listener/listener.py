"""A small audio-language model of our own: it hears tones, reads the question and its options, and says a letter.

Sound passes four parts: the *loader* (16 kHz; mixed to mono, or as the level and the phase between two ears beside it;
a log-mel spectrogram), the *encoder* (two convolutions and a transformer), the *projector* (eight audio tokens, which
gather what the frames hold) and the *language model* (a transformer over audio tokens and words). It learns
by ``train.py``.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Sequence
from functools import cache
from hashlib import sha256
from math import ceil, gcd
from pathlib import Path
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import safe_open
from safetensors.torch import load_file
from scipy.signal import resample_poly
from torch import Tensor, nn
from torch.nn.functional import gelu

from starbench.audio import Audio, quantise
from starbench.models.encoder import Stage
from starbench.schema import Capabilities, Prompt, Response

RATE_HZ = 16_000
HOP, WINDOW, FFT = 320, 1024, 2048  # 20 ms, 64 ms
BANDS, LOWEST_HZ, HIGHEST_HZ = 128, 80.0, 7600.0  # 0.6 semitones apart
FLOOR = 1e-11
DECIBELS = 40.0  # that are 1 in the spectrum that enters the network
MAX_SECONDS = 20.0
#: Internal noise of the loader (standard deviations): the share by which a frame varies, and dB by which a band does.
FRAME_NOISE, BAND_NOISE_DB = 0.2, 6.0
#: Tokens that gather what is heard, beside the frames: the projector hands them to the language model.
AUDIO_TOKENS = 8
#: A clip is filled up with digital silence to a multiple of this many frames.
FILL = 16
WIDTH, HEADS, ENCODER_LAYERS, LANGUAGE_LAYERS = 96, 4, 3, 2
#: What training asks of each sound. Pitch is asked three times: its place within 12 and 3 semitones is heard sooner.
PROPERTIES = (
    *("pitch", "level", "duration", "azimuth"),
    *("octave sine", "octave cosine", "third sine", "third cosine"),
)
#: Places that the right option has in the items' own order: the first sound, the second, neither; …
MOST_CONTENTS = 4
UNKNOWN, END = "<unknown>", "<end>"

Floats = NDArray[np.float32]


# ---- loader


@cache
def filterbank() -> Floats:
    """Triangles on a logarithmic axis of frequency, as wide as two bands or two lines of the spectrum."""
    centres = np.geomspace(LOWEST_HZ, HIGHEST_HZ, BANDS)
    lines = np.fft.rfftfreq(FFT, 1 / RATE_HZ)
    half = np.maximum(centres * ((HIGHEST_HZ / LOWEST_HZ) ** (1 / (BANDS - 1)) - 1), RATE_HZ / WINDOW)
    return np.maximum(0.0, 1 - np.abs(lines - centres[:, None]) / half[:, None]).astype(np.float32)


def at_16_khz(audio: Audio) -> Floats:
    """The clip at 16 kHz, shape (n, channels)."""
    common = gcd(audio.rate, RATE_HZ)
    if audio.rate == RATE_HZ:
        return audio.samples
    return resample_poly(audio.samples, RATE_HZ // common, audio.rate // common, axis=0).astype(np.float32)


def spectrum(samples: Floats) -> NDArray[np.complex64]:
    """Short-time spectrum, shape (frames, lines)."""
    n_frames = max(1, ceil(len(samples) / HOP))
    padded = np.pad(samples, (WINDOW // 2, n_frames * HOP + WINDOW - len(samples)))
    frames = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP][:n_frames]
    return np.fft.rfft(frames * np.hanning(WINDOW).astype(np.float32), FFT).astype(np.complex64)


def decibels(power: Floats) -> Floats:
    """Power of a band: 0 is 65 dB below one, and ±1 is 40 dB away. The absolute level is kept."""
    return (10 * np.log10(power / WINDOW**2 + FLOOR) + 65) / DECIBELS


#: One frame of digital silence: log-mel spectrum; level, cosine and sine of the phase between the ears.
SILENCE = np.repeat(np.array([[decibels(np.float32(0.0))], [0.0], [1.0], [0.0]], np.float32), BANDS, axis=1)


def features(audio: Audio, channels: int) -> Floats:
    """What enters the network, shape (frames, planes × bands): one plane for ``channels`` = 1, four for 2.

    The first plane is the log-mel spectrum of the clip mixed to mono. With two channels, the others are the
    difference of level between the ears (20 dB are 1), and the cosine and sine of their difference of phase,
    weighted by coherence.
    """
    samples = at_16_khz(audio)
    mono = decibels(np.abs(spectrum(samples.mean(axis=1))) ** 2 @ filterbank().T)
    if channels == 1:
        return mono
    if samples.shape[1] != 2:
        rest = np.broadcast_to(SILENCE[1:].reshape(-1), (len(mono), 3 * BANDS))
        return np.concatenate([mono, rest], axis=1)
    left, right = (spectrum(samples[:, ear]) for ear in (0, 1))
    powers = [np.abs(ear) ** 2 @ filterbank().T / WINDOW**2 + FLOOR for ear in (left, right)]
    cross = (left * right.conj()) @ filterbank().T / WINDOW**2 / np.sqrt(powers[0] * powers[1])
    level = np.clip(10 * np.log10(powers[0] / powers[1]) / 20, -2, 2)
    return np.concatenate([mono, level, cross.real, cross.imag], axis=1).astype(np.float32)


def filled(frames: Floats, n_frames: int) -> Floats:
    """The same with digital silence behind it."""
    silence = SILENCE[: frames.shape[1] // BANDS].reshape(1, -1)
    return np.concatenate([frames, np.repeat(silence, n_frames - len(frames), axis=0)])


def with_noise(frames: Floats, noise: float, rng: np.random.Generator) -> Floats:
    """Frames, shape (…, frames, planes × bands), with internal noise in the first plane; ``noise`` scales it.

    What a frame holds above silence varies by a share of itself, and each band by some dB of its own. (A gain that is
    common to all bands would be no noise: the network reads it from the bands that hold no tone.)
    """
    if not noise:
        return frames
    heard, silence = frames[..., :BANDS], SILENCE[0, 0]
    gain = 1 + noise * FRAME_NOISE * rng.standard_normal((*heard.shape[:-1], 1), np.float32)
    own = noise * BAND_NOISE_DB / DECIBELS * rng.standard_normal(heard.shape, np.float32)
    frames[..., :BANDS] = silence + (heard - silence) * gain + own
    return frames


# ---- network


def words(text: str) -> list[str]:
    """Words and numbers of a text, in lower case."""
    return re.findall(r"[a-z]+|\d+", text.lower())


def read(question: str, options: Sequence[str], vocabulary: dict[str, int]) -> tuple[list[int], list[int]]:
    """Tokens of a question and its options, and the group of each: 0 the question, n the nth option."""
    tokens, groups = [], []
    for group, text in enumerate((question, *options)):
        part = [vocabulary.get(word, 0) for word in words(text)] + [vocabulary[END]]
        tokens += part
        groups += [group] * len(part)
    return tokens, groups


def sinusoids(n: int, width: int) -> Tensor:
    angles = torch.arange(n)[:, None] * torch.exp(torch.arange(0, width, 2) * (-9.0 / width))
    return torch.stack([angles.sin(), angles.cos()], dim=2).reshape(n, width)


class Block(nn.Module):
    """One layer of a transformer, normalised first."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm_1, self.norm_2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attend, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.wide, self.narrow = nn.Linear(width, 2 * width), nn.Linear(2 * width, width)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        queries, keys, values = (
            self.attend(self.norm_1(x)).unflatten(2, (3, HEADS, -1)).permute(2, 0, 3, 1, 4)
        )
        # Written out, because the fused kernel has a slow backward pass in bfloat16 on CPUs.
        weights = queries * queries.shape[-1] ** -0.5 @ keys.transpose(2, 3)
        weights = (weights if mask is None else weights + mask).softmax(dim=3)
        x = x + self.out((weights.to(values.dtype) @ values).transpose(1, 2).flatten(2))
        return x + self.narrow(gelu(self.wide(self.norm_2(x))))


class Network(nn.Module):
    """Encoder, projector and language model."""

    def __init__(self, channels: int, n_words: int) -> None:
        super().__init__()
        n_inputs = BANDS * (1 if channels == 1 else 4)
        self.conv_1 = nn.Conv1d(n_inputs, WIDTH, 4, stride=2, padding=1)
        self.conv_2 = nn.Conv1d(WIDTH, WIDTH, 4, stride=2, padding=1)
        self.encoder = nn.ModuleList(Block(WIDTH) for _ in range(ENCODER_LAYERS))
        self.norm = nn.LayerNorm(WIDTH)
        self.gatherers = nn.Parameter(torch.randn(AUDIO_TOKENS, WIDTH))
        self.projector = nn.Linear(WIDTH, WIDTH)
        self.words = nn.Embedding(n_words, WIDTH)
        self.language = nn.ModuleList(Block(WIDTH) for _ in range(LANGUAGE_LAYERS))
        self.score = nn.Sequential(nn.LayerNorm(WIDTH), nn.Linear(WIDTH, 1))
        # Only training reads these: which sound a frame is of (0: none) and its properties; the properties of both
        # sounds and their differences, in three of the audio tokens; and the answer, once the question is read.
        self.interval = nn.Linear(WIDTH, 3)
        self.properties = nn.Linear(WIDTH, len(PROPERTIES))
        self.sounds = nn.ModuleList(nn.Linear(WIDTH, len(PROPERTIES)) for _ in range(3))
        self.content = nn.Linear(WIDTH, MOST_CONTENTS)

    def encode(self, frames: Tensor) -> dict[str, Tensor]:
        """Every layer that a sound passes, shape (batch, frames, features); of the projector, audio tokens."""
        layers = {"log-mel": frames}
        # Silence is zero: an offset that all bands share would hide from the first layer the few that hold a tone.
        x = frames - torch.from_numpy(SILENCE[: frames.shape[2] // BANDS].reshape(-1))
        x = gelu(self.conv_2(gelu(self.conv_1(x.transpose(1, 2))))).transpose(1, 2)
        layers["convolutions"] = x
        x = torch.cat([self.gatherers.expand(len(x), -1, -1), x + sinusoids(x.shape[1], WIDTH)], dim=1)
        for number, block in enumerate(self.encoder, 1):
            x = block(x)
            layers[f"encoder {number}"] = x[:, AUDIO_TOKENS:]
        layers["projector"] = self.projector(self.norm(x[:, :AUDIO_TOKENS]))
        return layers

    def answer(self, tokens: Tensor, words: Tensor, groups: Tensor) -> tuple[Tensor, Tensor]:
        """Score of each word as the end of the right option, and the states that it is made of.

        Audio tokens attend to each other; a word to them, to the words before it in its question and in its own
        option. No option sees another, and each begins at the same position: their order cannot matter.
        """
        n_audio, n_words = tokens.shape[1], words.shape[1]
        own = groups[:, :, None] == groups[:, None, :]
        seen = ((own | (groups == 0)[:, None]) & torch.ones(n_words, n_words, dtype=torch.bool).tril())[
            :, None
        ]
        mask = torch.cat([torch.ones(len(words), 1, n_words, n_audio, dtype=torch.bool), seen], dim=3)
        audio_only = torch.arange(n_audio + n_words) < n_audio
        mask = torch.cat([audio_only.expand(len(words), 1, n_audio, -1), mask], dim=2)
        mask = torch.where(mask, 0.0, -1e4).to(tokens.dtype)
        text = self.words(words) + sinusoids(n_words, WIDTH)[seen[:, 0].sum(2) - 1]
        x = torch.cat([tokens + sinusoids(n_audio, WIDTH), text], dim=1)
        for block in self.language:
            x = block(x, mask)
        x = x[:, n_audio:]
        return self.score(x)[..., 0], x


# ---- adapter


class Listener:
    """The trained listener. ``channels``: 1 mixes to mono; 2 hears level and phase between the ears.

    The loader has internal noise, as ears have, which ``noise`` scales; 0 is none. It follows from the clip's digest,
    so the same clip is always heard in the same way.
    ``file`` is one that ``train.py`` wrote; by default the one that stands beside this file.
    """

    note = "a small model of our own, trained on starbench's stimuli"
    stages: ClassVar[dict[str, Stage]] = {
        "log-mel": "loader",
        "projector": "projector",
        **{f"language {number}": "language model" for number in range(1, LANGUAGE_LAYERS + 1)},
    }

    def __init__(self, channels: int = 1, noise: float = 1.0, file: str | None = None) -> None:
        path = Path(file) if file else Path(__file__).with_name(f"listener-{channels}.safetensors")
        self.channels, self.noise = channels, noise
        self.identity = {"weights": sha256(path.read_bytes()).hexdigest()[:12]}
        self.capabilities = Capabilities(
            max_clips=1,
            max_seconds=MAX_SECONDS,
            rates=(RATE_HZ,),
            front_end_hz=RATE_HZ,
            max_channels=2,
            max_batch=32,
            channels_kept=channels == 2,
        )
        with safe_open(path, "pt") as stored:
            self.vocabulary = {word: n for n, word in enumerate(json.loads(stored.metadata()["vocabulary"]))}
        self.network = Network(channels, len(self.vocabulary)).eval()
        self.network.load_state_dict({name: value.float() for name, value in load_file(path).items()})

    def generate(self, prompt: Prompt) -> Response:
        return self.generate_batch([prompt])[0]

    def generate_batch(self, prompts: Sequence[Prompt]) -> list[Response]:
        """Answer each prompt. Prompts of equal length of sound pass the network together."""
        together = defaultdict(list)
        for place, prompt in enumerate(prompts):
            frames = self._frames(prompt.clips[0].audio()) if prompt.clips else filled_silence(self.channels)
            together[len(frames)].append((place, prompt, frames))
        answers: dict[int, Response] = {}
        for group in together.values():
            prompts_of = [prompt for _, prompt, _ in group]
            texts = self._texts(np.stack([frames for _, _, frames in group]), prompts_of)
            answers |= {place: Response(text=text) for (place, _, _), text in zip(group, texts, strict=True)}
        return [answers[place] for place in range(len(prompts))]

    @torch.inference_mode()
    def _texts(self, frames: Floats, prompts: Sequence[Prompt]) -> list[str]:
        tokens = self.network.encode(torch.from_numpy(frames))["projector"]
        words, groups = padded([read(*question_and_options(prompt), self.vocabulary) for prompt in prompts])
        scores, _ = self.network.answer(tokens, words, groups)
        best = option_scores(scores, words, groups, self.vocabulary[END]).argmax(dim=1)
        return [
            f"<{chr(ord('A') + int(number))}>" if prompt.options else self._description(of_prompt)
            for prompt, number, of_prompt in zip(prompts, best, tokens, strict=True)
        ]

    def _description(self, tokens: Tensor) -> str:
        """What training asked of the first two audio tokens, in words: the only free text that the listener has."""
        heard = []
        for head, token in zip(self.network.sounds[:2], tokens, strict=False):
            pitch, level, duration, azimuth, *_ = head(token).tolist()
            side = (
                f", {'right' if azimuth > 0 else 'left'} by {abs(azimuth):.1f}" if self.channels == 2 else ""
            )
            heard.append(
                f"{440 * 2**pitch:.0f} Hz, {55 + 15 * level:.0f} dB SPL, {0.7 * 2**duration:.2f} s{side}"
            )
        return f"A sound like one of {heard[0]}; then, if there are two, one of {heard[1]}."

    def _frames(self, audio: Audio) -> Floats:
        frames = features(audio, self.channels)
        rng = np.random.default_rng(int(audio.digest[:16], 16))
        return with_noise(filled(frames, FILL * ceil(len(frames) / FILL)), self.noise, rng)

    # ---- what a diagnosis reads

    @torch.inference_mode()
    def encode(self, audio: Audio) -> dict[str, Floats]:
        """Activations of every layer; those of the language model before it has read a word."""
        layers = self.network.encode(torch.from_numpy(self._frames(audio))[None])
        tokens = layers["projector"]
        x = tokens + sinusoids(tokens.shape[1], WIDTH)
        for number, block in enumerate(self.network.language, 1):
            layers[f"language {number}"] = x = block(x)
        return {name: layer[0].numpy() for name, layer in layers.items()}

    def delivered(self, audio: Audio) -> Audio:
        """The sound that is left of a clip: 16 kHz, and mono unless the listener has two channels."""
        samples = at_16_khz(audio)
        if self.channels == 1:
            samples = samples.mean(axis=1, keepdims=True)
        return Audio(quantise(samples.clip(-1, 1)), RATE_HZ)

    def random_twin(self, seed: int) -> Listener:
        """The same network with random weights."""
        twin = object.__new__(Listener)
        twin.__dict__.update(self.__dict__)
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            twin.network = Network(self.channels, len(self.vocabulary)).eval()
        return twin


def filled_silence(channels: int) -> Floats:
    """What the network gets where a prompt has no sound."""
    return filled(np.empty((0, BANDS * (1 if channels == 1 else 4)), np.float32), FILL)


def question_and_options(prompt: Prompt) -> tuple[str, tuple[str, ...]]:
    """The question of a prompt without the list of its options and the sentence that says how to answer."""
    question = re.split(r"\n\W*A\W", prompt.text, maxsplit=1)[0]
    return question, prompt.options or ("",)


def padded(texts: Sequence[tuple[list[int], list[int]]]) -> tuple[Tensor, Tensor]:
    """Words and groups of several texts as two arrays, filled up with the group of nobody."""
    longest = max(len(tokens) for tokens, _ in texts)
    words = torch.zeros(len(texts), longest, dtype=torch.long)
    groups = torch.full((len(texts), longest), -1)
    for row, (tokens, group) in enumerate(texts):
        words[row, : len(tokens)], groups[row, : len(tokens)] = torch.tensor(tokens), torch.tensor(group)
    return words, groups


def option_scores(scores: Tensor, words: Tensor, groups: Tensor, end: int) -> Tensor:
    """The score of each option, at its last token; shape (batch, options)."""
    of_option = torch.full((len(scores), int(groups.max())), -torch.inf)
    for number in range(of_option.shape[1]):
        place = (groups == number + 1) & (words == end)
        of_option[place.any(dim=1), number] = scores[place]
    return of_option
