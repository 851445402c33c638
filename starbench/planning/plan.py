"""From what the user asked for to a run that can start: suites read, trials planned, limits checked.

Everything that can be wrong is found here, before a single question is asked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple

from pydantic import ValidationError

from starbench import protocols
from starbench.audio import silence
from starbench.errors import ConditionError, InputError
from starbench.execution.environment import versions
from starbench.models.adapter import Model
from starbench.models.resolve import recorded_arguments
from starbench.planning import conditions
from starbench.planning.adaptation import CONCAT, adapt, gap_s
from starbench.planning.limits import bandwidth_reason, sent_rate
from starbench.planning.reasons import Reason
from starbench.planning.trials import plan_trials
from starbench.planning.workload import Questions
from starbench.protocols import Protocol
from starbench.redact import redact
from starbench.schema import Adaptation, ClipPart, Identity, Item, Run, Setup, SuiteIdentity, Trial
from starbench.suites import captions
from starbench.suites.captions import CaptionFile
from starbench.suites.clip_info import sent_clips
from starbench.suites.clip_store import ClipStore
from starbench.suites.floors import read_floors
from starbench.suites.open import open_suite
from starbench.suites.references import references
from starbench.suites.sampling import sample
from starbench.suites.suite import Suite
from starbench.text import validation_problem

SILENT_CLIP: Final = "silent-clip"
#: The clip sent where a model takes no prompt without one: length, s, and rate, Hz, if no other is set.
SILENT_CLIP_S = 0.5
_SILENT_RATE = 16_000

ItemKey = tuple[str, str]


@dataclass(frozen=True)
class Request:
    """Suites (named, or open), the setup they are asked in, and a file of captions for condition ``caption``.

    ``setup`` names no protocol to use each suite's own; its digest of captions is filled in from ``captions``.
    See ``starbench run --help``.
    """

    suites: tuple[str | Suite, ...]
    setup: Setup = field(default_factory=Setup)
    captions: Path | None = None
    label: str | None = None
    """What the user calls the run."""
    loading: Mapping[str, Any] = field(default_factory=dict)
    """As :func:`starbench.suites.open.open_suite` takes it."""


@dataclass(frozen=True)
class RunPlan:
    """A run that is ready to start: its record, its trials, and the questions behind them."""

    run: Run
    trials: tuple[Trial, ...]
    items: Mapping[ItemKey, Item]
    questions: Questions


class _LeftOut(NamedTuple):
    """Where items were left out, and why: under one condition, or under all."""

    suite: str
    condition: str | None
    reason: Reason

    def __str__(self) -> str:
        return ": ".join(str(part) for part in self if part is not None)


@dataclass
class _Tally:
    """What planning changed, and what it could not ask."""

    changes: Counter[Adaptation] = field(default_factory=Counter)
    left_out: Counter[_LeftOut] = field(default_factory=Counter)


def plan_run(request: Request, model: Model) -> RunPlan:
    """Read the suites, plan the trials and compare them with what the model can take.

    Raises :class:`InputError` if any part of the request cannot work; nothing has been asked then.
    """
    answer_mode, known = request.setup.answer_mode, model.capabilities.answer_modes
    if answer_mode not in known:
        raise InputError(f"--answer-mode {answer_mode}: model {model.spec!r} knows {', '.join(known)}")
    suites = _open_all(request)
    floors = {
        suite.name: found.by_part(references(suite).sufficient)
        for suite in suites
        if (found := read_floors(suite)) is not None
    }
    captioned = _captions(request)
    if captioned is not None:
        suites = [captions.attach(suite, captioned) for suite in suites]
    rate, resampled = sent_rate(request.setup.rate_hz, model, suites)
    setup = _resolved(request, suites, rate, captioned)
    silent = _silent_clip_adaptation(setup, model)
    tally = _Tally()
    trials: list[Trial] = []
    items: dict[ItemKey, Item] = {}
    for suite in suites:
        of_suite, audible = _plan_suite(suite, request, setup, model, tally)
        trials += of_suite
        items |= {(suite.name, item.id): item for item in audible}
    _check_applicable(setup.conditions, trials, tally, captioned)
    with_sound = sum(bool(sent_clips(trial.parts)) for trial in trials)
    counted = (
        change.model_copy(update={"trials": n, "of": with_sound}) for change, n in tally.changes.items()
    )
    run = _recorded(
        model,
        label=request.label and redact(request.label),
        identity=Identity(
            suites=tuple(_suite_identity(suite, setup) for suite in suites),
            model=model.spec,
            model_args=recorded_arguments(model),
            setup=setup.model_copy(update={"protocol": None}),  # each suite has it
        ),
        adapter_facts=tuple(sorted(model.identity.keys() - model.arguments.keys())),
        capabilities=model.capabilities,
        served_by=model.server,
        adaptations=tuple(change for change in (resampled, silent, *counted) if change is not None),
        captioner=captioned.captioner_of(suites) if captioned is not None else None,
        inapplicable=tuple(
            left_out.reason.record(left_out.suite, left_out.condition, n)
            for left_out, n in sorted(tally.left_out.items(), key=lambda pair: str(pair[0]))
        ),
        skipped=tuple(problem for suite in suites for problem in suite.skipped),
        sources={suite.name: suite.spec for suite in suites},
        references={suite.name: references(suite) for suite in suites if suite.declared},
        floors=floors,
        versions={**versions(), **model.versions},
        created=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    questions = Questions(
        items,
        {suite.name: ClipStore(suite, rate) for suite in suites},
        silent_clip=ClipPart.of(partial(silence, SILENT_CLIP_S, rate or _SILENT_RATE)) if silent else None,
        answer_mode=answer_mode,
    )
    return RunPlan(run, tuple(trials), items, questions)


def _recorded(model: Model, **fields: Any) -> Run:
    """A run's record; :class:`InputError` if what the model or the user says can stand in no file."""
    try:
        return Run(**fields)
    except ValidationError as error:
        raise InputError(
            f"the run of model {model.spec!r} cannot be recorded: {validation_problem(error)}"
        ) from error


def _open_all(request: Request) -> list[Suite]:
    setup = request.setup
    to_decode = partial(sample, limit=setup.limit, seed=setup.limit_seed)
    suites = [
        suite
        if isinstance(suite, Suite)
        else open_suite(suite, skip_bad=setup.skip_bad, to_decode=to_decode, loading=request.loading)
        for suite in request.suites
    ]
    repeated = [name for name, n in Counter(suite.name for suite in suites).items() if n > 1]
    if repeated:
        raise InputError(f"two suites are named {repeated[0]!r}: evaluate them in two runs")
    return suites


def _resolved(
    request: Request, suites: Iterable[Suite], rate: int | None, captioned: CaptionFile | None
) -> Setup:
    """The setup with everything filled in that the suites, the model and the captions decide."""
    items = [item for suite in suites for item in suite.items]
    names = conditions.expand(request.setup.conditions, items, captioned.grade if captioned else None)
    return request.setup.model_copy(
        update={
            "conditions": names,
            "rate": str(rate or "native"),
            "gap_s": gap_s(request.setup) if request.setup.clips == CONCAT else None,
            "captions": captioned.digest if captioned is not None else None,
        }
    )


def _plan_suite(
    suite: Suite, request: Request, setup: Setup, model: Model, tally: _Tally
) -> tuple[list[Trial], list[Item]]:
    """The trials of a suite, and the items whose cue arrives."""
    protocol = _protocol(suite, setup)
    audible = []
    for item in sample(suite.items, setup.limit, setup.limit_seed):
        reason = bandwidth_reason(item, suite.clips, setup.rate_hz, model.capabilities)
        if reason is None:
            audible.append(item)
        else:
            tally.left_out[_LeftOut(suite.name, None, reason)] += 1
    planned = plan_trials(suite.name, audible, suite.clips, protocol, setup.conditions, setup.rotations)
    by_id = {item.id: item for item in audible}
    as_sent = suite.clips
    if setup.rate_hz is not None:
        as_sent = {path: replace(clip, rate=setup.rate_hz) for path, clip in suite.clips.items()}
    trials, refused = [], set()
    for trial in planned.trials:
        outcome = adapt(trial, by_id[trial.item_id], as_sent, model.capabilities, request.setup)
        if isinstance(outcome, Reason):
            refused.add((trial.item_id, _LeftOut(suite.name, trial.condition, outcome)))
        else:
            trials.append(outcome.trial)
            tally.changes.update(outcome.changes)
    for (condition, reason), n in planned.inapplicable.items():
        tally.left_out[_LeftOut(suite.name, condition, reason)] += n
    tally.left_out.update(left_out for _, left_out in refused)
    return trials, audible


def _captions(request: Request) -> CaptionFile | None:
    """The captions that condition ``caption`` shows, where a file of them is given."""
    if request.captions is None:
        return None
    captioned = captions.read(request.captions)
    names = {conditions.CAPTION, f"{conditions.CAPTION}:{captioned.grade}"}
    if not names & set(request.setup.conditions):
        raise InputError(
            f"--captions {request.captions} is for condition 'caption', which is not asked: "
            "add --condition caption"
        )
    return captioned


def _silent_clip_adaptation(setup: Setup, model: Model) -> Adaptation | None:
    """That prompts without a clip get a silent one, if they do."""
    soundless = tuple(name for name in setup.conditions if conditions.is_soundless(name))
    if model.capabilities.text_only or not soundless:
        return None
    if setup.text_only == SILENT_CLIP:
        return Adaptation(kind="silent-clip", seconds=SILENT_CLIP_S, conditions=soundless)
    raise ConditionError(
        f"model {model.spec!r} takes no prompt without audio, so it cannot be asked under "
        f"{', '.join(soundless)}: drop these conditions, or send a silent clip with --text-only silent-clip"
    )


def _check_applicable(
    names: Sequence[str], trials: Sequence[Trial], tally: _Tally, captioned: CaptionFile | None
) -> None:
    """Refuse a condition that applies to no item, with the reasons, those that an option fixes first."""
    planned = {trial.condition for trial in trials}
    for name in names:
        if name in planned:
            continue
        reasons = [
            left_out.reason
            for left_out, _ in tally.left_out.most_common()
            if left_out.condition in (name, None)
        ]
        fixable = [str(reason) for reason in dict.fromkeys(reasons) if reason.fixes]
        if captioned is not None and name == f"{conditions.CAPTION}:{captioned.grade}":
            fixable += captions.none_given(captioned)
        # Where nothing helps, the commonest reason stands for all.
        why = "; ".join(fixable or map(str, reasons[:1])) or "there is none"
        raise ConditionError(f"condition {name!r} applies to no item ({why}): leave it out of --condition")


def _protocol(suite: Suite, setup: Setup) -> Protocol:
    return protocols.resolve(setup.protocol, suite.default_protocol, suite.official_protocol, suite.name)


def _suite_identity(suite: Suite, setup: Setup) -> SuiteIdentity:
    protocol = _protocol(suite, setup)
    return SuiteIdentity(
        name=suite.name,
        digest=suite.digest,
        profile=suite.profile,
        protocol=protocol.name,
        prompt_version=protocol.prompt_version,
    )
