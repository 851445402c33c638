"""What cannot be built is one sentence; options reach the task."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command_line import Command
from noise_task import spec

from starbench.build.build import build
from starbench.errors import InputError, PluginError, StimulusError, SuiteError
from starbench.synthesis import BuildSpec


@pytest.mark.parametrize("size", [40, 6])  # by workers, and here
@pytest.mark.parametrize(
    ("fail", "kind", "said"),
    [
        ("impossible", StimulusError, r"^n5: clip 1 cannot be made: a sound like this cannot exist$"),
        ("odd", StimulusError, r"^n5: clip 1 cannot be made: not ours$"),
        (
            "bug",
            PluginError,
            r"^n5: clip 1 cannot be made: synthesizer '.*' failed \(noises.py:\d+\): KeyError: 'f0'$",
        ),
    ],
)
def test_an_error_arrives_from_a_worker_as_it_was_raised(
    task: str, tmp_path: Path, fail: str, kind: type[InputError], said: str, size: int
) -> None:
    with pytest.raises(kind, match=said):
        build(task, spec(size, fail=fail, at="5"), tmp_path / "s", workers=2)
    assert not (tmp_path / "s").exists()


def test_a_plan_that_names_two_items_alike_is_refused(task: str, tmp_path: Path) -> None:
    path = Path(task.rpartition(":")[0])
    path.write_text(path.read_text("utf-8").replace('id=f"n{n}"', 'id=f"n{n % 3}"'), "utf-8")
    with pytest.raises(PluginError, match="two items with the id 'n0'"):
        build(task, spec(4), tmp_path / "s")


def test_options_reach_the_task_and_paths_stay_out_of_the_manifest(
    task: str, tmp_path: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "head.sofa").touch()
    monkeypatch.chdir(tmp_path)
    size = ("--size", "4")
    assert command("build", task, "--out", "s", *size, "--hrtf", "head.sofa", "--stems").code == 0
    manifest = json.loads((tmp_path / "s" / "suite.json").read_text("utf-8"))
    assert manifest["spec"]["hrtf"] == "digest-of-head"
    assert manifest["spec"]["size"] == 4
    assert str(tmp_path) not in (tmp_path / "s" / "suite.json").read_text("utf-8").replace(task, "")
    assert (tmp_path / "s" / "stems").is_dir()
    for arguments, said in [
        (["--option", "colour=red"], "noises have no option 'colour'"),
        (["--format", "foa"], "noises have no option 'format'"),
        (["--recordings", str(tmp_path)], "noises have no option 'recordings'"),
        (["--option", "ms"], "--option 'ms' is not key=value"),
        (["--option", "ms=1", "--option", "ms=2"], "option 'ms' is given twice"),
        (["--hrtf", "nowhere.sofa"], "--hrtf nowhere.sofa: there is no such file"),
        (["--hrtf", "head.sofa", "--hrtf", "a/kemar"], "--hrtf a/kemar: there is no such file"),
        (["--recordings", "head.sofa"], "--recordings head.sofa: there is no such folder"),
    ]:
        code, _, err = command("build", task, "--out", "t", *size, *arguments)
        assert (code, err) == (2, f"starbench: {said}\n")
    assert not list(tmp_path.glob("*t")) + list(tmp_path.glob(".t*"))


def test_a_link_that_leads_to_itself_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    (tmp_path / "suite").symlink_to(tmp_path / "suite")
    with pytest.raises(SuiteError, match="suite exists and is not empty"):
        build("perception", BuildSpec(("pitch",), "default", 5, 4), tmp_path / "suite")
    assert [path.name for path in tmp_path.iterdir()] == ["suite"]
