"""Put words into a question so that it reads well: replace a part, a noun phrase, or append."""

from qa.followups import vocabulary as v
from qa.followups.nounphrases import NounPhrase, noun_phrases, tokens

_TRANSITIVE = frozenset("attend attended host hosted sponsor sponsored organise organised".split())


def put(question: str, start: int, end: int, phrase: str) -> str:
    """Return the question with ``start:end`` (code points) replaced by a phrase."""
    if start == 0:
        phrase = phrase[0].upper() + phrase[1:]
    if question[end:].lower().startswith(" one") and not question[end + 4 : end + 5].isalpha():
        end += len(" one")  # "that one"
    return question[:start] + phrase + question[end:]


def swap(previous: str, phrase: NounPhrase, text: str, *, core: bool = False) -> str:
    """Return a question with one of its noun phrases, or only its core, replaced by `text`."""
    words = tokens(previous)
    start = words[phrase.start].start
    end = words[(phrase.core if core else phrase.end) - 1].end
    if start == 0:
        text = text[0].upper() + text[1:]
    return previous[:start] + text + previous[end:]


def swap_with_preposition(previous: str, phrase: NounPhrase, text: str) -> str:
    """Return a question with a noun phrase and the preposition before it replaced by `text`."""
    words = tokens(previous)
    return previous[: words[phrase.start - 1].start] + text + previous[words[phrase.end - 1].end :]


def append(body: str, previous: str) -> str:
    """Append what fits nowhere: "When did the summit take place, regarding the mayor?"."""
    stem = previous.rstrip("?.! ")
    if tokens(body)[0].lower in v.PREPOSITIONS:
        return f"{stem} {body[0].lower()}{body[1:]}?"
    return f"{stem}, regarding {body}?"


def preposition_for(phrase: str) -> str:
    """Return the preposition by which something is located with a phrase."""
    found = noun_phrases(phrase)
    kind = found[0].kind if found else "thing"
    if kind == "event":
        return "at"
    return "in" if kind in ("place", "name") else "of"


def append_occasion(question: str, phrase: str) -> str:
    """Return the question with the occasion or place it is about added: "who spoke | at it"."""
    words = [word for word in tokens(question) if word.is_word]
    body = question.rstrip(" ?.!？")
    tail = question[len(body) :].strip()
    last = words[-1].lower
    if last in _TRANSITIVE:
        return f"{body} {phrase}{tail}"
    goes = last in ("come", "came", "go", "went", "invited") or (
        len(words) > 1 and words[-2].lower in ("send", "sent")
    )
    return f"{body} {'to' if goes else preposition_for(phrase)} {phrase}{tail}"


def as_definite(text: str, phrase: NounPhrase) -> str:
    """Return a phrase as it is spoken of the second time: "a plan", "pilots" → "the plan"."""
    first, _, rest = text.partition(" ")
    if first.lower() in ("a", "an", "some", "any") and rest:
        return f"the {rest}"
    if first.lower() in v.ARTICLES | v.DEMONSTRATIVES | v.POSSESSIVES:
        return first.lower() + text[len(first) :]
    owned = "'s " in text or "’s " in text
    if phrase.asked or (phrase.plural and not phrase.proper and not owned
                        and first.lower() not in v.QUANTIFIERS):  # fmt: skip
        return f"the {text}"
    return text
