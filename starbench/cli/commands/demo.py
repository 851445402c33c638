"""``starbench demo``: the whole way in about a minute, without key and network."""

from __future__ import annotations

from pathlib import Path

from starbench.build.build import build
from starbench.cli.commands.progress import counting
from starbench.cli.commands.run import evaluate
from starbench.cli.output import echo
from starbench.engine.settings import Settings
from starbench.errors import InputError
from starbench.models.resolve import resolve
from starbench.planning.plan import Request, plan_run
from starbench.plugins import registry
from starbench.reporting.entries import read_entries
from starbench.reporting.files import write_file
from starbench.reporting.leaderboard import write_board
from starbench.reporting.pictures.item import png
from starbench.reporting.tables import new_console, say
from starbench.runs.load import load
from starbench.suites import suite as suites
from starbench.suites.suite import Suite
from starbench.synthesis import BuildSpec

#: Folder of each suite, its task and its number of items.
_SUITES = (("suite", "perception", 60), ("scenes", "spatial", 24))
_SEED = 7
_MODELS = ("observer", "random")
#: The scene that is drawn: the first item of this category.
_DRAWN = "Dynamic Trajectory Tracking"
_LAST_LINES = (
    "observer measures the sounds and is right nearly always: the questions can be answered by ear. random "
    "only guesses.",
    "A model that hears stands well above the chance and the constant beside each figure.",
    "Next, your own model: starbench run --suite {suite} --model SPEC --dry-run",
)


def demo(out: Path) -> int:
    """Build, run, show, draw; returns the exit code."""
    built = [_suite(out / folder, task, size) for folder, task, size in _SUITES]
    codes = []
    for spec in _MODELS:
        model = resolve(spec)
        plan = plan_run(Request(suites=tuple(str(suite.root) for suite in built)), model)
        codes.append(evaluate(plan, model, out / "runs" / spec, Settings()))
    for path in write_board(read_entries([out / "runs" / spec for spec in _MODELS]), out):
        echo(f"board: {path}")
    _write_pages(out)
    _draw(built, out / "scene.png")
    console = new_console()
    say(console, "")
    for line in _LAST_LINES:
        say(console, line.format(suite=out / _SUITES[0][0]))
    return max(codes)


def _suite(root: Path, task: str, size: int) -> Suite:
    if (root / suites.MANIFEST).exists():
        return suites.read(root)
    root.parent.mkdir(parents=True, exist_ok=True)
    attributes = tuple(registry.load("tasks", task).attributes)
    echo(f"building {size} items of {', '.join(attributes)} in {root}", err=True)
    with counting("building") as on_item:
        return build(task, BuildSpec(attributes, "default", _SEED, size), root, on_item)


def _write_pages(out: Path) -> None:
    from starbench.cli.commands.report import lines
    from starbench.reporting.site.write import write_report

    runs = [out / "runs" / spec for spec in _MODELS]
    try:
        written = write_report([load(run) for run in runs], out / "report")
    except InputError as error:  # the pages alone need an extra
        names = " ".join(map(str, runs))
        echo(f"no report: {error}; then starbench report {names} --out {out / 'report'}", err=True)
    else:
        for line in lines(written):
            say(new_console(), line)


def _draw(built: list[Suite], path: Path) -> None:
    suite, item = next((s, item) for s in built for item in s.items if item.category == _DRAWN)
    try:
        write_file(path, png(suite, item))
    except InputError as error:  # the picture alone needs an extra
        echo(f"no picture: {error}", err=True)
    else:
        echo(f"picture of {item.id}: {path}")
