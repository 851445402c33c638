"""Suites built from drafts: rendered, checked, published whole under names that tell nothing."""

from __future__ import annotations

import inspect
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256
from os.path import lexists, realpath
from pathlib import Path, PurePath
from typing import Any

from starbench.build.render import RenderedItem, RenderJob
from starbench.build.staging import Staging, hold, render_on_record
from starbench.errors import PluginError, SuiteError
from starbench.execution.environment import versions
from starbench.execution.processes import WorkerDiedError, available_cpus, map_items
from starbench.plugins import registry
from starbench.schema import Item
from starbench.storage.atomic import write_lines
from starbench.storage.inputs import read_bytes
from starbench.suites import suite as suites
from starbench.suites.clip_info import ClipInfo
from starbench.suites.metadata import FORMAT_VERSION, metadata_lines
from starbench.suites.suite import MANIFEST, METADATA, Suite
from starbench.suites.truth import claims
from starbench.synthesis import BuildPlan, BuildSpec
from starbench.text import slug

_VERSIONED = ("numpy", "scipy", "soundfile")
#: Suites of fewer items are rendered by this process: to start others would take longer.
_SMALL = 8


@dataclass(frozen=True)
class InterruptedBuild:
    """What a build finds of an earlier one of the same name, and of how many items it keeps how many."""

    differences: tuple[str, ...]
    """What differs (``seed``, ``plan``, ``options``, …), for which it is thrown away; empty if it is resumed."""
    items: int
    total: int


def build(
    task: str,
    spec: BuildSpec,
    out: Path,
    on_item: Callable[[int, int], None] = lambda _done, _all: None,
    *,
    workers: int | None = None,
    on_interrupted: Callable[[InterruptedBuild], None] = lambda _earlier: None,
) -> Suite:
    """Build a suite of ``task`` at ``out``, which appears whole or not at all.

    The bytes are the same for any number of workers. A build that was interrupted is resumed by the next
    one that asks for the same; one that asks for something else starts anew.

    ``on_item`` is called with the number of items that are done, and of all. There is one worker process for each
    CPU that this process may use, unless ``workers`` says how many. They are spawned, so a script calls this under
    ``if __name__ == "__main__"``.

    Raises :class:`InputError` if the task cannot build that, or ``out`` is neither new nor empty, or the disk is
    full, or a worker process dies.
    """
    out = Path(realpath(out))
    plugin = registry.make("tasks", task)
    if not hasattr(plugin, "plan"):
        raise SuiteError(f"task {task!r} is loaded from data, not built: --suite {task}:FOLDER")
    _refuse_taken(out)
    plan: BuildPlan = plugin.plan(spec)
    spec = _resolved(spec, plan, getattr(plugin, "attributes", ()))
    header = _header(task, spec, plan)
    try:
        with hold(out) as staging:
            _refuse_taken(out)  # another build may just have finished
            differences, intact = staging.open(header), staging.intact_items()
            if differences or intact:
                on_interrupted(InterruptedBuild(differences, len(intact), len(plan.drafts)))
            items = _render(plan, spec.seed, staging, workers or available_cpus(), intact, on_item)
            manifest = _manifest(task, spec, plan, getattr(plugin, "attributes", ()))
            manifest["synthesizers"] = _synthesizers(plan, items)
            return _publish(manifest, plan, items, staging, out)
    except WorkerDiedError as error:
        raise SuiteError(
            f"{error}; what is rendered is kept: the same command resumes, with fewer --workers if need be"
        ) from error
    except OSError as error:
        raise SuiteError(
            f"{out} cannot be written ({error.strerror}): fix that, then the same command resumes"
        ) from error


def _resolved(spec: BuildSpec, plan: BuildPlan, attributes: Sequence[str]) -> BuildSpec:
    """The spec with what "all attributes", the newest profile and paths in options stand for."""
    return replace(
        spec,
        attributes=plan.attributes or spec.attributes or tuple(attributes),
        profile=plan.profile or spec.profile,
        options=spec.options if plan.options is None else plan.options,
    )


def _refuse_taken(out: Path) -> None:
    if lexists(out) and (not out.is_dir() or any(out.iterdir())):
        raise SuiteError(f"{out} exists and is not empty: give another --out")


def _header(task: str, spec: BuildSpec, plan: BuildPlan) -> dict[str, Any]:
    """What has to be equal for a build to resume an earlier one."""
    header = {
        "task": task,
        "seed": spec.seed,
        "options": spec.options,
        "versions": versions(_VERSIONED),
        "synthesizers": _code_digest(
            {recipe.synthesizer for draft in plan.drafts for recipe in draft.recipes}
        ),
        "plan": _plan_digest(plan, task),
    }
    read_back: dict[str, Any] = json.loads(json.dumps(header))
    return read_back


def _plan_digest(plan: BuildPlan, task: str) -> str:
    repeated = [name for name, n in Counter(draft.item.id for draft in plan.drafts).items() if n > 1]
    if repeated:
        raise PluginError(f"task {task!r} planned two items with the id {repeated[0]!r}")
    digest = sha256()
    for draft in plan.drafts:
        recipes = [(recipe.synthesizer, recipe.parameters) for recipe in draft.recipes]
        try:
            digest.update(json.dumps((draft.item.model_dump(), recipes), sort_keys=True).encode() + b"\n")
        except TypeError as error:
            raise PluginError(f"task {task!r}: {draft.item.id} holds what JSON cannot: {error}") from error
    return digest.hexdigest()


def _code_digest(synthesizers: Iterable[str]) -> str:
    """Digest of the source of synthesizers: one that was changed between two builds makes other sounds."""
    files: set[Path] = set()
    for name in synthesizers:
        module = sys.modules.get(inspect.unwrap(registry.load("synthesizers", name)).__module__)
        if module is not None and module.__file__:
            file = Path(module.__file__)
            files |= {file, *file.parent.rglob("*.py")} if module.__package__ else {file}
    return sha256(b"\0".join(read_bytes(path) for path in sorted(files))).hexdigest()


def _render(
    plan: BuildPlan,
    seed: int,
    staging: Staging,
    workers: int,
    intact: Mapping[str, RenderedItem],
    on_item: Callable[[int, int], None],
) -> dict[str, RenderedItem]:
    """Render what is missing; returns all items, by id."""
    total = len(plan.drafts)
    jobs = [RenderJob.of(draft) for draft in plan.drafts if draft.item.id not in intact]
    on_item(total - len(jobs), total)
    render = partial(render_on_record, seed=seed, staging=staging.path)
    # One worker is a process of its own, too, for its one thread: see processes.ONE_THREAD.
    with closing(map_items(render, jobs, 0 if total < _SMALL else workers)) as results:
        for done, _ in enumerate(results, total - len(jobs) + 1):
            on_item(done, total)
    items = staging.recorded_items()
    if n_lost := sum(draft.item.id not in items for draft in plan.drafts):
        raise SuiteError(
            f"{staging.path} lost the record of {n_lost} items: the same command renders them again"
        )
    return items


def _publish(
    manifest: dict[str, Any],
    plan: BuildPlan,
    rendered: Mapping[str, RenderedItem],
    staging: Staging,
    out: Path,
) -> Suite:
    parts = [(draft.item, rendered[draft.item.id]) for draft in plan.drafts]
    items = [with_clips(item, part) for item, part in parts]
    clips = {
        clip.path: ClipInfo(clip.digest, clip.channels, clip.rate, clip.seconds)
        for _, part in parts
        for clip in part.files
    }
    staging.remove_strays(part for _, part in parts)
    write_lines(staging.suite / METADATA, metadata_lines(items))
    manifest["digest"] = suites.digest(items, clips)
    write_lines(staging.suite / MANIFEST, [json.dumps(manifest, indent=2, ensure_ascii=False)])
    built = suites.read(staging.suite)
    if out.exists():
        out.rmdir()
    staging.suite.rename(out)
    return replace(built, root=out)


def with_clips(item: Item, rendered: RenderedItem) -> Item:
    """The item of a draft once its clips are on disk."""
    truth = {**item.truth, "clips": [clip.truth for clip in rendered.clips]}
    paths = tuple(clip.path for clip in rendered.clips)
    uncut = {} if rendered.uncut is None else {"uncut_audio_path": rendered.uncut.path}
    return item.model_copy(update={"audio_paths": paths, "truth": truth, **uncut})


def _manifest(task: str, spec: BuildSpec, plan: BuildPlan, attributes: Sequence[str]) -> dict[str, Any]:
    return {
        "format_version": FORMAT_VERSION,
        "name": _name(task, spec, attributes),
        "profile": spec.profile,
        "default_protocol": plan.default_protocol,
        "licence": plan.licence,
        "digest": "",
        "spec": {
            **spec.options,
            "task": task,
            "attributes": spec.attributes,
            "profile": spec.profile,
            "seed": spec.seed,
            "size": len(plan.drafts),
        },
        "declared": plan.declared,
        "dropped": plan.dropped,
        "versions": versions(_VERSIONED),
    }


def _synthesizers(plan: BuildPlan, rendered: Mapping[str, RenderedItem]) -> dict[str, Any]:
    """For each synthesizer how many clips it made, and the keys of what their truths claim."""
    clips: Counter[str] = Counter()
    keys: dict[str, set[str]] = {}
    for draft in plan.drafts:
        for recipe, clip in zip(draft.clips, rendered[draft.item.id].clips, strict=True):
            # Of a file its name is enough, wherever it lies here.
            path, colon, function = recipe.synthesizer.rpartition(":")
            name = f"{PurePath(path).name}{colon}{function}"
            clips[name] += 1
            keys.setdefault(name, set()).update(claim.key for claim in claims(clip.truth))
    return {name: {"clips": n, "claims": sorted(keys[name])} for name, n in clips.items()}


def _name(task: str, spec: BuildSpec, attributes: Sequence[str]) -> str:
    # Options make other suites, and two suites of one run must not share a name.
    options = json.dumps(spec.options, sort_keys=True, default=str).encode()
    digest = sha256(options).hexdigest()[:6] if spec.options else ""
    chosen = () if set(spec.attributes) == set(attributes) else spec.attributes
    parts = [task.rpartition(":")[2], spec.profile, *chosen, f"seed{spec.seed}", digest]
    return slug("-".join(part for part in parts if part))
