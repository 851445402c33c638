"""What the commands that put questions to a model share: the model, how to ask, and what is shown meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, Literal, get_args, get_origin, get_type_hints

import typer

from starbench.canary import summary
from starbench.cli.commands.progress import RunProgress
from starbench.engine import settings as engine_settings
from starbench.engine.settings import Settings
from starbench.errors import FatalError, InputError
from starbench.models.adapter import Model
from starbench.models.resolve import resolve
from starbench.runs.attempt import AttemptStart
from starbench.schema import Canary, Setup
from starbench.text import printable, sentence


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
    _check_choices(fields, get_type_hints(Setup))
    fields["rate"] = str(fields["rate"] or "native")
    if "conditions" in fields:
        fields["conditions"] = names_in(fields["conditions"])
    return Setup.model_validate(fields)


def settings_of(model: Model, options: Mapping[str, Any]) -> Settings:
    """How hard to push: each option that is called as a field of :class:`Settings`, and the number of attempts."""
    names = {*Settings.__dataclass_fields__, "max_attempts"} & options.keys()
    fields = {name: options[name] for name in names}
    _check_choices(fields, get_type_hints(Settings))
    return engine_settings.settings_of(model, canary=not options["no_canary"], **fields)


def _check_choices(fields: Mapping[str, Any], kinds: Mapping[str, Any]) -> None:
    for name, value in fields.items():
        kind = kinds.get(name)
        if get_origin(kind) is Literal and value not in get_args(kind):
            known = ", ".join(get_args(kind))
            raise InputError(f"--{name.replace('_', '-')} {value!r} is not one of {known}")


def drive(
    ask: Callable[..., Coroutine[Any, Any, None]],
    announce: Callable[[AttemptStart], None],
    kept: str,
    of: str = "trials",
    *,
    apart: bool = False,
) -> FatalError | None:
    """Ask, and show what comes of it; returns why it stopped before its end, if it did.

    Parameters
    ----------
    ask : callable
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

        def on_start(start: AttemptStart) -> None:
            nonlocal waiting
            waiting = start.waiting
            announce(start)
            if start.kept_canary is not None:
                typer.echo(printable(summary.kept(start.kept_canary, apart=apart)), err=True)
            if not start.canary:
                progress.begin(waiting)

        def on_canary(canary: Canary) -> None:
            for line in summary.lines(canary, apart=apart):
                typer.echo(printable(line), err=True)
            progress.begin(waiting)

        try:
            asyncio.run(ask(on_start=on_start, on_canary=on_canary, on_line=progress.add))
        except FatalError as error:
            return error
        except KeyboardInterrupt:
            typer.echo(f"\nstarbench: interrupted; {kept}", err=True)
            raise
    return None


def changes_since(start: AttemptStart, model: Model) -> list[str]:
    """What is not as it was when the work was begun: the server, the files of plug-ins."""
    notes = [
        f"note: {file} changed since it was begun: its answers may differ; give another --out to start anew"
        for file in start.edited
    ]
    if start.resumed and start.begun_at != model.server:
        notes.insert(0, f"note: begun at {start.begun_at}, resumed at {model.server}")
    return notes


def unknown_model(stopped: FatalError) -> str:
    """What to do about a model that the server does not know, where nothing was answered or written."""
    return (
        f"starbench: {sentence(str(stopped))}; nothing was asked and nothing is left behind: correct --model or "
        "--base-url and run the command again"
    )
