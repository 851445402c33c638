"""Protocols arrive as plug-ins, and ``--protocol official`` is the one of the suite's own benchmark."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest
from official_runs import item
from questions import CLIPS, choice

from starbench import protocols
from starbench.cli.commands.listing import show_list
from starbench.errors import InputError, PluginError
from starbench.models.resolve import resolve
from starbench.planning.plan import Request, plan_run
from starbench.planning.trials import plan_trials
from starbench.plugins import registry
from starbench.protocols.base import Result
from starbench.protocols.official import OfficialProtocol, ReplyScore
from starbench.schema import Item, Outcome, Response, Setup, TextSpec
from starbench.tasks.star_bench import StarBench

OURS = ("air-bench", "mmar", "mmau", "mmau-pro", "mmsu", "muchomusic", "sakura", "so-bench", "sonicbench")


class EchoProtocol(OfficialProtocol):
    """A benchmark whose scorer wants the question back."""

    name = "echo"
    prompt_version = "echo/1"
    scorer = "nobody's"

    def prompt(self, item: Item, options: tuple[str, ...]) -> str:
        return f"{item.question} {'/'.join(options)}"

    def score_replies(self, results: Sequence[Result]) -> Sequence[ReplyScore]:
        return [ReplyScore(result.reply == result.item.question) for result in results]


class MisnamedProtocol(EchoProtocol):
    """Its entry point has another name."""

    name = "other"


class NamelessProtocol:
    """Not a protocol at all."""


class WordlessProtocol(OfficialProtocol):
    """It has no prompt."""

    name = "wordless"
    prompt_version = "wordless/1"


class BrokenProtocol(OfficialProtocol):
    """Its prompt fails."""

    name = "broken"
    prompt_version = "broken/1"

    def prompt(self, item: Item, options: tuple[str, ...]) -> str:
        return options[99]


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Put protocols of this module in place of those that are installed, each under a name."""

    def stand_in(**classes: str) -> None:
        points = [
            EntryPoint(name, f"{__name__}:{value}", "starbench.protocols") for name, value in classes.items()
        ]
        real = registry.entry_points
        monkeypatch.setattr(
            registry,
            "entry_points",
            lambda group: points if group == "starbench.protocols" else real(group=group),
        )
        registry.available.cache_clear()
        protocols.get.cache_clear()

    yield stand_in
    registry.available.cache_clear()
    protocols.get.cache_clear()


@pytest.mark.parametrize("name", [*OURS, "spatialsoundqa"])
def test_those_of_benchmarks_are_found_by_name_and_read_as_ours_does(name: str) -> None:
    protocol = protocols.get(name)
    assert isinstance(protocol, OfficialProtocol)
    assert protocol.name == name
    assert protocol.prompt_version.startswith(f"{name}/")
    assert (protocol.scorer is None) is (protocol.unscored is not None)
    for text in ("<B>", "not A but B", "I cannot hear audio.", "", "B or A"):
        response = Response(text=text, stop="end")
        assert protocol.read(response, ("one", "two"), "?") == protocols.get("starbench").read(
            response, ("one", "two"), "?"
        )


def test_a_protocol_of_another_package_is_found_beside_those_built_in(install: Callable[..., None]) -> None:
    install(echo="EchoProtocol")
    assert protocols.get("echo").name == "echo"
    assert protocols.get("star-bench") is protocols.PROTOCOLS["star-bench"]
    with pytest.raises(
        InputError, match=r"no protocol is called 'nope': there are star-bench, starbench, echo, official"
    ):
        protocols.get("nope")


@pytest.mark.parametrize("value", ["MisnamedProtocol", "NamelessProtocol"])
def test_a_protocol_must_have_the_name_that_it_is_installed_under(
    value: str, install: Callable[..., None]
) -> None:
    install(mine=value)
    with pytest.raises(PluginError, match="set its name to 'mine'"):
        protocols.get("mine")


@pytest.mark.parametrize("name", ["wordless", "broken"])
def test_a_prompt_that_fails_is_the_plug_ins_fault(name: str, install: Callable[..., None]) -> None:
    install(**{name: f"{name.capitalize()}Protocol"})
    with pytest.raises(PluginError, match=f"protocol '{name}' cannot lay out item 'secret-id-17'"):
        plan_trials("s", [choice()], CLIPS, protocols.get(name), ["audio"])


def test_official_is_the_protocol_of_the_suites_own_benchmark(samples: Path) -> None:
    suite = StarBench().load(str(samples))
    model = resolve("random")
    plan = plan_run(
        Request((replace(suite, default_protocol="starbench"),), Setup(protocol="official")), model
    )
    assert [one.protocol for one in plan.run.identity.suites] == ["star-bench"]
    assert {trial.protocol for trial in plan.trials} == {"star-bench"}
    with pytest.raises(InputError, match="'star-bench' has no official protocol"):
        plan_run(Request((replace(suite, official_protocol=None),), Setup(protocol="official")), model)


def test_a_suite_may_name_a_plug_in_as_its_official_protocol(
    samples: Path, install: Callable[..., None]
) -> None:
    install(echo="EchoProtocol")
    suite = replace(StarBench().load(str(samples)), official_protocol="echo")
    plan = plan_run(Request((suite,), Setup(protocol="official")), resolve("random"))
    (identity,) = plan.run.identity.suites
    assert (identity.protocol, identity.prompt_version) == ("echo", "echo/1")
    texts = [part.text for part in plan.trials[0].parts if isinstance(part, TextSpec)]
    assert texts[0].endswith("/".join(plan.trials[0].options))


def test_a_name_that_nobody_has_is_refused_before_anything_is_asked(samples: Path) -> None:
    suite = StarBench().load(str(samples))
    with pytest.raises(InputError, match="did you mean 'mmsu'"):
        plan_run(Request((suite,), Setup(protocol="mmua")), resolve("random"))


def test_groups_are_by_the_benchmarks_record_else_by_the_item() -> None:
    class Grouped(EchoProtocol):
        groups = ("task", "sub-category", "skills", "unknown")

    fields = {"task": "ours", "sub_category": "part", "published": {"task": "theirs", "skills": ["a", "b"]}}
    of = item("one", ("x", "y"), "x", **fields)
    assert list(Grouped().groups_of(of)) == [
        ("task", "theirs"),
        ("sub-category", "part"),
        ("skills", "a"),
        ("skills", "b"),
    ]


def test_the_example_of_the_documents_works() -> None:
    text = (Path(__file__).parents[2] / "docs" / "protocols.md").read_text("utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    names: dict[str, Any] = {}
    exec(compile(code, "docs/protocols.md", "exec"), names)
    birds = names["BirdsProtocol"]()
    of = item("one", ("tit", "owl"), "tit", question="Which bird?", published={"region": "Alps"})
    assert birds.prompt(of, of.options) == "Which bird? One of: tit, owl."
    right = Result(of, of.options, "A", "Tit.", Outcome.ANSWERED, True)
    within = right._replace(reply="A great titan", correct=False)
    assert birds.score_replies([right, within]) == [ReplyScore(True), ReplyScore(True, "within")]
    assert list(birds.groups_of(of)) == [("region", "Alps")]


def test_all_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    show_list("protocols", Path())
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["star-bench", "starbench", *OURS, "spatialsoundqa"]
    assert not [line for line in lines if "broken" in line]
