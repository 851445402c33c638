"""Runs as logs of Inspect, in its JSON format (version 2): one for each suite and condition.

The format is documented, and Inspect need not be installed to write it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from starbench.interchange.files import write_json
from starbench.interchange.samples import HARNESS, Sample, SuiteOfRun, figures, missing, suites_of
from starbench.runs.load import LoadedRun
from starbench.schema.score import Headline
from starbench.text import slug

VERSION = 2
_STOPS = {"end": "stop", "length": "max_tokens", "blocked": "content_filter", "refused": "content_filter"}
#: Characters of an id, as Inspect's own have.
_ID = 22


def write(data: LoadedRun, out: Path, _: Mapping[str, Any]) -> tuple[str, ...]:
    """Write the logs into the folder ``out``, named as Inspect names its own."""
    stamp = re.sub(r"[:.+]", "-", data.run.created)
    sentences = []
    for suite in suites_of(data):
        for headline in suite.scores.headlines:
            samples = suite.samples[headline.condition]
            task = slug(f"{suite.entry.suite.name}-{headline.condition}")
            identity = sha256(f"{data.run.created}\n{suite.scores.digest}\n{task}".encode()).hexdigest()[:_ID]
            path = out / f"{stamp}_{task}_{identity}.json"
            write_json(path, _log(data, suite, headline, task, identity))
            sentences.append(f"{len(samples)} samples: {path}")
    return tuple(sentences)


def _log(data: LoadedRun, suite: SuiteOfRun, headline: Headline, task: str, identity: str) -> dict[str, Any]:
    samples = suite.samples[headline.condition]
    run, model = data.run, data.run.identity.model
    ids = list(dict.fromkeys(sample.item.id for sample in samples))
    ended = max((sample.end.at for sample in samples), default=run.created)
    return {
        "version": VERSION,
        "status": "cancelled" if missing(headline) else "success",
        "eval": {
            "eval_id": identity,
            "run_id": sha256(run.created.encode()).hexdigest()[:_ID],
            "created": run.created,
            "task": task,
            "task_id": identity,
            "task_version": 0,
            "task_attribs": {},
            "task_args": {"condition": headline.condition},
            "dataset": {
                "name": suite.entry.suite.name,
                "samples": len(ids),
                "sample_ids": ids,
                "shuffled": False,
            },
            "model": model,
            "model_args": run.identity.model_args,
            "config": {"epochs": _epochs(samples)},
            "packages": run.versions,
            "metadata": suite.facts | {"condition": headline.condition},
        },
        "plan": {"name": HARNESS, "steps": [], "config": {}},
        "results": {
            "total_samples": headline.n_trials,
            "completed_samples": sum(sample.end.error is None for sample in samples),
            "scores": [
                {
                    "name": HARNESS,
                    "scorer": HARNESS,
                    "params": {},
                    "metrics": _metrics(headline),
                    "metadata": {"outcomes": headline.outcomes},
                }
            ],
            "metadata": {"missing": missing(headline), "outcomes": headline.outcomes},
        },
        "stats": {"started_at": run.created, "completed_at": ended, "model_usage": {}},
        "samples": [_sample(sample, model) for sample in samples],
    }


def _epochs(samples: tuple[Sample, ...]) -> int:
    """Each rotation of an item is an epoch of it."""
    return 1 + max((sample.observation.trial.rotation for sample in samples), default=0)


def _metrics(headline: Headline) -> dict[str, Any]:
    values = {"chance": headline.chance}
    for figure, value, interval in figures(headline):
        values[figure] = value
        if interval is not None:
            values[f"{figure}_ci_low"], values[f"{figure}_ci_high"] = interval
    return {name: {"name": name, "value": value, "params": {}} for name, value in values.items()}


def _sample(sample: Sample, model: str) -> dict[str, Any]:
    end, observation = sample.end, sample.observation
    reply = {"role": "assistant", "content": end.response or "", "source": "generate"}
    of_sample: dict[str, Any] = {
        "id": sample.item.id,
        "epoch": observation.trial.rotation + 1,
        "input": sample.prompt,
        "choices": list(sample.options),
        "target": sample.letter,
        "messages": [{"role": "user", "content": sample.prompt, "source": "input"}, reply],
        "output": {
            "model": end.served_model or model,
            "choices": [{"message": reply, "stop_reason": _STOPS[end.stop]}],
            "usage": _usage(sample),
            "time": end.latency_s,
            "error": sample.error,
        },
        "scores": {
            HARNESS: {
                "value": "C" if observation.correct else "I",
                "answer": observation.letter,
                "explanation": observation.outcome,
                "metadata": {"outcome": observation.outcome, "chosen": sample.chosen},
            }
        },
        "metadata": sample.facts,
        "store": {},
        "events": [],
        "model_usage": {},
        "attachments": {},
    }
    if sample.error is not None:
        of_sample["error"] = {"message": sample.error, "traceback": "", "traceback_ansi": ""}
    return of_sample


def _usage(sample: Sample) -> dict[str, int] | None:
    usage = sample.end.usage
    if usage is None or usage.input_tokens is None or usage.output_tokens is None:
        return None
    total = usage.input_tokens + usage.output_tokens
    return {"input_tokens": usage.input_tokens, "output_tokens": usage.output_tokens, "total_tokens": total}
