"""Single sounds whose parameters are independent of each other, made by the task that a suite is of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from starbench.audio import Audio
from starbench.build.render import render_stimulus
from starbench.errors import InputError, PluginError, StarbenchError
from starbench.execution.processes import available_cpus, map_items
from starbench.plugins import registry
from starbench.plugins.source_location import at, explain, line_of
from starbench.suites.suite import Suite
from starbench.synthesis import FactorialClip, generator

#: Fewer clips are rendered in this process: to start workers takes longer.
_WORTH_WORKERS = 200


@dataclass(frozen=True, eq=False)
class FactorialStimuli:
    """Clips of one sound each, all equally long, and what was drawn for each: factor -> array of shape (clips,)."""

    clips: tuple[Audio, ...]
    factors: Mapping[str, NDArray[Any]]

    def __len__(self) -> int:
        return len(self.clips)


def factorial_stimuli(
    suite: Suite | str, seed: int, count: int, workers: int | None = None
) -> FactorialStimuli:
    """Render ``count`` single sounds by the task of ``suite``, or the task of that name; the same for any workers.

    ``workers`` None means as many as there are CPUs, where that is worth it.

    Raises :class:`InputError` if the suite's task offers no such clips, and what rendering raises.
    """
    task = suite if isinstance(suite, str) else str(suite.spec.get("task", ""))
    if task not in registry.available("tasks"):  # a suite may come from anybody
        raise InputError(
            f"single sounds are made by a suite's task, and task {task!r} is not installed here: code that only a "
            "suite names is never run"
        )
    clips = planned_clips(task, seed, count)
    if workers is None:
        workers = available_cpus() if count >= _WORTH_WORKERS else 0
    rendered: list[Audio | None] = [None] * len(clips)
    for number, audio in map_items(partial(_render, seed), list(enumerate(clips)), workers):
        rendered[number] = audio
    names = list(clips[0].factors) if clips else []
    factors = {name: np.array([clip.factors[name] for clip in clips]) for name in names}
    return FactorialStimuli(tuple(audio for audio in rendered if audio is not None), factors)


def planned_clips(task: str, seed: int, count: int) -> Sequence[FactorialClip]:
    """The recipes of a task's clips, not yet rendered; raises :class:`InputError` if it offers none."""
    try:
        plugin = registry.make("tasks", task)
    except PluginError as error:
        raise InputError(f"single sounds are made by the suite's task, and {error}") from error
    if not hasattr(plugin, "factorial_clips"):
        raise InputError(
            f"task {task} makes no single sounds whose parameters are independent of each other: use a suite of a "
            "task that has a method factorial_clips(seed, count)"
        )
    with registry.plugin_errors(
        lambda error: f"task {task} fails to plan single sounds: {explain(error, plugin)}", StarbenchError
    ):
        clips: Sequence[FactorialClip] = tuple(plugin.factorial_clips(seed, count))
    if len(clips) != count:
        raise PluginError(
            f"task {task} planned {len(clips)} single sounds, and {count} are asked for: its "
            f"factorial_clips(seed, count) returns as many{at(line_of(plugin))}"
        )
    return clips


def _render(seed: int, numbered: tuple[int, FactorialClip]) -> tuple[int, Audio]:
    number, clip = numbered
    audio, _ = render_stimulus(clip.recipe, generator(seed, "factorial", str(number), "clip"))
    return number, audio
