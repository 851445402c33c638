"""What a model's tokens cost: as its adapter says, or as a file of the user's does."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from starbench.errors import InputError
from starbench.models.adapter import Model
from starbench.schema import Prices
from starbench.storage.inputs import read_json
from starbench.text import sentence, validation_problem


def prices_of(model: Model, file: Path | None = None) -> Prices | None:
    """Prices from ``file``, else the adapter's own (its attribute ``prices``), else none.

    A file holds a JSON object: one :class:`starbench.schema.Prices`, or several, each under the model it is for:
    as ``--model`` names it, or without the adapter's name. Raises :class:`InputError` if there is no price of the
    model in it.
    """
    if file is not None:
        return _from_file(file, model.spec)
    own = model.declared("prices")
    if own is None:
        return None
    if not isinstance(own, Prices):
        raise InputError(f"model {model.spec!r}: its prices are not a starbench.schema.Prices")
    try:
        return Prices.model_validate(own)
    except ValidationError as error:
        raise InputError(f"model {model.spec!r}: its prices: {validation_problem(error)}") from error


def _from_file(file: Path, spec: str) -> Prices:
    content = read_json(file, name=f"--prices {file}")
    if not isinstance(content, dict):
        raise InputError(f"--prices {file}: must hold a JSON object")
    if content and all(isinstance(value, dict) for value in content.values()):
        names = [name for name in (spec, spec.partition(":")[2]) if name in content]
        if not names:
            known = ", ".join(map(repr, content))
            raise InputError(sentence(f"--prices {file}: no price of {spec!r}: there are {known}"))
        content = content[names[0]]
    try:
        return Prices.model_validate(content)
    except ValidationError as error:
        raise InputError(sentence(f"--prices {file}: {validation_problem(error)}")) from error
