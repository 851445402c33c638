"""The short form of the campaign: a few cases of each kind; ``python -m tests.faults`` runs all."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from faults import full_disks, hostile_text, secret_keys, server_faults
from faults.campaign import FaultKind, Verdict, run_case, short_form, table
from faults.exchange import BAIT, letter_of
from faults.kinds import all_kinds
from faults.world import World, make
from starbench.runs import journal
from starbench.schema import Outcome

KINDS = all_kinds()
CASES = [
    pytest.param(kind, label, id=f"{kind.name} / {label}") for kind in KINDS for label in short_form(kind)
]
pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="needs RLIMIT_AS, /proc and a server of forks"
)


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make(tmp_path_factory.mktemp("faults"))


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "label"), CASES)
def test_an_attack_is_survived(kind: FaultKind, label: str, world: World) -> None:
    result = run_case(kind, label, world)
    assert result.verdict is Verdict.OK, f"{result.verdict}: {result.detail}"


def test_the_long_form_has_enough_cases_and_no_name_twice() -> None:
    assert sum(len(kind.labels) for kind in KINDS) >= 2500
    assert len({kind.name for kind in KINDS}) == len(KINDS)
    for kind in KINDS:
        assert len(set(kind.labels)) == len(kind.labels)


def test_a_table_has_a_row_for_each_kind_and_one_for_all() -> None:
    rows = table([]).splitlines()
    assert rows[-1].startswith("| **all** | 0 |")


def test_a_judge_sees_a_bait_that_became_a_letter_and_a_reply_of_another_trial(world: World) -> None:
    line = next(journal.read(world.path("run")))
    allowed, digest = frozenset({"good"}), "12"
    for change, verdict in (
        ({}, None),
        ({"letter": BAIT}, Verdict.WRONG),
        ({"served_model": "15"}, Verdict.WRONG),
        ({"outcome": Outcome.EMPTY, "letter": None}, Verdict.WRONG),
    ):
        true = line.model_copy(update={"served_model": digest, "letter": letter_of(digest)} | change)
        judged = server_faults.misread({line.key: true}, {line.key: digest}, allowed)
        assert (judged and judged.verdict) == verdict


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("x.json", '{"a": NaN}'),
        ("x.jsonl", '{"a": 1}\n{"a": Infinity}\n'),
        ("x.md", "| a | b |\n|---|---|\n| 1 | 2 | 3 |\n"),
        ("x.md", "a \u202e b"),
        ("x.csv", "a,b\n1,2,3\n"),
    ],
)
def test_a_judge_sees_files_that_are_not_what_they_should_be(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text, "utf-8")
    assert hostile_text.unfit_file(tmp_path / name) is not None


def test_a_judge_sees_a_key_in_every_form() -> None:
    texts = [b'{"a": "sk-marker\\"7f3a"}', b"sk-marker%227f3a", b'sk-marker"7f3a', b"c2stbWFya2VyIjdmM2E="]
    assert all(any(form in text for form in secret_keys.traces('sk-marker"7f3a')) for text in texts)


def test_a_judge_sees_a_file_that_was_cut() -> None:
    assert not full_disks.is_kept("x.json", b'{"a": 1}', b"")
    assert not full_disks.is_kept("x.json", b'{"a": 1}', b'{"a": 2')
    assert full_disks.is_kept("x.json", b'{"a": 1}', b'{"a": 2}')
    assert full_disks.is_kept("x.jsonl", b"1\n", b"1\n2\n")
