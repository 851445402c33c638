"""Checks of what the user asked a task to build."""

from __future__ import annotations

from collections.abc import Sequence

from starbench.errors import InputError
from starbench.synthesis import BuildSpec
from starbench.text import printable


def check_name(task: str, kind: str, name: str, known: Sequence[str]) -> None:
    """Refuse a name that a task does not know.

    Parameters
    ----------
    task : str
        Name of the task.
    kind : str
        What is named, e.g. "attribute".
    name : str
        The user's name.
    known : sequence of str
        The names that the task knows.

    Raises
    ------
    InputError
        If the name is not among them.
    """
    if name not in known:
        listed = f"there {'is' if len(known) == 1 else 'are'} {', '.join(known)}"
        raise InputError(f"{task} has no {kind} {printable(name)!r}: {listed}")


def select_attributes(
    spec: BuildSpec, task: str, attributes: Sequence[str], profiles: Sequence[str]
) -> tuple[str, ...]:
    """Check profile, attributes and size; give the attributes to build, in the task's order.

    No attributes means all.

    Raises
    ------
    InputError
        If the task does not have the profile or one of the attributes, or the size is below one.
    """
    check_name(task, "profile", spec.profile, profiles)
    for attribute in spec.attributes:
        check_name(task, "attribute", attribute, attributes)
    if spec.size is not None and spec.size < 1:
        raise InputError(f"size {spec.size} is too small: a suite needs at least one item")
    return tuple(name for name in attributes if not spec.attributes or name in spec.attributes)
