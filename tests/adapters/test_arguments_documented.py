"""docs/adapters.md lists every argument of every adapter, as the code has them."""

from __future__ import annotations

import importlib.util
import inspect
from importlib.metadata import entry_points
from pathlib import Path
from typing import Literal

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "docs" / "write_adapters.py"
_spec = importlib.util.spec_from_file_location("write_adapters", SCRIPT)
assert _spec is not None
assert _spec.loader is not None
module = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(module)

ADAPTERS = [p for p in entry_points(group="starbench.adapters") if p.value.startswith("starbench.")]


class Example:
    """Shows off.

    And says how.

    Parameters
    ----------
    model : str
        A name, as ``this`` or :class:`that.Thing`.
    loud : float, optional
        How much,
        over two lines | with a bar.
    kind : {"a", "b"}
        Which.
    deaf : bool
        Whether.
    extra : dict, optional
        More.

    Raises
    ------
    InputError
        Never.
    """

    def __init__(
        self,
        model: str,
        loud: float | None = None,
        kind: Literal["a", "b"] | int = "a",
        deaf: bool = False,
        extra: dict[str, int] | None = None,
    ) -> None: ...


def test_the_document_is_what_the_code_says() -> None:
    assert module.TARGET.read_text("utf-8") == module.render(), "run: python docs/write_adapters.py"


@pytest.mark.parametrize("point", ADAPTERS, ids=lambda point: point.name)
def test_every_argument_is_described_once_in_the_order_of_the_signature(point: object) -> None:
    adapter = point.load()  # type: ignore[attr-defined]
    described = module.read(adapter).arguments
    assert list(described) == list(inspect.signature(adapter).parameters)
    assert all(described.values())


def test_all_adapters_are_in_it() -> None:
    ours = {"constant", "gemini", "observer", "openai", "random", "transformers"}
    assert ours <= {point.name for point in ADAPTERS}
    for point in ADAPTERS:
        assert f"\n## `{point.name}`\n" in module.render()


def test_a_docstring_becomes_a_table() -> None:
    assert module.read(Example).text == "Shows off.\n\nAnd says how."
    assert list(module.rows(Example)) == [
        "| `model` | text | required | A name, as `this` or `Thing`. |",
        "| `loud` | number |  | How much, over two lines \\| with a bar. |",
        "| `kind` | `a`, `b` or whole number | `a` | Which. |",
        "| `deaf` | `true` or `false` | `false` | Whether. |",
        "| `extra` | JSON object |  | More. |",
    ]
