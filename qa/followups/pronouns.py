"""Replace the pronoun of a question by what it stands for in an earlier one, if it leans on one.

A pronoun that means nothing ("is it true that"), or something in its own question ("the mayor and
his plan"), stays.
"""

import re
from collections.abc import Sequence, Set

from index.searching import Index
from qa.followups import vocabulary as v
from qa.followups.antecedents import antecedent
from qa.followups.nounphrases import NounPhrase, Token, looks_plural, noun_phrases, tokens
from qa.followups.wording import put

_EXPLETIVE = re.compile(
    r"\bit(?:['’]s)?\s+(?:\w+ly\s+|not\s+|still\s+|also\s+|often\s+)?(?:been\s+|be\s+|is\s+|was\s+|has\s+)*"
    r"(?:true|possible|impossible|likely|unlikely|important|necessary|clear|known|said|believed|"
    r"thought|estimated|legal|illegal|safe|worth\s+\w+ing|better|best|easy|hard|difficult|common|fair|"
    r"correct|suggested|recommended|argued|assumed|considered|called|time|rain\w*|snow\w*|seem\w*|turns?\s+out|matters?)\b"
    r"|\bit\s+(?:\w+ly\s+)?(?:takes?|took|costs?|requires?|means?|make\s+sense)\b[^?]*\bto\b"
    r"|\bwhat\s+does\s+it\s+mean\s+(?:when|if|to)\b"
    r"|\bmakes?\s+it\s+(?:past|to|through|into)\b|\bwhen\s+it\s+comes\s+to\b"
    r"|\b(?:is|was)\s+it\s+(?!able|going|due|ready|set)\w+(?<!ed)\s+to\b"
    r"|\bit\s+has\s+been\s+\w+\s+that\b|\b(?:read|see|take|view|like|hate)\s+it\s+(?:when|that|if|as)\b"
    r"|\b(?:is|was)\s+it\s+(?:\w+\s+)?(?:that|when|who)\b"
    r"|\b(?:is|was)\s+it\s+(?:more|less|so|too|very|most|not)\s+\w+"
    r"|\b(?:make|makes|made|making|find|found|finds|consider\w*)\s+it\s+(?:\w+\s+){0,2}"
    r"\w+\s+(?:to|for|that)\b"
    r"|\bit\s+(?:is|was)\s+(?:\w+\s+){1,3}(?:that|to|who)\b|^(?:is|was)\s+it\s+(?:\w+\s+){1,7}(?:that|who)\b",
    re.IGNORECASE,
)


def resolve_pronouns(
    question: str, earlier: Sequence[str], index: Index, *, rank: int = 0
) -> str | None:
    """Replace the first pronoun that stands for something in an earlier question.

    `rank` is 0 for what fits it best, 1 for what fits best of another sort, and so on.
    """
    words = tokens(question)
    own = noun_phrases(question)
    for at, word in enumerate(words):
        kind = _PRONOUNS.get(word.lower)
        if kind is None or _stands_alone(question, words, at, own):
            continue
        if kind == "it" and _acts(words, at):
            kind = "agent"
        elif word.lower in ("they", "them") and _says(words, at):
            kind = "speakers"
        elif word.lower == "its":
            kind = "agent" if _has_role(words, at) else "its"
        elif word.lower in ("this", "that"):
            kind = "he" if _WHO_IS.match(question) else "that"
        phrase = antecedent(kind, earlier, index, rank=rank)
        if rank == 0 and [one.lower for one in words[at + 1 : at + 2]] == ["one"]:
            phrase = antecedent("it", earlier[-1:], index) or phrase  # what was named last
        if phrase is not None:
            of_them = at > 1 and words[at - 1].lower == "of" and words[at - 2].lower == "which"
            return _replace(question, words, at, _without_clause(phrase) if of_them else phrase)
    return None


_WHO_IS = re.compile(r"who(?:['’]s| is| was) th(?:is|at)\b(?! one)", re.IGNORECASE)


def points_back(question: str) -> bool:
    """Whether a question has a pronoun, no person's, that means nothing in the question itself."""
    words = tokens(question)
    own = noun_phrases(question)
    return any(
        _PRONOUNS.get(word.lower) in ("it", "they") and not _stands_alone(question, words, at, own)
        for at, word in enumerate(words)
    )


def _without_clause(phrase: str) -> str:
    """Return "the officials" for "the officials that explained it": "which of them" says more.

    Of things, which are of somebody, the clause says whose.
    """
    short = re.split(r"\s(?:that|who|which)\s", phrase, maxsplit=1)[0]
    return short if short.split()[-1].lower() in v.PERSON else phrase


def _acts(words: Sequence[Token], at: int) -> bool:
    """Whether the pronoun at `at` is what acts: "did it host"."""
    if at and words[at - 1].lower not in v.DO | v.HAVE | v.MODALS:
        return False
    verb = next((i for i in (at + 1, at + 2) if i < len(words) and words[i].lower in v.AGENTIVE), 0)
    alone = verb > 0 and not any(word.is_word for word in words[verb + 1 :])
    return verb > 0 and not (alone and words[verb].lower in _OF_THINGS)  # "when will it open"


_OF_THINGS = frozenset("open opened work worked sell launch launched".split())


def _has_role(words: Sequence[Token], at: int) -> bool:
    """Whether the pronoun at `at` owns somebody whom cities and companies have: "its mayor"."""
    return any(word.lower in v.ROLES for word in words[at + 1 : at + 3])


def _says(words: Sequence[Token], at: int) -> bool:
    """Whether the pronoun at `at` is of people: "what did they say", "which of them is mayor"."""
    after = [word.lower for word in words[at + 1 : at + 6]]
    post = after[:1] != [] and after[0] in v.BE and not v.ROLES.isdisjoint(after)
    return post or not v.SPEAKING.isdisjoint(after[:2])


_PRONOUNS = {
    "it": "it", "its": "it", "he": "he", "him": "he", "his": "he", "she": "he", "her": "he",
    "they": "they", "them": "they", "their": "they", "this": "it", "that": "it", "these": "they",
    "those": "they",
}  # fmt: skip
_OWNERS = frozenset({"its", "his", "her", "their"})


def _stands_alone(
    question: str, words: Sequence[Token], at: int, own: Sequence[NounPhrase]
) -> bool:
    """Whether the pronoun at `at` needs nothing from before: expletive, conjunction, or bound."""
    lower = words[at].lower
    if lower == "it" and (_EXPLETIVE.search(question) or _is_trade(question, words[at])):
        return True
    if lower in v.DEMONSTRATIVES and not _is_pronoun(words, at):
        return True
    if lower == "it" and at and at + 2 < len(words) and words[at + 1].text in ("'s", "’s"):
        lower = "its"  # as it is often written
    before = {word.lower for word in words[:at]}
    if _PRONOUNS[lower] == "they" and _several(words, at, before):
        return True
    if _PRONOUNS[lower] != "it" and words[0].lower == "who" and _is_of_who(words, at, lower):
        return True
    return any(_binds(phrase, lower, words, at) for phrase in own)


def _is_trade(question: str, word: Token) -> bool:
    """Whether "IT" is information technology: in capitals, where not everything is."""
    return word.text == "IT" and not question.isupper()


def _is_of_who(words: Sequence[Token], at: int, lower: str) -> bool:
    """Whether "who" itself is meant: "who lost his seat", "who says that they will"."""
    asked = at > 1 and words[1].is_word and words[1].lower not in v.AUXILIARIES
    if _owns(words, at):
        return asked or at > 3
    return asked and lower in ("he", "she", "they")


def _several(words: Sequence[Token], at: int, before: Set[str]) -> bool:
    """Whether "they" may be people in general or those who are named just before."""
    if before & {"someone", "anyone", "everyone", "somebody", "each", "you", "person"}:
        return True
    if "one" in before and [word.lower for word in words[max(at - 2, 0) : at]] != ["one", "of"]:
        return True
    return "and" in before and sum(word.capital for word in words[1:at]) > 1


def _is_pronoun(words: Sequence[Token], at: int) -> bool:
    """Whether "that" stands for a thing: "why is that?", "does that cost", "about that"."""
    before = words[at - 1].lower if at else ""
    after = words[at + 1].lower if at + 1 < len(words) else "?"
    if before and before not in _BEFORE_PRONOUN:
        return False
    ends = not any(word.is_word for word in words[at + 2 :])
    if words[at].lower in ("these", "those") and after in v.PREPOSITIONS and not ends:
        return False  # "what are those from Jacksonville called?"
    if not after[0].isalnum() or after == "one":
        return True
    if ends and before in v.DO | v.MODALS and after in v.VERBS | v.AMBIGUOUS:
        return True  # "did that work?", "how much would that cost"
    if before in v.VERBS or after in ("of", "who", "which", "against", "whose"):
        return False
    if before in v.BE and after.endswith("ed"):
        return _ends_clause(words, at + 2)  # "why was that pushed back?"
    helped = before in v.BE | v.DO | v.MODALS
    return after in _AFTER_PRONOUN or (helped and after in _PLAIN_VERBS)


def _ends_clause(words: Sequence[Token], at: int) -> bool:
    """Whether no noun comes at `at`, as after "that proposed scheme"."""
    if at >= len(words) or not words[at].is_word:
        return True
    return words[at].lower in v.PREPOSITIONS | v.ADVERBS | {"back"}


_PLAIN_VERBS = v.VERBS - v.AMBIGUOUS
_BEFORE_PRONOUN = v.AUXILIARIES | v.PREPOSITIONS | v.VERBS | {"and", "all"}
_AFTER_PRONOUN = v.AUXILIARIES | v.PREPOSITIONS


def _binds(phrase: NounPhrase, pronoun: str, words: Sequence[Token], at: int) -> bool:
    """Whether a phrase of the same question is what the pronoun stands for."""
    if phrase.start <= at < phrase.end:
        # "the mayor and his plan": the owner is in the same phrase, before the pronoun
        return phrase.start < at and phrase.core <= at
    if phrase.start == 0 and words[0].lower in _COMMANDS:
        return False
    if words[0].lower in _OPENING and phrase.end < at and not phrase.definite:
        return True  # "if a pupil has to sit there, how do they sit?"
    if phrase.kind == "time" or not _agrees(phrase, pronoun):
        return False
    inverted = v.BE | v.DO | v.MODALS if pronoun in _OWNERS else v.AUXILIARIES
    if phrase.asked and words[at - 1].lower in inverted:
        return False  # "which cities do they cover": what is asked for is the object
    if phrase.inner:
        verbal = words[at - 1].lower in v.VERBS - v.AUXILIARIES  # not "of cities do they"
        return phrase.start < at and (pronoun in _OWNERS or verbal)
    if phrase.start > at:
        between = [word.text for word in words[at : phrase.start]]
        return words[0].lower in _OPENING and "," in between
    if phrase.end == at - 1 and words[at - 1].lower == "of":
        return False  # "the three directions of its development"
    if _owns(words, at) or pronoun in ("its", "he", "she", "they"):
        return True  # an owner may be named before; a clause has no second subject
    # An object is never its own subject: in "what did CEC do with it", "it" is not CEC.
    clause = {word.lower for word in words[phrase.end : at]}
    return bool(_CLAUSES & clause) or clause.isdisjoint(_ANY_VERB)


_COMMANDS = frozenset("list name describe explain show give tell".split())
_OPENING = v.PREPOSITIONS | {"when", "while", "if", "although", "because", "due", "prior"}
_ANY_VERB = v.VERBS | v.AMBIGUOUS | v.PROGRESSIVE
_CLAUSES = frozenset(
    "that if when because and before after while which who how so but than as since , to where why "
    "until".split()
)


def _agrees(phrase: NounPhrase, pronoun: str) -> bool:
    kind = _PRONOUNS[pronoun]
    if kind == "he":
        name = phrase.kind == "name" and not phrase.plural and not phrase.text.isupper()
        name = name and (phrase.proper or not phrase.inner)  # not "support" in "kinds of support"
        return phrase.kind == "person" or name or phrase.head.endswith(_WHO_DOES)
    if pronoun == "their":
        return True
    if pronoun == "its":
        return phrase.kind != "person" or phrase.proper
    if kind == "they":
        several = any(looks_plural(word) for word in phrase.text.split())
        someone = phrase.text.isupper() or phrase.head.endswith(_WHO_DOES)
        return several or someone or phrase.kind in ("organisation", "person")
    return (phrase.kind != "person" or phrase.proper) and (not phrase.plural or phrase.proper)


_WHO_DOES = ("er", "or", "ist", "ian", "date", "man")


def _replace(question: str, words: Sequence[Token], at: int, phrase: str) -> str:
    if _owns(words, at):
        owned = next((p for p in noun_phrases(question) if p.start == at), None)
        if owned is not None and _long(phrase):
            end = words[owned.core - 1].end
            thing = question[words[at].end : end].strip()
            return put(question, words[at].start, end, f"the {thing} of {phrase}")
        phrase += "'" if looks_plural(phrase.split()[-1].lower()) else "'s"
    return put(question, words[at].start, words[at].end, phrase)


def _long(phrase: str) -> bool:
    """Whether a phrase reads badly with an ``'s`` after it."""
    inside = {word.lower for word in tokens(phrase)[1:]}
    return bool(inside & _LINKS)


_LINKS = v.PREPOSITIONS | {"'s", "’s", "who", "that", "and"}


def _owns(words: Sequence[Token], at: int) -> bool:
    """Whether the pronoun at `at` is possessive: "her plan", not "with her"."""
    if words[at].lower != "her":
        return words[at].lower in _OWNERS
    return at + 1 < len(words) and words[at + 1].is_word and words[at + 1].lower not in v.CLOSED
