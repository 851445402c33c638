"""Suites made from drafts: rendered, checked, published whole under names that tell nothing."""

from __future__ import annotations

import inspect
import json
import sys
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

from starbench import __version__
from starbench.build.render import Made, Order
from starbench.build.staging import Workshop, hold, make_on_record
from starbench.errors import PluginError, SuiteError
from starbench.execution import processes
from starbench.plugins import registry
from starbench.schema import Item
from starbench.suites import suite as suites
from starbench.suites.clip_info import ClipInfo
from starbench.suites.suite import MANIFEST, METADATA, Suite
from starbench.synthesis import BuildPlan, BuildSpec
from starbench.text import slug

_VERSIONED = ("numpy", "scipy", "soundfile")
#: Suites of fewer items are made by this process: hiring others would take longer.
_SMALL = 8


def build(
    task: str,
    spec: BuildSpec,
    out: Path,
    on_item: Callable[[int, int], None] = lambda _done, _all: None,
    *,
    workers: int | None = None,
    on_note: Callable[[str], None] = lambda _note: None,
) -> Suite:
    """Build a suite of ``task`` at ``out``, which appears whole or not at all.

    The bytes are the same for any number of workers. A build that was cut off is gone on with by the next
    one that asks for the same; one that asks for something else starts anew.

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
    workers : int, optional
        Processes to use; default: one for each CPU that this process may use. They are spawned, so a
        script calls this under ``if __name__ == "__main__"``.
    on_note : callable
        Told in one sentence what became of a build that was cut off.

    Raises
    ------
    InputError
        If the task cannot build that, or ``out`` is taken, or the disk is full.
    """
    out = out.resolve()
    plugin = registry.make("tasks", task)
    if not hasattr(plugin, "plan"):
        raise SuiteError(f"task {task!r} is loaded from data, not built: --suite {task}:FOLDER")
    _refuse_taken(out)
    plan: BuildPlan = plugin.plan(spec)
    header = _header(task, spec, plan)
    try:
        with hold(out) as workshop:
            _refuse_taken(out)  # another build may just have finished
            changed = workshop.open(header)
            if changed:
                on_note(
                    f"what an interrupted build left is thrown away, for its {' and '.join(changed)} differ"
                )
            made = _make(plan, spec.seed, workshop, workers or processes.available_cpus(), on_item, on_note)
            manifest = _manifest(task, spec, plan, getattr(plugin, "attributes", ()))
            built = _publish(manifest, plan, made, workshop, out)
    except OSError as error:
        raise SuiteError(
            f"{out} cannot be written ({error.strerror}): mend that, then the same command goes on with what "
            "is made"
        ) from error
    return built


def _refuse_taken(out: Path) -> None:
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise SuiteError(f"{out} exists and is not empty: give another --out")


def _header(task: str, spec: BuildSpec, plan: BuildPlan) -> dict[str, Any]:
    """What has to be equal for a build to go on with what another one made."""
    header = {
        "task": task,
        "seed": spec.seed,
        "options": _options(spec, plan),
        "versions": _versions(),
        "synthesizers": _code({recipe.synthesizer for draft in plan.drafts for recipe in draft.clips}),
        "plan": _plan_digest(plan, task),
    }
    read_back: dict[str, Any] = json.loads(json.dumps(header))
    return read_back


def _options(spec: BuildSpec, plan: BuildPlan) -> dict[str, Any]:
    return spec.options if plan.options is None else plan.options


def _versions() -> dict[str, str]:
    return {"starbench": __version__, **{name: version(name) for name in _VERSIONED}}


def _plan_digest(plan: BuildPlan, task: str) -> str:
    repeated = [name for name, n in Counter(draft.item.id for draft in plan.drafts).items() if n > 1]
    if repeated:
        raise PluginError(f"task {task!r} planned two items with the id {repeated[0]!r}")
    digest = sha256()
    for draft in plan.drafts:
        recipes = [(recipe.synthesizer, recipe.parameters) for recipe in draft.clips]
        try:
            digest.update(json.dumps((draft.item.model_dump(), recipes), sort_keys=True).encode() + b"\n")
        except TypeError as error:
            raise PluginError(f"task {task!r}: {draft.item.id} holds what JSON cannot: {error}") from error
    return digest.hexdigest()


def _code(synthesizers: Iterable[str]) -> str:
    """Digest of the source of synthesizers: one that was mended between two builds makes other sounds."""
    files: set[Path] = set()
    for name in synthesizers:
        module = sys.modules.get(inspect.unwrap(registry.load("synthesizers", name)).__module__)
        if module is not None and module.__file__:
            here = Path(module.__file__)
            files |= {here, *here.parent.glob("*.py")} if module.__package__ else {here}
    return sha256(b"\0".join(path.read_bytes() for path in sorted(files))).hexdigest()


def _make(
    plan: BuildPlan,
    seed: int,
    workshop: Workshop,
    workers: int,
    on_item: Callable[[int, int], None],
    on_note: Callable[[str], None],
) -> dict[str, Made]:
    """Make what is missing; returns all, by id."""
    total, there = len(plan.drafts), workshop.whole()
    missing = [Order(draft.item.id, draft.clips) for draft in plan.drafts if draft.item.id not in there]
    done = total - len(missing)
    if done:
        on_note(f"an interrupted build goes on: {done} of {total} items are there")
    on_item(done, total)
    with closing(_work(missing, seed, workshop.path, workers, small=total < _SMALL)) as work:
        for more in work:
            done += more
            on_item(done, total)
    made = workshop.made()
    lost = sum(draft.item.id not in made for draft in plan.drafts)
    if lost:
        raise SuiteError(
            f"{workshop.path} lost the record of {lost} items: the same command makes them again"
        )
    return made


def _work(
    missing: list[Order], seed: int, workshop: Path, workers: int, *, small: bool
) -> Generator[int, None, None]:
    if small:
        return (make_on_record(order, seed, workshop) for order in missing)
    # One worker is hired too, for its one thread: see crew.ONE_THREAD.
    return processes.make_all(missing, seed, workshop, workers)


def _publish(
    manifest: dict[str, Any], plan: BuildPlan, made: Mapping[str, Made], workshop: Workshop, out: Path
) -> Suite:
    items = [_item(draft.item, made[draft.item.id]) for draft in plan.drafts]
    clips = {
        clip.path: ClipInfo(clip.digest, clip.channels, clip.rate, clip.seconds)
        for draft in plan.drafts
        for clip in made[draft.item.id].clips
    }
    workshop.sweep(made[draft.item.id] for draft in plan.drafts)
    with (workshop.suite / METADATA).open("w", encoding="utf-8") as file:
        for item in items:
            fields = item.model_dump(mode="json", by_alias=True, exclude_defaults=True)
            file.write(json.dumps({"file_name": item.audio_paths[0], **fields}, ensure_ascii=False) + "\n")
    manifest["digest"] = suites.digest(items, clips)
    text = json.dumps(manifest, indent=2, ensure_ascii=False) + "\n"
    (workshop.suite / MANIFEST).write_text(text, "utf-8")
    built = suites.read(workshop.suite)
    if out.exists():
        out.rmdir()
    workshop.suite.rename(out)
    return replace(built, root=out)


def _item(item: Item, made: Made) -> Item:
    truth = {**item.truth, "clips": [clip.truth for clip in made.clips]}
    return item.model_copy(update={"audio_paths": tuple(clip.path for clip in made.clips), "truth": truth})


def _manifest(task: str, spec: BuildSpec, plan: BuildPlan, attributes: Sequence[str]) -> dict[str, Any]:
    return {
        "name": _name(task, spec, plan, attributes),
        "profile": spec.profile,
        "default_protocol": plan.default_protocol,
        "licence": plan.licence,
        "digest": "",
        "spec": {
            **_options(spec, plan),
            "task": task,
            "attributes": spec.attributes,
            "profile": spec.profile,
            "seed": spec.seed,
            "size": len(plan.drafts),
        },
        "declared": plan.declared,
        "dropped": plan.dropped,
        "versions": _versions(),
    }


def _name(task: str, spec: BuildSpec, plan: BuildPlan, attributes: Sequence[str]) -> str:
    # Options make other suites, and two suites of one run must not share a name.
    options = _options(spec, plan)
    told = (
        sha256(json.dumps(options, sort_keys=True, default=str).encode()).hexdigest()[:6] if options else ""
    )
    chosen = () if set(spec.attributes) == set(attributes) else spec.attributes
    parts = [task.rpartition(":")[2], spec.profile, *chosen, f"seed{spec.seed}", told]
    return slug("-".join(part for part in parts if part))
