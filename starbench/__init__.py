"""Test whether large audio-language models hear sound in time and 3D space.

What ``__all__`` lists is the public Python interface (docs/python.md): suites, runs and scores, and the types
that plug-ins need. A name is imported when it is first used, so ``import starbench`` loads nothing heavy.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from starbench.version import __version__

if TYPE_CHECKING:
    from starbench.api import (
        RunData,
        Scores,
        build_suite,
        compare,
        load_run,
        open_suite,
        read_answer,
        run,
        score,
    )
    from starbench.errors import (
        AdapterError,
        FatalError,
        InputError,
        RequestError,
        StarbenchError,
        StimulusError,
        SuiteError,
        TransientError,
    )
    from starbench.models.adapter import Adapter
    from starbench.schema import Capabilities, ClipPart, Item, Prices, Prompt, Response, TextPart, Usage
    from starbench.suites.suite import Suite
    from starbench.synthesis import BuildPlan, BuildSpec, Draft, Recipe, Stimulus, Synthesizer

__all__ = [
    "Adapter",
    "AdapterError",
    "BuildPlan",
    "BuildSpec",
    "Capabilities",
    "ClipPart",
    "Draft",
    "FatalError",
    "InputError",
    "Item",
    "Prices",
    "Prompt",
    "Recipe",
    "RequestError",
    "Response",
    "RunData",
    "Scores",
    "StarbenchError",
    "Stimulus",
    "StimulusError",
    "Suite",
    "SuiteError",
    "Synthesizer",
    "TextPart",
    "TransientError",
    "Usage",
    "__version__",
    "build_suite",
    "compare",
    "load_run",
    "open_suite",
    "read_answer",
    "run",
    "score",
]

#: Module -> the names that are imported from it.
_NAMES = {
    "api": "RunData Scores build_suite compare load_run open_suite read_answer run score",
    "errors": "AdapterError FatalError InputError RequestError StarbenchError StimulusError SuiteError TransientError",
    "models.adapter": "Adapter",
    "schema": "Capabilities ClipPart Item Prices Prompt Response TextPart Usage",
    "suites.suite": "Suite",
    "synthesis": "BuildPlan BuildSpec Draft Recipe Stimulus Synthesizer",
}


def __getattr__(name: str) -> Any:
    for module, names in _NAMES.items():
        if name in names.split():
            value = globals()[name] = getattr(import_module(f"starbench.{module}"), name)
            return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
