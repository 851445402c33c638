"""``starbench probe``: probes of an encoder's layers, shown and kept."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from starbench.cli.commands.progress import counting
from starbench.cli.commands.shared import key_values, names_in
from starbench.cli.output import echo
from starbench.diagnose.probe import prepare
from starbench.diagnose.probe import probe as run_probes
from starbench.diagnose.records import FOLDER, write_record
from starbench.errors import InputError
from starbench.models.encoder import resolve_encoder
from starbench.models.resolve import resolve
from starbench.reporting.probe import show
from starbench.runs.load import load
from starbench.suites.open import open_suite
from starbench.text import slug


def probe(
    spec: str,
    suite: str,
    run: Path | None,
    model: str | None,
    *,
    attributes: str,
    count: int,
    seed: int,
    encoder_arg: Sequence[str],
    json: Path | None,
) -> None:
    """Probe, show, and write what was found."""
    if run is not None and model is not None:
        raise InputError("--run and --model both name whose answers are compared: give one of them")
    answered, asked = None if run is None else load(run), None if model is None else resolve(model)
    encoder = resolve_encoder(spec, dict(key_values("--encoder-arg", encoder_arg)))
    with counting("sounds", first="reading the suite") as on_item:
        opened = open_suite(suite, to_decode=lambda _: ())
        prepared = prepare(opened, names_in([attributes]), count, seed, lambda _, *n: on_item(*n))
    with counting("encoding", first="encoding") as on_item:
        record = run_probes(
            encoder, prepared, run=answered, model=asked, on_progress=lambda _, *n: on_item(*n)
        )
    show(record)
    paths = [] if json is None else [json]
    if run is not None:
        paths.append(run / FOLDER / f"probe-{slug(encoder.spec)}.json")
    for path in paths:
        write_record(record, path)
        echo(f"written to {path}")
