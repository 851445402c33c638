"""Tables as people have them: formats, columns, options and answers in every usual form."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pandas
import pytest

sys.path.append(str(Path(__file__).parent))
from tables_of_faults import wav

from starbench.errors import SuiteError
from starbench.schema import Item
from starbench.suites.suite import Suite
from starbench.tasks.questions import Questions

TABLE = [
    {
        "id": "a",
        "audio": "x.wav",
        "question": 'A "loud", long\ntext; with | all?',
        "options": "dog|cat",
        "answer": "cat",
    },
    {"id": "b", "audio": "x.wav", "question": "Ünïcode 音?", "options": "dog|cat|cow", "answer": "dog"},
]


@pytest.fixture(autouse=True)
def _sounds(tmp_path: Path) -> None:
    for name in ("x", "y", "z"):
        (tmp_path / f"{name}.wav").write_bytes(wav(seed=ord(name)))


def load(folder: Path, rows: list[dict[str, Any]], **arguments: Any) -> Suite:
    file = folder / "own.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return Questions().load(str(file), **arguments)


def rows(
    answers: list[Any], options: Any = ("dog", "cat", "cow"), column: str = "answer"
) -> list[dict[str, Any]]:
    return [
        {"audio": "x.wav", "question": f"Q{n}?", "options": options, column: one}
        for n, one in enumerate(answers)
    ]


def right(suite: Suite) -> list[int]:
    return [item.options.index(item.right_option) for item in suite.items]


@pytest.mark.parametrize(
    ("name", "how", "encoding"),
    [
        ("own.csv", {"sep": ","}, "utf-8"),
        ("own.csv", {"sep": ";"}, "utf-8-sig"),
        ("own.csv", {"sep": ",", "lineterminator": "\r\n"}, "utf-8"),
        ("own.tsv", {"sep": "\t"}, "utf-8"),
        ("own.csv", {"sep": "\t"}, "utf-16"),
    ],
)
def test_delimiters_byte_order_marks_and_line_breaks(
    name: str, how: dict[str, str], encoding: str, tmp_path: Path
) -> None:
    pandas.DataFrame(TABLE).to_csv(tmp_path / name, index=False, encoding=encoding, **how)
    suite = Questions().load(str(tmp_path / name))
    assert [(item.id, item.question, item.answer) for item in suite.items] == [
        (row["id"], row["question"], row["answer"]) for row in TABLE
    ]


@pytest.mark.parametrize("form", ["array", "object", "lines", "parquet", "folder"])
def test_other_formats(form: str, tmp_path: Path) -> None:
    file = tmp_path / {"lines": "own.ndjson", "parquet": "own.parquet", "folder": "metadata.jsonl"}.get(
        form, "own.json"
    )
    if form == "array":
        file.write_text(json.dumps(TABLE), "utf-8")
    elif form == "object":
        file.write_text(json.dumps({"licence": "mine", "questions": TABLE}), "utf-8")
    elif form == "parquet":
        import polars

        polars.DataFrame(TABLE).write_parquet(file)
    else:
        file.write_text("\n\n".join(json.dumps(row) for row in TABLE), "utf-8")
    suite = Questions().load(str(file.parent if form == "folder" else file))
    assert [item.question for item in suite.items] == [row["question"] for row in TABLE]


@pytest.mark.parametrize(
    "options",
    [
        ["dog", "cat", "cow"],
        '["dog", "cat", "cow"]',
        "['dog', 'cat', 'cow']",
        "('dog', 'cat', 'cow')",
        "dog|cat|cow",
        "dog; cat; cow",
        "dog\ncat\ncow",
        {"A": "dog", "B": "cat", "C": "cow"},
        '{"A": "dog", "B": "cat", "C": "cow"}',
        {"label": ["A", "B", "C"], "text": ["dog", "cat", "cow"]},
        ["(A) dog", "(B) cat", "(C) cow"],
        "A. dog\nB. cat\nC. cow",
        ["a) dog", "b) cat", "c) cow"],
    ],
)
@pytest.mark.parametrize("answer", ["cat", "B", "(b)", "B.", "(B) cat", "B. cat"])
def test_options_and_answers(options: Any, answer: str, tmp_path: Path) -> None:
    suite = load(tmp_path, rows([answer, answer], options))
    assert [(item.options, item.answer) for item in suite.items] == [(("dog", "cat", "cow"), "cat")] * 2


@pytest.mark.parametrize(
    "names",
    [
        "choice_a choice_b choice_c",
        "option_1 option_2 option_3",
        "A B C",
        "Choice A|Choice B|Choice C",
        "opt1 opt2 opt3",
    ],
)
def test_a_column_for_each_option(names: str, tmp_path: Path) -> None:
    columns = names.split("|") if "|" in names else names.split()
    cells = [dict(zip(columns, ("dog", "cat", last), strict=True)) for last in ("cow", None)]
    suite = load(tmp_path, [{"audio": "x.wav", "question": "Q?", "answer": "cat", **one} for one in cells])
    assert [item.options for item in suite.items] == [("dog", "cat", "cow"), ("dog", "cat")]


@pytest.mark.parametrize(
    ("answers", "column", "places"),
    [
        (["cat", "dog"], "answer", [1, 0]),
        (["B", "C", "A"], "answer", [1, 2, 0]),
        (["B", "b", "(C)"], "answer_letter", [1, 1, 2]),
        ([0, 1, 2], "answer", [0, 1, 2]),
        (["1", "2", "3"], "answer", [0, 1, 2]),
        ([1.0, 2.0, 3.0], "answer", [0, 1, 2]),
        ([1, 2], "answer_index", [1, 2]),
        ([1, 2], "answer_number", [0, 1]),
    ],
)
def test_answers_as_text_letter_or_number(
    answers: list[Any], column: str, places: list[int], tmp_path: Path
) -> None:
    assert right(load(tmp_path, rows(answers, column=column))) == places


def test_numbers_that_may_count_from_0_or_1_are_never_guessed(tmp_path: Path) -> None:
    with pytest.raises(SuiteError) as refused:
        load(tmp_path, rows([1, 2, 1, 2]))
    assert len(refused.value.problems) == 4
    assert "--map answer_index=COLUMN" in refused.value.problems[0]
    assert right(load(tmp_path, rows([1, 2]), columns={"answer_number": "answer"})) == [0, 1]


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        (["A", "B", "C"], "dog"),
        (["dog", "cat", "cow"], "B"),
        ([0, 1, 2], 3),
        ([1, 2, 3], 0),
        ([0, 1, 2], "dog"),
    ],
)
def test_one_bad_answer_among_many_is_one_fault(good: list[Any], bad: Any, tmp_path: Path) -> None:
    many = rows([*good * 30, bad, *good * 30])
    with pytest.raises(SuiteError) as refused:
        load(tmp_path, many)
    assert len(refused.value.problems) == 1
    assert "own.jsonl:91: answer" in refused.value.problems[0]
    assert right(load(tmp_path, many, skip_bad=True)) == [0, 1, 2] * 60


def test_numbers_as_options_are_texts(tmp_path: Path) -> None:
    table = [
        {**rows([answer], options)[0]}
        for answer, options in (("3", [1, 2, 3]), (2.0, [2.0, 1.0]), ("4", "4|5"))
    ]
    suite = load(tmp_path, table)
    assert [(item.options, item.answer) for item in suite.items] == [
        (("1", "2", "3"), "3"),
        (("2", "1"), "2"),
        (("4", "5"), "4"),
    ]


@pytest.mark.parametrize("n_options", [2, 10])
def test_two_to_ten_options(n_options: int, tmp_path: Path) -> None:
    options = [f"sound {n}" for n in range(n_options)]
    suite = load(tmp_path, rows([options[-1]], options))
    assert suite.items[0].options == tuple(options)


@pytest.mark.parametrize(
    "audio",
    [
        {"audio": ["x.wav", "y.wav"]},
        {"audio": "['x.wav', 'y.wav']"},
        {"audio": "x.wav|y.wav"},
        {"audio_1": "x.wav", "audio_2": "y.wav"},
        {"clip_a": "x", "clip_b": "./y"},
        {"audio": [{"path": "x.wav", "bytes": None}, {"path": "y.wav", "bytes": None}]},
    ],
)
def test_several_clips_in_their_order(audio: dict[str, Any], tmp_path: Path) -> None:
    suite = load(tmp_path, [{"question": "Q?", "options": "dog|cat", "answer": "cat", **audio}])
    assert suite.items[0].audio_paths == ("x.wav", "y.wav")


def test_an_absolute_path_below_the_folder_of_sounds(tmp_path: Path) -> None:
    path = str(tmp_path / "x.wav")
    suite = load(tmp_path, [{"question": "Q?", "options": "dog|cat", "answer": "cat", "file_name": path}])
    assert suite.items[0].audio_paths == ("x.wav",)


def test_clips_as_bytes_of_a_table(tmp_path: Path) -> None:
    import polars

    from starbench.suites.clip_store import ClipStore

    clips = [[wav(2, seed=1)], [wav(2, seed=2), wav(1, seed=3)]]
    table = {"question": ["Q?", "Q?"], "options": ["dog|cat"] * 2, "answer": ["cat", "dog"], "audio": clips}
    polars.DataFrame(table).write_parquet(tmp_path / "own.parquet")
    suite = Questions().load(str(tmp_path / "own.parquet"))
    store = ClipStore(suite)
    assert [[store.get(path).wav for path in item.audio_paths] for item in suite.items] == clips


def test_ids_of_pandas_and_rows_without(tmp_path: Path) -> None:
    table = [{**row, "id": one} for row, one in zip(rows(["dog"] * 4), [1.0, 2, "x\n y", None], strict=True)]
    assert [item.id for item in load(tmp_path, table).items] == ["1", "2", "x y", "own-0004"]


def test_columns_that_could_hold_the_same_are_named_with_the_option(tmp_path: Path) -> None:
    with pytest.raises(SuiteError) as refused:
        load(
            tmp_path, [{"question": "Q", "prompt": "Q", "answer": "A", "answer_text": "x", "audio": "x.wav"}]
        )
    problems = "\n".join(refused.value.problems)
    assert "columns 'question' and 'prompt' could hold it: say which by --map question=question" in problems
    assert "columns 'answer' and 'answer_text' could hold it" in problems
    assert "options: no column holds it" in problems


@pytest.mark.parametrize(
    "options",
    [
        "[" * 50_000,
        "[" + "-" * 90_000 + "1]",
        "[__import__('os').system('touch executed')]",
        "[" + "1+" * 40_000 + "1]",
        "['\\d', 'x']",
        "{1: {2: 3}}",
        "x" * 1_000_000,
    ],
    ids=range(7),
)
def test_a_hostile_cell_is_a_text_or_a_fault_and_never_run(
    options: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    suite = load(tmp_path, [*rows(["x"], options), *rows(["cat", "dog"])], skip_bad=True)
    assert right(suite)[-2:] == [1, 0]
    assert not (tmp_path / "executed").exists()


def test_an_abstention_is_known_as_such(tmp_path: Path) -> None:
    item: Item = load(tmp_path, rows(["dog"], ["dog", "cat", "Unable to determine."])).items[0]
    assert item.abstain == 2
