"""The runner beside the plainest possible asyncio loop, and beside Inspect where it is installed.

    python benchmarks/runner.py            # 2,000 trials, replies of 100 ms, 64 in flight
    python benchmarks/runner.py --repeat 5

All contenders ask the same number of questions of an in-process model that sleeps, in this one
process, one after the other; ratios to the ideal (trials x latency / in flight) are what counts.
Further rows: trials a second at zero latency, and re-scoring a journal of 100,000 lines.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from starbench.build.build import build
from starbench.engine.client import ModelClient
from starbench.engine.runner import run_trials
from starbench.engine.settings import Settings
from starbench.models.adapter import Model
from starbench.planning.plan import Request, RunPlan, plan_run
from starbench.runs import directory, journal
from starbench.runs.load import load
from starbench.schema import JournalLine, Prompt
from starbench.scoring.run import score
from starbench.synthesis import BuildSpec


class Sleeper:
    """Takes its time, then says B."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    async def generate(self, prompt: Prompt) -> str:  # noqa: ARG002
        if self._seconds:
            await asyncio.sleep(self._seconds)
        return "<B>"


def ours(evaluation: RunPlan, seconds: float, in_flight: int, folder: Path) -> float:
    async def everything() -> float:
        client = ModelClient(Model("sleeper", {}, Sleeper(seconds)), Settings(in_flight))
        # As in a run, where the canary has had replies before the first trial is asked.
        await client.ask(Prompt(parts=()))
        started = time.perf_counter()
        directory.begin(folder, evaluation.run, evaluation.items, evaluation.trials)
        with journal.LineWriter(folder / journal.NAME) as writer:
            await run_trials(evaluation.trials, evaluation.questions, client, writer)
        return time.perf_counter() - started

    return asyncio.run(everything())


def plain_asyncio(n: int, seconds: float, in_flight: int, folder: Path) -> float:
    async def everything() -> None:
        waiting = iter(range(n))
        with (folder / "plain.jsonl").open("w") as out:

            async def worker() -> None:
                for number in waiting:
                    await asyncio.sleep(seconds)
                    out.write(json.dumps({"trial": number, "response": "<B>"}) + "\n")
                    out.flush()

            await asyncio.gather(*(worker() for _ in range(in_flight)))

    started = time.perf_counter()
    asyncio.run(everything())
    return time.perf_counter() - started


def inspect(n: int, seconds: float, in_flight: int, folder: Path) -> float | None:
    try:
        from inspect_ai import Task
        from inspect_ai import eval as inspect_eval
        from inspect_ai.dataset import Sample
        from inspect_ai.model import GenerateConfig, ModelAPI, ModelOutput, modelapi
        from inspect_ai.scorer import choice
        from inspect_ai.solver import multiple_choice
    except ImportError:
        return None

    @modelapi(name="sleeper")
    class InspectSleeper(ModelAPI):
        async def generate(self, *_: object, **__: object) -> ModelOutput:
            await asyncio.sleep(seconds)
            return ModelOutput.from_content("sleeper", "ANSWER: B")

        def max_connections(self) -> int:
            return in_flight

    samples = [Sample(input=f"Question {i}?", choices=["one", "two", "three"], target="B") for i in range(n)]
    task = Task(dataset=samples, solver=multiple_choice(), scorer=choice(), config=GenerateConfig())
    started = time.perf_counter()
    inspect_eval(
        task,
        model="sleeper/any",
        log_dir=str(folder),
        display="none",
        max_connections=in_flight,
        max_samples=in_flight,
    )
    return time.perf_counter() - started


CONDITIONS = ("audio", "noise", "silence", "mono", "split", "swap", "caption:plain", "caption:full", "x", "y")


def a_journal(folder: Path, evaluation: RunPlan, lines: int) -> Path:
    """A finished run of ``lines`` trials: those of ``evaluation``, items times five, ten conditions."""
    trials, items = [], {}
    for number in range(lines):
        copy, place = divmod(number, len(evaluation.trials))
        trial = evaluation.trials[place]
        renamed = f"{trial.item_id}-{copy // len(CONDITIONS)}"
        items[trial.suite, renamed] = evaluation.items[trial.suite, trial.item_id].model_copy(
            update={"id": renamed}
        )
        changed = {"item_id": renamed, "condition": CONDITIONS[copy % len(CONDITIONS)]}
        trials.append(trial.model_copy(update=changed))
    identity = evaluation.run.identity
    setup = identity.setup.model_copy(update={"conditions": CONDITIONS})
    run = evaluation.run.model_copy(update={"identity": identity.model_copy(update={"setup": setup})})
    directory.begin(folder, run, items, trials)
    replies = ("<B>", "The answer is <A>.", "I think that the second one is higher, so **C**.", "no idea")
    with (folder / journal.NAME).open("w") as out:
        for number, trial in enumerate(trials):
            line = JournalLine(
                suite=trial.suite, item_id=trial.item_id, rotation=trial.rotation, condition=trial.condition,
                protocol=trial.protocol, outcome="answered", letter="B", answer_letter=trial.answer_letter,
                correct=False, response=f"{replies[number % 4]} ({number % 997})", attempts=1, latency_s=1.0,
                model="sleeper", request_digest="0" * 64, at="2026-01-01T00:00:00.000+00:00",
            )  # fmt: skip
            out.write(line.model_dump_json() + "\n")
    return folder


def timed(label: str, ideal: float, repeat: int, contender: Callable[[], float | None]) -> None:
    times = [seconds for _ in range(repeat) if (seconds := contender()) is not None]
    if not times:
        print(f"{label:<28}  not installed")
        return
    median = statistics.median(times)
    print(
        f"{label:<28}  {median:6.2f} s  {median / ideal:5.2f} x ideal   "
        f"(of {len(times)}: {min(times):.2f}-{max(times):.2f})"
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--trials", type=int, default=2000)
    parser.add_argument("--seconds", type=float, default=0.1)
    parser.add_argument("--in-flight", type=int, default=64)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--journal", type=int, default=100_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        spec = BuildSpec(("pitch", "loudness", "duration"), "default", 7, 667)
        build("perception", spec, root / "suite")
        model = Model("sleeper", {}, Sleeper(0.0))
        whole = plan_run(Request(suites=(str(root / "suite"),)), model)
        evaluation = RunPlan(whole.run, whole.trials[: options.trials], whole.items, whole.questions)
        n, seconds, in_flight = len(evaluation.trials), options.seconds, options.in_flight
        ideal = n * seconds / in_flight
        print(f"{n} trials, {seconds * 1000:.0f} ms a reply, {in_flight} in flight: ideal {ideal:.2f} s")
        fresh = (root / f"run{i}" for i in range(10**6))

        def folder() -> Path:
            made = next(fresh)
            made.mkdir()
            return made

        timed("starbench", ideal, options.repeat, lambda: ours(evaluation, seconds, in_flight, folder()))
        timed("plain asyncio", ideal, options.repeat, lambda: plain_asyncio(n, seconds, in_flight, folder()))
        timed("Inspect", ideal, options.repeat, lambda: inspect(n, seconds, in_flight, folder()))
        quick = statistics.median(ours(evaluation, 0.0, in_flight, folder()) for _ in range(options.repeat))
        print(f"zero latency, journal on: {n / quick:,.0f} trials/s")
        finished = a_journal(folder(), evaluation, options.journal)
        started = time.perf_counter()
        score(load(finished))
        took, peak = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(
            f"re-scoring {options.journal:,} journal lines: {took:.2f} s, peak of this process {peak:.0f} MiB"
        )


if __name__ == "__main__":
    main()
