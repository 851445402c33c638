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
    items = Counter(frozenset(o.options) for o in {x.item.id: x.item for x in observations}.values())
    right: defaultdict[object, Counter[str]] = defaultdict(Counter)
    for observation in observations:
        options = observation.item.options
        vocabulary = frozenset(options)
        shared = items[vocabulary] >= SHARED_BY
        content = options[observation.right_content] if shared else f"option {observation.right_content + 1}"
        right[vocabulary if shared else None][content] += 1
    best = [counts.most_common(1)[0] for counts in right.values()]
    return BestConstant(
        aa=sum(n for _, n in best) / len(observations),
        content=" / ".join(sorted(content for content, _ in best)),
    )
