"""Markdown as readable plain text: the words of the page without its markup.

Links keep their text, images go except for long descriptions, headings and list items stay on lines
of their own, a table row is one line with its cells set apart by bars, and code is kept as written.
Templating tags of site generators are dropped.
"""

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING

from corpus.markup import html_text

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

# {{< button >}}, {{% note %}}, {{ page.title }}, {% include x %}, {: .class }, {#anchor}
_TEMPLATE_TAG = re.compile(r"\{\{[^{}]{0,999}\}\}|\{%[^{}%]{0,999}%\}|\{[:#.][^{}\n]{0,99}\}")
# Where a tag stands for an address: [text]({{< ref "x" >}}), href="{{ x }}", [label]: {{ x }}
_TEMPLATE_URL = re.compile(r"(\]\(|=[\"']|^ {0,3}\[[^\]\n]+\]:\s*)\{\{[^{}\n]*\}\}", re.MULTILINE)
_TAG = re.compile(r"\s*</?[a-zA-Z][a-zA-Z0-9]*[\s>/]")
_SPACES = re.compile(r" {2,}")
_INDENT = "  "
_TELLING = 80  # characters from which an image's description says what it shows, not what it is
_LABEL = re.compile(r"[A-Z][^\n:.!?]{0,30}:(?=\s|$)")  # "Chair: Mary Lopez"
_CJK = re.compile(r"[\u3000-\u30ff\u3400-\u9fff\uff00-\uffef]")


@dataclass(slots=True, kw_only=True)
class _List:
    """An open list: the number of its next item, None where items have bullets."""

    number: int | None


def markdown_text(source: str) -> tuple[str, str]:
    """Return the plain text of a Markdown page and its first heading, "" where it has none."""
    blocks: list[str] = []
    heading = ""
    lists: list[_List] = []
    marker = ""  # of the list item whose first block has not been written
    tokens = _parser().parse(_TEMPLATE_URL.sub(r"\1#", source))
    for index, token in enumerate(tokens):
        before = tokens[index - 1] if index else token
        if token.type in ("bullet_list_open", "ordered_list_open"):
            ordered = token.type == "ordered_list_open"
            lists.append(_List(number=int(token.attrGet("start") or 1) if ordered else None))
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            lists.pop()
        elif token.type == "list_item_open":
            marker = _marker(lists)
        elif token.type == "tr_open":
            blocks.append(_row(tokens, index))
        elif token.type in ("table_open", "hr"):
            blocks.append("")
        elif text := _block(token, before):
            heading = heading or (text if before.type == "heading_open" else "")
            blocks.append(_placed(text, lists, marker, tight=before.hidden or bool(marker)))
            marker = ""
    return "\n".join(blocks).strip("\n"), heading


@functools.cache
def _parser() -> "MarkdownIt":
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark").enable(["table", "strikethrough"])


def _marker(lists: Sequence[_List]) -> str:
    """Return the bullet or number of the next item of the innermost list."""
    innermost = lists[-1]
    if innermost.number is None:
        return "- "
    innermost.number += 1
    return f"{innermost.number - 1}. "


def _placed(text: str, lists: Sequence[_List], marker: str, *, tight: bool) -> str:
    """Return a block with its list marker and indent, after a blank line unless it is `tight`."""
    indent = _INDENT * (len(lists) - 1) if lists else ""
    first = indent + marker if marker or not lists else indent + _INDENT
    lines = text.split("\n")
    rest = " " * len(first)
    placed = "\n".join([first + lines[0], *(rest + line if line else line for line in lines[1:])])
    return placed if tight else "\n" + placed


def _block(token: "Token", before: "Token") -> str:
    """Return the text of a leaf block, "" for other tokens and for cells, which `_row` writes."""
    # subtle: HTML set in by four spaces is code to CommonMark, and HTML to those who wrote it.
    is_html = token.type == "html_block" or (
        token.type == "code_block" and _TAG.match(token.content) is not None
    )
    if token.type in ("fence", "code_block") and not is_html:
        return token.content.rstrip("\n")
    if is_html:
        return _TEMPLATE_TAG.sub("", html_text(token.content)).strip()
    if token.type != "inline" or before.type in ("th_open", "td_open"):
        return ""
    text = _words(token)
    return " ".join(text.split()) if before.type == "heading_open" else text


def _row(tokens: Sequence["Token"], index: int) -> str:
    """Return the cells of the table row that opens at `index`."""
    cells: list[str] = []
    for token in tokens[index:]:
        if token.type == "tr_close":
            break
        if token.type == "inline":
            cells.append(" ".join(_words(token).split()))
    return " | ".join(cells)


def _words(token: "Token") -> str:
    """Return the words of an inline token; a soft line break is a space, or nothing in Chinese.

    Lines that begin with a label each, "Date: 4 May", stay lines.
    """
    children = token.children or []
    labelled = sum(_LABEL.match(_line(children, i)) is not None for i in _line_starts(children)) > 1
    parts: list[str] = []
    for index, child in enumerate(children):
        if child.type in ("text", "code_inline"):
            parts.append(child.content)
        elif child.type == "hardbreak" or child.content.lower().startswith("<br"):
            parts.append("\n")
        elif child.type == "softbreak":
            before = parts[-1][-1:] if parts else ""
            after = children[index + 1].content[:1] if index + 1 < len(children) else ""
            joint = "" if _CJK.match(before) and _CJK.match(after) else " "
            is_label = labelled and _LABEL.match(_line(children, index + 1)) is not None
            parts.append("\n" if is_label else joint)
        elif child.type == "image" and len(child.content) >= _TELLING:
            parts.append(child.content)
    return _SPACES.sub(" ", _TEMPLATE_TAG.sub("", "".join(parts))).strip()


def _line_starts(children: Sequence["Token"]) -> list[int]:
    """Return the places at which the lines of an inline token's children begin."""
    return [0, *(i + 1 for i, child in enumerate(children) if child.type == "softbreak")]


def _line(children: Sequence["Token"], start: int) -> str:
    """Return the text of the children from `start` to the end of their line."""
    line = takewhile(lambda child: child.type not in ("softbreak", "hardbreak"), children[start:])
    return "".join(child.content for child in line if child.type in ("text", "code_inline"))
