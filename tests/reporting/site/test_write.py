"""Pages of runs: the numbers are the scores', hostile text stays text, and nothing leads out of the folder."""

from __future__ import annotations

import base64
import builtins
import csv
import json
import re
import struct
import zlib
from collections.abc import Callable
from html.parser import HTMLParser
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command_line import Command

from starbench.audio import Audio, decode
from starbench.reporting.site import clip_pictures
from starbench.reporting.site.scripts import call
from starbench.reporting.site.tables import PageColumn, PageTable, latex
from starbench.reporting.site.write import write_report
from starbench.runs.load import load
from starbench.scoring.run import score

PAGES = ("index", "perception", "scenes", "errors", "items", "compare", "methods")
VOID = {"meta", "link", "img", "input", "br", "hr"}


class Page(HTMLParser):
    """What a page is made of: elements with their attributes, in order, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def page(folder: Path, name: str) -> Page:
    return Page((folder / f"{name}.html").read_text("utf-8"))


# --- safety ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_no_script_style_or_handler_of_its_own(both: Path, name: str) -> None:
    found = page(both, name)
    assert found.open == []
    (policy,) = [a["content"] for t, a in found.elements if a.get("http-equiv") == "Content-Security-Policy"]
    assert policy is not None
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
    assert "unsafe" not in policy
    for tag, attributes in found.elements:
        assert tag not in ("style", "iframe", "object", "embed", "base")
        assert not [key for key in attributes if key.startswith("on") or key == "style"]
        assert tag != "script" or re.fullmatch(r"(static|data)/\w+\.js", attributes.get("src") or "")
        assert tag != "img"


@pytest.mark.parametrize("name", PAGES)
def test_every_link_leads_to_a_file_of_the_folder_or_a_place_on_the_page(both: Path, name: str) -> None:
    found = page(both, name)
    ids = [a["id"] for _, a in found.elements if a.get("id")]
    assert len(set(ids)) == len(ids)
    links = [a[key] or "" for _, a in found.elements for key in ("href", "src") if key in a]
    for link in links:
        file, _, anchor = link.partition("#")
        assert not file or (both / file).resolve().is_relative_to(both)
        assert not file or (both / file).is_file()
        assert not anchor or anchor in ids


@pytest.mark.parametrize("name", PAGES)
def test_hostile_text_is_text(both: Path, name: str) -> None:
    source = (both / f"{name}.html").read_text("utf-8")
    assert "<script>alert" not in source
    assert "<img" not in source
    assert 'href="javascript' not in source
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]", source)
    assert name == "items" or "hostile <script>alert" in page(both, name).text  # its names are in its data


def test_data_cannot_leave_its_script(both: Path) -> None:
    for file in (both / "data").glob("*.js"):
        script = file.read_bytes()
        assert script.isascii()
        assert not re.search(rb"[<>&]", script)
        assert re.fullmatch(rb"starbench\.\w+\(.*\);\n", script, re.DOTALL)


def test_a_call_holds_what_it_was_given_and_nothing_that_ends_a_script() -> None:
    text = "</script><!--\u2028\u2029&\ud800"
    script = call("add", text, [1.5, None])
    assert not set("<>&\u2028\u2029") & set(script)
    assert json.loads(f"[{script.removeprefix('starbench.add(').removesuffix(');' + chr(10))}]") == [
        text,
        [1.5, None],
    ]


# --- numbers --------------------------------------------------------------------------------------


def rows_of(both: Path, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO((both / "tables" / f"{name}.csv").read_text("utf-8"))))


def test_the_tables_are_the_scores(both: Path, world: Path) -> None:
    scores = [score(load(world / "runs" / name)) for name in ("hostile", "guesses")]
    rows = rows_of(both, "scores")
    headlines = [row for one in scores for suite in one.suites for row in suite.headlines]
    assert len(rows) == len(headlines) == 10
    for row, headline in zip(rows, headlines, strict=True):
        assert row["condition"] == headline.condition
        assert float(row["aa"]) == headline.aa
        assert (float(row["aa low"]), float(row["aa high"])) == headline.aa_ci
        assert float(row["chance"]) == headline.chance
    text = page(both, "index").text
    assert all(f"{100 * row.aa:.1f} [" in text for row in headlines)
    outcomes = rows_of(both, "outcomes")
    assert sum(int(row["error"]) for row in outcomes) == sum(row.outcomes["error"] for row in headlines)


def test_levels_and_catch_trials_are_those_of_the_scores(both: Path, world: Path) -> None:
    rows = rows_of(both, "levels-tiny-sensitivity_pitch")
    wanted = [
        part
        for name in ("hostile", "guesses")
        for task in score(load(world / "runs" / name)).suites[0].tasks
        if task.condition == "audio"
        for part in task.levels
    ]
    assert [float(row["right"]) for row in rows] == [part.aa for part in wanted]
    assert sum(row["level, JND"] == "none (catch)" for row in rows) == 2


def test_confusions_and_letters_count_every_trial(both: Path, world: Path) -> None:
    rows = rows_of(both, "confusions")
    shares: dict[str, float] = {}
    for row in rows:
        key = f"{row['run']} {row['sub-category']} {row['right']}"
        shares[key] = shares.get(key, 0.0) + float(row["share"])
    assert shares
    assert list(shares.values()) == pytest.approx([1.0] * len(shares))
    letters = rows_of(both, "letters")
    by_part = {(row["run"], row["sub-category"]): 0.0 for row in letters}
    for row in letters:
        by_part[row["run"], row["sub-category"]] += float(row["chosen"])
    assert list(by_part.values()) == pytest.approx([1.0] * len(by_part))


def test_front_and_back_are_judged_by_where_answers_point(both: Path, world: Path) -> None:
    (row,) = [row for row in rows_of(both, "confused-directions") if row["run"] == "guesses"]
    task = next(t for t in score(load(world / "runs" / "guesses")).suites[0].tasks if t.task == "Scenes")
    # Two of the sixteen sources stand at the sides; every other wrong answer is a confusion.
    assert int(row["n_front_back"]) == 28
    wrong = 32 * (1 - task.aa)
    assert 28 * float(row["front_back"]) == pytest.approx(wrong, abs=4)


# --- items ----------------------------------------------------------------------------------------


def test_the_lists_hold_every_trial_as_it_was_scored(
    both: Path, world: Path, data_of: Callable[[Path], Any]
) -> None:
    (index,) = data_of(both / "data" / "index.js")
    number, items, rows = data_of(both / "data" / "list-000.js")
    assert (number, index["items"], index["listPages"]) == (0, len(items), 1)
    scores = [score(load(world / "runs" / name)) for name in ("hostile", "guesses")]
    for run, one in enumerate(scores):
        for condition, headline in enumerate(one.suites[0].headlines):
            trials = [t for of_item in rows for t in of_item if t[:2] == [run, condition]]
            assert len(trials) == headline.n_trials
            assert sum(t[4] == t[5] for t in trials) / len(trials) == pytest.approx(headline.aa)


def test_a_detail_says_what_was_asked_heard_and_read(both: Path, data_of: Callable[[Path], Any]) -> None:
    _, items, rows = data_of(both / "data" / "list-000.js")
    _, details = data_of(both / "data" / "detail-000.js")
    place = next(k for k, item in enumerate(items) if item[1] == "place 3")
    detail = details[place]
    assert len(detail["trials"]) == len(rows[place])
    audio, mono, silence, *_ = detail["prompts"]
    (clip,) = [part for part in audio if "clip" in part]
    assert (both / clip["sound"]).is_file()
    assert (both / clip["picture"]).is_file()
    assert [part["how"] for part in mono if "clip" in part] == ["mono"]
    (mixed,) = [part for part in mono if "clip" in part]
    assert decode(both / mixed["sound"]).channels == 1
    (withheld,) = [part for part in silence if "clip" in part]
    assert "sound" not in withheld
    assert "silence" in withheld["why"]
    assert [part for part in audio if "options" in part] == [{"options": True}]
    (view,) = detail["views"]
    (source,) = view["sources"]
    assert source["name"] == "hiss"
    # 67.5 degrees clockwise from the front, 5 m away: to the right and ahead, whichever way the listener faces.
    assert source["track"][0] == pytest.approx(
        [5 * np.sin(np.radians(67.5)), 5 * np.cos(np.radians(67.5))], abs=1e-3
    )


def test_the_place_that_decided_is_the_letter(both: Path, data_of: Callable[[Path], Any]) -> None:
    _, _, rows = data_of(both / "data" / "list-000.js")
    _, details = data_of(both / "data" / "detail-000.js")
    n = 0
    for of_item, detail in zip(rows, details, strict=True):
        for row, trial in zip(of_item, detail["trials"], strict=True):
            reply, place = trial[2], trial[4]
            if place is None or reply < 0 or not isinstance(detail["replies"][reply], str):
                continue
            n += 1
            assert detail["replies"][reply][place[0] : place[1]] == chr(ord("A") + row[4])
    assert n > 50


def test_a_reply_of_a_megabyte_is_cut_and_lies_whole_beside(
    both: Path, data_of: Callable[[Path], Any]
) -> None:
    _, details = data_of(both / "data" / "detail-000.js")
    cut = [reply for detail in details for reply in detail["replies"] if isinstance(reply, list)]
    assert cut
    for head, tail, length, name in cut:
        read_name, whole = data_of(both / "data" / f"reply-{name}.js")
        assert read_name == name
        assert len(whole) == length > 900_000
        assert whole.startswith(head)
        assert whole.endswith(tail)
    assert max(file.stat().st_size for file in (both / "data").glob("detail-*.js")) < 2_000_000


def test_items_about_order_say_which_clip_stood_where(both: Path, data_of: Callable[[Path], Any]) -> None:
    _, items, _ = data_of(both / "data" / "list-000.js")
    _, details = data_of(both / "data" / "detail-000.js")
    detail = details[next(k for k, item in enumerate(items) if item[1] == "order 0")]
    clips = [part for part in detail["prompts"][0] if "clips" in part]
    assert [part["place"] for part in clips] == [0, 1, 2]
    assert all(len(part["clips"]) == 3 for part in clips)
    assert sorted(detail["trials"][0][9]) == [0, 1, 2]


# --- files ----------------------------------------------------------------------------------------


def contents(folder: Path) -> dict[str, bytes]:
    return {str(f.relative_to(folder)): f.read_bytes() for f in sorted(folder.rglob("*")) if f.is_file()}


def test_the_same_runs_give_the_same_bytes(both: Path, world: Path, tmp_path: Path) -> None:
    runs = [load(world / "runs" / name) for name in ("hostile", "guesses")]
    write_report(runs, tmp_path / "again", workers=0)
    assert contents(tmp_path / "again") == contents(both)


def test_a_report_is_written_over_and_nothing_else_is(world: Path, tmp_path: Path, command: Command) -> None:
    out, run = tmp_path / "r", str(world / "runs" / "guesses")
    first = command("report", run, "--out", str(out), "--audio", "none")
    assert first.code == 0
    assert f"report: {out}/index.html" in first.out
    assert not (out / "audio").exists()
    assert "without sound" in (out / "data" / "detail-000.js").read_text()
    assert not (out / "compare.html").exists()
    assert command("report", run, "--out", str(out), "--audio", "link").code == 0
    assert all(f.is_symlink() or "-mono" in f.name for f in (out / "audio").iterdir())
    both = [run, str(world / "runs" / "hostile")]
    assert command("report", *both, "--out", str(out), "--audio", "none").code == 0
    assert (out / "compare.html").exists()
    assert command("report", run, "--out", str(out)).code == 0
    assert command("report", run, "--out", str(tmp_path / "new")).code == 0
    assert contents(out) == contents(tmp_path / "new")  # nothing is left of the earlier reports
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").write_text("x")
    refused = command("report", run, "--out", str(tmp_path / "mine"))
    assert (refused.code, refused.err.count("\n")) == (2, 1)
    assert "is not a report" in refused.err
    assert command("report", run, "--audio", "loud").code == 2


def test_without_a_cache_folder_pictures_are_made_all_the_same(
    world: Path, both: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    runs = [load(world / "runs" / name) for name in ("hostile", "guesses")]
    write_report(runs, tmp_path / "r", workers=0)
    assert contents(tmp_path / "r") == contents(both)


def test_a_suite_that_is_gone_leaves_pages_without_sound(
    world: Path, tmp_path: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    import shutil

    run = tmp_path / "far" / "away" / "from" / "it" / "run"
    shutil.copytree(world / "runs" / "guesses", run)
    monkeypatch.chdir(tmp_path)
    out = command("report", str(run))
    assert out.code == 0
    assert (
        "without sound: tiny was not found (name it by --suite, with the --map and --sounds of the run)"
        in out.out
    )
    assert "the suite was not found" in (run / "report" / "data" / "detail-000.js").read_text()
    wrong = tmp_path / "wrong"
    shutil.copytree(world / "suite", wrong)
    (wrong / "suite.json").write_text('{"name": "wrong"}')
    lines = (wrong / "metadata.jsonl").read_text().splitlines()
    (wrong / "metadata.jsonl").write_text("\n".join(lines[:3]) + "\n")
    refused = command("report", str(run), "--suite", str(wrong))
    assert refused.code == 2
    assert "is not what these runs were asked" in refused.err


def test_without_jinja2_one_sentence_says_what_to_install(
    world: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = builtins.__import__

    def without(name: str, *arguments: Any, **options: Any) -> Any:
        if name.partition(".")[0] == "jinja2":
            raise ImportError(name)
        return real(name, *arguments, **options)

    monkeypatch.setattr(builtins, "__import__", without)
    result = command("report", str(world / "runs" / "guesses"))
    assert result.code == 2
    assert "pip install 'starbench[report]'" in result.err


# --- pictures and tables --------------------------------------------------------------------------


def test_a_spectrogram_shows_a_tone_where_it_is_and_the_scale_is_the_same_for_all() -> None:
    t = np.arange(16_000) / 16_000
    loud = (0.5 * np.sin(2 * np.pi * 1000 * t) * 32767).astype(np.int16)
    for factor, brighter in ((1, True), (100, False)):
        image, facts = clip_pictures.draw(Audio((loud // factor)[:, np.newaxis], 16_000))
        width, height = struct.unpack(">II", image[16:24])
        data = zlib.decompress(image[image.index(b"IDAT") + 4 :])
        rows = np.frombuffer(data, np.uint8).reshape(height, width + 1)[:, 1:]
        low, high = facts["hertz"]
        hertz = low * (high / low) ** (1 - (rows.mean(axis=1).argmax() + 0.5) / height)
        assert hertz == pytest.approx(1000, rel=0.07)
        # −6 dB re full-scale sine is the brightest shade, −46 dB two fifths below it.
        assert (rows.max() == 31) == brighter
    packed = np.frombuffer(base64.b64decode(facts["waves"][0]), np.int8)
    assert (packed.min(), packed.max()) == pytest.approx((-127, 127), abs=1)
    assert facts["peak"] == pytest.approx(0.005, rel=0.02)


def test_latex_prints_any_text_as_it_is() -> None:
    assert latex("50 % of $x_1 & {y}\\~^#") == (
        r"50 \% of \$x\_1 \& \{y\}\textbackslash{}\textasciitilde{}\textasciicircum{}\#"
    )
    table = PageTable(
        "t", "c", (PageColumn("a"), PageColumn("b, %", "share_ci", "b")), [("x", (0.5, (0.4, 0.6)))]
    )
    assert r"x & 50.0 [40.0, 60.0] \\" in table.latex()
    assert table.csv().decode() == "a,b,b low,b high\r\nx,0.5,0.4,0.6\r\n"


def test_tables_hold_nothing_that_a_terminal_obeys() -> None:
    table = PageTable("t", "c", (PageColumn("a"),), [("layer\x1b[31m\n1",)])
    assert table.csv().decode() == "a\r\nlayer[31m 1\r\n"
