"""The rules that keep the folders apart, read from the source, and shown to catch what breaks them.

Imports inside a folder are relative; across folders only core modules are imported; the core knows no
plug-in by import or by name; the observer shares nothing with what makes the stimuli.
"""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PLUGIN_FOLDERS = ("synth", "tasks", "adapters")
#: Names of plug-ins that are other things too: a protocol, the heading of a column, a command, a key of a page's data.
CORE_MAY_NAME = {"star-bench", "constant", "questions", "annotated"}
#: ``starbench demo`` shows our own plug-ins off, so this one file names some, as a user would.
SHOWCASE = "cli/commands/demo.py"
HEAVY = (
    "numpy",
    "scipy",
    "soundfile",
    "soxr",
    "openai",
    "rich",
    "pydantic",
    "httpx",
    "huggingface_hub",
    "asyncio",
)


def imports(source: str) -> Iterator[tuple[int, int, str]]:
    """Line, level (0: absolute) and full module name of every import, wherever it stands."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            for name in node.names:
                yield node.lineno, 0, name.name
        elif isinstance(node, ast.ImportFrom):
            for name in node.names:
                yield node.lineno, node.level, ".".join(filter(None, (node.module, name.name)))
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            called = ast.unparse(node.func)
            if called in ("__import__", "import_module", "importlib.import_module"):
                yield node.lineno, 0, str(node.args[0].value)


def _within(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


def plugin_violations(source: str, depth: int = 1) -> list[str]:
    """What a file of synth/, tasks/ or adapters/ may not import; ``depth`` is its folders' number."""
    found = []
    for line, level, module in imports(source):
        if level > depth:
            found.append(f"{line}: {'.' * level}{module} leaves its folder")
        if level == 0 and any(
            _within(module, f"starbench.{folder}") for folder in (*PLUGIN_FOLDERS, "results")
        ):
            found.append(f"{line}: {module} is no core module")
        if level == 0 and any(_within(module, folder) for folder in (*PLUGIN_FOLDERS, "results")):
            found.append(f"{line}: {module} is a folder of a checkout, not a package")
    return found


def core_violations(source: str, names: frozenset[str] = frozenset()) -> list[str]:
    """What a file of the core may not import, nor say in a text that is no documentation."""
    tree = ast.parse(source)
    found = [
        f"{line}: {module} is a plug-in"
        for line, level, module in imports(source)
        if any(
            _within(module, f"starbench.{folder}")
            or (level and _within(module, folder))
            or (not level and _within(module, folder))
            for folder in PLUGIN_FOLDERS
        )
    ]
    told = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    found += [
        f"{node.lineno}: {node.value!r} names a plug-in"
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and id(node) not in told and node.value in names
    ]
    return found


def observer_violations(source: str) -> list[str]:
    """What the observer and its helpers may not touch: whatever makes stimuli or knows their truth."""
    allowed = ("starbench.schema", "starbench.errors", "starbench.audio", "starbench.measure")
    return [
        f"{line}: {module} may know the truth"
        for line, level, module in imports(source)
        if level == 0 and _within(module, "starbench") and not any(_within(module, name) for name in allowed)
    ]


def plugin_names() -> frozenset[str]:
    groups = ("synthesizers", "tasks", "adapters", "protocols")
    return frozenset(point.name for group in groups for point in entry_points(group=f"starbench.{group}"))


# --- our files keep the rules ---------------------------------------------------------------------


def sources(folder: str) -> list[Path]:
    found = sorted((ROOT / folder).rglob("*.py"))
    assert len(found) > 1, f"{folder}/ holds nothing to check"
    return found


@pytest.mark.parametrize("folder", PLUGIN_FOLDERS)
def test_plug_in_folders_import_their_own_relatively_and_of_others_the_core_alone(folder: str) -> None:
    found = {
        str(path.relative_to(ROOT)): plugin_violations(
            path.read_text("utf-8"), depth=len(path.relative_to(ROOT).parts) - 1
        )
        for path in sources(folder)
    }
    assert {path: wrong for path, wrong in found.items() if wrong} == {}


def test_the_core_imports_no_plug_in_and_names_none() -> None:
    names = plugin_names() - CORE_MAY_NAME
    assert {"perception", "tone-pair", "observer", "openai"} <= names
    found = {}
    for path in sources("starbench"):
        relative = path.relative_to(ROOT / "starbench").as_posix()
        # A distribution called openai is recorded among the versions; as a plug-in it is not known.
        known = names - {"openai"} if relative == "execution/environment.py" else names
        found[relative] = core_violations(
            path.read_text("utf-8"), frozenset() if relative == SHOWCASE else known
        )
    assert {path: wrong for path, wrong in found.items() if wrong} == {}


def test_the_observer_and_its_helpers_know_nothing_of_how_stimuli_are_made() -> None:
    files = [*(ROOT / "adapters" / "observer").rglob("*.py"), *(ROOT / "starbench" / "measure").rglob("*.py")]
    assert {"listener.py", "direction.py", "tones.py"} <= {path.name for path in files}
    found = {path.name: observer_violations(path.read_text("utf-8")) for path in files}
    assert {name: wrong for name, wrong in found.items() if wrong} == {}


def test_what_the_observer_loads_holds_no_synthesizer_and_no_task() -> None:
    loaded = loaded_by("import starbench.adapters.observer")
    assert "starbench.measure.tones" in loaded
    assert not [name for name in loaded if name.startswith(("starbench.synth", "starbench.tasks"))]


# --- and the checkers bite ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "planted",
    [
        "import starbench.synth.tones",
        "from starbench.synth import tones",
        "from starbench import synth",
        "from starbench.tasks.star_bench import download",
        "from starbench.adapters import observer as o",
        "def f():\n    from starbench.synth.tones import sine",
        "if TYPE_CHECKING:\n    import starbench.tasks",
        "from ..synth import tones",
        "import synth.tones",
        "from tasks import hub",
        "importlib.import_module('starbench.synth.tones')",
        "from starbench.results import x",
    ],
)
def test_a_planted_import_across_folders_is_caught(planted: str) -> None:
    assert plugin_violations(f"from starbench.errors import InputError\nfrom .beside import x\n{planted}\n")


@pytest.mark.parametrize(
    "planted",
    [
        "import starbench.adapters.openai",
        "from starbench.synth.tones import sine",
        "from starbench import tasks",
        "from . import adapters",
        "from .tasks import perception",
        "import adapters",
        "def f():\n    import starbench.tasks.perception",
        "x = 'perception'",
        "if name == 'tone-pair': pass",
        "TABLE = {'observer': 1}",
        "import_module('starbench.synth')",
    ],
)
def test_a_plug_in_planted_in_the_core_is_caught(planted: str) -> None:
    names = frozenset({"perception", "tone-pair", "observer"})
    assert core_violations(f"from starbench.schema import Item\n{planted}\n", names)


@pytest.mark.parametrize(
    "planted",
    [
        "from starbench.synth import tones",
        "from starbench.tasks import perception",
        "import starbench.synthesis",
        "from starbench import plugins",
        "def f():\n    from starbench.suites.suite import read",
    ],
)
def test_a_truth_planted_in_the_observer_is_caught(planted: str) -> None:
    assert observer_violations(f"from starbench.schema import Prompt\nfrom .measure import Tone\n{planted}\n")


def test_harmless_code_is_not_caught() -> None:
    harmless = '"""Tasks such as perception."""\nfrom starbench.errors import InputError\nx = "tasks"\n'
    assert plugin_violations(harmless + "from .beside import y\nfrom . import z\n") == []
    assert core_violations(harmless, frozenset({"perception"})) == []
    assert observer_violations(harmless) == []


# --- what a command pays for ----------------------------------------------------------------------


def loaded_by(statement: str) -> set[str]:
    program = f"{statement}\nimport sys\nprint(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT.parent
    )
    return set(done.stdout.split())


def test_the_command_line_loads_nothing_heavy_before_a_command_needs_it() -> None:
    loaded = loaded_by("import starbench.cli")
    assert "starbench.cli.models" in loaded
    assert [name for name in HEAVY if name in loaded] == []
    assert not [
        name
        for name in loaded
        if name.startswith(("starbench.synth", "starbench.tasks", "starbench.adapters"))
    ]


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"], ["--version"]])
def test_help_loads_nothing_heavy_either(arguments: list[str]) -> None:
    statement = (
        f"import sys, io, contextlib; sys.argv = ['starbench', *{arguments!r}]\n"
        "from starbench.cli import main\n"
        "try:\n    with contextlib.redirect_stdout(io.StringIO()): main()\n"
        "except SystemExit as end:\n    assert not end.code"
    )
    loaded = loaded_by(statement)
    # typer itself checks arguments with pydantic where there are any.
    assert [name for name in HEAVY if name in loaded and name != "pydantic"] == []


def test_finding_a_plug_in_loads_no_other() -> None:
    loaded = loaded_by("from starbench.plugins import registry; registry.load('adapters', 'constant')")
    assert "starbench.adapters.constant" in loaded
    others = (
        "openai",
        "starbench.adapters.openai",
        "starbench.adapters.observer",
        "starbench.tasks.perception",
        "numpy",
    )
    assert [name for name in others if name in loaded] == []


def test_every_folder_of_code_is_installed() -> None:
    """Setuptools is told the packages by name: one that is forgotten is missing from the wheel only."""
    configured = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]
    homes = configured["package-dir"]
    folders = {homes.get(name, name.replace(".", "/")) for name in configured["packages"]}
    assert folders == {
        str(path.parent.relative_to(ROOT))
        for top in (*homes.values(),)
        for path in (ROOT / top).rglob("__init__.py")
    }


def parameters(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    arguments = function.args
    names = [one.arg for one in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
    return len(names) - (names[:1] in (["self"], ["cls"]))


def test_modules_of_the_core_are_short_and_functions_take_few_parameters() -> None:
    long, wide = [], []
    for path in (ROOT / "starbench").rglob("*.py"):
        source, name = path.read_text("utf-8"), path.relative_to(ROOT).as_posix()
        if source.count("\n") > 300:
            long.append(name)
        if path.parent.name == "cli":  # declarations of options
            continue
        wide += [
            f"{name}: {node.name}"
            for node in ast.walk(ast.parse(source))
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and parameters(node) > 7
        ]
    assert (long, wide) == ([], [])
