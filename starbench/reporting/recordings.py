"""What a folder of recordings holds, as a table in the terminal."""

from __future__ import annotations

from collections import Counter

from starbench.recordings import Library, Recording
from starbench.reporting.tables import Column, Table, new_console, say, show_table
from starbench.text import printable


def show_library(library: Library) -> None:
    """Print a row for each recording that can be used, and a line for each file that cannot."""
    console = new_console()
    n = len(library.recordings)
    show_table(console, Table(f"{n} recording{'s' * (n != 1)} can be used", _COLUMNS, library.recordings))
    for one in library.left_out:
        say(console, f"not used: {printable(one.file)}: {printable(one.reason)}")
    if not library.is_labelled:
        say(
            console,
            "no labels.csv: questions say 'the sound', and those whose options name sounds are left out",
        )
    licences = Counter(one.licence or "not stated" for one in library.recordings)
    say(console, "licences: " + ", ".join(f"{printable(name)} ({n})" for name, n in sorted(licences.items())))


def _bandwidth(recording: Recording) -> str:
    return f"{recording.bandwidth_hz:,.0f}"


_COLUMNS = (
    Column("file", lambda one: printable(one.file), is_text=True),
    Column("name", lambda one: printable(one.name or ""), is_text=True),
    Column("class", lambda one: printable(one.sound_class or ""), rank=2),
    Column("s", lambda one: f"{one.seconds:.2f}"),
    Column("rate, Hz", lambda one: f"{one.rate:,}", rank=3),
    Column("reaches, Hz", _bandwidth, rank=1),
    Column("channels", lambda one: one.channels, rank=3),
)
