"""Everything that can be found out about a run's model, step by step, and what could not be tried."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starbench.diagnose.records import FOLDER, SUMMARY, write_record
from starbench.errors import InputError
from starbench.models.adapter import Model
from starbench.models.encoder import as_encoder
from starbench.models.resolve import resolve
from starbench.redact import redact
from starbench.runs.load import LoadedRun
from starbench.runs.suites import suites_of
from starbench.schema.base import Frozen
from starbench.schema.diagnosis import Diagnosis, NotTried, Reason, Step
from starbench.suites.suite import Suite
from starbench.text import slug


@dataclass(frozen=True)
class Choices:
    """What a user chooses: the seed of all that is drawn, clips for probes, separators to ask the model behind."""

    seed: int = 0
    clips: int = 900
    separators: tuple[str, ...] = ()


@dataclass(frozen=True)
class Subject:
    """One suite of a run, and the model that was asked."""

    run: LoadedRun
    suite: Suite
    model: Model
    choices: Choices


class _UntriedError(Exception):
    """A step is not for this subject."""

    def __init__(self, reason: Reason, details: str = "") -> None:
        super().__init__(reason)
        self.reason, self.details = reason, details


def diagnose(
    run: LoadedRun,
    choices: Choices,
    *,
    suites: Sequence[str] = (),
    loading: Mapping[str, Any] | None = None,
    on_step: Callable[[Step, str], None] = lambda _step, _suite: None,
) -> Diagnosis:
    """Take every step that applies to a run, and write what each finds to the folder ``diagnosis`` of the run.

    A step that is refused is listed with its reason, and the others are taken. Raises :class:`InputError` if a suite
    that is named is not the run's.
    """
    identity, folder = run.run.identity, run.path / FOLDER
    at_hand = suites_of([run], suites, loading)
    done: dict[Step, tuple[str, ...]] = {}
    not_tried: list[NotTried] = []
    for wanted in identity.suites:
        for step, take in _STEPS.items():
            on_step(step, wanted.name)
            try:
                record = take(_subject(run, at_hand.get(wanted.digest), choices))
            except _UntriedError as untried:
                reason, details = untried.reason, untried.details
            except InputError as error:
                reason, details = "refused", redact(str(error))
            else:
                name = f"{step}-{slug(wanted.name)}.json"
                write_record(record, folder / name)
                done[step] = (*done.get(step, ()), name)
                continue
            not_tried.append(NotTried(step=step, suite=wanted.name, reason=reason, details=details))
    diagnosis = Diagnosis(
        model=identity.model, model_args=identity.model_args, done=done, not_tried=tuple(not_tried)
    )
    write_record(diagnosis, folder / SUMMARY)
    return diagnosis


def _subject(run: LoadedRun, suite: Suite | None, choices: Choices) -> Subject:
    if run.run.imported is not None:
        raise _UntriedError("imported")
    if suite is None:
        raise _UntriedError("no suite")
    identity = run.run.identity
    arguments = {
        name: value if isinstance(value, str) else json.dumps(value)
        for name, value in identity.model_args.items()
    }
    try:
        model = resolve(identity.model, arguments)
    except InputError as error:
        raise _UntriedError("no model", redact(str(error))) from error
    return Subject(run, suite, model, choices)


def _audit(subject: Subject) -> Frozen:
    raise NotImplementedError


def _probe(subject: Subject) -> Frozen:
    from starbench.diagnose.probe import ProbeRequest, probe

    adapter, choices = subject.model.adapter, subject.choices
    if not hasattr(adapter, "encode"):
        raise _UntriedError("no layers")
    request = ProbeRequest(count=choices.clips, seed=choices.seed, run=subject.run)
    return probe(as_encoder(adapter, subject.model.spec), subject.suite, request)


def _separation(subject: Subject) -> Frozen:
    raise NotImplementedError


#: What is tried, in the order of the report.
_STEPS: Mapping[Step, Callable[[Subject], Frozen]] = {
    "audit": _audit,
    "probe": _probe,
    "separation": _separation,
}
