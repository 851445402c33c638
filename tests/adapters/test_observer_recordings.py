"""The observer hears where recordings are that have what their questions need, by the order that a question tells."""

from __future__ import annotations

from collections import defaultdict

import pytest
from recorded import write_folder
from test_observer_space import ask

from starbench.audio import Audio, quantise
from starbench.schema import Item
from starbench.synth.scene import scene
from starbench.synthesis import BuildSpec, generator
from starbench.tasks.spatial import Spatial


@pytest.fixture(scope="module")
def heard(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Item, Audio]]:
    folder = write_folder(tmp_path_factory.mktemp("recordings"))
    plan = Spatial().plan(BuildSpec((), "default-2", 4, 60, {"recordings": str(folder)}))
    rendered = []
    for draft in plan.drafts:
        made = scene(rng=generator(4, draft.item.id), **draft.clips[0].parameters)
        rendered.append((draft.item, Audio(quantise(made.samples), made.rate)))
    return rendered


def test_recordings_that_carry_the_cue_are_heard(heard: list[tuple[Item, Audio]]) -> None:
    right = defaultdict(list)
    for item, audio in heard:
        right[item.category].append(ask(item.question, item.options, audio) == item.answer)
    assert len(right) == 3
    for category, answers in right.items():
        assert sum(answers) >= 0.9 * len(answers) - 0.5, category


def test_names_mean_what_the_question_says_is_heard_when(heard: list[tuple[Item, Audio]]) -> None:
    item, audio = next((item, audio) for item, audio in heard if item.sub_category == "further_side")
    first, second = item.options
    other_way = (
        item.question.replace(first[4:], "?").replace(second[4:], first[4:]).replace("?", second[4:], 1)
    )
    assert {ask(question, item.options, audio) for question in (item.question, other_way)} == {first, second}
    untold = item.question.partition(". ")[2]
    assert ask(untold, item.options, audio) == "Unable to determine."


def test_a_name_that_is_not_among_the_sounds_told_is_not_guessed(heard: list[tuple[Item, Audio]]) -> None:
    item, audio = next((item, audio) for item, audio in heard if item.sub_category == "nearer")
    options = (item.options[0], 'The sound "never heard of"')
    assert ask(item.question, options, audio) == "Unable to determine."
