"""Complete a question that leans on the ones before it, without a language model.

Three ways of leaning, tried in this order: a fragment ("and in Yinchuan?", "why?", "no, I meant
2019") is put into the question before; a pronoun or "that summit" is replaced by what it stands
for; a question about an occasion that does not name it ("how many people attended?") gets it
appended. What stands on its own is returned unchanged. Only questions are known, never answers.
"""

import re
from collections.abc import Sequence

from index.searching import Index
from qa.followups.definites import resolve_definites, resolve_there
from qa.followups.fragments import complete_fragment
from qa.followups.occasions import complete_occasion
from qa.followups.pronouns import resolve_pronouns

_TURNS = 6  # earlier questions looked at: what is further back is hardly meant
_LONGEST = 400  # characters; longer input is a text, not a follow-up
_OWNED = re.compile(  # "and its mayor?"
    r"(?:and|or|what\s+about|how\s+about)\s+(?:its|his|her|their)(?:\s+[\w-]+){1,3}\s*\??$",
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
    if _OWNED.match(question):
        question = resolve_pronouns(question, earlier, index) or question
    completed = complete_fragment(question, earlier[-1])
    if completed is not None:
        return completed.strip()
    for complete in (resolve_pronouns, resolve_definites, resolve_there, complete_occasion):
        completed = complete(question, earlier, index)
        if completed is not None:
            return completed
    return question


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
