"""The prompts of the checks are laid out as protocol ``starbench`` lays out those of a run."""

from __future__ import annotations

from pathlib import Path

import pytest

import starbench
from starbench import protocols
from starbench.contract.prompts import QUESTION, SIX_OPTIONS, PromptMaker
from starbench.protocols.starbench import ANSWER_FORM
from starbench.schema import Capabilities, Item, Presentation, TextPart, TextSpec


@pytest.mark.parametrize("n", [1, 3])
def test_a_question_is_put_word_for_word_as_in_a_run(n: int) -> None:
    maker = PromptMaker(Capabilities())
    prompt = maker.question(QUESTION, [maker.tone((300.0 + 100 * i,)) for i in range(n)], SIX_OPTIONS)
    item = Item(
        id="x",
        task="T",
        question=QUESTION,
        options=SIX_OPTIONS,
        answer=SIX_OPTIONS[0],
        audio_paths=tuple(f"{i}.wav" for i in range(n)),
    )
    protocol = protocols.get("starbench")
    parts = protocol.parts(item, Presentation(), SIX_OPTIONS, tuple(range(n)))
    layout = [part.text if isinstance(part, TextPart | TextSpec) else "clip" for part in prompt.parts]
    assert layout == [part.text if isinstance(part, TextSpec) else "clip" for part in parts]
    assert layout.count("clip") == n


def test_the_form_of_the_answer_stands_in_one_file() -> None:
    sources = Path(starbench.__file__).parent.rglob("*.py")
    assert [path.name for path in sources if ANSWER_FORM[:40] in path.read_text("utf-8")] == ["starbench.py"]
