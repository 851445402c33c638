"""The public Python interface, as ``import starbench`` offers it (docs/python.md)."""

from __future__ import annotations

import json
import multiprocessing
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from starbench.build.build import build
from starbench.engine.settings import Settings, settings_of
from starbench.errors import InputError
from starbench.models.adapter import Adapter, Model
from starbench.models.resolve import as_model, make, resolve
from starbench.planning.plan import Request, plan_run
from starbench.protocols import read_response
from starbench.reporting.data_card import write_data_card
from starbench.reporting.frames import Backend, score_columns, to_frame, trial_columns
from starbench.runs import directory, load
from starbench.runs.attempt import Events, ask_all
from starbench.runs.run_record import RunRecord
from starbench.schema import JournalLine, Reading, Setup
from starbench.schema.compare import Comparisons
from starbench.schema.item import MAX_OPTIONS
from starbench.schema.score import RunScore
from starbench.scoring.compare import compare as compare_runs
from starbench.scoring.run import score as score_run
from starbench.suites.open import open_suite as open_spec
from starbench.suites.suite import Suite
from starbench.synthesis import BuildSpec
from starbench.text import suggestion, validation_problem

_Path = str | Path
#: What ``**options`` of :func:`run` can name.
_OPTIONS = {*Setup.model_fields, *Settings.__annotations__, "max_attempts"} - {"prompt_version"}


class RunData(load.LoadedRun):
    """A run: its record, its canary, its questions, every planned trial, and how each asked one ended."""

    def to_frame(self, backend: Backend | None = None) -> Any:
        """One row for each planned trial, joined with its question (docs/python.md lists the columns).

        ``backend`` is ``pandas`` or ``polars``; default: the first that is installed. Raises
        :class:`InputError` if it is not.
        """
        return to_frame(trial_columns(self), backend)


class Scores(RunScore):
    """The scores of a run: fractions from 0 to 1, 95 % intervals."""

    def to_frame(self, backend: Backend | None = None) -> Any:
        """One row for each suite, task, condition and part of a task; otherwise as :meth:`RunData.to_frame`."""
        return to_frame(score_columns(self), backend)


def open_suite(suite: _Path, *, skip_bad: bool = False) -> Suite:
    """Read a built suite's directory, or load ``task:source``; :class:`InputError` if it is damaged.

    ``skip_bad`` leaves damaged items out; ``Suite.skipped`` lists them.
    """
    return open_spec(str(suite), skip_bad=skip_bad)


def build_suite(
    task: str,
    out: _Path,
    *,
    attributes: str | Sequence[str] = (),
    profile: str = "default",
    size: int | None = None,
    seed: int = 0,
    **options: Any,
) -> Suite:
    """Build a suite at ``out``, as ``starbench build`` does; the same seed gives the same bytes.

    No attribute means all that the task has. ``options`` are ``workers``, and further options of the task:
    ``format``, ``hrtf``, ``recordings``, ``stems``, …; several values are a list. It starts worker processes, so a
    script calls it under ``if __name__ == "__main__":``. Raises :class:`InputError` if the task cannot build that,
    or ``out`` is not empty.
    """
    if getattr(multiprocessing.current_process(), "_inheriting", False):
        raise InputError(
            "build_suite starts worker processes, and each reads your script first: put the call under "
            'if __name__ == "__main__":'
        )
    workers = options.pop("workers", None)
    if seed < 0 or (workers is not None and workers < 1):
        raise InputError("build_suite: seed must be at least 0, and workers at least 1")
    several = {
        name: list(map(str, value)) for name, value in options.items() if isinstance(value, list | tuple)
    }
    spec = BuildSpec(_several(attributes), profile, seed, size, {**_texts(options), **several})
    suite = build(task, spec, Path(out), workers=workers)
    write_data_card(suite)
    return suite


def run(
    model: str | Adapter | Callable[..., Adapter],
    suites: _Path | Suite | Iterable[_Path | Suite],
    out: _Path | None = None,
    *,
    model_args: Mapping[str, Any] | None = None,
    on_line: Callable[[JournalLine], None] = lambda _: None,
    retry_permanent: bool = False,
    **options: Any,
) -> RunData:
    """Put every trial of the suites to a model, as ``starbench run`` does.

    The model is asked from a thread of its own, so an event loop may be running, as in a notebook.

    Parameters
    ----------
    model : str, class or object
        A name as ``--model`` takes it (``"openai:NAME"``), a class with a method ``generate(prompt)``, or an
        object of one. If the object has a method ``close()``, it is called at the end.
    suites : str, Path, Suite, or several
        Directories of built suites, ``task:source``, or open suites.
    out : str or Path, optional
        Run directory; one that exists is resumed. Default: a dated one below ``runs/``.
    model_args : mapping, optional
        Arguments of the adapter, where ``model`` is a name or a class.
    on_line : callable
        Called with each trial as it ends.
    retry_permanent : bool
        On resuming, ask again what the server refused as a bad request.
    **options
        ``conditions="audio"``, ``limit=None``, ``max_cost_usd=None``, …: docs/python.md lists them.

    Returns
    -------
    RunData
        What the run directory holds now; ``RunData.failures`` are the errors that are left.

    Raises
    ------
    InputError
        Before any trial is asked: options, suites or model cannot work, or no sound reaches the model.
    FatalError, JournalError
        No further request can succeed, or the disk is full. What is finished is kept, and the same call with
        the same ``out`` resumes the run.
    """
    for name in options:
        if name not in _OPTIONS:
            raise InputError(f"run() has no option {name!r}: {suggestion(name, _OPTIONS)}")
    client = _model(model, model_args or {})
    specs = tuple(suite if isinstance(suite, Suite) else str(suite) for suite in _several(suites))
    captions, prices = (options.pop(name, None) for name in ("captions", "prices"))
    setup = {name: options.pop(name) for name in Setup.model_fields if name in options}
    setup |= {name: str(setup[name]) for name in ("rotations", "rate") if name in setup}
    setup["conditions"] = _several(setup.get("conditions", "audio"))
    try:
        request = Request(specs, Setup.model_validate(setup), captions and Path(captions))
        settings = settings_of(client, prices=prices and Path(prices), **options)
    except ValidationError as error:
        raise InputError(f"run(): {validation_problem(error)}") from error
    plan = plan_run(request, client)
    plan = replace(plan, run=plan.run.model_copy(update={"prices": settings.prices}))
    names = [suite.name for suite in plan.run.identity.suites]
    path = directory.default_path(client.spec, names) if out is None else Path(out)
    record = RunRecord(plan, path.absolute())
    unclosed = ask_all(record, client, settings, Events(on_line=on_line), retry_permanent=retry_permanent)
    if unclosed is not None:
        warnings.warn(f"{unclosed}; what was answered is kept", RuntimeWarning, stacklevel=2)
    return load_run(path)


def load_run(path: _Path) -> RunData:
    """Read a run directory; :class:`InputError` if it is not a run, or it is damaged."""
    return RunData(**vars(load.load(Path(path))))


def score(run: _Path | load.LoadedRun) -> Scores:
    """Score a run, given as data or as its directory, from its journal; nothing is asked."""
    return Scores(**dict(score_run(_loaded(run))))


def compare(
    runs: _Path | load.LoadedRun | Iterable[_Path | load.LoadedRun], conditions: str | Sequence[str] = ()
) -> Comparisons:
    """Compare each condition of each run with the first of the first run, paired by item.

    ``conditions`` are those to take of each run; none: all that it has. Raises :class:`InputError` if there
    are not two sides, or they were not asked the same questions.
    """
    return compare_runs([_loaded(run) for run in _several(runs)], _several(conditions))


def read_answer(
    reply: str | None, options: Iterable[str], question: str | None = None, protocol: str = "starbench"
) -> Reading:
    """Read which option a reply chose, as runs and scores do; nothing is asked.

    Parameters
    ----------
    reply : str or None
        What a model replied.
    options : iterable of str
        The options' texts in the order shown, the first as ``A``: from 2 to 26.
    question : str, optional
        What was asked; with it, "the second is louder" is no answer to "which is softer?".
    protocol : str
        ``starbench``, or ``star-bench`` for the original evaluator's parser.

    Returns
    -------
    Reading
        ``letter``, or None, and ``outcome``: ``answered``, ``refused``, ``ambiguous``, ``unparsed``, ``empty``, or
        ``truncated`` for a reply that ends while its model still thinks.

    Raises
    ------
    InputError
        There is no such protocol, or there are too few or too many options.
    """
    texts = tuple(options)
    if (
        isinstance(options, str)
        or not 1 < len(texts) <= MAX_OPTIONS
        or not all(isinstance(t, str) for t in texts)
    ):
        raise InputError(f"read_answer(): options must be from 2 to {MAX_OPTIONS} texts")
    return read_response(protocol, reply, "end", texts, question=question)


def _loaded(run: _Path | load.LoadedRun) -> load.LoadedRun:
    return run if isinstance(run, load.LoadedRun) else load.load(Path(run))


def _several(values: Any) -> tuple[Any, ...]:
    """One value, or several, as a tuple."""
    return (values,) if isinstance(values, str | Path | Suite | load.LoadedRun) else tuple(values)


def _texts(arguments: Mapping[str, Any]) -> dict[str, str]:
    """Arguments as they are typed on the command line; None is one that is not given."""
    return {
        name: str(value) if isinstance(value, str | Path) else json.dumps(value)
        for name, value in arguments.items()
        if value is not None
    }


def _model(model: Any, arguments: Mapping[str, Any]) -> Model:
    if isinstance(model, str):
        return resolve(model, _texts(arguments))
    if isinstance(model, type):
        return make(model, model.__name__, _texts(arguments))
    if arguments:
        raise InputError("model_args are for a model given by name or as a class: this one is an object")
    return as_model(model, type(model).__name__)
