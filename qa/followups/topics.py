"""Put the topic that a fragment names ("Yinchuan", "in 2019", "the 2018 one") into a question.

It takes the place of what is like it: a year of a year, a place of a place. Where nothing is like
it, it is appended.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from index.understanding.variants import ORDINALS
from qa.followups import vocabulary as v
from qa.followups.antecedents import is_bare_verb, is_become
from qa.followups.nounphrases import NounPhrase, Token, noun_phrases, tokens
from qa.followups.wording import append, as_definite, swap, swap_with_preposition

YEAR = re.compile(r"\b(?:1[5-9]|20|21)\d\d\b")
ENUMERATION = frozenset(
    "first firstly second secondly third thirdly fourth fourthly fifth fifthly lastly".split()
)
_THAT_OF = re.compile(r"^(?:that|those)\s+(?=(?:of|in|at|from)\b)", re.IGNORECASE)
_ACCORDING = re.compile(r"according\s+to\s+[^,?]+", re.IGNORECASE)
_ONE = re.compile(r"the(?P<which>(?:\s\S+){0,2})\s+ones?\b\s*(?P<rest>.*)$", re.IGNORECASE)
_ORDINAL = re.compile(r"(?:the\s+)?(?P<number>\d+(?:st|nd|rd|th))(?:\s+one)?", re.IGNORECASE)
_ORDINAL_INSIDE = re.compile(r"\b\d+(?:st|nd|rd|th)\b", re.IGNORECASE)
_RELATIVE_YEAR = re.compile(
    r"(?:in\s+)?(?:(?P<count>\d{1,2}|one|two|three|four|five|ten|an?)\s+years?\s+"
    r"(?:later|earlier|before|after(?:wards?)?|on)"
    r"|the\s+(?:next|following|previous|preceding)\s+year"
    r"|the\s+year\s+(?:before|after)(?:\s+that)?)",
    re.IGNORECASE,
)
_EARLIER = re.compile(r"earlier|before|previous|preceding", re.IGNORECASE)
_NUMBERS = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "ten": 10}
_LEAST = 1.5  # a phrase that is less like a fragment is not replaced by it
_MOST_TOPICS = 2  # phrases of the question before that are added where no other way is left
_DISTANCE = 0.8  # how much more alike a phrase must be that is a question further back
_LOCATIVE = frozenset("in at on from near of for by to with".split())


def put_topic(body: str, earlier: Sequence[str], *, corrects: bool = False) -> str:
    """Return the last of the earlier questions with a fragment that names a topic put in.

    A name or noun goes into the latest of them that has something like it; where it `corrects` the
    last one, into that, in the place of what is spoken of.
    """
    previous = earlier[-1]
    body = _THAT_OF.sub("", body)
    words = tokens(body)
    if (numbered := _put_number(body, previous)) is not None:
        return numbered
    if words[-1].lower in ENUMERATION and [word.lower for word in words[:-1]] in ([], ["the"]):
        return _put_enumeration(words[-1].text, previous)
    if _ACCORDING.match(body) and (found := _ACCORDING.search(previous)):
        return f"{previous[: found.start()]}{body}{previous[found.end() :]}"
    shifted = _shift_year(body, previous)
    if shifted is not None:
        return shifted
    if words[0].lower in v.PREPOSITIONS:
        return _put_prepositional(body, words, previous)
    one = _ONE.match(body)
    if one is not None:
        return _put_one(one["which"].strip(), one["rest"], previous)
    return _put_noun(body, words, earlier, corrects=corrects)


def _put_noun(body: str, words: Sequence[Token], earlier: Sequence[str], *, corrects: bool) -> str:
    previous = earlier[-1]
    if words[-1].lower in ("'s", "’s") and len(words) > 1:
        owner = body[: words[-1].start]
        return _put_owner(owner, previous) or append(owner, previous)
    ordinal = _ORDINAL.fullmatch(body)
    if ordinal is not None and (found := _ORDINAL_INSIDE.search(previous)):
        return previous[: found.start()] + ordinal["number"] + previous[found.end() :]
    phrases = noun_phrases(body)
    if not phrases or phrases[0].start > 1:
        return f"{previous.rstrip('?.! ')}, and {body}?"
    first = phrases[0]
    if first.start == 1 and words[0].lower in v.ADVERBS:
        first = replace(first, text=body[: words[first.end - 1].end])  # "long mere"
    rest = body[words[first.end - 1].end :].strip(" ,")
    if first.kind == "time" and first.start == 0 and first.words <= 3 and not rest:
        return _put_time(first.text, previous) or append(f"in {first.text}", previous)
    result = _put_phrase(first, earlier)
    if result is None and corrects:
        result = _put_corrected(first, previous)
    if result is None and first.end == len(words):
        result = _of_a_topic(first, earlier)
    if result is None:
        return append(body, previous)
    return append(rest, result) if first.proper and _is_place(rest) else _put_rest(rest, result)


def _of_a_topic(asked: NounPhrase, earlier: Sequence[str]) -> str | None:
    """Return "What is the deadline, regarding Small Sparks?" for "deadline?", None for a name.

    One in small letters is told from a noun by whether names are written so in the conversation.
    """
    capitals = any(word.capital for question in earlier for word in tokens(question)[1:])
    is_name = asked.kind != "thing" and not (asked.kind == "name" and capitals)
    bare = asked.head == asked.text.removeprefix("the ")
    if asked.plural or is_name or not bare:
        return None
    question = f"What is the {asked.head}?"
    about = (regarding(question, previous) for previous in reversed(earlier))
    return next((one for one in about if one != question), None)


def regarding(question: str, previous: str) -> str:
    """Append what the question before is about, where nothing in it can be put for a pronoun."""
    said = {word.lower for word in tokens(question)}
    words = tokens(previous)
    phrases = [
        phrase
        for phrase in noun_phrases(previous)
        if not (phrase.inner or phrase.asked or phrase.kind == "time" or phrase.head in said)
        and not is_bare_verb(phrase)
    ]
    phrases = [phrase for phrase in phrases if not is_become(phrase, words)] or phrases
    topics = [as_definite(phrase.text, phrase) for phrase in phrases[-_MOST_TOPICS:]]
    return append(" and ".join(topics), question) if topics else question


def _is_place(rest: str) -> bool:
    """Whether what follows a name tells where it is: "Chaoyang | in Beijing"."""
    words, phrases = tokens(rest), noun_phrases(rest)
    if not phrases or words[0].lower != "in" or phrases[0].end < len(words):
        return False
    return phrases[0].proper and phrases[0].kind != "time"


def _put_rest(rest: str, question: str) -> str:
    """Put what follows the noun phrase of a fragment in: "Liu Yunan | in 2019"."""
    words = tokens(rest)
    if not words or not words[0].is_word:
        return question
    if _RELATIVE_YEAR.fullmatch(rest):  # "the summit in Yinchuan | the year before"
        return _shift_year(rest, question) or question
    if words[0].lower in v.PREPOSITIONS:
        return _put_prepositional(rest, words, question)
    return append(rest, question)


def put_subject(body: str, words: Sequence[Token], previous: str) -> str | None:
    """Put "does Shenzhen?" in: the subject of a yes-or-no question."""
    phrases = noun_phrases(body)
    if not phrases or phrases[0].start != 1 or phrases[0].end != len(words):
        return None
    subject = next((p for p in noun_phrases(previous) if p.start == 1 and not p.inner), None)
    return None if subject is None else swap(previous, subject, phrases[0].text)


def _put_owner(owner: str, previous: str) -> str | None:
    """Put "Macao's" in the place of an owner."""
    words = tokens(previous)
    for phrase in noun_phrases(previous):
        if phrase.core < len(words) and words[phrase.core].text[0] in "'’":
            return swap(previous, phrase, owner, core=True)
    return None


def _put_one(which: str, rest: str, previous: str) -> str:
    """Put "the 2018 one" in: the noun is that of the question before."""
    if YEAR.fullmatch(which) and not rest and (found := _put_time(which, previous)):
        return found
    phrases = [p for p in noun_phrases(previous) if not p.inner and p.kind != "time"]
    slot = next((p for p in phrases if p.definite and not p.asked), None)
    if slot is None:
        slot = phrases[0] if phrases else None
    placed = next((p for p in noun_phrases(previous) if p.head in _SIDES), None)
    if which.lower() in _SIDES and placed is not None:
        return swap(previous, placed, f"the {which}")
    if slot is None:
        return append(f"the {which} one {rest}".rstrip(), previous)
    text = f"{which} {tokens(previous)[slot.core - 1].text} {rest}".strip()
    numbered = which.lower() in ORDINALS and not rest  # of the same speech
    return swap(previous, slot, text if slot.asked else f"the {text}", core=numbered)


def _put_number(body: str, previous: str) -> str | None:
    """Put "the second one" in for the number in "Amendment 1", None where nothing is numbered."""
    nth, numbered = _NTH.fullmatch(body), _NUMBERED.search(previous)
    if nth is None or numbered is None:
        return None
    number = _NTHS.index(nth["nth"].lower()) + 1
    return f"{previous[: numbered.start('number')]}{number}{previous[numbered.end('number') :]}"


_NTHS = ("first", "second", "third", "fourth", "fifth")
_NTH = re.compile(rf"(?:the\s+)?(?P<nth>{'|'.join(_NTHS)})(?:\s+one)?", re.IGNORECASE)
_NUMBERED = re.compile(r"\b[A-Z][a-z]+\s(?P<number>\d)\b")
_SIDES = frozenset(
    "north south east west centre center northern southern eastern western central".split()
)


def _put_enumeration(body: str, previous: str) -> str:
    for word in tokens(previous):
        if word.lower in ENUMERATION:
            return previous[: word.start] + body.lower() + previous[word.end :]
    return f"{previous.rstrip('?.! ')} {body.lower()}?"


def _put_time(text: str, previous: str) -> str | None:
    """Put a year or date where the question before has one."""
    if YEAR.fullmatch(text):
        found = YEAR.search(previous)
        return None if found is None else previous[: found.start()] + text + previous[found.end() :]
    for phrase in noun_phrases(previous):
        if phrase.kind == "time" and not phrase.asked:
            return swap(previous, phrase, text)
    return None


def _shift_year(body: str, previous: str) -> str | None:
    """Put "a year later", "the year before" in: the year of the question before, moved by it."""
    moved, year = _RELATIVE_YEAR.fullmatch(body), YEAR.search(previous)
    if moved is None or year is None:
        return None
    years = _NUMBERS.get((moved["count"] or "one").lower()) or int(moved["count"])
    sign = -1 if _EARLIER.search(body) else 1
    return f"{previous[: year.start()]}{int(year[0]) + sign * years}{previous[year.end() :]}"


def _put_prepositional(body: str, words: Sequence[Token], previous: str) -> str:
    inner = body[words[1].start :] if len(words) > 1 else ""
    phrases = noun_phrases(body)
    proper = bool(phrases) and phrases[0].proper
    if bool(phrases) and phrases[0].kind == "time":
        return _put_date(body, inner, previous)
    asked = next((p for p in noun_phrases(previous) if p.asked and not p.inner), None)
    if words[0].lower == "with" and phrases and asked and phrases[0].kind == asked.kind == "person":
        return swap(previous, asked, inner)  # "and with city staff?" of those who were interviewed
    slot = _slot(words[0].lower, previous, proper=proper)
    if slot is None and phrases:
        slot = next((p for p in noun_phrases(previous) if p.head == phrases[0].head), None)
        if slot is not None and slot.preposition and not slot.asked:
            return swap_with_preposition(previous, slot, body)
        slot = _only_name(previous) if proper else None
    if slot is None:
        return append(body, previous) if proper else _narrow(body, previous)
    # subtle: only the noun phrase is replaced, so that its own preposition stays before it
    return swap(previous, slot, inner)


def _narrow(body: str, previous: str) -> str:
    """Put "at county level" beside what is counted, else append it."""
    counted = next((p for p in noun_phrases(previous) if p.asked and not p.inner), None)
    if counted is None or not previous.lower().startswith("how many "):
        return append(body, previous)
    end = tokens(previous)[counted.end - 1].end
    return f"{previous[:end]} {body[0].lower()}{body[1:]}{previous[end:]}"


def _put_date(body: str, inner: str, previous: str) -> str:
    """Put "in 2019" in the place of a year, else of the last date with a preposition."""
    if YEAR.fullmatch(inner) and (found := _put_time(inner, previous)):
        return found
    times = [p for p in noun_phrases(previous) if p.kind == "time" and p.preposition]
    if not times:
        return append(body, previous)
    return swap_with_preposition(previous, times[-1], body)


def _slot(preposition: str, previous: str, *, proper: bool) -> NounPhrase | None:
    """Return the last phrase after the same preposition, else a name after one like it."""
    after = [
        phrase
        for phrase in noun_phrases(previous)
        if not phrase.asked and phrase.preposition is not None and phrase.kind != "time"
        and (not proper or phrase.proper or _named_small(phrase, previous))
    ]  # fmt: skip
    same = [phrase for phrase in after if phrase.preposition == preposition]
    alike = [
        phrase for phrase in after if proper and {phrase.preposition, preposition} <= _LOCATIVE
    ]
    return next(reversed(same or alike), None)


def _named_small(phrase: NounPhrase, question: str) -> bool:
    """Whether a phrase may be a name in a question that writes all in small letters."""
    return question.islower() and phrase.kind in ("place", "name") and not phrase.plural


def _only_name(previous: str) -> NounPhrase | None:
    """Return the place-like name, if there is just one name in the question."""
    names = [phrase for phrase in noun_phrases(previous) if phrase.proper and phrase.words < 3]
    names = [phrase for phrase in names if phrase.kind in ("name", "place")]
    return names[0] if len(names) == 1 else None


def _put_phrase(fragment: NounPhrase, earlier: Sequence[str]) -> str | None:
    """Put a noun phrase in the place of the one most like it, the nearer of two much alike."""
    fits = [
        (fit - _DISTANCE * turns, question, phrase)
        for turns, question in enumerate(reversed(earlier))
        for phrase in noun_phrases(question)
        if (fit := _likeness(fragment, phrase)) > _LEAST
    ]
    if not fits:
        return None
    _, previous, best = max(fits, key=lambda fit: fit[0])
    if fragment.kind == "time" and (found := _put_time(fragment.text, previous)):
        return found
    # "and the Party Secretary?" keeps the "of Yinchuan" of the mayor.
    called = not fragment.proper or fragment.text[:4].lower() == "the "
    owned = any(mark in fragment.text for mark in ("'s ", "’s "))
    keeps = fragment.core == fragment.end and called and not owned and best.kind == "person"
    keeps = keeps and not fragment.text.lower().startswith("the other ")
    keeps = keeps or (fragment.head.isdigit() and best.head.isdigit())  # "section 5"
    nth = set(fragment.text.lower().split()[:2]) & {*ORDINALS}  # of the same speech
    keeps = keeps or (bool(nth) and fragment.core == fragment.end and fragment.head == best.head)
    owner = _owner_of(best, previous)
    if owner and called and not owned and best.kind == fragment.kind == "person":
        return swap(previous, best, owner + fragment.text.removeprefix("the "))
    named = _name_owned_by(best, previous)
    if named is not None and fragment.proper:
        return swap(previous, named, fragment.text, core=True)
    return swap(previous, best, fragment.text, core=keeps)


def _put_corrected(fragment: NounPhrase, previous: str) -> str | None:
    """Put what was meant in the place of what the question speaks of, else of what it asks for."""
    phrases = [p for p in noun_phrases(previous) if not p.inner and p.kind != "time"]
    spoken_of = [phrase for phrase in phrases if not phrase.asked] or phrases
    best = max(spoken_of, key=lambda phrase: _likeness(fragment, phrase), default=None)
    return None if best is None else swap(previous, best, fragment.text)


def _owner_of(phrase: NounPhrase, question: str) -> str:
    """Return "Yinchuan's " of "Yinchuan's mayor", nothing of "the mayor"."""
    words = tokens(question)[phrase.start : phrase.core]
    marks = [word for word in words if word.text[0] in "'’"]
    return question[words[0].start : marks[-1].end] + " " if marks else ""


def _name_owned_by(owner: NounPhrase, previous: str) -> NounPhrase | None:
    """Return "Beijing's Chaoyang district" for the "Beijing" in it, None for "Beijing's mayor"."""
    words = tokens(previous)
    whole = next(
        (p for p in noun_phrases(previous) if p.start == owner.start and not p.inner), None
    )
    if whole is None or not owner.inner:
        return None
    named = any(word.capital for word in words[owner.core + 1 : whole.core])
    return whole if named else None


def _named(phrase: NounPhrase) -> bool:
    """Whether a phrase is a name, or is called by one: "Chaoyang district"."""
    return phrase.proper or (phrase.start > 0 and phrase.text[:1].isupper())


def _called_the(phrase: NounPhrase) -> bool:
    """Whether a phrase of several words has "the", as names have that are not all capitals."""
    return phrase.text[:4].lower() == "the " and phrase.words > 1 and phrase.core == phrase.end


def _likeness(fragment: NounPhrase, phrase: NounPhrase) -> float:
    if phrase.asked or (fragment.kind == "time") != (phrase.kind == "time"):
        return 0.0
    fit = 0.0
    if fragment.head == phrase.head:
        fit += 3.0
    elif {fragment.head, phrase.head} <= v.WRITINGS:
        fit += 2.5
    kinds = {fragment.kind, phrase.kind}
    if len(kinds) == 1:
        fit += 2.0
    elif kinds <= {"name", "place", "organisation"} or (
        kinds == {"name", "person"} and fragment.words in (2, 3, 4)
    ):
        fit += 1.6
    elif kinds == {"name", "thing"} and _called_the(fragment) and _called_the(phrase):
        fit += 1.6  # "the northern link", "the Aster Greenway"
    if fragment.proper == _named(phrase) or kinds == {"person"}:
        fit += 0.6
    elif not (fragment.definite and phrase.definite):
        fit -= 0.5
    if (fragment.words == 1) == (phrase.words == 1):
        fit += 0.3
    return fit - 0.2 * phrase.inner
