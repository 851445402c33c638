"""Asking a model about pairs of the stimuli: a run of questions like those of a suite, in a temporary folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from starbench.audio import join
from starbench.diagnose.probe.answers import AnsweredPair, AnsweredPairs
from starbench.diagnose.probe.attributes import Attribute
from starbench.diagnose.stimuli import FactorialStimuli
from starbench.diagnose.suite_run import ask
from starbench.models.adapter import Model
from starbench.schema import Item, Outcome
from starbench.scoring.observations import MISSING, observe
from starbench.storage.atomic import write_bytes
from starbench.suites.clip_info import ClipInfo
from starbench.suites.suite import AUDIO, Suite

#: Silence between the two sounds' clips, s.
_GAP_S = 0.3
_NAME = "probe-pairs"


def ask_pairs(
    model: Model,
    stimuli: FactorialStimuli,
    clips: NDArray[np.intp],
    attributes: Sequence[Attribute],
    rng: np.random.Generator,
) -> AnsweredPairs:
    """Ask which sound of a pair has more of each attribute; each of ``clips`` is in one pair at most.

    The model gets what it takes of them: its rate, and one channel where it hears one. Raises what
    :func:`starbench.runs.attempt.ask_all` does.
    """
    order = rng.permutation(clips)
    places = list(zip(order[0::2].tolist(), order[1::2].tolist(), strict=False))
    with TemporaryDirectory(prefix="starbench-probe-") as folder:
        suite, more = _suite(stimuli, places, attributes, Path(folder))
        answers = {
            one.item.id: one
            for one in observe(ask(model, suite, Path(folder) / "run"))
            if one.outcome not in (MISSING, Outcome.ERROR.value)
        }
    pairs = {
        attribute.name: [
            AnsweredPair(
                first,
                second,
                more[item_id],
                answers[item_id].outcome == Outcome.ANSWERED.value,
                answers[item_id].correct,
            )
            for number, (first, second) in enumerate(places)
            if (item_id := _id(attribute, number)) in answers
        ]
        for attribute in attributes
    }
    return AnsweredPairs("asked", pairs)


def _id(attribute: Attribute, number: int) -> str:
    return f"{attribute.name}_{number:04}"


def _suite(
    stimuli: FactorialStimuli, places: Sequence[tuple[int, int]], attributes: Sequence[Attribute], root: Path
) -> tuple[Suite, Mapping[str, bool]]:
    """Questions about each pair, and whether its second sound has more."""
    (root / AUDIO).mkdir()
    items, infos, more = [], {}, {}
    for number, (first, second) in enumerate(places):
        audio = join([stimuli.clips[first], stimuli.clips[second]], _GAP_S)
        path = f"{AUDIO}/{audio.digest}.wav"
        write_bytes(root / path, audio.wav)
        infos[path] = ClipInfo(audio.digest, audio.channels, audio.rate, audio.seconds)
        for attribute in attributes:
            values = stimuli.factors[attribute.factor]
            options = tuple(f"The {which} sound {attribute.more}" for which in ("first", "second"))
            item_id = _id(attribute, number)
            more[item_id] = bool(values[second] > values[first])
            items.append(
                Item(
                    id=item_id,
                    task="probe",
                    sub_category=attribute.name,  # type: ignore[call-arg]
                    question=f"Two sounds are heard one after the other. Which of them {attribute.more}?",
                    options=options,
                    answer=options[more[item_id]],
                    audio_paths=(path,),
                    rotations=1,
                    rotation_offset=number % 2,
                )
            )
    return Suite(_NAME, root, tuple(items), infos, "starbench"), more
