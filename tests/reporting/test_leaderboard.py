"""Entries, their schema, the published rows, and the board that never mixes what cannot be compared."""

from __future__ import annotations

import json
import re
import unicodedata
from pathlib import Path

import jsonschema
import pytest

from starbench.errors import InputError
from starbench.reporting.entries import entries_of, published_entries, read_entries, write_entries
from starbench.reporting.leaderboard import board, write_board
from starbench.reporting.markdown import board_to_markdown, escape
from starbench.runs.load import load
from starbench.schema import Adaptation, Setup
from starbench.schema.board import Board
from starbench.schema.entry import LeaderboardEntry
from starbench.schema.threshold import Threshold
from starbench.scoring.run import score

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run of the guesser on a tiny built suite."""
    from starbench.build.build import build
    from starbench.cli.commands.run import evaluate
    from starbench.engine.settings import Settings
    from starbench.models.resolve import resolve
    from starbench.planning.plan import Request, plan_run
    from starbench.synthesis import BuildSpec

    root = tmp_path_factory.mktemp("board")
    build("perception", BuildSpec(("pitch", "loudness", "duration"), "default", 3, 16), root / "suite")
    model = resolve("random")
    request = Request((str(root / "suite"),), Setup(conditions=("audio", "caption")))
    assert evaluate(plan_run(request, model), model, root / "run", Settings()) == 0
    return root / "run"


def test_the_schema_in_results_is_the_models(run: Path) -> None:
    written = json.loads((REPOSITORY / "results" / "schema.json").read_text("utf-8"))
    assert written == LeaderboardEntry.model_json_schema(mode="serialization"), (
        "python -m starbench.schema > results/schema.json"
    )
    (entry,) = read_entries([run])
    jsonschema.validate(json.loads(entry.model_dump_json()), written)


def test_every_entry_in_results_follows_the_schema() -> None:
    folder = REPOSITORY / "results"
    schema = json.loads((folder / "schema.json").read_text("utf-8"))
    paths = [path for path in folder.rglob("*.json") if path.name not in ("schema.json", "leaderboard.json")]
    assert paths
    for path in paths:
        found = json.loads(path.read_text("utf-8"))
        for entry in found if isinstance(found, list) else [found]:
            jsonschema.validate(entry, schema)


def test_the_board_in_results_is_made_from_its_entries_to_the_byte(tmp_path: Path) -> None:
    folder = REPOSITORY / "results"
    entries = read_entries(
        [*sorted(folder.glob("*-default-*.json")), *sorted(folder.glob("imported/*/*.json"))]
    )
    for path in write_board(entries, tmp_path):
        assert path.read_bytes() == (folder / path.name).read_bytes(), f"starbench leaderboard: {path.name}"


def test_ranks_are_ranges_where_intervals_do_not_decide(run: Path) -> None:
    (entry,) = read_entries([run])

    def row(name: str, ma: float, half: float) -> LeaderboardEntry:
        fields = json.loads(entry.model_dump_json())
        fields["model"]["name"] = name
        for headline in fields["scores"]["headlines"]:
            headline["ma"].update(aa=ma, aa_ci=[ma - half, ma + half])
            headline["items"] = []  # as in an entry of before, which cannot be paired
        return LeaderboardEntry.model_validate(fields)

    rows = [
        row("a", 0.9, 0.03),
        row("b", 0.8, 0.03),
        row("c", 0.77, 0.03),
        row("d", 0.74, 0.03),
        row("e", 0.1, 0.03),
    ]
    (table,) = board(rows).tables
    ranks = {one.model: one.rank for one in table.rows if one.condition == "audio"}
    assert ranks == {"a": (1, 1), "b": (2, 3), "c": (2, 4), "d": (3, 4), "e": (5, 5)}
    text = board_to_markdown(board(rows))
    assert "| b | audio | 2–3 |" in text
    assert "| a | audio | 1 |" in text


def test_a_board_reads_back_as_the_models_that_wrote_it(run: Path) -> None:
    content = board([*read_entries([run]), *published_entries()])
    assert Board.model_validate_json(content.model_dump_json()) == content
    with pytest.raises(ValueError, match="surplus"):
        Board.model_validate({**content.model_dump(mode="json"), "surplus": 1})


def test_an_entry_tells_what_was_run(run: Path) -> None:
    (entry,) = entries_of(load(run), score(load(run)))
    assert entry.run_by_us
    assert entry.complete
    assert entry.model.name == "random"
    assert entry.suite.n_items == 16
    assert entry.setup.conditions == ("audio", "caption:plain", "caption:full")
    assert entry.scores is not None
    assert entry.scores.digest == entry.suite.digest
    assert {row.condition for row in entry.scores.tasks} == set(entry.setup.conditions)
    assert entry.suite.source["seed"] == 3
    assert entry.versions["starbench"]


def test_accuracy_that_follows_a_habit_stands_beside_it(run: Path) -> None:
    (entry,) = read_entries([run])
    assert entry.scores is not None
    human = load(run).run.references[entry.suite.name].human
    assert human["sensitivity_pitch"].threshold == 1.0
    assert human["sensitivity_pitch"].source.startswith("OpenLearn")
    fitted = Threshold(
        task=entry.scores.tasks[0].task, attribute="sensitivity_pitch", condition="audio", method="indecision",
        unit="JND", status="measured", smallest=1.0, largest=32.0, n_items=40, criterion=1.25,
    )  # fmt: skip
    wide = fitted.model_copy(update={"attribute": "sensitivity_duration", "criterion": 2.0})
    scores = entry.scores.model_copy(update={"thresholds": (fitted, wide)})
    (table,) = board([entry.model_copy(update={"scores": scores})]).tables
    (row,) = [row for row in table.rows if row.condition == "audio"]
    (cell,) = row.tasks.values()
    (task,) = [task for task in entry.scores.tasks if task.condition == "audio"]
    assert cell.criteria == {"sensitivity_pitch": 1.25, "sensitivity_duration": 2.0}
    assert cell.false_alarms == task.false_alarms
    assert cell.false_alarms is not None
    (headline,) = [one for one in entry.scores.headlines if one.condition == "audio"]
    assert (row.oa, row.chance_oa) == (headline.oa, headline.chance_oa)
    assert row.constant_oa == headline.best_constant.oa
    text = board_to_markdown(board([entry.model_copy(update={"scores": scores})]))
    head, _, *lines = (line.split(" | ") for line in text.splitlines() if line.startswith("| "))
    (shown,) = [dict(zip(head, line, strict=True)) for line in lines if line[1] == "audio"]
    assert shown["false alarms"] == f"{100 * cell.false_alarms:.2f}"
    assert shown["“same”"] == "1.2 to 2.0"
    assert shown["chance of OA"] == f"{100 * (row.chance_oa or 0):.2f}"


def test_published_rows_are_the_papers_and_marked_as_not_ours(shared: Path) -> None:
    entries = published_entries()
    assert len(entries) == 21
    assert not any(entry.run_by_us for entry in entries)
    assert all(entry.published and "2510.24693" in entry.published.source for entry in entries)
    assert {entry.suite.version for entry in entries} == {"v0.5"}
    facts = (shared / "facts" / "star-bench.md").read_text("utf-8").split("### 5.1")[1].split("ACR tables")[0]
    table = [
        [c.strip() for c in line.strip("|").split("|")] for line in facts.splitlines() if line.startswith("|")
    ]
    expected = {row[0].removesuffix(" (v2)"): [float(x) for x in row[1:]] for row in table[2:]}
    found = {
        entry.model.name: [round(100 * v, 2) for v in entry.published.figures.values()]
        for entry in entries
        if entry.published
    }
    assert found == expected


def test_a_board_keeps_apart_what_cannot_be_compared(run: Path) -> None:
    (ours,) = read_entries([run])
    changes = {
        "protocol": "star-bench", "prompt_version": "starbench/0", "rotations": "1", "limit": 5, "rate": "16000",
        "text_only": "silent-clip", "clips": "concat", "gap_s": 0.25, "channels": "split", "answer_mode": "choice",
        "captions": "0" * 64,
    }  # fmt: skip
    assert changes.keys() | {"conditions", "skip_bad", "limit_seed"} == Setup.model_fields.keys()
    others = [
        ours.model_copy(update={"setup": ours.setup.model_copy(update={name: value})})
        for name, value in changes.items()
    ]
    others.append(ours.model_copy(update={"suite": ours.suite.model_copy(update={"digest": "0" * 64})}))
    assert len(board([ours, *others]).tables) == len(others) + 1
    same = ours.model_copy(update={"model": ours.model.model_copy(update={"name": "twin"})})
    (table,) = board([ours, same]).tables
    assert len(table.rows) == 6
    assert len(board([ours, *published_entries()]).tables) == 2


def test_the_board_orders_by_score_and_says_what_is_incomplete(run: Path) -> None:
    (ours,) = read_entries([run])
    assert ours.scores is not None
    headlines = tuple(
        h.model_copy(update={"complete": False, "ma": h.ma.model_copy(update={"aa": 0.99})})
        for h in ours.scores.headlines
    )
    better = ours.model_copy(
        update={
            "model": ours.model.model_copy(update={"name": "better"}),
            "scores": ours.scores.model_copy(update={"headlines": headlines}),
        }
    )
    made = board([ours, better])
    assert [row.model for row in made.tables[0].rows][:2] == ["better", "random"]
    text = board_to_markdown(made)
    assert re.search(r"better \\\*", text)
    assert not re.search(r"random \\\*", text)


def test_names_are_shown_never_rendered(run: Path) -> None:
    (ours,) = read_entries([run])
    evil = "<script>alert(1)</script> | [x](javascript:y) `z`\n# h"
    entry = ours.model_copy(update={"model": ours.model.model_copy(update={"name": evil})})
    text = board_to_markdown(board([entry]))
    assert "<script" not in text
    row = next(line for line in text.splitlines() if "alert" in line)
    assert len(re.findall(r"(?<!\\)\|", row)) == len(re.findall(r"(?<!\\)\|", text.splitlines()[4]))
    assert "[x](" not in row
    assert "\n" not in escape(evil)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "is not JSON"),
        ("{}", "is not a leaderboard entry"),
        ('{"schema_version": 3}', "is not a leaderboard entry"),
    ],
)
def test_what_is_no_entry_is_refused_in_one_sentence(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "entry-x.json"
    path.write_text(text)
    with pytest.raises(InputError, match=said) as caught:
        read_entries([path])
    assert str(path) in str(caught.value)


def test_an_entry_holds_a_run_or_a_publication_and_not_both(run: Path) -> None:
    (ours,) = read_entries([run])
    with pytest.raises(ValueError, match="not both"):
        LeaderboardEntry.model_validate({**ours.model_dump(), "published": {"source": "x", "figures": {}}})


def test_rewriting_entries_changes_no_byte(run: Path) -> None:
    (path,) = write_entries(load(run), score(load(run)))
    before = path.read_bytes()
    write_entries(load(run), score(load(run)))
    assert path.read_bytes() == before


def test_an_entry_given_twice_stands_once(run: Path) -> None:
    (ours,) = read_entries([run])
    assert len(board([ours, ours]).tables[0].rows) == 3


def test_a_model_that_was_asked_fewer_items_has_a_table_of_its_own(run: Path) -> None:
    (ours,) = read_entries([run])
    assert ours.scores is not None
    fewer = tuple(h.model_copy(update={"n_items": h.n_items - 1}) for h in ours.scores.headlines)
    other = ours.model_copy(update={"scores": ours.scores.model_copy(update={"headlines": fewer})})
    assert len(board([ours, other]).tables) == 2


def test_what_was_asked_otherwise_is_told_in_the_row(run: Path) -> None:
    (ours,) = read_entries([run])
    changed = ours.model_copy(
        update={
            "model": ours.model.model_copy(update={"arguments": {"seed": 3}}),
            "adaptations": (Adaptation(kind="other", text="a silent clip sent"),),
            "skipped": ("x: file is missing",),
        }
    )
    text = board_to_markdown(board([changed]))
    assert "random \\(seed=3\\)†" in text
    assert "† a silent clip sent." in text
    assert "† 1 problem\\(s\\) in the data left out." in text


def test_each_figure_stands_beside_its_own_chance_and_constant() -> None:
    # The macro average of unequal tasks has another chance than the accuracy over all trials.
    entries = read_entries([REPOSITORY / "results" / "spatial-default-observer.json"])
    (scores,) = [entry.scores for entry in entries if entry.scores is not None]
    headline = scores.headlines[0]
    tasks = {row.task: row for row in scores.tasks if row.condition == headline.condition}
    assert any(abs(headline.ma.chance - task.chance) > 0.001 for task in tasks.values())
    table = board(entries).tables[0]
    assert table.run_by_us
    row = next(row for row in table.rows if row.condition == headline.condition)
    assert (row.chance, row.best_constant) == (headline.ma.chance, headline.ma.best_constant)
    for name, task in tasks.items():
        assert row.tasks[name].chance == task.chance
        assert row.tasks[name].best_constant == task.best_constant.aa
    lines = [line for line in board_to_markdown(board(entries)).splitlines() if line.startswith("|")]
    names = lines[0].strip("| ").split(" | ")
    cells = next(line.strip("| ").split(" | ") for line in lines if f"| {headline.condition} |" in line)
    for name, task in tasks.items():
        place = names.index(name)
        assert names[place + 1 : place + 3] == ["chance", "constant"]
        shown = [f"{100 * value:.2f}" for value in (task.chance, task.best_constant.aa)]
        assert cells[place + 1 : place + 3] == shown
    assert cells[names.index("chance of MA")] == f"{100 * headline.ma.chance:.2f}"


HOSTILE = "\x1b[31mred\x1b]0;t\x07 | \x9b31m\x85 `x` \u202eevil\u2066\u200f \n\t<b>"


def test_no_text_of_an_entry_moves_a_cursor_or_breaks_a_table(run: Path, tmp_path: Path) -> None:
    (entry,) = read_entries([run])
    assert entry.scores is not None
    fields = entry.model_dump(mode="json", exclude={"canary"})
    fields["label"] = fields["model"]["name"] = HOSTILE
    fields["model"]["arguments"] = {HOSTILE: [HOSTILE]}
    fields["suite"]["name"] = HOSTILE
    fields["adaptations"] = [{"kind": "other", "text": HOSTILE}]
    fields["notes"] = [HOSTILE]
    for row in (*fields["scores"]["tasks"], *fields["scores"]["headlines"]):
        row["condition"] = f"audio{HOSTILE}"
        if "task" in row:
            row["task"] = HOSTILE
    published = next(e for e in published_entries() if e.published).model_dump(mode="json")
    published["model"]["name"] = published["published"]["source"] = HOSTILE
    published["published"]["figures"] = {HOSTILE: 50.0}
    entries = [LeaderboardEntry.model_validate(one) for one in (fields, published)]
    for path in write_board(entries, tmp_path):
        content = path.read_text("utf-8")
        assert {unicodedata.category(c) for c in content if c != "\n"}.isdisjoint(
            {"Cc", "Cf", "Cs", "Zl", "Zp"}
        )
    assert json.loads((tmp_path / "leaderboard.json").read_text("utf-8")) == board(entries).model_dump(
        mode="json"
    )
    markdown = (tmp_path / "leaderboard.md").read_text("utf-8")
    for table in re.findall(r"(?:^\|.*\n)+", markdown, re.MULTILINE):
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}) == 1
