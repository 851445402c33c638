"""A tokenizer from nothing to a record: sounds, training, the model of its codes, and measures on held-out clips."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from starbench.diagnose.records import write_record
from starbench.diagnose.tokens.continuation import Continuation, continuations
from starbench.diagnose.tokens.foreign import ForeignNextCodeModel, ForeignTokenizer
from starbench.diagnose.tokens.interface import COCHLEA, FRAME_S, require
from starbench.diagnose.tokens.measure import codes_used, reconstruction
from starbench.diagnose.tokens.next_code import (
    NextCodeTraining,
    score_next_code,
    train_next_code,
    train_unigram,
)
from starbench.diagnose.tokens.opening import open_tokenizer
from starbench.diagnose.tokens.sounds import SoundSet
from starbench.diagnose.tokens.store import RECORD, save
from starbench.diagnose.tokens.training import Training, train
from starbench.errors import InputError
from starbench.execution.environment import versions
from starbench.schema.tokens import NextCode, Tokens

#: Called with what is done, how many steps of it, and of how many.
Progress = Callable[[str, int, int], None]
_VERSIONED = ("numpy", "scipy", "torch", "vector-quantize-pytorch")


@dataclass(frozen=True, eq=False)
class TrainedTokens:
    """What training leaves: the record in the folder, and continuations to draw."""

    record: Tokens
    continuations: tuple[Continuation, ...]


def train_tokens(
    sounds: SoundSet,
    folder: Path,
    training: Training,
    next_code: NextCodeTraining | None,
    on_step: Progress = lambda _what, _done, _all: None,
) -> TrainedTokens:
    """Train a tokenizer and, unless ``next_code`` is None, a model of its codes; measure both, and write them.

    Raises :class:`InputError` if an extra is missing or the sounds are too short or too few.
    """
    require()
    started = time.monotonic()
    tokenizer = train(sounds.train, training, lambda done, total: on_step("tokenizer", done, total))
    training_seconds = time.monotonic() - started
    test = [tokenizer.codes(sound.samples) for sound in sounds.test]
    model, scored = None, None
    if next_code is not None:
        known = [tokenizer.codes(samples) for samples in sounds.train]
        size = 2**tokenizer.bits
        model = train_next_code(known, size, next_code, lambda done, total: on_step("next code", done, total))
        unigram = train_unigram(known, size, next_code)
        scored = NextCode(
            **{name: getattr(next_code, name) for name in ("layers", "width", "heads", "context", "steps")},
            parameters=model.parameters,
            chosen_step=model.chosen_step,
            train_codes=sum(map(len, known)),
            uniform=float(size),
            **asdict(score_next_code(model, unigram, test, next_code.seed)),
        )
    save(folder, tokenizer, model)
    record = Tokens(
        name=folder.name,
        kind="starbench",
        bits=tokenizer.bits,
        codes_per_second=1 / FRAME_S,
        bands=COCHLEA.n_channels,
        parameters=tokenizer.parameters,
        seed=training.seed,
        steps=training.steps,
        batch=training.batch,
        segment_seconds=training.segment_seconds,
        learning_rate=training.learning_rate,
        training_seconds=round(training_seconds, 1),
        sources=sounds.sources,
        reconstruction=reconstruction(tokenizer, sounds.test, training.seed),
        codes=codes_used(test, 2**tokenizer.bits),
        next_code=scored,
        versions=versions(_VERSIONED),
    )
    write_record(record, folder / RECORD)
    drawn = () if model is None else continuations(tokenizer, model, sounds.test, training.seed)
    return TrainedTokens(record, drawn)


def measure_foreign(
    folder: Path, next_code_folder: Path | None, sounds: SoundSet, seed: int, *, is_trusted: bool
) -> Tokens:
    """Measure a checkpoint that came with its own code, and a model of its codes, on the held-out sounds.

    The unigram alone learns from the other sounds. Raises :class:`InputError` if the code is not trusted.
    """
    tokenizer = open_tokenizer(folder, is_trusted=is_trusted)
    if not isinstance(tokenizer, ForeignTokenizer):
        raise InputError(f"{folder} holds a tokenizer of starbench, which was measured when it was trained")
    test = [tokenizer.codes(sound.samples) for sound in sounds.test]
    decoded = tokenizer.decoded(test[0]) if test else None
    scored = None
    if next_code_folder is not None:
        model = ForeignNextCodeModel(next_code_folder, is_trusted=is_trusted)
        if model.size < tokenizer.size:
            raise InputError(
                f"{next_code_folder} knows {model.size} codes, and the tokenizer has {tokenizer.size}"
            )
        known = [tokenizer.codes(samples) for samples in sounds.train]
        # Without codes to look at, further layers are of no use.
        unigram = train_unigram(known, tokenizer.size, NextCodeTraining(layers=1, steps=300, seed=seed))
        score = score_next_code(model, unigram, test, seed)
        scored = NextCode(
            parameters=model.parameters,
            train_codes=sum(map(len, known)),
            uniform=float(tokenizer.size),
            **asdict(score),
        )
    return Tokens(
        name=folder.resolve().name,
        kind="foreign",
        bits=tokenizer.bits,
        codes_per_second=tokenizer.codes_per_second,
        bands=None if decoded is None else decoded.shape[1],
        parameters=tokenizer.parameters,
        seed=seed,
        sources=sounds.sources,
        reconstruction=reconstruction(tokenizer, sounds.test, seed),
        codes=codes_used(test, 2**tokenizer.bits),
        next_code=scored,
        versions=versions(_VERSIONED),
    )
