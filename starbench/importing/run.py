"""Predictions as a run: its folder has the same files as any other, and its record says where they came from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from pydantic import ValidationError

from starbench import protocols
from starbench.errors import InputError, SuiteError
from starbench.execution.environment import versions
from starbench.planning.trials import arrange, most_rotations, right_option
from starbench.runs import directory, journal
from starbench.runs.directory import PlannedTrial
from starbench.schema import Capabilities, Identity, Item, JournalLine, Reading, Run, Setup, SuiteIdentity
from starbench.schema.imported import Prediction, PredictionSet
from starbench.suites.suite import Suite, digest_without_sounds
from starbench.text import validation_problem

CONDITION = "audio"


def write_run(predictions: PredictionSet, path: Path, suite: Suite | None = None) -> Run:
    """Write the run of one system to the folder ``path``, which must be new.

    With a ``suite``, its items are the questions, so the run can be compared with runs of ours; without one, the items
    that came with the predictions are. An item without a prediction stays planned, and counts as missing.

    Raises a SuiteError that lists every prediction that fits no question, and an InputError if ``path`` exists.
    """
    if path.exists():
        raise InputError(f"{path} exists: name a new --out, or remove it")
    items = {item.id: item for item in (suite.items if suite else predictions.items)}
    name = suite.name if suite else predictions.suite
    trials = list(_planned(items, predictions, name))
    lines = dict(zip((trial.key for trial in trials), _lines(items, trials, predictions), strict=False))
    run = _record(predictions, suite, items.values(), name, list(lines.values()))
    with directory.hold(path):
        try:
            directory.begin(path, run, {(name, item.id): item for item in items.values()}, trials)
            with journal.LineWriter(path / journal.NAME) as writer:
                for line in lines.values():
                    writer.append(line)
        except BaseException:
            directory.discard(path)  # half an import is none
            raise
    return run


def _planned(items: dict[str, Item], predictions: PredictionSet, suite: str) -> Iterator[PlannedTrial]:
    """A trial for each prediction, in their order, then those that have none.

    Every item is planned at as many rotations as any item of its task with as many options was asked at.
    """
    if problems := tuple(_problems(items, predictions, suite)):
        raise SuiteError(f"{len(problems)} prediction(s) do not fit the questions", problems)
    most: Counter[tuple[str, int]] = Counter()
    for one in predictions.predictions:
        item = items[one.item_id]
        most[_kind(item)] = max(most[_kind(item)], one.rotation + 1)
        yield _trial(item, one.rotation, suite, predictions.protocol)
    asked = {(one.item_id, one.rotation) for one in predictions.predictions}
    for item in items.values():
        for rotation in range(most[_kind(item)] or 1):
            if (item.id, rotation) not in asked:
                yield _trial(item, rotation, suite, predictions.protocol)


def _problems(items: dict[str, Item], predictions: PredictionSet, suite: str) -> Iterator[str]:
    """What is wrong with predictions that fit no question, or another one than they state."""
    asked: set[tuple[str, int]] = set()
    for one in predictions.predictions:
        where, item = one.where or one.item_id, items.get(one.item_id)
        if item is None:
            yield f"{where}: no question of {suite} is called {one.item_id!r}: correct it, or --suite"
        elif one.rotation >= most_rotations(item):
            yield f"{where}: rotation {one.rotation}: {one.item_id!r} has {most_rotations(item)}, from 0"
        elif (one.item_id, one.rotation) in asked:
            yield f"{where}: question {one.item_id!r} has two predictions at rotation {one.rotation}: keep one"
        else:
            asked.add((one.item_id, one.rotation))
            right = _trial(item, one.rotation, suite, predictions.protocol).answer_letter
            if one.answer_letter not in (None, right):
                yield (
                    f"{where}: its right letter is {one.answer_letter}, by the question {right}: is --suite the data "
                    "set that was asked?"
                )


def _kind(item: Item) -> tuple[str, int]:
    return item.task, len(item.options)


def _trial(item: Item, rotation: int, suite: str, protocol: str) -> PlannedTrial:
    contents, order = arrange(item, rotation)
    right = contents.index(right_option(item, order))
    return PlannedTrial(
        suite=suite,
        item_id=item.id,
        rotation=rotation,
        condition=CONDITION,
        protocol=protocol,
        contents=contents,
        answer_letter=chr(ord("A") + right),
        extension=False,
    )


def _lines(
    items: dict[str, Item], trials: Iterable[PlannedTrial], predictions: PredictionSet
) -> Iterator[JournalLine]:
    """The journal line of each prediction, in their order; trials without one come after."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    for trial, one in zip(trials, predictions.predictions, strict=False):
        item = items[trial.item_id]
        reading = _read(one.reply, one, item, trial)
        chosen = None if reading.letter is None else trial.contents[ord(reading.letter) - ord("A")]
        yield JournalLine(
            suite=trial.suite,
            item_id=trial.item_id,
            rotation=trial.rotation,
            condition=trial.condition,
            protocol=trial.protocol,
            outcome=reading.outcome,
            letter=reading.letter,
            answer_letter=trial.answer_letter,
            correct=reading.letter == trial.answer_letter,
            abstained=chosen is not None and chosen == item.abstain,
            truncated=reading.truncated,
            response=one.reply,
            stop=one.stop,
            attempts=0,
            latency_s=0.0,
            model=predictions.model,
            request_digest=sha256("\0".join(map(str, trial.key)).encode()).hexdigest(),
            at=now,
        )


def _read(reply: str | None, prediction: Prediction, item: Item, trial: PlannedTrial) -> Reading:
    options = tuple(item.options[i] for i in trial.contents)
    # As scoring calls it, so that what is read here is read once.
    return protocols.read_response(trial.protocol, reply, prediction.stop, options, "text", item.question)


def _record(
    predictions: PredictionSet,
    suite: Suite | None,
    items: Iterable[Item],
    name: str,
    lines: list[JournalLine],
) -> Run:
    protocol = protocols.get(predictions.protocol)
    by_id = {item.id: item for item in items}
    processed = [
        (one, line)
        for one, line in zip(predictions.predictions, lines, strict=True)
        if one.processed is not None and one.processed != one.reply
    ]
    read_otherwise = sum(
        _read(one.processed, one, by_id[one.item_id], trial).letter != line.letter
        for one, line in processed
        for trial in [_trial(by_id[one.item_id], one.rotation, name, predictions.protocol)]
    )
    counted = {"changed": len(processed), "changed_readings": read_otherwise}
    try:
        return Run(
            identity=Identity(
                suites=(
                    SuiteIdentity(
                        name=name,
                        digest=suite.digest if suite else digest_without_sounds(by_id.values()),
                        profile=suite.profile if suite else None,
                        protocol=protocol.name,
                        prompt_version=protocol.prompt_version,
                    ),
                ),
                model=predictions.model,
                model_args={},
                setup=Setup(conditions=(CONDITION,)),
            ),
            capabilities=Capabilities(),
            sources={name: suite.spec} if suite else {},
            imported=predictions.imported.model_copy(update=counted),
            versions=versions(),
            created=datetime.now(UTC).isoformat(timespec="seconds"),
        )
    except ValidationError as error:
        raise InputError(f"the predictions cannot be recorded: {validation_problem(error)}") from error
