"""How much a Gemini model thinks before it answers; families as data, since each has its own setting."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from starbench.errors import InputError

#: A level by name, a budget in tokens, or one of a budget's two special values.
Thinking = Literal["minimal", "low", "medium", "high", "off", "dynamic"] | int

_LEVELS = ("minimal", "low", "medium", "high")
#: Special values of ``thinkingBudget``.
_SPECIAL: dict[str, int] = {"off": 0, "dynamic": -1}


@dataclass(frozen=True)
class Family:
    """What the models of one name prefix accept: levels, or budgets of a range (tokens)."""

    prefix: str
    levels: tuple[str, ...] = ()
    budgets: range = range(0)
    may_be_off: bool = False

    @property
    def accepted(self) -> str:
        """What is accepted, in words."""
        if self.levels:
            return f"takes a level: {', '.join(self.levels)}"
        off = "off, " if self.may_be_off else ""
        return f"takes {off}dynamic, or a budget of {self.budgets[0]} to {self.budgets[-1]} tokens"

    def accepts(self, thinking: Thinking) -> bool:
        """Whether the models of this family take the setting."""
        if thinking in ("off", _SPECIAL["off"]):
            return self.may_be_off
        if thinking in ("dynamic", _SPECIAL["dynamic"]):
            return bool(self.budgets)
        return thinking in (self.levels if isinstance(thinking, str) else self.budgets)


#: The longest prefix holds. Budgets: ai.google.dev/gemini-api/docs/thinking (2.5 Pro always thinks; a level
#: sent to 2.5 is a 400). Levels: the same page and firebase.google.com/docs/ai-logic/thinking.
FAMILIES = (
    Family("gemini-2.5-pro", budgets=range(128, 32_769)),
    Family("gemini-2.5-flash", budgets=range(1, 24_577), may_be_off=True),
    Family("gemini-2.5-flash-lite", budgets=range(512, 24_577), may_be_off=True),
    Family("gemini-3", levels=_LEVELS),
    Family("gemini-3-pro", levels=("low", "high")),
    Family("gemini-3.1-pro", levels=("low", "medium", "high")),
    Family("gemini-3.7-flash", levels=("low", "medium", "high")),
)


def thinking_config(model: str, thinking: Thinking) -> dict[str, str | int]:
    """Return the fields of the SDK's ``ThinkingConfig`` for a setting.

    A model of an unknown family gets the setting as it is; its server decides.

    Raises
    ------
    InputError
        If the model's family has no such setting: every question would be answered with 400.
    """
    name = model.rpartition("/")[2]
    known = [family for family in FAMILIES if name.startswith(family.prefix)]
    family = max(known, key=lambda family: len(family.prefix), default=None)
    if family is not None and not family.accepts(thinking):
        raise InputError(f"thinking={thinking}: {model} {family.accepted}")
    if thinking in _LEVELS:
        return {"thinking_level": str(thinking).upper()}
    return {"thinking_budget": _SPECIAL[thinking] if isinstance(thinking, str) else thinking}
