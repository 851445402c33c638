"""Words in a reply that state an option, whole or in short, and how firmly."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence, Set
from functools import lru_cache
from itertools import pairwise

from starbench.reading import patterns
from starbench.reading.choices import COMPARISON, POINTERS, Choices, Form
from starbench.reading.reply import Candidate, Rank, Reply
from starbench.reading.stance import Stance
from starbench.reading.tokens import FILLERS, Token

_CONCLUDES = re.compile(
    r"(?:\b(?:so|therefore|thus|hence|consequently|overall|in conclusion|conclude|conclusion|answer"
    r"|final|actually|guess|choose|instead|por lo tanto|donc|daher|поэтому)\b|所以|因此|故"
    r"|答案)[^.!?。\n]{0,80}\Z"
)
#: A single word is an option where it is what a sentence says of its subject, not where it describes something else.
_PREDICATE = re.compile(
    r"(?:(?<!there )\b(?:is|are|was|were|be|being|seems?|appears?|sounds?|sounded|has|have|conveys?|shows?"
    r"|features?|exhibits?|remains?|feels?)|(?<!there)'s|\b(?:as|with|by|from|in|on|at|to|towards?|of|like"
    r"|category|class|level))\s+(?:(?:to be|being|the|a|an|very|more|most|likely|clearly|probably|quite"
    r"|relatively|rather"
    r"|somewhat|slightly|much|\w+ly|coming|located|positioned|heard|considered|classified|described|in|on|from"
    r"|as|at|your|its|my"
    r"|be|of|just|only|about|approximately|mostly|perceived|directly|primarily)\s+){0,5}\Z"
)
_ENDS = re.compile(r"\W*(?:\w+\W{0,3}){0,2}(?:\Z|(?:of|in|from|with|at|than|compared)\b)")
_ENDS_OR_REASON = re.compile(
    r"[\"'>)\]}]{0,2}\s{0,2}(?:\Z|(?:because|since|as|and|but|due|than|rather|instead|based|for)\b)"
)
_VERB_AFTER = re.compile(
    r"\s+(?:(?:sound|noise|one|tone|clip|segment|source|instrument) )?(?:is|are|was|were|can|could|has|have"
    r"|seems|sounds|appears|plays)\b"
)
#: Words of an option that is known again by its wording.
_PHRASE = 3
_CONTRASTS = ("but", "instead", "rather", "sondern", "sino")
_COMPARATIVE = re.compile(r"\b(?:more|less|most|least|greater|smaller|\w{3,}er|\w{3,}est)\b")
_LIST_MARKER = re.compile(r"(?:\A|\n)\s*(?=\d+[.)]\s)")
_OR_WORD = re.compile(r"\b(?:or|oder|ou|o|или)\b")
_CONTRAST = re.compile(r"\b(?:but|and|while|whereas|with|yet|though|although)\b")
_AND = re.compile(r"\W*\b(?:and|und|et|y|e|и)\b|\W*[和と]")
_OR = re.compile(r"\W*\b(?:or|oder|ou|o|или)\b|\W*[或か]")
#: Pairs of opposites, by stem: a reply that says the one was not asked for the other.
_OPPOSITES = dict(
    pair
    for one, other in (
        ("high", "low"), ("loud", "soft"), ("long", "short"), ("bright", "dark"), ("fast", "slow"), ("close", "far"),
        ("more", "less"), ("more", "few"), ("great", "small"), ("strong", "weak"), ("hard", "soft"), ("left", "right"),
        ("large", "small"), ("big", "small"), ("front", "back"), ("early", "late"), ("above", "below"), ("up", "down"),
        ("reverberant", "dry"), ("wide", "narrow"), ("thick", "thin"), ("increas", "decreas"), ("ris", "fall"),
    )
    for pair in ((one, other), (other, one))
)  # fmt: skip


FIRST_PERSON = frozenset({"i", "i'm", "i'd", "we", "we're"})
_GUESS = re.compile(r"\b(?:maybe|perhaps|possibly|might be|could be)\b")


def text_candidates(reply: Reply) -> list[Candidate]:
    """Each option that the reply states in words and asserts, in order."""
    if reply.choices.spelled:
        return list(_spelled_candidates(reply))
    found = []
    for start, end in _sentences(reply):
        whole = _mention(reply, start, end)
        if whole is not None and whole.rank > Rank.HINTED and not whole.dropped:
            found.append(whole)
            continue
        clauses = [
            mention for bounds in reply.stances.clauses(start, end) if (mention := _mention(reply, *bounds))
        ]
        if _are_alternatives(reply, _vocabulary(reply, start, end)):
            clauses = [mention for mention in clauses if mention.cued]
        elif len(_GUESS.findall(reply.lower, start, end)) > 1:  # "maybe high, maybe low"
            clauses = []
        if len({mention.index for mention in clauses if not mention.dropped}) > 1:
            hints = any(
                Rank.HINTED in (one.rank, other.rank) and _CONTRAST.search(reply.lower, one.end, other.start)
                for one, other in pairwise(clauses)
            )
            for mention in clauses:
                if not mention.cued:
                    mention.rank = min(mention.rank, Rank.HINTED if hints else Rank.MENTIONED)
        for one, other in pairwise(clauses):
            between = reply.lower[one.end : other.start]
            if one.index != other.index and _OR.match(between):
                for mention in clauses:
                    mention.dropped |= mention.index in (one.index, other.index)
            elif one.index != other.index and reply.choices.counted:  # "option 2: 3"
                one.dropped = other.dropped = True
            elif _AND.match(between):
                one.rank = other.rank = min(one.rank, other.rank)
        found += clauses
    kept = [candidate for candidate in found if not candidate.dropped and candidate.rank > Rank.HINTED]
    # Who could not tell at first, and then does, tells.
    return [one for one in kept if one.index not in reply.choices.abstaining] or kept


def mentioned(reply: Reply) -> set[int]:
    """Indices of all options whose words the reply holds in any order, asserted or not."""
    stems = {token.stem for token in reply.vocabulary} - {"not"}
    return {
        i
        for i, forms in enumerate(reply.choices.forms)
        if any(
            set(form) <= stems or any(_is_telling(word, reply.choices) for word in stems & set(form))
            for form in forms
        )
    }


def _sentences(reply: Reply) -> Iterator[tuple[int, int]]:
    start = 0
    while start < len(reply.lower):
        _, end = reply.stances.sentence(start)
        yield start, end
        start = max(end, start + 1)


def _mention(reply: Reply, start: int, end: int) -> Candidate | None:
    """The one option that the words from ``start`` to ``end`` state, if they state one."""
    words = _vocabulary(reply, start, end)
    if not words or _are_alternatives(reply, words):
        return None
    match, compared = _spelled_out(reply, words, start, end) or _matched(words, reply.choices), False
    if match is None and not reply.choices.has_comparison:
        cut = COMPARISON.search(reply.lower, start, end)
        if cut is None or cut.start() == start:
            return None
        words = [token for token in words if token.end <= cut.start()]
        match, compared = _matched(words, reply.choices), not cut["contrast"]
    if match is None:
        return None
    index, form = match
    used = _aligned(words, form)
    first, last = used[0].start, used[-1].end
    candidate = Candidate(index, first, last)
    said = _said(reply, start, end, used)
    is_alone = not said
    before = reply.before(first)
    candidate.cued = bool(
        patterns.STATED_BEFORE.search(before)
        or patterns.FINAL_BEFORE.search(before)
        or _CONCLUDES.search(before)
    )
    if patterns.FINAL_BEFORE.search(before):
        candidate.rank = Rank.FINAL
    elif is_alone or candidate.cued:
        candidate.rank = Rank.STATED
    stance = reply.stances.of(first, last)
    is_own = "not" in form and stance is Stance.REJECTED  # the negation is the option's
    candidate.dropped = stance in (Stance.OPEN, Stance.REJECTED) and not is_own
    negations = [token for token in words if token.stem == "not"]
    if "not" in form:
        candidate.dropped |= len(negations) > 1 or reply.stances.opens_within(first, last)
    else:
        candidate.dropped |= reply.stances.rejects_within(first, last)
    if index in reply.choices.abstaining and not candidate.cued:
        is_own = FIRST_PERSON.isdisjoint(
            token.word for token in reply.tokens_between(reply.tokens, start, first)
        )
        return candidate if is_own else None
    if is_alone or candidate.cued:
        return candidate
    if not _is_relevant(reply, index, form, used, said, compared=compared):
        return None
    if not _is_predicate(reply, form, used, start, end):
        candidate.rank = Rank.HINTED
    return candidate


def _spelled_out(reply: Reply, words: Sequence[Token], start: int, end: int) -> tuple[int, Form] | None:
    """The only option whose text of several words stands there word for word, and its words that tell options apart."""
    spans = {
        int((match.lastgroup or "o")[1:]): match.span()
        for match in reply.choices.pattern.finditer(reply.lower, start, end)
    }
    if len(spans) != 1:
        return None
    ((index, (first, last)),) = spans.items()
    form = tuple(token.stem for token in words if first <= token.start < last)
    outside = tuple(token.stem for token in words if not first <= token.start < last)
    others = (form for i, forms in enumerate(reply.choices.forms) if i != index for form in forms)
    if (
        not form
        or len(reply.choices.words[index]) < _PHRASE
        or any(_within(other, outside) for other in others)
    ):
        return None
    return index, form


def _aligned(words: Sequence[Token], form: Form) -> list[Token]:
    """The last words that make up the form, or all where it does not stand there whole."""
    used: list[Token] = []
    rest = list(form)
    for token in reversed(words):
        if rest and token.stem == rest[-1]:
            used.append(token)
            rest.pop()
    return [token for token in words if token.stem in form] or list(words) if rest else used[::-1]


def _are_alternatives(reply: Reply, words: Sequence[Token]) -> bool:
    """Whether "or" stands between words of options, and in no option."""
    if len(words) < 2:
        return False
    between = reply.lower[words[0].end : words[-1].start]
    return _OR_WORD.search(between) is not None and not any(_OR_WORD.search(t) for t in reply.choices.texts)


def _vocabulary(reply: Reply, start: int, end: int) -> list[Token]:
    """The words that tell options apart, each run of the same one once."""
    markers = _list_markers(reply.lower) if reply.choices.counted else frozenset()
    kept: list[Token] = []
    for token in reply.tokens_between(reply.vocabulary, start, end):
        is_repeated = kept and kept[-1].stem == token.stem and token.stem != "not"
        if not is_repeated and token.start not in markers:
            kept.append(token)
    return kept


@lru_cache(maxsize=64)
def _list_markers(text: str) -> frozenset[int]:
    """Where numbers stand that count nothing: "1. Listen."."""
    return frozenset(match.end() for match in _LIST_MARKER.finditer(text))


def _matched(words: Sequence[Token], choices: Choices) -> tuple[int, Form] | None:
    """The option that is stated by exactly these words, by the only form that they hold, or by a part of only one."""
    stated = tuple(token.stem for token in words)
    exact = [(i, form) for i, forms in enumerate(choices.forms) for form in forms if form == stated]
    if exact:
        return exact[0] if len({i for i, _ in exact}) == 1 else None
    held = [(i, form) for i, forms in enumerate(choices.forms) for form in forms if _within(form, stated)]
    if held:
        longest = max(held, key=lambda pair: len(pair[1]))
        rest = {i for i, form in held if not _within(form, longest[1]) or i == longest[0]}
        extra = {word for word in set(stated) - set(longest[1]) - {"not"} if _is_telling(word, choices)}
        is_firm = len(longest[1]) > 1 or not extra
        return longest if rest == {longest[0]} and is_firm else None
    if choices.lettered:
        return None
    reordered = {
        i for i, forms in enumerate(choices.forms) if any(set(form) == set(stated) for form in forms)
    }
    if len(reordered) == 1 and not choices.has_comparison:  # "the louder sound is the second one"
        return next((i, form) for i in reordered for form in choices.forms[i] if set(form) == set(stated))
    parts = {i for i, forms in enumerate(choices.forms) if any(_within(stated, form) for form in forms)}
    if len(parts) != 1 or stated == ("not",):
        return None
    (index,) = parts
    form = min((form for form in choices.forms[index] if _within(stated, form)), key=len)
    # "present" does not say "not present".
    return None if "not" in form and "not" not in stated else (index, form)


def _is_telling(word: str, choices: Choices) -> bool:
    """Whether a word stands in one option alone."""
    return sum(any(word in form for form in forms) for forms in choices.forms) == 1


def _within(form: Sequence[str], words: Sequence[str]) -> bool:
    """Whether all words of ``form`` stand in ``words``, in their order."""
    rest = iter(words)
    return all(word in rest for word in form)


def _said(reply: Reply, start: int, end: int, used: Sequence[Token]) -> list[Token]:
    """What else is said between ``start`` and ``end``: words that are no fillers, and in no option."""
    places = {token.start for token in used}
    return [
        token
        for token in reply.tokens_between(reply.tokens, start, end)
        if token.start not in places
        and token.word not in FILLERS
        and (token.word not in ("one", "ones") or reply.choices.counted)
        and token.stem not in reply.choices.stems
        and len(token.word) > 1
    ]


def _is_relevant(
    reply: Reply, index: int, form: Form, used: Sequence[Token], said: Sequence[Token], *, compared: bool
) -> bool:
    """Whether a sentence that says more than an option's words says what was asked: no inference is made."""
    if index in reply.choices.pointing:
        return _answers_question(reply, said, compared=False)
    if {token.stem for token in used} <= POINTERS and len(form) > len(used):
        return reply.question is not None and _answers_question(reply, said, compared=compared)
    if compared:
        return _answers_question(reply, said, compared=True)
    return _agrees(said, reply.asked | set(form))


def _is_predicate(reply: Reply, form: Form, used: Sequence[Token], start: int, end: int) -> bool:
    """Whether words are what a sentence states of its subject; of several words any may be."""
    before, after = reply.lower[start : used[0].start], reply.lower[used[-1].end : end]
    is_spelled = any(
        match.end() > used[0].start and " " in match[0]
        for match in reply.choices.pattern.finditer(reply.lower, start, end)
    )
    if (
        is_spelled
        or len(used) > 1
        or used[0].stem in POINTERS
        or used[0].stem.isdigit()
        or not used[0].word.isascii()
    ):
        return True
    if reply.lower[:start].rstrip().endswith(_CONTRASTS):
        return bool(_ENDS.match(after))
    if not before.strip(" \"'<([") or before.strip() in ("the", "a", "an"):
        return bool(_VERB_AFTER.match(after))
    return bool(_PREDICATE.search(before) and (_ENDS.match(after) or _ENDS_OR_REASON.match(after)))


def _answers_question(reply: Reply, said: Sequence[Token], *, compared: bool) -> bool:
    """Whether what is said of a sound is what was asked: an inference is not made here."""
    if reply.question is None:
        return not compared and _agrees(said, reply.choices.stems)
    if any(
        _COMPARATIVE.fullmatch(token.word)
        and token.word not in ("more", "most")
        and token.stem not in reply.asked
        for token in said
    ):
        return False
    return _agrees(said, reply.asked) and any(token.stem in reply.asked for token in said)


def _agrees(said: Sequence[Token], expected: Set[str]) -> bool:
    """Whether nothing that is said is the opposite of what is expected, or compares in another respect."""
    for token in said:
        if token.stem in expected:
            continue
        if _OPPOSITES.get(token.stem) in expected or token.word in ("less", "least", "fewer"):
            return False
    return True


_COMMA = re.compile(r"[,，、]")


def _spelled_candidates(reply: Reply) -> Iterator[Candidate]:
    """Options that are found by their patterns: orders of clips, and scripts without spaces."""
    for match in reply.choices.pattern.finditer(reply.lower):
        index = int((match.lastgroup or "o")[1:])
        start, end = match.span()
        before = reply.before(start)
        begin, stop = reply.stances.clause(start, end)
        is_alone = not reply.lower[begin:start].strip(" \"'<([{•-:") and not reply.lower[end:stop].strip(
            " \"'>)]}.!"
        )
        is_cued = bool(
            patterns.STATED_BEFORE.search(before)
            or patterns.FINAL_BEFORE.search(before)
            or _CONCLUDES.search(before)
        )
        if reply.stances.of(start, end) is not Stance.ASSERTED:
            continue
        if (
            index in reply.choices.chained
            and not (is_alone or is_cued)
            and _COMMA.search(match[0])
            and "then" not in match[0]
        ):
            continue  # "I heard clip 1, clip 2, clip 3" states no order
        yield Candidate(index, start, end, Rank.STATED if is_alone or is_cued else Rank.MENTIONED)
