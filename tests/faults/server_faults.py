"""A run against each fault of the table, always and now and then; then the same run against a good server."""

from __future__ import annotations

import re
import signal
from collections import Counter
from pathlib import Path
from random import Random

from starbench.runs import directory, journal
from starbench.schema import JournalLine, Outcome
from starbench.schema.latest import latest_lines
from starbench.schema.trial import TrialKey

from . import child
from .campaign import OK, Case, FaultKind, Judgement, Verdict, once
from .exchange import BAIT, Exchange, answer, letter_of
from .fault_table import FAULTS, Fault, send
from .server import Behaviour, serving
from .world import World

_BY_NAME = {
    f"{fault.name}, {how}": (fault, how)
    for fault in FAULTS
    for how in ("always", "now and then")
    # A server that always says 429 is waited for: two of these are enough.
    if how != "always" or not fault.name.startswith("429, ") or "-5" in fault.name
}
_GOOD = frozenset({"good"})
#: On a busy machine anything may be late; that is an error, and no letter.
_LATE = frozenset({"timeout"})
#: What a user must be told while a server is waited for.
_WAITING = re.compile(r"wait|429|rate limit", re.IGNORECASE)
#: What a run may take beyond its start, B: a reply of 50 MB, or of a gigabyte once unpacked, must not be read whole.
_MEMORY = 2**29


def kinds() -> list[FaultKind]:
    groups = dict.fromkeys(fault.group for fault in FAULTS)
    return [
        FaultKind(
            f"server: {group}",
            [label for label, (fault, _) in _BY_NAME.items() if fault.group == group],
            _judge,
            short=3,
        )
        for group in groups
    ]


def run_at(url: str, suite: Path, folder: Path, *options: str) -> child.Ended:
    arguments: list[str | Path] = [
        "run",
        "--model",
        "openai:m",
        "--base-url",
        url,
        "--suite",
        suite,
        "--out",
        "run",
        "--no-canary",
    ]
    arguments += ["--rotations", "1", "--max-attempts", "2", "--backoff", "0.01", "--timeout", "0.8"]
    return child.command(*arguments, *options, cwd=folder, memory=_MEMORY, seconds=20)


def _behaviour(fault: Fault, how: str, seed: str) -> Behaviour:
    def behave(exchange: Exchange, seen: int) -> None:
        if how == "always" or Random(f"{seed}/{exchange.digest}/{seen}").random() < 0.5:
            send(fault, exchange)
        else:
            answer(exchange)

    return behave


@once
def requests_of(world: World) -> dict[TrialKey, str]:
    """The digest of the request of each trial, as a good server saw it."""
    with serving() as server:
        ended = run_at(server.url, world.path("suite"), world.root, "--timeout", "20")
    assert ended.code == 0, ended
    return {
        key: str(line.served_model)
        for key, line in latest_lines(journal.read(world.root / "run"), lambda line: line).items()
    }


def _judge(case: Case) -> Judgement:
    fault, how = _BY_NAME[case.label]
    suite, run = case.world.path("suite"), case.folder / "run"
    requests = requests_of(case.world)
    with serving(_behaviour(fault, how, case.label)) as server:
        first = run_at(server.url, suite, case.folder)
        asked = server.questions
    waits = first.code is None and "rate_limit" in fault.ends and _WAITING.search(first.err)
    if not waits and (problem := ended_badly(first)):
        return problem
    before = latest_lines(journal.read(run), lambda line: line) if run.exists() else {}
    allowed = fault.ends | _LATE | (_GOOD if how != "always" else frozenset())
    if problem := misread(before, requests, allowed):
        return problem
    was_stopped = {"auth", "quota", "not_found"} & fault.ends
    if run.exists() and not (was_stopped or waits) and (unasked := len(requests) - len(before)):
        return Judgement(Verdict.LOST, f"{unasked} trials have no line after exit code {first.code}")
    if stray := set(asked) - set(requests.values()):
        return Judgement(Verdict.WRONG, f"{len(stray)} requests of no trial")
    with serving() as server:
        second = run_at(server.url, suite, case.folder, "--retry-permanent", "--timeout", "20")
        asked = server.questions
    if problem := ended_badly(second):
        return problem
    return _resumed(run, before, asked, requests, allowed | _GOOD)


def _resumed(
    run: Path,
    before: dict[TrialKey, JournalLine],
    asked: Counter[str],
    requests: dict[TrialKey, str],
    allowed: frozenset[str],
) -> Judgement:
    """Whether the second run asked what lacked an end, and nothing else."""
    after = latest_lines(journal.read(run), lambda line: line)
    ended = {key for key, line in before.items() if line.outcome is not Outcome.ERROR}
    wanted = Counter(digest for key, digest in requests.items() if key not in ended)
    if asked != wanted:
        return Judgement(
            Verdict.LOST, f"resuming asked {asked.total()} times, where {wanted.total()} had no end"
        )
    if set(after) != {trial.key for trial in directory.read_plan(run)} or set(after) != set(requests):
        return Judgement(Verdict.LOST, "trials without a line after resuming")
    if changed := [key for key in ended if after[key] != before[key]]:
        return Judgement(Verdict.WRONG, f"the ends of {len(changed)} trials changed on resuming")
    return misread({key: line for key, line in after.items() if key not in ended}, requests, _GOOD) or OK


def misread(
    lines: dict[TrialKey, JournalLine], requests: dict[TrialKey, str], allowed: frozenset[str]
) -> Judgement | None:
    for key, line in lines.items():
        end = line.error.kind if line.error else line.outcome.value
        if line.letter == BAIT or BAIT in (line.letter or ""):
            return Judgement(Verdict.WRONG, f"the bait became a letter ({end})")
        if line.outcome is Outcome.ANSWERED:
            digest = requests[key]
            if (line.served_model, line.letter) != (digest, letter_of(digest)):
                return Judgement(
                    Verdict.WRONG, f"a trial has the reply of another, or none: {line.response!r:.80}"
                )
            end = "good"
        if end not in allowed:
            said = line.error.message[:120] if line.error else repr(line.response)[:80]
            return Judgement(Verdict.WRONG, f"ended as {end}, not {' or '.join(sorted(allowed))}: {said}")
    return None


def ended_badly(ended: child.Ended, codes: tuple[int, ...] = (0, 1, 2)) -> Judgement | None:
    """A hang, a traceback or an end that is none of the exit codes."""
    if ended.code in (None, -signal.SIGXCPU):
        return Judgement(Verdict.HANG, f"still running after {ended.seconds:.0f} s: {ended.complaint}")
    if ended.is_traceback:
        return Judgement(Verdict.CRASH, ended.stack_end)
    if ended.code not in codes:
        return Judgement(Verdict.CRASH, f"exit code {ended.code}: {ended.complaint}")
    return None
