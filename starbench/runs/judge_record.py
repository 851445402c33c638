"""Verdicts beside a run, as an attempt adds to them; see :class:`starbench.runs.attempt_record.AttemptRecord`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from itertools import islice
from pathlib import Path

from pydantic import ValidationError

from starbench.engine.cost import PromptSize
from starbench.engine.runner import TrialResult
from starbench.errors import InputError, RunError
from starbench.execution.environment import versions
from starbench.models.adapter import Model
from starbench.models.resolve import recorded_arguments
from starbench.protocols.judging import JudgeProtocol, letter
from starbench.runs.attempt_record import Beginning, PlannedAhead
from starbench.runs.ownership import hold, write_errors
from starbench.schema import Canary, Outcome, Prompt, TextPart, TextSpec, Trial
from starbench.schema.judge import JudgeHeader, JudgeIdentity, JudgeLine
from starbench.storage.atomic import write_lines
from starbench.storage.json_lines import parse_lines, whole_lines
from starbench.storage.records import as_json
from starbench.text import slug, validation_problem

_FIX = "move the file away to have all replies judged again"


@dataclass(frozen=True)
class Judgements:
    """The prompts of replies that are to be judged, and the lines that say what became of them."""

    protocol: JudgeProtocol

    def prompt(self, trial: Trial) -> Prompt:
        text = _text(trial)
        digest = sha256(text.encode()).hexdigest()
        return Prompt(parts=(TextPart(text=text),), options=trial.options, digest=digest, key=trial.item_id)

    def size(self, trial: Trial) -> PromptSize:
        return PromptSize(characters=len(_text(trial)))

    def line(self, trial: Trial, model: str, result: TrialResult) -> JudgeLine:  # noqa: ARG002 - the header names it
        response = result.response
        outcome, chosen = (
            (Outcome.ERROR, None) if response is None else self.protocol.read(response, trial.options)
        )
        return JudgeLine(
            reply=trial.item_id,
            order="".join(map(letter, trial.contents)),
            outcome=outcome,
            letter=chosen,
            response=result.delivered.text,
            **result.fields,
        )


@dataclass(frozen=True)
class JudgeRecord(PlannedAhead):
    """The verdicts of one judge on the run in a directory, and the replies that it is to judge in the end."""

    header: JudgeHeader
    lines_path: Path
    trials: Sequence[Trial]
    workload: Judgements

    rate_hz, has_two_channels = None, False  # there is no clip

    @classmethod
    def of(cls, protocol: JudgeProtocol, model: Model, run: Path, trials: Sequence[Trial]) -> JudgeRecord:
        """The record of ``model`` as a judge; :class:`InputError` if it cannot answer a question in text."""
        able = model.capabilities
        if not able.text_only or "text" not in able.answer_modes:
            raise InputError(
                f"judge {model.spec!r} takes no question without sound, or answers none in text: give --judge "
                "a model that does"
            )
        identity = JudgeIdentity(
            model=model.spec,
            model_args=recorded_arguments(model),
            prompt_version=protocol.version,
            plugins=model.versions,
        )
        header = JudgeHeader(
            identity=identity,
            served_by=model.server,
            versions=versions(),
            created=datetime.now(UTC).isoformat(timespec="seconds"),
        )
        digest = sha256(identity.model_dump_json().encode()).hexdigest()
        name = f"{protocol.file}-{slug(model.spec)}-{digest[:8]}.jsonl"
        return cls(header, run / name, trials, Judgements(protocol))

    @property
    def versions(self) -> Mapping[str, str]:
        return self.header.versions

    def hold(self) -> AbstractContextManager[None]:
        path = self.lines_path
        return hold(path, path.with_name(f".{path.name}.lock"), "wait for it")

    def begin(self) -> Beginning:
        """Write the header, or read the one that is there."""
        begun = self._begun()
        header = begun or self.header
        if begun is None:
            with write_errors(self.lines_path):
                write_lines(self.lines_path, [as_json(header)])
        return Beginning(begun is not None, header.served_by, header.versions)

    def discard(self) -> None:
        self.lines_path.unlink(missing_ok=True)

    def lines(self) -> Iterator[JudgeLine]:
        """Every line in the order of writing; none where nothing was judged yet."""
        self._begun()
        return _lines(self.lines_path)

    def canary(self) -> Canary | None:
        """None: a question without sound needs none."""

    def write_canary(self, canary: Canary) -> None:
        """Nothing: none is run."""

    def _begun(self) -> JudgeHeader | None:
        """The header in the file, None if there is none yet; :class:`RunError` if it is not this judge's."""
        begun = _header(self.lines_path)
        if begun is not None and begun.identity != self.header.identity:
            raise RunError(f"{self.lines_path} holds the verdicts of another judge: {_FIX}")
        return begun


def saved_verdicts(run: Path, protocol: JudgeProtocol) -> Iterator[tuple[JudgeHeader, Iterator[JudgeLine]]]:
    """What each judge said by this version of ``protocol``; :class:`RunError` if a file is damaged."""
    for path in sorted(run.glob(f"{protocol.file}-*.jsonl")):
        header = _header(path)
        if header is not None and header.identity.prompt_version == protocol.version:
            yield header, _lines(path)


def _header(path: Path) -> JudgeHeader | None:
    first = next(_rows(path), None)
    if first is None:
        return None
    try:
        return JudgeHeader.model_validate_json(first)
    except ValidationError as error:
        raise RunError(
            f"{path}:1: is not how a file of verdicts begins ({validation_problem(error)}): {_FIX}"
        ) from error


def _lines(path: Path) -> Iterator[JudgeLine]:
    return parse_lines(path, islice(_rows(path), 1, None), JudgeLine.model_validate_json, "verdict", first=2)


def _rows(path: Path) -> Iterator[bytes]:
    try:
        yield from whole_lines(path)
    except OSError as error:
        if not isinstance(error, FileNotFoundError):
            raise RunError(f"{path} cannot be read: {error.strerror}") from error


def _text(trial: Trial) -> str:
    return "".join(part.text for part in trial.parts if isinstance(part, TextSpec))
