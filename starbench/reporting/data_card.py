"""The data card of a suite: what it holds, where its sounds are from, and what was left out and why, as Markdown.

What a label or a file name says is escaped: it is shown, never obeyed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from starbench.reporting.files import write_file
from starbench.reporting.markdown import escape
from starbench.suites.overview import SuiteOverview, overview
from starbench.suites.suite import Suite, read_manifest

DATA_CARD = "DATA_CARD.md"
#: Columns of the table of recordings: key of what the suite declares -> heading.
_COLUMNS = {
    "file": "file",
    "name": "name",
    "class": "class",
    "licence": "licence",
    "consent": "consent",
    "source": "source",
    "seconds": "s",
    "rate_hz": "rate, Hz",
    "bandwidth_hz": "reaches, Hz",
    "channels": "channels",
}


def write_data_card(suite: Suite) -> Path:
    """Write the card of a suite that was built beside its manifest; returns its path."""
    path = suite.root / DATA_CARD
    write_file(path, data_card(suite, read_manifest(suite.root)))
    return path


def data_card(suite: Suite, manifest: Mapping[str, Any]) -> str:
    """The text of the card."""
    recordings = suite.declared.get("recordings")
    recordings = recordings if isinstance(recordings, dict) else {}
    sections = [
        f"# {escape(suite.name)}",
        _sentences(_origin(suite, recordings)),
        _section("What is in it", _contents(suite)),
        _section("What was left out", _left_out(manifest, recordings)),
        _section("Which recordings each question uses", _by_question(recordings.get("questions") or {})),
        _section("Recordings", _recordings(recordings.get("used") or ())),
    ]
    return "\n\n".join(filter(None, sections)) + "\n"


def _origin(suite: Suite, recordings: Mapping[str, Any]) -> Iterable[str]:
    spec = suite.spec
    task, profile, seed = (escape(str(spec.get(key))) for key in ("task", "profile", "seed"))
    yield f"Built by starbench: task {task}, profile {profile}, seed {seed}; digest {suite.digest[:12]}."
    used = recordings.get("used") or ()
    if used:
        yield f"Its sounds are {len(used)} recordings, listed below."
        licences = Counter(str(one.get("licence") or "not stated") for one in used)
        yield (
            "Licences of the recordings: "
            + ", ".join(f"{escape(name)} ({n})" for name, n in sorted(licences.items()))
            + "."
        )
        yield "The clips are made from them: whoever publishes the suite keeps to the terms of all."
    else:
        yield f"Its sounds are synthesized. Licence: {escape(suite.licence or 'not stated')}."


def _contents(suite: Suite) -> Iterable[str]:
    counts = overview(suite)
    yield _table(("part", "items"), [(escape(part), str(n)) for part, n in counts.categories.items()])
    yield _clips(suite, counts)
    bands = sorted({item.bandwidth_hz for item in suite.items if item.bandwidth_hz is not None})
    if bands:
        yield f"Highest frequencies that questions need: {', '.join(f'{band:g}' for band in bands)} Hz."


def _clips(suite: Suite, counts: SuiteOverview) -> str:
    channels = Counter(clip.channels for clip in suite.clips.values())
    of_channels = ", ".join(f"{n} of {count} channel(s)" for count, n in sorted(channels.items()))
    rates = ", ".join(f"{rate} Hz" for rate in counts.rates)
    shortest, longest, together = counts.seconds
    return (
        f"{counts.n_items} items, {counts.n_clips} clips ({of_channels}) at {rates}, of {shortest:.2f} to "
        f"{longest:.2f} s, {together / 60:.1f} min together. Chance: {counts.chance:.1%}."
    )


def _left_out(manifest: Mapping[str, Any], recordings: Mapping[str, Any]) -> Iterable[str]:
    dropped = manifest.get("dropped")
    yield _bullets(map(str, dropped if isinstance(dropped, list) else ()))
    files = [one for one in recordings.get("left_out") or () if isinstance(one, dict)]
    yield _table(
        ("file", "why it is not used"),
        [(escape(str(one.get("file"))), escape(str(one.get("reason")))) for one in files],
    )


def _by_question(questions: Mapping[str, Any]) -> Iterable[str]:
    yield _table(
        ("question", "recordings used", "what others lack"),
        [
            (escape(name), str(len(facts.get("used") or ())), _lacking(facts.get("left_out") or {}))
            for name, facts in questions.items()
            if isinstance(facts, dict)
        ],
    )


def _lacking(left_out: Mapping[str, Any]) -> str:
    return ", ".join(f"{len(files)} {escape(reason)}" for reason, files in left_out.items())


def _recordings(used: Sequence[Any]) -> Iterable[str]:
    rows = [one for one in used if isinstance(one, dict)]
    present = {key: name for key, name in _COLUMNS.items() if any(row.get(key) is not None for row in rows)}
    yield _table(
        tuple(present.values()),
        [tuple(escape(_cell(row.get(key))) for key in present) for row in rows],
    )


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:g}" if isinstance(value, float) else str(value)


def _section(title: str, parts: Iterable[str]) -> str:
    text = "\n\n".join(filter(None, parts))
    return f"## {title}\n\n{text}" if text else ""


def _sentences(parts: Iterable[str]) -> str:
    return " ".join(parts)


def _bullets(lines: Iterable[str]) -> str:
    return "\n".join(f"- {escape(line)}" for line in lines)


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    if not rows:
        return ""
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
