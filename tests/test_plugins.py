"""The door that plug-ins come in by: found by name, file or module, and refused in one helpful sentence."""

from __future__ import annotations

import re
import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from starbench import plugins
from starbench.errors import PluginError


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory that modules can be imported from; forgets them afterwards."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    before, path = set(sys.modules), list(sys.path)
    yield tmp_path
    assert sys.path == path, "a plug-in's folder stays on no one's path"
    for name in set(sys.modules) - before:
        del sys.modules[name]


def refusal(name: str, kind: plugins.Kind = "adapters") -> str:
    with pytest.raises(PluginError) as refused:
        plugins.load(kind, name)
    told = str(refused.value)
    assert "\n" not in told
    return told


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("adapters", "constant"),
        ("adapters", "observer"),
        ("tasks", "perception"),
        ("tasks", "star-bench"),
        ("synthesizers", "tone-pair"),
    ],
)
def test_our_own_plug_ins_come_in_by_the_same_door(kind: plugins.Kind, name: str) -> None:
    point = plugins.available(kind)[name]
    assert point.value.startswith(f"starbench.{'synth' if kind == 'synthesizers' else kind}.")
    loaded = plugins.load(kind, name)
    assert callable(loaded)
    assert f"{loaded.__module__}:{loaded.__qualname__}" == point.value


def test_names_of_one_kind_are_no_names_of_another() -> None:
    assert "constant" not in plugins.available("tasks")
    assert "no task is called 'constant'" in refusal("constant", "tasks")


@pytest.mark.parametrize(
    ("kind", "name", "hint"),
    [
        ("adapters", "opneai", "no adapter is called 'opneai': did you mean 'openai'?"),
        ("adapters", "zzzzzz", "there are constant, observer, openai, random"),
        ("tasks", "perceptoin", "no task is called 'perceptoin': did you mean 'perception'?"),
        ("synthesizers", "tone_pair", "no synthesizer is called 'tone_pair': did you mean 'tone-pair'?"),
        ("adapters", "", "no adapter is called ''"),
    ],
)
def test_an_unknown_name_gets_a_hint(kind: plugins.Kind, name: str, hint: str) -> None:
    assert hint in refusal(name, kind)


def test_a_class_of_a_file_is_found_with_what_lies_beside_it(folder: Path) -> None:
    (folder / "sub").mkdir()
    (folder / "sub" / "beside.py").write_text("REPLY = 'B'\n")
    (folder / "sub" / "mine.py").write_text(
        "from beside import REPLY\nclass Mine:\n    reply = REPLY\nclass _Not: ...\n"
    )
    assert plugins.load("adapters", "sub/mine.py:Mine").reply == "B"
    assert plugins.load("adapters", str(folder / "sub" / "mine.py")).__name__ == "Mine", (
        "the only public class"
    )


def test_dataclasses_and_pickles_of_a_file_resolve(folder: Path) -> None:
    import pickle

    (folder / "data.py").write_text(
        "from __future__ import annotations\nfrom dataclasses import dataclass\n"
        "@dataclass\nclass Point:\n    x: int\n"
    )
    point = plugins.load("adapters", "data.py:Point")(3)
    assert pickle.loads(pickle.dumps(point)) == point


def test_an_object_of_a_module_is_found(folder: Path) -> None:
    (folder / "package").mkdir()
    (folder / "package" / "__init__.py").write_text("")
    (folder / "package" / "models.py").write_text("def make(): ...\n")
    assert plugins.load("adapters", "package.models:make").__name__ == "make"


BROKEN = {
    "syntax.py": ("class A:\n    def generate(self:\n        pass\n", 2, "SyntaxError"),
    "name.py": ("import json\n\nX = undefined_name\n", 3, "NameError"),
    "missing.py": ("import json\nimport no_such_module_at_all\n", 2, "ModuleNotFoundError"),
    "deep.py": ("def f():\n    return 1 / 0\n\nf()\n", 2, "ZeroDivisionError"),
    "beyond.py": ("\nimport json\n\njson.loads('{')\n", 4, "JSONDecodeError"),
    "imports_syntax.py": ("\n\nimport broken_beside\n", 3, "SyntaxError"),
    "nul.py": ("x = 1\0\n", 1, ""),
}


@pytest.mark.parametrize("name", BROKEN)
@pytest.mark.parametrize("absolute", [False, True], ids=["relative", "absolute"])
def test_a_broken_file_is_named_with_the_line_to_mend(folder: Path, name: str, absolute: bool) -> None:
    (folder / "broken_beside.py").write_text("def (\n")
    source, line, kind = BROKEN[name]
    (folder / name).write_text(source)
    path = str(folder / name) if absolute else name
    told = refusal(f"{path}:A")
    assert told.startswith(f"{path}:{line}: {kind}"), told
    assert not any(f"starbench_plugin_{name.removesuffix('.py')}_" in module for module in sys.modules), (
        "half a module stays nowhere"
    )


@pytest.mark.parametrize(
    "source", ["def (\n", "1 / 0\n", "import no_such_module_at_all\n", "raise RuntimeError('no')\n"]
)
def test_a_broken_module_is_refused_in_one_sentence(folder: Path, source: str) -> None:
    (folder / "broken_module.py").write_text(source)
    assert refusal("broken_module:A").startswith("module 'broken_module' cannot be imported: ")


@pytest.mark.parametrize("name", [":A", "..relative:A", "no.such.module:A", "a b:C"])
def test_what_names_no_module_is_refused_in_one_sentence(name: str) -> None:
    assert "cannot be imported" in refusal(name)


@pytest.mark.parametrize(
    ("source", "name", "says"),
    [
        ("class Alpha: ...\n", "x.py:Alhpa", "has nothing called 'Alhpa'; did you mean x.py:Alpha?"),
        ("class Alpha: ...\n", "x.py:Zzz", "has nothing called 'Zzz'"),
        ("class Alpha: ...\nclass Beta: ...\n", "x.py", "Alpha, Beta: name the one to use as x.py:Class"),
        ("from pathlib import Path\n", "x.py", "no class"),
        ("", "no_such.py:A", "there is no file no_such.py"),
        ("", "folder.py:A", "there is no file folder.py"),
    ],
)
def test_what_a_file_does_not_have_is_told(folder: Path, source: str, name: str, says: str) -> None:
    (folder / "folder.py").mkdir()
    (folder / "x.py").write_text(source)
    assert says in refusal(name)


def points(*values: str) -> list[EntryPoint]:
    return [EntryPoint("mine", value, "starbench.adapters") for value in values]


def test_two_packages_that_claim_one_name_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plugins, "entry_points", lambda group: points("one:A", "two:B"))
    with pytest.raises(PluginError, match=re.escape("one:A and two:B")):
        plugins.available("adapters")
    monkeypatch.setattr(plugins, "entry_points", lambda group: points("one:A", "one:A"))
    assert list(plugins.available("adapters")) == ["mine"]


@pytest.mark.parametrize("source", ["def (\n", "1 / 0\n", "import no_such_module_at_all\n", "class B: ...\n"])
def test_an_installed_plug_in_that_is_broken_is_refused_by_name(
    folder: Path, monkeypatch: pytest.MonkeyPatch, source: str
) -> None:
    (folder / "installed_one.py").write_text(source)
    monkeypatch.setattr(plugins, "entry_points", lambda group: points("installed_one:A"))
    assert refusal("mine").startswith("plug-in 'mine' (installed_one:A) cannot be loaded: ")


def test_only_the_plug_in_asked_for_is_imported(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "installed_two.py").write_text("class A: ...\n")
    others = [EntryPoint("bomb", "no_such_module_at_all:A", "starbench.adapters"), *points("installed_two:A")]
    monkeypatch.setattr(plugins, "entry_points", lambda group: others)
    assert plugins.load("adapters", "mine").__name__ == "A"
