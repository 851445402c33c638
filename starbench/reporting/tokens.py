"""What a tokenizer keeps of a sound, in a terminal."""

from __future__ import annotations

from starbench.reporting.tables import Column, Table, new_console, number, say, show_table
from starbench.schema.tokens import Kept, NextCode, Tokens
from starbench.text import printable


def show(record: Tokens) -> None:
    """Print the tables of a record, and beside each figure what it was measured on."""
    console = new_console()
    trained = "; a checkpoint with code of its own" if record.kind == "foreign" else ""
    if record.steps is not None:
        trained = (
            f", {record.steps:,} steps of {record.batch} × {record.segment_seconds:g} s at learning rate "
            f"{record.learning_rate:g}, seed {record.seed}, {record.training_seconds:,.0f} s of one core"
        )
    say(
        console,
        f"{printable(record.name)}: {record.bits}-bit codes, {record.codes_per_second:g} a second; "
        f"{record.parameters:,} parameters{trained}",
    )
    for source in record.sources:
        say(
            console,
            f"sounds of {printable(source.name)}: {source.train_clips} clips, {source.train_seconds:,.0f} s, to train; "
            f"{source.test_clips}, {source.test_seconds:,.0f} s, held out",
        )
    if record.reconstruction:
        show_table(console, Table("cochleagrams of held-out clips", _RECONSTRUCTED, record.reconstruction))
    if record.codes:
        used = record.codes
        say(
            console,
            f"codes used: {used.used:,} of {used.size:,} in {used.frames:,} held-out frames; perplexity "
            f"{used.perplexity:,.0f}",
        )
    if record.next_code:
        for sentence in _next_code(record.next_code):
            say(console, sentence)
    if record.kept:
        title = f"what a linear probe reads of {record.probe_clips} single sounds, layer by layer"
        show_table(console, Table(title, _KEPT, record.kept))
    if record.kind == "starbench":
        say(
            console,
            "these figures describe this tokenizer, trained for minutes; they say nothing of WavCoch or AuriStream",
        )


def _next_code(found: NextCode) -> tuple[str, str]:
    low, high = found.interval
    gained, (least, most) = found.bits_gained, found.bits_gained_interval
    beats = (
        "context helps" if least > 0 else "context harms" if most < 0 else "no help of context can be shown"
    )
    return (
        f"next code: perplexity {found.perplexity:,.0f} [{low:,.0f}, {high:,.0f}] in {found.test_codes:,} held-out "
        f"codes; without context {found.unigram:,.0f}; all codes alike {found.uniform:,.0f}",
        f"gained by context: {gained:.2f} bits a code [{least:.2f}, {most:.2f}]: {beats}"
        + ("" if found.steps is None else f" (step {found.chosen_step} of {found.steps} was best)"),
    )


def _jnd(row: Kept) -> str:
    if row.jnd is None:
        return "not reached"
    low, high = (f"{end:.3g}" if end is not None else "–" for end in row.jnd_interval)
    return f"{row.jnd:.3g} [{low}, {high}] {row.unit}"


_RECONSTRUCTED = (
    Column("kind", lambda row: printable(row.kind), is_text=True),
    Column("clips", lambda row: row.clips),
    Column("s", lambda row: f"{row.seconds:,.0f}", rank=1),
    Column("R² [95 %]", lambda row: number(row.r2, row.interval)),
)
_KEPT = (
    Column("attribute", lambda row: printable(row.attribute), is_text=True),
    Column("layer", lambda row: printable(row.layer), is_text=True),
    Column("R² [95 %]", lambda row: number(row.r2, row.r2_interval)),
    Column("difference that 75 % of pairs get right", _jnd, short="JND"),
)
