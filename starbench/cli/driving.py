"""What the commands that put questions to a model share: how hard to push, and what is shown meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import typer

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence
    from pathlib import Path

    from starbench.engine.settings import Settings
    from starbench.errors import FatalError
    from starbench.models.adapter import Model
    from starbench.schema import Canary


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


def settings_of(
    model: Model,
    *,
    prices: Path | None,
    max_attempts: int,
    backoff: float,
    no_canary: bool,
    **pushed: Any,
) -> Settings:
    """Settings from the options; ``pushed`` are those that have a field of their own.

    Raises
    ------
    InputError
        If dollars are limited and no price of the model is known.
    """
    from starbench.engine.settings import Backoff, Settings
    from starbench.errors import InputError
    from starbench.models.prices import prices_of

    settings = Settings(
        backoff=Backoff(max_attempts=max_attempts, base_s=backoff),
        prices=prices_of(model, prices),
        canary=not no_canary,
        **pushed,
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
    import asyncio

    from starbench.canary import summary
    from starbench.cli.progress import RunProgress
    from starbench.errors import FatalError
    from starbench.text import printable

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
