"""What is left of a clip once a model's own loader is done with it, as its method ``delivered`` says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from starbench.audio import Audio
from starbench.errors import InputError, NotApplicableError, PluginError
from starbench.plugins.registry import plugin_errors
from starbench.plugins.source_location import at, explain, line_of


def left_of(audio: Audio, method: Callable[[Audio], Any], owner: str) -> Audio:
    """Ask ``method`` what it leaves of a clip, and check that it is a sound; ``owner`` is who is named in errors.

    Raises :class:`PluginError` if the method fails or returns no sound, and :class:`NotApplicableError` as it does.
    """
    with plugin_errors(
        lambda error: f"{owner}: delivered() failed: {explain(error, method)}", InputError, NotApplicableError
    ):
        left: object = method(audio)
    problem = _problem(left) if isinstance(left, Audio) else type(left).__name__
    if isinstance(left, Audio) and not problem:
        return left
    raise PluginError(
        f"{owner}: delivered() returned {problem}: return a starbench.audio.Audio of int16 samples, "
        f"shape (n, channels), at a whole rate in Hz{at(line_of(method))}"
    )


def _problem(sound: Audio) -> str:
    """What is wrong with it; nothing if it can be heard."""
    pcm: object = sound.pcm
    if not isinstance(pcm, np.ndarray) or pcm.dtype != np.int16:
        return f"samples of {getattr(pcm, 'dtype', type(pcm).__name__)}"
    if pcm.ndim != 2 or not pcm.size:
        return f"samples of shape {pcm.shape}"
    rate: object = sound.rate
    return "" if isinstance(rate, int) and rate > 0 else f"a rate of {rate!r}"
