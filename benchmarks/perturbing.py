"""Ways to ask the same question otherwise: misspelt, in other spellings, forms and figures.

Each takes a question and returns it changed, None where it has nothing to change. Made for
measuring: nothing here is taken from what `index.understanding` does.
"""

import random
import re
from collections.abc import Callable, Mapping
from functools import partial

from index import Index

Perturb = Callable[[str], str | None]
_WORD = re.compile(r"[A-Za-z]{4,}")
_KEYS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_BRITISH = {  # American by British
    "colour": "color", "behaviour": "behavior", "labour": "labor", "harbour": "harbor",
    "neighbour": "neighbor", "favour": "favor", "honour": "honor", "humour": "humor",
    "rumour": "rumor", "centre": "center", "theatre": "theater", "metre": "meter",
    "litre": "liter", "fibre": "fiber", "defence": "defense", "offence": "offense",
    "licence": "license", "organis": "organiz", "realis": "realiz", "recognis": "recogniz",
    "urbanis": "urbaniz", "modernis": "moderniz", "industrialis": "industrializ",
    "digitis": "digitiz", "optimis": "optimiz", "characteris": "characteriz",
    "civilis": "civiliz", "colonis": "coloniz", "criticis": "criticiz",
    "emphasis": "emphasiz", "specialis": "specializ", "utilis": "utiliz", "analys": "analyz",
    "programme": "program", "catalogue": "catalog", "dialogue": "dialog", "travell": "travel",
    "cancell": "cancel", "modell": "model", "labell": "label", "judgement": "judgment",
    "grey": "gray", "jewellery": "jewelry", "archaeolog": "archeolog", "aluminium": "aluminum",
    "anaemi": "anemi", "foetus": "fetus", "authoris": "authoriz", "minimis": "minimiz",
}  # fmt: skip
_FIGURES = (
    "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen twenty".split()
)
_ORDINALS = {
    "first": "1st", "second": "2nd", "third": "3rd", "fourth": "4th", "fifth": "5th",
    "sixth": "6th", "seventh": "7th", "eighth": "8th", "ninth": "9th", "tenth": "10th",
    "eleventh": "11th", "twelfth": "12th", "thirteenth": "13th", "eighteenth": "18th",
    "nineteenth": "19th", "twentieth": "20th",
}  # fmt: skip
_MONTHS = (
    "January February March April June July August September October November December".split()
)
_CLOSED = frozenset(
    "what which when where who whom whose does were have been that this these those with from "
    "into most more than about they their there many much long called used known other some "
    "between after before during because being first name type kind would could should".split()
)


def misspelt(question: str, index: Index, *, letters: int, draw: random.Random) -> str | None:
    """Return the question with one or two edits in its rarest word that the index has.

    An edit is a letter wrong, missing, doubled with a neighbour on the keyboard, or two swapped.
    """
    rarity = {
        word: max(index.term_weights(word[0]).values(), default=0.0)
        for word in _WORD.finditer(question)
        if index.lexical.has(tuple(index.term_weights(word[0]))) and len(word[0]) >= 3 + letters
    }
    if not rarity:
        return None
    word = max(rarity, key=lambda found: rarity[found])
    while True:
        typed = word[0]
        for _ in range(letters):
            typed = _edited(typed, draw)
        if typed.lower() != word[0].lower():
            return question[: word.start()] + typed + question[word.end() :]


def _edited(word: str, draw: random.Random) -> str:
    at = draw.randrange(len(word))
    row = next((row for row in _KEYS if word[at].lower() in row), _KEYS[1])
    beside = max(0, row.find(word[at].lower()))
    other = row[max(0, beside - 1) : beside] + row[beside + 1 : beside + 2]
    match draw.randrange(4):
        case 0:
            return word[:at] + draw.choice(other) + word[at + 1 :]
        case 1:
            return word[:at] + word[at + 1 :]
        case 2:
            return word[: at + 1] + draw.choice(other) + word[at + 1 :]
        case _:
            at = min(at, len(word) - 2)
            return word[:at] + word[at + 1] + word[at] + word[at + 2 :]


def other_spelling(question: str) -> str | None:
    """Return the question with British words in American spelling, or the other way."""
    return _replaced(question, _BRITISH) or _replaced(
        question, {american: british for british, american in _BRITISH.items()}
    )


def other_number(question: str) -> str | None:
    """Return the question with its last noun-like word in the other grammatical number."""
    words = [w for w in _WORD.finditer(question) if w[0].lower() not in _CLOSED and w[0].islower()]
    words = [word for word in words if not word[0].endswith(("ed", "ing", "ly", "ss", "us", "is"))]
    if not words:
        return None
    word = words[-1]
    return question[: word.start()] + _toggled(word[0]) + question[word.end() :]


def _toggled(noun: str) -> str:
    if noun.endswith("ies"):
        return noun[:-3] + "y"
    if noun.endswith("s"):
        return noun[:-1]
    if noun.endswith("y") and noun[-2] not in "aeiou":
        return noun[:-1] + "ies"
    return noun + ("es" if noun.endswith(("sh", "ch", "x", "z")) else "s")


def other_abbreviation(question: str, abbreviations: Mapping[str, str]) -> str | None:
    """Return the question with a long form as its abbreviation, or the other way."""
    for short, long in abbreviations.items():
        if long in question:
            return question.replace(long, short, 1)
        found = re.search(rf"\b{re.escape(short)}\b", question)
        if found:
            return question[: found.start()] + long + question[found.end() :]
    return None


def other_figures(question: str) -> str | None:
    """Return the question with its numbers and dates in another form."""
    number = re.search(r"\b\d{1,3}(?:,\d{3})+\b|\b[1-9]\d{4,}\b", question)
    if number:
        figure = number[0].replace(",", "")
        other = figure if "," in number[0] else f"{int(figure):,}"
        return question[: number.start()] + other + question[number.end() :]
    date = re.search(rf"\b({'|'.join(_MONTHS)}) (\d{{1,2}})\b", question)
    if date:
        return question.replace(date[0], f"{date[2]} {date[1][:3]}.", 1)
    for month in _MONTHS:
        if month in question:
            return question.replace(month, f"{month[:3]}.", 1)
    figures = {word: str(place) for place, word in enumerate(_FIGURES, 2)}
    for table in (figures, _ORDINALS):
        for one, other in (*table.items(), *((b, a) for a, b in table.items())):
            found = re.search(rf"(?<![\w.,-]){one}(?![\w,-]|\.\d)", question)
            if found:
                return question[: found.start()] + other + question[found.end() :]
    return None


def _replaced(question: str, table: Mapping[str, str]) -> str | None:
    for one, other in table.items():
        found = re.search(rf"\b{one}", question)
        if found:
            return question[: found.start()] + other + question[found.end() :]
    return None


def perturbations(
    index: Index, abbreviations: Mapping[str, str], draw: random.Random
) -> dict[str, Perturb]:
    """Return every way to ask otherwise, by name."""
    return {
        "one letter wrong": partial(misspelt, index=index, letters=1, draw=draw),
        "two letters wrong": partial(misspelt, index=index, letters=2, draw=draw),
        "British or American": other_spelling,
        "singular or plural": other_number,
        "abbreviation or long form": partial(other_abbreviation, abbreviations=abbreviations),
        "number or date": other_figures,
        "small letters": lambda question: question.lower(),
        "no question mark": lambda question: question.rstrip(" ?"),
    }
