"""Other ways to complete a question from its conversation, where the first is not answered.

Which of several is meant the documents may tell: "it" is rather that of which they say what is
asked.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import NamedTuple

from index.searching import Index
from qa.followups import vocabulary as v
from qa.followups.antecedents import personal_fit
from qa.followups.completing import (
    LONGEST,
    Told,
    complete,
    nothing_said,
    thing_named,
    with_name,
)
from qa.followups.definites import resolve_there
from qa.followups.fragments import complete_fragment, named_by_fragment
from qa.followups.nounphrases import NounPhrase, looks_plural, noun_phrases, tokens
from qa.followups.openings import in_order, without_lead, without_opening
from qa.followups.pronouns import resolve_pronouns
from qa.followups.topics import YEAR, regarding
from qa.followups.wording import append_occasion, as_definite, swap
from qa.kinds import parts_of, singular

_MOST_WORDS = 9  # of a question that is short enough to lack its topic
_ONE = re.compile(r"\bones?\b", re.IGNORECASE)
_MEANT = 3  # things that a pronoun may stand for
# How much surer than the first another completion must be, and how much surer than the threshold:
# chosen on the development conversations and two testers', benchmarks/README.md, "Follow-ups".
_FURTHER_BACK = 0.2  # into the question before the last
_ELSEWHERE = 0.1  # in another place or sense
_SAME_NAME = -0.2  # for the one name inside a phrase, where nothing else is like it
_SAYS_LESS = -0.1  # what told which things are meant finds where they were named
_BY_ITSELF = 0.1  # above the threshold: asked "Who is it?", the question before left out
_ANOTHER_SENSE = 0.05


class Otherwise(NamedTuple):
    """A question completed in another way.

    `ahead`: how much surer (0–1) it must be answered than the first. `above`: how much surer than
    the threshold. `unanswered`: whether it is asked only where the first is not answered.
    """

    question: str
    ahead: float
    above: float = 0.0
    unanswered: bool = True


def otherwise(
    question: str,
    rewritten: str,
    earlier: Sequence[str],
    index: Index,
    told: Told = nothing_said,
    *,
    lacking: bool = True,
) -> Iterator[Otherwise]:
    """Yield other completions of a question than the one that `complete` returned, no two the same.

    Args:
        question: as asked.
        rewritten: as `complete` returned it.
        earlier: complete questions before it, oldest first.
        index: as for `rewrite`.
        told: as for `rewrite`.
        lacking: whether the first is not answered; else those that are asked only then are left
            out, unmade where they are dear.
    """
    asked = question.strip()
    if not earlier or len(asked) > LONGEST or re.search("[\u4e00-\u9fff]", asked):
        return
    seen = {rewritten, asked}
    heard = in_order(without_opening(asked))
    ways: list[Iterator[Otherwise]] = []
    if leans := rewritten != asked:
        ways.append(_fragments(heard, rewritten, earlier))
        ways.append(_one_of_these(heard))
    if leans and lacking:
        ways.append(_others_meant(heard, earlier, index, told))
        ways.append(_thing_quoted(heard, earlier, index, told))
    if lacking:
        ways.append(_topic_lacking(rewritten, earlier))
    if leans and lacking:
        ways.append(_with_post(asked, earlier, index, told))
    for other in chain.from_iterable(ways):
        if other.unanswered and not lacking:
            continue
        whole = other._replace(question=without_lead(other.question))
        if whole.question not in seen:
            seen.add(whole.question)
            yield whole


def _fragments(heard: str, rewritten: str, earlier: Sequence[str]) -> Iterator[Otherwise]:
    """Yield a fragment put into the question before the last, into another place, or by itself."""
    named = named_by_fragment(heard)
    phrases = noun_phrases(named or "")
    if named is not None and _YEAR_ONE.fullmatch(named):
        yield from _placeless(rewritten)
    if named is None or not phrases or phrases[0].start > 0 or phrases[0].kind == "time":
        return
    if complete_fragment(heard, earlier) is None:
        return
    loose = ", regarding" in rewritten  # it is like nothing in the last question
    before = complete_fragment(heard, earlier[:-1]) if len(earlier) > 1 else None
    if before is not None and ", regarding" not in before and not _ONE.search(named):
        yield Otherwise(before, ahead=0.0 if loose else _FURTHER_BACK, unanswered=False)
    yield from _elsewhere(named, phrases, earlier[-1], loose=loose)
    is_someone = phrases[0].kind == "person" or (
        phrases[0].kind == "name" and any(map(_of_people, earlier))
    )
    is_someone = is_someone and phrases[0].end == len(tokens(named))
    yield Otherwise(
        f"{'Who' if is_someone else 'What'} is {named}?", ahead=_ELSEWHERE, above=_BY_ITSELF
    )


def _placeless(rewritten: str) -> Iterator[Otherwise]:
    """Yield "Who hosted the 2019 summit?": it need not have been where the 2018 one was."""
    for phrase in noun_phrases(rewritten):
        if phrase.proper and phrase.preposition in ("in", "at") and phrase.kind != "time":
            place = f" {phrase.preposition} {phrase.text}"
            yield Otherwise(rewritten.replace(place, "", 1), ahead=0.0)


_YEAR_ONE = re.compile(rf"(?:the\s+)?{YEAR.pattern}(?:\s+one)?", re.IGNORECASE)


def _of_people(question: str) -> bool:
    """Whether a question speaks of people, so that a name may be that of one of them."""
    who = question.lower().startswith("who")
    return who or any(phrase.kind == "person" for phrase in noun_phrases(question))


def _elsewhere(
    named: str, phrases: Sequence[NounPhrase], previous: str, *, loose: bool
) -> Iterator[Otherwise]:
    """Yield a fragment put in for each name of the last question; `loose`: it is like none."""
    if phrases[0].kind == "person" or not (loose or (phrases[0].proper and len(phrases) == 1)):
        return
    for phrase in noun_phrases(previous):
        fits = not phrase.inner if loose else phrase.proper
        if fits and not phrase.asked and phrase.kind in ("name", "place"):
            ahead = 0.0 if loose else _ELSEWHERE
            yield Otherwise(swap(previous, phrase, named), ahead=ahead, unanswered=False)
    if loose and (inside := _in_place_of_name(named, previous)) is not None:
        yield Otherwise(inside, ahead=_SAME_NAME, unanswered=False)


def _in_place_of_name(named: str, previous: str) -> str | None:
    """Put "Millfield" in for the one name inside "the new Eastbank branch"; None if not one."""
    words = [word for word in tokens(previous)[1:] if word.is_word and word.capital]
    if len(words) != 1 or len(named.split()) > 2:
        return None
    before = previous[: words[0].start]
    if before.lower().endswith("the "):
        named = re.sub("^the ", "", named, flags=re.IGNORECASE)
    return before + named + previous[words[0].end :]


def _others_meant(
    heard: str, earlier: Sequence[str], index: Index, told: Told
) -> Iterator[Otherwise]:
    """Yield a question with what else its pronoun may stand for."""
    for rank in range(1, _MEANT):
        other = resolve_pronouns(heard, earlier, index, rank=rank)
        if other is None:
            return
        yield Otherwise(with_name(other, earlier, told), ahead=_ELSEWHERE, above=_ANOTHER_SENSE)


def _one_of_these(heard: str) -> Iterator[Otherwise]:
    """Yield "Which department is the source?" for "Which of these departments is the source?"."""
    found = _OF_THESE.match(heard)
    if found is not None and looks_plural(found["things"].lower()):
        one = f"Which {singular(found['things'])} {heard[found.end() :]}"
        yield Otherwise(one, ahead=_SAYS_LESS, unanswered=False)


_OF_THESE = re.compile(r"(?:and\s+)?which\s+of\s+(?:the|these|those)\s+(?P<things>[\w-]+)\s+", re.I)


def _thing_quoted(
    heard: str, earlier: Sequence[str], index: Index, told: Told
) -> Iterator[Otherwise]:
    """Yield "Who opened the exhibition?" after "What was held there?", answered "An exhibition"."""
    thing, _ = thing_named(earlier[-1], told)
    about = [f"Where is {thing}?"]
    other = thing and (resolve_pronouns(heard, about, index) or resolve_there(heard, about, index))
    if other:
        yield Otherwise(other, ahead=_ELSEWHERE, above=_ANOTHER_SENSE)


def _with_post(asked: str, earlier: Sequence[str], index: Index, told: Told) -> Iterator[Otherwise]:
    """Yield "Where did Li Wei, the director, work before?" for "Where did Li Wei work before?".

    A document may name someone once and say "she" from then on.
    """
    both = with_name(complete(asked, earlier, index), earlier, told, post=True)
    if "the person who" not in both and "those who" not in both:
        yield Otherwise(both, ahead=_ELSEWHERE, above=_ANOTHER_SENSE)


def _topic_lacking(question: str, earlier: Sequence[str]) -> Iterator[Otherwise]:
    """Yield a short question that names nothing with what was spoken of added.

    "Who is responsible?" after "Does Hong Kong plan to become a smart city?" asks "Who is
    responsible in Hong Kong?", "What is the fine?" after "How much does parking cost?" "What is
    the fine, regarding parking?".
    """
    question = without_lead(question)
    words = [word for word in tokens(question) if word.is_word]
    asks = bool(words) and words[0].lower in v.WH | v.AUXILIARIES
    short = 2 <= len(words) <= _MOST_WORDS and len(parts_of(question)) == 1
    if not (asks and short) or _names_something(question, earlier):
        return
    for previous in reversed(earlier):
        phrases = [p for p in noun_phrases(previous) if not p.asked and p.kind != "time"]
        names = [
            phrase
            for phrase in phrases
            if phrase.kind != "person" and _is_name(phrase) and personal_fit(phrase, previous) <= 1
        ]
        best = next((p for p in names if not p.inner), names[0] if names else None)
        if best is not None:
            yield Otherwise(append_occasion(question, as_definite(best.text, best)), ahead=0.0)
            return
        if (about := regarding(question, previous)) != question:
            yield Otherwise(about, ahead=0.0, above=_BY_ITSELF)
            return


def _names_something(question: str, earlier: Sequence[str]) -> bool:
    phrases = [phrase for phrase in noun_phrases(question) if not phrase.asked]
    lower = not any(map(str.isupper, "".join([question, *earlier])))  # who writes names so
    return any(_is_name(p) or (lower and p.kind in ("name", "place")) for p in phrases)


def _is_name(phrase: NounPhrase) -> bool:
    later = [word for word in tokens(phrase.text)[1 : phrase.core - phrase.start] if word.is_word]
    return phrase.proper or any(word.capital or word.text[0].isdigit() for word in later)
