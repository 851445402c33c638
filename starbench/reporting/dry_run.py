"""What a run would ask, and what that would cost, as ``starbench run --dry-run`` prints it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from starbench.engine.cost import ANSWER_TOKENS, AUDIO_TOKENS_PER_S, CHARACTERS_PER_TOKEN, dollars, tokens
from starbench.engine.settings import Settings
from starbench.models.adapter import Model
from starbench.planning.forecast import RequestVolume, canary, examples, forecast, lines_of, total
from starbench.planning.plan import RunPlan
from starbench.reporting.tables import Column, Table, new_console, quote, say, show_table
from starbench.reporting.words import adaptation_sentence, inapplicable_sentence, notes
from starbench.runs import directory
from starbench.runs.attempt import remaining_budget, settled
from starbench.runs.run_record import RunRecord
from starbench.schema import Prices, Trial, Usage
from starbench.suites.clip_info import sent_clips

#: Declared limits, and how to say them.
_LIMITS = {
    "max_clips": "{} clip(s) a prompt",
    "max_seconds": "{:g} s a clip",
    "max_channels": "{} channel(s) a clip",
    "max_in_flight": "{} request(s) at a time",
}


def show_plan(
    plan: RunPlan,
    model: Model,
    settings: Settings,
    out: Path | None = None,
    *,
    retry_permanent: bool = False,
) -> None:
    """Print example prompts, counts, seconds of sound, estimated tokens and cost, and every adaptation.

    Nothing is asked, nothing is written, no connection is made. What a run would refuse is refused here
    too: :class:`InputError` if ``out`` is not this run, :class:`AudioError` if a clip of an example changed.
    """
    console = new_console()
    waiting = _waiting(plan, out, retry_permanent=retry_permanent)
    for trial, n in examples(plan, waiting):
        task = plan.items[trial.suite, trial.item_id].task
        like_it = f"{n} trials like it" if n > 1 else "the only one of its kind"
        say(console, f"prompt: {trial.suite}, {task}, condition {trial.condition}; {like_it}")
        for line in lines_of(plan.questions.prompt(trial)):
            quote(console, line)
        console.print()
    for line in _plan(plan, model):
        say(console, line)
    if finished := len(plan.trials) - len(waiting):
        nothing = "" if waiting else ", and nothing is left to ask"
        say(console, f"run: {out} is resumed; {finished} of {len(plan.trials)} trials are finished{nothing}")
    if waiting:
        parts = _parts(plan, waiting, settings)
        everything = total(parts.values())
        show_table(console, _table({**parts, ("all", ""): everything}, settings.prices))
        used = Usage() if out is None else remaining_budget(RunRecord(plan, out), settings).used
        for line in _costs(everything, settings, used):
            say(console, line)
    for line in _record(plan):
        say(console, line)
    say(console, "dry run: nothing was asked, nothing was written")


def _waiting(plan: RunPlan, out: Path | None, *, retry_permanent: bool) -> list[Trial]:
    """The trials that a run into ``out`` would still ask."""
    if out is not None:
        directory.refuse_foreign(out.absolute())
    if out is None or directory.begun_run(out, plan.run, plan.trials) is None:
        return list(plan.trials)
    finished = settled(RunRecord(plan, out), retry_permanent=retry_permanent)
    return [trial for trial in plan.trials if trial.key not in finished]


def _plan(plan: RunPlan, model: Model) -> Iterator[str]:
    at = f" at {model.server}" if model.server else ""
    limits = {phrase: getattr(model.capabilities, name) for name, phrase in _LIMITS.items()}
    declared = ", ".join(phrase.format(limit) for phrase, limit in limits.items() if limit is not None)
    yield f"model: {model.spec}{at}{f', which takes {declared}' if declared else ''}"
    rotations = plan.run.identity.setup.rotations
    for suite in plan.run.identity.suites:
        n = sum(name == suite.name for name, _ in plan.items)
        yield (
            f"suite: {suite.name}, digest {suite.digest[:12]}, protocol {suite.protocol}, "
            f"rotations {rotations}: {n} items"
        )


def _parts(
    plan: RunPlan, waiting: Sequence[Trial], settings: Settings
) -> dict[tuple[str, str], RequestVolume]:
    """What the run sends, in the order of sending: the canary, then each condition of each suite."""
    # As in a run: a question without sound needs no proof that sound arrives.
    is_needed = settings.canary and any(sent_clips(trial.parts) for trial in waiting)
    first = {("canary", ""): canary(plan, settings.probe)} if is_needed else {}
    return {**first, **forecast(plan, waiting)}


def _table(volumes: Mapping[tuple[str, str], RequestVolume], prices: Prices | None) -> Table:
    """A row for each part: its suite and condition, its volume, and the tokens of that."""
    return Table(
        "what would be sent",
        (
            Column("suite", lambda part: part[0][0], is_text=True),
            Column("condition", lambda part: part[0][1], is_text=True),
            Column("items", lambda part: f"{part[1].items:,}" if part[1].items else "", rank=4),
            Column("requests", lambda part: f"{part[1].requests:,}"),
            Column("clips", lambda part: f"{part[1].clips:,}", rank=4),
            Column("sound (s)", lambda part: f"{part[1].size.seconds:,.1f}", rank=1),
            Column("tokens in", lambda part: f"{part[2].input_tokens or 0:,}", rank=2),
            Column("of sound", lambda part: f"{part[2].audio_tokens or 0:,}", rank=5),
            Column("tokens out", lambda part: f"{part[2].output_tokens or 0:,}", rank=3),
            Column("US $", lambda part: f"{dollars(part[2], prices):,.2f}" if prices else ""),
        ),
        [(part, volume, volume.usage(prices)) for part, volume in volumes.items()],
    )


def _costs(everything: RequestVolume, settings: Settings, used: Usage) -> Iterator[str]:
    """How tokens were estimated and priced, and whether the limits that were set suffice."""
    prices = settings.prices
    usage = everything.usage(prices)
    published = prices.audio_tokens_per_s if prices else None
    sound = f"{published:g}" if published else f"{AUDIO_TOKENS_PER_S:g} (assumed)"
    yield (
        f"tokens are estimates: one for {CHARACTERS_PER_TOKEN:g} characters, {sound} for a second of sound, "
        f"{ANSWER_TOKENS} (assumed) for an answer"
    )
    yield "what a model thinks before it answers, and attempts that fail, are not in the estimate"
    if prices is None:
        yield "cost: not known, because no price of this model is known; --prices FILE gives it (docs/models.md)"
    else:
        audio = "" if prices.audio_per_million is None else f", {prices.audio_per_million:g} for sound"
        yield (
            f"prices of {prices.as_of}: US $ {prices.input_per_million:g} a million tokens in{audio}, "
            f"{prices.output_per_million:g} out ({prices.source})"
        )
    limits: list[tuple[str, bool]] = []
    if settings.max_tokens is not None:
        spent = tokens(used)
        option = f"--max-tokens {settings.max_tokens:,}" + (f", less {spent:,} used," if spent else "")
        limits.append((option, spent + tokens(usage) <= settings.max_tokens))
    if settings.max_cost_usd is not None and prices is not None:
        paid = dollars(used, prices)
        option = f"--max-cost {settings.max_cost_usd:g}" + (f", less {paid:,.4f} used," if paid else "")
        limits.append((option, paid + dollars(usage, prices) <= settings.max_cost_usd))
    for option, suffices in limits:
        if suffices:
            yield f"{option} covers the estimate"
        else:
            yield f"{option} is less than the estimate: the run would stop before its end; a larger limit resumes it"
    if settings.rpm is not None:
        yield f"--rpm {settings.rpm:g}: {everything.requests / settings.rpm:,.1f} minutes or more"


def _record(plan: RunPlan) -> Iterator[str]:
    """What the run's record would say besides."""
    run = plan.run
    yield from (f"adapted: {adaptation_sentence(change)}" for change in run.adaptations)
    yield from (f"note: {note}" for note in notes(run))
    for one in run.inapplicable:
        yield f"not applicable: {one.items} item(s): {inapplicable_sentence(one)}"
    yield from (f"left out as damaged: {problem}" for problem in run.skipped)
