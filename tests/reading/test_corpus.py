"""The gate of reading: labelled replies, read as a careful person reads them.

``corpus.jsonl`` is our own: ``reply``, ``options``, ``group``, sometimes the ``question`` and the ``outcome``. Its
``label`` is a letter, or ``-`` where no letter may be read. Alternatives stand with slashes (``-/A``); ``A?`` is A
or none. Labels say what a person would put down, never what some reader does.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from starbench.protocols import read_response
from starbench.schema import Reading
from starbench.tasks.benchmarks import sonicbench

CORPUS = Path(__file__).with_name("corpus.jsonl")
#: Written to defeat a reader by rules, without a look at this one: more of them stay unread, none is read wrong.
HARD = CORPUS.with_name("hard.jsonl")
NONE = "-"


@dataclass(frozen=True)
class Case:
    """A reply and what may be read in it."""

    reply: str
    options: tuple[str, ...]
    letters: frozenset[str]
    outcome: str | None = None
    question: str | None = None


def read(case: Case) -> Reading:
    return read_response("starbench", case.reply, "end", case.options, question=case.question)


def rows(path: Path) -> list[dict]:
    # Not splitlines(): a reply may hold other line separators than JSON lines do.
    return [json.loads(line) for line in path.read_text("utf-8").split("\n") if line]


def letters(label: str) -> frozenset[str]:
    return frozenset(label.removesuffix("?").split("/")) | ({NONE} if label.endswith("?") else set())


def labelled(path: Path) -> list[Case]:
    return [
        Case(
            row["reply"],
            tuple(row["options"]),
            letters(row["label"]),
            row.get("outcome"),
            row.get("question"),
        )
        for row in rows(path)
    ]


def sonicbench_replies(path: Path) -> list[Case]:
    """Real replies of audio-language models; those whose label is unsure are left out."""
    return [
        Case(
            row["reply"],
            sonicbench.options(row["prompt"]),
            frozenset({NONE if row["letter"] in {None, "none"} else row["letter"]}),
            row["outcome"],
            row["prompt"],
        )
        for row in rows(path)
        if row["sure"]
    ]


def published_replies(path: Path) -> list[Case]:
    return [
        Case(row["response"], tuple(row["options"]), frozenset({row["intended"] or NONE}))
        for row in rows(path)
    ]


def check(cases: list[Case], invented_share: float = 0.01, right_share: float = 0.95) -> None:
    """No wrong letter, at most 1 % letters where there is none, at least 95 % right (outcome and letter)."""
    wrong: list[str] = []
    invented: list[str] = []
    other: list[str] = []
    for case in cases:
        reading = read(case)
        letter = reading.letter or NONE
        line = f"{letter} {reading.outcome} for {sorted(case.letters)} {case.outcome or ''}: {case.reply[-200:]!r}"
        if letter != NONE and letter not in case.letters:
            (invented if case.letters == {NONE} else wrong).append(line)
        elif letter not in case.letters or (
            case.outcome and reading.outcome != case.outcome and letter == NONE
        ):
            other.append(line)
    none = sum(case.letters == {NONE} for case in cases)
    right = len(cases) - len(wrong) - len(invented) - len(other)
    shown = "\n".join([*wrong, *invented, *other][:20])
    counts = f"{len(wrong)} wrong letters, {len(invented)} of {none} invented, {right} of {len(cases)} right"
    assert len(wrong) == 0, f"{counts}\n{shown}"
    assert len(invented) <= invented_share * none, f"{counts}\n{shown}"
    assert right >= right_share * len(cases), f"{counts}\n{shown}"


@pytest.mark.parametrize("path", [CORPUS, HARD])
def test_a_corpus_is_large_valid_and_says_each_thing_once(path):
    corpus = rows(path)
    assert len(corpus) >= 600
    keys = {(row["reply"], *row["options"], row.get("question")) for row in corpus}
    assert len(keys) == len(corpus)
    for row in corpus:
        assert letters(row["label"]) <= {NONE, *"ABCDEFGHIJ"[: len(row["options"])]}, row
        assert row.get("outcome") in {
            None,
            "answered",
            "refused",
            "ambiguous",
            "unparsed",
            "truncated",
            "empty",
        }


def test_our_corpus_reads_as_labelled():
    check(labelled(CORPUS))


def test_of_hard_replies_none_gives_a_wrong_letter():
    check(labelled(HARD), invented_share=0.04, right_share=0.77)


def test_every_labelled_reply_reads_as_labelled(shared):
    check(
        labelled(CORPUS)
        + labelled(shared / "reading-cases.jsonl")
        + sonicbench_replies(shared / "sonicbench-results" / "labels.jsonl")
        + published_replies(shared / "official-vectors" / "real-responses.jsonl")
    )


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (Case("B", ("This", "That"), frozenset("A")), "1 wrong letters"),
        (Case("B", ("This", "That"), frozenset(NONE)), "1 of 1 invented"),
        (Case("Hm.", ("This", "That"), frozenset("A")), "1 of 2 right"),
    ],
)
def test_the_gate_notices_each_kind_of_failure(bad, message):
    good = Case("B", ("This", "That"), frozenset("B"), "answered")
    check([good])
    with pytest.raises(AssertionError, match=message):
        check([good, bad])
