"""``starbench tokens``: train a tokenizer, show what it keeps."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from typing import Any

from starbench.cli.commands.progress import counting
from starbench.cli.output import echo
from starbench.diagnose.records import check_writable, read_record, write_record
from starbench.diagnose.tokens.experiment import Progress, measure_foreign, train_tokens
from starbench.diagnose.tokens.interface import require
from starbench.diagnose.tokens.kept import kept
from starbench.diagnose.tokens.next_code import NextCodeTraining
from starbench.diagnose.tokens.opening import open_tokenizer
from starbench.diagnose.tokens.sounds import SoundSet, gather
from starbench.diagnose.tokens.store import DESCRIPTION, RECORD, described
from starbench.diagnose.tokens.training import Training
from starbench.errors import InputError
from starbench.models.encoder import resolve_encoder
from starbench.reporting.files import write_file
from starbench.reporting.pictures.cochleagrams import continuation_png
from starbench.reporting.tokens import show
from starbench.schema.tokens import Tokens
from starbench.suites.open import open_suite
from starbench.suites.suite import Suite


def train(values: Mapping[str, Any]) -> None:
    """Train, measure, draw, and show."""
    require()
    out, seed, next_steps = values["out"], values["seed"], values["next_steps"]
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError(f"{out} exists: name a new folder")
    check_writable(out / RECORD)
    training = Training(steps=values["steps"], seed=seed)
    sounds = _gathered(values, _suite(values), training)
    next_code = NextCodeTraining(steps=next_steps, seed=seed) if next_steps else None
    with _progress() as on_step:
        trained = train_tokens(sounds, out, training, next_code, on_step)
    record = trained.record
    if find_spec("matplotlib") is not None:
        pictures = {f"continuation-{k}.png": one for k, one in enumerate(trained.continuations, start=1)}
        for name, shown in pictures.items():
            write_file(out / name, continuation_png(shown))
        record = record.model_copy(update={"pictures": tuple(pictures)})
        write_record(record, out / RECORD)
    elif trained.continuations:
        echo("continuations are not drawn: pip install 'starbench[plots]'")
    show(record)
    echo(f"written to {out}; what it loses, by probes: starbench tokens report {out} --suite SUITE")


def report(values: Mapping[str, Any]) -> None:
    """Show the record of a folder, measured anew as far as the options ask for."""
    check_writable(values["json"])
    folder, next_code, is_trusted = values["folder"], values["next_code"], values["trust_remote_code"]
    count, seed = values["count"], values["seed"]
    is_ours = (folder / DESCRIPTION).is_file()
    if is_ours and (values["recordings"] or next_code):
        raise InputError(
            f"{folder} was measured when it was trained: --recordings and --next-code are for checkpoints of others"
        )
    suite = _suite(values)
    if is_ours:
        described(folder)  # which says what is wrong with the tokenizer that the record is of
        record = read_record(Tokens, folder / RECORD)
    else:
        open_tokenizer(folder, is_trusted=is_trusted)  # which says what is wrong before sounds are made
        sounds = _gathered(values, suite, Training())
        record = measure_foreign(folder, next_code, sounds, seed, is_trusted=is_trusted)
    if suite is not None:
        arguments = {"trust_remote_code": "true"} if is_trusted else {}
        encoder = resolve_encoder(f"tokens:{folder}", arguments)
        with _progress() as on_progress:
            found = kept(encoder, suite, count, seed, on_progress)
        record = record.model_copy(update={"kept": found, "probe_clips": count})
        if is_ours:
            write_record(record, folder / RECORD)
    if values["json"] is not None:
        write_record(record, values["json"])
    show(record)


def _suite(values: Mapping[str, Any]) -> Suite | None:
    return None if values["suite"] is None else open_suite(values["suite"])


def _gathered(values: Mapping[str, Any], suite: Suite | None, training: Training) -> SoundSet:
    return gather(suite, values["recordings"], values["seed"], values["count"], training.segment_seconds)


@contextmanager
def _progress() -> Iterator[Progress]:
    """A line or a bar for each thing that takes steps, whichever that is."""
    with ExitStack() as shown:
        counters: dict[str, Callable[[int, int], None]] = {}

        def show_step(what: str, done: int, total: int) -> None:
            if what not in counters:
                shown.close()
                counters[what] = shown.enter_context(counting(what, first=what, of="steps"))
            counters[what](done, total)

        yield show_step
