"""What the commands that put questions to a model share: the model, how to ask, and what is shown meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, Literal, Protocol, TypeVar, get_args, get_origin

import typer

from starbench.canary import summary
from starbench.cli.commands.progress import RunProgress
from starbench.engine.settings import Backoff, Settings
from starbench.errors import FatalError, InputError
from starbench.models.adapter import Model
from starbench.models.prices import prices_of
from starbench.models.resolve import resolve
from starbench.schema import Canary, Setup
from starbench.text import printable


class Start(Protocol):
    """What a sitting found before it asked."""

    @property
    def waiting(self) -> int:
        """How many are still to be asked."""
        ...

    @property
    def canary(self) -> bool:
        """Whether a canary is held before."""
        ...


StartT = TypeVar("StartT", bound=Start)


def names_in(texts: Sequence[str]) -> tuple[str, ...]:
    """Names that were given one by one or separated by commas."""
    return tuple(name.strip() for text in texts for name in text.split(",") if name.strip())


def model_of(options: Mapping[str, Any]) -> Model:
    """The model that ``--model``, ``--model-arg`` and ``--base-url`` name.

    Raises
    ------
    InputError
        If an argument is not key=value, or the model cannot be created.
    """
    arguments = {"base_url": options["base_url"]} if options["base_url"] else {}
    for pair in options["model_arg"] or ():
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise InputError(f"--model-arg {pair!r} is not key=value")
        arguments[name.replace("-", "_")] = value
    return resolve(options["model"], arguments)


def setup_of(options: Mapping[str, Any]) -> Setup:
    """How questions are put: each option that is called as a field of :class:`~starbench.schema.Setup`.

    Raises
    ------
    InputError
        If an option has none of the values that it can have.
    """
    fields = {name: options[name] for name in Setup.model_fields if name in options}
    for name, value in fields.items():
        kind = Setup.model_fields[name].annotation
        if get_origin(kind) is Literal and value not in get_args(kind):
            known = ", ".join(get_args(kind))
            raise InputError(f"--{name.replace('_', '-')} {value!r} is not one of {known}")
    fields["rate"] = str(fields["rate"] or "native")
    if "conditions" in fields:
        fields["conditions"] = names_in(fields["conditions"])
    return Setup.model_validate(fields)


def settings_of(model: Model, options: Mapping[str, Any]) -> Settings:
    """How hard to push: each option that is called as a field of :class:`Settings`, the backoff and the prices.

    Raises
    ------
    InputError
        If dollars are limited and no price of the model is known.
    """
    fields = {name: options[name] for name in Settings.__dataclass_fields__ if name in options}
    settings = Settings(
        **fields
        | {
            "backoff": Backoff(max_attempts=options["max_attempts"], base_s=options["backoff"]),
            "prices": prices_of(model, options["prices"]),
            "canary": not options["no_canary"],
        }
    )
    if settings.max_cost_usd is not None and settings.prices is None:
        raise InputError(
            f"--max-cost {settings.max_cost_usd:g}: no price of model {model.spec!r} is known; give "
            "--prices FILE"
        )
    return settings


def drive(
    ask_all: Callable[..., Coroutine[Any, Any, None]],
    announce: Callable[[StartT], None],
    kept: str,
    of: str = "trials",
    *,
    apart: bool = False,
) -> FatalError | None:
    """Ask, and show what comes of it; returns why it stopped before its end, if it did.

    Parameters
    ----------
    ask_all : callable
        Asks, given ``on_start``, ``on_canary`` and ``on_line``.
    announce : callable
        Says what was found before anything is asked.
    kept : str
        What to tell whoever interrupts it.
    of : str
        What is counted.
    apart : bool
        Each ear is sent as a clip.
    """
    waiting = 0
    with RunProgress(of) as progress:

        def on_start(start: StartT) -> None:
            nonlocal waiting
            waiting = start.waiting
            announce(start)
            if not start.canary:
                progress.begin(waiting)

        def on_canary(canary: Canary) -> None:
            for line in summary.lines(canary, apart=apart):
                typer.echo(printable(line), err=True)
            progress.begin(waiting)

        try:
            asyncio.run(ask_all(on_start=on_start, on_canary=on_canary, on_line=progress.add))
        except FatalError as error:
            return error
        except KeyboardInterrupt:
            typer.echo(f"\nstarbench: interrupted; {kept}", err=True)
            raise
    return None
