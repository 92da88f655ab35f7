"""The noun phrases of an English question, by a small hand-written grammar over its words.

No model and no dictionary: articles, capitals, figures, prepositions and closed word classes. It
takes questions apart well enough to say what "it" or "in Yinchuan" stands for, not more.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Literal

from index.understanding.variants import variants
from qa.followups import vocabulary as v

Kind = Literal["person", "place", "organisation", "event", "time", "name", "thing"]

_TOKEN = re.compile(
    r"['’](?:s|re|ve|ll|d|m|t)\b"
    r"|\b[A-Z]\.(?=\s[a-z])"  # "C. difficile"
    r"|\d+(?:[.,]\d+)*(?:[-–/]\w+)*\w*|\w+(?:[-.&/–]\w+)*|[^\w\s]"
)
_ATTACHING = frozenset("in at on for from between with by about above below to".split())
_DETERMINERS = v.ARTICLES | v.DEMONSTRATIVES | v.POSSESSIVES | v.QUANTIFIERS
_OBJECTS = _DETERMINERS | {"it", "them"}  # or begin one
_WHEN = frozenset("in by since until till".split())
_SUBJECTS = frozenset("i we you he she they it not to".split())
_APOSTROPHES = "'’"
_PARTICIPLES = frozenset("cost cut hit set put run".split())  # of themselves
_BARE = v.BASES - v.DONE - {"open", "live", "separate"}  # "pass", not "run"
_DATE = re.compile(r"(?:1[5-9]|20|21)\d\d")


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A word, figure or mark of a question: ``question[start:end] == text``."""

    text: str
    lower: str
    start: int
    end: int

    @property
    def is_word(self) -> bool:
        """Whether this is a word or figure, not a mark or a ``'s``."""
        return self.text[0].isalnum()

    @property
    def capital(self) -> bool:
        """Whether the text starts with a capital letter."""
        return self.text[0].isupper()


@dataclass(frozen=True, slots=True, kw_only=True)
class NounPhrase:
    """A noun phrase: tokens ``start:end`` of its question; ``start:core`` without what is attached.

    `preposition` is the word before it where that is a preposition, `asked` says that it is what
    the question asks for ("which companies"), `inner` that it lies within another one.
    """

    text: str
    start: int
    core: int
    end: int
    head: str
    words: int
    kind: Kind
    plural: bool
    definite: bool
    proper: bool
    preposition: str | None
    asked: bool = False
    inner: bool = False


@lru_cache(maxsize=256)
def tokens(question: str) -> tuple[Token, ...]:
    """Return the words and marks of a question; a possessive ``'s`` is one of its own."""
    return tuple(
        Token(text=match[0], lower=match[0].lower(), start=match.start(), end=match.end())
        for match in _TOKEN.finditer(question)
    )


@lru_cache(maxsize=256)
def noun_phrases(question: str) -> tuple[NounPhrase, ...]:
    """Return the noun phrases of a question in order, those inside another one after it."""
    words = tokens(question)
    found: list[NounPhrase] = []
    at = 0
    while at < len(words):
        core = None if words[at].lower in ("many", "much") else _core_end(words, at)
        if core is None:
            at += 1
            continue
        end = _attached_end(words, at, core)
        found.append(_phrase(question, words, at, core, end))
        found += _inside(question, words, at, core, end)
        at = end
    return tuple(found)


def _is_open(token: Token) -> bool:
    if not token.is_word:
        return False
    lower = token.lower
    if lower == "may" or token.text in ("IT", "US"):
        return token.capital
    if lower in v.ADVERBS and token.capital and token.start > 0:
        return True  # "Long Mere"
    return lower not in v.CLOSED and not (lower.endswith("ly") and not token.capital)


def _is_verb(words: Sequence[Token], at: int, start: int) -> bool:
    """Whether the word at `at` is a verb, where a noun phrase is open from `start`."""
    token = words[at]
    lower = token.lower
    before = words[at - 1].lower if at else ""
    if before in ("who", "whos") or (at > 1 and before == "else" and words[at - 2].lower == "who"):
        return True
    if token.capital and at > 0:
        return False
    helped = _after_helper(words, at, start)
    if helped is not None:
        return helped
    begun = at > start
    follows = at + 1 < len(words) and _is_open(words[at + 1])
    if begun and (before in _DETERMINERS or before[:1] in _APOSTROPHES):
        return False
    if lower in v.AMBIGUOUS:
        return _ambiguous_is_verb(words, at, start)
    if lower in v.VERBS:
        after = words[at + 1].lower if at + 1 < len(words) else ""
        return not (begun and after in v.DO)  # "how much annual leave do we get"
    if lower in v.PROGRESSIVE and lower not in v.EVENT:
        return not follows
    if lower.endswith("ed") and len(lower) > 4:
        return begun or before == "what" or not follows
    if not (begun and _asked(words, start) and _complement(words, at + 1)):
        return False
    named = words[at + 1].capital and lower.endswith("s")  # "which state borders Oregon"
    return looks_plural(before) or named


def _after_helper(words: Sequence[Token], at: int, start: int) -> bool | None:
    """Whether a word is a verb after a helper and what it is said of; None if that tells nothing.

    It is not in "how much is | the festival pass", but in "what has | the programme cost".
    """
    helper, lower = words[start - 1].lower if start else "", words[at].lower
    if at > start and helper in v.BE and lower in _BARE:
        return False
    if at > start and helper in v.HAVE and lower in _PARTICIPLES:
        return at + 1 == len(words) or not _is_open(words[at + 1])
    return None


def _ambiguous_is_verb(words: Sequence[Token], at: int, start: int) -> bool:
    if at == start + 1 and words[start].lower in v.POSSESSIVES:
        return False
    earlier = [word.lower for word in words[:start]]
    helpers = [i for i, word in enumerate(earlier) if word in v.DO | v.MODALS]
    if helpers:
        subject = helpers[-1] + 1
        if subject + 1 < len(words) and words[subject].lower in _SUBJECTS - {"not", "to"}:
            return at == subject + 1  # "will she back the airport study"
        said = pairwise(earlier[helpers[-1] :])
        if any(b in v.VERBS | v.AMBIGUOUS and a not in _DETERMINERS for a, b in said):
            return False  # but "does the freeze on jobs last"
        if words[at - 1].capital and [word.lower for word in words[at + 1 : at + 2]] == ["to"]:
            return True  # "does Macao plan to become ..."
        rest = {word.lower for word in words[at + 1 :]}
        if _next_is_verb(words, at):
            return False
        return at > helpers[-1] + 1 and not rest & (v.VERBS - v.AMBIGUOUS | v.BE | v.HAVE)
    after = words[at + 1].lower if at + 1 < len(words) else "?"
    if at == start and _follows_what(words, at):
        return True
    if at == start:
        noun = at > 0 and _is_open(words[at - 1])
        return at > 0 and (earlier[-1] in _SUBJECTS or (noun and after in _OBJECTS))
    if after in _OBJECTS or after == "to":
        return True
    return _says_of_asked(words, at) if _asked(words, start) else _is_only_verb(words, at)


def _says_of_asked(words: Sequence[Token], at: int) -> bool:
    """Whether a word tells what is asked for does: "which companies plan", "which plan sets"."""
    complement = _complement(words, at + 1)
    if looks_plural(words[at - 1].lower):
        return complement
    after = words[at + 1].lower if at + 1 < len(words) else ""
    only = not {word.lower for word in words[at + 1 :]} & (v.AUXILIARIES | v.VERBS - v.AMBIGUOUS)
    return only and looks_plural(words[at].lower) and (complement or looks_plural(after))


def _next_is_verb(words: Sequence[Token], at: int) -> bool:
    """Whether of two words that may be verbs the later is it: "does the ITC study cover"."""
    after = [word.lower for word in words[at + 1 : at + 3]]
    verbal = bool(after) and after[0] in v.AMBIGUOUS and not after[0].endswith("s")
    return verbal and (len(after) < 2 or not after[1][0].isalnum() or after[1] in v.CLOSED)


def _is_only_verb(words: Sequence[Token], at: int) -> bool:
    """Whether nothing else may be the verb: "which district of Beijing uses electronic mail"."""
    others = {word.lower for place, word in enumerate(words) if place != at}
    asks = words[0].lower in ("which", "what") and at + 1 < len(words) and words[at + 1].is_word
    named = words[at - 1].capital and looks_plural(words[at].lower)
    return asks and named and not others & (v.AUXILIARIES | v.VERBS - v.AMBIGUOUS)


def _follows_what(words: Sequence[Token], at: int) -> bool:
    """Whether a word after "what" is its verb: "what causes inflation", not "what plans has it"."""
    rest = {word.lower for word in words[at + 1 :]}
    of = words[at + 1 : at + 2] and words[at + 1].lower == "of"
    if of or at == 0 or words[at - 1].lower != "what":
        return False
    return not rest & (v.AUXILIARIES | v.VERBS)


def _asked(words: Sequence[Token], start: int) -> bool:
    """Whether the phrase from `start` is what the question asks for: "which companies"."""
    before = words[start - 1].lower if start else ""
    return before in ("which", "what", "many", "much", "whose")


def _complement(words: Sequence[Token], at: int) -> bool:
    if at >= len(words):
        return False
    word = words[at]
    return word.capital or word.lower in _DETERMINERS | v.PREPOSITIONS


def _core_end(words: Sequence[Token], start: int) -> int | None:
    """Return the end of the noun phrase without attachments that begins at `start`, else None."""
    if _starts_none(words, start):
        return None
    first = start + (words[start].lower in _DETERMINERS)
    if first < len(words) and [words[start].lower, words[first].lower] == ["the", "other"]:
        first += 1
    at = first
    while at < len(words):
        if words[at].text[0] in _APOSTROPHES:
            if not _owns(words, at, first):
                break
        elif words[at].lower in ("and", "&"):
            if not _joins(words, at, first):
                break
        elif (
            not _is_open(words[at]) or _is_verb(words, at, start) or _begins_anew(words, at, first)
        ):
            break
        at += 1
    return at if at > first else None


def _begins_anew(words: Sequence[Token], at: int, first: int) -> bool:
    """Whether a word is none of the phrase before it: "did Hudson FIRST", "by 2030 HONG Kong"."""
    if at == first:
        return False
    last, earlier = words[at - 1], words[max(0, at - 2)].lower
    when = earlier in _WHEN and _DATE.fullmatch(last.text) is not None
    return words[at].capital if when else words[at].lower == "first" and last.capital


def _starts_none(words: Sequence[Token], at: int) -> bool:
    """Whether a word is no beginning: "take PLACE", "in CHARGE of", "in BUILDING Yinchuan"."""
    before = words[at - 1].lower if at else ""
    lower = words[at].lower
    if before == "in" and lower in _ADVERBIAL:
        return True
    if before == "how" or (lower in ("many", "much") and at == 0):
        return True
    if before in v.PREPOSITIONS and at + 1 < len(words) and _is_open(words[at + 1]):
        named = words[at + 1].capital and not words[at].capital
        if lower in _GERUNDS or (named and lower in v.PROGRESSIVE - v.EVENT):
            return not looks_plural(words[at + 1].lower)
    return lower in ("place", "part") and before.startswith(("take", "took", "taking"))


# Forms in -ing that hardly begin a compound, as "planning permission" or "parking fee".
_GERUNDS = frozenset(
    "developing making creating hosting joining helping improving promoting providing attending "
    "transforming becoming keeping reducing".split()
)
_ADVERBIAL = frozenset(
    "charge place total detail use force turn advance person practice return fact general common "
    "particular addition effect favour favor operation short".split()
)


def _owns(words: Sequence[Token], at: int, first: int) -> bool:
    """Whether an apostrophe at `at` belongs to an owner: "Yinchuan's mayor", "cities' plans"."""
    if at == first or at + 1 >= len(words) or words[at].lower[1:] not in ("s", ""):
        return False
    if len(words[at].text) == 1 and words[at - 1].text[-1] not in "sS":
        return False
    return _is_open(words[at + 1]) and not words[at + 1].lower.endswith(("ing", "ed"))


def _joins(words: Sequence[Token], at: int, first: int) -> bool:
    """Whether "and" lies inside a name: "the Innovation and Technology Commission"."""
    if words[at].text == "&":
        return at > first and at + 1 < len(words) and words[at + 1].capital
    if at == first or not words[at - 1].capital or at - first > 4:
        return False
    if words[at - 1].lower in v.ORGANISATION | v.PERSON | v.EVENT | v.PLACE:
        return False
    last = at + 1
    while last < len(words) and words[last].capital:
        last += 1
    owned = first > 0 and words[first - 1].lower == "the"
    owned = owned or any(word.text[0] in _APOSTROPHES for word in words[first:at])
    return owned and last > at + 2 and words[last - 1].lower in v.ORGANISATION


def _attached_end(words: Sequence[Token], start: int, core: int) -> int:
    """Return the end with prepositional phrases attached: "the summit in Yinchuan"."""
    end = core
    definite = words[start].lower in v.ARTICLES | v.DEMONSTRATIVES or any(
        word.text[0] in _APOSTROPHES or word.lower in v.EVENT | v.ORGANISATION | v.PERSON
        for word in words[start:core]
    )
    while end < len(words) - 1:
        preposition = words[end].lower
        if preposition != "of" and not (definite and preposition in _ATTACHING):
            break
        if words[end + 1].lower in v.POSSESSIVES or words[end + 1].lower in v.WH:
            break
        inner = _core_end(words, end + 1)
        if inner is None:
            break
        end = inner
    return end


def _inside(
    question: str, words: Sequence[Token], start: int, core: int, end: int
) -> Iterator[NounPhrase]:
    """Yield owners ("Yinchuan" in "Yinchuan's mayor") and attached noun phrases."""
    for at in range(start + 1, core):
        if words[at].text[0] in _APOSTROPHES:
            yield _phrase(question, words, start, at, at, inner=True)
    at = core
    while at < end:
        inner = _core_end(words, at + 1)
        if inner is None:
            return
        yield _phrase(question, words, at + 1, inner, inner, inner=True)
        for owner in range(at + 2, inner):
            if words[owner].text[0] in _APOSTROPHES:
                yield _phrase(question, words, at + 1, owner, owner, inner=True)
        at = inner


def _phrase(
    question: str, words: Sequence[Token], start: int, core: int, end: int, *, inner: bool = False
) -> NounPhrase:
    first = words[start].lower
    has_determiner = first in _DETERMINERS
    named = [w for w in words[start + has_determiner : core] if w.is_word and w.lower != "and"]
    if first == "the" and named[0].lower == "other":
        named = named[1:]
    head = named[-1].lower
    proper = all(word.capital or word.text[0].isdigit() for word in named) and (
        start > 0 or not inner
    )
    before = words[start - 1].lower if start else None
    owned = any(word.text[0] in _APOSTROPHES for word in words[start:core])
    asked = _asked(words, start) and not has_determiner
    preposition = before if before in v.PREPOSITIONS else None
    plain = not has_determiner and not asked and not looks_plural(head)
    # Who writes names without capitals writes none with one.
    name_like = proper or (plain and not any(word.capital for word in words[1:]))
    definite = (has_determiner and first not in ("a", "an")) or proper or owned
    return NounPhrase(
        text=question[words[start].start : words[end - 1].end], start=start, core=core, end=end,
        head=head, words=len(named), kind=_kind(head, name_like, preposition, len(named)),
        plural=looks_plural(head), definite=definite,
        proper=proper, preposition=preposition, asked=asked, inner=inner,
    )  # fmt: skip


def same_noun(one: str, other: str) -> bool:
    """Whether two lower-case nouns are one, in either number and spelling: "centres", "center"."""
    one, other = one.removesuffix("s"), other.removesuffix("s")
    return one == other or other in variants(one)


def looks_plural(head: str) -> bool:
    """Whether a lower-case noun looks like a plural."""
    if head in ("people", "men", "women", "children", "media", "police", "staff"):
        return True
    return head.endswith("s") and not head.endswith(("ss", "us", "is", "news", "mathematics"))


def _kind(head: str, name_like: bool, preposition: str | None, count: int) -> Kind:
    if _DATE.fullmatch(head) or head in v.TIME:
        return "time"
    if head.isdigit():
        return "thing"
    if head in v.PERSON:
        return "person"
    if head in v.EVENT:
        return "event"
    if head in v.ORGANISATION:
        return "organisation"
    if head in v.PLACE or (name_like and preposition in ("in", "from", "near", "at") and count < 4):
        return "place"
    return "name" if name_like else "thing"
