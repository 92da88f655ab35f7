"""Replace "that summit", "the city" and "there" by what they mean in an earlier question."""

import re
from collections.abc import Callable, Sequence

from index.searching import Index
from qa.followups import vocabulary as v
from qa.followups.antecedents import antecedent, name_of
from qa.followups.asking import thing_asked_for
from qa.followups.nounphrases import NounPhrase, Token, noun_phrases, same_noun, tokens
from qa.followups.topics import YEAR
from qa.followups.wording import append_occasion, as_definite, preposition_for, put
from qa.kinds import singular


def resolve_definites(
    question: str, earlier: Sequence[str], index: Index, *, quoted: Callable[[], str] = str
) -> str | None:
    """Replace "that summit", "the city" by the full phrase that an earlier question has for it.

    `quoted` returns what the last of them is answered with, nothing if it is not: where none has a
    phrase for "these centres", the answer may.
    """
    own = noun_phrases(question)
    words = tokens(question)
    for phrase in own:
        first = words[phrase.start].lower
        pointing = first in v.DEMONSTRATIVES
        if not (pointing or first == "the") or phrase.core != phrase.end:
            continue
        at_event = phrase.preposition == "at" and phrase.words == 1 and phrase.kind == "event"
        if not pointing and not at_event and any(other.proper for other in own):
            continue
        if pointing and not _points(words, phrase.start):
            continue
        if phrase.end < len(words) and words[phrase.end].lower in _RELATIVE:
            continue
        full = name_of(phrase, earlier, pointing=pointing)
        if full is None and pointing:
            full = _in_quote(phrase, quoted()) or _of_what(phrase, earlier, index)
        if full is None and phrase.words == 1 and phrase.head in v.TERMS:
            full = _term(phrase.head, earlier[-1])
        if full is not None:
            return put(question, words[phrase.start].start, words[phrase.core - 1].end, full)
    return None


def _term(head: str, previous: str) -> str | None:
    """Return "the term smart city" after "What is a smart city?"."""
    defined = _DEFINED.match(previous)
    return f"the {head} {defined['term']}" if defined is not None else None


def _in_quote(phrase: NounPhrase, quote: str) -> str | None:
    """Return what a quote calls "these centres": the first phrase of that head with more to it."""
    words = tokens(quote)
    for other in noun_phrases(quote):
        if not same_noun(other.head, phrase.head):
            continue
        # a statement is read as a question would be: "the district runs micro-service centers"
        verbs = [at for at in range(other.start, other.core) if words[at].lower in _RUNS]
        start = verbs[-1] + 1 if verbs else other.start
        if other.core - start > phrase.words:
            text = quote[words[start].start : words[other.end - 1].end]
            return f"the {text}" if verbs else as_definite(text, other)
    return None


_RUNS = v.VERBS | v.AMBIGUOUS


_DEFINED = re.compile(
    r"what\s+(?:is|are|does|do)\s+(?:an?\s+|the\s+)?(?P<term>(?:[\w-]+\s+){0,3}[\w-]+?)"
    r"(?:\s+mean|\s+stand\s+for)?[\s?.!]*$", re.IGNORECASE,
)  # fmt: skip


def _of_what(phrase: NounPhrase, earlier: Sequence[str], index: Index) -> str | None:
    """Return "the collaboration of CEC" for "that collaboration" of which nothing was said."""
    if phrase.kind == "time" or phrase.preposition is None or phrase.head in _VAGUE:
        return None
    topic = antecedent("they" if phrase.kind == "person" else "it", earlier, index)
    _, _, noun = phrase.text.partition(" ")
    if topic is None or not noun or topic == topic.lower():
        return None
    return f"the {noun} of {topic}"


_RELATIVE = frozenset("that which who where whose whom".split())
_VAGUE = frozenset("way case manner type kind sort regard respect reason".split())


def _points(words: Sequence[Token], at: int) -> bool:
    """Whether "that" before a noun points at it, and is no conjunction ("say that cities ...")."""
    if words[at].lower != "that" or at == 0:
        return True
    before = words[at - 1]
    return before.lower in v.PREPOSITIONS | v.AUXILIARIES or (
        before.lower in v.VERBS and before.lower not in _SAYING
    )


_SAYING = frozenset(
    "say says said think thinks thought believe believes believed know knows knew mean means show "
    "showed suggest suggests suggested state states stated argue argued claim claimed".split()
)


def resolve_ones(question: str, earlier: Sequence[str], index: Index) -> str | None:
    """Replace "the first one" by "the first workshop" where a question before has workshops.

    "The one in Shenzhen" is another of what is spoken of: "the summit in Shenzhen".
    """
    found = _NTH_ONE.search(question)
    if found is None:
        return None
    for previous in reversed(earlier):
        for phrase in noun_phrases(previous):
            if found["like"]:
                if phrase.definite and not phrase.inner and phrase.kind in ("thing", "event"):
                    return put(question, *found.span("one"), phrase.head)
                continue
            one = phrase.plural if found["nth"] else phrase.kind in ("event", "organisation")
            if one and phrase.kind != "time" and not phrase.inner:
                noun = singular(phrase.head)
                return f"{question[: found.start('one')]}{noun}{question[found.end('one') :]}"
    return None


_NTH_ONE = re.compile(
    r"\bthe\s+(?P<nth>first|second|third|fourth|fifth|last|other|next|latest"
    r"|(?P<like>old|new|older|newer|bigger|smaller|larger|previous|former))?(?(nth)\s+)"
    r"(?P<one>one)\b(?(nth)|(?=\s+(?:in|at|of|from|on|for|by)\b))",
    re.IGNORECASE,
)


def resolve_one(question: str, earlier: Sequence[str], index: Index) -> str | None:
    """Put "a smart city" for the "one" of "when does it turn into one?", "who needs one?"."""
    words = [word for word in tokens(question) if word.is_word][-2:]
    if len(words) < 2 or words[1].lower != "one" or words[0].lower not in _BEFORE_ONE:
        return None
    for previous in reversed(earlier):
        for phrase in noun_phrases(previous):
            if phrase.text.split()[0].lower() in ("a", "an") and phrase.kind != "time":
                said = tokens(previous)[phrase.start : phrase.core]
                thing = previous[said[0].start : said[-1].end]
                return put(question, words[1].start, words[1].end, thing)
    return None


_BEFORE_ONE = (v.PREPOSITIONS | v.VERBS | v.BE | {"become", "becomes", "became"}) - v.MODALS


def resolve_compared(question: str, earlier: Sequence[str], index: Index) -> str | None:
    """Name what "which of the two is longer?" compares: what the last two questions are about."""
    found = _WHICH_OF_TWO.fullmatch(question)
    if found is None or not (found["two"] or _COMPARATIVE.search(found["rest"])):
        return None
    things: list[NounPhrase] = []
    for previous in earlier[-2:]:
        things += [
            phrase
            for phrase in noun_phrases(previous)
            if phrase.definite and not (phrase.asked or phrase.inner or phrase.kind == "time")
        ][:1]
    if len(things) < 2 or things[0].text.lower() == things[1].text.lower():
        return None
    first, second = (as_definite(thing.text, thing) for thing in things)
    return f"Which {found['rest']}, {first} or {second}?"


_WHICH_OF_TWO = re.compile(
    r"(?:and\s+)?which(?:\s+one)?(?P<two>\s+of\s+(?:the\s+two|(?:these|those)\s+two|both))?"
    r"(?:\s+of\s+(?:them|these|those))?\s+(?P<rest>(?:is|was|are|were|has|had|costs?|cost)\b.*?)[\s?.!]*",
    re.IGNORECASE,
)
_COMPARATIVE = re.compile(r"\b(?:\w{2,}er|more|less|fewer|better|worse)\b", re.IGNORECASE)


def resolve_then(question: str, earlier: Sequence[str], index: Index) -> str | None:
    """Put "in 2022" for "then", "at the time" or "that year" where a question before has a year."""
    found = _THEN.search(question)
    if found is None or YEAR.search(question):
        return None
    if found[0].strip(" ?.!").lower() == "then" and tokens(question)[0].lower in _NOW:
        return f"{question[: found.start()].rstrip(' ,')}?"  # "is it a forum then?"
    years = [year for previous in earlier for year in YEAR.findall(previous)]
    return f"{question[: found.start()]}in {years[-1]}?" if years else None


_NOW = frozenset("is are isn aren isnt arent whats whos".split())
_THEN = re.compile(
    r"\b(?:back\s+then|then|at\s+(?:the|that)\s+time|(?:in\s+)?(?:that|the\s+same)\s+year)[\s?.!]*$",
    re.IGNORECASE,
)


def resolve_number(question: str, earlier: Sequence[str], index: Index) -> str | None:
    """Put "the number of complaints" for "the number" after "How many complaints were there?"."""
    question = _IT_CHANGED.sub("the number", question)
    change = _CHANGE.search(question)
    found = change or _NUMBER.search(question)
    counted = None if found is None else re.match(r"how\s+many\s", earlier[-1], re.IGNORECASE)
    things = next((p for p in noun_phrases(earlier[-1]) if p.asked and p.plural), None)
    if found is None or counted is None or things is None:
        return None
    link = "of" if change is None else "in"
    return f"{question[: found.end()]} {link} {things.text}{question[found.end() :]}"


_IT_CHANGED = re.compile(  # "why did it go up"
    r"\b(?:it|that)(?=\s+(?:go(?:ing)?\s+(?:up|down)|ris(?:e|en|ing)|fall(?:en|ing)?|f[ae]ll|rose|gr[eo]w\w*|"
    r"drop\w*|increas\w+|decreas\w+|chang\w+|shr[aiu]nk\w*)\b)",
    re.IGNORECASE,
)
_CHANGE = re.compile(
    r"\bthe\s+(?:drop|fall|rise|increase|decrease|decline|growth|change|difference)\b(?!\s+(?:of|in)\b)",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\bthe\s+(?:number|total|figure)\b(?!\s+of\b)", re.IGNORECASE)


def resolve_elided(question: str, earlier: Sequence[str], index: Index) -> str | None:
    """Put "complaints" into "how many were upheld" after "How many complaints came in 2022?".

    With them goes the time that was spoken of, where the question has none.
    """
    found = _ELIDED.match(question)
    if found is None:
        return None
    said = [word.lower for word in tokens(question[found.end() :]) if word.is_word]
    if _does(said):
        return _of_the_things(found["asks"], question[found.end() :], earlier[-1])
    if said[0] not in _SAYS_OF_THEM or not _NAMES_THEM.isdisjoint(said[1:2]):
        return None
    phrases = noun_phrases(earlier[-1])
    things = next((p for p in phrases if p.asked and p.plural and p.kind != "time"), None)
    if things is None:
        return None
    whole = f"{found['asks']} {things.text} {question[found.end() :]}".rstrip(" ?.!")
    times = [p for p in phrases if p.kind == "time" and p.proper and p.preposition]
    if times and all(phrase.kind != "time" for phrase in noun_phrases(question)):
        whole += f" {times[-1].preposition} {times[-1].text}"
    return f"{whole}?"


def _does(said: Sequence[str]) -> bool:
    """Whether all that is said is what they do: "still work", "broke", "refused"."""
    verbs = [word for word in said if word not in v.ADVERBS | _STILL]
    if len(verbs) != 1 or verbs[0] in v.OCCASION_VERBS:
        return False
    past = verbs[0] in v.PAST or verbs[0].endswith("ed")
    return past or (len(said) > 1 and verbs[0] in v.BASES | v.AMBIGUOUS)


def _of_the_things(asks: str, done: str, previous: str) -> str | None:
    """Return "How many of the sensors that Sandholm bought | still work?", None without things."""
    for phrase in noun_phrases(previous):
        if phrase.plural and not phrase.inner and phrase.kind != "time":
            things = thing_asked_for(previous, phrase) or as_definite(phrase.text, phrase)
            return f"{asks} of {things} {done.strip()}"
    return None


_STILL = frozenset("still also already ever never now".split())
_ELIDED = re.compile(
    r"(?:(?:and|but)\s+)?(?P<asks>how\s+many|which)(?:\s+ones)?\s+(?=[a-z])", re.IGNORECASE
)
_NAMES_THEM = v.ARTICLES | v.DEMONSTRATIVES | v.POSSESSIVES | v.QUANTIFIERS | v.PRONOUNS
_SAYS_OF_THEM = (v.AUXILIARIES | v.DONE) - v.OCCASION_VERBS


def resolve_former(question: str, earlier: Sequence[str], index: Index) -> str | None:
    """Replace "the former" and "the latter" by the last two names that were spoken of.

    Not so in "the former mayor".
    """
    found = _FORMER.search(question)
    if found is None:
        return None
    after = next((word for word in tokens(question) if word.start >= found.end()), None)
    if after is not None and after.is_word and after.lower not in _AFTER_NAME:
        return None
    names = dict.fromkeys(
        phrase.text
        for previous in earlier
        for phrase in noun_phrases(previous)
        if phrase.proper and not phrase.inner and phrase.kind != "time"
    )
    if len(names) < 2:
        return None
    former, latter = list(names)[-2:]
    name = former if found["which"].lower() == "former" else latter
    return put(question, found.start(), found.end(), name)


_FORMER = re.compile(r"\bthe\s+(?P<which>former|latter)\b", re.IGNORECASE)
_AFTER_NAME = v.CLOSED | (v.VERBS - v.AMBIGUOUS)


def _nothing() -> None:
    return None


def resolve_there(
    question: str,
    earlier: Sequence[str],
    index: Index,
    *,
    held: Callable[[], str | None] = _nothing,
) -> str | None:
    """Replace "there" that is a place, not the "there" of "there is", or complete "are there?".

    `held` returns the occasion, such as "the workshop", that the last question is answered with.
    """
    words = tokens(question)
    own = noun_phrases(question)
    for at, word in enumerate(words):
        named = any(
            p.kind == "place" or (p.proper and (p.preposition or p.kind == "event")) for p in own
        )
        if word.lower != "there" or named:
            continue
        before = words[at - 1].lower if at else ""
        after = words[at + 1] if at + 1 < len(words) else None
        copula = before in v.BE or (after is not None and after.lower in v.BE)
        last = after is None or not after.is_word
        if after is not None and after.text[0] in "'’":
            return None
        if before in v.HAVE | v.MODALS:
            return None
        asks = words[0].lower in v.BE and _short(words)  # "was there an exhibition?"
        if copula and not last and not asks:
            return None
        phrase = held() or antecedent("there", earlier, index)
        if phrase is None:
            return None
        if copula and not phrase[:1].isdigit():
            return _who_attended(question, phrase) or append_occasion(question, phrase)
        if before in ("from", "to", "near", "around"):
            return put(question, word.start, word.end, phrase)
        preposition = "at" if preposition_for(phrase) == "at" else "in"
        if before in v.PERSON or before in v.ROLES:
            preposition = "of"
        return put(question, word.start, word.end, f"{preposition} {phrase}")
    return None


def _who_attended(question: str, occasion: str) -> str | None:
    """Return "which departments attended the summit?" for "which departments were there?"."""
    found = _WERE_THERE.fullmatch(question)
    if found is None or [phrase.kind for phrase in noun_phrases(occasion)[:1]] != ["event"]:
        return None
    who = [singular(phrase.head) for phrase in noun_phrases(found["who"])[:1]]
    people = found["who"].lower() == "who" or not (v.PERSON | v.ORGANISATION).isdisjoint(who)
    return f"{found['who']} attended {occasion}?" if people else None


_WERE_THERE = re.compile(
    r"(?P<who>(?:who|which\s[\w\s-]+?|how\s+many\s[\w\s-]+?))\s+(?:was|were)\s+there[\s?.!]*",
    re.IGNORECASE,
)


def _short(words: Sequence[Token]) -> bool:
    content = [word for word in words if word.is_word and word.lower not in v.CLOSED]
    return len(content) <= 2 and not any(word.text[0].isdigit() for word in words)
