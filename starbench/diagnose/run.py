"""Everything that can be found out about a run's model, step by step, and what could not be tried."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from starbench.diagnose.audit import audit
from starbench.diagnose.probe import prepare, probe
from starbench.diagnose.records import FOLDER, SUMMARY, write_record
from starbench.diagnose.separation.answers import cascades
from starbench.diagnose.separation.record import separation
from starbench.diagnose.suite_run import ask
from starbench.errors import InputError
from starbench.models.adapter import Model
from starbench.models.encoder import as_encoder
from starbench.models.resolve import resolve_again
from starbench.redact import redact
from starbench.runs.load import LoadedRun
from starbench.runs.suites import suites_of
from starbench.schema.base import Frozen
from starbench.schema.diagnosis import Diagnosis, NotTried, Reason, Step
from starbench.suites.stems import StemLibrary
from starbench.suites.suite import Suite
from starbench.text import slug


@dataclass(frozen=True)
class DiagnosisChoices:
    """What a user chooses: the seed of all that is drawn, clips for probes, separators to ask the model behind."""

    seed: int = 0
    clips: int = 900
    separators: tuple[str, ...] = ()
    arguments: Mapping[str, str] = field(default_factory=dict)
    """Of the model: all if it is named, else those that the run does not record, such as its server's address."""
    model: str | None = None
    """The run's model, named again: code that only the record names is not run."""


@dataclass(frozen=True)
class Subject:
    """One suite of a run, and the model that was asked."""

    run: LoadedRun
    suite: Suite
    model: Model
    arguments: Mapping[str, str]
    """Of the model, as they are typed."""
    choices: DiagnosisChoices


class _UntriedError(Exception):
    """A step is not for this subject."""

    def __init__(self, reason: Reason, details: str = "") -> None:
        super().__init__(reason)
        self.reason, self.details = reason, details


def diagnose(
    run: LoadedRun,
    choices: DiagnosisChoices,
    *,
    suites: Sequence[str] = (),
    loading: Mapping[str, Any] | None = None,
    on_step: Callable[[Step, str], None] = lambda _step, _suite: None,
) -> Diagnosis:
    """Take every step that applies to a run, and write what each finds to the folder ``diagnosis`` of the run.

    A step that is refused is listed with its reason, and the others are taken. Raises :class:`InputError` if a suite
    or a model that is named is not the run's.
    """
    identity, folder = run.run.identity, run.path / FOLDER
    if choices.model not in (None, identity.model):
        raise InputError(f"--model {choices.model}: the run is of {identity.model}")
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


def _subject(run: LoadedRun, suite: Suite | None, choices: DiagnosisChoices) -> Subject:
    if run.run.imported is not None:
        raise _UntriedError("imported")
    if suite is None:
        raise _UntriedError("no suite")
    try:
        model, arguments = resolve_again(run.run, choices.arguments, is_named=choices.model is not None)
    except InputError as error:
        raise _UntriedError("no model", redact(str(error))) from error
    return Subject(run, suite, model, arguments, choices)


def _audit(subject: Subject) -> Frozen:
    return audit(subject.suite, subject.model, subject.run.run.identity.setup, seed=subject.choices.seed)


def _probe(subject: Subject) -> Frozen:
    adapter, choices = subject.model.adapter, subject.choices
    if not hasattr(adapter, "encode"):
        raise _UntriedError("no layers")
    prepared = prepare(subject.suite, (), choices.clips, choices.seed)
    return probe(
        as_encoder(adapter, subject.model.spec, subject.model.arguments, subject.model.versions),
        prepared,
        run=subject.run,
    )


def _separation(subject: Subject) -> Frozen:
    """Ask the model behind each separator, in runs of their own, which are resumed."""
    model, suite, choices = subject.model, subject.suite, subject.choices
    library = StemLibrary(suite)
    if not library.scenes:
        raise _UntriedError("no stems")
    if not choices.separators:
        raise _UntriedError("not asked for")
    setup = subject.run.run.identity.setup.model_copy(update={"conditions": ("audio",)})
    folder = subject.run.path / FOLDER / f"separation-{slug(suite.name)}"
    runs = {}
    for name, cascade in cascades(model.spec, subject.arguments, choices.separators, str(suite.root)).items():
        runs[name] = ask(cascade, suite, folder / slug(name), setup, canary=True)
    return separation(library, choices.separators, seed=choices.seed, model=model.spec, runs=runs)


#: What is tried, in the order of the report.
_STEPS: Mapping[Step, Callable[[Subject], Frozen]] = {
    "audit": _audit,
    "probe": _probe,
    "separation": _separation,
}
