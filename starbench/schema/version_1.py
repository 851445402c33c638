"""Records that version 0.1 wrote, in today's form: files without a setup of their own."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from starbench.schema.setup import Setup

#: Fields of a version 1 identity that are part of the setup now.
_OF_SETUP = Setup.model_fields.keys() - {"protocol", "prompt_version", "rotations"}
_COUNTS = r"(?:(?P<trials>\d+) of (?P<of>\d+) (?:trials with sound|clips): )?"
#: Kind of a change -> the sentence that it was; its groups are fields.
_CHANGES = {
    "resampled": r"all clips resampled to (?P<rate_hz>\d+) Hz, "
    r"(?:(?P<on_request>as --rate asks)|the highest rate the model reads)",
    "silent-clip": r"a silent clip of (?P<seconds>[\d.]+) s sent with (?P<conditions>.*): "
    r"the model takes no prompt without one",
    "split": r"clips of two channels split into left ear and right ear",
    "mono": r"clips of more channels than the model takes made mono, the plain mean",
    "concat": r"(?P<clips>\d+) clips joined into one, (?P<gap_s>[\d.]+) s apart"
    r"(?:, resampled to (?P<rate_hz>\d+) Hz, the highest rate among them)?",
}
#: What those groups are that are no whole numbers.
_TYPES: dict[str, Callable[[str], Any]] = {
    "seconds": float,
    "gap_s": float,
    "on_request": bool,
    "conditions": lambda names: names.split(", "),
}


def identity(data: Any) -> Any:
    """A run's identity: options stood beside the model, and rotations with each suite."""
    if not isinstance(data, dict) or "setup" in data or not _OF_SETUP & data.keys():
        return data
    setup = {name: value for name, value in data.items() if name in _OF_SETUP}
    rest = {name: value for name, value in data.items() if name not in _OF_SETUP}
    suites = data.get("suites")
    if isinstance(suites, list | tuple):
        suites = [dict(suite) if isinstance(suite, dict) else suite for suite in suites]
        for suite in suites:
            if isinstance(suite, dict):
                setup["rotations"] = suite.pop("rotations", "default")
    return {**rest, "suites": suites, "setup": setup}


def run(data: Any) -> Any:
    """``run.json``."""
    if not isinstance(data, dict) or data.get("schema_version", 1) != 1:
        return data
    today = identity(data.get("identity"))
    if not isinstance(today, dict):
        return data
    return _with_reasons({**data, "identity": today}, _list(today.get("suites")), today.get("setup"))


def entry(data: Any) -> Any:
    """A leaderboard entry."""
    if (
        not isinstance(data, dict)
        or data.get("schema_version") != 1
        or not isinstance(data.get("setup"), dict)
    ):
        return data
    setup, suite = dict(data["setup"]), data.get("suite")
    changes = setup.pop("adaptations", ())
    return _with_reasons({**data, "setup": setup, "adaptations": changes}, [suite], setup)


def adaptation(text: Any) -> Any:
    """A change, which was a sentence."""
    if not isinstance(text, str):
        return text
    for kind, sentence in _CHANGES.items():
        match = re.fullmatch(_COUNTS + sentence, text)
        if match:
            groups = {name: value for name, value in match.groupdict().items() if value}
            fields = {name: _TYPES.get(name, int)(value) for name, value in groups.items()}
            return {"kind": kind, **fields}
    return {"kind": "other", "text": text}


def _list(value: Any) -> list[Any]:
    """What a record has where a list belongs; nothing if it is not one, which its field says later."""
    return list(value) if isinstance(value, list | tuple) else []


def _with_reasons(data: dict[str, Any], suites: list[Any], setup: Any) -> dict[str, Any]:
    """Items that could not be asked: it was the reason, led by suite and condition -> how many."""
    suites = [str(suite["name"]) for suite in suites if isinstance(suite, dict) and "name" in suite]
    conditions = list(map(str, _list(setup.get("conditions")))) if isinstance(setup, dict) else []
    reasons = data.get("inapplicable", {})
    if isinstance(reasons, dict):
        reasons = [_inapplicable(str(text), n, suites, conditions) for text, n in reasons.items()]
    return {**data, "schema_version": 2, "inapplicable": reasons}


def _inapplicable(text: str, n: int, suites: Sequence[str], conditions: Sequence[str]) -> dict[str, Any]:
    """A reason led by its suite, and by its condition where it has one; other text is kept as it is."""
    suite = next((name for name in suites if text.startswith(f"{name}: ")), suites[0] if suites else "")
    text = text.removeprefix(f"{suite}: ")
    condition = next((name for name in conditions if text.startswith(f"{name}: ")), None)
    text = text.removeprefix(f"{condition}: ")
    return {"suite": suite, "condition": condition, "items": n, "code": "other", "values": {"text": text}}
