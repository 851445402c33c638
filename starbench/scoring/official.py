"""What a benchmark's own evaluator makes of a run: STAR-Bench's report, or the scorer of an official protocol."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from starbench.errors import StarbenchError
from starbench.plugins.registry import plugin_errors
from starbench.plugins.source_location import explain
from starbench.protocols import get as get_protocol
from starbench.protocols.base import Result
from starbench.protocols.official import OfficialProtocol, ReplyScore, ScorerError
from starbench.runs.load import LoadedRun
from starbench.schema import Outcome, SuiteIdentity
from starbench.schema.official import OfficialDefect, OfficialGap, OfficialRow, OfficialScores
from starbench.scoring import intervals
from starbench.scoring.observations import MISSING, Observation

#: The condition that benchmarks ask.
AUDIO = "audio"
_UNFINISHED = (MISSING, Outcome.ERROR.value)
_ALL = "all items"


def is_complete(observations: Sequence[Observation]) -> bool:
    """Whether every planned trial ended, none in an error."""
    return not any(o.outcome in _UNFINISHED for o in observations)


def official_results(
    suite: SuiteIdentity, observations: Sequence[Observation], data: LoadedRun
) -> OfficialScores | dict[str, Any]:
    """The official figures of a suite, where the run asked what the benchmark asks.

    That is condition audio over all items at the protocol's own rotations, once every trial has ended. A figure of a
    sample would stand beside published ones and be another: which items a sample holds moves it, and groups get few.
    """
    protocol = get_protocol(suite.protocol)
    of_audio = [o for o in observations if o.trial.condition == AUDIO]
    gap = _gap(of_audio, observations, data)
    if isinstance(protocol, OfficialProtocol):
        gap = gap or _gap_of_scorer(protocol, suite, data)
        if gap is not None:
            return OfficialScores(
                n_replies=len(of_audio), scorer=protocol.scorer, gap=gap, gap_detail=protocol.unscored
            )
        return _scores(protocol, _results(of_audio, data))
    return protocol.figures(_results(of_audio, data)) if gap is None else {}


def _gap(
    of_audio: Sequence[Observation], observations: Sequence[Observation], data: LoadedRun
) -> OfficialGap | None:
    setup = data.run.identity.setup
    if not of_audio:
        return OfficialGap.NOT_AUDIO
    if setup.limit is not None:
        return OfficialGap.SAMPLE
    if setup.rotations != "default":
        return OfficialGap.ROTATIONS
    # Items to which another condition does not apply are no loss; items the model cannot take are.
    if data.run.skipped or len({o.item.id for o in of_audio}) < len({o.item.id for o in observations}):
        return OfficialGap.LEFT_OUT
    return None if is_complete(of_audio) else OfficialGap.UNFINISHED


def _gap_of_scorer(protocol: OfficialProtocol, suite: SuiteIdentity, data: LoadedRun) -> OfficialGap | None:
    if protocol.scorer is None:
        return OfficialGap.NO_SCORER
    if data.run.identity.setup.answer_mode != "text":
        return OfficialGap.ANSWER_MODE
    missing = any(one.suite == suite.name and one.condition in (AUDIO, None) for one in data.run.inapplicable)
    return OfficialGap.LEFT_OUT if missing else None


def _results(observations: Sequence[Observation], data: LoadedRun) -> list[Result]:
    return [
        Result(
            o.item,
            tuple(o.item.options[i] for i in o.trial.contents),
            o.trial.answer_letter,
            data.ends[o.trial.key].response or "",
            Outcome(o.outcome),
            o.correct,
        )
        for o in observations
    ]


def _scores(protocol: OfficialProtocol, results: Sequence[Result]) -> OfficialScores:
    try:
        scored = _scored(protocol, results)
    except ScorerError as stop:
        return OfficialScores(
            n_replies=len(results),
            scorer=protocol.scorer,
            gap=OfficialGap.SCORER_STOPS,
            gap_detail=str(stop),
        )
    decided = Counter(one.defect for one in scored)
    pairs = [(one.correct, result.correct) for one, result in zip(scored, results, strict=True)]
    return OfficialScores(
        scorer=protocol.scorer,
        rows=_rows(protocol, results, scored),
        n_replies=len(results),
        left_out=sum(official is None for official, _ in pairs),
        only_official=sum(bool(official) and not ours for official, ours in pairs),
        only_ours=sum(ours and not official for official, ours in pairs),
        always_first=_share(protocol, [result._replace(reply=result.options[0]) for result in results]),
        always_a=_share(protocol, [result._replace(reply="A") for result in results]),
        defects=tuple(
            OfficialDefect(text=text, n_replies=decided[code]) for code, text in protocol.defects.items()
        ),
    )


def _scored(protocol: OfficialProtocol, results: Sequence[Result]) -> Sequence[ReplyScore]:
    with plugin_errors(
        lambda error: f"the scorer of protocol {protocol.name!r} fails: {explain(error, type(protocol))}",
        StarbenchError,
    ):
        scored = protocol.score_replies(results)
        if len(scored) != len(results):
            raise ValueError(f"it scores {len(scored)} replies of {len(results)}")
        return scored


def _share(protocol: OfficialProtocol, results: Sequence[Result]) -> float | None:
    try:
        counted = [one.correct for one in _scored(protocol, results) if one.correct is not None]
    except ScorerError:
        return None
    return sum(counted) / len(counted) if counted else None


def _rows(
    protocol: OfficialProtocol, results: Sequence[Result], scored: Sequence[ReplyScore]
) -> tuple[OfficialRow, ...]:
    groups: dict[tuple[str | None, str], list[tuple[Result, bool | None]]] = {(None, _ALL): []}
    for result, one in zip(results, scored, strict=True):
        for key in ((None, _ALL), *protocol.groups_of(result.item)):
            groups.setdefault(key, []).append((result, one.correct))
    # By what they are grouped by, as the protocol lists it, and by name.
    by = [None, *dict.fromkeys(group for group, _ in groups if group is not None)]
    order = sorted(groups, key=lambda key: (by.index(key[0]), key[1]))
    return tuple(
        _row(group, name, groups[group, name], is_printed=group is not None or protocol.has_total)
        for group, name in order
    )


def _row(
    group: str | None, name: str, pairs: Sequence[tuple[Result, bool | None]], *, is_printed: bool
) -> OfficialRow:
    right: Counter[str] = Counter()
    planned: Counter[str] = Counter()
    for result, _ in pairs:
        planned[result.item.id] += 1
        right[result.item.id] += result.correct
    shares = np.array([float(right[item]) for item in planned]), np.array(list(map(float, planned.values())))
    return OfficialRow(
        group=group,
        name=name,
        n_items=len(planned),
        correct=sum(bool(official) for _, official in pairs) if is_printed else None,
        counted=sum(official is not None for _, official in pairs) if is_printed else None,
        aa=sum(right.values()) / len(pairs),
        aa_ci=intervals.rate(*shares),
        coverage=sum(result.outcome is Outcome.ANSWERED for result, _ in pairs) / len(pairs),
    )
