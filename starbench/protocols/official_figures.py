"""The official evaluator's figures, to the printed digit.

It rounds each sub-category to two decimals before it averages them, and the three totals before it
averages those; published numbers were made so, and so these are (github InternLM/StarBench, 0daf8b0).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from starbench.protocols.base import Result

#: Name that the official evaluator gives each task's data set.
DATASETS = {
    "Temporal Reasoning": "tr",
    "Spatial Reasoning": "sr",
    "Foundational Acoustic Perception": "pc",
}
_PERCEPTION = "pc"


def performance(results: Iterable[Result]) -> dict[str, Any]:
    """What the official evaluator reports for complete runs; it has no tasks but its own, so others are left out.

    Under ``tr``, ``sr``, ``pc`` strings such as ``"56.11%"``, and ``Final MA`` where all three are.
    """
    by_dataset: dict[str, list[Result]] = {}
    for result in results:
        if result.item.task in DATASETS:
            by_dataset.setdefault(DATASETS[result.item.task], []).append(result)
    report: dict[str, Any] = {
        name: _perception(by_dataset[name]) if name == _PERCEPTION else _reasoning(by_dataset[name])
        for name in DATASETS.values()
        if name in by_dataset
    }
    if len(report) == len(DATASETS):
        totals = [part["Total"] for part in report.values()]
        report["Final MA"] = {
            metric: round(float(np.mean([_number(total[metric]) for total in totals])), 2)
            for metric in ("AA", "ACR")
        }
    return report


def _reasoning(results: Sequence[Result]) -> dict[str, Any]:
    return {
        "Total": _figures(results),
        "By Category": {name: _figures(group) for name, group in _groups(results, "category")},
    }


def _perception(results: Sequence[Result]) -> dict[str, Any]:
    parts = {name: _figures(group) for name, group in _groups(results, "sub_category")}
    home = {str(result.item.sub_category): result.item.category for result in results}
    return {
        "By Sub-category": parts,
        "By Category": {
            category: _macro(group, [part for name, part in parts.items() if home[name] == category])
            for category, group in _groups(results, "category")
        },
        "Total": _macro(results, list(parts.values())),
    }


def _figures(results: Sequence[Result]) -> dict[str, Any]:
    items: dict[str, bool] = {}
    for result in results:
        items[result.item.id] = items.get(result.item.id, True) and result.correct
    return {
        "AA": _percent(float(np.mean([result.correct for result in results])) * 100),
        "ACR": _percent(float(np.mean(list(items.values()))) * 100),
        "total_runs": len(results),
        "unique_samples": len(items),
    }


def _macro(results: Sequence[Result], parts: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {
        **{
            metric: _percent(float(np.mean([_number(part[metric]) for part in parts])))
            for metric in ("AA", "ACR")
        },
        "n_subcategories": len(parts),
        "total_runs": len(results),
        "unique_samples": len({result.item.id for result in results}),
    }


def _groups(results: Sequence[Result], by: str) -> list[tuple[str, list[Result]]]:
    groups: dict[str, list[Result]] = {}
    for result in results:
        groups.setdefault(str(getattr(result.item, by)), []).append(result)
    return sorted(groups.items())


def _percent(value: float) -> str:
    return f"{value:.2f}%"


def _number(text: str) -> float:
    return float(text.removesuffix("%"))
