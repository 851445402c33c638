"""Causes of errors by a judge: which replies it is asked about, and what its verdicts say of which trials."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from starbench.protocols import cause_judge as protocol
from starbench.runs.load import LoadedRun
from starbench.schema import Item, Outcome, Trial
from starbench.schema.error_analysis import ErrorCause
from starbench.schema.judge import JudgeLine
from starbench.schema.latest import latest_lines
from starbench.schema.trial import TrialKey
from starbench.scoring.control_causes import ControlTrials
from starbench.scoring.observations import Observation

#: What came with a reply that may show what went wrong; a refusal has no error in it.
_SHOWING = {Outcome.ANSWERED, Outcome.AMBIGUOUS, Outcome.UNPARSED, Outcome.TRUNCATED}


def causes_to_judge(
    data: LoadedRun, errors: Sequence[Observation], controls: ControlTrials
) -> dict[TrialKey, Trial]:
    """The judgement of each of ``errors`` whose reply may show what went wrong; equal ones are the same."""
    judgements: dict[TrialKey, Trial] = {}
    for o in errors:
        end = data.ends.get(o.trial.key)
        reply = (end.response if end else None) or ""
        if o.outcome not in _SHOWING or not reply.strip() or len(o.trial.contents) > protocol.MOST_OPTIONS:
            continue
        told = {
            name: items[o.trial.suite, o.item.id]
            for name, items in controls.items()
            if (o.trial.suite, o.item.id) in items
        }
        judgements[o.trial.key] = protocol.trial(
            o.item.question,
            tuple(o.item.options[i] for i in o.trial.contents),
            o.trial.answer_letter,
            o.letter,
            reply,
            _content(o.item),
            {name: (sum(one.correct for one in group), len(group)) for name, group in told.items()},
        )
    return judgements


def _content(item: Item) -> Sequence[str]:
    """What the sounds hold, in the words that tell most."""
    return item.captions.get("full") or ([item.global_caption] if item.global_caption else [])


def sample(judgements: Iterable[Trial], limit: int | None = None) -> list[Trial]:
    """Each judgement once, in an order drawn by chance; a larger ``limit`` holds what a smaller one does."""
    by_digest = {one.item_id: one for one in judgements}
    return [by_digest[digest] for digest in sorted(by_digest)[:limit]]


def verdicts(judgements: dict[TrialKey, Trial], lines: Iterable[JudgeLine]) -> dict[TrialKey, ErrorCause]:
    """The cause of each trial whose judgement is in ``lines`` as a verdict."""
    latest = {line.reply: line for line in latest_lines(lines, lambda line: line).values()}
    causes = {}
    for key, judgement in judgements.items():
        line = latest.get(judgement.item_id)
        if line is not None and line.outcome is Outcome.ANSWERED and line.letter is not None:
            causes[key] = protocol.cause(line.letter, judgement.options)
    return causes
