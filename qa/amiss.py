"""Amiss: whether a quote gives something else than is asked for, whatever speaks for it.

The reader takes "Yang Yujing is the Mayor of Yinchuan" for an answer to "Who is the mayor of
Shenzhen?" and to "Who is the deputy mayor of Yinchuan?": all but one word speak for it.
"""

import re
from itertools import takewhile

from index.lexical import terms_again
from qa.asked import Asked
from qa.followups.asking import WHO_IS
from qa.followups.nounphrases import noun_phrases
from qa.followups.topics import YEAR
from qa.followups.vocabulary import CLASS_NOUNS, CLOSED, VERBS
from qa.numbered import is_of_another_number
from qa.values import initials

# Before a post they make another of it: the deputy director is not the director.
_BELOW = frozenset("deputy vice assistant acting interim".split())
_NOT_YET = frozenset("pro elect designate".split())  # mayor pro tem
# Posts of which one is not another, by what they may be called; "head" or "leader" is said of all.
_POSTS = {
    name: names[0]
    for names in (
        ("mayor",), ("chairman", "chairwoman", "chairperson", "chair"), ("president",),
        ("secretary",), ("director",), ("manager",), ("engineer",), ("minister", "premier"),
        ("governor",), ("treasurer",), ("ambassador",), ("commissioner",), ("editor",),
        ("architect",), ("spokesman", "spokeswoman", "spokesperson"), ("principal",), ("dean",),
        ("ceo",),
    )
    for name in names
}  # fmt: skip
_LEADS = frozenset(
    "head heads headed lead leads led run runs ran chairs chaired governs manages managed directs "
    "directed edits edited designed presides presided".split()
)
_LEADING = re.compile(  # "presides" may have been put right to "president"
    r"\W*who\s+(?:chair(?:s|ed)|presid\w+|heads|headed|leads|led|runs|ran|manage[sd]"
    r"|direct(?:s|ed))\b"
    r"|\W*who(?:['’]s|\s+(?:is|was|are|were))\s+(?:the\s+)?(?:\w+\s+)?(?:in\s+charge|head|leader"
    rf"|{'|'.join(_POSTS)})\b",
    re.IGNORECASE,
)
_BODIES = frozenset(
    "agency board bureau commission committee council department division fund ministry office "
    "panel secretariat taskforce team unit".split()
)
_CHAIRS = re.compile(r"\W*who\s+(?:chair(?:s|ed)|presid(?:es|ed))\b", re.IGNORECASE)
_CHIEF = re.compile(r"\bchief\s+executive(?:\s+officer)?\b", re.IGNORECASE)
_WHICH_YEAR = re.compile(r"\W*(?:\w+\s+)?(?:which|what)\s+year\b", re.IGNORECASE)
_YEAR = re.compile(r"\b[12]\d\d\d|\d0s\b|\bcentur|\bdecade|\b[5-9]\d\d\b", re.IGNORECASE)
_WORD = re.compile(r"\w+")
_OF = re.compile(r"\b(\w{4,})\s+of\s+(?:the\s+)?(?:\w+['’]s\s+)?(\w+)")  # of China's Data Agency
_OWNER = re.compile(r"\b(\w+)['’]s\s+(\w{4,})")


def gives_something_else(asked: Asked, quote: str, around: str) -> bool:
    """Whether a quote has what is asked for only as another's, another post or number, or no year.

    Args:
        asked: the question.
        quote: the text of the quote.
        around: the same with the title and the sentences beside it.
    """
    question = asked.text
    return (
        _only_below(question, quote)
        or _is_below_or_of_another(question, quote)
        or _is_not_below(question, quote)
        or _is_another_post(question, quote)
        or _leads_nothing_asked(asked, quote, around)
        or _is_of_another(question, quote, asked.terms_in(quote))
        or _is_of_another_year(question, quote)
        or is_of_another_number(question, quote, around)
        or (_WHICH_YEAR.match(question) is not None and _YEAR.search(around) is None)
    )


def _only_below(question: str, quote: str) -> bool:
    """Whether a quote has a post that is asked about only as that of a deputy."""
    wanted = set(_words(question))
    said = ["", *_words(quote), ""]
    below: dict[str, list[bool]] = {}
    for before, word, after in zip(said, said[1:], said[2:], strict=False):
        if word in wanted - CLOSED:
            below.setdefault(word, []).append(before in _BELOW or after in _NOT_YET)
    return wanted.isdisjoint(_BELOW | _NOT_YET) and any(map(all, below.values()))


def _is_below_or_of_another(question: str, quote: str) -> bool:
    """Whether a quote has a post as a deputy's and as another's, and the one asked for has none.

    "The deputy mayor of Ara is Bo, the mayor of Denby is Kay" does not say who is Ara's mayor.
    """
    wanted, said = set(_words(question)), _words(quote)
    held: dict[str, list[tuple[bool, str]]] = {}
    for match in _OF.finditer(quote):
        before = _words(quote[: match.start()])[-1:]
        held.setdefault(match[1].lower(), []).append((not _BELOW.isdisjoint(before), match[2]))
    return wanted.isdisjoint(_BELOW) and any(
        any(deputy for deputy, _ in found)
        and said.count(post) == len(found)
        and all(deputy or (of[0].isupper() and of.lower() not in wanted) for deputy, of in found)
        for post, found in held.items()
        if post in wanted & _POSTS.keys()
    )


def _is_not_below(question: str, quote: str) -> bool:
    """Whether a deputy is asked for, and a quote has the post but nobody below it."""
    words = _words(question)
    below = {after for word, after in zip(words, words[1:], strict=False) if word in _BELOW}
    return not below.isdisjoint(_POSTS) and _BELOW.isdisjoint(_words(quote))


def _is_another_post(question: str, quote: str) -> bool:
    """Whether it is asked who holds a post, and a quote has only others: the manager, no chair."""
    wanted: set[str] = set()
    said = _posts_in(_CHIEF.sub("ceo", quote))
    if _CHAIRS.match(question) is not None:
        wanted = {_POSTS["chair"]}
    elif WHO_IS.match(question) is not None:
        asked = [p.head for p in noun_phrases(_CHIEF.sub("ceo", question))[:1] if not p.preposition]
        wanted = {_POSTS[head] for head in asked if head in _POSTS}
    return bool(wanted and said) and wanted.isdisjoint(said) and _LEADS.isdisjoint(_words(quote))


def _leads_nothing_asked(asked: Asked, quote: str, around: str) -> bool:
    """Whether it is asked who leads a committee, and a quote has neither one nor its leader.

    The party secretary of a city is not who chairs the committee in that city.
    """
    if (leading := _LEADING.match(asked.text)) is None:
        return False
    led = _BODIES.intersection(p.head for p in noun_phrases(asked.text) if p.definite)
    missing = {term for body in led for term in terms_again(body)} - asked.terms_in(around)
    has_leader = _posts_in(leading[0]) & _posts_in(quote) or _LEADS.intersection(_words(quote))
    return bool(missing and not has_leader)


def _posts_in(text: str) -> set[str]:
    return {_POSTS[word] for word in _words(text) if word in _POSTS}


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())


def _is_of_another(question: str, quote: str, held: set[str]) -> bool:
    """Whether a quote has what is asked for only as another's: the mayor of Bo, asked for Ara's.

    It does not where it names the one whose it is asked for, or has its initials.
    """
    wanted = [(thing, owner) for thing, owner in _owned(question) if _names(owner, question)]
    if not wanted:
        return False
    owners: dict[str, list[str]] = {}
    for thing, owner in _owned(quote):
        owners.setdefault(thing, []).append(owner)
    return any(
        thing in owners
        and all(other[0].isupper() for other in owners[thing])
        and held.isdisjoint(terms_again(owner))
        and not (owner.isupper() and owner.lower() in initials(quote))
        for thing, owner in wanted
    )


def _owned(text: str) -> list[tuple[str, str]]:
    """Return what is somebody's, in small letters, and the first word of whose it is."""
    found = [*_OF.findall(text), *(pair[::-1] for pair in _OWNER.findall(text))]
    return [(thing.lower(), owner) for thing, owner in found]


def _is_of_another_year(question: str, quote: str) -> bool:
    """Whether the 2019 summit is asked about, and a quote is on the 2018 one alone."""
    said = _of_years(quote)
    return any(
        asked not in quote and any(year != asked and things[0] in others for year, others in said)
        for asked, things in _of_years(question)
        if things
    )


def _of_years(text: str) -> list[tuple[str, list[str]]]:
    """Return each year with the words that follow it, to a verb: the 2018 | Smart City Summit."""
    found = []
    for match in _YEAR_OF.finditer(text):
        words = match["words"].lower().split()
        things = list(takewhile(lambda word: word not in CLOSED | VERBS, words))
        found.append((match["year"], things[::-1]))  # what it is called by comes last
    return found


_YEAR_OF = re.compile(rf"(?P<year>{YEAR.pattern})(?P<words>(?:\s+[A-Za-z][\w-]*){{1,6}})")


def _names(owner: str, question: str) -> bool:
    """Whether a word of a question is a name: capitalised, or none is and it is no "city"."""
    return owner[0].isupper() or (question.islower() and owner not in CLASS_NOUNS)
