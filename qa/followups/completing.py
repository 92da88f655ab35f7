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

from index.searching import Index
from qa.followups import vocabulary as v
from qa.followups.asking import asked_for
from qa.followups.corrections import corrected
from qa.followups.definites import (
    resolve_compared,
    resolve_definites,
    resolve_elided,
    resolve_former,
    resolve_number,
    resolve_one,
    resolve_ones,
    resolve_then,
    resolve_there,
)
from qa.followups.fragments import complete_fragment
from qa.followups.listed import one_of_listed
from qa.followups.nounphrases import noun_phrases, tokens
from qa.followups.occasions import complete_occasion
from qa.followups.openings import (
    done_again,
    gone_back,
    in_order,
    topic_put_in,
    without_lead,
    without_opening,
)
from qa.followups.pronouns import points_back, resolve_pronouns
from qa.followups.topics import regarding
from qa.followups.wording import as_definite, put

_TURNS = 6  # earlier questions looked at: what is further back is hardly meant
_FRAGMENT = 4  # words, of which "then" mostly is no time: "and Yinchuan then?"
_MOST_NAMED = 5  # words of a thing that an answer names
LONGEST = 400  # characters; longer input is a text, not a follow-up
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
    r"\b(?:(?:who|where|which|what)(?:\s\w+)?\s+else|(?:which|what)\s+others?)\b"
    r"|^(?:and\s+)?(?:who(?:['’]?s|\s+(?:is|was))\s+)?the\s+other\s+\w+[\s?]*$",
    re.I,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a question is answered with: the first quote, what is marked in it if it is a name.

    `marked` is that whether it is one or not.
    """

    quote: str
    name: str | None
    marked: str = ""


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
    earlier: list[str] = []
    for asked in recent(history):
        earlier.append(as_earlier(complete(asked, earlier, index, told)))
    return complete(question, earlier, index, told)


def complete(question: str, earlier: Sequence[str], index: Index, told: Told = nothing_said) -> str:
    """Return the question completed from earlier ones that are complete; else as `rewrite`."""
    asked = question.strip()
    whole = _complete(asked, earlier, index, told)
    return whole if whole == asked else without_lead(whole)


def recent(history: Sequence[str]) -> list[str]:
    """Return the questions of a conversation that are looked at, oldest first, none blank."""
    return [text.strip() for text in history if text.strip()][-_TURNS:]


def as_earlier(question: str) -> str:
    """Return a complete question as later ones lean on it: without "hi," or "and"."""
    return without_lead(without_opening(question))


def named_before(question: str, earlier: Sequence[str], told: Told = nothing_said) -> list[str]:
    """Return the names that "Who else spoke?" leaves out, none for any other question.

    They are those that the question before, which is complete, has or is answered with.
    """
    if not _ELSE.search(question) or not earlier:
        return []
    previous = earlier[-1]
    said = told(previous)
    answer = [] if said is None or said.name is None else [said.name]
    small = previous.islower()  # who writes names so
    return answer + [
        phrase.text
        for phrase in noun_phrases(previous)
        if phrase.proper or (small and phrase.kind == "name")
    ]


def _complete(question: str, earlier: Sequence[str], index: Index, told: Told) -> str:
    if not earlier or not question or len(question) > LONGEST or len(earlier[-1]) > LONGEST:
        return question
    if re.search("[\u4e00-\u9fff]", question):
        return _complete_chinese(question, earlier[-1]).strip()
    heard = without_opening(question)
    completed = _lean(heard, earlier, index, told)
    return question if completed == heard else completed


def _lean(question: str, earlier: Sequence[str], index: Index, told: Told) -> str:
    """Return a question in English completed, the same if it stands on its own."""
    question, earlier = gone_back(question, earlier)
    for put_in_first in (
        partial(corrected, question, earlier),
        partial(one_of_listed, question, earlier, partial(_quoted, told=told)),
        partial(_whole_put_in, question, earlier, told),
    ):
        if (whole := put_in_first()) is not None:
            return whole
    put_in = topic_put_in(question)
    if put_in is not None:
        put_in = resolve_ones(put_in, earlier, index) or put_in
        if not _ONE.search(put_in):
            return put_in
    question = done_again(in_order(question), earlier[-1])
    if len(tokens(question)) > _FRAGMENT:
        question = resolve_then(question, earlier, index) or question
    if _OWNED.match(question):
        question = resolve_pronouns(question, earlier, index) or question
    fragment = complete_fragment(question, earlier)
    if fragment is not None:
        return fragment.strip()
    quoted = partial(_quoted, earlier[-1], told=told)
    definites = partial(resolve_definites, quoted=quoted)
    there = partial(resolve_there, held=partial(_held, earlier[-1], told))
    for complete in (
        resolve_compared,
        resolve_number,
        resolve_former,
        resolve_ones,
        resolve_one,
        resolve_elided,
        resolve_pronouns,
        definites,
        there,
        complete_occasion,
    ):
        completed = complete(question, earlier, index)
        if completed is not None:
            return with_name(completed, earlier, told)
    named = any(word.capital for word in tokens(question)[1:])
    return question if named or not points_back(question) else regarding(question, earlier[-1])


def _whole_put_in(question: str, earlier: Sequence[str], told: Told) -> str | None:
    """Put "the light railway" for "it all", if that answers what was asked first."""
    found = _WHOLE.search(question)
    thing = thing_named(earlier[0], told)[0] if found is not None else None
    return put(question, *found.span(), thing) if found is not None and thing else None


_WHOLE = re.compile(
    r"\b(?:it\s+all|all\s+(?:of\s+)?(?:this|that|it)|the\s+whole\s+thing)\b", re.IGNORECASE
)


def _quoted(question: str, told: Told) -> str:
    said = told(question)
    return "" if said is None else said.quote


def with_name(question: str, earlier: Sequence[str], told: Told, *, post: bool = False) -> str:
    """Put in "Liu Yunan" for "the person who gave the speech", if that is the answer's name.

    For what may be several, only a list of names is all of them. With `post` what it is put in for
    stays beside it.
    """
    for previous in reversed(earlier):
        for phrase, several in asked_for(previous):
            at = question.lower().find(phrase.lower())
            name = _name(previous, told) if at >= 0 else None
            if name is not None and (not several or " and " in name):
                known = f"{name}, {phrase}," if post else name
                return question[:at] + known + question[at + len(phrase) :]
    return question


def thing_named(question: str, told: Told) -> tuple[str | None, str]:
    """Return "the exhibition", and of what kind that is, where a question is answered by one.

    None where it is answered by something else or not at all.
    """
    said = told(question)
    if said is None or not said.marked:
        return None, ""
    quoted = said.quote[said.quote.find(said.marked) :]  # "mobile" may be of "mobile e-government"
    words = tokens(quoted)
    thing = next((phrase for phrase in noun_phrases(quoted) if phrase.start == 0), None)
    if thing is None or words[thing.core - 1].end < len(said.marked) or thing.kind == "time":
        return None, ""
    named = quoted[: words[thing.core - 1].end]
    if thing.core > _MOST_NAMED or not named[0].isalpha():
        return None, ""
    text = as_definite(named, thing)
    definite = thing.proper or text != named or words[0].lower in v.ARTICLES
    return text if definite else f"the {text}", thing.kind


def _held(question: str, told: Told) -> str | None:
    thing, kind = thing_named(question, told)
    return thing if kind == "event" else None


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
