"""A cascade made from its run's record: installed stages are, code and addresses only if the user names them."""

from __future__ import annotations

from pathlib import Path

import pytest
from separable_scenes import sources, write_suite

from starbench.errors import InputError
from starbench.models.resolve import recorded_arguments, resolve, resolve_again
from starbench.planning.plan import Request, plan_run
from starbench.plugins.consent import of_a_record


@pytest.fixture
def plugin(tmp_path: Path) -> str:
    path = tmp_path / "inner.py"
    path.write_text(
        "def halves(samples, rate, n_sources): ...\n"
        "class Plain:\n"
        "    identity = {'weights': 'w@1'}\n"
        "    def __init__(self, seed: int = 0): ...\n"
        "    def generate(self, prompt): return '<A>'\n"
    )
    return str(path)


def test_the_cascade_of_a_run_can_be_made_again(plugin: str, tmp_path: Path) -> None:
    """If the user names it: what both stages say of themselves stands in the record, and is no argument."""
    write_suite(tmp_path / "suite", [sources(0)])
    given = {"separator.iterations": "3", "seed": "7", "sources": "2"}
    model = resolve(f"separate:ipd-mask+{plugin}:Plain", given)
    run = plan_run(Request((str(tmp_path / "suite"),)), model).run
    with pytest.raises(InputError, match=r"inner\.py:Plain is code that only the record of a run names"):
        resolve_again(run, {})
    again, arguments = resolve_again(run, given, is_named=True)
    assert arguments == given
    assert recorded_arguments(again) == run.identity.model_args
    with pytest.raises(InputError, match="the run was of sources=2, and the model of today has 3"):
        resolve_again(run, {**given, "sources": "3"}, is_named=True)


def test_an_installed_cascade_is_made_from_the_record_of_a_run(tmp_path: Path) -> None:
    write_suite(tmp_path / "suite", [sources(0)])
    given = {"separator.iterations": "3", "sources": "2"}
    model = resolve("separate:ipd-mask+observer", given)
    run = plan_run(Request((str(tmp_path / "suite"),)), model).run
    again, arguments = resolve_again(run, {})
    assert arguments == given
    assert recorded_arguments(again) == run.identity.model_args


@pytest.mark.parametrize(
    ("spec", "arguments"),
    [
        ("separate:checkpoint:{}+random", {}),
        ("separate:{}/inner.py:halves+random", {}),
        ("recognise:powsm:{}+random", {}),
        ("transformers:{}", {"trust_remote_code": "true"}),
    ],
)
def test_no_code_is_run_that_only_a_record_names(spec: str, arguments: dict[str, str], plugin: str) -> None:
    with of_a_record(), pytest.raises(InputError, match="is code that only the record of a run names"):
        resolve(spec.format(Path(plugin).parent), arguments)


def test_no_address_is_taken_from_the_record_of_a_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would get the user's key."""
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test-not-a-real-key")
    write_suite(tmp_path / "suite", [sources(0)])
    given = {"recogniser.base_url": "http://localhost:1/v1"}
    model = resolve("recognise:transcription:m+random", given)
    run = plan_run(Request((str(tmp_path / "suite"),)), model).run
    assert run.identity.model_args["recogniser.base_url"] == given["recogniser.base_url"]
    with pytest.raises(InputError, match="the run was of recogniser"):
        resolve_again(run, {})
    assert resolve_again(run, given)[1] == given
