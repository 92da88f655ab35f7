"""What stands for what a question asks for: "Who hosted it?" asks for the person who hosted it."""

import re
from collections.abc import Sequence

from qa.followups import vocabulary as v
from qa.followups.nounphrases import NounPhrase, Token, noun_phrases, tokens

WHO_IS = re.compile(r"who(?:\s+(?:is|was|are|were)|['’]s)\b", re.IGNORECASE)
WHAT_IS = re.compile(r"(?:what|who)(?:\s+(?:is|was|are|were)|['’]s)\b", re.IGNORECASE)


def asked_for(question: str) -> list[tuple[str, bool]]:
    """Return what stands for what a question asks for, each with whether that may be several.

    "Who hosted it?" → "the person who hosted it", "those who hosted it"; "Which city hosted it?" →
    "the city that hosted it"; "Who is the mayor of Yinchuan?" → "the mayor of Yinchuan".
    """
    found = [(who_did(question, pronoun), pronoun == "they") for pronoun in ("he", "they")]
    who = [(text, several) for text, several in found if text]
    phrases = noun_phrases(question)
    things = [(thing_asked_for(question, phrase), phrase.plural) for phrase in phrases]
    posts = [
        (with_clause(phrase.text, phrase, question), phrase.plural)
        for phrase in phrases[:1]
        if is_whom(question, phrase)
    ]
    return [*who, *((text, several) for text, several in things if text), *posts]


def is_whom(question: str, phrase: NounPhrase) -> bool:
    """Whether a phrase tells whom "Who is the hardware partner?" asks for."""
    if WHO_IS.match(question) is None:
        return False
    bare = phrase.start == 2 and phrase.text.split()[0].lower() not in v.ARTICLES
    if phrase.kind == "person" and not phrase.plural and bare:
        return True  # "who was chief executive of Hong Kong"
    return phrase.definite and (
        phrase.kind == "person" or (phrase.kind == "thing" and not phrase.inner)
    )


def thing_asked_for(question: str, phrase: NounPhrase) -> str | None:
    """Return "the companies that CEC worked with" for "Which companies did CEC work with?"."""
    words = tokens(question)
    if not phrase.asked or phrase.inner or phrase.end >= len(words) or len(question) > 120:
        return None
    after = words[phrase.end]
    if after.lower in v.BE and phrase.end + 1 < len(words):
        there = words[phrase.end + 1]
        if there.lower == "there":
            return f"the {phrase.text}{question[there.end :].rstrip(' ?.!')}"
    rest = question[after.start :].rstrip(" ?.!").split(", and ")[0]
    before = words[phrase.start - 2].lower if phrase.start > 1 else ""
    link = f"{before} which" if before in v.PREPOSITIONS else "that"
    noun = f"the {phrase.text}"
    if not any(map(_is_done, words[phrase.end :])):  # "How many pilots in China?"
        return f"{noun} {rest}" if after.lower in v.PREPOSITIONS else None
    subject = next((p for p in noun_phrases(question) if p.start == phrase.end + 1), None)
    by = words[phrase.end + 1].lower if phrase.end + 1 < len(words) else ""
    if after.lower in v.AUXILIARIES and by in v.PRONOUNS - {"there"}:
        return None  # "how much water will it hold"
    if after.lower not in v.AUXILIARIES:
        return f"{noun} that {rest}" if _is_done(after) else None
    if subject is None or after.lower in v.BE and words[subject.end :] == ():
        return f"{noun} {link} {rest}" if after.lower in v.BE | v.HAVE | v.MODALS else None
    return _what_subject_does(question, words, subject, after, f"{noun} {link}")


def _what_subject_does(
    question: str, words: Sequence[Token], subject: NounPhrase, helper: Token, thing: str
) -> str | None:
    """Return "the companies that | CEC worked with", the verb as it is without its helper."""
    at = subject.end
    while at < len(words) and words[at].lower in v.ADVERBS | {"first"}:
        at += 1
    verb = words[at] if at < len(words) else None
    if verb is None or not verb.is_word:
        return None
    between = question[words[subject.end - 1].end : verb.start]
    tail = question[verb.end :].rstrip(" ?.!").split(", and ")[0]
    if helper.lower in v.DO:
        if verb.lower not in v.BASES | v.AMBIGUOUS:
            return None
        form = v.inflect(verb.lower, helper.lower)
        return f"{thing} {subject.text}{between}{form}{tail}"
    return f"{thing} {subject.text} {helper.lower}{between}{verb.text}{tail}"


def _is_done(word: Token) -> bool:
    return word.lower in _VERBAL or word.lower.endswith("ed")


_VERBAL = v.AUXILIARIES | v.VERBS | v.AMBIGUOUS | v.DONE


def with_clause(text: str, phrase: NounPhrase, question: str) -> str:
    """Add a relative clause that ends its question: "the officials that explained the plan"."""
    words = tokens(question)
    if phrase.end >= len(words) or words[phrase.end].lower not in ("who", "that"):
        return text
    if not is_predicated(phrase, question) or phrase.inner:
        return text
    return text + " " + question[words[phrase.end].start :].rstrip(" ?.!")


def is_predicated(phrase: NounPhrase, question: str) -> bool:
    """Whether a question asks what a thing is or how it is: "how long is the core that ..."."""
    before = tokens(question)[phrase.start - 1].lower if phrase.start else ""
    return WHAT_IS.match(question) is not None or before in v.BE


def who_did(question: str, pronoun: str) -> str | None:
    """Return whom a question asks for: "Who hosted it?" → "those who hosted it"."""
    words = [word for word in tokens(question) if word.is_word]
    if len(words) < 2 or words[0].lower != "who" or pronoun not in ("he", "they", "speakers"):
        return None
    verb = words[1].lower
    if len(words) == 2 and not (verb in v.PAST or verb.endswith("ed")):
        return None
    done = verb in v.BE and words[2].lower in v.DONE  # "who was invited to it?"
    if (verb in v.BE | v.DO | v.MODALS | v.HAVE and not done) or len(question) > 120:
        return None
    rest = question[words[1].start :].rstrip(" ?.!").split(", and ")[0]
    if done and pronoun != "he" and verb in ("is", "was"):
        rest = {"is": "are", "was": "were"}[verb] + rest[len(verb) :]
    elif pronoun != "he" and verb.endswith("s") and verb[:-1] in v.BASES | v.AMBIGUOUS:
        rest = verb[:-1] + rest[len(verb) :]  # those who lead it
    opening = "the person who" if pronoun == "he" else "those who"
    return f"{opening} {rest}"
