"""Page furniture: the lines of a web page that are not part of its article.

Menus, share buttons, bylines, comment widgets, licence numbers and the like stay in a document's
text and are marked here, so that they are never quoted. A line is furniture only if all of it is
made of known phrases and "label: value" fields (``corpus/phrases.py``), or it opens like a legal or
cookie notice; so sentences of an article are safe. Some phrases ("About", "Tel: ...") count only
above the first or below the last paragraph of prose, or next to surer furniture.
"""

import functools
import re
from collections.abc import Sequence
from itertools import groupby

from corpus.phrases import BYLINE, DATE, LABELS, LICENCE, NOTICE, PHRASES, TRAIL, Kind

_LONGEST_TAIL, _LONGEST_LINE, _LONGEST_NOTICE = 100, 200, 700  # characters
_MOST_WORDS, _MOST_HEADLINES = 10, 12
_LONGEST_BULLET, _LONGEST_SLOGAN = 30, 60  # characters
_LEAST_ARTICLE = 400  # characters of prose; a contact page has less

_FLAGS = re.IGNORECASE | re.VERBOSE


_UNENDING = r"(?:[^.!?。！？\n]|[.!?](?=\S))"


@functools.cache
def _rule(pattern: str) -> re.Pattern[str]:
    """Compile one of the patterns on first use; together they take a tenth of a second."""
    return re.compile(pattern, _FLAGS)


def _any(patterns: dict[Kind, str], after: str) -> str:
    """Join alternatives into one pattern whose last group names the kind."""
    groups = "|".join(f"(?P<{kind.name}>{pattern})" for kind, pattern in patterns.items())
    return rf"(?<![a-z0-9])(?:{groups}){after}".replace("~", _UNENDING)


_PHRASE = _any(PHRASES, "(?![a-z0-9'’])")
_LABEL = _any(LABELS, r"\s*[:：]")
_BYLINE = re.compile(BYLINE)
_PATH = re.compile(r"[^\s>»›]+(?: [^\s>»›]+){0,3}(?: [>»›] [^\s>»›]+(?: [^\s>»›]+){0,12}){2,}")
_SEPARATOR = re.compile(r"[\s|·•▪◦●○■□‣/>»›<«,，;；:：()（）\[\]【】*+_=~#\\–—→…↑↓←-]*")
_RULE = re.compile(r"[\s\u200b*_=~•·—–>»|…#-]+")
_BULLET = re.compile(r"[•·▪◦●○■□‣*-]\s")
_TERMINAL = re.compile(r"[.!?][\"'”’)\]]*(?=\s|$)|[。！？][”’）」』]*")
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")


def furniture_spans(text: str) -> tuple[tuple[int, int], ...]:
    """Return the sorted, disjoint ``(start, end)`` spans of page furniture in `text`."""
    lines: list[tuple[int, int]] = []
    position = 0
    for line in text.split("\n"):
        if stripped := line.strip():
            start = position + len(line) - len(line.lstrip())
            lines.append((start, start + len(stripped)))
        position += len(line) + 1
    bodies = [text[start:end] for start, end in lines]
    marks = _mark(bodies, [_kind(body) for body in bodies])
    spans: list[tuple[int, int]] = []
    for (start, end), body, furniture in zip(lines, bodies, marks, strict=True):
        first = start if furniture else start + _tail(body)
        if first < end and spans and not text[spans[-1][1] : first].strip():
            spans[-1] = (spans[-1][0], end)
        elif first < end:
            spans.append((first, end))
    return tuple(spans)


def _skip(body: str, position: int) -> int:
    """Return the offset of the first character at or after `position` that separates nothing."""
    match = _SEPARATOR.match(body, position)
    return match.end() if match else position


def _kind(line: str) -> Kind:
    """Classify one line by itself."""
    body = line[_skip(line, 0) :]
    if not any(character.isalnum() for character in line):
        return Kind.SURE if _RULE.fullmatch(line) else Kind.EDGE
    if len(body) > _LONGEST_NOTICE:
        return Kind.TEXT
    if _rule(NOTICE).match(body):
        return Kind.SURE
    if len(body) > _LONGEST_LINE:
        return Kind.TEXT
    if _rule(LICENCE).search(body) or _rule(TRAIL).fullmatch(body):
        return Kind.SURE
    kinds = _scan(body)
    for kind in (Kind.HEADS_LIST, Kind.SURE, Kind.EDGE, Kind.FIELD, Kind.MENU):
        if kind in kinds:
            return Kind.EDGE if kind is Kind.MENU and len(kinds) > 2 else kind
    if _BYLINE.fullmatch(body) or _PATH.fullmatch(body) or _is_dated_bar(body):
        return Kind.EDGE
    return Kind.TEXT


def _is_dated_bar(body: str) -> bool:
    """Tell whether a line is a bar of short parts, a date among them: "Xinhua | Updated: ..."."""
    if "|" not in body:
        return False
    parts = [part.strip() for part in body.split("|")]
    dated = any(_rule(DATE).search(part) and _scan(part) for part in parts)
    return dated and all(len(part.split()) <= _MOST_WORDS for part in parts)


def _scan(body: str) -> list[Kind]:
    """Return the kinds of the phrases and fields `body` consists of, none if words remain."""
    kinds: list[Kind] = []
    position = 0
    while position < len(body):
        if label := _rule(_LABEL).match(body, position):
            following = _rule(_LABEL).search(body, label.end())
            position = following.start() if following else len(body)
            value = body[label.end() : position]
            kind = Kind[str(label.lastgroup)]
            if kind is Kind.COUNTED:
                if not any(character.isdigit() for character in value):
                    return []
                kind = Kind.SURE
            if len(value.split()) > _MOST_WORDS:
                return []
            kinds.append(kind)
        elif phrase := _rule(_PHRASE).match(body, position):
            position = phrase.end()
            kinds.append(Kind[str(phrase.lastgroup)])
        elif date := _rule(DATE).match(body, position):
            position = date.end()
            kinds.append(Kind.EDGE)
        else:
            return []
        position = _skip(body, position)
    return kinds


def _mark(bodies: Sequence[str], kinds: Sequence[Kind]) -> list[bool]:
    """Decide for each line whether it is furniture, from its kind, place and neighbours."""
    prose = [
        index
        for index, (body, kind) in enumerate(zip(bodies, kinds, strict=True))
        if kind is Kind.TEXT and _is_prose(body)
    ]
    is_article = sum(len(bodies[index]) for index in prose) >= _LEAST_ARTICLE
    first, last = (prose[0], prose[-1]) if is_article else (0, len(bodies))
    spread = _spread(bodies, kinds, first, last)
    marks: list[bool] = []
    for known, group in groupby(spread, key=lambda kind: kind is not Kind.TEXT):
        members = list(group)
        at_edge = len(marks) + len(members) <= first or len(marks) > last
        marks += [known and _is_furniture(members, at_edge)] * len(members)
    if len(prose) > 2 and last == len(bodies) - 2 and _is_slogan(bodies[-1]):
        marks[-1] = True
    return marks


def _spread(bodies: Sequence[str], kinds: Sequence[Kind], first: int, last: int) -> list[Kind]:
    """Carry furniture over to lines beside it that no rule knows.

    Those are the headlines of a list, the bullets of a menu, and after the first furniture below
    the last paragraph whatever is not a sentence.
    """
    result: list[Kind] = []
    in_list, headlines = False, 0
    ended = False  # furniture has been seen below the last paragraph
    for index, (body, kind) in enumerate(zip(bodies, kinds, strict=True)):
        spread = kind
        if kind is Kind.HEADS_LIST:
            in_list, headlines, spread = True, 0, Kind.SURE
        elif kind is Kind.TEXT and in_list:
            headlines += 1
            in_list = (
                index > last and headlines <= _MOST_HEADLINES
                and len(body) <= _LONGEST_LINE and not _TERMINAL.search(body)
            )  # fmt: skip
            spread = Kind.SURE if in_list else Kind.TEXT
        elif kind is Kind.TEXT and index > last and ended and not _is_sentence(body):
            spread = Kind.SURE
        elif kind is Kind.TEXT and index < first and result and result[-1] is Kind.SURE:
            in_menu = _BULLET.match(body) and len(body) <= _LONGEST_BULLET
            spread = Kind.SURE if in_menu else Kind.TEXT
        ended = index > last and (ended or spread is Kind.SURE)
        result.append(spread)
    return result


def _is_furniture(members: Sequence[Kind], at_edge: bool) -> bool:
    """Decide for known lines that stand together."""
    if Kind.SURE in members:
        return True
    return at_edge and (Kind.EDGE in members or members.count(Kind.MENU) > 2)


def _is_prose(body: str) -> bool:
    """Tell whether a line is a paragraph of running text."""
    return len(body) >= (40 if _CJK.search(body) else 100) and bool(_TERMINAL.search(body))


def _is_sentence(body: str) -> bool:
    """Tell whether a line may belong to an article rather than to the foot of its page."""
    return bool(_TERMINAL.search(body)) or len(body) > _LONGEST_TAIL


def _is_slogan(body: str) -> bool:
    """Tell whether a last line, which heads nothing, looks like the name of a site."""
    words = body.split()
    capital = all(word.isalpha() and word[0].isupper() for word in words)
    return capital and len(words) > 1 and len(body) <= _LONGEST_SLOGAN


def _tail(body: str) -> int:
    """Return where furniture begins after the last full stop of a line, its length if nowhere."""
    stop = max((match.end() for match in _TERMINAL.finditer(body)), default=len(body))
    rest = body[stop:].strip()
    if 0 < len(rest) <= _LONGEST_TAIL and any(character.isalnum() for character in rest):
        return len(body) - len(rest) if _kind(rest) in (Kind.SURE, Kind.HEADS_LIST) else len(body)
    return len(body)
