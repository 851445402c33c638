"""What of a suite's cues a model gets, as tables in a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

from starbench.reporting.tables import Column, Table, new_console, number, percent, say, show_table
from starbench.schema.audit import (
    LEAST_PAIRS,
    Audit,
    Cue,
    Estimate,
    Form,
    LevelAccuracy,
    Survival,
    Unanswerable,
)
from starbench.text import printable

if TYPE_CHECKING:
    from rich.console import Console

_KNOWN = {
    "sent": "nothing is known of the model's front end beyond what leaves for it: rows of loaders show what would "
    "follow if it had them",
    "declared": "what the front end keeps follows from the rate and channels that the adapter declares; normalisation "
    "and coding are not known",
    "adapter": "what the front end keeps is what the adapter says (its method delivered)",
    "assumed": "",
}
_BASES = {
    "sent": "leaves for the model",
    "adapter": "adapter",
    "declared": "declared",
    "assumed": "if it had it",
}
_REASONS = {
    "not sent": "the run would not ask it",
    "not heard": "fewer sounds than are compared, or without such a quality",
    "no difference": "the original audio holds no such difference",
    "contradicted": "the original audio differs otherwise than the answer says",
    "not delivered": "heard in the original, but not in what the model gets",
}
#: Items that are listed; all are in the file.
_LISTED = 20


def show(audit: Audit) -> None:
    """Print which cues are kept in which form, how well the listener hears each level, and suspect items."""
    console = new_console()
    say(console, f"{printable(audit.suite)} as {printable(audit.model)} gets it: {_KNOWN[audit.front_end]}")
    for reason, n in audit.left_out.items():
        say(console, f"the run would not ask {n} item{'s' * (n != 1)}: {printable(reason)}")
    silent = sorted(part for part, cue in audit.cues.items() if cue is None)
    if silent:
        say(console, f"the listener has no readout for: {', '.join(map(printable, silent))}")
    for cue, found in audit.doubted.items():
        say(
            console,
            f"{cue}: the listener itself has only {percent(found.value)} % of the directions right in the original "
            "audio, so nothing is said of this cue",
        )
    show_table(console, Table("forms of the sound", _FORMS, audit.forms))
    show_table(
        console,
        Table("what is left of each cue (differences of two sounds, in human JND)", _CUES, audit.survivals),
    )
    for why in _undetermined(audit):
        say(console, f"undetermined: {why}")
    show_table(console, _accuracies(audit))
    _show_items(console, audit)


def _undetermined(audit: Audit) -> Iterator[str]:
    """Why verdicts are undetermined, a sentence for all of a kind."""
    rows = [row for row in audit.survivals if row.verdict == "undetermined"]
    lost = sorted({row.form for row in rows if row.not_found})
    if lost:
        yield f"sounds are not found in a form that is not silent ({', '.join(map(printable, lost))})"
    few = sorted({row.cue for row in rows if row.pairs < LEAST_PAIRS and not row.not_found})
    if few:
        yield f"fewer than {LEAST_PAIRS} pairs of sounds ({', '.join(few)}): more items would tell"
    small = sorted({row.cue for row in rows if row.pairs >= LEAST_PAIRS and not row.not_found})
    if small:
        yield f"nearly all pairs differ by less than 1 JND ({', '.join(small)}): larger differences would tell"


def verdict(row: Survival) -> str:
    """The verdict in words, with by how much."""
    if row.verdict != "weakened" or row.weakened_jnd is None:
        return row.verdict
    if row.weakened_jnd >= 0.05:
        return f"weakened by {row.weakened_jnd:.1f} JND"
    return f"weakened: in {row.measured} of {row.pairs} pairs"


def _show_items(console: Console, audit: Audit) -> None:
    n = len(audit.unanswerable)
    say(console, f"{n} of {audit.items} items nobody could answer; {audit.judged} could be judged")
    for why, count in Counter(item.reason for item in audit.unanswerable).items():
        say(console, f"{why} ({count}): {_REASONS[why]}")
    if n:
        show_table(console, Table("items nobody could answer", _ITEMS, audit.unanswerable[:_LISTED]))
    if n > _LISTED:
        say(console, f"and {n - _LISTED} more: --json writes all")


def _accuracies(audit: Audit) -> Table:
    """A row for each level of a cue, a column for each form."""
    forms = list(dict.fromkeys(one.form for one in audit.accuracies))
    cells = {(one.cue, one.level, one.form): one for one in audit.accuracies}
    rows = [one for one in audit.accuracies if one.form == forms[0]] if forms else []
    noise = "with internal noise near human values, set by hand" if audit.internal_noise else "noiseless"
    return Table(
        f"how often the listener hears the right direction ({noise}; %, chance is 50)",
        (
            Column("cue", lambda row: row.cue, is_text=True),
            Column("level", _level),
            Column("items", lambda row: row.items, rank=1),
            *(Column(form, partial(_accuracy, cells, form)) for form in forms),
        ),
        rows,
    )


def _accuracy(
    cells: dict[tuple[Cue, float | None, str], LevelAccuracy], form: str, row: LevelAccuracy
) -> str:
    one = cells.get((row.cue, row.level, form))
    return "–" if one is None else percent(one.accuracy.value)


def _level(row: LevelAccuracy | Unanswerable) -> str:
    unit = getattr(row, "level_unit", None)
    return "–" if row.level is None else f"{row.level:g} {printable(unit)}" if unit else f"{row.level:g}"


def _estimate(name: str, row: Survival) -> str:
    one: Estimate | None = getattr(row, name)
    return "–" if one is None else number(one.value, one.interval)


def _told_by(row: Survival) -> str:
    return "–" if row.leak is None else f"{row.leak.cue} (r {row.leak.correlation.value:.2f})"


def _span(form: Form) -> str:
    return "–" if form.seconds is None else "–".join(f"{seconds:.2f}" for seconds in form.seconds)


_FORMS = (
    Column("form", lambda form: printable(form.name), is_text=True),
    Column("known by", lambda form: _BASES[form.basis], is_text=True),
    Column("rate, Hz", lambda form: ", ".join(f"{rate:,}" for rate in form.rates_hz)),
    Column("channels", lambda form: ", ".join(map(str, form.channels))),
    Column("s", _span, rank=1),
)
_CUES: Sequence[Column] = (
    Column("cue", lambda row: row.cue + ("" if row.asked else " (not asked)"), is_text=True),
    Column("scope", lambda row: row.scope, is_text=True),
    Column("form", lambda row: printable(row.form), is_text=True),
    Column("verdict", verdict, is_text=True),
    Column("pairs", lambda row: f"{row.measured}/{row.pairs}", rank=1),
    Column("gain", partial(_estimate, "gain"), rank=3),
    Column("error, JND", partial(_estimate, "error_jnd"), rank=2),
    Column("r", partial(_estimate, "correlation"), rank=2),
    Column("same sign", partial(_estimate, "same_sign"), rank=1),
    Column("told by", _told_by, rank=1),
)
_ITEMS = (
    Column("item", lambda item: printable(item.item), is_text=True),
    Column("cue", lambda item: item.cue or "–", is_text=True),
    Column("why", lambda item: item.reason, is_text=True),
    Column("level", _level),
    Column("says", lambda item: "–" if item.expected is None else f"{item.expected:+d}"),
    Column("heard, JND", lambda item: "–" if item.heard_jnd is None else f"{item.heard_jnd:+.1f}"),
)
