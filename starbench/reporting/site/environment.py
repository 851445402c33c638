"""Templates and files that every page shares."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starbench.errors import InputError
from starbench.reporting.files import write_file
from starbench.text import visible

if TYPE_CHECKING:
    from jinja2 import Environment


def environment() -> Environment:
    """The templates, which escape all text; :class:`InputError` without jinja2."""
    try:
        import jinja2
    except ImportError as error:
        raise InputError("reports need jinja2: pip install 'starbench[report]'") from error
    made = jinja2.Environment(
        loader=jinja2.PackageLoader("starbench.reporting.site"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        # What a data set or a model is called may hold anything; pictures are our own.
        finalize=lambda value: visible(value) if type(value) is str else value,
    )
    made.filters["svg"] = _svg
    return made


def _svg(picture: str) -> Any:
    """A picture of :mod:`starbench.reporting.site.svg`, which has escaped everything in it."""
    from markupsafe import Markup

    return Markup(picture)  # noqa: S704


def write_static(out: Path, names: Sequence[str]) -> None:
    """Write style sheets and scripts beside the pages."""
    folder = resources.files("starbench.reporting.site") / "static"
    for name in names:
        write_file(out / "static" / name, (folder / name).read_text("utf-8"), new_folder=True)
