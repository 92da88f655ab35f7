"""What a question opens with before it asks: agreeing, setting aside, going back, its topic first.

Each is taken off, and what it names put where the question has a pronoun for it.
"""

import re
from collections.abc import Sequence

from qa.followups import vocabulary as v
from qa.followups.antecedents import name_of
from qa.followups.nounphrases import noun_phrases, tokens

_AND = r"(?:(?:and|so|but|now|ok(?:ay)?|well|then)\b[\s,]*)*"
_AGREEING = re.compile(
    r"^(?:(?:ok|okay|oh|well|thanks|thank\s+you|great|hi|hello|hey|yes|yeah|sure|cool|please)\b[\s,.!:]+"
    r"|wait(?:\s*[,.!:–-]+\s*|\s+(?=(?:no|is|are|was|were|do|does|did|wh\w+|how|so|but|i|the)\b)))+"
    r"(?=\w+\s)",
    re.IGNORECASE,
)
_MEANT_TO_ASK = re.compile(  # "sorry, I meant when was it finished"
    r"^(?:(?:no|nope|sorry|oh|well)\b[\s,.]*)*(?:i\s+meant?(?:\s+to\s+ask)?|i\s+was\s+asking)\b[\s,:]*"
    r"(?=(?:who|whom|whose|what|which|when|where|why|how)\b\s+\w+\s+\w)",
    re.IGNORECASE,
)
_LEAD = re.compile(r"^(?:(?:and|but|so|ok|okay|oh|well)\b[\s,.]+)+(?=\w+\s)", re.IGNORECASE)
_ASIDE = re.compile(
    rf"^{_AND}(?:leaving|setting|putting)\s+[^,]{{3,60}}?\s+aside,\s*(?=\S)", re.IGNORECASE
)
_BACK_TO = re.compile(  # "Going back to the first one, which ambassadors came?"
    rf"{_AND}(?:(?:going|coming|to\s+go|to\s+come|let['’]?s\s+go|turning|returning)\s+)?"
    r"back\s+to\s+(?P<topic>[^,:;–—]{3,60})\s*[,:;–—]\s*(?P<rest>\S.*)",
    re.IGNORECASE,
)
_FIRST = re.compile(r"(?:the|my)\s+(?:first|beginning|start)\b", re.IGNORECASE)
_FROM_BEFORE = re.compile(r"\s+(?:from\s+)?(?:before|earlier)$", re.IGNORECASE)
_IN_PLACE = re.compile(  # "and in Fangshan, what have they got?"
    r"(?i:(?:and|but|so)\s+)?(?i:in|at|for)\s+(?P<topic>[A-Z][\w’'-]*(?:\s[A-Z][\w’'-]*)*),\s+(?P<rest>\S.*)"
)
_TOPIC_FIRST = re.compile(  # "And the residents, what do they gain?", "and CEC, who leads it"
    r"(?:and|but|so|as\s+for|(?:(?:no|sorry)[\s,]+)?i\s+meant?)\s+(?P<topic>the\s+[^,?]{2,40}|(?-i:[A-Z])[^\s,]*(?:\s[^\s,]+){0,4}),\s+"
    r"(?P<rest>(?:wh|how|do|is|are)\S*\s.*)",
    re.IGNORECASE,
)
_THEY = re.compile(
    r"\b(?:they|it|he|she|them|him|her(?=[\s?]*$)|th(?:at|is)\s+one|that(?=(?:\s+\w+)?[\s?]*$))\b",
    re.IGNORECASE,
)
_MEANT_OWN = re.compile(  # "sorry, I meant its number"
    r"(?:(?:no|sorry|oh|well)\b[\s,.]*)*i\s+meant?\s+(?P<owned>(?:its|his|her|their)(?:\s+[\w-]+){1,3})[.?!\s]*$",
    re.IGNORECASE,
)
_PUT_ON = re.compile(r"(?P<who>\bwho\s+)put\s+(?P<what>it|this|that)\s+on(?=\W*$)", re.I)
_IN_PLACE_OF_WHAT = re.compile(  # "and that's an example of what"
    rf"{_AND}(?:that|this|it)(?:['’]?s|\s+is)\s+(?P<what>an?\s.{{2,40}}?)\s+(?P<of>of|for|in)\s+"
    r"(?P<asks>what|whom|which\s+\w+)[\s?.!]*",
    re.IGNORECASE,
)
_ANYONE = re.compile(rf"{_AND}(?P<who>any(?:one|body))\s+(?P<done>[a-z]+)[\s?.!]*$", re.IGNORECASE)
_DONE = re.compile(  # "issued by whom and when?"
    rf"{_AND}(?P<done>[a-z]+)\s+(?P<asks>by(?:\s+whom?)?|when|where|why)(?P<more>\s+and\s+\w+)?[\s?.!]*$",
    re.IGNORECASE,
)


def without_opening(question: str) -> str:
    """Return a question without "OK,", "leaving that aside," or "sorry, I meant"."""
    return _MEANT_TO_ASK.sub("", _ASIDE.sub("", _AGREEING.sub("", question)))


def without_lead(question: str) -> str:
    """Return "When was it?" for "And when was it?"."""
    bare = _LEAD.sub("", question)
    return bare[:1].upper() + bare[1:] if bare != question else question


def in_order(question: str) -> str:
    """Return a question in the usual order of words, with a pronoun where one is left out.

    "Issued by whom?" asks "by whom was it issued?", "I meant its number" "What is its number?".
    """
    question = _PUT_ON.sub(r"\g<who>hosted \g<what>", question)
    in_place = _IN_PLACE_OF_WHAT.fullmatch(question)
    if in_place is not None:
        asks = in_place["asks"]
        return f"{asks[0].upper()}{asks[1:]} is it {in_place['what']} {in_place['of']}?"
    meant = _MEANT_OWN.match(question)
    if meant is not None:
        return f"What is {meant['owned']}?"
    anyone = _ANYONE.fullmatch(question)
    if anyone is not None and (anyone["done"] in v.DONE or anyone["done"].endswith("ed")):
        return f"Was {anyone['who'].lower()} {anyone['done']}?"
    done = _DONE.fullmatch(question)
    if done is not None and (done["done"].lower() in v.DONE or done["done"].endswith("ed")):
        asks = re.sub(r"^by(?:\s+who)?$", "by whom", done["asks"].lower())
        return f"{asks[0].upper()}{asks[1:]} was it {done['done'].lower()}{done['more'] or ''}?"
    return question


def done_again(question: str, previous: str) -> str:
    """Return "why did she launch it?" for "why did she do that?" after "Who launched it?"."""
    found = _DO_THAT.search(question)
    words = tokens(previous)
    if found is None or len(words) < 3:
        return question
    base = v.BASE_OF_PAST.get(words[1].lower) if words[0].lower == "who" else None
    if base is not None:
        return f"{question[: found.start()]}{base}{previous[words[1].end :].rstrip(' ?.!')}?"
    helper = next((at for at, word in enumerate(words) if word.lower in v.DO | v.MODALS), None)
    subject = next((p for p in noun_phrases(previous) if p.start - 1 == helper), None)
    if helper is None or subject is None or subject.end >= len(words):
        return question
    if words[subject.end].lower not in v.BASES | v.AMBIGUOUS:
        return question
    asked = _WHO_DID.sub(subject.text, question[: found.start()])
    return f"{asked}{previous[words[subject.end].start :].rstrip(' ?.!')}?"


_WHO_DID = re.compile(r"\b(?:they|it|he|she)(?=\s+$)", re.IGNORECASE)
_DO_THAT = re.compile(r"(?<=\s)do\s+(?:that|this|so|it)[\s?.!]*$", re.IGNORECASE)


def topic_put_in(question: str) -> str | None:
    """Return "what has Fangshan got?" for "and in Fangshan, what have they got?", else None."""
    for opening in (_IN_PLACE, _TOPIC_FIRST):
        found = opening.fullmatch(question)
        if found is not None and _THEY.search(found["rest"]):
            return _THEY.sub(found["topic"], found["rest"], count=1)
    return None


def gone_back(question: str, earlier: Sequence[str]) -> tuple[str, Sequence[str]]:
    """Return a question without "going back to the first one" and the questions up to that one.

    What no earlier question names is put in the place of a pronoun.
    """
    back = _BACK_TO.fullmatch(question)
    if back is None:
        return question, earlier
    if _FIRST.match(back["topic"]):
        return back["rest"], earlier[:1]
    topic = _FROM_BEFORE.sub("", back["topic"])
    phrases = noun_phrases(topic)
    heads = {phrase.head for phrase in phrases}
    for count in range(len(earlier), 0, -1):
        if heads & {phrase.head for phrase in noun_phrases(earlier[count - 1])}:
            return back["rest"], earlier[:count]
    named = name_of(phrases[0], earlier, pointing=False) if phrases else None
    return _THEY.sub(named or topic, back["rest"], count=1), earlier
