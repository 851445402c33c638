"""Runs in the files of lm-evaluation-harness and lmms-eval: ``results_*.json`` and ``samples_TASK_*.jsonl``.

Each condition of each suite is a task of theirs, and each trial one of its samples.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from starbench.interchange.files import write_json, write_json_lines
from starbench.interchange.samples import HARNESS, Sample, SuiteOfRun, figures, model_id, suites_of
from starbench.redact import redact
from starbench.runs.load import LoadedRun
from starbench.schema.score import Headline
from starbench.text import slug

#: The name of the filter that ends each metric's name: our reader's.
_FILTER = "none"
#: Our figures by the names that its tables know.
_NAMES = {"aa": "acc"}


def write(data: LoadedRun, out: Path, _: Mapping[str, Any]) -> tuple[str, ...]:
    """Write the files into a folder of the model below ``out``."""
    suites = suites_of(data)
    name = data.run.identity.model
    folder = out / "__".join(model_id(name))
    stamp = re.sub(r"[^\dT.-]", "-", data.run.created)
    tasks = {
        slug(f"{suite.entry.suite.name}-{headline.condition}"): (suite, headline)
        for suite in suites
        for headline in suite.scores.headlines
    }
    n_rows = sum(
        write_json_lines(
            folder / f"samples_{task}_{stamp}.jsonl", _samples(suite.samples[headline.condition])
        )
        for task, (suite, headline) in tasks.items()
    )
    write_json(
        folder / f"results_{stamp}.json",
        {
            "results": {task: _metrics(task, headline) for task, (_, headline) in tasks.items()},
            "group_subtasks": {task: [] for task in tasks},
            "configs": {task: _config(task, *of_task) for task, of_task in tasks.items()},
            "versions": {task: suite.scores.digest[:12] for task, (suite, _) in tasks.items()},
            "n-shot": dict.fromkeys(tasks, 0),
            "higher_is_better": {
                task: {_NAMES.get(figure, figure): True for figure, *_ in figures(headline)}
                for task, (_, headline) in tasks.items()
            },
            "n-samples": {
                task: {"original": headline.n_trials, "effective": len(suite.samples[headline.condition])}
                for task, (suite, headline) in tasks.items()
            },
            "config": {"model": name, "model_args": data.run.identity.model_args, "limit": None},
            "model_source": name.partition(":")[0],
            "model_name": name,
            "model_name_sanitized": folder.name,
            "date": data.run.created,
            "eval_harness": f"{HARNESS} {data.run.versions.get(HARNESS, '')}".strip(),
        },
    )
    return (f"{len(tasks)} tasks, {n_rows} samples: {folder}",)


def _metrics(task: str, headline: Headline) -> dict[str, Any]:
    metrics: dict[str, Any] = {"alias": task}
    for figure, value, interval in figures(headline):
        name = _NAMES.get(figure, figure)
        metrics[f"{name},{_FILTER}"] = value
        if interval is not None:
            metrics[f"{name}_stderr,{_FILTER}"] = "N/A"  # the interval is not symmetric
            metrics[f"{name}_ci_low,{_FILTER}"], metrics[f"{name}_ci_high,{_FILTER}"] = interval
    return metrics | {f"chance,{_FILTER}": headline.chance}


def _config(task: str, suite: SuiteOfRun, headline: Headline) -> dict[str, Any]:
    return {
        "task": task,
        "dataset_path": suite.entry.suite.name,
        "test_split": "test",
        "output_type": "generate_until",
        "metric_list": [{"metric": "acc", "aggregation": "mean", "higher_is_better": True}],
        "metadata": {
            **suite.facts,
            "condition": headline.condition,
            "outcomes": headline.outcomes,
            "best_constant": headline.best_constant.model_dump(),
        },
    }


def _samples(samples: tuple[Sample, ...]) -> Iterator[dict[str, Any]]:
    for number, sample in enumerate(samples):
        reply = sample.end.response or ""
        yield {
            "doc_id": number,
            "doc": {
                "id": sample.item.id,
                "question": sample.item.question,
                "options": list(sample.options),
                "answer": sample.right,
            },
            "target": sample.letter,
            "arguments": {"gen_args_0": {"arg_0": sample.prompt, "arg_1": {}}},
            "resps": [[reply]],
            "filtered_resps": [sample.observation.letter or ""],
            "filter": _FILTER,
            "metrics": ["acc"],
            "doc_hash": _hash(f"{sample.item.id}\n{sample.prompt}"),
            "prompt_hash": _hash(sample.prompt),
            "target_hash": _hash(sample.letter),
            "acc": float(sample.observation.correct),
            "error": sample.error,
            HARNESS: sample.facts,
        }


def _hash(text: str) -> str:
    return sha256(redact(text).encode()).hexdigest()
