"""The best constant strategy: what a model gets that always says the same, without listening."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from starbench.schema.score import BestConstant
from starbench.scoring.observations import Observation

#: Option texts that fewer items share are no vocabulary that a strategy could know of.
SHARED_BY = 10


def best_constant(observations: Sequence[Observation]) -> BestConstant:
    """The most right trials that always choosing one content gives.

    A strategy may name one content ("both sounds are the same") for each set of options that at least
    ten items share; for options that hardly recur, it may name one place in their original order.
    """
    items = Counter(item.options for item in {o.item.id: o.item for o in observations}.values())
    sharing: Counter[frozenset[str]] = Counter()
    for options, n in items.items():
        sharing[frozenset(options)] += n
    shared = {options for options in items if sharing[frozenset(options)] >= SHARED_BY}
    right: defaultdict[frozenset[str] | None, Counter[str]] = defaultdict(Counter)
    places = Counter((o.item.options, o.right_content) for o in observations)
    for (options, place), n in places.items():
        if options in shared:
            right[frozenset(options)][options[place]] += n
        else:
            right[None][f"option {place + 1}"] += n
    best = [counts.most_common(1)[0] for counts in right.values()]
    chosen = {content for content, _ in best}
    return BestConstant(
        aa=sum(n for _, n in best) / len(observations),
        acr=_always_right(observations, chosen, shared) / sum(items.values()),
        content=" / ".join(sorted(chosen)),
    )


def _always_right(observations: Sequence[Observation], chosen: set[str], shared: set[tuple[str, ...]]) -> int:
    """Items whose right content is the chosen one at every rotation."""
    items: dict[str, bool] = {}
    for o in observations:
        options, place = o.item.options, o.right_content
        content = options[place] if options in shared else f"option {place + 1}"
        items[o.trial.item_id] = items.get(o.trial.item_id, True) and content in chosen
    return sum(items.values())
