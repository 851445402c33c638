"""The best constant strategy: what a model gets that always says the same, without listening."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from starbench.schema.score import BestConstant, Score
from starbench.scoring.observations import Observation

#: Option texts that fewer items share are no vocabulary that a strategy could know of.
SHARED_BY = 10


def best_constant(observations: Sequence[Observation]) -> BestConstant:
    """The most right trials that always choosing one content gives.

    A strategy may name one content ("both sounds are the same") for each set of options that at least
    ten items share; for options that hardly recur, it may name one place in their original order.
    """
    items = {o.trial.item_id: o.item for o in observations}
    options = {name: item.options for name, item in items.items()}
    vocabularies = {texts: frozenset(texts) for texts in options.values()}
    sharing = Counter(vocabularies[texts] for texts in options.values())
    right: defaultdict[frozenset[str] | None, Counter[str]] = defaultdict(Counter)
    shares: defaultdict[frozenset[str] | None, defaultdict[str, float]] = defaultdict(
        lambda: defaultdict(float)
    )
    contents: defaultdict[str, set[str]] = defaultdict(set)
    planned = Counter([o.trial.item_id for o in observations])
    for (name, place), n in Counter([(o.trial.item_id, o.right_content) for o in observations]).items():
        texts = options[name]
        is_shared = sharing[vocabularies[texts]] >= SHARED_BY
        content = texts[place] if is_shared else f"option {place + 1}"
        group = vocabularies[texts] if is_shared else None
        right[group][content] += n
        shares[group][content] += n / planned[name]
        contents[name].add(content)
    best = {group: counts.most_common(1)[0] for group, counts in right.items()}
    chosen = {content for content, _ in best.values()}
    return BestConstant(
        aa=sum(n for _, n in best.values()) / len(observations),
        oa=sum(shares[group][content] for group, (content, _) in best.items()) / len(options),
        acr=sum(named <= chosen for named in contents.values()) / len(options),
        content=" / ".join(sorted(chosen)),
    )


def constant_oa(score: Score) -> float | None:
    """OA of the best constant strategy; None of so few items that it is an accident."""
    return score.best_constant.oa if score.n_items >= SHARED_BY else None


def constant_aa(score: Score) -> float | None:
    """AA of the best constant strategy; None of so few items that it is an accident."""
    return score.best_constant.aa if score.n_items >= SHARED_BY else None
