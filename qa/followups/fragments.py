"""Fragments of questions ("and in Yinchuan?", "why?", "no, I meant 2019"), put into a question.

This tells what is a fragment, and puts those that ask ("when?") in; `qa.followups.topics` puts in
those that name a topic.
"""

import re
from collections.abc import Sequence

from qa.followups import vocabulary as v
from qa.followups.nounphrases import Token, looks_plural, noun_phrases, tokens
from qa.followups.topics import ENUMERATION, YEAR, put_subject, put_topic
from qa.followups.wording import as_definite

LEAD = re.compile(
    r"^(?:(?:and|but|or|so|ok|okay|then|no|nope|sorry|well|oh|hm+|actually|alright|right)\b[\s,.!:–-]*"
    r"|(?:wait|hang\s+on|hold\s+on)(?:\s*[,.!:–-]+\s*|\s+(?=(?:no|the|what|how|and|i)\b)))*",
    re.IGNORECASE,
)
_TOPIC = re.compile(
    r"^(?:what\s+about|how\s+about|(?:the\s+)?same\s+(?:for|question\s+for|with)|what\s+of"
    r"|compared\s+(?:with|to)|in\s+comparison\s+(?:with|to)|versus)\s+",
    re.IGNORECASE,
)
_CORRECTION = re.compile(
    r"^(?:i\s+(?:actually\s+)?(?:meant?|wanted)(?:\s+to\s+(?:say|ask))?(?:\s+about)?|make\s+that|rather|"
    r"not\s+[^,]{1,60},?\s+but|i\s+was\s+asking\s+about|i\s+(?:said|asked)(?:\s+about)?)\b[\s,:]*",
    re.IGNORECASE,
)
_CORRECTS = re.compile(
    r"\W*(?:no|nope|sorry|i\s+(?:actually\s+)?meant?|make\s+that|rather)\b", re.I
)
_TAIL = re.compile(
    r"[\s,]+(?:then|though|itself|instead|too|as\s+well|please|again|exactly|precisely|not\s+[\w\s-]{1,40}|i\s+meant?)\s*$",
    re.IGNORECASE,
)
_BACK = re.compile(  # what was said or done, where no event is named
    r"(?P<asks>when|where|why|how|(?:in|on|at)\s+(?:which|what)\s+\w+)"
    r"\s+(?:is|was|were|did)\s+(?:this|that)(?:\s+happen)?",
    re.IGNORECASE,
)
_HOW_COME = re.compile(r"^how\s+come\b(?!\s+(?:to|from)\b)", re.IGNORECASE)
_WHAT_FOR = re.compile(r"^what\s+for$", re.IGNORECASE)
_WHY = re.compile(
    r"why\s+(?:there|then|so|not|them|him|her|it|(?:this|that)(?:\s+one)?|these|those)",
    re.IGNORECASE,
)
_BY_WHOM = re.compile(r"(?:who\s+by|by\s+who)\b", re.IGNORECASE)
_KIND_OF = re.compile(r"\b(kinds?|sorts?|types?)\s+of\s+(?=\w+$)", re.IGNORECASE)
_HOW_MANY = re.compile(
    r"how\s+many\s+(?:(?:are|were)\s+(?:there|they)|of\s+(?:them|these|those)(?:\s+are\s+there)?)",
    re.IGNORECASE,
)
_SUCH_AS = re.compile(
    r"such\s+as(?:\s+what)?|like\s+(?:what|which)|(?:for|any|some|give\s+me(?:\s+an?)?)\s+(?:examples?|instance)",
    re.IGNORECASE,
)
_WHAT_ARE = re.compile(r"(?:what|who)\s+(?:are|were)\s+(?:the\s+)?(?P<things>.+?)[\s?.!]*$", re.I)
_ANY = re.compile(r"any\s+(?P<things>(?!others?\b|more\b|else\b)\w[\w\s-]*)", re.IGNORECASE)
_MEASURES = frozenset("share percentage proportion number fraction".split())
_VERBAL = v.AUXILIARIES | (v.VERBS - v.AMBIGUOUS - {"like"})
SENTENCE = v.AUXILIARIES | (v.VERBS - v.AMBIGUOUS)
_MOST_WORDS = 9  # a longer fragment is a question of its own


def complete_fragment(question: str, earlier: Sequence[str]) -> str | None:
    """Return an earlier question with the fragment put in, None if the question is no fragment.

    Args:
        question: the question asked now.
        earlier: the completed questions before it, oldest first.
    """
    previous = earlier[-1]
    if not tokens(previous):
        return None
    body, marked = _strip(question)
    body = _WHAT_FOR.sub("why", _HOW_COME.sub("why", body))
    back = _BACK.fullmatch(body)
    if back is not None and not any(p.kind == "event" for p in noun_phrases(previous)):
        body = back["asks"]
    if _HOW_MANY.fullmatch(body):
        body = body[: len("how many")]
    if body.lower() == "why not" and (denied := _denied(previous)) is not None:
        return denied
    body = _BY_WHOM.sub("by whom", _WHY.sub("why", body)) if len(body.split()) < 4 else body
    words = tokens(body)
    if not any(word.is_word for word in words) or len(words) > _MOST_WORDS:
        return None
    lowers = [word.lower for word in words]
    if _asks(lowers):
        return _put_asking(body, words, earlier) if _only_asks(body, words) else None
    if lowers[0] in v.AUXILIARIES and tokens(previous)[0].lower in v.AUXILIARIES:
        return put_subject(body, words, previous)
    if not _is_fragment(question, words, marked=marked):
        return None
    corrects = _CORRECTS.match(question) is not None
    return _any_of_asked(body, previous) or put_topic(body, earlier, corrects=corrects)


def _denied(previous: str) -> str | None:
    """Return "Why did the owners not get a dividend?" for "Did the owners get a dividend?"."""
    words = tokens(previous)
    subject = next((p for p in noun_phrases(previous) if p.start == 1 and not p.inner), None)
    if words[0].lower not in v.AUXILIARIES or subject is None:
        return None
    end = words[subject.end - 1].end
    return f"Why {_lower(previous[:end])} not{previous[end:]}"


def named_by_fragment(question: str) -> str | None:
    """Return "the party secretary" of "And the party secretary?", None where it asks by a word."""
    body, _ = _strip(question)
    words = tokens(body)
    if not any(word.is_word for word in words) or len(words) > _MOST_WORDS:
        return None
    return None if _asks([word.lower for word in words]) else body


def _any_of_asked(body: str, previous: str) -> str | None:
    """Return "Which ambassadors attended?" for "any ambassadors?" after "How many attended?"."""
    found = _ANY.fullmatch(body)
    asked, rest, inverted = _opening(previous)
    if found is None or inverted or not asked or tokens(asked)[0].lower not in v.WH:
        return None
    return f"Which {found['things']} {rest}"


def _strip(question: str) -> tuple[str, bool]:
    """Return the fragment without "and", "what about", "no, I meant", and whether it had one."""
    body = question.strip().rstrip("?.!？ ")
    bare = body
    body = LEAD.sub("", body, count=1)
    for lead in (_CORRECTION, _TOPIC):
        body = lead.sub("", body, count=1)
    shorter = _TAIL.sub("", body)
    marked = body != bare or (shorter != body and len(body.split()) < 4)
    if marked:
        body = shorter
    body = body.strip(" ,")
    return "which ones" if _SUCH_AS.fullmatch(body) else body, marked


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
    lowers = [word.lower for word in tokens(_KIND_OF.sub("", body))]
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
    if any(word.lower in SENTENCE and not word.capital for word in words):
        return False
    if marked:
        return True
    if lowers[0] in ENUMERATION or YEAR.fullmatch(words[0].text):
        return len(words) <= 2
    # Bare words without a question mark may be a search of their own.
    if not question.rstrip().endswith(("?", "？")) or len(words) > 5:
        return False
    return lowers[0] in v.PREPOSITIONS | {"the"} or len(words) <= 2


def _put_asking(body: str, words: Sequence[Token], earlier: Sequence[str]) -> str:
    previous = earlier[-1]
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
        return _which_of(lowers, asked, rest, previous) or f"{stem}, and {_lower(body)}?"
    if lowers == ["who"] and _asked_noun(asked) == "people":
        return f"Who {rest}"
    adverbial = lowers[0] in ("when", "where", "why", "how") or lowers[0] in v.PREPOSITIONS
    adverbial = adverbial and lowers[:2] not in (["how", "many"], ["how", "much"])
    adverbial = adverbial and not (asked.lower() == "what" and _USED_TO.search(rest))
    turned = _turned(asked, rest, inverted=inverted)
    if adverbial and turned is not None:
        return f"{start} {_SAY_ABOUT.sub('speak about', turned)}"
    if lowers[0] in ("who", "what", "when", "where") and asked.lower() in ("when", "where", "why"):
        return f"{stem}, and {_lower(body)}?"
    if lowers[:2] == ["how", "many"] and inverted and _asked_noun(asked) is not None:
        return f"{start} {rest}"
    counts = len(lowers) > 2 and lowers[0] == "how" and lowers[2] not in v.ADVERBS
    if counts:
        return _of_what_has_them(start, earlier) or f"{stem}, and {_lower(body)}?"
    return f"{stem}, and {_lower(body)}?"


def _of_what_has_them(counted: str, earlier: Sequence[str]) -> str | None:
    """Return "How many seats does the Rialto have?", None where nothing has any.

    Of an occasion, a place or a time it is "how many doctors in 2022".
    """
    about = _circumstances(earlier[-1])
    if about or not counted.lower().startswith("how many "):
        return f"{counted}{about}?" if about else None
    for question in reversed(earlier):
        for phrase in noun_phrases(question):
            if phrase.asked or phrase.inner or phrase.kind in ("time", "person", "event"):
                continue
            if phrase.definite or phrase.plural or phrase.kind != "thing":
                helper = "do" if phrase.plural and not phrase.proper else "does"
                return f"{counted} {helper} {as_definite(phrase.text, phrase)} have?"
    return None


def _circumstances(question: str) -> str:
    """Return when, where and on which occasion a question is about: " in 2022", " in Urumuchi"."""
    told = [
        f" {_AT[phrase.kind]} {phrase.text}"
        for phrase in noun_phrases(question)
        if not phrase.asked and (phrase.kind == "event" or (phrase.proper and phrase.kind in _AT))
    ]
    return "".join(told[:1])


_AT = {"event": "at", "place": "in", "time": "in"}


def _which_of(lowers: Sequence[str], asked: str, rest: str, previous: str) -> str | None:
    """Put "which ones?" or "how many?" in, None where nothing is counted."""
    many = lowers[0] == "how"
    opening = f"How {lowers[1]}" if many else "Which"
    listed = _WHAT_ARE.match(previous) if many else None
    if lowers == ["how", "much"] and (not asked or asked.lower() == "who"):
        return None
    if listed is not None:
        return f"{opening} {listed['things']} are there?"
    noun = _asked_noun(asked) or ("people" if many and asked.lower() == "who" else None)
    if re.match(r"how (?!many|much)", asked, re.IGNORECASE):  # "how quickly"
        noun = None
    return None if noun is None else f"{opening} {noun} {rest}"


def _with_object(rest: str, noun: str | None) -> str:
    """Give a verb the object that was asked for: "did it bring to Yinchuan" + "technologies"."""
    words = tokens(rest)
    if noun is not None and [word.lower for word in words[:2]] in (
        ["are", "there"],
        ["is", "there"],
    ):
        return f"{rest[: words[1].end]} {noun}{rest[words[1].end :]}"
    last = next((word for word in reversed(words) if word.is_word), words[-1])
    if noun is not None and last.lower in v.PREPOSITIONS:
        return f"{rest[: last.end]} the {noun}{rest[last.end :]}"  # "does it work with"
    if noun is None or words[0].lower in v.BE or noun.split()[-1].lower() in v.TIME | v.PLACE:
        return rest
    for at in range(len(words) - 1, 0, -1):
        verb = at - 1 if words[at].lower in _PARTICLES else at  # "carry out"
        after = words[at + 1].lower if at + 1 < len(words) else "?"
        if words[verb].lower in v.VERBS and (after in v.PREPOSITIONS or not after[0].isalnum()):
            return f"{rest[: words[at].end]} the {noun}{rest[words[at].end :]}"
    return rest


_USED_TO = re.compile(r"\b(?:use|need|have|do)\s+to\b", re.IGNORECASE)  # "what do they use to"
_SAY_ABOUT = re.compile(r"\bsay\s+about\b")
_PARTICLES = frozenset("out up down off away".split())


def _passive(rest: str) -> str | None:
    """Turn what someone did into what was done: "hosted the summit?", "was the summit hosted?"."""
    words = tokens(rest)
    done = v.PARTICIPLES.get(words[0].lower) if words else None
    if done is None:
        return None
    what = rest[words[0].end :].strip(" ?.!")
    found = noun_phrases(what)
    if not found or found[0].start > 0 or words[1].lower == "that":
        return None
    return f"{'were' if found[0].plural else 'was'} {what} {done}?"


def _turned(asked: str, rest: str, *, inverted: bool) -> str | None:
    """Return what a question says as "why" and "when" ask it, None where that is not known."""
    noun = _asked_noun(asked)
    if inverted:
        return _with_object(rest, None if asked.split()[0].lower() in v.PREPOSITIONS else noun)
    return _passive(rest) or (_of_someone(rest) if asked.lower() == "who" else _was(rest, noun))


def _was(rest: str, noun: str | None) -> str | None:
    """Turn what was done to what is asked for: "was held there?", "was it held there?"."""
    words = tokens(rest)
    if len(words) < 2 or words[0].lower not in v.BE or words[1].lower not in v.DONE:
        return None
    return f"{words[0].text} {f'the {noun}' if noun else 'it'}{rest[words[0].end :]}"


def _of_someone(rest: str) -> str | None:
    """Turn what "who" did: "spoke of smart cities?", "did someone speak of smart cities?"."""
    words = tokens(rest)
    base = v.BASE_OF_PAST.get(words[0].lower) if words else None
    return None if base is None else f"did someone {base}{rest[words[0].end :]}"


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
    return follower.capital or follower.lower not in _NO_SUBJECT


_NO_SUBJECT = v.VERBS | v.ADVERBS | v.PREPOSITIONS | v.BE | v.PROGRESSIVE


def _asked_noun(asked: str) -> str | None:
    words = [word for word in tokens(asked) if word.is_word]
    nouns = [
        word for word in words if word.lower not in v.WH | v.PREPOSITIONS | {"many", "much", "else"}
    ]
    return asked[nouns[0].start : nouns[-1].end] if nouns else None
