"""Records that version 0.1 wrote, in today's form: files without a setup of their own."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

#: Fields of a version 1 identity that are part of the setup now.
_OF_SETUP = (
    "conditions",
    "limit",
    "limit_seed",
    "rate",
    "text_only",
    "skip_bad",
    "clips",
    "gap_s",
    "channels",
    "answer_mode",
    "captions",
)


def identity(data: Any) -> Any:
    """A run's identity: options stood beside the model, and rotations with each suite."""
    if not isinstance(data, dict) or "setup" in data or not any(name in data for name in _OF_SETUP):
        return data
    setup = {name: data[name] for name in _OF_SETUP if name in data}
    rest = {name: value for name, value in data.items() if name not in _OF_SETUP}
    suites = [dict(suite) if isinstance(suite, dict) else suite for suite in data.get("suites", ())]
    for suite in suites:
        if isinstance(suite, dict):
            setup["rotations"] = suite.pop("rotations", "default")
    return {**rest, "suites": suites, "setup": setup}


def adaptations(texts: Iterable[Any]) -> list[Any]:
    """Changes, which were sentences."""
    return [_adaptation(text) if isinstance(text, str) else text for text in texts]


def inapplicable(data: Any, suites: Iterable[str], conditions: Iterable[str]) -> Any:
    """Items that could not be asked: the reason, led by suite and condition -> how many."""
    if not isinstance(data, dict):
        return data
    return [_inapplicable(str(text), n, tuple(suites), tuple(conditions)) for text, n in data.items()]


def captioner(data: Any) -> Any:
    """The record of a model that wrote captions."""
    if not isinstance(data, dict) or "adaptations" not in data:
        return data
    return {**data, "adaptations": adaptations(data["adaptations"])}


def run(data: Any) -> Any:
    """``run.json``."""
    if not isinstance(data, dict) or data.get("schema_version", 1) != 1 or "identity" not in data:
        return data
    setup = identity(data["identity"])
    suites = [suite["name"] for suite in setup["suites"]] if isinstance(setup, dict) else []
    conditions = setup["setup"].get("conditions", ()) if isinstance(setup, dict) else ()
    return {
        **data,
        "schema_version": 2,
        "identity": setup,
        "adaptations": adaptations(data.get("adaptations", ())),
        "inapplicable": inapplicable(data.get("inapplicable", {}), suites, conditions),
    }


def entry(data: Any) -> Any:
    """A leaderboard entry."""
    if (
        not isinstance(data, dict)
        or data.get("schema_version") != 1
        or not isinstance(data.get("setup"), dict)
    ):
        return data
    setup = {name: value for name, value in data["setup"].items() if name != "adaptations"}
    suite = data.get("suite")
    suites = [suite["name"]] if isinstance(suite, dict) and "name" in suite else []
    return {
        **data,
        "schema_version": 2,
        "setup": setup,
        "adaptations": adaptations(data["setup"].get("adaptations", ())),
        "inapplicable": inapplicable(data.get("inapplicable", {}), suites, setup.get("conditions", ())),
    }


_TRIALS = re.compile(r"(?P<trials>\d+) of (?P<of>\d+) (?:trials with sound|clips): (?P<change>.*)")
_CHANGES: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], dict[str, Any]]], ...] = (
    (
        re.compile(r"all clips resampled to (\d+) Hz, (as --rate asks|the highest rate the model reads)"),
        lambda m: {"kind": "resampled", "rate_hz": int(m[1]), "on_request": m[2].startswith("as")},
    ),
    (
        re.compile(r"a silent clip of ([\d.]+) s sent with (.*): the model takes no prompt without one"),
        lambda m: {"kind": "silent-clip", "seconds": float(m[1]), "conditions": m[2].split(", ")},
    ),
    (re.compile(r"clips of two channels split into left ear and right ear"), lambda _: {"kind": "split"}),
    (
        re.compile(r"clips of more channels than the model takes made mono, the plain mean"),
        lambda _: {"kind": "mono"},
    ),
    (
        re.compile(
            r"(\d+) clips joined into one, ([\d.]+) s apart"
            r"(?:, resampled to (\d+) Hz, the highest rate among them)?"
        ),
        lambda m: {
            "kind": "concat",
            "clips": int(m[1]),
            "gap_s": float(m[2]),
            "rate_hz": int(m[3]) if m[3] else None,
        },
    ),
)


def _adaptation(text: str) -> dict[str, Any]:
    counted = _TRIALS.fullmatch(text)
    change = counted["change"] if counted else text
    counts = {"trials": int(counted["trials"]), "of": int(counted["of"])} if counted else {}
    for pattern, fields in _CHANGES:
        match = pattern.fullmatch(change)
        if match:
            return {**counts, **fields(match)}
    return {"kind": "other", "text": text}


def _inapplicable(text: str, n: int, suites: tuple[str, ...], conditions: tuple[str, ...]) -> dict[str, Any]:
    """A reason led by its suite, and by its condition where it has one; other text is kept as it is."""
    suite = next((name for name in suites if text.startswith(f"{name}: ")), suites[0] if suites else "")
    text = text.removeprefix(f"{suite}: ")
    condition = next((name for name in conditions if text.startswith(f"{name}: ")), None)
    text = text.removeprefix(f"{condition}: ")
    return {"suite": suite, "condition": condition, "items": n, "code": "other", "values": {"text": text}}
