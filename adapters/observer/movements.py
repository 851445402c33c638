"""How a sound moves, as options state it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from . import motion
from .ears import Ears

#: Words that state a movement; the first that match count.
_STATED = (
    ("there-and-back", r"\b(and back|there and back|returns?|back again)\b"),
    ("counterclockwise", r"\b(counter-?clockwise|anti-?clockwise)\b"),
    ("clockwise", r"\bclockwise\b"),
    ("circle", r"\b(circles?|circling|around you|round you|all the way round)\b"),
    ("left-to-right", r"\b(left[- ]to[- ](the )?right)\b"),
    ("right-to-left", r"\b(right[- ]to[- ](the )?left)\b"),
    ("approach", r"\b(comes? closer|approach(es)?|moves? closer|towards you|nearer)\b"),
    ("recede", r"\b(moves? away|goes away|recedes?|farther away|further away)\b"),
    ("still", r"\b(stays?|does not move|stationary|still|unchanged|in one place|remains?)\b"),
)


def read(
    question: str,  # noqa: ARG001 the options are enough
    options: Sequence[str],
) -> tuple[Callable[[Sequence[Ears]], Sequence[float] | None], int] | None:
    """Understand a question about how a sound moves; see ``space_questions``."""
    kinds = [_kind(option) for option in options]
    stated = [kind for kind in kinds if kind is not None]
    if len(stated) < len(options) or len(set(stated)) < len(stated):
        return None

    def answer(clips: Sequence[Ears]) -> Sequence[float] | None:
        fit = motion.fit(clips[0])
        return None if fit is None else [fit.misfit(kind) for kind in stated]

    return answer, 1


def _kind(option: str) -> str | None:
    return next((kind for kind, words in _STATED if re.search(words, option, re.IGNORECASE)), None)
