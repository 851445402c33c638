"""A board's page: its figures are the board's, hostile names stay text, and links lead to files of its folder."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from command_line import Command

from starbench.errors import InputError
from starbench.reporting.entries import published_entries, read_entries
from starbench.reporting.leaderboard import board
from starbench.reporting.site.board import write_board_site
from starbench.schema.entry import LeaderboardEntry

RESULTS = Path(__file__).resolve().parents[3] / "results"
EVIL = '<script>alert("x")</script>[a](javascript:alert(2))\x1b[31m\u202e'


class _Page(HTMLParser):
    """Tags and links of a page, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.scripts: list[str | None] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "a":
            self.links.append(given["href"] or "")
        if tag == "script":
            self.scripts.append(given.get("src"))
        assert not any(name.startswith("on") for name in given)

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture(scope="module")
def entries() -> list[LeaderboardEntry]:
    return read_entries(sorted(RESULTS.glob("*-default-*.json"))) + published_entries()


def test_figures_and_links_are_those_of_the_board(entries: list[LeaderboardEntry], tmp_path: Path) -> None:
    path = write_board_site(entries, tmp_path / "site")
    page = _Page(path.read_text("utf-8"))
    made = board(entries)
    for table in made.tables:
        for row in table.rows:
            assert row.model in page.text
    assert "96.4 [95.4, 97.2]" in page.text
    assert "2–3" in page.text
    local = [link for link in page.links if not link.startswith("#")]
    assert len(local) > len(entries) - 21
    for link in local:
        target = (path.parent / link).resolve()
        assert target.is_file()
        assert path.parent.resolve() in target.parents
    assert all(script and not script.startswith("http") for script in page.scripts)
    assert "default-src 'none'" in path.read_text("utf-8")
    entry = json.loads(next((path.parent / "entries").iterdir()).read_bytes())
    assert LeaderboardEntry.model_validate(entry) in entries
    again = write_board_site(entries, tmp_path / "site").read_bytes()
    assert again == write_board_site(entries, tmp_path / "other").read_bytes()


def test_hostile_names_stay_text(entries: list[LeaderboardEntry], tmp_path: Path) -> None:
    fields = json.loads(entries[0].model_dump_json())
    fields["label"] = fields["model"]["name"] = fields["suite"]["name"] = EVIL
    path = write_board_site([LeaderboardEntry.model_validate(fields)], tmp_path / "site")
    text = path.read_text("utf-8")
    assert not {"\x1b", "\u202e"} & set(text)
    page = _Page(text)
    assert page.scripts == ["static/tables.js", "static/board.js"]
    assert "alert" in page.text
    assert not any(link.startswith("javascript") for link in page.links)


def test_the_command_writes_the_page_with_a_report_of_each_run(
    world: Path, tmp_path: Path, command: Command
) -> None:
    runs = sorted(str(path.parent) for path in world.rglob("run.json"))
    for run in runs:
        command("score", run)
    done = command("leaderboard", *runs, "--out", str(tmp_path), "--site", str(tmp_path / "site"))
    assert done.code == 0, done.err
    text = (tmp_path / "site" / "index.html").read_text("utf-8")
    reports = re.findall(r'href="(reports/[^"]+)"', text)
    assert len(set(reports)) == len(runs)
    for report in reports:
        assert (tmp_path / "site" / report).is_file()
    refused = command("leaderboard", *runs, "--out", str(tmp_path), "--site", str(tmp_path))
    assert (refused.code, len(refused.err.splitlines())) == (2, 1)
    with pytest.raises(InputError, match="is not a board's site"):
        write_board_site([], tmp_path)
