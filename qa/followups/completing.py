"""Complete a question that leans on the ones before it, without a language model.

Three ways of leaning, tried in this order: a fragment ("and in Yinchuan?", "why?", "no, I meant
2019") is put into the question before; a pronoun or "that summit" is replaced by what it stands
for; a question about an occasion that does not name it ("how many people attended?") gets it
appended. What stands on its own is returned unchanged. Where it leans on what an earlier question
asks for ("Who gave the speech?", "What is his position?"), the name in that one's answer is put in;
where it points at a thing of which no question spoke ("these centres"), what the answer calls so.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

from index.searching import Index
from qa.followups import vocabulary as v
from qa.followups.antecedents import as_definite, personal_fit
from qa.followups.asking import asked_for
from qa.followups.definites import (
    resolve_definites,
    resolve_elided,
    resolve_former,
    resolve_ones,
    resolve_there,
)
from qa.followups.fragments import complete_fragment
from qa.followups.nounphrases import NounPhrase, noun_phrases, tokens
from qa.followups.occasions import complete_occasion
from qa.followups.openings import gone_back, in_order, topic_put_in, without_lead, without_opening
from qa.followups.pronouns import points_back, resolve_pronouns
from qa.followups.wording import append, append_occasion
from qa.kinds import parts_of

_TURNS = 6  # earlier questions looked at: what is further back is hardly meant
_MOST_WORDS = 9  # of a question that is short enough to lack its topic
_MOST_TOPICS = 2  # phrases of the question before that are added where no other way is left
_LONGEST = 400  # characters; longer input is a text, not a follow-up
_OWNED = re.compile(  # "and its mayor?"
    r"(?:and|or|what\s+about|how\s+about)\s+(?:its|his|her|their)(?:\s+[\w-]+){1,3}\s*\??$",
    re.IGNORECASE,
)
_CHINESE = re.compile(r"^(?:那么?|还有)?[,，]?\s*(?P<topic>[^?？]{1,20}?)呢[?？]?$")
_CHINESE_SUBJECT = re.compile(
    r"^(?P<topic>[\u4e00-\u9fff]{2,6}?)(?=有多少|有哪些|有什么|有几|的|在|是|什么时候|何时|为什么|举办|计划)"
)


_ONE = re.compile(r"\bones?\b", re.IGNORECASE)
_ELSE = re.compile(
    r"\b(?:(?:who|where|which|what)(?:\s\w+)?\s+else|(?:which|what)\s+others?)\b", re.I
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a question is answered with: the first quote, and the answer in it if that is a name."""

    quote: str
    name: str | None


Told = Callable[[str], Said | None]


def nothing_said(question: str) -> Said | None:
    """Return None: what a question is answered with is not known."""
    return None


def rewrite(question: str, history: Sequence[str], index: Index, told: Told = nothing_said) -> str:
    """Return the question completed from the conversation, unchanged if it stands on its own.

    Args:
        question: the question asked now.
        history: earlier questions, oldest first; each is completed from those before it, so that
            what the last one leans on is found.
        index: its term weights break ties: the rarer a phrase's words, the rather it is meant.
        told: returns what a completed question is answered with, None where it is not answered.
            It is asked where one leans on that.

    Returns:
        A readable question, stripped; never blank unless `question` is.
    """
    asked = question.strip()
    completed = _complete(asked, _completed(history, index, told), index, told)
    return completed if completed == asked else without_lead(completed)


class Topical(NamedTuple):
    """A question with the topic of its conversation added, and whether that is a name."""

    question: str
    named: bool


def with_topic(
    question: str, history: Sequence[str], index: Index, told: Told = nothing_said
) -> Topical | None:
    """Return a question that names nothing with what was spoken of added, None for any other.

    "Who is responsible?" after "Does Hong Kong plan to become a smart city?" asks "Who is
    responsible in Hong Kong?", "What is the fine?" after "How much does parking cost?" "What is
    the fine, regarding parking?". It may be about something else: ask it so where alone it is not
    answered.

    Args:
        question: as `rewrite` left it.
        history: as for `rewrite`.
        index: as for `rewrite`.
        told: as for `rewrite`.
    """
    words = [word for word in tokens(question) if word.is_word]
    asks = bool(words) and words[0].lower in v.WH | v.AUXILIARIES
    short = 2 <= len(words) <= _MOST_WORDS and len(parts_of(question)) == 1
    if not (asks and short) or _names_something(question, history):
        return None
    for earlier in reversed(_completed(history, index, told)):
        phrases = [p for p in noun_phrases(earlier) if not p.asked and p.kind != "time"]
        names = [
            phrase
            for phrase in phrases
            if phrase.kind != "person" and _is_name(phrase) and personal_fit(phrase, earlier) <= 1
        ]
        best = next((p for p in names if not p.inner), names[0] if names else None)
        if best is not None:
            about = append_occasion(question, as_definite(best.text, best))
            return Topical(question=about, named=True)
        if (about := _regarding(question, earlier)) != question:
            return Topical(question=about, named=False)
    return None


def named_before(
    question: str, history: Sequence[str], index: Index, told: Told = nothing_said
) -> list[str]:
    """Return the names that "Who else spoke?" leaves out, none for any other question.

    They are those that the question before has or is answered with. Arguments as for `rewrite`.
    """
    if not _ELSE.search(question) or not any(map(str.strip, history)):
        return []
    previous = _completed(history, index, told)[-1]
    said = told(previous)
    answer = [] if said is None or said.name is None else [said.name]
    return answer + [phrase.text for phrase in noun_phrases(previous) if phrase.proper]


def _names_something(question: str, history: Sequence[str]) -> bool:
    phrases = [phrase for phrase in noun_phrases(question) if not phrase.asked]
    lower = not any(map(str.isupper, "".join([question, *history])))  # who writes names so
    return any(_is_name(p) or (lower and p.kind in ("name", "place")) for p in phrases)


def _is_name(phrase: NounPhrase) -> bool:
    later = [word for word in tokens(phrase.text)[1 : phrase.core - phrase.start] if word.is_word]
    return phrase.proper or any(word.capital or word.text[0].isdigit() for word in later)


def _completed(history: Sequence[str], index: Index, told: Told) -> list[str]:
    earlier: list[str] = []
    for asked in [text.strip() for text in history if text.strip()][-_TURNS:]:
        earlier.append(without_lead(_complete(asked, earlier, index, told)))
    return earlier


def _complete(question: str, earlier: Sequence[str], index: Index, told: Told) -> str:
    if not earlier or not question or len(question) > _LONGEST or len(earlier[-1]) > _LONGEST:
        return question
    if re.search("[\u4e00-\u9fff]", question):
        return _complete_chinese(question, earlier[-1]).strip()
    heard = without_opening(question)
    completed = _lean(heard, earlier, index, told)
    return question if completed == heard else completed


def _lean(question: str, earlier: Sequence[str], index: Index, told: Told) -> str:
    """Return a question in English completed, the same if it stands on its own."""
    question, earlier = gone_back(question, earlier)
    put_in = topic_put_in(question)
    if put_in is not None:
        put_in = resolve_ones(put_in, earlier, index) or put_in
        if not _ONE.search(put_in):
            return put_in
    question = in_order(question)
    if _OWNED.match(question):
        question = resolve_pronouns(question, earlier, index) or question
    fragment = complete_fragment(question, earlier)
    if fragment is not None:
        return fragment.strip()
    quoted = partial(_quoted, earlier[-1], told)
    definites = partial(resolve_definites, quoted=quoted)
    for complete in (
        resolve_former,
        resolve_ones,
        resolve_elided,
        resolve_pronouns,
        definites,
        resolve_there,
        complete_occasion,
    ):
        completed = complete(question, earlier, index)
        if completed is not None:
            return _with_name(completed, earlier, told)
    named = any(word.capital for word in tokens(question)[1:])
    return question if named or not points_back(question) else _regarding(question, earlier[-1])


def _regarding(question: str, previous: str) -> str:
    """Append what the question before is about, where nothing in it can be put for a pronoun."""
    said = {word.lower for word in tokens(question)}
    phrases = [
        phrase
        for phrase in noun_phrases(previous)
        if not (phrase.inner or phrase.asked or phrase.kind == "time" or phrase.head in said)
    ]
    topics = [as_definite(phrase.text, phrase) for phrase in phrases[-_MOST_TOPICS:]]
    return append(" and ".join(topics), question) if topics else question


def _quoted(question: str, told: Told) -> str:
    said = told(question)
    return "" if said is None else said.quote


def _with_name(question: str, earlier: Sequence[str], told: Told) -> str:
    """Put in "Liu Yunan" for "the person who gave the speech", if that is the answer's name.

    For what may be several, only a list of names is all of them.
    """
    for previous in reversed(earlier):
        for phrase, several in asked_for(previous):
            at = question.lower().find(phrase.lower())
            name = _name(previous, told) if at >= 0 else None
            if name is not None and (not several or " and " in name):
                return question[:at] + name + question[at + len(phrase) :]
    return question


def _name(question: str, told: Told) -> str | None:
    said = told(question)
    return None if said is None else said.name


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
