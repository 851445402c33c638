"""What a tokenizer of cochleagrams keeps of a sound, and how far its next code can be told: ``tokens.json``."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from starbench.schema.base import Float, Frozen, Int, Interval


class SoundSource(Frozen):
    """Sounds of one origin that a tokenizer was trained or measured on."""

    name: str
    """A suite's name, or a folder's."""
    digest: str
    """Of the suite, or of the recordings' bytes and labels."""
    is_suite: bool
    """Whether these are stimuli of a suite's task, made anew from a seed; else recordings."""
    train_clips: Int
    train_seconds: Float
    test_clips: Int
    """Whole files that training never saw."""
    test_seconds: Float


class Reconstruction(Frozen):
    """How much of the cochleagram the tokens give back, of the held-out sounds of one kind."""

    kind: str
    clips: Int
    seconds: Float
    r2: Float
    """1 - squared error / variance around the bands' means over these clips."""
    interval: Interval
    """95 %, by resampling clips."""


class CodeUse(Frozen):
    """Which codes the held-out sounds are written in."""

    size: Int
    """Codes that there are."""
    frames: Int
    used: Int
    perplexity: Float
    """exp of the entropy of the codes' shares: so many codes, if all were equally frequent."""


class NextCode(Frozen):
    """An autoregressive model of the codes, on held-out clips, against models that know no context."""

    parameters: Int
    layers: Int | None = None
    """None, as all that follows down to ``chosen_step``: a foreign checkpoint."""
    width: Int | None = None
    heads: Int | None = None
    context: Int | None = None
    """Codes that it can look back on."""
    steps: Int | None = None
    chosen_step: Int | None = None
    """Where codes of training clips that were put aside are told best; 0 is the unigram."""
    train_codes: Int
    """Of the unigram, and of the model itself if it is not foreign."""
    test_codes: Int
    perplexity: Float
    interval: Interval
    """95 %, by resampling clips."""
    unigram: Float
    """Perplexity for the same network, trained in the same way, that gets no codes to look at."""
    uniform: Float
    bits_gained: Float
    """Over the unigram, a code."""
    bits_gained_interval: Interval


class Kept(Frozen):
    """How well a linear probe reads an attribute of a single sound from one layer of the tokenizer."""

    attribute: str
    unit: str
    layer: str
    r2: Float
    r2_interval: Interval
    jnd: Float | None
    """Difference that comparing two sounds' readings gets right in 75 %, in ``unit``; None: not reached."""
    jnd_interval: tuple[float | None, float | None] = (None, None)


class Tokens(Frozen):
    """A tokenizer as it was trained, and what was measured of it."""

    schema_version: Literal[1] = 1
    name: str
    """The folder's name."""
    kind: Literal["starbench", "foreign"]
    """Foreign: a checkpoint that came with code of its own."""
    bits: Int
    codes_per_second: Float
    bands: Int | None
    """Of the cochleagram that is decoded; None: unknown."""
    parameters: Int
    seed: Int
    steps: Int | None = None
    """Of the tokenizer's training; None: unknown."""
    batch: Int | None = None
    segment_seconds: Float | None = None
    learning_rate: Float | None = None
    training_seconds: Float | None = None
    """Time that the training took, on one core."""
    sources: tuple[SoundSource, ...] = ()
    reconstruction: tuple[Reconstruction, ...] = ()
    """A row for each kind of sound. Kinds are recordings' classes, and ``stimuli``."""
    codes: CodeUse | None = None
    next_code: NextCode | None = None
    kept: tuple[Kept, ...] = ()
    """Attribute by layer, from the cochleagram to the bits; empty: the probe was not run."""
    probe_clips: Int = 0
    pictures: tuple[str, ...] = ()
    """Continuations beside the record, as PNG."""
    versions: dict[str, str] = Field(default_factory=dict)
