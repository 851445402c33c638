"""Reader and judge: which replies of a run are judged, and how far the two agree on what was chosen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from starbench.protocols import judge as protocol
from starbench.protocols.judging import shortened
from starbench.runs.judge_record import JudgeRecord
from starbench.runs.load import LoadedRun
from starbench.schema import Outcome, Trial
from starbench.schema.judge import Agreement, Disagreement, JudgeLine
from starbench.schema.latest import latest_lines
from starbench.scoring.observations import Observation, observe

#: What a reader makes of a reply that is whole and has words.
_READ = {Outcome.ANSWERED, Outcome.REFUSED, Outcome.AMBIGUOUS, Outcome.UNPARSED}
#: Characters of a reply beside a disagreement.
_SHOWN = 120

#: What a reader and a judge read: a letter, or None.
Pair = tuple[str | None, str | None]


class JudgedReply(NamedTuple):
    """A reply to one question, and what the reader makes of the trials that ended in it."""

    text: str
    trial: Trial
    """Its judgement, as the judge is asked for it."""
    observations: list[Observation]


def replies_to_judge(data: LoadedRun, limit: int | None = None) -> list[JudgedReply]:
    """Every whole text reply of a run, once for each question and options, in an order drawn by chance.

    Cut, withheld, empty and failed ones have nothing to judge, and 26 options leave no letter for none.
    ``limit`` takes the first so many: a random sample, and a larger one holds the smaller.
    """
    replies: dict[str, JudgedReply] = {}
    for observation in observe(data):
        planned, item = observation.trial, observation.item
        end = data.ends.get(planned.key)
        is_whole = end is not None and end.stop == "end" and observation.outcome in _READ
        if end is None or not is_whole or len(planned.contents) > protocol.MOST_OPTIONS:
            continue
        text = end.response or ""
        trial = protocol.trial(item.question, tuple(item.options[i] for i in planned.contents), text)
        replies.setdefault(trial.item_id, JudgedReply(text, trial, [])).observations.append(observation)
    return [replies[digest] for digest in sorted(replies)[:limit]]


def agreement(record: JudgeRecord, replies: Sequence[JudgedReply]) -> Agreement:
    """How far the judge of ``record`` and the reader agree on ``replies``."""
    lines = {line.reply: line for line in latest_lines(record.lines(), lambda line: line).values()}
    pairs: Counter[Pair] = Counter()
    no_verdict = missing = 0
    disagreements = []
    for reply in replies:
        line, n = lines.get(reply.trial.item_id), len(reply.observations)
        if line is None or line.outcome is Outcome.ERROR:
            missing += n
        elif line.outcome is not Outcome.ANSWERED:
            no_verdict += n
        else:
            pairs.update((observation.letter, line.letter) for observation in reply.observations)
            if (one := _disagreement(reply, line)) is not None:
                disagreements.append(one)
    kinds = Counter(_kind(pair) for pair in pairs.elements())
    n_verdicts = pairs.total()
    return Agreement(
        judge=record.header.identity,
        file=record.lines_path.name,
        n_replies=len(replies),
        n_trials=sum(len(reply.observations) for reply in replies),
        **{kind: kinds[kind] for kind in ("same", "differ", "only_reader", "only_judge", "neither")},
        no_verdict=no_verdict,
        missing=missing,
        agreement=(kinds["same"] + kinds["neither"]) / n_verdicts if n_verdicts else None,
        kappa=kappa(pairs),
        disagreements=tuple(sorted(disagreements, key=lambda one: None in (one.reader, one.judge))),
    )


def kappa(pairs: Mapping[Pair, int]) -> float | None:
    """Cohen's kappa, agreement beyond chance (Educ. Psychol. Meas. 20, 1960); None where chance agrees always."""
    n = sum(pairs.values())
    reader: Counter[str | None] = Counter()
    judge: Counter[str | None] = Counter()
    for (read, judged), count in pairs.items():
        reader[read] += count
        judge[judged] += count
    by_chance = sum(count * judge[label] for label, count in reader.items())
    if by_chance == n * n:  # without any pair, too
        return None
    observed = sum(count for (read, judged), count in pairs.items() if read == judged)
    return (n * observed - by_chance) / (n * n - by_chance)


def _kind(pair: Pair) -> str:
    read, judged = pair
    if read == judged:
        return "neither" if read is None else "same"
    if None not in pair:
        return "differ"
    return "only_judge" if read is None else "only_reader"


def _disagreement(reply: JudgedReply, line: JudgeLine) -> Disagreement | None:
    """The first trial of a reply that the reader reads otherwise; two protocols may read one reply differently."""
    for observation in reply.observations:
        if observation.letter != line.letter:
            suite, item_id, rotation, condition = observation.trial.key
            return Disagreement(
                suite=suite,
                item_id=item_id,
                rotation=rotation,
                condition=condition,
                outcome=Outcome(observation.outcome),
                reader=observation.letter,
                judge=line.letter,
                reply=shortened(reply.text, _SHOWN),
            )
    return None
