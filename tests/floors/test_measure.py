"""Listeners get what they lack nothing of, and no more: in clips where it is known what tells the answer."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import noise_bursts
import pytest

from starbench.floors import measure as measuring
from starbench.floors.listeners import BINAURAL
from starbench.floors.measure import LEAST_ITEMS, ONE_VALUE, measure, parts_of
from starbench.floors.questions import questions
from starbench.floors.sounds import sounds_of
from starbench.schema import Item
from starbench.suites.suite import read


def accuracies(root: Path, *listeners: str) -> dict[str, float | None]:
    ((_, found),) = measure(parts_of([read(root)]), listeners, 1)
    return {name: one and one.accuracy for name, one in found.items()}


def test_one_ear_knows_the_side_of_sounds_of_one_level(tmp_path: Path) -> None:
    root = noise_bursts.write(tmp_path / "s", 64, ild_db=8, rove_db=0)
    found = accuracies(root, "one_ear", "level", BINAURAL)
    assert found["one_ear"] > 0.95  # type: ignore[operator]
    assert found["level"] < 0.7  # type: ignore[operator]
    assert found[BINAURAL] > 0.95  # type: ignore[operator]


def test_a_rove_of_level_takes_that_from_one_ear_and_not_from_two(tmp_path: Path) -> None:
    root = noise_bursts.write(tmp_path / "s", 64, ild_db=4, rove_db=20)
    found = accuracies(root, "one_ear", "one_interval", "colour", "downmix", BINAURAL, ONE_VALUE)
    assert found["one_interval"] is None
    assert found[BINAURAL] > 0.9  # type: ignore[operator]
    assert found[ONE_VALUE] == 1.0
    for listener in ("one_ear", "colour", "downmix"):
        assert found[listener] < 0.72, listener  # type: ignore[operator]


def test_suites_are_pooled_and_few_items_are_measured_by_nobody(tmp_path: Path) -> None:
    roots = [
        noise_bursts.write(tmp_path / str(seed), LEAST_ITEMS // 2, ild_db=8, rove_db=0, seed=seed)
        for seed in (1, 2)
    ]
    assert accuracies(roots[0], "level") == {"level": None}
    (part,) = parts_of([read(root) for root in roots])
    assert len(part.items) == LEAST_ITEMS
    assert part.why_not("level") is None
    assert "two sounds" in (part.why_not("one_interval") or "")


def test_what_workers_are_given_and_return_can_be_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def sent(function: Any, items: Any, _workers: int) -> Any:
        for one in items:
            yield pickle.loads(pickle.dumps(pickle.loads(pickle.dumps(function))(one)))

    root = noise_bursts.write(tmp_path / "s", 64, ild_db=8, rove_db=3)
    alone = accuracies(root, "level", ONE_VALUE)
    monkeypatch.setattr(measuring, "map_items", sent)
    assert accuracies(root, "level", ONE_VALUE) == alone


def item(question: str = "Which?", **fields: object) -> Item:
    options = fields.pop("options", ("The hiss", "The buzz"))
    return Item(
        id="i",
        task="T",
        question=question,
        options=options,
        answer=options[0],
        audio_paths=("a.wav",),
        **fields,  # type: ignore[arg-type, index]
    )


def truth(*onsets: float, duration: float = 0.5) -> dict[str, object]:
    return {"clips": [{"sources": [{"onset_s": onset, "duration_s": duration} for onset in onsets]}]}


def test_sounds_stand_in_the_order_heard_and_together_where_they_overlap() -> None:
    apart = sounds_of(item(truth=truth(2.0, 0.5)), [3.0])
    assert [one.sources for one in apart] == [(1,), (0,)]
    (together,) = sounds_of(item(truth=truth(0.5, 0.7)), [3.0])
    assert together.sources == (0, 1)
    assert (together.start_s, together.stop_s) == (0.5, 1.2)
    (whole,) = sounds_of(item(), [3.0])
    assert (whole.start_s, whole.stop_s, whole.sources) == (0.0, 3.0, ())


def test_options_that_name_sounds_are_asked_about_by_the_order_heard() -> None:
    one = item("Which is to the left?", truth={**truth(2.0, 0.5), "option_sources": [0, 1]})
    other = item("Which is to the right?", truth={**truth(0.5, 2.0), "option_sources": [0, 1]})
    found = questions([one, other], [sounds_of(each, [3.0]) for each in (one, other)])
    assert found.classes == ("sound 2", "sound 1")
    assert found.allowed == (("sound 2", "sound 1"), ("sound 1", "sound 2"))
    assert list(found.sign) == [1.0, -1.0]


def test_a_number_of_sounds_that_varies_is_not_given_away(tmp_path: Path) -> None:
    root = noise_bursts.write(tmp_path / "s", 4, ild_db=0, rove_db=0)
    lines = (root / "metadata.jsonl").read_text().splitlines()
    lines[0] = lines[0].replace('"sources": [', '"sources": [{"onset_s": 0.21, "duration_s": 0.05}, ')
    (root / "metadata.jsonl").write_text("\n".join(lines) + "\n")
    (part,) = parts_of([read(root)])
    assert [[sound.sources for sound in one.sounds] for one in part.items] == [[()]] * 4
    assert part.is_moving


def test_a_worker_that_dies_is_a_damaged_measurement(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def die(*_: object) -> Iterator[None]:
        raise measuring.WorkerDiedError("a worker process died")
        yield

    monkeypatch.setattr(measuring, "map_items", die)
    root = noise_bursts.write(tmp_path / "s", 64, ild_db=8, rove_db=3)
    with pytest.raises(measuring.SuiteError, match="fewer --workers"):
        list(measure(parts_of([read(root)]), ["level"], 1))
