"""Put in one of several names that an answer lists: "the second of them", "the other one"."""

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise, starmap
from typing import NamedTuple

from index.understanding.variants import ONES, ORDINALS
from qa.followups import vocabulary as v
from qa.followups.asking import WHO_IS, thing_asked_for
from qa.followups.fragments import named_by_fragment
from qa.followups.nounphrases import noun_phrases, same_noun, tokens
from qa.followups.wording import put
from qa.kinds import singular

_WHICH = re.compile(
    rf"\bthe\s+(?P<nth>{'|'.join(ORDINALS)}|last|other)"
    r"(?:\s+(?:one(?P<owns>s(?=\s+\w))?\b|of\s+(?:them|these|those)\b|(?!of\b)(?P<noun>[a-z]{3,}))"
    r"|(?=[\s?.!]*$|['’]s\b))",
    re.IGNORECASE,
)
_NAME = re.compile(  # "Lee Miao Kwong", "the Public Technology Service Dept."
    r"\b[A-Z][\w’'-]*\.?(?:\s(?:of\s|for\s)?[A-Z][\w’'-]*\.?)*"
)
_GOES_ON = re.compile(r"(?:,|\s+and)\s+[A-Z]")
_ALL = re.compile(
    r"(?:(?:and|so|but)\s+)?(?:is|are|was|were)\s+(?:that|these|those|they)\s+all"
    r"(?:\s+of\s+(?:them|these|those))?[\s?.!]*",
    re.IGNORECASE,
)
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
    if _ALL.fullmatch(question):
        return _all_of_them(earlier[-1], quoted)
    found = _WHICH.search(question)
    if found is None:
        return None
    alone = _WHICH.fullmatch(named_by_fragment(question) or "") is not None
    for previous in reversed(earlier[-_LOOKED_BACK:]):
        if not _asks_for_several(previous, found["noun"]):
            continue
        names = names_listed(quoted(previous), previous)
        said = [name for name in names if _says(earlier[-1], name)]
        name = _named(found["nth"].lower(), names, said)
        if name is not None and alone:
            return _about_another(name, said, earlier[-1], asks=_asks_of(previous))
        if name is not None:
            owner = f"{name}'s" if found["owns"] else name  # "the third ones job"
            return put(question, found.start(), found.end(), owner)
    return _beside_whom(found, earlier[-1]) if alone else None


def _all_of_them(previous: str, quoted: Callable[[str], str]) -> str | None:
    """Return "Are A and B all of the firms that take part?" for "is that all of them?"."""
    phrases = [phrase for phrase in noun_phrases(previous) if phrase.plural]
    things = next(filter(None, (thing_asked_for(previous, phrase) for phrase in phrases)), None)
    names = names_listed(quoted(previous), previous) if things else []
    if len(names) < 2:
        return None
    return f"Are {', '.join(names[:-1])} and {names[-1]} all of {things}?"


def _named(nth: str, names: Sequence[str], said: Sequence[str]) -> str | None:
    """Return the "second" or "last" of some names, the "other" of two of which one is said."""
    if nth == "other":
        others = [name for name in names if name not in said]
        return others[0] if len(names) == 2 and len(said) == 1 else None
    at = -1 if nth == "last" else ORDINALS.index(nth)
    return names[at] if at < len(names) and len(names) > 1 else None


def _beside_whom(found: re.Match[str], previous: str) -> str | None:
    """Return "Who is the other speaker besides Gao Feng?" after "Who is Gao Feng?"."""
    noun = (found["noun"] or "").lower()
    if found["nth"].lower() != "other" or noun not in v.PERSON or WHO_IS.match(previous) is None:
        return None
    names = [p for p in noun_phrases(previous)[:1] if p.kind == "name" and p.start == 2]
    return f"Who is {found[0]} besides {names[0].text}?" if names else None


def _asks_for_several(previous: str, noun: str | None) -> bool:
    """Whether a question may be answered with a list, of what `noun` (lower case) calls one of."""
    words = tokens(previous)
    phrase = next((p for p in noun_phrases(previous) if p.plural and not p.inner), None)
    who = any(word.lower in ("who", "whom") for word in words[:2])
    if noun is None or (who and noun.lower() in v.PERSON):
        return who or phrase is not None
    return phrase is not None and same_noun(singular(phrase.head), noun.lower())


def _asks_of(previous: str) -> str:
    """Return what asks for one of those that a question asks for: "Who" or "What"."""
    people = any(p.kind == "person" and not p.inner for p in noun_phrases(previous))
    return "Who" if people or previous.lower().startswith("who") else "What"


class _Name(NamedTuple):
    """A name in a quote, where it stands (code points), and whether "the" is before it."""

    text: str
    start: int
    end: int
    has_article: bool


def names_listed(quote: str, question: str) -> list[str]:
    """Return the names that a quote lists, in order, without those that the question has.

    What stands after a preposition, a post ("Ambassador of Algeria") and a single word at the
    beginning are none. None is known where the quote or the question says another number of them,
    or two may be one: "the Data and Land Office".
    """
    runs: list[list[_Name]] = []
    for name in _names_in(quote, question):
        between = quote[runs[-1][-1].end : name.start] if runs else ""
        if re.search(r",|\band\b", between) and _VERBS.isdisjoint(between.lower().split()):
            runs[-1].append(name)
        else:
            runs.append([name])
    names = max(runs, key=len, default=[])
    counts = {word.lower for word in tokens(f"{quote} {question}")} & {*ONES[2:_MOST_LISTED]}
    told = not counts or ONES[len(names) : len(names) + 1] == [*counts]
    known = told and not any(starmap(_is_one_name, pairwise(names)))
    listed = (f"the {name.text}" if name.has_article else name.text for name in names)
    return list(dict.fromkeys(listed)) if known else []


def _names_in(quote: str, question: str) -> Iterator[_Name]:
    for found in _NAME.finditer(quote):
        start, before = found.start(), quote[: found.start()].lower().split()[-1:]
        text = found[0] if found[0].split()[-1].rstrip(".") in _SHORTENED else found[0].rstrip(".")
        if text.startswith("The "):
            text, start, before = text[len("The ") :], start + len("The "), ["the"]
        post = text.split()[0].lower() in v.PERSON | v.ROLES
        said = text.split()[-1].lower() in question.lower()  # "Large-scale IT" of the IT companies
        opens = not before and (said or " " not in text) and not _GOES_ON.match(quote, found.end())
        inside = not v.PREPOSITIONS.isdisjoint(before)
        if not (post or opens or inside or _says(question, text)):
            yield _Name(text, start, found.end(), before == ["the"])


def _is_one_name(first: _Name, second: _Name) -> bool:
    """Whether what stands before "and" may belong to the name after it."""
    heads = (re.sub(r"\W", "", name.text.split()[-1]).lower() for name in (first, second))
    bodies = [head in v.ORGANISATION for head in heads]
    return first.has_article and not second.has_article and bodies == [False, True]


_VERBS = v.VERBS - v.AMBIGUOUS | v.BE | v.HAVE
_SHORTENED = frozenset("Dept Inc Ltd Co Corp".split())


def _says(question: str, name: str) -> bool:
    """Whether a question has a name, or the last part of it."""
    name = name.removeprefix("the ")
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
