"""The door that plug-ins come in by: found by name, file or module, and refused in one helpful sentence."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from starbench.errors import PluginError
from starbench.plugins import registry


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


def refusal(name: str, kind: registry.Kind = "adapters") -> str:
    with pytest.raises(PluginError) as refused:
        registry.load(kind, name)
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
def test_our_own_plug_ins_come_in_by_the_same_door(kind: registry.Kind, name: str) -> None:
    point = registry.available(kind)[name]
    assert point.value.startswith(f"starbench.{'synth' if kind == 'synthesizers' else kind}.")
    loaded = registry.load(kind, name)
    assert callable(loaded)
    module, _, attribute = point.value.partition(":")
    assert loaded is getattr(sys.modules[module], attribute)


def test_names_of_one_kind_are_no_names_of_another() -> None:
    assert "constant" not in registry.available("tasks")
    assert "no task is called 'constant'" in refusal("constant", "tasks")


@pytest.mark.parametrize(
    ("kind", "name", "hint"),
    [
        ("adapters", "opneai", "no adapter is called 'opneai': did you mean 'openai'?"),
        (
            "adapters",
            "zzzzzz",
            "there are constant, gemini, observer, openai, random, recognise, separate, trans",
        ),
        ("tasks", "perceptoin", "no task is called 'perceptoin': did you mean 'perception'?"),
        ("synthesizers", "tone_pair", "no synthesizer is called 'tone_pair': did you mean 'tone-pair'?"),
        ("adapters", "", "no adapter is called ''"),
    ],
)
def test_an_unknown_name_gets_a_hint(kind: registry.Kind, name: str, hint: str) -> None:
    assert hint in refusal(name, kind)


def test_a_class_of_a_file_is_found_with_what_lies_beside_it(folder: Path) -> None:
    (folder / "sub").mkdir()
    (folder / "sub" / "beside.py").write_text("REPLY = 'B'\n")
    (folder / "sub" / "mine.py").write_text(
        "from beside import REPLY\nclass Mine:\n    reply = REPLY\nclass _Not: ...\n"
    )
    assert registry.load("adapters", "sub/mine.py:Mine").reply == "B"
    assert registry.load("adapters", str(folder / "sub" / "mine.py")).__name__ == "Mine", (
        "the only public class"
    )


def test_dataclasses_and_pickles_of_a_file_resolve(folder: Path) -> None:
    import pickle

    (folder / "data.py").write_text(
        "from __future__ import annotations\nfrom dataclasses import dataclass\n"
        "@dataclass\nclass Point:\n    x: int\n"
    )
    point = registry.load("adapters", "data.py:Point")(3)
    assert pickle.loads(pickle.dumps(point)) == point


def test_an_object_of_a_module_is_found(folder: Path) -> None:
    (folder / "package").mkdir()
    (folder / "package" / "__init__.py").write_text("")
    (folder / "package" / "models.py").write_text("def make(): ...\n")
    assert registry.load("adapters", "package.models:make").__name__ == "make"


BROKEN = {
    "syntax.py": (
        "class A:\n    def generate(self:\n        pass\n",
        2,
        "SyntaxError: '(' was never closed",
    ),
    "name.py": ("import json\n\nX = undefined_name\n", 3, "NameError"),
    "missing.py": ("import json\nimport no_such_module_at_all\n", 2, "ModuleNotFoundError"),
    "deep.py": ("def f():\n    return 1 / 0\n\nf()\n", 2, "ZeroDivisionError"),
    "beyond.py": ("\nimport json\n\njson.loads('{')\n", 4, "JSONDecodeError"),
    "imports_syntax.py": ("\n\nimport broken_beside\n", 3, "SyntaxError"),
    "nul.py": ("x = 1\0\n", 1, ""),
    "exits.py": ("import sys\n\nsys.exit('no model here')\n", 3, "SystemExit: no model here"),
    "many_lines.py": ("x = 1\nraise ValueError('one\\ntwo')\n", 2, "ValueError: one two"),
}


@pytest.mark.parametrize("name", BROKEN)
@pytest.mark.parametrize("absolute", [False, True], ids=["relative", "absolute"])
def test_a_broken_file_is_named_with_the_line_to_mend(folder: Path, name: str, absolute: bool) -> None:
    (folder / "broken_beside.py").write_text("def (\n")
    source, line, kind = BROKEN[name]
    (folder / name).write_text(source)
    path = str(folder / name) if absolute else name
    before = set(sys.modules)
    told = refusal(f"{path}:A")
    assert told.startswith(f"{path}:{line}: {kind}"), told
    assert f"({name}, line" not in told, "the place is named once"
    assert ("(broken_beside.py, line 1)" in told) == (name == "imports_syntax.py"), (
        "of another file it is told"
    )
    left = [module for module in set(sys.modules) - before if module.startswith("starbench_plugin_")]
    assert not left, "half a module stays nowhere"


@pytest.mark.parametrize(
    "source", ["def (\n", "1 / 0\n", "import no_such_module_at_all\n", "raise RuntimeError('no')\n"]
)
def test_a_broken_module_is_refused_in_one_sentence(folder: Path, source: str) -> None:
    (folder / "broken_module.py").write_text(source)
    told = refusal("broken_module:A")
    assert told.startswith("module 'broken_module' cannot be imported: ")
    assert told.endswith("(broken_module.py:1)")


def test_what_is_broken_deep_in_a_package_is_named_where_it_is(folder: Path) -> None:
    (folder / "outer").mkdir()
    (folder / "outer" / "__init__.py").write_text("")
    (folder / "outer" / "model.py").write_text("import json\n\njson.loads('{')\nclass A: ...\n")
    told = refusal("outer.model:A")
    assert "JSONDecodeError" in told
    assert told.endswith("(outer/model.py:3)"), "the plug-in's own line, not the library's"


def test_a_module_that_is_not_there_has_no_line() -> None:
    assert refusal("no.such.module:A") == "module 'no.such.module' cannot be imported: No module named 'no'"


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


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[list[EntryPoint]], None]]:
    """Put entry points in place of those that are installed."""

    def stand_in(these: list[EntryPoint]) -> None:
        monkeypatch.setattr(registry, "entry_points", lambda group: these)
        registry.available.cache_clear()

    yield stand_in
    registry.available.cache_clear()


def test_two_packages_that_claim_one_name_are_refused(install: Callable[[list[EntryPoint]], None]) -> None:
    install(points("one:A", "two:B"))
    with pytest.raises(PluginError, match=re.escape("one:A and two:B")):
        registry.available("adapters")
    install(points("one:A", "one:A"))
    assert list(registry.available("adapters")) == ["mine"]


def test_what_is_installed_is_read_once_however_often_plug_ins_are_loaded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    registry.available("synthesizers")
    monkeypatch.setattr(registry, "entry_points", lambda group: pytest.fail("read again"))
    assert registry.load("synthesizers", "scene") is registry.load("synthesizers", "scene")


@pytest.mark.parametrize(
    "source", ["def (\n", "1 / 0\n", "import no_such_module_at_all\n", "raise SystemExit\n", "class B: ...\n"]
)
def test_an_installed_plug_in_that_is_broken_is_refused_by_name(
    folder: Path, install: Callable[[list[EntryPoint]], None], source: str
) -> None:
    (folder / "installed_one.py").write_text(source)
    install(points("installed_one:A"))
    told = refusal("mine")
    assert told.startswith("plug-in 'mine' (installed_one:A) cannot be loaded: ")
    assert told.endswith("(installed_one.py)" if "class B" in source else "(installed_one.py:1)")


def test_only_the_plug_in_asked_for_is_imported(
    folder: Path, install: Callable[[list[EntryPoint]], None]
) -> None:
    (folder / "installed_two.py").write_text("class A: ...\n")
    others = [EntryPoint("bomb", "no_such_module_at_all:A", "starbench.adapters"), *points("installed_two:A")]
    install(others)
    assert registry.load("adapters", "mine").__name__ == "A"


def test_making_a_plug_in_that_fails_names_the_line(folder: Path) -> None:
    (folder / "task.py").write_text("class Task:\n    def __init__(self):\n        self.x = {}['gone']\n")
    with pytest.raises(PluginError, match=re.escape("cannot be made: KeyError: 'gone' (task.py:3)")):
        registry.make("tasks", "task.py:Task")


INSTALLED = {
    "works": 'class A:\n    """Answers."""\n',
    "no-class": "class B: ...\n",
    "raises": "x = 1\nraise OSError('no driver')\n",
    "exits": "raise SystemExit(3)\n",
    "syntax": "def (\n",
    "needs": "import no_such_module_at_all\n",
}


@pytest.fixture
def installed(folder: Path) -> Path:
    """A directory as pip leaves one, with a plug-in of each kind of misfortune."""
    for name, source in INSTALLED.items():
        (folder / f"plug_{name.replace('-', '_')}.py").write_text(source)
    info = folder / "others-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: others\nVersion: 1.0\n")
    points_ = "".join(f"{name} = plug_{name.replace('-', '_')}:A\n" for name in INSTALLED)
    (info / "entry_points.txt").write_text(f"[starbench.adapters]\n{points_}malformed = not a module\n")
    return folder


def test_a_broken_plug_in_stays_in_the_list_with_its_reason(installed: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "starbench", "list", "adapters"],
        env={**os.environ, "PYTHONPATH": str(installed)},
        cwd=installed,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    listed = {line.split()[0]: line for line in done.stdout.splitlines()}
    assert {*INSTALLED, "malformed", "constant", "observer", "openai", "random"} <= set(listed)
    assert "Answers. [others]" in listed["works"]
    reasons = {
        "no-class": "has no attribute 'A' (plug_no_class.py)",
        "raises": "OSError: no driver (plug_raises.py:2)",
        "exits": "SystemExit: 3 (plug_exits.py:1)",
        "syntax": "SyntaxError: ",
        "needs": "No module named 'no_such_module_at_all' (plug_needs.py:1)",
        "malformed": "cannot be loaded",
    }
    for name, reason in reasons.items():
        assert "broken: " in listed[name]
        assert reason in listed[name]
    assert "(plug_syntax.py:1)" in listed["syntax"]
    assert not any("broken" in listed[name] for name in ("works", "constant", "random"))
