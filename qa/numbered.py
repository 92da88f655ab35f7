"""Numbered things: phase 2 is not phase 1, though all but one word of a question speak for it."""

import re
from collections import defaultdict

from index.understanding.variants import ONES, ORDINALS

# Things of which one is told from the next by its number or letter.
_THINGS = (
    "annex appendix article building chapter class cohort component edition episode exhibit "
    "figure gate generation goal grade instalment installment lap leg level line lot module "
    "option package paragraph part phase pillar platform principle priority quarter reactor "
    "recommendation round route scenario schedule season section session stage step table "
    "target task terminal tier tranche unit version volume ward wave zone"
).split()
_ONES = ONES[1:13]
_NTHS = ORDINALS[:12]
_ROMAN = "i ii iii iv v vi vii viii ix x xi xii".split()
_NUMBERS = {
    word: str(number) for words in (_ONES, _NTHS, _ROMAN) for number, word in enumerate(words, 1)
}
_THING = rf"(?P<thing>{'|'.join(_THINGS)})(?P<many>s?)"
_NUMBER = rf"(?:\d+(?:\.\d+)*|{'|'.join(_ONES)}|(?-i:[IVX]+|[A-H]))(?!\w|[-.,]?\d)"
_THEN = re.compile(  # phase 2, version 2.0, phases 1 and 2, from phase 1 to phase 3 or on
    rf"\b{_THING}\s+(?:no\.?\s+|number\s+)?(?P<number>{_NUMBER})"
    rf"(?P<more>\s*(?:[-–,&/]|and\b|or\b|to\b)\s*(?:(?P=thing)\s+)?{_NUMBER}|\s+on(?:wards?)?\b)?",
    re.IGNORECASE,
)
_NTH = re.compile(  # the second phase, the 2nd trial phase
    rf"\b(?P<number>{'|'.join(_NTHS)}|\d+(?:st|nd|rd|th))\s+(?:(?!of\b|the\b)[a-z-]+\s+)?{_THING}\b",
    re.IGNORECASE,
)
_RELEASE = re.compile(r"\bv(?P<number>\d+(?:\.\d+)*)\b", re.IGNORECASE)
_ALONE = re.compile(
    rf"\b(?:\d+(?:\.\d+)*(?:st|nd|rd|th)?|{'|'.join(_ONES + _NTHS)})\b", re.IGNORECASE
)
_POINT = re.compile(
    rf"\b(?P<nth>{'|'.join(_NTHS)}|\d+(?:st|nd|rd|th))(?:ly\b|\s+(?:point|reason|argument|remark)\b)",
    re.IGNORECASE,
)
_SEVERAL = "several"


def is_of_another_number(question: str, quote: str, around: str) -> bool:
    """Whether a thing with a number is asked about, and a quote has only one with another number.

    Args:
        question: the question.
        quote: the text of the quote.
        around: the same with the title and the sentences beside it, which may have the right one.
    """
    if (points := _points(question)) and (told := _points(quote)) and points.isdisjoint(told):
        return True
    wanted = _numbered(question)
    if not wanted:
        return False
    said, beside = _numbered(quote), _numbered(around)
    alone = {_number(word) for word in _ALONE.findall(quote)}  # "the third phase, then the fourth"
    return any(
        said[thing] and not _has_one(numbers, said[thing] | beside[thing] | alone)
        for thing, numbers in wanted.items()
    )


def _points(text: str) -> set[str]:
    """Return the numbers of what somebody says: "the second point", "secondly"."""
    return {_number(match["nth"]) for match in _POINT.finditer(text)}


def _has_one(wanted: set[str], said: set[str]) -> bool:
    """Whether one of some numbers is said, or may be; article 12.1 is of article 12."""
    return _SEVERAL in said | wanted or any(
        other == number or other.startswith(f"{number}.") for number in wanted for other in said
    )


def _numbered(text: str) -> defaultdict[str, set[str]]:
    """Return the numbers by the thing that has them; of more than one it is also `_SEVERAL`."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for pattern in (_THEN, _NTH, _RELEASE):
        for match in pattern.finditer(text):
            parts = match.groupdict()
            thing = "version" if pattern is _RELEASE else parts["thing"].lower()
            found[thing].add(_number(parts["number"]))
            if parts.get("many") or parts.get("more"):
                found[thing].add(_SEVERAL)
    return found


def _number(said: str) -> str:
    """Return a number or letter as it is compared: "2" for "second", "II" and "2.0"."""
    number = re.sub(r"(?<=\d)(?:st|nd|rd|th)$|(?:\.0)+$", "", said.lower())
    return _NUMBERS.get(number, number)
