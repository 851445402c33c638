"""``starbench run --dry-run``: what would be asked, and what that would cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from rich.table import Table

    from starbench.engine.settings import Settings
    from starbench.models.adapter import Model
    from starbench.planning.forecast import RequestVolume
    from starbench.planning.plan import RunPlan
    from starbench.schema import Capabilities, Prices, Trial, Usage

#: Width of the table where no terminal says otherwise, characters.
_WIDTH = 150
#: Declared limits, and how to say them.
_LIMITS = {
    "max_clips": "{} clip(s) a prompt",
    "max_seconds": "{:g} s a clip",
    "max_channels": "{} channel(s) a clip",
    "max_in_flight": "{} request(s) at a time",
}


def show_plan(
    evaluation: RunPlan,
    model: Model,
    settings: Settings,
    out: Path | None = None,
    *,
    retry_permanent: bool = False,
) -> None:
    """Print example prompts, counts, seconds of sound, estimated tokens and cost, and every adaptation.

    Nothing is asked, nothing is written, no connection is made. What a run would refuse is refused:
    ``evaluation`` was prepared as a run's is, and a run that ``out`` already holds must be this one.

    Raises
    ------
    InputError
        If ``out`` holds another run, or is none.
    AudioError
        If a clip of an example is not what it was when its suite was read.
    """
    from rich.console import Console

    from starbench.planning.forecast import examples, total

    waiting = _waiting(evaluation, out, retry_permanent=retry_permanent)
    for trial, n in examples(evaluation, waiting):
        _echo(_example(evaluation, trial, n))
    _echo(_asked(evaluation, model))
    if len(waiting) < len(evaluation.trials):
        _echo(_finished(evaluation, waiting, out))
    if waiting:
        parts = _parts(evaluation, waiting, settings)
        everything = total(parts.values())
        console = Console()
        if not console.is_terminal:
            console.width = _WIDTH
        console.print(_table({**parts, ("all", ""): everything}, settings.prices))
        _echo(_costs(everything, settings, _used(evaluation, out, settings)))
    _echo(_record(evaluation))
    typer.echo("dry run: nothing was asked, nothing was written")


def _echo(lines: Iterator[str]) -> None:
    for line in lines:
        typer.echo(line)


def _waiting(evaluation: RunPlan, out: Path | None, *, retry_permanent: bool) -> list[Trial]:
    """The trials that a run into ``out`` would still ask."""
    from starbench.runs import directory
    from starbench.runs.attempt import settled
    from starbench.runs.run_record import RunRecord

    if out is not None:
        directory.refuse_foreign(out)
    if out is None or not (out / directory.RUN).exists():
        return list(evaluation.trials)
    record = RunRecord(evaluation, out)
    record.begin()  # of a run that is there, it reads
    finished = settled(record, retry_permanent=retry_permanent)
    return [trial for trial in evaluation.trials if trial.key not in finished]


def _used(evaluation: RunPlan, out: Path | None, settings: Settings) -> Usage:
    """What the run in ``out`` has used of its budget."""
    from starbench.runs.attempt import remaining_budget
    from starbench.runs.run_record import RunRecord
    from starbench.schema import Usage

    return Usage() if out is None else remaining_budget(RunRecord(evaluation, out), settings).used


def _finished(evaluation: RunPlan, waiting: Sequence[Trial], out: Path | None) -> Iterator[str]:
    planned = len(evaluation.trials)
    left = "" if waiting else ", and nothing is left to ask"
    yield f"run: {out} goes on; {planned - len(waiting)} of {planned} trials are finished{left}"


def _example(evaluation: RunPlan, trial: Trial, n: int) -> Iterator[str]:
    from starbench.planning.forecast import lines_of
    from starbench.text import printable

    task = evaluation.items[trial.suite, trial.item_id].task
    like_it = f"{n} trials like it" if n > 1 else "the only one of its kind"
    yield printable(f"prompt: {trial.suite}, {task}, condition {trial.condition}; {like_it}")
    yield from (f"  │ {line}".rstrip() for line in lines_of(evaluation.questions.prompt(trial)))
    yield ""


def _asked(evaluation: RunPlan, model: Model) -> Iterator[str]:
    from starbench.text import printable

    at = f" at {model.server}" if model.server else ""
    yield printable(f"model: {model.spec}{at}{_limits(model.capabilities)}")
    rotations = evaluation.run.identity.setup.rotations
    for suite in evaluation.run.identity.suites:
        n = sum(name == suite.name for name, _ in evaluation.items)
        yield printable(
            f"suite: {suite.name}, digest {suite.digest[:12]}, protocol {suite.protocol}, "
            f"rotations {rotations}: {n} items"
        )


def _limits(capabilities: Capabilities) -> str:
    declared = [
        phrase.format(value)
        for name, phrase in _LIMITS.items()
        if (value := getattr(capabilities, name)) is not None
    ]
    return f", which takes {', '.join(declared)}" if declared else ""


def _parts(
    evaluation: RunPlan, waiting: Sequence[Trial], settings: Settings
) -> dict[tuple[str, str], RequestVolume]:
    """What the run sends, in the order of sending: the canary, then each condition of each suite."""
    from starbench.planning.forecast import canary, forecast
    from starbench.suites.clip_info import sent_clips

    # As in a run: a question without sound needs no proof that sound arrives.
    is_held = settings.canary and any(sent_clips(trial.parts) for trial in waiting)
    first = {("canary", ""): canary(evaluation, settings.probe)} if is_held else {}
    return {**first, **forecast(evaluation, waiting)}


def _table(volumes: Mapping[tuple[str, str], RequestVolume], prices: Prices | None) -> Table:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from starbench.text import printable

    table = Table(box=box.SIMPLE_HEAD)
    for name in ("suite", "condition"):
        table.add_column(name, overflow="fold")
    numbers = ["items", "requests", "clips", "sound, s", "tokens in", "of sound", "tokens out"]
    for name in [*numbers, *(["US $"] if prices else [])]:
        table.add_column(name, justify="right", no_wrap=True)
    for (suite, condition), volume in volumes.items():
        table.add_row(Text(printable(suite)), Text(printable(condition)), *_cells(volume, prices))
    return table


def _cells(volume: RequestVolume, prices: Prices | None) -> list[str]:
    from starbench.engine.cost import dollars

    usage = volume.usage(prices)
    tokens = (usage.input_tokens, usage.audio_tokens, usage.output_tokens)
    return [
        f"{volume.items:,}" if volume.items else "",
        f"{volume.requests:,}",
        f"{volume.clips:,}",
        f"{volume.size.seconds:,.1f}",
        *(f"{n or 0:,}" for n in tokens),
        *([f"{dollars(usage, prices):,.2f}"] if prices else []),
    ]


def _costs(total: RequestVolume, settings: Settings, used: Usage) -> Iterator[str]:
    """How tokens were estimated and priced, and whether the limits that were set suffice."""
    from starbench.engine.cost import ANSWER_TOKENS, AUDIO_TOKENS_PER_S, CHARACTERS_PER_TOKEN, dollars, tokens
    from starbench.text import printable

    prices = settings.prices
    usage = total.usage(prices)
    published = prices.audio_tokens_per_s if prices else None
    sound = f"{published:g}" if published else f"{AUDIO_TOKENS_PER_S:g} (assumed)"
    yield (
        f"tokens are estimates: one for {CHARACTERS_PER_TOKEN:g} characters, {sound} for a second of sound, "
        f"{ANSWER_TOKENS} (assumed) for an answer"
    )
    yield "what a model thinks before it answers, and attempts that fail, come on top"
    if prices is None:
        yield "cost: not known, since no price of this model is; --prices FILE gives it (docs/models.md)"
    else:
        audio = "" if prices.audio_per_million is None else f", {prices.audio_per_million:g} for sound"
        yield printable(
            f"prices of {prices.as_of}: US $ {prices.input_per_million:g} a million tokens in{audio}, "
            f"{prices.output_per_million:g} out ({prices.source})"
        )
    if settings.max_tokens is not None:
        spent = tokens(used)
        option = f"--max-tokens {settings.max_tokens:,}" + (f", less {spent:,} used," if spent else "")
        yield _budget(option, spent + tokens(usage) <= settings.max_tokens)
    if settings.max_cost_usd is not None and prices is not None:
        paid = dollars(used, prices)
        option = f"--max-cost {settings.max_cost_usd:g}" + (f", less {paid:,.4f} used," if paid else "")
        yield _budget(option, paid + dollars(usage, prices) <= settings.max_cost_usd)
    if settings.rpm is not None:
        yield f"--rpm {settings.rpm:g}: {total.requests / settings.rpm:,.1f} minutes or more"


def _budget(option: str, suffices: bool) -> str:
    said = "covers" if suffices else "is less than"
    then = "" if suffices else ": the run would stop before its end, and go on with more"
    return f"{option} {said} the estimate{then}"


def _record(evaluation: RunPlan) -> Iterator[str]:
    """What the run's record would say besides."""
    from starbench.planning.words import adaptation_sentence, inapplicable_sentence, notes
    from starbench.text import printable

    run = evaluation.run
    lines = [f"adapted: {adaptation_sentence(change)}" for change in run.adaptations]
    lines += [f"note: {note}" for note in notes(run)]
    lines += [
        f"not applicable: {one.items} item(s): {inapplicable_sentence(one)}" for one in run.inapplicable
    ]
    lines += [f"left out as damaged: {problem}" for problem in run.skipped]
    yield from map(printable, lines)
