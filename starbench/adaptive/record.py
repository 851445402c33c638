"""An adaptive run on disk: a run's directory that grows; see :class:`starbench.runs.attempt_record.AttemptRecord`."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from starbench.adaptive.plan import AdaptiveRequest, plan_questions
from starbench.adaptive.procedure import Procedure, Step
from starbench.adaptive.stimuli import Stimuli
from starbench.errors import ConditionError, JournalError
from starbench.models.adapter import Model
from starbench.planning.plan import RunPlan
from starbench.runs import directory
from starbench.runs.attempt import settled
from starbench.runs.attempt_record import Beginning
from starbench.runs.directory import PlannedTrial
from starbench.runs.ownership import refuse_other, write_errors
from starbench.runs.run_record import RunRecord
from starbench.schema import Item, Trial
from starbench.schema.adaptive import AdaptiveResult, AdaptiveThreshold, CourseStep
from starbench.schema.latest import latest_lines
from starbench.scoring.observations import Observation
from starbench.scoring.psychometrics.answers import Answer, answers_of
from starbench.storage.atomic import write_lines
from starbench.storage.records import as_json
from starbench.suites.clip_store import ClipStore

RESULT = "adaptive.json"


class AdaptiveRecord(RunRecord):
    """The run in the directory ``path``, and the procedures that decide what it asks.

    The questions on disk are those that were chosen, with their levels. So a resumed run asks the same ones, and
    chooses the next when every one before has ended: an attribute with a question that failed waits for its answer.
    """

    def __init__(self, request: AdaptiveRequest, plan: RunPlan, model: Model, path: Path) -> None:
        super().__init__(replace(plan, trials=(), items={}), path)
        self.procedures = request.procedures()
        self._request = request
        self._model = model

    @property
    def most(self) -> int:
        return self._request.max_questions * len(self.procedures)

    def begin(self) -> Beginning:
        """Write the record, or read what the run has asked so far; then choose what to ask next."""
        is_resumed = directory.is_run(self.path)
        run = self.plan.run
        if is_resumed:
            begun = directory.read(self.path)
            refuse_other(self.path, "another run", begun.identity, run.identity)
            kept = {name: getattr(begun, name) for name in ("served_by", "versions", "prices", "created")}
            run = run.model_copy(update={**kept, "label": run.label or begun.label})
        with write_errors(self.path):
            if not is_resumed:
                directory.write_questions(self.path, {}, ())
                directory.write_record(self.path, run)
            self._stimuli = Stimuli.open(
                self.path / directory.SUITE, self._request.name, self._request.design
            )
        self.plan = replace(self.plan, run=run)
        if self._stimuli.suite.items:
            self._replan()
        self.more()
        return Beginning(is_resumed, run.served_by, run.versions)

    def discard(self) -> None:
        shutil.rmtree(self.path / directory.SUITE, ignore_errors=True)
        directory.discard(self.path)

    def more(self) -> Sequence[Trial]:
        """Choose the next questions of every attribute whose last ones have ended; none where all is done."""
        while steps := self._next_steps():
            stimuli = self._render(steps)
            try:
                plan = plan_questions(self._request, stimuli, self._model)
            except ConditionError:  # none of them can be put to the model: they count as asked
                self._stimuli += stimuli
                continue
            self._grow(stimuli, plan)
            return plan.trials
        return ()

    def result(self) -> AdaptiveResult:
        """What was found so far."""
        request, run = self._request, self.plan.run
        answers, waiting = self._answers(), self._waiting()
        rows = tuple(
            self._row(procedure, answers.get(name, []), is_waiting=name in waiting)
            for procedure in self.procedures
            for name in [procedure.design.sub_category]
        )
        return AdaptiveResult(
            model=run.identity.model,
            suite=request.name,
            design=request.design,
            seed=request.spec.seed,
            precision=request.precision,
            max_questions=request.max_questions,
            complete=all(row.stop is not None for row in rows),
            thresholds=rows,
            versions=dict(run.versions),
        )

    def write_result(self) -> AdaptiveResult:
        """Write :data:`RESULT`, and the run's record with what is known of all its questions."""
        result = self.result()
        try:
            if self._stimuli.suite.items:
                self._replan()
            write_lines(self.path / RESULT, [as_json(result, indent=1)])
        except OSError as error:
            raise JournalError(
                f"{self.path / RESULT} cannot be written ({error.strerror}): make room, then run the same command again"
            ) from error
        return result

    def _replan(self) -> None:
        """Plan all questions that are made, and write that down."""
        plan = plan_questions(self._request, self._stimuli, self._model)
        kept = ("served_by", "versions", "prices", "created", "label")
        run = plan.run.model_copy(update={name: getattr(self.plan.run, name) for name in kept})
        self.plan = replace(plan, run=run)
        with write_errors(self.path):
            directory.write_questions(self.path, self.plan.items, self.plan.trials)
            directory.write_record(self.path, run)

    def _grow(self, stimuli: Stimuli, plan: RunPlan) -> None:
        """Add planned questions to those on disk."""
        self._stimuli += stimuli
        items = {**self.plan.items, **plan.items}
        rate = plan.run.identity.setup.rate_hz
        suite = self._stimuli.suite
        questions = replace(plan.questions, items=items, stores={suite.name: ClipStore(suite, rate)})
        trials = (*self.plan.trials, *plan.trials)
        with write_errors(self.path):
            directory.append_questions(self.path, plan.items, plan.trials)
        self.plan = RunPlan(self.plan.run, trials, items, questions)

    def _render(self, steps: Sequence[tuple[Procedure, Step]]) -> Stimuli:
        with write_errors(self.path):
            return self._stimuli.render(procedure.draft(step) for procedure, step in steps)

    def _next_steps(self) -> list[tuple[Procedure, Step]]:
        answers, waiting = self._answers(), self._waiting()
        return [
            (procedure, step)
            for procedure in self.procedures
            if (name := procedure.design.sub_category) not in waiting
            for step in procedure.next_batch(answers.get(name, ()), len(self._items(procedure)))
        ]

    def _waiting(self) -> set[str | None]:
        """Sub-categories with a question that has not ended."""
        ended = settled(self)
        waiting = (trial for trial in self.trials if trial.key not in ended)
        return {self.plan.items[trial.suite, trial.item_id].sub_category for trial in waiting}

    def _items(self, procedure: Procedure) -> list[Item]:
        """The questions of one attribute that are made, in their order."""
        name = procedure.design.sub_category
        return [item for item in self._stimuli.suite.items if item.sub_category == name]

    def _answers(self) -> dict[str, list[Answer]]:
        """The answers that have come, by sub-category."""
        lines = latest_lines(self.lines(), lambda line: line)
        observations: dict[str, list[Observation]] = {}
        for trial in self.trials:
            line, item = lines.get(trial.key), self.plan.items[trial.suite, trial.item_id]
            if line is not None:
                planned = PlannedTrial.of(trial)
                observation = Observation(
                    planned,
                    item,
                    line.outcome.value,
                    planned.right_content,
                    abstained=line.abstained,
                    letter=line.letter,
                )
                observations.setdefault(str(item.sub_category), []).append(observation)
        return {name: answers_of(group) for name, group in observations.items()}

    def _row(self, procedure: Procedure, answers: Sequence[Answer], *, is_waiting: bool) -> AdaptiveThreshold:
        items = self._items(procedure)
        task = items[0].task if items else self._request.task
        row = procedure.threshold(task, self._request.setup.conditions[0], answers)
        chosen = {answer.item: answer.chosen for answer in answers}
        return AdaptiveThreshold(
            **dict(row),
            n_questions=len(items),
            stop=None if is_waiting else procedure.stop(answers, len(items)),
            course=tuple(
                CourseStep(
                    item=item.id,
                    level=None if item.catch else item.level,
                    right=str(item.answer),
                    chosen=chosen.get(item.id),
                )
                for item in items
            ),
        )
