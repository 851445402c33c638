"""What a run would ask and what that would cost, from its plan alone: nothing is asked or written."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256

from starbench.canary.diagnose import diagnose
from starbench.engine.cost import PromptSize, estimate
from starbench.planning.plan import RunPlan
from starbench.schema import ClipPart, JoinedSpec, Prices, ProbeSet, Prompt, Response, Trial, Usage
from starbench.suites.clip_info import sent_clips
from starbench.text import visible


@dataclass
class RequestVolume:
    """What a part of a run sends; ``items`` counts the questions of one condition, and nothing else."""

    items: int = 0
    requests: int = 0
    clips: int = 0
    size: PromptSize = field(default_factory=PromptSize)

    def add(self, clips: int, size: PromptSize) -> None:
        self.requests += 1
        self.clips += clips
        self.size += size

    def usage(self, prices: Prices | None) -> Usage:
        """Estimated tokens."""
        return estimate(self.size, prices, self.requests)


def forecast(plan: RunPlan, trials: Iterable[Trial]) -> dict[tuple[str, str], RequestVolume]:
    """What ``trials`` would send, by suite and condition, in the order of asking."""
    volumes: dict[tuple[str, str], RequestVolume] = {}
    items: dict[tuple[str, str], set[str]] = {}
    for trial in trials:
        part = trial.suite, trial.condition
        n_clips = len(sent_clips(trial.parts)) or int(plan.questions.silent_clip is not None)
        volumes.setdefault(part, RequestVolume()).add(n_clips, plan.questions.size(trial))
        items.setdefault(part, set()).add(trial.item_id)
    for part, volume in volumes.items():
        volume.items = len(items[part])
    return volumes


def total(volumes: Iterable[RequestVolume]) -> RequestVolume:
    """The sum of ``volumes``."""
    whole = RequestVolume()
    for volume in volumes:
        whole.requests += volume.requests
        whole.clips += volume.clips
        whole.size += volume.size
    return whole


def canary(plan: RunPlan, probe: ProbeSet = "basic") -> RequestVolume:
    """About what the canary would send, found by running one on a stand-in.

    What is asked depends on the replies; those of the stand-in differ with every sound, as those of a
    model that hears do.
    """
    volume = RequestVolume()

    async def ask(prompt: Prompt) -> Response:
        sounds = [clip.audio() for clip in prompt.clips]
        seconds = sum(audio.seconds for audio in sounds)
        characters = sum(len(part.text) for part in prompt.parts if part.type == "text")
        volume.add(len(sounds), PromptSize(characters, seconds))
        mark = sha256("/".join([prompt.text, *(audio.digest for audio in sounds)]).encode()).digest()
        if prompt.options:
            return Response(text=f"<{prompt.letters[mark[0] % len(prompt.options)]}>")
        return Response(text=" ".join(f"sound{byte}" for byte in mark[:8]))

    rate_hz = plan.run.identity.setup.rate_hz
    asyncio.run(diagnose(ask, plan.run.capabilities, rate=rate_hz, probe=probe))
    return volume


def examples(plan: RunPlan, trials: Iterable[Trial]) -> list[tuple[Trial, int]]:
    """The first trial of each kind, and how many there are of it.

    A kind is a suite's task under one condition, laid out in one way: adapted prompts of a task whose
    others are sent as they are make a kind of their own.
    """
    firsts: dict[tuple[object, ...], Trial] = {}
    counts: Counter[tuple[object, ...]] = Counter()
    for trial in trials:
        task = plan.items[trial.suite, trial.item_id].task
        kind = (trial.suite, task, trial.condition, *map(_layout, sent_clips(trial.parts)))
        firsts.setdefault(kind, trial)
        counts[kind] += 1
    return [(trial, counts[kind]) for kind, trial in firsts.items()]


def _layout(part: object) -> object:
    return len(part.clips) if isinstance(part, JoinedSpec) else getattr(part, "then", None)


def lines_of(prompt: Prompt) -> Iterator[str]:
    """A prompt as a reader sees it, each part on lines of its own; clips are decoded, and described.

    Raises :class:`AudioError` if a clip is not what it was when its suite was read.
    """
    for part in prompt.parts:
        if isinstance(part, ClipPart):
            audio = part.audio()
            channels = f"{audio.channels} channel{'s' if audio.channels > 1 else ''}"
            yield f"⟨clip: {audio.seconds:.2f} s, {channels}, {audio.rate} Hz⟩"
        else:
            for line in part.text.removesuffix("\n").split("\n"):
                yield visible(line)
