"""Fragments of questions ("and in Yinchuan?", "why?", "no, I meant 2019"), put into a question.

A fragment takes the place of what is like it in the question before: a year of a year, a place of
a place, "when" of "who". Where nothing is like it, it is appended.
"""

import re
from collections.abc import Sequence

from qa import vocabulary as v
from qa.nounphrases import NounPhrase, Token, looks_plural, noun_phrases, tokens

_LEAD = re.compile(
    r"^(?:(?:and|but|or|so|ok|okay|then|no|nope|sorry|well|oh|hm+|actually|alright|right)\b[\s,.!:–-]*)*",
    re.IGNORECASE,
)
_TOPIC = re.compile(
    r"^(?:what\s+about|how\s+about|(?:the\s+)?same\s+(?:for|question\s+for|with)|what\s+of)\s+",
    re.IGNORECASE,
)
_CORRECTION = re.compile(
    r"^(?:i\s+(?:actually\s+)?(?:mean|meant)(?:\s+to\s+(?:say|ask))?(?:\s+about)?|make\s+that|rather|"
    r"not\s+[^,]{1,60},?\s+but|i\s+was\s+asking\s+about|i\s+(?:said|asked)(?:\s+about)?)\b[\s,:]*",
    re.IGNORECASE,
)
_TAIL = re.compile(
    r"[\s,]+(?:then|though|instead|too|as\s+well|please|again|not\s+[\w\s-]{1,40})\s*$",
    re.IGNORECASE,
)
_YEAR = re.compile(r"\b(?:1[5-9]|20|21)\d\d\b")
_ENUMERATION = frozenset(
    "first firstly second secondly third thirdly fourth fourthly fifth fifthly lastly".split()
)
_ONE = re.compile(r"the(?P<which>(?:\s\S+){0,2})\s+ones?\b\s*(?P<rest>.*)$", re.IGNORECASE)
_ORDINAL = re.compile(r"(?:the\s+)?(?P<number>\d+(?:st|nd|rd|th))(?:\s+one)?", re.IGNORECASE)
_ORDINAL_INSIDE = re.compile(r"\b\d+(?:st|nd|rd|th)\b", re.IGNORECASE)
_MEASURES = frozenset("share percentage proportion number fraction".split())
_VERBAL = v.AUXILIARIES | (v.VERBS - v.AMBIGUOUS - {"like"})
_SENTENCE = v.AUXILIARIES | (v.VERBS - v.AMBIGUOUS)
_LOCATIVE = frozenset("in at on from near of for by to with".split())
_MOST_WORDS = 9  # a longer fragment is a question of its own


def complete_fragment(question: str, previous: str) -> str | None:
    """Return `previous` with the fragment put in, None if the question is no fragment.

    Args:
        question: the question asked now.
        previous: the completed question before it.
    """
    body, marked = _strip(question)
    words = tokens(body)
    if not any(word.is_word for word in words) or len(words) > _MOST_WORDS:
        return None
    if not tokens(previous):
        return None
    lowers = [word.lower for word in words]
    if _asks(lowers):
        return _put_asking(body, words, previous) if _only_asks(body, words) else None
    if lowers[0] in v.AUXILIARIES and tokens(previous)[0].lower in v.AUXILIARIES:
        return _put_subject(body, words, previous)
    if not _is_fragment(question, words, marked=marked):
        return None
    return _put_topic(body, words, previous)


def _strip(question: str) -> tuple[str, bool]:
    """Return the fragment without "and", "what about", "no, I meant", and whether it had one."""
    body = question.strip().rstrip("?.!？ ")
    bare = body
    body = _LEAD.sub("", body, count=1)
    for lead in (_CORRECTION, _TOPIC):
        body = lead.sub("", body, count=1)
    shorter = _TAIL.sub("", body)
    marked = body != bare or (shorter != body and len(body.split()) < 4)
    if marked:
        body = shorter
    return body.strip(" ,"), marked


def _asks(lowers: Sequence[str]) -> bool:
    """Whether it asks by a word of its own: "why", "on which day", "as of when"."""
    return lowers[0] in v.WH or any(
        word in v.WH and all(before in v.PREPOSITIONS for before in lowers[:at])
        for at, word in enumerate(lowers[:3])
    )


def _is_one(body: str) -> bool:
    """Whether everything but prepositions is in noun phrases, so that nothing is said of them."""
    words = tokens(body)
    covered = {at for phrase in noun_phrases(body) for at in range(phrase.start, phrase.end)}
    loose = {word.lower for at, word in enumerate(words) if at not in covered}
    loose |= {
        word.lower
        for before, word in zip(words, words[1:], strict=False)
        if word.lower in v.AMBIGUOUS and looks_plural(before.lower)
    }
    return loose <= v.PREPOSITIONS | v.WH


def _only_asks(body: str, words: Sequence[Token]) -> bool:
    """Whether nothing follows what is asked for: "how many projects", "on which day"."""
    lowers = [word.lower for word in words]
    asking = next(at for at, word in enumerate(lowers) if word in v.WH)
    rest = lowers[asking + 1 :]
    if rest[:1] in (["many"], ["much"]) and lowers[asking] == "how":
        rest = rest[1:]
    elif not rest or rest in (["else"], ["one"], ["ones"], ["exactly"]):
        return True
    elif rest[0] in _MEASURES and rest[1:2] == ["of"]:
        return not any(word in _VERBAL or word in v.WH for word in rest) and _is_one(body)
    elif lowers[asking] not in ("which", "what"):
        return lowers[asking] == "how" and len(rest) == 1 and rest[0] not in _VERBAL
    if any(word in v.CLOSED or word in _VERBAL or not word[0].isalnum() for word in rest):
        return False
    if rest and rest[-1].endswith("ed"):
        return False
    return len(rest) <= 1 + (asking > 0 or lowers[asking] == "how")


def _is_fragment(question: str, words: Sequence[Token], *, marked: bool) -> bool:
    lowers = [word.lower for word in words]
    if lowers[0] in v.AUXILIARIES:
        return False
    # A verb after the first words makes it a sentence; "the city that hosted it" is rare enough.
    if any(word.lower in _SENTENCE and not word.capital for word in words):
        return False
    if marked:
        return True
    if lowers[0] in _ENUMERATION or _YEAR.fullmatch(words[0].text):
        return len(words) <= 2
    # Bare words without a question mark may be a search of their own.
    if not question.rstrip().endswith(("?", "？")) or len(words) > 5:
        return False
    return lowers[0] in v.PREPOSITIONS | {"the"} or len(words) <= 2


# Asking fragments


def _put_asking(body: str, words: Sequence[Token], previous: str) -> str:
    lowers = [word.lower for word in words]
    asked, rest, inverted = _opening(previous)
    stem = previous.rstrip("?.! ")
    start = body[0].upper() + body[1:] if previous[:1].isupper() else body
    if not asked and tokens(previous)[0].lower in v.AUXILIARIES:
        # "Did Yinchuan host a summit?" + "when?"
        return f"{start} {previous[:1].lower()}{previous[1:]}"
    if lowers[-1] == "else" and asked.lower().split()[:1] == lowers[:1] and len(lowers) == 2:
        return f"{start} {rest}"
    if lowers in (["which", "ones"], ["which"], ["which", "one"], ["how", "many"], ["how", "much"]):
        noun = _asked_noun(asked)
        many = lowers[0] == "how"
        if noun is None and many and asked.lower() == "who":
            noun = "people"
        if noun is not None:
            return f"{'How ' + lowers[1] if many else 'Which'} {noun} {rest}"
        return f"{stem}, and {_lower(body)}?"
    if lowers == ["who"] and _asked_noun(asked) == "people":
        return f"Who {rest}"
    adverbial = lowers[0] in ("when", "where", "why", "how") or lowers[0] in v.PREPOSITIONS
    adverbial = adverbial and lowers[:2] not in (["how", "many"], ["how", "much"])
    if adverbial and inverted:
        return f"{start} {_with_object(rest, _asked_noun(asked))}"
    if lowers[0] in ("who", "what", "when", "where") and asked.lower() in ("when", "where", "why"):
        return f"{stem}, and {_lower(body)}?"
    if lowers[:2] == ["how", "many"] and inverted and _asked_noun(asked) is not None:
        return f"{start} {rest}"
    return f"{stem}, and {_lower(body)}?"


def _with_object(rest: str, noun: str | None) -> str:
    """Give a verb the object that was asked for: "did it bring to Yinchuan" + "technologies"."""
    words = tokens(rest)
    if noun is None or words[0].lower in v.BE or noun.split()[-1].lower() in v.TIME | v.PLACE:
        return rest
    for at in range(len(words) - 1, 0, -1):
        after = words[at + 1].lower if at + 1 < len(words) else "?"
        if words[at].lower in v.VERBS and (after in v.PREPOSITIONS or not after[0].isalnum()):
            return f"{rest[: words[at].end]} the {noun}{rest[words[at].end :]}"
    return rest


def _lower(body: str) -> str:
    return body[:1].lower() + body[1:]


def _opening(question: str) -> tuple[str, str, bool]:
    """Split off what is asked for: "Which projects", "does it have?", and whether that inverts."""
    words = tokens(question)
    at = 0
    while at < len(words) and words[at].lower in v.PREPOSITIONS:
        at += 1
    if at == len(words) or words[at].lower not in v.WH:
        return "", question, False
    for end in range(at + 1, len(words)):
        lower = words[end].lower
        if lower in v.AUXILIARIES or (lower in v.VERBS and lower not in v.AMBIGUOUS):
            asked = question[: words[end].start].strip()
            inverted = lower in v.AUXILIARIES and _subject_follows(words, end)
            return asked, question[words[end].start :], inverted
    return question, "", False


def _subject_follows(words: Sequence[Token], at: int) -> bool:
    """Whether a subject comes right after the auxiliary: "did | Yinchuan", not "was | released"."""
    if at + 1 >= len(words):
        return False
    follower = words[at + 1]
    return follower.capital or follower.lower not in v.VERBS | v.ADVERBS | v.PREPOSITIONS | v.BE


def _asked_noun(asked: str) -> str | None:
    words = [word for word in tokens(asked) if word.is_word]
    nouns = [
        word for word in words if word.lower not in v.WH | v.PREPOSITIONS | {"many", "much", "else"}
    ]
    return asked[nouns[0].start : nouns[-1].end] if nouns else None


# Topic fragments


def _put_topic(body: str, words: Sequence[Token], previous: str) -> str:
    if words[0].lower in _ENUMERATION and len(words) == 1:
        return _put_enumeration(body, previous)
    if words[0].lower in v.PREPOSITIONS:
        return _put_prepositional(body, words, previous)
    one = _ONE.match(body)
    if one is not None:
        return _put_one(one["which"].strip(), one["rest"], previous)
    return _put_noun(body, words, previous)


def _put_noun(body: str, words: Sequence[Token], previous: str) -> str:
    if words[-1].lower in ("'s", "’s") and len(words) > 1:
        owner = body[: words[-1].start]
        return _put_owner(owner, previous) or _append(owner, previous)
    ordinal = _ORDINAL.fullmatch(body)
    if ordinal is not None and (found := _ORDINAL_INSIDE.search(previous)):
        return previous[: found.start()] + ordinal["number"] + previous[found.end() :]
    phrases = noun_phrases(body)
    if not phrases or phrases[0].start > 1:
        return f"{previous.rstrip('?.! ')}, and {body}?"
    first = phrases[0]
    rest = body[words[first.end - 1].end :].strip(" ,")
    if first.kind == "time" and first.start == 0 and first.words <= 3 and not rest:
        return _put_time(first.text, previous) or _append(f"in {first.text}", previous)
    result = _put_phrase(first, previous)
    return _append(body, previous) if result is None else _put_rest(rest, result)


def _put_rest(rest: str, question: str) -> str:
    """Put what follows the noun phrase of a fragment in: "Liu Yunan | in 2019"."""
    words = tokens(rest)
    if not words or not words[0].is_word:
        return question
    if words[0].lower in v.PREPOSITIONS:
        return _put_prepositional(rest, words, question)
    return _append(rest, question)


def _append(body: str, previous: str) -> str:
    """Append what fits nowhere: "When did the summit take place, and the mayor?"."""
    stem = previous.rstrip("?.! ")
    lead = "" if tokens(body)[0].lower in v.PREPOSITIONS else "regarding "
    return f"{stem}, {lead}{body}?" if lead else f"{stem} {body}?"


def _put_subject(body: str, words: Sequence[Token], previous: str) -> str | None:
    """Put "does Shenzhen?" in: the subject of a yes-or-no question."""
    phrases = noun_phrases(body)
    if not phrases or phrases[0].start != 1 or phrases[0].end != len(words):
        return None
    subject = next((p for p in noun_phrases(previous) if p.start == 1 and not p.inner), None)
    return None if subject is None else _swap(previous, subject, phrases[0].text)


def _put_owner(owner: str, previous: str) -> str | None:
    """Put "Macao's" in the place of an owner."""
    words = tokens(previous)
    for phrase in noun_phrases(previous):
        if phrase.core < len(words) and words[phrase.core].text[0] in "'’":
            return _swap(previous, phrase, owner, core=True)
    return None


def _put_one(which: str, rest: str, previous: str) -> str:
    """Put "the 2018 one" in: the noun is that of the question before."""
    if _YEAR.fullmatch(which) and not rest and (found := _put_time(which, previous)):
        return found
    phrases = [p for p in noun_phrases(previous) if not p.inner and p.kind != "time"]
    slot = next((p for p in phrases if p.definite and not p.asked), None)
    if slot is None:
        slot = phrases[0] if phrases else None
    if slot is None:
        return _append(f"the {which} one {rest}".rstrip(), previous)
    text = f"{which} {tokens(previous)[slot.core - 1].text} {rest}".strip()
    return _swap(previous, slot, text if slot.asked else f"the {text}")


def _put_enumeration(body: str, previous: str) -> str:
    for word in tokens(previous):
        if word.lower in _ENUMERATION:
            return previous[: word.start] + body.lower() + previous[word.end :]
    return f"{previous.rstrip('?.! ')} {body.lower()}?"


def _put_time(text: str, previous: str) -> str | None:
    """Put a year or date where the question before has one."""
    if _YEAR.fullmatch(text):
        found = _YEAR.search(previous)
        return None if found is None else previous[: found.start()] + text + previous[found.end() :]
    for phrase in noun_phrases(previous):
        if phrase.kind == "time" and not phrase.asked:
            return _swap(previous, phrase, text)
    return None


def _put_prepositional(body: str, words: Sequence[Token], previous: str) -> str:
    inner = body[words[1].start :] if len(words) > 1 else ""
    phrases = noun_phrases(body)
    proper = bool(phrases) and phrases[0].proper
    if bool(phrases) and phrases[0].kind == "time":
        return _put_date(body, inner, previous)
    slot = _slot(words[0].lower, previous, proper=proper)
    if slot is None and proper:
        slot = _only_name(previous)
    # subtle: only the noun phrase is replaced, so that its own preposition stays before it
    return _append(body, previous) if slot is None else _swap(previous, slot, inner)


def _put_date(body: str, inner: str, previous: str) -> str:
    """Put "in 2019" in the place of a year, else of the last date with a preposition."""
    if _YEAR.fullmatch(inner) and (found := _put_time(inner, previous)):
        return found
    times = [p for p in noun_phrases(previous) if p.kind == "time" and p.preposition]
    if not times:
        return _append(body, previous)
    return _swap_with_preposition(previous, times[-1], body)


def _slot(preposition: str, previous: str, *, proper: bool) -> NounPhrase | None:
    """Return the last phrase after the same preposition, else a name after one like it."""
    after = [
        phrase
        for phrase in noun_phrases(previous)
        if not phrase.asked and phrase.preposition is not None and phrase.kind != "time"
        and phrase.proper >= proper
    ]  # fmt: skip
    same = [phrase for phrase in after if phrase.preposition == preposition]
    alike = [
        phrase
        for phrase in after
        if proper and phrase.proper and {phrase.preposition, preposition} <= _LOCATIVE
    ]
    return next(reversed(same or alike), None)


def _only_name(previous: str) -> NounPhrase | None:
    """Return the place-like name, if there is just one name in the question."""
    names = [phrase for phrase in noun_phrases(previous) if phrase.proper and phrase.words < 3]
    names = [phrase for phrase in names if phrase.kind in ("name", "place")]
    return names[0] if len(names) == 1 else None


def _swap(previous: str, phrase: NounPhrase, text: str, *, core: bool = False) -> str:
    words = tokens(previous)
    start = words[phrase.start].start
    end = words[(phrase.core if core else phrase.end) - 1].end
    if start == 0:
        text = text[0].upper() + text[1:]
    return previous[:start] + text + previous[end:]


def _swap_with_preposition(previous: str, phrase: NounPhrase, text: str) -> str:
    words = tokens(previous)
    return previous[: words[phrase.start - 1].start] + text + previous[words[phrase.end - 1].end :]


def _put_phrase(fragment: NounPhrase, previous: str) -> str | None:
    """Put a noun phrase in the place of the one most like it."""
    best: NounPhrase | None = None
    best_fit = 1.5  # a phrase that is less alike is not replaced
    for phrase in noun_phrases(previous):
        fit = _likeness(fragment, phrase)
        if fit > best_fit:
            best, best_fit = phrase, fit
    if best is None:
        return None
    if fragment.kind == "time" and (found := _put_time(fragment.text, previous)):
        return found
    # "and the Party Secretary?" keeps the "of Yinchuan" of the mayor.
    called = not fragment.proper or fragment.text[:4].lower() == "the "
    keeps = fragment.core == fragment.end and called and best.kind == "person"
    keeps = keeps or (fragment.head.isdigit() and best.head.isdigit())  # "section 5"
    return _swap(previous, best, fragment.text, core=keeps)


def _likeness(fragment: NounPhrase, phrase: NounPhrase) -> float:
    if phrase.asked or (fragment.kind == "time") != (phrase.kind == "time"):
        return 0.0
    fit = 0.0
    if fragment.head == phrase.head:
        fit += 3.0
    kinds = {fragment.kind, phrase.kind}
    if len(kinds) == 1:
        fit += 2.0
    elif kinds <= {"name", "place", "organisation"} or (
        kinds == {"name", "person"} and fragment.words in (2, 3, 4)
    ):
        fit += 1.6
    if fragment.proper == phrase.proper:
        fit += 0.6
    else:
        fit -= 0.5
    if (fragment.words == 1) == (phrase.words == 1):
        fit += 0.3
    return fit - 0.2 * phrase.inner
