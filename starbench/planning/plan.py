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
from typing import NamedTuple

from starbench import protocols
from starbench.audio import silence
from starbench.canary import arrival
from starbench.errors import ConditionError, InputError
from starbench.execution.environment import versions
from starbench.models.adapter import Model
from starbench.models.resolve import recorded_arguments
from starbench.planning import conditions
from starbench.planning.adaptation import CONCAT, REFUSE, Policy, adapt, are_ears_apart, idle, is_mendable
from starbench.planning.limits import bandwidth_reason
from starbench.planning.questions import Questions
from starbench.planning.trials import plan
from starbench.runs.directory import ItemKey
from starbench.schema import AnswerMode, ClipPart, Identity, Item, Run, SuiteIdentity, Trial
from starbench.suites import captions
from starbench.suites.captions import CaptionFile
from starbench.suites.clip_info import sent_clips
from starbench.suites.clip_store import ClipStore
from starbench.suites.open import open_suite
from starbench.suites.sampling import sample
from starbench.suites.suite import Suite

SILENT_CLIP = "silent-clip"
#: The clip sent where a model takes no prompt without one: length, s, and rate, Hz, if no other is set.
SILENT_CLIP_S = 0.5
_SILENT_RATE = 16_000


@dataclass(frozen=True)
class Request:
    """What is to be evaluated and how; see ``starbench run --help``."""

    suites: tuple[str, ...]
    conditions: tuple[str, ...] = ("audio",)
    protocol: str | None = None
    rotations: str = "default"
    limit: int | None = None
    limit_seed: int = 0
    rate: int | None = None
    text_only: str = REFUSE
    skip_bad: bool = False
    clips: str = REFUSE
    gap_s: float = 0.5
    channels: str = REFUSE
    answer_mode: AnswerMode = "text"
    captions: Path | None = None

    @property
    def policy(self) -> Policy:
        """What may be done to prompts that the model cannot take as they are."""
        return Policy(clips=self.clips, gap_s=self.gap_s, channels=self.channels)


@dataclass(frozen=True)
class Evaluation:
    """A run that is ready to start: its record, its trials, and the questions behind them."""

    run: Run
    trials: tuple[Trial, ...]
    items: Mapping[ItemKey, Item]
    questions: Questions


class _Reason(NamedTuple):
    """Why an item was left out: of one condition, or of all."""

    suite: str
    condition: str | None
    why: str

    def __str__(self) -> str:
        return ": ".join(part for part in self if part is not None)


@dataclass
class _Notes:
    adaptations: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    changes: Counter[str] = field(default_factory=Counter)
    inapplicable: Counter[_Reason] = field(default_factory=Counter)


def prepare(request: Request, model: Model) -> Evaluation:
    """Read the suites, plan the trials and hold them against what the model can take.

    Raises
    ------
    InputError
        If any part of the request cannot work; nothing has been asked then.
    """
    _check_answer_mode(request, model)
    opened = [open_suite(spec, skip_bad=request.skip_bad) for spec in request.suites]
    repeated = [name for name, n in Counter(suite.name for suite in opened).items() if n > 1]
    if repeated:
        raise InputError(f"two suites are named {repeated[0]!r}: evaluate them in two runs")
    notes = _Notes()
    captioned = _captions(request, opened, notes)
    if captioned is not None:
        opened = [captions.attach(suite, captioned) for suite in opened]
    rate, resampled = sent_rate(request.rate, model, opened)
    notes.adaptations += [resampled] if resampled else []
    names = conditions.expand(
        request.conditions,
        [item for suite in opened for item in suite.items],
        captioned.grade if captioned is not None else None,
    )
    silent = _check_soundless(names, request, model, notes)
    trials: list[Trial] = []
    items: dict[ItemKey, Item] = {}
    identities = []
    for suite in opened:
        found, asked = _plan_suite(suite, request, names, rate, model, notes)
        trials += found
        items |= {(suite.name, item.id): item for item in asked}
        identities.append(_suite_identity(suite, request))
    _check_applicable(names, trials, notes, captioned)
    with_sound = sum(bool(sent_clips(trial.parts)) for trial in trials)
    notes.adaptations += [
        f"{n} of {with_sound} trials with sound: {what}" for what, n in notes.changes.items()
    ]
    stores = {suite.name: ClipStore(suite, rate) for suite in opened}
    notes.notes += idle(request.policy, model.capabilities, notes.adaptations)
    if model.capabilities.channels_kept is False:
        notes.notes.append(arrival.APART if are_ears_apart(notes.adaptations) else arrival.FOLDED)
    run = Run(
        identity=_identity(
            request, model, names, identities, rate, captioned.digest if captioned is not None else None
        ),
        capabilities=model.capabilities,
        served_by=model.server,
        adaptations=tuple(notes.adaptations),
        notes=tuple(notes.notes),
        captioner=captioned.captioner if captioned is not None else None,
        inapplicable={str(reason): n for reason, n in sorted(notes.inapplicable.items(), key=str)},
        skipped=tuple(problem for suite in opened for problem in suite.skipped),
        sources={suite.name: suite.spec for suite in opened},
        versions={**versions(), **model.versions},
        created=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    return Evaluation(
        run,
        tuple(trials),
        items,
        Questions(
            items,
            stores,
            silent_clip=_silent_clip(rate) if silent else None,
            answer_mode=request.answer_mode,
        ),
    )


def _plan_suite(
    suite: Suite, request: Request, names: Sequence[str], rate: int | None, model: Model, notes: _Notes
) -> tuple[list[Trial], list[Item]]:
    protocol = protocols.get(request.protocol or suite.default_protocol)
    sampled = sample(suite.items, request.limit, request.limit_seed)
    audible = []
    for item in sampled:
        reason = bandwidth_reason(item, suite.clips, rate, model.capabilities)
        if reason is None:
            audible.append(item)
        else:
            notes.inapplicable[_Reason(suite.name, None, reason)] += 1
    made = plan(suite.name, audible, suite.clips, protocol, names, request.rotations)
    by_id = {item.id: item for item in audible}
    as_sent = suite.clips
    if rate is not None:
        as_sent = {path: replace(clip, rate=rate) for path, clip in suite.clips.items()}
    trials, refused = [], set()
    for trial in made.trials:
        found = adapt(trial, by_id[trial.item_id], as_sent, model.capabilities, request.policy)
        if isinstance(found, str):
            refused.add((trial.item_id, trial.condition, found))
        else:
            trials.append(found.trial)
            notes.changes.update(found.changes)
    for (condition, reason), n in made.inapplicable.items():
        notes.inapplicable[_Reason(suite.name, condition, reason)] += n
    for _, condition, reason in refused:
        notes.inapplicable[_Reason(suite.name, condition, reason)] += 1
    return trials, audible


def _check_answer_mode(request: Request, model: Model) -> None:
    known = model.capabilities.answer_modes
    if request.answer_mode not in known:
        raise InputError(
            f"--answer-mode {request.answer_mode}: model {model.spec!r} knows {', '.join(known)}"
        )


def _captions(request: Request, opened: Sequence[Suite], notes: _Notes) -> CaptionFile | None:
    """The captions that condition ``caption`` shows, where a file of them is given."""
    if request.captions is None:
        return None
    found = captions.read(request.captions)
    if not {conditions.CAPTION, f"{conditions.CAPTION}:{found.grade}"} & set(request.conditions):
        raise InputError(
            f"--captions {request.captions} is for condition 'caption', which is not asked: "
            "add --condition caption"
        )
    by = arrival.of_captioner(found.captioner)
    notes.notes.append(f"condition {conditions.CAPTION}:{found.grade} shows {by}")
    notes.notes += [f"captions by {found.model}: {change}" for change in found.header.adaptations]
    for suite in opened:
        notes.notes += captions.notes(suite, found)
    return found


def sent_rate(asked: int | None, model: Model, opened: Iterable[Suite]) -> tuple[int | None, str | None]:
    """The rate everything is sent at, Hz, and what that changes: as asked, or one that the model reads.

    Raises
    ------
    InputError
        If the model does not read the rate asked for, or not the format that is sent.
    """
    accepted = model.capabilities.rates
    there = {clip.rate for suite in opened for clip in suite.clips.values()}
    if "wav" not in model.capabilities.formats:
        raise InputError(
            f"model {model.spec!r} reads {', '.join(model.capabilities.formats)}, and WAV is what is sent"
        )
    if asked is not None:
        if accepted is not None and asked not in accepted:
            rates = ", ".join(map(str, accepted))
            raise InputError(f"--rate {asked}: model {model.spec!r} reads {rates} Hz")
        told = f"all clips resampled to {asked} Hz, as --rate asks"
        return asked, told if there - {asked} else None
    if accepted is None or there <= set(accepted):
        return None, None
    return max(accepted), f"all clips resampled to {max(accepted)} Hz, the highest rate the model reads"


def _check_soundless(names: Sequence[str], request: Request, model: Model, notes: _Notes) -> bool:
    """Whether prompts without a clip get a silent one."""
    soundless = [name for name in names if conditions.is_soundless(name)]
    if model.capabilities.text_only or not soundless:
        return False
    if request.text_only == SILENT_CLIP:
        notes.adaptations.append(
            f"a silent clip of {SILENT_CLIP_S:g} s sent with {', '.join(soundless)}: "
            "the model takes no prompt without one"
        )
        return True
    raise ConditionError(
        f"model {model.spec!r} takes no prompt without audio, so it cannot be asked under "
        f"{', '.join(soundless)}: drop these conditions, or send a silent clip with --text-only silent-clip"
    )


def _silent_clip(rate: int | None) -> ClipPart:
    return ClipPart.of(partial(silence, SILENT_CLIP_S, rate or _SILENT_RATE))


def _check_applicable(
    names: Sequence[str], trials: Sequence[Trial], notes: _Notes, captioned: CaptionFile | None
) -> None:
    asked = {trial.condition for trial in trials}
    for name in names:
        if name not in asked:
            reasons = [r.why for r, _ in notes.inapplicable.most_common() if r.condition in (name, None)]
            # What an option mends comes first; where none does, the commonest reason stands for all.
            mended = [why for why in dict.fromkeys(reasons) if is_mendable(why)]
            if captioned is not None and name == f"{conditions.CAPTION}:{captioned.grade}":
                mended += captions.none_given(captioned)
            why = "; ".join(mended or reasons[:1]) or "there is none"
            raise ConditionError(
                f"condition {name!r} applies to no item ({why}): leave it out of --condition"
            )


def _suite_identity(suite: Suite, request: Request) -> SuiteIdentity:
    protocol = protocols.get(request.protocol or suite.default_protocol)
    return SuiteIdentity(
        name=suite.name,
        digest=suite.digest,
        profile=suite.profile,
        protocol=protocol.name,
        prompt_version=protocol.prompt_version,
        rotations=request.rotations,
    )


def _identity(
    request: Request,
    model: Model,
    names: tuple[str, ...],
    identities: list[SuiteIdentity],
    rate: int | None,
    captions_digest: str | None,
) -> Identity:
    return Identity(
        suites=tuple(identities),
        conditions=names,
        limit=request.limit,
        limit_seed=request.limit_seed,
        model=model.spec,
        model_args=recorded_arguments(model),
        rate=str(rate or "native"),
        text_only=request.text_only,
        skip_bad=request.skip_bad,
        clips=request.clips,
        gap_s=request.gap_s if request.clips == CONCAT else None,
        channels=request.channels,
        answer_mode=request.answer_mode,
        captions=captions_digest,
    )
