"""Parameters of synthesizers: number types that their models share, and refusals in one sentence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

from pydantic import Field, ValidationError

from starbench.errors import StimulusError
from starbench.schema.base import Frozen

Finite = Annotated[float, Field(allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]

ModelT = TypeVar("ModelT", bound=Frozen)


def validate(model: type[ModelT], parameters: Mapping[str, Any], subject: str) -> ModelT:
    """Check parameters against a model.

    Raises a StimulusError in one sentence that names ``subject``, the first wrong parameter and what is wrong
    with it.
    """
    try:
        return model.model_validate(dict(parameters))
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        location = ".".join(str(step) for step in first["loc"])
        message = first["msg"].removeprefix("Value error, ")
        raise StimulusError(": ".join(filter(None, (subject, location, message)))) from error
