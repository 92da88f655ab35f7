"""Append what is talked about to a question that names no occasion: "how many attended?"."""

from collections.abc import Sequence

from index.searching import Index
from qa.followups import vocabulary as v
from qa.followups.antecedents import antecedent
from qa.followups.nounphrases import NounPhrase, noun_phrases, tokens
from qa.followups.wording import append_occasion
from qa.kinds import parts_of


def complete_occasion(question: str, earlier: Sequence[str], index: Index) -> str | None:
    """Append what is talked about to a short question on the past that names nothing."""
    words = tokens(question)
    own = noun_phrases(question)
    lowers = [word.lower for word in words if word.is_word]
    if not lowers or lowers[0] not in v.WH | v.AUXILIARIES or len(parts_of(question)) > 1:
        return None
    if lowers[-1] in ("too", "also") and lowers[-2] in v.OCCASION_VERBS:
        question = question[: words[len(lowers) - 1].start].rstrip() + "?"
    elif not _short_past(lowers, own):
        return None
    phrase = antecedent("occasion", earlier, index)
    return None if phrase is None else append_occasion(question, phrase)


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
