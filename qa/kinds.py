"""What a question asks for: told from its words alone, English or Chinese, without a model.

How long a quote should be, which values may differ between documents and whether several documents
should be quoted follow from it.
"""

import re
from typing import Literal

from index.stopwords import STOP_WORDS

Kind = Literal["number", "date", "person", "place", "thing", "explanation", "list", "yes or no"]

OPEN_WORDS = 3  # that say something, in a question for all of a kind
_SEVERAL = r"(?:two|three|four|five|six|seven|several|all|various|different)"
_ONE_IN_S = r"(?!(?:was|does|has|species|series|news|\w*(?:ss|us|is))\b)"
# "What protects the eye?" does not ask for things in the plural.
_NO_VERB = r"(?!\w+s (?:the|an?|this|that|its|their|to|into|at|with)\b)"
_ASKS = re.compile(r"\b(?:what|which|who|whom|whose|when|where|why|how)\b", re.IGNORECASE)

Rules = tuple[tuple[Kind, re.Pattern[str]], ...]


def _rules(*rules: tuple[Kind, str]) -> Rules:
    return tuple((kind, re.compile(pattern, re.IGNORECASE)) for kind, pattern in rules)


# Matched from the asking word on ("By what year ..."), in this order: the first that fits decides.
_KINDS = _rules(
    ("number", r"how (?:many|much|old|far|long|tall|high|large|big|deep|wide|often|fast)\b"),
    ("number", r"(?:what|which) (?:(?!\w+s )\w+ )?(?:percentage|percent|proportion|share|fraction|"
     r"number|amount|total)\b|what (?:is|was) the (?:\w+ )?(?:percentage|population|number|"
     r"area|budget|cost|price|fee|rate|share|size|length|height|speed|temperature|distance|capacity)\b"
     r"|what (?:do|does|did|will) .*\bcost\b"),
    ("explanation", r"why\b|how\b"),
    ("explanation", r"wh(?:at|ich) .*\b(?:purpose|function|role|meaning|difference|reason|"
     r"effect|impact|importance|significance|consequence|relationship|definition|story)s?\b"
     r"|what (?:do|does|did) .*\b(?:do|mean|represent)\b|what happen(?:s|ed)\b"
     r"|what (?:is|are) (?!the\b)(?:an? )?[\w'-]+(?: [\w'-]+)?\s*\??$"),
    ("date", r"when\b|(?:what|which) (?:year|date|day|month|century|decade|time)\b"),
    ("list", rf"(?:what|which|who) (?:are|were) (?:the |some |all )|\w+ {_SEVERAL}\b"),
    ("list", rf"(?:what {_NO_VERB}|which )(?:main |major |other )?{_ONE_IN_S}\w+s\b"),
    ("list", rf"(?:what|which) {_ONE_IN_S}(?:\w+ )?\w+s (?:are|were|have|do|did)\b"),
    ("person", r"who(?:m|se)?\b"),
    ("place", r"where\b|(?:what|which) (?:city|town|country|province|state|place|region|"
     r"venue|district|county)\b"),
)  # fmt: skip
_ORDERS = _rules(
    ("list", rf"(?:please )?(?:list|enumerate)\b|(?:name|give|identify)\b.*\b{_SEVERAL}\b"),
    ("explanation", r"(?:please )?(?:explain|describe|discuss|summari[sz]e|compare)\b"),
    ("yes or no", r"(?:is|are|was|were|do|does|did|can|could|has|have|had|will|would)\b"),
)  # fmt: skip
_CHINESE = _rules(
    ("list", "哪些"),
    ("date", "什么时候|何时|哪一?年|哪一?天|几月|几年"),
    ("number", "多少|几(?!乎)"),
    ("explanation", "为什么|为何|如何|怎么|怎样"),
    ("person", "谁"),
    ("place", "哪里|哪儿|何处|在哪|哪个城市|哪一?个?省"),
    ("yes or no", "吗[？?]?$"),
)
_ASKING = r"(?:what|which|who|whom|whose|when|where|why|how)"
_AND = re.compile(rf"\s*,?\s+and\s+(?=(?:(?:in|at|on|by|from|for|to|with)\s+)?{_ASKING}\b)", re.I)
_BARE = re.compile(
    rf"^(?:(?:in|at|on|by|from)\s+)?{_ASKING}(?:\s+(?:in|at|on|by|from|for|during)\s.+)?$", re.I
)
_WORD = re.compile(r"\w[\w'’-]*")
_SAYS_NOTHING = STOP_WORDS | {"all", "when", "where", "how", "why", "list", "enumerate", "please"}
_ORDER = r"(?:please )?(?:list|enumerate) (?:all )?(?:the )?"
_LISTED = re.compile(
    rf"(?P<opening>(?:(?:which|what) |(?:who|what) (?:are|were) (?:the )?|{_ORDER})(?:\w+ )??)"
    rf"(?P<noun>{_ONE_IN_S}\w+s)\b", re.IGNORECASE,
)  # fmt: skip
_SINGULAR = {"are": "is", "were": "was", "have": "has"}
_LEAD = re.compile(rf"^{_ASKING}\s+", re.IGNORECASE)
_ITEM = r"(?:[A-Z][\w’'-]*(?: [A-Z][\w’'-]*){0,2}|\d{4})\b(?! [A-Z])"  # never half a name
_IN = r"(?:in |at )?"
_ITEMS = re.compile(rf"(?<=\b(?:in|at) )(?:{_ITEM}, {_IN})*{_ITEM},? (?:and|or) {_IN}{_ITEM}")
_NAMED_TOGETHER = re.compile(
    r"\b(?<!between )(?:\d|[A-Z])[\w.’'-]*,? (?:and|or) (?:[\w’'-]+ ){0,2}(?:\d|[A-Z])"
)


def kind_of(question: str) -> Kind:
    """Return what a question asks for; "thing" where nothing tells."""
    text = question.strip()
    asks = _ASKS.search(text)
    found = [kind for kind, pattern in _ORDERS if pattern.match(text)]
    if asks is not None:
        found += [kind for kind, pattern in _KINDS if pattern.match(text, asks.start())]
    found += [kind for kind, pattern in _CHINESE if pattern.search(text)]
    return found[0] if found else "thing"


def parts_of(question: str) -> tuple[str, ...]:
    """Return the questions that one sentence asks, in order; most are asked alone.

    "When did it open, and who built it?" asks two. A bare question word is completed: "which
    conferences were held, and where?" also asks "where conferences were held?". Of several places
    or years, "in Denby and Aldmouth", one passage may hold all or each its own.
    """
    pieces = [piece.strip(" ?？.") for piece in _AND.split(question.strip())]
    if len(pieces) == 1 or not re.match(_ASKING, pieces[0], re.IGNORECASE):
        return question, *_one_by_one(question)
    parts: list[str] = []
    for piece in pieces:
        rest = _LEAD.sub("", pieces[0])
        bare = _BARE.match(piece) is not None
        part = f"{piece} {rest}?" if bare else f"{piece}?"
        parts += [part, *_one_by_one(part)]
    return tuple(parts)


def _one_by_one(question: str) -> list[str]:
    """Return a question on several places or years once for each, nothing for any other."""
    listed = _ITEMS.search(question)
    if listed is None:
        return []
    before, after = question[: listed.start()], question[listed.end() :]
    return [before + item + after for item in re.findall(_ITEM, listed[0])]


def compares(question: str) -> bool:
    """Whether a question asks about several things by name, of which each has its own answer.

    "How long are line 1 and line 2?", but not what was "between 2010 and 2020".
    """
    return _NAMED_TOGETHER.search(question) is not None


def asks_openly(question: str) -> bool:
    """Whether a question asks for all of a kind in a few words and names nothing.

    Like "Which conferences were held, and where?": a passage that answers holds few of its words.
    """
    first = parts_of(question)[0]
    words = _WORD.findall(first)
    named = any(word[0].isupper() for word in words[1:]) or len(parts_of(first)) > 1
    telling = {word.lower() for word in words if not word[0].isdigit()} - _SAYS_NOTHING
    return asks_for_several(question) and not named and len(telling) <= OPEN_WORDS


def in_singular(question: str) -> str:
    """Return "Which conference was held?" for "Which conferences were held?".

    That is how the reader, which learnt from questions with one answer, finds each of several.
    """
    listed = _LISTED.match(question)
    if listed is None:
        return question
    opening = re.sub(f"^{_ORDER}", "What is the ", listed["opening"], flags=re.IGNORECASE)
    sentence = opening + singular(listed["noun"]) + question[listed.end() :]
    return re.sub(r"\b(?:are|were|have)\b", lambda verb: _SINGULAR[verb[0]], sentence)


def singular(noun: str) -> str:
    """Return "city" for "cities"."""
    return re.sub("(?<=ss|sh|ch)es$|(?<=x)es$|(?<!s)s$", "", re.sub("ies$", "ys", noun))


def asks_for_several(question: str) -> bool:
    """Whether one quote may hold only part of the answer."""
    return kind_of(question) == "list" or len(parts_of(question)) > 1
