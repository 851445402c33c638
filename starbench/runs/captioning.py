"""Asking a model for a caption of each clip of some suites, into a file that can be gone on with.

A clip is asked for once, however many items and suites hold it, with the same engine, patience and
care for secrets as a run's trials.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from starbench.engine.client import ModelClient
from starbench.engine.cost import PromptSize, prompt_size
from starbench.engine.runner import TrialResult, run_trials
from starbench.engine.settings import Settings
from starbench.errors import InputError
from starbench.execution.environment import versions
from starbench.models.adapter import Model
from starbench.models.resolve import recorded_arguments
from starbench.planning.adaptation import CONCAT, Adapted, Policy, adapt
from starbench.planning.rates import sent_rate
from starbench.planning.reasons import Reason
from starbench.planning.request import policy_of
from starbench.planning.trials import materialise
from starbench.protocols import caption as asking
from starbench.runs.attempt import Used, is_settled, left, prove_sound
from starbench.runs.journal import LineWriter
from starbench.schema import Adaptation, Canary, Item, Outcome, Prompt, Response, Setup, Trial
from starbench.schema.caption import CaptionHeader, CaptionIdentity, CaptionLine
from starbench.suites import captions
from starbench.suites.clip_store import ClipStore
from starbench.suites.open import open_suite
from starbench.suites.sampling import sample
from starbench.suites.suite import Suite

_LONGEST_PROMPT = 20_000


@dataclass(frozen=True)
class CaptionRequest:
    """What is to be captioned and how; see ``starbench caption --help``.

    Of the setup, what says which clips are asked for and how they are sent.
    """

    suites: tuple[str, ...]
    setup: Setup = field(default_factory=Setup)
    prompt: Path | None = None


class _Source(NamedTuple):
    """Where a clip is: an item that holds it, and the store of its suite."""

    item: Item
    store: ClipStore


@dataclass(frozen=True)
class Clips:
    """Clips that are ready to be asked for, each a trial named by the clip's digest."""

    header: CaptionHeader
    trials: tuple[Trial, ...]
    sources: Mapping[str, _Source]
    not_asked: Mapping[Reason, int]
    """Reason -> number of clips that the model cannot take."""

    def prompt(self, trial: Trial) -> Prompt:
        """What is asked of one clip."""
        return materialise(trial, *self.sources[trial.item_id])

    def size(self, trial: Trial) -> PromptSize:
        """What the prompt of one clip holds, before the clip is decoded."""
        item, store = self.sources[trial.item_id]
        return prompt_size(trial, item, store.clips)

    def line(self, trial: Trial, model: str, result: TrialResult) -> CaptionLine:  # noqa: ARG002 - the header names it
        """The line for a clip that ended with a response, or with a failure."""
        response = result.response
        delivered = response or Response(text=None)
        outcome, text = (Outcome.ERROR, None) if response is None else asking.read(response)
        return CaptionLine(
            clip=trial.item_id,
            outcome=outcome,
            text=text,
            response=None if delivered.text == text else delivered.text,
            finish_reason=delivered.finish_reason,
            stop=delivered.stop,
            error=result.failure,
            attempts=result.attempts,
            latency_s=result.latency_s,
            served_model=delivered.served_model,
            usage=delivered.usage,
            request_digest=result.request_digest,
            at=datetime.now(UTC).isoformat(timespec="milliseconds"),
        )


@dataclass(frozen=True)
class Start:
    """What was found before anything is asked: clips that wait, of how many."""

    waiting: int
    planned: int
    canary: bool
    """Whether a canary is held before they are asked."""


def plan_captions(request: CaptionRequest, model: Model) -> Clips:
    """Read the suites and hold their clips against what the model can take.

    Raises
    ------
    InputError
        If any part of the request cannot work; nothing has been asked then.
    """
    text, version = _prompt(request.prompt)
    opened = [open_suite(spec, skip_bad=request.setup.skip_bad) for spec in request.suites]
    rate, resampled = sent_rate(request.setup.rate_hz, model, opened)
    trials: dict[str, Trial] = {}
    sources: dict[str, _Source] = {}
    refused: dict[str, Reason] = {}
    changes: Counter[Adaptation] = Counter()
    for suite in opened:
        store = ClipStore(suite, rate)
        for clip, trial, item in _each_clip(suite, request, text, version):
            if clip in trials or clip in refused:
                continue
            found = _adapted(trial, item, suite, rate, model, policy_of(request.setup))
            if isinstance(found, Reason):
                refused[clip] = found
                continue
            trials[clip], sources[clip] = found.trial, _Source(item, store)
            changes.update(found.changes)
    not_asked = Counter(refused.values())
    if not trials:
        raise InputError(f"model {model.spec!r} can take none of the clips: {not_asked.most_common(1)[0][0]}")
    adaptations = [
        change.model_copy(update={"trials": n, "of": len(trials)}) for change, n in changes.items()
    ]
    header = CaptionHeader(
        identity=_identity(request, model, text, version, rate),
        suites={suite.digest: suite.name for suite in opened},
        served_by=model.server,
        adaptations=(*([resampled] if resampled else []), *adaptations),
        versions=versions(),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    return Clips(header, tuple(trials.values()), sources, not_asked)


async def ask_all(
    clips: Clips,
    model: Model,
    path: Path,
    settings: Settings,
    *,
    retry_permanent: bool = False,
    on_start: Callable[[Start], None] = lambda _: None,
    on_canary: Callable[[Canary], None] = lambda _: None,
    on_line: Callable[[CaptionLine], None] = lambda _: None,
) -> None:
    """Ask for the captions that the file at ``path`` still lacks.

    Parameters
    ----------
    clips, model, path, settings
        What to ask, whom, where to write, and how hard to push.
    retry_permanent : bool
        Ask again what the server refused as a bad request.
    on_start, on_canary, on_line : callable
        Told what was found before anything is asked, what the canary found if one is held, and of each line
        in the file.

    Raises
    ------
    InputError
        Before anything is asked: the model objects, or the file holds other captions or is in use.
    CanaryError
        Before any clip is asked: no sound reaches the model, and it would make its captions up.
    FatalError, JournalError
        As :func:`starbench.engine.runner.run_trials`; what was finished is kept. A budget is that
        of the whole file.
    """

    def record(canary: Canary) -> None:
        captions.amend(path, canary=canary)
        on_canary(canary)

    try:
        await model.check()
        with captions.hold(path):
            captions.begin(path, clips.header)
            there = captions.read(path)
            settled = {
                clip
                for clip, line in there.lines.items()
                if is_settled(line, retry_permanent=retry_permanent)
            }
            waiting = [trial for trial in clips.trials if trial.item_id not in settled]
            canary = settings.canary and bool(waiting)
            on_start(Start(len(waiting), len(clips.trials), canary))
            before = there.header.canary
            client = ModelClient(model, settings, len(waiting))
            budget = left(settings, _used(path, clips), before)
            if canary:
                rate_hz = clips.header.identity.rate_hz
                await prove_sound(client, rate_hz, budget, before, record)
            with LineWriter(path) as writer:
                await run_trials(waiting, clips, client, writer, on_line, budget)
    finally:
        await model.close()


def ends(path: Path, clips: Clips) -> Counter[Outcome]:
    """How ``clips`` ended in the file at ``path``, those that are still to be asked left out."""
    lines = captions.read(path).lines
    return Counter(lines[clip].outcome for clip in clips.sources if clip in lines)


def _used(path: Path, clips: Clips) -> Iterator[Used]:
    """What was ever asked for the file at ``path``; clips that are not of these suites are unknown."""
    trials = {trial.item_id: trial for trial in clips.trials}
    for line in captions.lines(path):
        size = clips.size(trials[line.clip]) if line.clip in trials else None
        yield Used(line.usage, line.error, size)


def _prompt(file: Path | None) -> tuple[str, str]:
    if file is None:
        return asking.PROMPT, asking.VERSION
    try:
        text = file.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"--prompt {file} cannot be read as text: {error}") from error
    if not text:
        raise InputError(f"--prompt {file} is empty: write in it what to ask of a clip, or leave it out")
    if len(text) > _LONGEST_PROMPT:
        raise InputError(f"--prompt {file} is longer than {_LONGEST_PROMPT} characters: shorten it")
    return text, asking.OWN


def _each_clip(
    suite: Suite, request: CaptionRequest, prompt: str, version: str
) -> Iterator[tuple[str, Trial, Item]]:
    """Digest, trial and item of each clip of each item, in their order."""
    for item in sample(suite.items, request.setup.limit, request.setup.limit_seed):
        for place, path in enumerate(item.audio_paths):
            digest = suite.clips[path].digest
            trial = Trial(
                suite="",  # of whichever suite, a clip is the same
                item_id=digest,
                rotation=0,
                condition="audio",
                protocol=version,
                options=(),
                contents=(),
                clip_order=(place,),
                answer_letter="A",  # there is no option, and nobody reads it
                parts=asking.parts(prompt, place),
            )
            yield digest, trial, item


def _adapted(
    trial: Trial, item: Item, suite: Suite, rate: int | None, model: Model, policy: Policy
) -> Adapted | Reason:
    there = {path: suite.clips[path] for path in item.audio_paths}
    if rate is not None:
        there = {path: replace(clip, rate=rate) for path, clip in there.items()}
    return adapt(trial, item, there, model.capabilities, policy)


def _identity(
    request: CaptionRequest, model: Model, prompt: str, version: str, rate: int | None
) -> CaptionIdentity:
    return CaptionIdentity(
        model=model.spec,
        model_args=recorded_arguments(model),
        prompt_version=version,
        prompt=prompt,
        rate=str(rate or "native"),
        channels=request.setup.channels,
        clips=request.setup.clips,
        gap_s=policy_of(request.setup).gap_s if request.setup.clips == CONCAT else None,
    )
