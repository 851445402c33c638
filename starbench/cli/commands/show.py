"""``starbench show``: a picture of an item, or trials of a run in the terminal."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import typer

from starbench.cli.commands.selection import selection_of
from starbench.cli.commands.shared import loading_of
from starbench.cli.output import echo
from starbench.errors import InputError
from starbench.reporting.files import write_file
from starbench.reporting.pictures.item import png
from starbench.reporting.trials import show_trials, trials_record
from starbench.runs.directory import ItemKey
from starbench.runs.load import LoadedRun, load
from starbench.runs.suites import suites_of
from starbench.schema import Item
from starbench.scoring.observations import Observation, observe
from starbench.scoring.selection import Selection, verdict_of
from starbench.scoring.trial_view import reply_of, trial_views
from starbench.suites.open import open_suite
from starbench.suites.suite import Suite
from starbench.text import slug, suggestion, visible_json

#: Trials that are shown, unless another number is asked for.
_USUAL = 3


def draw(name: str, suite: str, out: Path | None, options: Mapping[str, Any], *, skip_bad: bool) -> None:
    """Draw the item called ``name``."""
    opened = open_suite(suite, skip_bad=skip_bad, loading=loading_of(options))
    items = {item.id: item for item in opened.items}
    if name not in items:
        raise InputError(f"{suite} has no item {name!r}: {suggestion(name, list(items))}")
    _write_picture(opened, items[name], out or Path(f"{slug(name)}.png"))


def show_run(
    path: Path,
    suite: str | None,
    out: Path | None,
    options: Mapping[str, Any],
    limit: int | None,
    *,
    as_json: bool,
) -> None:
    """Show trials of a run, or print them as JSON; write the picture of one item to ``out`` where it is given."""
    selection = selection_of(options)
    if out is not None and selection.item_id is None:
        raise InputError("--out writes the picture of one item: name it with --item ID")
    data = load(path)
    selection.refuse_unknown(data.items.values(), data.run.identity.setup.conditions)
    drawn = None if out is None else _item_in_suite(data, selection, suite, loading_of(options))
    observations = observe(data)
    chosen = _chosen(data, observations, selection)
    if not chosen:
        echo(f"{path}: {_why_none(selection, observations)}", err=as_json)
    n_shown = min(len(chosen), limit or (len(chosen) if as_json else _USUAL))
    views = list(trial_views(data, observations, chosen[:n_shown]))
    n_more = len(chosen) - n_shown
    if as_json:
        record = json.dumps(trials_record(views, n_more), ensure_ascii=False, indent=1)
        typer.echo(visible_json(record))
    else:
        show_trials(views, n_more)
    if out is not None and drawn is not None:
        _write_picture(*drawn, out, err=as_json)


def _chosen(data: LoadedRun, observations: Sequence[Observation], selection: Selection) -> list[Observation]:
    """The trials that are looked at: of one item all, else the first of each item, and only wrong ones by default."""
    if _is_open(selection):
        selection = replace(selection, verdict="wrong")
    kept = [one for one in observations if selection.keeps_trial(one, reply_of(data, one))]
    if selection.item_id is not None:
        return kept
    firsts: dict[ItemKey, Observation] = {}
    for one in kept:
        firsts.setdefault((one.trial.suite, one.item.id), one)
    return list(firsts.values())


def _is_open(selection: Selection) -> bool:
    return selection.verdict is None and selection.outcome is None and selection.item_id is None


def _why_none(selection: Selection, observations: Sequence[Observation]) -> str:
    if selection != Selection():
        return "no trial is as asked for"
    n_asked = sum(verdict_of(one) is not None for one in observations)
    return f"none of {n_asked:,} trials is wrong (--right and --item ID show others)"


def _item_in_suite(
    data: LoadedRun, selection: Selection, suite: str | None, loading: Mapping[str, Any]
) -> tuple[Suite, Item]:
    """The item that is looked at, in the suite of the run that lies on this machine."""
    name = next(name for name, item_id in data.items if item_id == selection.item_id)
    digest = next(one.digest for one in data.run.identity.suites if one.name == name)
    opened = suites_of([data], [suite] if suite else [], loading).get(digest)
    if opened is None:
        raise InputError(f"the suite {name} does not lie near {data.path}: --suite DIR says where it is")
    return opened, next(item for item in opened.items if item.id == selection.item_id)


def _write_picture(suite: Suite, item: Item, out: Path, *, err: bool = False) -> None:
    write_file(out, png(suite, item))
    echo(f"wrote {out}", err=err)
