"""What an adaptive run is asked for, checked before anything is asked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

from starbench.adaptive.procedure import Procedure
from starbench.adaptive.stimuli import Stimuli
from starbench.errors import ConditionError, InputError, PluginError
from starbench.models.adapter import Model
from starbench.planning.conditions import is_soundless
from starbench.planning.plan import Request, RunPlan, plan_run
from starbench.planning.reasons import sentence
from starbench.plugins import registry
from starbench.schema import Run, Setup
from starbench.synthesis import BuildSpec, LevelDesign
from starbench.text import slug

#: The rules by which questions are chosen; raised when they change.
_VERSION = "adaptive/1"


@dataclass(frozen=True)
class AdaptiveRequest:
    """Which attributes of a task, how they are asked, and how long."""

    task: str
    spec: BuildSpec
    setup: Setup
    precision: float = 0.2
    max_questions: int = 240
    batch: int = 4
    label: str | None = None

    @property
    def name(self) -> str:
        """What the questions are called, as a suite is."""
        parts = (self.task, self.spec.profile, *self.spec.attributes, f"seed{self.spec.seed}")
        return slug(f"threshold-{'-'.join(part.rpartition(':')[2] for part in parts)}")

    @property
    def design(self) -> dict[str, Any]:
        """What decides every question, together with the answers."""
        spec = self.spec
        return {
            "design": _VERSION,
            "task": self.task,
            "attributes": list(spec.attributes),
            "profile": spec.profile,
            "seed": spec.seed,
            "options": spec.options,
            "batch": self.batch,
        }

    @property
    def digest(self) -> str:
        """What identifies the questions, although they are not made yet."""
        return sha256(json.dumps(self.design, sort_keys=True).encode()).hexdigest()

    def resolved(self) -> AdaptiveRequest:
        """The same with the profile's full name, and the attributes in the task's order: all if none is named."""
        designs = self._designs()
        profile = next(iter(designs.values())).profile
        return replace(self, spec=replace(self.spec, attributes=tuple(designs), profile=profile))

    def procedures(self) -> tuple[Procedure, ...]:
        """One procedure for each attribute; :class:`InputError` if the task cannot ask them at any level."""
        return tuple(
            Procedure(
                design,
                len(design.draft(f"{design.sub_category}_0000", design.levels[0], "first").item.options),
                self.spec.seed,
                self.precision,
                self.max_questions,
                self.batch,
            )
            for design in self._designs().values()
        )

    def _designs(self) -> Mapping[str, LevelDesign]:
        plugin = registry.make("tasks", self.task)
        if not hasattr(plugin, "level_designs"):
            raise InputError(
                f"task {self.task!r} has no attribute that can be asked at any level: leave --task out"
            )
        designs: Mapping[str, LevelDesign] = plugin.level_designs(self.spec)
        return designs


def usual_task() -> str:
    """The installed task whose attributes can be asked at any level; :class:`InputError` unless there is just one."""
    able = []
    for name in registry.available("tasks"):
        with suppress(PluginError):  # one that cannot be loaded is no reason to leave out another
            if hasattr(registry.load("tasks", name), "level_designs"):
                able.append(name)
    if len(able) != 1:
        raise InputError(f"--task is needed: {', '.join(able) or 'no installed task'} can ask at any level")
    return able[0]


def plan_questions(request: AdaptiveRequest, stimuli: Stimuli, model: Model) -> RunPlan:
    """The plan of a run over those questions that are made; raises what :func:`plan_run` does."""
    plan = plan_run(Request((stimuli.suite,), request.setup, label=request.label), model)
    return RunPlan(_identified(plan.run, request), plan.trials, plan.items, plan.questions)


def check(request: AdaptiveRequest) -> None:
    """Raise :class:`InputError` unless the questions are put in one way, with sound."""
    conditions = request.setup.conditions
    if len(conditions) != 1 or is_soundless(conditions[0]):
        raise InputError(
            f"--condition {','.join(conditions)}: an adaptive run has one condition, one that sends sound"
        )


def refuse_unheard(procedures: tuple[Procedure, ...], plan: RunPlan) -> None:
    """Raise :class:`ConditionError` if no question of an attribute can be put to the model."""
    planned = {plan.items[trial.suite, trial.item_id].sub_category for trial in plan.trials}
    for procedure in procedures:
        if procedure.design.sub_category not in planned:
            why = {sentence(one.code, one.values, one.fixes): None for one in plan.run.inapplicable}
            raise ConditionError(
                f"{procedure.design.sub_category} cannot be asked of this model ({'; '.join(why)}): leave it out"
            )


def _identified(run: Run, request: AdaptiveRequest) -> Run:
    """The record with the digest of the design in place of that of the questions, which follow from the answers."""
    (suite,) = run.identity.suites
    suites = (suite.model_copy(update={"digest": request.digest}),)
    sources: Mapping[str, Any] = {suite.name: request.design}
    identity = run.identity.model_copy(update={"suites": suites})
    return run.model_copy(update={"identity": identity, "sources": sources})
