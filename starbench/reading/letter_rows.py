"""Letters of a reply that stand together: pairs, alternatives, rows, and lists of options restated."""

from __future__ import annotations

import re
from itertools import pairwise

from starbench.reading import patterns
from starbench.reading.reply import Candidate, Reply

_LISTING = re.compile(r"and|or|&|/|或|和|与|か|또는|または|oder|ou\b|или|und\b|\b(?:et|y|e|o)\b|أو|या|\bи\b")
_OR = re.compile(
    r"\b(?:or|oder|ou|o|или|and/or)\b(?! rather| plutôt| besser| mejor)|/|或|か|또는|または|أو|या"
)
#: Letters further apart are not side by side, characters.
_JOINED_REACH = 60


def join(reply: Reply, candidates: list[Candidate]) -> bool:
    """Treat letters that stand side by side alike, and drop alternatives; whether there were any."""
    offered = False
    for one, other in reversed(list(pairwise(candidates))):
        between = _between(reply, one, other)
        if not patterns.JOINED.fullmatch(between):
            continue
        is_listing = _LISTING.search(between) is not None
        if one.dropped and "," in between and reply.lower[: one.start].rstrip(" <([\"'").endswith(":"):
            other.dropped = True  # "wrong: A, C"
        # What is said of one of a pair is said of both: "not A or B", "A and B are wrong".
        if is_listing and (one.dropped or other.dropped):
            one.dropped = other.dropped = True
        elif offered and other.dropped and not one.cued:  # "A, B or C"
            one.dropped = True
        elif one.index != other.index and _OR.search(between):
            offered = one.dropped = other.dropped = True
        other.rank, other.cued = max(one.rank, other.rank), one.cued or other.cued
        if is_listing:
            one.rank = other.rank
    return offered


def _between(reply: Reply, one: Candidate, other: Candidate) -> str:
    """What stands between two letters, without the options' texts."""
    return reply.choices.pattern.sub("", reply.lower[one.end : min(other.start, one.end + _JOINED_REACH)])


def drop_enumerations(reply: Reply, candidates: list[Candidate]) -> None:
    """Drop all letters in a row: "choose one: A, B, C", whether or not all of them name options."""
    n = max(len(reply.choices.words), 3)
    for place in range(len(candidates) - n + 1):
        row = candidates[place : place + n]
        is_row = [one.index for one in row] == list(range(n))
        if is_row and all(patterns.JOINED.fullmatch(_between(reply, *pair)) for pair in pairwise(row)):
            for one in row:
                one.dropped = True


def without_lists(reply: Reply, candidates: list[Candidate]) -> list[Candidate]:
    """Drop runs of labels in alphabetical order: the options restated, choosing none."""
    kept: list[Candidate] = []
    run: list[Candidate] = []
    for candidate in [*candidates, None]:
        listed = (
            candidate is not None
            and candidate.label
            and not (candidate.cued and not _after_newline(reply, candidate))
        )
        if listed and candidate is not None and (not run or candidate.index == run[-1].index + 1):
            run.append(candidate)
            continue
        kept += run if len(run) == 1 else []
        run = [candidate] if listed and candidate is not None else []
        if candidate is not None and not listed:
            kept.append(candidate)
    return sorted(kept, key=lambda candidate: candidate.start)


def _after_newline(reply: Reply, candidate: Candidate) -> bool:
    return reply.text[: candidate.start].rstrip(" <([{\"'-").endswith("\n")
