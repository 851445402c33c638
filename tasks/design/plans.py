"""From the user's build spec to the plan of a suite: checks, the items of each part, and parts put together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from starbench.errors import InputError
from starbench.recordings import Library
from starbench.synthesis import BuildPlan, BuildSpec, Draft
from starbench.text import printable


def check_name(task: str, kind: str, name: str, known: Sequence[str]) -> None:
    """Raise an InputError if a task knows no ``name`` of this kind (such as "attribute")."""
    if name not in known:
        listed = f"there {'is' if len(known) == 1 else 'are'} {', '.join(known)}"
        raise InputError(f"{task} has no {kind} {printable(name)!r}: {listed}")


def yes_or_no(raw: Any, option: str) -> bool:
    """Whether an option says yes; raises an InputError if it says neither yes nor no."""
    words = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
    word = str(raw).strip().lower()
    if word not in words:
        raise InputError(f"option {option}: {printable(str(raw))!r} is neither yes nor no: give one of them")
    return words[word]


def select_attributes(
    spec: BuildSpec, task: str, attributes: Sequence[str], profiles: Sequence[str]
) -> tuple[str, ...]:
    """Check profile, attributes and size; give the attributes to build, in the task's order.

    No attributes means all.

    Raises an InputError if the task does not have the profile or one of the attributes, or the size is below
    one.
    """
    check_name(task, "profile", spec.profile, profiles)
    for attribute in spec.attributes:
        check_name(task, "attribute", attribute, attributes)
    if spec.size is not None and spec.size < 1:
        raise InputError(f"size {spec.size} is too small: a suite needs at least one item")
    return tuple(name for name in attributes if not spec.attributes or name in spec.attributes)


@dataclass(frozen=True)
class PartPlan:
    """The items of one part of a suite, and a line for each thing left out of it, with the reason.

    ``recordings`` says of each type of question which of the user's recordings it uses.
    """

    drafts: Sequence[Draft] = ()
    dropped: Sequence[str] = ()
    recordings: Mapping[str, Any] = field(default_factory=dict)


def build_plan(
    parts: Iterable[PartPlan], *, declared: dict[str, Any], library: Library | None = None, **manifest: Any
) -> BuildPlan:
    """Put the parts of a suite together, in their order; ``manifest`` are further fields of the plan.

    What the ``library`` of recordings holds, and what each question uses of it, is ``declared`` too.

    Raises an InputError if there is no item in any of them.
    """
    plans = list(parts)
    drafts = tuple(draft for plan in plans for draft in plan.drafts)
    dropped = tuple(line for plan in plans for line in plan.dropped)
    if not drafts:
        raise InputError(f"no item can be built: {dropped[0] if dropped else 'choose a larger size'}")
    if library is not None:
        questions = {name: facts for plan in plans for name, facts in plan.recordings.items()}
        declared = declared | {"recordings": {**library.facts, "questions": questions}}
    return BuildPlan(drafts, "starbench", dropped, declared, **manifest)
