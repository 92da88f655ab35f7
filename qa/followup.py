"""Follow-up questions without a language model: complete a question that leans on the one before.

Three ways of leaning, tried in this order: a fragment ("and in Yinchuan?", "why?", "no, I meant
2019") is put into the question before; a pronoun or "that summit" is replaced by what it stands
for; a question about an occasion that does not name it ("how many people attended?") gets it
appended. What stands on its own is returned unchanged. Only questions are known, never answers.
`qa.nounphrases` takes questions apart, `qa.fragments` puts fragments in.
"""

import re
from collections.abc import Sequence, Set

from index.searching import Index
from qa import vocabulary as v
from qa.fragments import complete_fragment
from qa.nounphrases import NounPhrase, Token, looks_plural, noun_phrases, tokens
from qa.references import antecedent, name_of

_TURNS = 6  # earlier questions looked at: what is further back is hardly meant
_LONGEST = 400  # characters; longer input is a text, not a follow-up

_EXPLETIVE = re.compile(
    r"\bit(?:['’]s)?\s+(?:\w+ly\s+|not\s+|still\s+|also\s+|often\s+)?(?:been\s+|be\s+|is\s+|was\s+|has\s+)*"
    r"(?:true|possible|impossible|likely|unlikely|important|necessary|clear|known|said|believed|"
    r"thought|estimated|legal|illegal|safe|worth\s+\w+ing|better|best|easy|hard|difficult|common|fair|"
    r"correct|suggested|recommended|argued|assumed|considered|called|time|rain\w*|snow\w*|seem\w*|turns?\s+out|matters?)\b"
    r"|\bit\s+(?:\w+ly\s+)?(?:takes?|took|costs?|requires?|means?|make\s+sense)\b[^?]*\bto\b"
    r"|\bwhat\s+does\s+it\s+mean\s+(?:when|if|to)\b"
    r"|\bmakes?\s+it\s+(?:past|to|through|into)\b|\bwhen\s+it\s+comes\s+to\b"
    r"|\b(?:is|was)\s+it\s+(?!able|going|due|ready|set)\w+(?<!ed)\s+to\b"
    r"|\bit\s+has\s+been\s+\w+\s+that\b"
    r"|\b(?:is|was)\s+it\s+(?:\w+\s+)?(?:that|when|who)\b"
    r"|\b(?:is|was)\s+it\s+(?:more|less|so|too|very|most|not)\s+\w+"
    r"|\b(?:make|makes|made|making|find|found|finds|consider\w*)\s+it\s+(?:\w+\s+){0,2}"
    r"\w+\s+(?:to|for|that)\b"
    r"|\bit\s+(?:is|was)\s+(?:\w+\s+){1,3}(?:that|to|who)\b|^(?:is|was)\s+it\s+(?:\w+\s+){1,7}(?:that|who)\b",
    re.IGNORECASE,
)
_CHINESE = re.compile(r"^(?:那么?|还有)?[,，]?\s*(?P<topic>[^?？]{1,20}?)呢[?？]?$")
_CHINESE_SUBJECT = re.compile(
    r"^(?P<topic>[\u4e00-\u9fff]{2,6}?)(?=有多少|有哪些|有什么|有几|的|在|是|什么时候|何时|为什么|举办|计划)"
)


def rewrite(question: str, history: Sequence[str], index: Index) -> str:
    """Return the question completed from the conversation, unchanged if it stands on its own.

    Args:
        question: the question asked now.
        history: earlier questions, oldest first; each is completed from those before it, so that
            what the last one leans on is found.
        index: its term weights break ties: the rarer a phrase's words, the rather it is meant.

    Returns:
        A readable question, stripped; never blank unless `question` is.
    """
    earlier: list[str] = []
    for asked in [text.strip() for text in history if text.strip()][-_TURNS:]:
        earlier.append(_complete(asked, earlier, index))
    return _complete(question.strip(), earlier, index)


def _complete(question: str, earlier: Sequence[str], index: Index) -> str:
    if not earlier or not question or len(question) > _LONGEST or len(earlier[-1]) > _LONGEST:
        return question
    if re.search("[\u4e00-\u9fff]", question):
        return _complete_chinese(question, earlier[-1]).strip()
    completed = complete_fragment(question, earlier[-1])
    if completed is not None:
        return completed.strip()
    for resolve in (_resolve_pronouns, _resolve_definites, _resolve_there):
        question, found = resolve(question, earlier, index)
        if found:
            return question
    return _append_occasion(question, earlier, index)


def _complete_chinese(question: str, previous: str) -> str:
    """Put the topic of 那银川呢？ where the question before has its year or its subject."""
    match = _CHINESE.match(question)
    if match is None:
        return question
    topic = match["topic"]
    if re.fullmatch(r"\d{4}年?", topic) and re.search(r"\d{4}", previous):
        return re.sub(r"\d{4}", topic.rstrip("年"), previous, count=1)
    subject = _CHINESE_SUBJECT.match(previous)
    if subject is not None:
        return topic + previous[subject.end() :]
    return f"{topic}：{previous}"


def _resolve_pronouns(question: str, earlier: Sequence[str], index: Index) -> tuple[str, bool]:
    """Replace the first pronoun that stands for something in an earlier question."""
    words = tokens(question)
    own = noun_phrases(question)
    for at, word in enumerate(words):
        kind = _PRONOUNS.get(word.lower)
        if kind is None or _stands_alone(question, words, at, own):
            continue
        if kind == "it" and _acts(words, at):
            kind = "agent"
        elif word.lower in ("its", "this", "that"):
            kind = "its" if word.lower == "its" else "that"
        phrase = antecedent(kind, earlier, index)
        if phrase is not None:
            return _replace(question, words, at, phrase), True
    return question, False


def _acts(words: Sequence[Token], at: int) -> bool:
    """Whether the pronoun at `at` is what acts: "did it host"."""
    if at and words[at - 1].lower not in v.DO | v.HAVE | v.MODALS:
        return False
    return any(word.lower in v.AGENTIVE for word in words[at + 1 : at + 3])


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
    if lower == "it" and _EXPLETIVE.search(question):
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


def _is_of_who(words: Sequence[Token], at: int, lower: str) -> bool:
    """Whether "who" itself is meant: "who lost his seat", "who says that they will"."""
    asked = at > 1 and words[1].is_word and words[1].lower not in v.AUXILIARIES
    if lower in _OWNERS:
        return asked or at > 3
    return asked and lower in ("he", "she", "they")


def _several(words: Sequence[Token], at: int, before: Set[str]) -> bool:
    """Whether "they" may be people in general or those who are named just before."""
    if before & {"someone", "anyone", "everyone", "somebody", "each", "you", "one", "person"}:
        return True
    return "and" in before and sum(word.capital for word in words[1:at]) > 1


def _is_pronoun(words: Sequence[Token], at: int) -> bool:
    """Whether "that" stands for a thing: "why is that?", "does that cost", "about that"."""
    before = words[at - 1].lower if at else ""
    after = words[at + 1].lower if at + 1 < len(words) else "?"
    if before and before not in _BEFORE_PRONOUN:
        return False
    if not after[0].isalnum() or after == "one":
        return True
    if before in v.VERBS or after in ("of", "who", "which", "against", "whose"):
        return False
    return after in _AFTER_PRONOUN or (before in v.BE | v.DO and after in _PLAIN_VERBS)


_PLAIN_VERBS = v.VERBS - v.AMBIGUOUS
_BEFORE_PRONOUN = v.AUXILIARIES | v.PREPOSITIONS | v.VERBS | {"and", "all"}
_AFTER_PRONOUN = v.AUXILIARIES | v.PREPOSITIONS


def _binds(phrase: NounPhrase, pronoun: str, words: Sequence[Token], at: int) -> bool:
    """Whether a phrase of the same question is what the pronoun stands for."""
    if phrase.start <= at < phrase.end:
        # "the mayor and his plan": the owner is in the same phrase, before the pronoun
        return phrase.start < at and phrase.core <= at
    if phrase.kind == "time" or not _agrees(phrase, pronoun):
        return False
    inverted = v.BE | v.DO | v.MODALS if pronoun in _OWNERS else v.AUXILIARIES
    if phrase.asked and words[at - 1].lower in inverted:
        return False  # "which cities do they cover": what is asked for is the object
    if phrase.inner:
        return phrase.start < at and (pronoun in _OWNERS or words[at - 1].lower in v.VERBS)
    if phrase.start > at:
        between = [word.text for word in words[at : phrase.start]]
        return words[0].lower in _OPENING and "," in between
    if phrase.end == at - 1 and words[at - 1].lower == "of":
        return False  # "the three directions of its development"
    if _owns(words, at) or pronoun in ("its", "he", "she", "they"):
        return True  # an owner may be named before; a clause has no second subject
    # An object is never its own subject: in "what did CEC do with it", "it" is not CEC.
    clause = {word.lower for word in words[phrase.end : at]}
    return bool(_CLAUSES & clause) or not any(w in v.VERBS or w in v.AMBIGUOUS for w in clause)


_OPENING = v.PREPOSITIONS | {"when", "while", "if", "although", "because", "due", "prior"}
_CLAUSES = frozenset(
    "that if when because and before after while which who how so but than as since , to where why "
    "until".split()
)


def _agrees(phrase: NounPhrase, pronoun: str) -> bool:
    kind = _PRONOUNS[pronoun]
    if kind == "he":
        name = phrase.kind == "name" and not phrase.plural and not phrase.text.isupper()
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
            return _put(question, words[at].start, end, f"the {thing} of {phrase}")
        phrase += "'" if phrase.endswith("s") and phrase.split()[-1].islower() else "'s"
    return _put(question, words[at].start, words[at].end, phrase)


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


def _put(question: str, start: int, end: int, phrase: str) -> str:
    if start == 0:
        phrase = phrase[0].upper() + phrase[1:]
    if question[end:].lower().startswith(" one") and not question[end + 4 : end + 5].isalpha():
        end += len(" one")  # "that one"
    return question[:start] + phrase + question[end:]


def _resolve_definites(question: str, earlier: Sequence[str], index: Index) -> tuple[str, bool]:
    """Replace "that summit", "the city" by the full phrase that an earlier question has for it."""
    own = noun_phrases(question)
    words = tokens(question)
    for phrase in own:
        first = words[phrase.start].lower
        pointing = first in v.DEMONSTRATIVES
        if not (pointing or first == "the") or phrase.core != phrase.end:
            continue
        if not pointing and any(other.proper for other in own):
            continue
        if pointing and not _points(words, phrase.start):
            continue
        if phrase.end < len(words) and words[phrase.end].lower in _RELATIVE:
            continue
        full = name_of(phrase, earlier, pointing=pointing)
        if full is None and pointing:
            full = _of_what(phrase, earlier, index)
        if full is not None:
            return _put(question, words[phrase.start].start, words[phrase.core - 1].end, full), True
    return question, False


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


def _resolve_there(question: str, earlier: Sequence[str], index: Index) -> tuple[str, bool]:
    """Replace "there" that is a place, not the "there" of "there is", or complete "are there?"."""
    words = tokens(question)
    own = noun_phrases(question)
    for at, word in enumerate(words):
        named = any(p.proper or p.kind == "place" for p in own)
        if word.lower != "there" or named or any(other.capital for other in words[1:]):
            continue
        before = words[at - 1].lower if at else ""
        after = words[at + 1] if at + 1 < len(words) else None
        copula = before in v.BE or (after is not None and after.lower in v.BE)
        last = after is None or not after.is_word
        if after is not None and after.text[0] in "'’":
            return question, False
        if before in v.HAVE | v.MODALS:
            return question, False
        asks = words[0].lower in v.BE and _short(words)  # "was there an exhibition?"
        if copula and not last and not asks:
            return question, False
        phrase = antecedent("there", earlier, index)
        if phrase is None:
            return question, False
        if copula and not phrase[:1].isdigit():
            return _append(question, phrase, earlier, index), True
        if before in ("from", "to", "near", "around"):
            return _put(question, word.start, word.end, phrase), True
        preposition = _preposition(phrase)
        if before in v.PERSON or before in v.ROLES:
            preposition = "of"
        return _put(question, word.start, word.end, f"{preposition} {phrase}"), True
    return question, False


def _short(words: Sequence[Token]) -> bool:
    content = [word for word in words if word.is_word and word.lower not in v.CLOSED]
    return len(content) <= 2 and not any(word.text[0].isdigit() for word in words)


def _append_occasion(question: str, earlier: Sequence[str], index: Index) -> str:
    """Append what is talked about to a short question on the past that names nothing."""
    words = tokens(question)
    own = noun_phrases(question)
    lowers = [word.lower for word in words if word.is_word]
    if not lowers or lowers[0] not in v.WH | v.AUXILIARIES:
        return question
    if lowers[-1] in ("too", "also") and lowers[-2] in v.OCCASION_VERBS:
        question = question[: words[len(lowers) - 1].start].rstrip() + "?"
    elif not _short_past(lowers, own):
        return question
    phrase = antecedent("occasion", earlier, index)
    if phrase is None:
        return question
    return _append(question, phrase, earlier, index)


def _short_past(lowers: Sequence[str], own: Sequence[NounPhrase]) -> bool:
    if any(phrase.proper or phrase.kind == "time" for phrase in own):
        return False
    bare = [phrase for phrase in own if not phrase.asked]
    if len(bare) > 1 or any(phrase.words > 1 or phrase.end != phrase.core for phrase in bare):
        return False
    if "else" in lowers or (set(lowers) & v.OCCASION_VERBS and not set(lowers) & _PRESENT):
        return len(lowers) <= 8
    roles = any(phrase.head in v.ROLES and phrase.definite for phrase in bare)
    past = set(lowers) & (v.PAST | {"did", "was", "were"}) and not set(lowers) & _PRESENT
    plain = all(not phrase.definite for phrase in bare)
    if bare and lowers[0] != "which" and lowers[:2] != ["how", "many"]:
        plain = False  # "who invented gunpowder?" names what it is about
    return len(lowers) <= 8 and (roles or (bool(past) and plain and len(lowers) <= 5))


_PRESENT = frozenset("is are do does can could will would should may might must has have".split())


def _preposition(phrase: str) -> str:
    found = noun_phrases(phrase)
    kind = found[0].kind if found else "thing"
    if kind == "event":
        return "at"
    return "in" if kind in ("place", "name") else "of"


_TRANSITIVE = frozenset("attend attended host hosted sponsor sponsored organise organised".split())


def _append(question: str, phrase: str, earlier: Sequence[str], index: Index) -> str:
    words = [word for word in tokens(question) if word.is_word]
    body = question.rstrip(" ?.!？")
    tail = question[len(body) :].strip()
    if words[-1].lower in _TRANSITIVE:
        return f"{body} {phrase}{tail}"
    last = words[-1].lower
    goes = last in ("come", "came", "go", "went", "invited") or (
        len(words) > 1 and words[-2].lower in ("send", "sent")
    )
    preposition = "to" if goes else _preposition(phrase)
    return f"{body} {preposition} {phrase}{tail}"
