"""A third party's task of noises, and how the tests build its suites and look at what a build leaves."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from time import monotonic, sleep

from starbench.synthesis import BuildSpec

DEADLINE = 30.0

#: A third party's task and synthesizer. Every call is written down, so that none goes unseen.
PLUGIN = '''
import os, time
import numpy as np
from starbench.errors import InputError, StimulusError, TransientError
from starbench.schema import Item
from starbench.synthesis import BuildPlan, Draft, Recipe, Stimulus

HERE = __file__

def noise(*, rng, number, ms=0.0, fail="", stems=False, gain=0.25):
    with open(os.environ["CALLS"], "a") as calls:
        calls.write(f"{number} {os.getpid()}\\n")
    time.sleep(ms / 1000)
    if fail == "impossible":
        raise StimulusError("a sound like this cannot exist")
    if fail == "odd":
        raise TransientError("not ours", kind="two arguments do not pickle")
    if fail == "bug":
        raise KeyError("f0")
    # A product that linear algebra would split over threads, were there several.
    x = rng.standard_normal((20_000, 2))
    samples = np.clip(gain * x / np.sqrt((x.T @ x).max() / len(x)), -1, 1)[:2400]
    quiet, loud = 1e-6 * samples, 8.0 * samples
    truth = {"rms": float(np.sqrt(np.mean(samples**2))), "number": number, "pair": (1, 2),
             "threads": os.environ.get("OPENBLAS_NUM_THREADS")}
    return Stimulus(samples, 48_000, truth, (quiet, loud) if stems else ())

class Noises:
    """Noises."""
    attributes = ("noise",)
    def plan(self, spec):
        asked = dict(spec.options)
        fail, at = asked.pop("fail", ""), int(asked.pop("at", 20))
        every = {"ms": float(asked.pop("ms", 0)), "stems": asked.pop("stems", "") == "true"}
        secret = asked.pop("hrtf", None)
        if asked:
            raise InputError(f"noises have no option {sorted(asked)[0]!r}")
        def recipe(n):
            return Recipe(f"{HERE}:noise", {"number": n, **every, **({"fail": fail} if n == at else {})})
        def draft(n):
            clips = tuple(recipe(n) for _ in range(1 + n % 2))
            item = Item(id=f"n{n}", task="T", question="Q?", options=("a", "b"), answer="a",
                        audio_paths=("?",) * len(clips), truth={"own": n})
            return Draft(item, clips)
        return BuildPlan(
            tuple(map(draft, range(spec.size or 40))), "starbench",
            options=None if secret is None else {"hrtf": "digest-of-head"},
        )
'''


def spec(size: int = 40, seed: int = 5, **options: str) -> BuildSpec:
    return BuildSpec(("noise",), "default", seed, size, dict(options))


def content(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def calls(folder: Path) -> Counter[int]:
    path = folder / "calls"
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    return Counter(int(line.split()[0]) for line in lines)


def makers(folder: Path) -> set[int]:
    return {int(line.split()[1]) for line in (folder / "calls").read_text("utf-8").splitlines()}


def on_record(partial: Path) -> set[int]:
    lines = (partial / "made.jsonl").read_text("utf-8").splitlines(keepends=True)[1:]
    return {int(json.loads(line)["id"][1:]) for line in lines if line.endswith("\n")}


def start(task: str, out: Path, *options: str, prefix: tuple[str, ...] = ()) -> subprocess.Popen[str]:
    command = [*prefix, sys.executable, "-m", "starbench", "build", task, "--out", str(out), "--seed", "5"]
    return subprocess.Popen(
        [*command, *options],
        text=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        cwd=out.parent,
        start_new_session=True,
    )


def finish(task: str, out: Path, *options: str, prefix: tuple[str, ...] = ()) -> tuple[int, str]:
    with start(task, out, *options, prefix=prefix) as process:
        _, err = process.communicate(timeout=DEADLINE)
    return process.returncode, err


def until(true: Callable[[], bool]) -> None:
    end = monotonic() + DEADLINE
    while not true():
        assert monotonic() < end, "waited in vain"
        sleep(0.005)
