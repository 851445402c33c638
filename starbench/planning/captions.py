"""From suites to the clips that a model is asked to caption, each once, however many items use it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from starbench.engine.cost import PromptSize, prompt_size
from starbench.engine.runner import TrialResult
from starbench.errors import InputError
from starbench.execution.environment import versions
from starbench.models.adapter import Model
from starbench.models.resolve import recorded_arguments
from starbench.planning.adaptation import CONCAT, adapt, gap_s
from starbench.planning.limits import sent_rate
from starbench.planning.reasons import Reason
from starbench.planning.trials import materialise
from starbench.protocols import caption as caption_protocol
from starbench.schema import Adaptation, Item, Outcome, Prompt, Setup, Trial
from starbench.schema.caption import CaptionHeader, CaptionIdentity, CaptionLine
from starbench.storage.inputs import read_bytes
from starbench.suites.clip_store import ClipStore
from starbench.suites.open import open_suite
from starbench.suites.sampling import sample
from starbench.suites.suite import Suite

_LONGEST_PROMPT = 20_000


@dataclass(frozen=True)
class CaptionRequest:
    """What is to be captioned and how; see ``starbench caption --help``."""

    suites: tuple[str, ...]
    setup: Setup = field(default_factory=Setup)
    prompt: Path | None = None
    loading: Mapping[str, Any] = field(default_factory=dict)
    """As :func:`starbench.suites.open.open_suite` takes it."""


@dataclass(frozen=True)
class CaptionPlan:
    """Clips that are ready to be captioned, each a trial named by the clip's digest."""

    header: CaptionHeader
    trials: tuple[Trial, ...]
    sources: Mapping[str, tuple[Item, ClipStore]]
    """Digest of a clip -> an item that holds it, and the store of its suite."""
    not_asked: Mapping[Reason, int]
    """Reason -> number of clips that the model cannot take."""

    def prompt(self, trial: Trial) -> Prompt:
        return materialise(trial, *self.sources[trial.item_id])

    def size(self, trial: Trial) -> PromptSize:
        item, store = self.sources[trial.item_id]
        return prompt_size(trial, item, store.clips)

    def line(self, trial: Trial, model: str, result: TrialResult) -> CaptionLine:  # noqa: ARG002 - the header names it
        response = result.response
        outcome, text = (Outcome.ERROR, None) if response is None else caption_protocol.read(response)
        return CaptionLine(
            clip=trial.item_id,
            outcome=outcome,
            text=text,
            response=None if result.delivered.text == text else result.delivered.text,
            **result.fields,
        )


def plan_captions(request: CaptionRequest, model: Model) -> CaptionPlan:
    """Read the suites and compare their clips with what the model can take.

    Raises :class:`InputError` if any part of the request cannot work; nothing has been asked then.
    """
    text, version = _prompt(request.prompt)
    setup = request.setup
    drawn = partial(sample, limit=setup.limit, seed=setup.limit_seed)
    opened = [
        open_suite(spec, skip_bad=setup.skip_bad, to_decode=drawn, loading=request.loading)
        for spec in request.suites
    ]
    rate, resampled = sent_rate(request.setup.rate_hz, model, opened)
    trials: dict[str, Trial] = {}
    sources: dict[str, tuple[Item, ClipStore]] = {}
    refused: dict[str, Reason] = {}
    changes: Counter[Adaptation] = Counter()
    for suite in opened:
        store = ClipStore(suite, rate)
        for clip, trial, item in _each_clip(suite, request, text, version):
            if clip in trials or clip in refused:
                continue
            as_sent = {path: suite.clips[path] for path in item.audio_paths}
            if rate is not None:
                as_sent = {path: replace(info, rate=rate) for path, info in as_sent.items()}
            adapted = adapt(trial, item, as_sent, model.capabilities, setup)
            if isinstance(adapted, Reason):
                refused[clip] = adapted
                continue
            trials[clip], sources[clip] = adapted.trial, (item, store)
            changes.update(adapted.changes)
    not_asked = Counter(refused.values())
    if not trials:
        raise InputError(f"model {model.spec!r} can take none of the clips: {not_asked.most_common(1)[0][0]}")
    adaptations = [
        change.model_copy(update={"trials": n, "of": len(trials)}) for change, n in changes.items()
    ]
    header = CaptionHeader(
        identity=CaptionIdentity(
            model=model.spec,
            model_args=recorded_arguments(model),
            prompt_version=version,
            prompt=text,
            rate=str(rate or "native"),
            channels=setup.channels,
            clips=setup.clips,
            gap_s=gap_s(setup) if setup.clips == CONCAT else None,
        ),
        suites={suite.digest: suite.name for suite in opened},
        served_by=model.server,
        adaptations=(*([resampled] if resampled else []), *adaptations),
        versions=versions(),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    return CaptionPlan(header, tuple(trials.values()), sources, not_asked)


def _prompt(file: Path | None) -> tuple[str, str]:
    if file is None:
        return caption_protocol.PROMPT, caption_protocol.VERSION
    try:
        text = read_bytes(file).decode().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"--prompt {file} cannot be read as text: {error}") from error
    if not text:
        raise InputError(f"--prompt {file} is empty: write in it what to ask of a clip, or leave it out")
    if len(text) > _LONGEST_PROMPT:
        raise InputError(f"--prompt {file} is longer than {_LONGEST_PROMPT} characters: shorten it")
    return text, caption_protocol.OWN


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
                parts=caption_protocol.parts(prompt, place),
            )
            yield digest, trial, item
