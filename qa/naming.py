"""Names that a question asks about: whether a document, or the section of a quote, is on another.

"By what year does Denby want zero waste?" is not answered by a page on Aldmouth that wants it by
2040, though all but one word speak for it. A name may stand in another form: "Chinese" for China,
"DOT" for a Department of Transportation, "the U.S.", a letter or two otherwise.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from os.path import commonprefix

from corpus import Document
from corpus.headings import headings_in, repeated
from index.lexical import terms, terms_again
from qa.followups.vocabulary import CLOSED, PREPOSITIONS

Name = tuple[str, ...]  # its words, without "of" and "the"

# Share of a name's weight, by inverse document frequency, from which a text that lacks it does not
# name it. Of 50 questions in the askers' own words whose first quote is of a document that has none
# of their names no quote was right.
NOT_NAMED = 0.5
NAMES_ITS_SUBJECT = 1500  # characters of a document from which it does; a shorter one is a part

_WORD = r"(?:[A-Z][\w’'.-]*|[A-Za-z]+-?\d[\w-]*|\d+-?[A-Za-z][\w-]*)"
_LINKS = r"(?:(?:of|for|the)\s+){0,2}"
# Not the first word of a question, which is capitalised anyway, and not "I".
_NAME = re.compile(rf"(?<=\s)(?!I(?:['’]\w+)?\s+[a-z]){_WORD}(?:\s+{_LINKS}{_WORD})*")
_LONG_NAME = re.compile(
    r"\b[A-Z][\w’'-]*(?:\s+(?:(?:of|for|the|and|on|in|&)\s+){0,2}[A-Z][\w’'-]*)+"
)
_SUBJECT = re.compile(
    r"\W{0,3}(?:(?:Dr|Mr|Mrs|Ms|Prof)\.?(?:\s+[A-Z][\w’'-]+)+|[A-Z][\w’'-]+(?:\s+[A-Z][\w’'-]+)+)"
)
_PLACED = re.compile(rf"\b(?:{'|'.join(PREPOSITIONS)}|the)\s+(?:the\s+)?[A-Z]")
_OWNED = re.compile(r"(?<=['’]s)\s+")
_PIECE = re.compile(r"U\.S|\w+")
_FIGURE = re.compile(r"\d+(?:st|nd|rd|th|s|k|m|bn|am|pm)?", re.IGNORECASE)
_NO_NAMES = frozenset(
    "january february march april may june july august september october november december "
    "monday tuesday wednesday thursday friday saturday sunday jan feb mar apr jun jul aug sep sept "
    "oct nov dec ok".split()
)
_ACRONYM = re.compile(r"[A-Z]{2,6}")
_UNITED_STATES = frozenset("u.s us usa united states america american americans".split())
_AS_UNITED_STATES = re.compile(r"\bU\.?S\b|\bUSA\b|\bUnited States|\bAmerica|\b[Tt]he Nation\b")
_PEOPLE = frozenset("a ain an ans ese i ia ic ina ish na o on ons".split())  # Chin-ese, Mexic-o
# "The Colombian buses" may be those of Medellín, which a text need not say.
_OF_A_COUNTRY = re.compile(
    r"\w{2,}(?:[cegikxy]an|ese|ish)s?|cuban|czech|dutch|french|german|greek|iraqi|israeli|"
    r"pakistani|rwandan|saudi|swiss|thai|ugandan"
)
_STEM, _ENDING = 4, 3  # letters: at least of what a country and its people share, at most after it
_LIKE, _LIKE_LETTERS = 0.85, 5  # from which similarity and length on a word is the other misspelt


@dataclass(frozen=True, slots=True)
class _Section:
    """What stands below a heading that is a name, up to the next such heading."""

    name: Name
    start: int
    end: int


def names_in(question: str) -> list[Name]:
    """Return the names in a question, each as its words; figures and dates are none.

    Where Every Word Is Capitalised, Of And The Too, there are none to be told.
    """
    closed = [word for word in _PIECE.findall(question)[1:] if word.lower() in CLOSED - {"i"}]
    if closed and all(word[0].isupper() for word in closed):
        return []
    parts = (part for match in _NAME.finditer(question) for part in _OWNED.split(match[0]))
    return [name for part in parts if (name := tuple(filter(_is_of_name, _PIECE.findall(part))))]


def _is_of_name(word: str) -> bool:
    small = word.lower()
    return (
        len(word) > 1
        and (word[0].isupper() or not word.isalpha())
        and small not in CLOSED
        and small not in _NO_NAMES
        and _FIGURE.fullmatch(word) is None
    )


def is_on_another(question: str, document: Document, weights: Mapping[str, float]) -> bool:
    """Whether a document has nothing of what a question names, in any form.

    A short text may go without: what it is a part of says what it is on.

    Args:
        question: the question.
        document: the document.
        weights: what the index terms of the question weigh, by inverse document frequency.
    """
    if len(document.text) < NAMES_ITS_SUBJECT:
        return False
    return _has_none(question, f"{document.title}\n{document.source}\n{document.text}", weights)


def is_of_somebody_else(
    question: str, sentence: str, around: str, weights: Mapping[str, float]
) -> bool:
    """Whether a sentence begins with a name, and what is around it has nothing of those asked for.

    "Dr Solheim will retire in May" does not say when Ms Roussel will, but may say who retires in
    Denby, or from the Foundation.
    """
    if _PLACED.search(question) is not None:
        return False
    begins = _SUBJECT.match(sentence)
    name = _PIECE.findall(begins[0]) if begins is not None else []
    if not name or name[0].lower() in CLOSED or any(holds(question, word) for word in name):
        return False
    return _has_none(question, around, weights)


def _has_none(question: str, text: str, weights: Mapping[str, float]) -> bool:
    """Whether a text has nothing of what a question names, which names something."""
    names = [name for name in names_in(question) if not _is_of_a_country(name)]
    return bool(names) and all(
        (missing := _weight(_missing(name, text), weights)) > 0
        and missing >= NOT_NAMED * _weight(name, weights)
        for name in names
    )


def _is_of_a_country(name: Name) -> bool:
    return len(name) == 1 and _OF_A_COUNTRY.fullmatch(name[0].lower()) is not None


def _missing(name: Name, text: str) -> Name:
    """Return the words of a name that a text has in no form; its initials stand for all."""
    initials = "".join(word[0] for word in name)
    if len(name) > 1 and initials.isupper() and initials in _words(text):
        return ()
    return tuple(word for word in name if not holds(text, word))


def _weight(words: Iterable[str], weights: Mapping[str, float]) -> float:
    terms = (terms_again(word) for word in words)
    return sum(max((weights.get(term, 0.0) for term in own), default=0.0) for own in terms)


def holds(text: str, word: str) -> bool:
    """Whether a text has a word of a name, or another form of it."""
    small = word.lower()
    if small in _UNITED_STATES:
        return _AS_UNITED_STATES.search(text) is not None
    if word in text and re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text):  # mostly
        return True
    words = _small_words(text)
    if not words.isdisjoint((small, f"{small}s", f"{small}es", small.removesuffix("s"))):
        return True
    short = word.removeprefix("US") if _ACRONYM.fullmatch(word) else ""
    if len(short) > 1 and (short in _words(text) or any(short in own for own in _initials(text))):
        return True
    near = [other for other in words if other[0] == small[0]]
    misspelt = len(small) >= _LIKE_LETTERS and get_close_matches(small, near, n=1, cutoff=_LIKE)
    return bool(misspelt) or any(_of_one_country(small, other) for other in near)


def _of_one_country(one: str, other: str) -> bool:
    stem = len(commonprefix((one, other)))
    endings = one[stem:], other[stem:]
    return stem >= _STEM and max(map(len, endings)) <= _ENDING and not _PEOPLE.isdisjoint(endings)


def _words(text: str) -> frozenset[str]:
    return _split(text)[0]


def _small_words(text: str) -> frozenset[str]:
    return _split(text)[1]


def _split(text: str) -> tuple[frozenset[str], frozenset[str]]:
    """Return the words of a text as they are and in small letters; those of documents are kept."""
    return _split_document(text) if len(text) > NAMES_ITS_SUBJECT else _split_anew(text)


def _split_anew(text: str) -> tuple[frozenset[str], frozenset[str]]:
    words = frozenset(re.findall(r"\w+", text))
    return words, frozenset(map(str.lower, words))


_split_document = lru_cache(maxsize=64)(_split_anew)  # some hold 200,000 characters


@lru_cache(maxsize=64)
def _initials(text: str) -> frozenset[str]:
    """Return the initials of each name of several words in a text, with and without "of"."""
    names = [match[0].split() for match in _LONG_NAME.finditer(text)]
    every = ("".join(word[0] for word in name).upper() for name in names)
    return frozenset(every) | {"".join(w[0] for w in name if w[0].isupper()) for name in names}


def is_of_another_section(question: str, text: str, start: int, around: str) -> bool:
    """Whether a document has a section on a name that is asked about, and a quote is of another.

    Args:
        question: the question.
        text: the document's.
        start: where the quote begins in it.
        around: the quote with its heading and the sentences beside it.
    """
    said = {word.lower() for word in _PIECE.findall(question)}
    if not any(said.issuperset(map(str.lower, name)) for name in _headings(text)):
        return False
    wanted = [section for section in _sections(text) if _is_asked_for(section.name, question, text)]
    return bool(wanted) and not any(
        section.start <= start < section.end or all(holds(around, word) for word in section.name)
        for section in wanted
    )


@lru_cache(maxsize=64)
def _headings(text: str) -> dict[Name, int]:
    """Return the words of the headings that a text has once, and where each begins."""
    words = {
        start: [word for word in _PIECE.findall(text[start:end]) if not word.isdigit()]
        for start, end in headings_in(text)
        if text[start:end] not in repeated(text)
    }
    return {
        name: start
        for start, own in words.items()
        if (name := tuple(word for word in own if word.lower() not in CLOSED))
        and _NO_NAMES.isdisjoint(map(str.lower, name))
    }


@lru_cache(maxsize=64)
def _sections(text: str) -> tuple[_Section, ...]:
    small = frozenset(terms(" ".join(word for word in _words(text) if word[0].islower())))
    named = [
        (name, start)
        for name, start in _headings(text).items()
        if all(word[0].isupper() and small.isdisjoint(terms_again(word)) for word in name)
    ]
    ends = [start for _, start in [*named, ((), len(text))]][1:]
    return tuple(_Section(name, start, end) for (name, start), end in zip(named, ends, strict=True))


def _is_asked_for(name: Name, question: str, text: str) -> bool:
    """Whether a question has a name, capitalised there or within the sentences of the text."""
    said = _PIECE.findall(question)
    if not {word.lower() for word in said}.issuperset(word.lower() for word in name):
        return False
    capitalised = {word.lower() for word in said if word[0].isupper()}
    return all(
        word.lower() in capitalised or re.search(rf"[a-z,]\s+{word.capitalize()}\b", text)
        for word in name
    )
