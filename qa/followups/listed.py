"""Put in one of several names that an answer lists: "the second of them", "the other one"."""

import re
from collections.abc import Callable, Sequence

from index.understanding.variants import ONES, ORDINALS
from qa.followups import vocabulary as v
from qa.followups.fragments import named_by_fragment
from qa.followups.nounphrases import noun_phrases, same_noun, tokens
from qa.followups.wording import put
from qa.kinds import singular

_WHICH = re.compile(
    rf"\bthe\s+(?P<nth>{'|'.join(ORDINALS)}|last|other)"
    r"(?:\s+(?:one\b|of\s+(?:them|these|those)\b|(?!of\b)(?P<noun>[a-z]{3,}))|(?=[\s?.!]*$|['’]s\b))",
    re.IGNORECASE,
)
_NAME = re.compile(  # "Lee Miao Kwong", "the Public Technology Service Dept."
    r"\b[A-Z][\w’'-]*\.?(?:\s(?:of\s|for\s)?[A-Z][\w’'-]*\.?)*"
)
_GOES_ON = re.compile(r"(?:,|\s+and)\s+[A-Z]")
_MOST_LISTED = 12
_LOOKED_BACK = 3  # earlier questions whose answers may list what is meant


def one_of_listed(
    question: str, earlier: Sequence[str], quoted: Callable[[str], str]
) -> str | None:
    """Return "What is Wu Xiaoning's job?" for "what's the second one's job?", None if not known.

    "And the other one?" is the last question about the other of two.

    Args:
        question: the question asked now.
        earlier: the completed questions before it, oldest first.
        quoted: returns what one of them is answered with, nothing if it is not. It is asked only
            where the question speaks of one of several.
    """
    found = _WHICH.search(question)
    if found is None:
        return None
    for previous in reversed(earlier[-_LOOKED_BACK:]):
        if not _asks_for_several(previous, found["noun"]):
            continue
        names = names_listed(quoted(previous), previous)
        said = [name for name in names if _says(earlier[-1], name)]
        nth = found["nth"].lower()
        if nth == "other":
            others = [name for name in names if name not in said]
            name = others[0] if len(names) == 2 and len(said) == 1 else None
        else:
            at = -1 if nth == "last" else ORDINALS.index(nth)
            name = names[at] if at < len(names) and len(names) > 1 else None
        if name is None:
            continue
        if _WHICH.fullmatch(named_by_fragment(question) or ""):
            return _about_another(name, said, earlier[-1], asks=_asks_of(previous))
        return put(question, found.start(), found.end(), name)
    return None


def _asks_for_several(previous: str, noun: str | None) -> bool:
    """Whether a question may be answered with a list, of what `noun` (lower case) calls one of."""
    words = tokens(previous)
    phrase = next((p for p in noun_phrases(previous) if p.plural and not p.inner), None)
    who = bool(words) and words[0].lower in ("who", "whom")
    if noun is None or (who and noun.lower() in v.PERSON):
        return who or phrase is not None
    return phrase is not None and same_noun(singular(phrase.head), noun.lower())


def _asks_of(previous: str) -> str:
    """Return what asks for one of those that a question asks for: "Who" or "What"."""
    people = any(p.kind == "person" and not p.inner for p in noun_phrases(previous))
    return "Who" if people or previous.lower().startswith("who") else "What"


def names_listed(quote: str, question: str) -> list[str]:
    """Return the names that a quote lists, in order, without those that the question has.

    What stands after a preposition, a post ("Ambassador of Algeria") and a single word at the
    beginning are none. None is known where the quote or the question says another number of them,
    or only some have "the": "the Data and Land Office" is one.
    """
    names: dict[str, bool] = {}  # whether "the" stands before it
    for found in _NAME.finditer(quote):
        name, before = found[0], quote[: found.start()].lower().split()[-1:]
        if name.split()[-1].rstrip(".") not in _SHORTENED:
            name = name.rstrip(".")
        post = name.split()[0].lower() in v.PERSON | v.ROLES
        opens = not before and " " not in name and not _GOES_ON.match(quote, found.end())
        if post or opens or not v.PREPOSITIONS.isdisjoint(before) or _says(question, name):
            continue
        names[name] = before == ["the"]
    counts = {word.lower for word in tokens(f"{quote} {question}")} & {*ONES[2:_MOST_LISTED]}
    told = not counts or ONES[len(names) : len(names) + 1] == [*counts]
    return list(names) if told and len({*names.values()}) == 1 else []


_SHORTENED = frozenset("Dept Inc Ltd Co Corp".split())


def _says(question: str, name: str) -> bool:
    """Whether a question has a name, or the last part of it."""
    words = {word.lower for word in tokens(question)}
    return name.lower() in question.lower() or (
        " " in name and name.split()[-1].lower() in words and name.split()[0].lower() in words
    )


def _about_another(name: str, said: Sequence[str], previous: str, *, asks: str) -> str:
    """Return the last question about another of those listed, else one that `asks` who that is."""
    for one in said:
        at = previous.lower().find(one.lower())
        if at >= 0:
            return previous[:at] + name + previous[at + len(one) :]
    return f"{asks} is {name}?"
