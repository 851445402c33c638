"""Official scorers: the same figures as the benchmarks' own scripts, and each known defect by hand.

The figures of ``PRINTED`` were printed by the scripts themselves (MMAU at 110127f, MMAR at 3bce090), run outside this
project on the replies that ``official_runs.replies`` makes of the same metadata.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import official_runs
import pytest
from official_runs import item

from starbench import protocols
from starbench.protocols.base import Result
from starbench.protocols.official import ScorerError
from starbench.runs.load import load
from starbench.schema import Item, Outcome
from starbench.schema.official import OfficialScores
from starbench.scoring.run import score

FILES = {"mmau": "mmau-test-mini.json", "mmar": "MMAR-meta.jsonl"}
#: Benchmark and first record of 500 -> right of all, and of some groups, as the script printed them: percent, records.
PRINTED: dict[tuple[str, int], dict[str, tuple[str, int]]] = {
    ("mmau", 0): {
        "all items": ("37.00", 500),
        "sound": ("40.62", 96),
        "music": ("36.16", 177),
        "speech": ("36.12", 227),
        "easy": ("41.80", 122),
        "medium": ("37.25", 247),
        "hard": ("32.06", 131),
        "Counting": ("50.00", 20),
        "Temporal Reasoning": ("26.79", 56),
    },
    ("mmau", 500): {
        "all items": ("34.40", 500),
        "sound": ("32.49", 237),
        "music": ("36.31", 157),
        "speech": ("35.85", 106),
        "Multi Speaker Role Mapping": ("57.14", 7),
        "Key highlight Extraction": ("0.00", 1),
    },
    ("mmar", 0): {
        "all items": ("37.00", 500),
        "mix-sound-speech": ("36.97", 119),
        "Signal Layer": ("26.09", 23),
        "Spatial Analysis": ("54.55", 11),
    },
    ("mmar", 500): {
        "all items": ("35.20", 500),
        "mix-music-speech": ("43.59", 39),
        "Cultural Layer": ("31.94", 72),
        "Temporal Analysis": ("38.46", 13),
    },
}


def _records(shared: Path, name: str) -> list[dict[str, Any]]:
    path = shared / "benchmarks" / FILES[name]
    if not path.exists():
        pytest.skip(f"no {path.name} beside the checkout: the metadata of {name} is not part of this project")
    text = path.read_text("utf-8")
    return json.loads(text) if path.suffix == ".json" else [json.loads(line) for line in text.splitlines()]


def _item(record: dict[str, Any]) -> Item:
    # Of equal options one is kept: to words as a set they are one anyway.
    options = tuple(dict.fromkeys(record["choices"]))
    fields = ("task", "difficulty", "modality", "category", "sub-category")
    published = {name: record[name] for name in fields if isinstance(record.get(name), str)}
    return item(record["id"], options, record["answer"], question=record["question"], published=published)


def scores_of(path: Path) -> OfficialScores:
    found = score(load(path)).suites[0].official
    assert isinstance(found, OfficialScores)
    return found


@pytest.mark.parametrize(("name", "first"), PRINTED)
def test_figures_of_500_replies_are_those_that_the_script_printed(
    name: str, first: int, shared: Path, tmp_path: Path
) -> None:
    records = _records(shared, name)[first : first + 500]
    replies = official_runs.replies([r["choices"] for r in records], [r["answer"] for r in records])
    path = official_runs.write(tmp_path / "run", name, [_item(record) for record in records], replies)
    scores = scores_of(path)
    ours = {row.name: (f"{100 * row.official:.2f}", row.counted) for row in scores.rows}
    printed = PRINTED[name, first]
    assert {name: ours[name] for name in printed} == printed
    assert (scores.n_replies, scores.left_out) == (500, 0)


@pytest.mark.parametrize(("name", "first", "letter"), [("mmau", 0.398, 0.002), ("mmar", 0.28, 0.0)])
def test_what_constant_replies_get_is_printed_beside_the_figure(
    name: str, first: float, letter: float, shared: Path, tmp_path: Path
) -> None:
    records = _records(shared, name)
    path = official_runs.write(
        tmp_path / "run", name, [_item(record) for record in records], [r["answer"] for r in records]
    )
    scores = scores_of(path)
    assert (scores.rows[0].correct, scores.rows[0].counted) == (1000, 1000)
    assert (scores.always_first, scores.always_a) == (first, letter)


# --- MMAU and MMAR: sets of words -----------------------------------------------------------------


def _result(
    reply: str, options: tuple[str, ...], answer: str, *, correct: bool = False, **published: Any
) -> Result:
    of = item(f"{reply}{options}", options, answer, published=published)
    letter = chr(ord("A") + options.index(answer))
    return Result(of, options, letter, reply, Outcome.ANSWERED if correct else Outcome.UNPARSED, correct)


ANIMALS = ("A barking dog", "A cat", "Two dogs", "Rain")


@pytest.mark.parametrize("name", ["mmau", "mmar"])
@pytest.mark.parametrize(
    ("reply", "options", "answer", "is_right"),
    [
        ("A barking dog", ANIMALS, "A barking dog", True),
        ("a BARKING, dog!", ANIMALS, "A barking dog", True),
        ("dog barking: a", ANIMALS, "A barking dog", True),  # in any order
        ("It is certainly not a barking dog.", ANIMALS, "A barking dog", True),  # denied
        ("I cannot hear whether there is a barking dog", ANIMALS, "A barking dog", True),  # declined
        ("Barking dog", ANIMALS, "A barking dog", False),  # a word is missing
        ("A", ANIMALS, "A barking dog", False),  # a letter alone
        ("(A)", ANIMALS, "A barking dog", False),
        ("A barking dog, not rain", ANIMALS, "A barking dog", False),  # a word of another option
        ("A barking dog and a puppy", ANIMALS, "A barking dog", True),  # words that no option has
        ("Rain in a town", ANIMALS, "Rain", False),  # "a" is in other options only
        ("Rain in town", ANIMALS, "Rain", True),
        ("", ANIMALS, "Rain", False),
        (" \n", ANIMALS, "Rain", False),
        ("…!?", ANIMALS, "Rain", False),
        ("rain_", ANIMALS, "Rain", False),  # an underscore is part of a word
        ("left, right", ("left, right", "right, left"), "right, left", True),  # equal sets of words
        ("5", ("5", "5 5"), "5 5", True),
        ("ＲＡＩＮ", ANIMALS, "Rain", False),  # full width is other letters
        ("Crème", ("Crème", "Tea"), "Crème", True),
        ("Cre\u0300me", ("Crème", "Tea"), "Crème", False),  # decomposed, so two words
        ("it's", ("it s", "no"), "it s", True),
        ("x", ("?", "x"), "?", False),
        ("y", ("?", "x"), "?", True),  # an answer without words is in every reply
    ],
)
def test_words_are_matched_as_a_set(
    name: str, reply: str, options: tuple[str, ...], answer: str, is_right: bool
) -> None:
    (scored,) = protocols.get(name).score_replies([_result(reply, options, answer)])
    assert scored.correct is is_right


@pytest.mark.parametrize(
    ("reply", "correct", "defect"),
    [
        ("Rain", True, None),
        ("A cat", False, None),
        ("D", True, "no-text"),
        ("Rain, for I hear no dogs", True, "other-words"),
        ("No rain", False, "mentioned"),
    ],
)
def test_each_difference_from_our_reading_is_laid_to_a_defect(
    reply: str, correct: bool, defect: str | None
) -> None:
    (scored,) = protocols.get("mmau").score_replies([_result(reply, ANIMALS, "Rain", correct=correct)])
    assert scored.defect == defect


# --- MMSU and AIR-Bench: the first character, or the last but one ---------------------------------

FOUR = ("low", "high", "rising", "falling")


def _letters(*pairs: tuple[str, str], options: tuple[str, ...] = FOUR, **published: Any) -> list[Result]:
    return [_result(reply, options, options["ABCD".index(gold)], **published) for reply, gold in pairs]


@pytest.mark.parametrize(
    ("reply", "gold", "mmsu", "air_bench"),
    [
        ("B", "B", True, True),
        ("B.", "B", True, True),
        ("  B\n", "B", True, True),
        ("(B)", "B", True, True),  # the last but one
        ("The answer is B.", "B", True, True),
        ("The answer is B", "B", None, None),  # left out without its full stop
        ("<B>", "B", True, True),
        ("high", "B", None, None),
        ("b", "B", None, None),
        ("Answer: B", "B", False, False),  # begins with A
        ("Answer: B", "A", True, True),
        ("Because it is low.", "B", True, True),
        ("Can't tell", "C", True, True),
        ("Do not know", "D", True, True),
        ("I cannot listen to audio.", "A", None, None),
        ("I would say option B!", "B", True, True),
        ("\nB\n\nbecause", "B", True, True),
        ("E", "B", None, None),
        ("C", "B", False, False),
    ],
)
def test_a_letter_is_the_first_character_or_the_last_but_one(
    reply: str, gold: str, mmsu: bool | None, air_bench: bool | None
) -> None:
    shown = _letters(("A", "A"), (reply, gold), task_name="t", dataset_name="d")
    assert protocols.get("mmsu").score_replies(shown)[1].correct is mmsu
    assert protocols.get("air-bench").score_replies(shown)[1].correct is air_bench


def test_mmsu_scores_an_empty_reply_with_the_letter_before_it() -> None:
    replies = _letters(
        ("B", "B"), ("", "B"), ("None", "C"), ("no idea", "A"), (" \n", "B"), ("D", "D"), ("", "D")
    )
    scored = protocols.get("mmsu").score_replies(replies)
    assert [one.correct for one in scored] == [True, True, False, None, True, True, True]
    assert [one.defect for one in scored].count("previous-letter") == 4
    # The order of the data set decides: the same replies in another one.
    swapped = protocols.get("mmsu").score_replies([replies[5], *replies[:5], replies[6]])
    assert [one.correct for one in swapped] == [True, True, True, False, None, True, False]


def test_mmsu_stops_where_an_empty_reply_has_no_letter_before_it(tmp_path: Path) -> None:
    protocol = protocols.get("mmsu")
    with pytest.raises(ScorerError):
        protocol.score_replies(_letters(("", "B"), ("B", "B")))
    with pytest.raises(ScorerError):
        protocol.score_replies(_letters(("no idea", "B"), ("", "B")))
    items = [item(name, FOUR, "low") for name in ("one", "two")]
    scores = scores_of(official_runs.write(tmp_path / "run", "mmsu", items, ["", "A"]))
    assert (scores.gap, scores.rows) == ("scorer-stops", ())


def test_air_bench_leaves_empty_replies_out_and_stops_at_a_task_without_any_letter() -> None:
    protocol = protocols.get("air-bench")
    shown = _letters(("B", "B"), ("", "B"), ("None", "B"), task_name="t", dataset_name="d")
    assert [one.correct for one in protocol.score_replies(shown)] == [True, None, None]
    other = _letters(("high", "B"), task_name="u", dataset_name="d")
    with pytest.raises(ScorerError, match="u_d"):
        protocol.score_replies([*shown, *other])


@pytest.mark.parametrize("name", ["mmsu", "air-bench"])
def test_a_letter_that_no_option_has_is_wrong_and_counted(name: str) -> None:
    shown = _letters(("C", "A"), ("A", "A"), options=("yes", "no"), task_name="t", dataset_name="d")
    assert [one.correct for one in protocols.get(name).score_replies(shown)] == [False, True]


def test_air_bench_reports_by_task_and_data_set_and_has_no_total(tmp_path: Path) -> None:
    items = [
        item(f"{n}", FOUR, "low", published={"task_name": task, "dataset_name": "esc"})
        for n, task in enumerate(["Sound_AQA", "Sound_AQA", "Music_AQA"])
    ]
    rows = scores_of(official_runs.write(tmp_path / "run", "air-bench", items, ["A", "no idea", "B"])).rows
    assert [(row.name, row.official, row.counted, row.n_items) for row in rows] == [
        ("all items", None, None, 3),
        ("Music_AQA_esc", 0.0, 1, 1),
        ("Sound_AQA_esc", 1.0, 1, 2),
    ]


# --- MuChoMusic: any letter, else the first option that is contained ------------------------------

GENRES = ("Pop", "Rock", "Hip hop", "Rap")


@pytest.mark.parametrize(
    ("reply", "answer", "is_right", "defect"),
    [
        ("B", "Rock", True, None),
        ("(B)", "Rock", True, None),
        ("The correct answer is: (B) Rock", "Rock", True, None),
        ("The correct answer is: A. No. The correct answer is: B", "Rock", True, None),  # the last one
        ("Bass guitar", "Rock", True, "any-letter"),  # a letter within a word
        ("A rock song", "Rock", False, None),  # an article
        ("A or B", "Rock", False, None),  # two letters, and no text of an option
        ("a rock song", "Rock", True, "contained"),
        ("rocky sea", "Rock", True, "contained"),  # within a word
        ("not pop but rock", "Rock", False, None),  # the first option that occurs
        ("It is hip hop", "Hip hop", True, "contained"),
        ("trapped", "Rap", True, "contained"),
        ("", "Pop", False, None),
        ("no idea", "Pop", False, None),
    ],
)
def test_muchomusic_takes_any_letter_else_the_first_text(
    reply: str, answer: str, is_right: bool, defect: str | None
) -> None:
    (scored,) = protocols.get("muchomusic").score_replies([_result(reply, GENRES, answer)])
    assert scored.correct is is_right
    if defect is not None:
        assert scored.defect == defect


def test_a_letter_that_stands_alone_is_no_defect_where_our_reading_agrees() -> None:
    (scored,) = protocols.get("muchomusic").score_replies([_result("B", GENRES, "Rock", correct=True)])
    assert scored == (True, None)


def test_muchomusic_reports_dimensions_kinds_and_genres(tmp_path: Path) -> None:
    both = {"music_knowledge": ["melody"], "music_reasoning": ["mood", "genre"], "genre": "rock"}
    items = [item("one", GENRES, "Pop", published=both), item("two", GENRES, "Pop", published={"genre": ""})]
    rows = scores_of(official_runs.write(tmp_path / "run", "muchomusic", items, ["A", "B"])).rows
    assert [(row.group, row.name, row.official) for row in rows] == [
        (None, "all items", 0.5),
        ("dimension", "knowledge", 1.0),
        ("dimension", "reasoning", 1.0),
        ("knowledge", "melody", 1.0),
        ("reasoning", "genre", 1.0),
        ("reasoning", "mood", 1.0),
        ("genre", "rock", 1.0),
    ]
