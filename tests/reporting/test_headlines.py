"""Headlines of planted runs say what is true of the listener, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from starbench.planning.reasons import Reason
from starbench.reporting.headlines import headlines
from starbench.runs.directory import PlannedTrial
from starbench.runs.load import LoadedRun, TrialEnd
from starbench.schema import Canary, Capabilities, Identity, Item, Outcome, Run, SuiteIdentity
from starbench.schema.floors import Floors
from starbench.scoring.run import score

OPTIONS = ("The first", "The second", "The same")
LEVELS = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0)
#: Items of an attribute at each level, and catch trials; each is asked at three rotations.
AT_LEVEL, CATCH = 14, 28
FLOOR = 0.6
#: What can be planted, and how often: a threshold in JND, what has none, and what one ear gets.
KINDS = ("2 JND", "6 JND", "guesses", "the same", "letter A", "one ear", "reversed", "silent", "few")
ATTRIBUTES = ("pitch", "loudness", "duration", "azimuth", "tempo")


def items(attribute: str, kind: str) -> list[Item]:
    levels = [*np.repeat(LEVELS, AT_LEVEL), *[None] * CATCH]
    return [
        Item(
            id=f"{attribute}-{number}",
            task="T",
            sub_category=f"sensitivity_{attribute}",
            question="Which is greater?",
            options=OPTIONS,
            answer=OPTIONS[2 if level is None else number % 2],
            audio_paths=("a.wav",),
            level=level,
            level_unit=None if level is None else "JND",
            catch=level is None,
        )
        for number, level in enumerate(levels[:: 10 if kind == "few" else 1])
    ]


def choice(item: Item, kind: str, contents: tuple[int, ...], rng: np.random.Generator) -> int | None:
    """The content that a listener chooses; None where it does not answer."""
    right = OPTIONS.index(item.answer or "")
    if kind == "guesses" or rng.random() < 0.02:
        return int(rng.integers(3))
    if kind in ("the same", "letter A"):
        return 2 if kind == "the same" else contents[0]
    if kind == "silent":
        return None
    if kind == "one ear":
        # It gets what one ear gets, whatever the level, and so nothing that a threshold could follow.
        return right if rng.random() < FLOOR - 0.05 else (right + int(rng.integers(1, 3))) % 3
    theta = float(kind.removesuffix(" JND")) if "JND" in kind else 2.0
    sign = 0 if item.level is None else 1 - 2 * right
    heard = sign * (item.level or 0.0) / (theta * 2**0.5) * (-1 if kind == "reversed" else 1)
    heard += rng.standard_normal()
    return 0 if heard > 1 else 1 if heard < -1 else 2


def planted(kinds: Mapping[str, str], rng: np.random.Generator) -> LoadedRun:
    questions = {name: items(name, kind) for name, kind in kinds.items()}
    plan, ends = [], {}
    for name, kind in kinds.items():
        for item in questions[name]:
            for rotation in range(3):
                contents = tuple((place + rotation) % 3 for place in range(3))
                letter = "ABC"[contents.index(OPTIONS.index(item.answer or ""))]
                trial = PlannedTrial("s", item.id, rotation, "audio", "starbench", contents, letter, False)
                chosen = choice(item, kind, contents, rng)
                reply = "" if chosen is None else f"<{'ABC'[contents.index(chosen)]}>"
                outcome = Outcome.EMPTY if chosen is None else Outcome.ANSWERED
                plan.append(trial)
                ends[trial.key] = TrialEnd(outcome, None, reply, "end", None, 1, 0.1, None, None, "now")
    suite = SuiteIdentity(name="s", digest="d" * 64, protocol="starbench", prompt_version="1")
    run = Run(
        identity=Identity(suites=(suite,), model="m", model_args={}, setup={"conditions": ("audio",)}),
        capabilities=Capabilities(),
        floors={
            "s": {
                f"sensitivity_{name}": Floors(one_ear=FLOOR)
                for name, kind in kinds.items()
                if kind == "one ear"
            }
        },
        created="now",
    )
    by_id = {("s", item.id): item for group in questions.values() for item in group}
    return LoadedRun(Path("run"), run, None, by_id, tuple(plan), ends)


def said(sentences: list[str]) -> Iterator[tuple[str, str]]:
    """Attribute -> what the headlines say of it."""
    for sentence in sentences:
        lead, _, rest = sentence.partition(": ")
        for name in ATTRIBUTES:
            if re.search(rf"\b{name}\b", rest):
                yield name, lead


LEADS = {
    "guesses": "No evidence of hearing",
    "the same": "No evidence of hearing",
    "letter A": "No evidence of hearing",
    "one ear": "Better than guessing, but no evidence of what is asked about",
    "reversed": "Worse than guessing, as if options were exchanged",
    "silent": "No conclusion, because fewer than half of the trials were answered",
    "few": "No conclusion, because there are fewer than 20 items",
}


@pytest.mark.parametrize("seed", range(30))
def test_headlines_of_a_planted_run_are_true_and_no_others_are_said(seed: int) -> None:
    rng = np.random.default_rng([12, seed])
    kinds = {name: str(rng.choice(KINDS)) for name in ATTRIBUTES}
    data = planted(kinds, rng)
    sentences = [str(one) for one in headlines(data, score(data))]
    expected = {name: LEADS.get(kind, "Heard") for name, kind in kinds.items()}
    assert sorted(said(sentences)) == sorted(expected.items())
    for name, kind in kinds.items():
        if "JND" in kind:
            (found,) = re.findall(rf"{name} down to ([\d.]+) JND", " ".join(sentences))
            assert float(found) == pytest.approx(float(kind.removesuffix(" JND")), rel=0.5)


def test_what_became_of_the_sound_limits_what_is_said() -> None:
    data = planted({"pitch": "2 JND"}, np.random.default_rng(1))
    scores = score(data)

    def last(**changes: Any) -> str:
        return str(headlines(replace(data, **changes), scores)[-1])

    def canary(**verdicts: str) -> Canary:
        usual = dict.fromkeys(("length", "band"), "unknown") | {
            "transport": "arrived",
            "hearing": "heard",
            "ears": "kept",
        }
        return Canary.model_validate(usual | verdicts | {"requests": 1, "at": "now"})

    assert last() == "Whether sound reaches the model was not tried"
    assert last(canary=canary()).startswith("Heard: pitch down to ")
    assert "is not proven" in last(canary=canary(transport="unknown"))
    assert last(canary=canary(ears="folded")).startswith("Ears are mixed to mono on the way")
    mono = data.run.model_copy(update={"capabilities": Capabilities(channels_kept=False)})
    assert last(run=mono, canary=canary(ears="folded")).startswith("By its declaration, the model mixes all")
    one = Reason.of("clip_length", most_s=2.0).record("s", "audio", 7)
    unasked = data.run.model_copy(update={"inapplicable": (one,)})
    assert last(run=unasked, canary=canary()) == (
        "Not asked: 7 item(s), s: audio: a clip longer than the 2 s that the model takes"
    )


def test_controls_say_what_the_sound_is_worth() -> None:
    rng = np.random.default_rng(2)
    kinds = {"audio": "2 JND", "silence": "the same", "mono": "2 JND"}
    runs = {condition: planted({"pitch": kind}, rng) for condition, kind in kinds.items()}
    base = runs["audio"]
    plan, ends = [], {}
    for condition, data in runs.items():
        for trial in data.plan:
            moved = trial._replace(condition=condition)
            plan.append(moved)
            ends[moved.key] = data.ends[trial.key]
    setup = base.run.identity.setup.model_copy(update={"conditions": tuple(kinds)})
    identity = base.run.identity.model_copy(update={"setup": setup})
    data = replace(base, plan=tuple(plan), ends=ends, run=base.run.model_copy(update={"identity": identity}))
    silence, mono = (line for line in map(str, headlines(data, score(data))) if line.startswith("T, with"))
    assert re.match(r"T, without sound \(silence\): \d+ points less \[\d+, \d+\]$", silence)
    assert re.match(r"T, with one ear or mixed to mono \(mono\): not shown to be worse \(", mono)
