"""The rate at which every clip of a run is sent."""

from __future__ import annotations

from collections.abc import Iterable

from starbench.errors import InputError
from starbench.models.adapter import Model
from starbench.schema import Adaptation
from starbench.suites.suite import Suite


def sent_rate(
    requested: int | None, model: Model, suites: Iterable[Suite]
) -> tuple[int | None, Adaptation | None]:
    """The rate everything is sent at, Hz, and what that changes: as requested, or one that the model reads.

    Returns
    -------
    tuple
        None for the rate keeps each clip's own.

    Raises
    ------
    InputError
        If the model does not read the rate requested, or not the format that is sent.
    """
    accepted = model.capabilities.rates
    rates = {clip.rate for suite in suites for clip in suite.clips.values()}
    if "wav" not in model.capabilities.formats:
        raise InputError(
            f"model {model.spec!r} reads {', '.join(model.capabilities.formats)}, and WAV is what is sent"
        )
    if requested is not None:
        if accepted is not None and requested not in accepted:
            known = ", ".join(map(str, accepted))
            raise InputError(f"--rate {requested}: model {model.spec!r} reads {known} Hz")
        change = Adaptation(kind="resampled", rate_hz=requested, on_request=True)
        return requested, change if rates - {requested} else None
    if accepted is None or rates <= set(accepted):
        return None, None
    return max(accepted), Adaptation(kind="resampled", rate_hz=max(accepted))
