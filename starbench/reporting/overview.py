"""What a suite holds, in sentences for the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from starbench.reporting.tables import new_console, say
from starbench.suites.overview import SuiteOverview
from starbench.suites.suite import Suite
from starbench.text import printable

#: Names that a line lists.
_MOST_NAMES = 5


def show_overview(name: str, found: SuiteOverview, suite: Suite) -> None:
    """Print a line for each thing that a reader should know before the suite is asked."""
    console = new_console()
    for line in (
        f"{name}: {found.n_items:,} question{'s' * (found.n_items != 1)}",
        *overview_lines(found, suite.spec),
        *_annotation_lines(suite.spec, suite.declared),
    ):
        say(console, line)


def overview_lines(found: SuiteOverview, spec: Mapping[str, Any]) -> Iterator[str]:
    """The lines of :func:`show_overview`; ``spec`` says how the suite was read."""
    columns = spec.get("columns")
    if isinstance(columns, dict):
        yield "columns: " + "; ".join(f"{kind} from {printable(str(of))}" for kind, of in columns.items())
    if unread := spec.get("not read"):
        yield f"columns that are not read: {_listed([str(name) for name in unread])}"
    yield "options: " + ", ".join(f"{n} in {count:,}" for n, count in found.options.items())
    yield f"categories: {_listed([f'{name} {count:,}' for name, count in found.categories.items()])}"
    places = ", ".join(f"{letter} {count / found.n_items:.1%}" for letter, count in found.places.items())
    most = max(found.places.values()) / found.n_items
    yield (
        f"right answers stand at {places}: asked once, always the same letter gets {most:.1%} where guessing gets "
        f"{found.chance:.1%}; protocol starbench asks every rotation, where it gets what guessing gets"
    )
    yield f"the right option is the longest in {found.longest:.1%}"
    shortest, longest, total = found.seconds
    rates = ", ".join(f"{rate:,} Hz {count:,}" for rate, count in found.rates.items())
    yield (
        f"clips: {found.n_clips:,} of {found.n_sounds:,} different sounds, {shortest:.2f} to {longest:.2f} s, "
        f"{total / 60:.1f} min in all; {rates}"
    )
    for what, groups in (
        ("questions that stand twice", found.repeated),
        ("clips of the same sound", found.copies),
    ):
        if groups:
            yield f"{what}: {_listed([' = '.join(group) for group in groups])}"


def _annotation_lines(spec: Mapping[str, Any], declared: Mapping[str, Any]) -> Iterator[str]:
    """Of annotated recordings: whether their sounds agree, what they carry, and which questions are not asked."""
    sides, lacking, left_out = (
        values if isinstance(values, dict) else {}
        for values in (spec.get("sides"), declared.get("not_asked"), spec.get("left_out"))
    )
    if compared := sides.get("compared_frames"):
        yield f"sounds annotated to one side are heard there in {sides.get('agreeing'):,} of {compared:,} frames"
    if others := spec.get("not_annotated"):
        yield f"sounds without metadata, which are not used: {_listed([str(name) for name in others])}"
    if cues := declared.get("cues"):
        yield f"what the clips carry: {printable(str(cues))}"
    for name, needed in lacking.items():
        yield f"not asked: {printable(name)}: the clips do not carry {', '.join(map(printable, needed))}"
    for name, reasons in left_out.items():
        counts = [f"{reason} ({n:,})" for reason, n in sorted(reasons.items(), key=lambda pair: -pair[1])]
        yield f"left out of {printable(name)}: {'; '.join(map(printable, counts))}"


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(map(printable, names[:_MOST_NAMES]))
    return shown if len(names) <= _MOST_NAMES else f"{shown} and {len(names) - _MOST_NAMES:,} more"
