"""Suites made from drafts: rendered, checked, written once under names that tell nothing."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from starbench import __version__, plugins
from starbench import suite as suites
from starbench.audio import Audio, quantise
from starbench.errors import AudioError, StimulusError, SuiteError
from starbench.intake import ClipInfo
from starbench.names import slug
from starbench.schema import Item
from starbench.suite import AUDIO, MANIFEST, METADATA, Suite
from starbench.synthesis import BuildPlan, BuildSpec, Draft, Recipe, Synthesizer, generator

_VERSIONED = ("numpy", "scipy", "soundfile")


def build(
    task: str, spec: BuildSpec, out: Path, on_item: Callable[[int, int], None] = lambda _done, _all: None
) -> Suite:
    """Build a suite of ``task`` at ``out``, which appears whole or not at all.

    Parameters
    ----------
    task : str
        Name of a task plug-in that plans drafts.
    spec : BuildSpec
        What is wanted.
    out : Path
        A directory that does not exist yet, or is empty.
    on_item : callable
        Told how many of how many items are done.

    Raises
    ------
    InputError
        If the task cannot build that, or ``out`` is taken.
    """
    out = out.resolve()
    plugin = plugins.make("tasks", task)
    if not hasattr(plugin, "plan"):
        raise SuiteError(f"task {task!r} is loaded from data, not built: --suite {task}:FOLDER")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise SuiteError(f"{out} exists and is not empty: give another --out")
    plan: BuildPlan = plugin.plan(spec)
    workshop = out.with_name(f".{out.name}.{os.getpid()}")
    try:
        (workshop / AUDIO).mkdir(parents=True)
        items, clips = _render_all(plan, spec.seed, workshop, on_item)
        _write(task, spec, plan, items, clips, workshop)
        built = suites.read(workshop)
        if out.exists():
            out.rmdir()
        workshop.rename(out)
    except OSError as error:
        raise SuiteError(f"{out} cannot be written: {error.strerror}") from error
    finally:
        shutil.rmtree(workshop, ignore_errors=True)
    return replace(built, root=out)


def _render_all(
    plan: BuildPlan, seed: int, root: Path, on_item: Callable[[int, int], None]
) -> tuple[list[Item], dict[str, ClipInfo]]:
    items: list[Item] = []
    clips: dict[str, ClipInfo] = {}
    for number, draft in enumerate(plan.drafts, 1):
        item, made = _render(draft, seed, root)
        items.append(item)
        clips |= made
        on_item(number, len(plan.drafts))
    return items, clips


def _render(draft: Draft, seed: int, root: Path) -> tuple[Item, dict[str, ClipInfo]]:
    paths, truths = [], []
    clips: dict[str, ClipInfo] = {}
    for place, recipe in enumerate(draft.clips):
        audio, truth = _make(recipe, seed, draft.item.id, place)
        path = f"{AUDIO}/{audio.digest}.flac"
        _write_flac(root / path, audio)
        paths.append(path)
        truths.append(truth)
        clips[path] = ClipInfo(audio.digest, audio.channels, audio.rate, audio.seconds)
    truth = {**draft.item.truth, "clips": truths}
    return draft.item.model_copy(update={"audio_paths": tuple(paths), "truth": truth}), clips


def _make(recipe: Recipe, seed: int, item_id: str, place: int) -> tuple[Audio, dict[str, Any]]:
    try:
        stimulus = _synthesizer(recipe.synthesizer)(
            rng=generator(seed, item_id, "clip", str(place)), **recipe.parameters
        )
        return Audio(quantise(stimulus.samples), stimulus.rate), stimulus.truth
    except (AudioError, StimulusError) as error:
        raise StimulusError(f"{item_id}: clip {place + 1} cannot be made: {error}") from error


@cache
def _synthesizer(name: str) -> Synthesizer:
    loaded: Synthesizer = plugins.load("synthesizers", name)
    return loaded


def _write_flac(path: Path, audio: Audio) -> None:
    import soundfile

    soundfile.write(path, audio.pcm, audio.rate, format="FLAC", subtype="PCM_16")


def _write(
    task: str, spec: BuildSpec, plan: BuildPlan, items: list[Item], clips: dict[str, ClipInfo], root: Path
) -> None:
    with (root / METADATA).open("w", encoding="utf-8") as out:
        for item in items:
            fields = item.model_dump(mode="json", by_alias=True, exclude_defaults=True)
            out.write(json.dumps({"file_name": item.audio_paths[0], **fields}, ensure_ascii=False) + "\n")
    manifest = {
        "name": slug("-".join([task.rpartition(":")[2], spec.profile, *spec.attributes, f"seed{spec.seed}"])),
        "profile": spec.profile,
        "default_protocol": plan.default_protocol,
        "licence": "CC0-1.0",
        "digest": suites.digest(items, clips),
        "spec": {
            "task": task,
            "attributes": spec.attributes,
            "profile": spec.profile,
            "seed": spec.seed,
            "size": len(items),
            **spec.options,
        },
        "declared": plan.declared,
        "dropped": plan.dropped,
        "versions": {"starbench": __version__, **{name: version(name) for name in _VERSIONED}},
    }
    (root / MANIFEST).write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n", "utf-8")
