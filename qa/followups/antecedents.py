"""What a pronoun or a short "that summit" stands for: the best noun phrase of earlier questions."""

import re
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, replace
from itertools import islice

from index.searching import Index
from qa.followups import vocabulary as v
from qa.followups.asking import (
    WHAT_IS,
    WHO_IS,
    is_predicated,
    is_whom,
    thing_asked_for,
    who_did,
    with_clause,
)
from qa.followups.nounphrases import NounPhrase, Token, noun_phrases, same_noun, tokens
from qa.followups.wording import as_definite
from qa.kinds import singular

_DISTANCE = 1.2  # how much better a phrase must fit to be meant rather than one a question nearer
_LEAST = 0.9  # fit from which a phrase may be meant at all
_LEAST_OTHER = 0.9  # the same for what is meant where the best is not, the turns between taken off
_RARITY = 0.05  # what a unit of inverse document frequency adds: it decides ties only

# How well a kind of phrase fits: singular and plural.
_FIT: dict[str, dict[str, tuple[float, float]]] = {
    "it": {
        "event": (3.0, 0.0), "organisation": (2.6, 0.2), "place": (2.0, 0.2), "name": (2.4, 0.6),
        "thing": (2.2, 0.0), "person": (0.0, 0.0), "time": (0.0, 0.0),
    },
    "its": {
        "event": (3.0, 0.0), "organisation": (2.8, 0.2), "place": (2.0, 0.2), "name": (2.4, 0.6),
        "thing": (2.2, 0.0), "person": (0.0, 0.0), "time": (0.0, 0.0),
    },
    "that": {
        "event": (3.0, 0.0), "organisation": (1.0, 0.0), "place": (0.0, 0.0), "name": (0.5, 0.4),
        "thing": (2.2, 0.0), "person": (0.0, 0.0), "time": (0.0, 0.0),
    },
    "agent": {
        "event": (0.9, 0.0), "organisation": (3.0, 0.2), "place": (2.4, 0.2), "name": (2.8, 0.6),
        "thing": (1.0, 0.0), "person": (0.0, 0.0), "time": (0.0, 0.0),
    },
    "he": {
        "person": (3.4, 0.5), "name": (2.2, 0.0), "place": (0.0, 0.0), "thing": (0.0, 0.0),
        "organisation": (0.0, 0.0), "event": (0.0, 0.0), "time": (0.0, 0.0),
    },
    "they": {
        "person": (1.6, 3.2), "organisation": (2.0, 3.0), "name": (1.4, 3.0), "thing": (0.2, 2.9),
        "place": (1.0, 2.8), "event": (0.2, 2.6), "time": (0.0, 0.0),
    },
    "there": {
        "place": (3.0, 1.0), "event": (3.1, 0.5), "name": (2.0, 0.0), "organisation": (1.5, 0.0),
        "thing": (0.5, 0.0), "person": (0.0, 0.0), "time": (0.0, 0.0),
    },
    "speakers": {
        "person": (1.6, 3.6), "organisation": (2.0, 2.8), "name": (1.4, 2.4), "thing": (0.2, 2.3),
        "place": (1.0, 1.8), "event": (0.2, 1.8), "time": (0.0, 0.0),
    },
    "occasion": {
        "event": (3.2, 0.5), "place": (2.2, 0.5), "name": (0.8, 0.5), "organisation": (0.8, 0.5),
        "thing": (0.8, 0.3), "person": (0.0, 0.0), "time": (0.0, 0.0),
    },
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class _Candidate:
    text: str
    fit: float
    sort: tuple[str, str]
    inner: bool = False


def antecedent(pronoun: str, earlier: Sequence[str], index: Index, *, rank: int = 0) -> str | None:
    """Return what a pronoun stands for in earlier questions (oldest first), None if nothing fits.

    Args:
        pronoun: ``it``, ``agent`` ("it" that acts), ``its``, ``that``, ``he`` (any person),
            ``they``, ``speakers`` ("they" who say), ``there`` or ``occasion`` (nothing said).
        earlier: completed questions, oldest first.
        index: its term weights break ties.
        rank: 0 for what fits best, 1 for what fits best of another sort, and so on: two names of
            one kind are of one sort, things are by what they are called.
    """
    persons = frozenset(name for question in earlier for name in _persons(question))
    found = [
        replace(candidate, fit=candidate.fit - _DISTANCE * turns)
        for turns, question in enumerate(reversed(earlier))
        for candidate in _candidates(pronoun, question, persons, index)
        if candidate.fit >= _LEAST
    ]
    found.sort(key=lambda candidate: candidate.fit, reverse=True)
    of_each_kind: dict[tuple[str, str], _Candidate] = {}
    for candidate in found:
        if of_each_kind and (candidate.inner or candidate.fit < _LEAST_OTHER):
            continue
        of_each_kind.setdefault(candidate.sort, candidate)
    best = next(islice(of_each_kind.values(), rank, None), None)
    return None if best is None else _in_full(best.text, earlier)


def _in_full(text: str, earlier: Sequence[str]) -> str:
    """Return what an earlier question has for a bare "the summit", the text where none has more."""
    phrases = noun_phrases(text)
    bare = phrases[:1] and phrases[0].text == text and phrases[0].words == 1
    known = bare and not phrases[0].proper and text.lower().startswith("the ")
    return (known and name_of(phrases[0], earlier, pointing=False)) or text


def _persons(question: str) -> list[str]:
    """Return the name, in small letters, of whom "Who is Fang Binxing?" asks about."""
    if WHO_IS.match(question) is None:
        return []
    return [
        phrase.text.lower()
        for phrase in noun_phrases(question)[:1]
        if phrase.kind == "name" and phrase.words in (2, 3) and not phrase.text.isupper()
        and len(tokens(question)) - phrase.end <= 1
    ]  # fmt: skip


def name_of(phrase: NounPhrase, earlier: Sequence[str], *, pointing: bool) -> str | None:
    """Return the fuller phrase that "the summit" or "that summit" means, None if there is none.

    `pointing`: the phrase has "this" or "that", so that anything of its kind may be meant.
    """
    for question in reversed(earlier):
        others = noun_phrases(question)
        for other in others:
            wanted = thing_asked_for(question, other) if pointing or phrase.words == 1 else None
            if wanted is not None and same_noun(phrase.head, other.head):
                return wanted
            if same_noun(phrase.head, other.head) and _fuller(phrase, other, pointing=pointing):
                return as_definite(other.text, other)
        kind = v.CLASS_NOUNS.get(phrase.head) if phrase.words == 1 else None
        if phrase.head in ("region", "country") and not pointing:
            kind = None  # rather a part of what is spoken of, or that it is a part of
        named = [
            other
            for other in others
            if kind is not None and _is_a(other, kind) and other.text.lower() != phrase.text.lower()
        ]
        if named:
            best = max(named, key=lambda other: (_rank(other, kind), -other.start))
            return as_definite(best.text, best)
    return None


def _fuller(phrase: NounPhrase, other: NounPhrase, *, pointing: bool) -> bool:
    """Whether the other phrase says more: further words, or something attached."""
    return (
        other.words > phrase.words
        or (other.end > other.core and phrase.words == 1)
        or (pointing and other.proper)
    )


def _is_a(other: NounPhrase, kind: str | None) -> bool:
    if other.kind == "time" or other.asked or not (other.proper or other.definite):
        return False
    if other.plural and not (kind == "writing" and other.proper):  # "the Guiding Opinions"
        return False
    if kind == "place":
        dated = any(mark.isdigit() for mark in other.text)  # "the 2016 Policy Address"
        return other.proper and other.kind in ("place", "name") and not dated
    if kind == "organisation":
        return other.kind == "organisation" or (other.kind == "name" and other.proper)
    if kind == "writing":
        return other.head in v.WRITINGS
    return other.kind == kind or (kind == "person" and other.kind == "name" and other.words > 1)


def _rank(other: NounPhrase, kind: str | None) -> tuple[bool, bool]:
    return other.kind == kind, other.text.isupper()


def _candidates(
    pronoun: str, question: str, persons: Set[str], index: Index
) -> Iterator[_Candidate]:
    phrases = noun_phrases(question)
    if pronoun in ("it", "its", "that") and (called := _called(question)) is not None:
        yield _Candidate(text=called, fit=3.1, sort=("name", ""))
    if pronoun == "that":
        for phrase in phrases:
            thing = thing_asked_for(question, phrase)
            if thing is not None and phrase.kind not in ("time", "person"):
                yield _Candidate(text=thing, fit=2.3, sort=("thing", ""))
    who = who_did(question, pronoun)
    if who is not None:
        yield _Candidate(text=who, fit=2.5 if pronoun == "he" else 2.3, sort=("person", ""))
    for place, phrase in enumerate(phrases):
        named = place == 0 and pronoun == "he" and WHO_IS.match(question) is not None
        whom = place == 0 and pronoun in _OF_PEOPLE and is_whom(question, phrase)
        kind = "person" if named or whom or phrase.text.lower() in persons else phrase.kind
        fit = _FIT[pronoun][kind][phrase.plural]
        make = _make(phrase) if pronoun in ("it", "its") else None
        text, fit = (make, 2.2) if make else (_resolved(phrase, phrases[:place]), fit)
        if fit <= 0 or text is None or is_bare_verb(phrase):
            continue
        fit += _adjust(pronoun, phrase, question)
        text = with_clause(as_definite(text, phrase), phrase, question)
        sort = (kind, "" if phrase.proper else phrase.head)
        fit += 0.1 * (place == 0) + _RARITY * _rarity(phrase.text, index)
        yield _Candidate(
            text=make or thing_asked_for(question, phrase) or text,
            fit=fit,
            sort=sort,
            inner=phrase.inner,
        )
    if pronoun in ("they", "speakers"):
        yield from _pairs(question, phrases)


_OF_PEOPLE = frozenset({"he", "they", "speakers"})


def _called(question: str) -> str | None:
    """Return "strings for all" of "what is strings for all?": what has no article is a name."""
    found = _WHAT_IS_IT.fullmatch(question)
    words = found["name"].lower().split() if found is not None else []
    if found is None or len(words) < 2 or words[0] in v.CLOSED or v.AUXILIARIES & {*words}:
        return None
    return found["name"] if {"for", "in", "with", "to"} & {*words[1:-1]} else None


_WHAT_IS_IT = re.compile(
    r"what(?:\s+is|\s+was|['’]?s)\s+(?P<name>[\w-]+(?:\s[\w-]+){1,4})[\s?]*", re.I
)


def _make(phrase: NounPhrase) -> str | None:
    """Return "the Ural lorry" for the "Ural lorries" of "How many Ural lorries were built?"."""
    if not (phrase.asked and phrase.plural and phrase.core == phrase.end):
        return None
    if phrase.text[0].islower() or phrase.kind not in ("thing", "name"):
        return None
    return f"the {phrase.text[: -len(phrase.head)]}{singular(phrase.head)}"


def is_bare_verb(phrase: NounPhrase) -> bool:
    """Whether a phrase is but a word that may be a verb: "fall"."""
    text = phrase.text.lower()
    return not phrase.asked and not phrase.plural and (text in v.VERBS or text in v.AMBIGUOUS)


def _adjust(pronoun: str, phrase: NounPhrase, question: str) -> float:
    """Return what the phrase's form and place add to how well its kind fits."""
    fit = _salience(pronoun, phrase, question)
    if phrase.kind == "name":
        personal = personal_fit(phrase, question)
        if pronoun == "he":
            fit += personal
        elif pronoun in ("they", "speakers") and not phrase.plural:
            fit -= 0.6 * (personal > 0)
        elif pronoun in ("it", "its"):
            fit -= 0.8 * (personal > 1)
        elif pronoun in ("there", "occasion"):
            fit -= 2.0 * (personal > 1 and phrase.preposition is None)
    if pronoun == "occasion" and not phrase.proper and phrase.kind not in ("event", "place"):
        fit -= 0.6
    loose = phrase.words == 1 and not phrase.definite and phrase.preposition is not None
    if loose and pronoun in ("it", "its"):
        fit -= 0.5  # "over budget"
    aside = phrase.preposition in ("about", "on", "by", "as")
    if aside and pronoun in ("it", "its", "they", "speakers"):
        fit += 0.9 if pronoun == "it" and _is_decided(phrase, question) else -0.3
    return fit


def _is_decided(phrase: NounPhrase, question: str) -> bool:
    """Whether a phrase is what is decided on: "What did the board decide on | the lane?"."""
    before = [word.lower for word in tokens(question)[: phrase.start]][-2:]
    return len(before) == 2 and before[0] in _DECIDES and before[1] in ("about", "on")


_DECIDES = frozenset(
    "decide decides decided agree agrees agreed resolve resolves resolved rule rules ruled".split()
)


def _salience(pronoun: str, phrase: NounPhrase, question: str) -> float:
    words = tokens(question)
    fit = 0.0
    if phrase.inner:
        fit -= 0.5 if pronoun != "there" else 0.2
    which = phrase.start > 0 and words[phrase.start - 1].lower == "which" and not phrase.plural
    before = words[phrase.start - 1].lower if phrase.start else ""
    told = before in v.HAVE | {"there"} and pronoun in ("it", "its", "they")  # "has it a plan?"
    if told and not phrase.definite:
        fit += 0.4  # a question on a thing tells of it rather than of who has it
    elif pronoun == "there" and phrase.kind == "thing" and phrase.preposition in _WHERE:
        fit += 0.6  # "flowers to intensive care"
    elif not (phrase.definite or which):  # "which summit" is one that there was
        fit -= 0.2 if pronoun in ("they", "speakers") and phrase.plural else 0.9
    if phrase.asked and not (which and pronoun in ("it", "its", "agent")):
        fit -= 0.4
    if pronoun in ("it", "its", "that") and (fits := _defining(phrase, words)):
        fit += fits
    if phrase.text.split()[0].lower() in v.POSSESSIVES:
        fit += 0.8  # "its plan" names its owner too
    if phrase.end < len(words) and words[phrase.end].lower in ("who", "that"):
        fit -= 2.4 * (
            not is_predicated(phrase, question)
        )  # cut short: an earlier question has it all
    elif (
        WHAT_IS.match(question)
        and not is_whom(question, phrase)
        and not phrase.proper
        and " of " in phrase.text
    ):
        # "what is the role of CSIP?" is about CSIP, "what is the plan of Macao?" about the plan
        fit -= 0.9 * (phrase.kind == "thing" and words[phrase.core - 1].lower not in v.WRITINGS)
    fit -= 2.0 * (pronoun == "there" and is_become(phrase, words))
    return fit + _ownership(pronoun, phrase, words) - 0.8 * _in_clause(phrase, words)


def _in_clause(phrase: NounPhrase, words: Sequence[Token]) -> bool:
    """Whether a phrase begins a relative clause: "the core that | the institute recovered"."""
    before = words[phrase.start - 1].lower if phrase.start else ""
    return not phrase.asked and before in ("that", "which", "who")


_WHERE = frozenset("in at to from".split())
_BECOME = frozenset("become becomes became becoming".split())


def is_become(phrase: NounPhrase, words: Sequence[Token]) -> bool:
    """Whether a phrase is what something else becomes: "a national pilot city"."""
    before = words[phrase.start - 1].lower if phrase.start else ""
    return not phrase.definite and before in _BECOME


def _defining(phrase: NounPhrase, words: Sequence[Token]) -> float:
    """Return what it adds to be what someone defines, or takes from who does."""
    after = words[phrase.end].lower if phrase.end < len(words) else ""
    before = words[phrase.start - 1].lower if phrase.start else ""
    if after in _DEFINING:
        return -1.2
    return 0.9 * (before in _DEFINING and not phrase.definite)


_DEFINING = frozenset("define defines defined describe describes described".split())


def _ownership(pronoun: str, phrase: NounPhrase, words: Sequence[Token]) -> float:
    fit = 0.0
    owner = phrase.core < len(words) and words[phrase.core].text[0] in "'’"
    if pronoun == "it" and phrase.inner and owner:
        fit -= 0.4  # what is owned names its owner too
    if pronoun == "its" and ("'s" in phrase.text or "’s" in phrase.text):
        fit -= 0.8  # the owner goes on being spoken of
    if pronoun in ("it", "its") and phrase.definite and not phrase.proper and not phrase.inner:
        fit += 0.7 * (phrase.start > 1 and words[phrase.start - 1].lower in _ACTIONS)
    return fit


def personal_fit(phrase: NounPhrase, question: str) -> float:
    """How much speaks for a name being a person's: words, what is said of it."""
    words = tokens(question)
    after = words[phrase.end].lower if phrase.end < len(words) else ""
    fit = 0.3 if phrase.words in (2, 3) else -1.4
    if after in _PERSONAL_VERBS:
        fit += 0.8
    named = WHO_IS.match(question) is not None or words[0].lower == "whos"
    if named and phrase.end >= len(words) - 1:
        fit += 0.8
    if phrase.preposition in ("in", "at", "of", "from", "to") or phrase.text.isupper():
        fit -= 1.0
    if not phrase.proper and phrase.words > 3:
        fit -= 1.5
    if phrase.text[:4].lower() == "the " or any(mark.isdigit() for mark in phrase.text):
        fit -= 2.0
    return fit


_ACTIONS = (v.VERBS | v.AMBIGUOUS) - v.AUXILIARIES
_PERSONAL_VERBS = frozenset(
    "say says said speak spoke think thinks thought describe describes write wrote believe name "
    "names explain attend attended mention propose announce born die died marry deliver claim "
    "argue suggest win lead play study live regard see view expect want hope stress note "
    "warn".split()
)


def _resolved(phrase: NounPhrase, before: Sequence[NounPhrase]) -> str | None:
    """Return the phrase's text with "its" as the owner's name, None if it leans on other text."""
    first, _, rest = phrase.text.partition(" ")
    if first.lower() in v.DEMONSTRATIVES:
        return None
    if first.lower() not in v.POSSESSIVES:
        return phrase.text
    owners = [other for other in before if other.definite and not other.inner]
    return f"{as_definite(owners[-1].text, owners[-1])}'s {rest}" if owners and rest else None


def _rarity(text: str, index: Index) -> float:
    weights = index.term_weights(text)
    return max(weights.values(), default=0.0)


def _pairs(question: str, phrases: Sequence[NounPhrase]) -> Iterator[_Candidate]:
    """Yield "the State Information Center and IDG Asia" as one."""
    words = tokens(question)
    outer = [phrase for phrase in phrases if not phrase.inner]
    for first, second in zip(outer, outer[1:], strict=False):
        joined = second.start == first.end + 1 and words[first.end].lower == "and"
        if joined and first.definite and second.definite:
            text = question[words[first.start].start : words[second.end - 1].end]
            yield _Candidate(text=as_definite(text, first), fit=3.3, sort=(first.kind, ""))
