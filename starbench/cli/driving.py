"""What the commands that put questions to a model share: how hard to push, and what is shown meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence

    from starbench.errors import FatalError
    from starbench.models.adapter import Model
    from starbench.runs.attempt import Start
    from starbench.schema import Canary


def names_in(texts: Sequence[str]) -> tuple[str, ...]:
    """Names that were given one by one or separated by commas."""
    return tuple(name.strip() for text in texts for name in text.split(",") if name.strip())


def one_of(option: str, value: str, known: Sequence[str]) -> None:
    """Hold an option against the values that it can have.

    Raises
    ------
    InputError
        If it has none of them.
    """
    from starbench.errors import InputError

    if value not in known:
        raise InputError(f"{option} {value!r} is none of {', '.join(known)}")


def drive(
    ask: Callable[..., Coroutine[Any, Any, None]],
    announce: Callable[[Start], None],
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
    import asyncio

    from starbench.canary import summary
    from starbench.cli.progress import RunProgress
    from starbench.errors import FatalError
    from starbench.text import printable

    waiting = 0
    with RunProgress(of) as progress:

        def on_start(start: Start) -> None:
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


def changes_since(start: Start, model: Model) -> list[str]:
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
    from starbench.text import sentence

    return (
        f"starbench: {sentence(str(stopped))}; nothing was asked and nothing is left behind: correct --model or "
        "--base-url and run the command again"
    )
