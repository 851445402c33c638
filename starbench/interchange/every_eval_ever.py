"""Runs in the format of Every Eval Ever, version 0.3.0: for each suite a JSON of figures and a JSON Lines of trials.

They lie as in its datastore: ``data/SUITE/DEVELOPER/MODEL/UUID.json`` and ``UUID_samples.jsonl``. The same run has the
same UUID, so it is not counted twice.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

from starbench.interchange.files import write_json, write_json_lines
from starbench.interchange.samples import (
    HARNESS,
    MEANINGS,
    Sample,
    SuiteOfRun,
    figures,
    hub_dataset,
    model_id,
    suites_of,
)
from starbench.redact import redact
from starbench.runs.load import LoadedRun
from starbench.schema.base import Interval
from starbench.schema.score import PartScore, Score
from starbench.scoring.intervals import LEVEL
from starbench.storage.inputs import read_bytes
from starbench.text import slug, visible_json

VERSION = "0.3.0"
_UNKNOWN = "unknown"
_INTERVAL = "Wilson, widened to the exact limit, with items as the independent units"


def write(data: LoadedRun, out: Path, _: Mapping[str, Any]) -> tuple[str, ...]:
    """Write both files of each suite below ``out``."""
    sentences = []
    for suite in suites_of(data):
        developer, model = model_id(suite.entry.model.name)
        folder = f"data/{slug(suite.entry.suite.name)}/{developer}/{model}"
        identity = json.dumps(
            [suite.entry.suite.digest, data.run.identity.model_dump(mode="json"), data.run.created]
        )
        name = UUID(bytes=sha256(identity.encode()).digest()[:16], version=4)
        retrieved = str(time.time())
        evaluation = f"{suite.entry.suite.name}/{developer}_{model}/{retrieved}"
        path = f"{folder}/{name}_samples.jsonl"
        rows = list(_samples(suite, evaluation, f"{developer}/{model}"))
        write_json_lines(out / path, rows)
        details = {
            "format": "jsonl",
            "file_path": path,
            "hash_algorithm": "sha256",
            "checksum": sha256(read_bytes(out / path)).hexdigest(),
            "total_rows": len(rows),
        }
        document = _aggregate(data, suite, evaluation, retrieved) | {"detailed_evaluation_results": details}
        write_json(out / folder / f"{name}.json", document)
        sentences.append(
            f"{len(document['evaluation_results'])} figures, {len(rows)} trials: {out / folder}/{name}.json"
        )
    return tuple(sentences)


def _aggregate(data: LoadedRun, suite: SuiteOfRun, evaluation: str, retrieved: str) -> dict[str, Any]:
    entry = suite.entry
    developer, model = model_id(entry.model.name)
    served = {"served_as": ", ".join(entry.model.served_as)} if entry.model.served_as else {}
    return {
        "schema_version": VERSION,
        "evaluation_id": evaluation,
        "evaluation_timestamp": data.run.created,
        "retrieved_timestamp": retrieved,
        "source_metadata": {
            "source_name": f"{HARNESS} run" if entry.run_by_us else f"replies imported into {HARNESS}",
            "source_type": "evaluation_run",
            "source_organization_name": _UNKNOWN,
            "evaluator_relationship": "other",
            "additional_details": texts(suite.facts),
        },
        "eval_library": {"name": HARNESS, "version": data.run.versions.get(HARNESS, _UNKNOWN)},
        "model_info": {
            "name": entry.model.name,
            "id": f"{developer}/{model}",
            "additional_details": {
                "deployment_type": _UNKNOWN,
                "model_availability": _UNKNOWN,
                "arguments": _text(entry.model.arguments),
                **served,
            },
        },
        "evaluation_results": list(_results(suite)),
    }


def _results(suite: SuiteOfRun) -> Iterator[dict[str, Any]]:
    name = suite.entry.suite.name
    for headline in suite.scores.headlines:
        for figure in figures(headline):
            yield _result(suite, f"{name}/{headline.condition}", headline, *figure)
    for task in suite.scores.tasks:
        place = f"{name}/{task.condition}/{task.task}"
        yield _result(suite, place, task, "aa", task.aa, task.aa_ci)
        parts: dict[str, tuple[PartScore, ...]] = {
            "category": task.categories,
            "sub-category": task.sub_categories,
        }
        for kind, scores in parts.items():
            for part in scores:
                yield _result(suite, f"{place}/{kind} {part.name}", part, "aa", part.aa, part.aa_ci)


def _result(
    suite: SuiteOfRun, place: str, score: Score, figure: str, value: float, interval: Interval | None
) -> dict[str, Any]:
    details: dict[str, Any] = {
        "score": value,
        "details": texts(
            {
                "items": score.n_items,
                "planned_trials": score.n_trials,
                "chance": score.chance_acr if figure == "acr" else score.chance,
                "best_constant": score.best_constant.model_dump(),
                "outcomes": score.outcomes,
                "abstained": score.abstained,
            }
        ),
    }
    if interval is not None:
        low, high = interval
        details["uncertainty"] = {
            "confidence_interval": {
                "lower": low,
                "upper": high,
                "confidence_level": LEVEL,
                "method": _INTERVAL,
            },
            "num_samples": score.n_items,
        }
    return {
        "evaluation_result_id": _result_id(place, figure),
        "evaluation_name": place,
        "source_data": _source(suite),
        "metric_config": {
            "evaluation_description": MEANINGS[figure],
            "metric_id": f"{HARNESS}.{figure}",
            "metric_name": figure,
            "metric_kind": "accuracy" if figure != "coverage" else figure,
            "metric_unit": "proportion",
            "lower_is_better": False,
            "score_type": "continuous",
            "min_score": 0.0,
            "max_score": 1.0,
        },
        "score_details": details,
    }


def _source(suite: SuiteOfRun) -> dict[str, Any]:
    record = suite.entry.suite
    details = texts({"digest": record.digest, "built_from": record.source})
    hub = hub_dataset(suite.entry)
    if hub is None:
        return {"dataset_name": record.name, "source_type": "other", "additional_details": details}
    return {
        "dataset_name": record.name,
        "source_type": "hf_dataset",
        "hf_repo": hub[0],
        "hf_split": "test",
        "samples_number": record.n_items,
        "additional_details": details | {"revision": hub[1]},
    }


def _samples(suite: SuiteOfRun, evaluation: str, model: str) -> Iterator[dict[str, Any]]:
    for condition, samples in suite.samples.items():
        place = f"{suite.entry.suite.name}/{condition}"
        for sample in samples:
            yield {
                "schema_version": VERSION,
                "evaluation_id": evaluation,
                "model_id": model,
                "evaluation_name": place,
                "evaluation_result_id": _result_id(place, "aa"),
                "sample_id": f"{sample.item.id}#{sample.observation.trial.rotation}",
                "sample_hash": sha256(redact(sample.prompt + sample.right).encode()).hexdigest(),
                "interaction_type": "single_turn",
                "input": {
                    "raw": sample.prompt,
                    "reference": [sample.right],
                    "choices": list(sample.options),
                },
                "output": {"raw": [] if sample.end.response is None else [sample.end.response]},
                "answer_attribution": _attribution(sample, suite.scores.protocol),
                "evaluation": {
                    "score": float(sample.observation.correct),
                    "is_correct": sample.observation.correct,
                    "num_turns": 1,
                },
                "token_usage": _usage(sample),
                "performance": {"latency_ms": 1000 * sample.end.latency_s},
                "error": sample.error,
                "metadata": texts(sample.facts),
            }


def _attribution(sample: Sample, protocol: str) -> list[dict[str, Any]]:
    if sample.chosen is None:
        return []
    return [
        {
            "turn_idx": 0,
            "source": "output.raw",
            "extracted_value": sample.chosen,
            "extraction_method": f"{HARNESS} reader, protocol {protocol}",
            "is_terminal": True,
        }
    ]


def _usage(sample: Sample) -> dict[str, int] | None:
    usage = sample.end.usage
    if usage is None or usage.input_tokens is None or usage.output_tokens is None:
        return None
    counts = {"input_tokens": max(0, usage.input_tokens), "output_tokens": max(0, usage.output_tokens)}
    counts["total_tokens"] = sum(counts.values())
    if usage.reasoning_tokens is not None:
        counts["reasoning_tokens"] = max(0, usage.reasoning_tokens)
    return counts


def texts(facts: Mapping[str, Any]) -> dict[str, str]:
    """Facts as texts, which is all that details may hold; what is None is left out."""
    return {name: _text(value) for name, value in facts.items() if value is not None}


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return visible_json(json.dumps(value, ensure_ascii=False, sort_keys=True))


def _result_id(place: str, figure: str) -> str:
    return f"{place}#{figure}"
