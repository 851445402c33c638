"""Human thresholds and ideal listeners that a suite's manifest declares.

``declared["human_thresholds"] = {sub-category: {"threshold": …, "unit": …, "source": …, "of": …, "basis": …}}`` states
a threshold. ``declared["jnd"] = {attribute: {"source": …, "of": …, "basis": …}}`` says whose just-noticeable
differences the levels are multiples of; that threshold is 1 JND by definition. ``declared["ideal_d_prime"] =
{sub-category: {level: d′}}`` states what the best listener could do. ``declared["sufficient"] = {sub-category: [floor,
…]}`` names partial listeners who hear what is asked about.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pydantic import ValidationError

from starbench.errors import SuiteError
from starbench.schema.references import HumanThreshold, References
from starbench.suites.suite import MANIFEST, Suite
from starbench.text import validation_problem

JND = "JND"


def references(suite: Suite) -> References:
    """What a suite declares; :class:`SuiteError` if it cannot be read."""
    declared = suite.declared
    in_jnd = {item.sub_category for item in suite.items if item.sub_category and item.level_unit == JND}
    try:
        human = _of_jnds(declared.get("jnd", {}), sorted(in_jnd))
        stated = {
            name: HumanThreshold.model_validate(one)
            for name, one in declared.get("human_thresholds", {}).items()
        }
        ideal = {
            name: tuple((float(level), float(d_prime)) for level, d_prime in levels.items())
            for name, levels in declared.get("ideal_d_prime", {}).items()
        }
        sufficient = declared.get("sufficient", {})
        return References(human=human | stated, ideal_d_prime=ideal, sufficient=sufficient)
    except ValidationError as error:
        raise _unreadable(suite, validation_problem(error)) from error
    except (AttributeError, TypeError, ValueError) as error:
        raise _unreadable(
            suite, "each must be an object by sub-category, and levels and d′ numbers"
        ) from error


def _of_jnds(declared: dict[str, Any], sub_categories: Iterable[str]) -> dict[str, HumanThreshold]:
    """One JND for each sub-category that is named after an attribute with a source (``sensitivity_pitch``)."""
    return {
        name: HumanThreshold(
            threshold=1.0, unit=JND, source=entry["source"], of=entry.get("of"), basis=entry.get("basis")
        )
        for name in sub_categories
        for attribute, entry in declared.items()
        if isinstance(entry, dict) and "source" in entry and f"_{name}".endswith(f"_{attribute}")
    }


def _unreadable(suite: Suite, problem: str) -> SuiteError:
    return SuiteError(
        f"{suite.root / MANIFEST}: declared human_thresholds, jnd, ideal_d_prime or sufficient cannot be read: "
        f"{problem}; fix or delete them"
    )
