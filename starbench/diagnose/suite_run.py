"""A model's answers to a suite, asked as in any run."""

from __future__ import annotations

from pathlib import Path

from starbench.engine.settings import settings_of
from starbench.models.adapter import Model
from starbench.planning.plan import Request, plan_run
from starbench.runs.attempt import ask_all
from starbench.runs.load import LoadedRun, load
from starbench.runs.run_record import RunRecord
from starbench.schema import Setup
from starbench.suites.suite import Suite


def ask(
    model: Model, suite: Suite, path: Path, setup: Setup | None = None, *, canary: bool = False
) -> LoadedRun:
    """Put a suite's questions to a model, in a run at ``path`` that is resumed; raises what :func:`ask_all` does.

    Default setup: the rate and the channels that the model takes.
    """
    plan = plan_run(Request((suite,), setup or _setup(model)), model)
    ask_all(RunRecord(plan, path.absolute()), model, settings_of(model, canary=canary))
    return load(path)


def _setup(model: Model) -> Setup:
    able = model.capabilities
    rate = str(able.rates[0]) if able.rates else "native"
    return Setup(rate=rate, channels="mono" if able.max_channels == 1 else "refuse")
