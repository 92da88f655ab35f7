"""HTML as readable plain text: the main text of a page, and all text of a fragment."""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lxml import etree  # type: ignore[import-untyped]  # ships no stubs

_INLINE = frozenset(
    {"a", "abbr", "b", "bdi", "bdo", "cite", "code", "data", "del", "dfn", "em", "font", "i", "ins"}
    | {"kbd", "label", "mark", "q", "s", "samp", "small", "span", "strike", "strong", "sub", "sup"}
    | {"time", "tt", "u", "var", "wbr"}
)
_SILENT = frozenset(
    {"head", "iframe", "math", "noscript", "object", "script", "style", "svg", "template"}
)
_SPACE = re.compile(r"\s+")
_RULE = re.compile(r"\s*\|(?:\s*:?-+:?\s*\|)+\s*")  # between the head and body of a table


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What a web page says: its main text, its title and ISO date where it states them."""

    text: str
    title: str
    date: str | None
    site: str


def html_text(fragment: str) -> str:
    """Return the text of an HTML fragment, each block on a line of its own, "" if it has none."""
    from lxml import etree, html

    try:
        return _tree_text(html.fromstring(f"<div>{fragment}</div>"))
    except (etree.ParserError, ValueError):  # nothing but comments; an encoding declaration
        return ""


def _tree_text(root: "etree._Element") -> str:
    """Return all visible text below an element."""
    from lxml import etree

    parts: list[str] = []
    walk = etree.iterwalk(root, events=("start", "end"))
    for event, element in walk:
        tag = element.tag if isinstance(element.tag, str) else ""
        if tag and tag not in _INLINE:
            parts.append("\n")
        if event == "end":
            parts.append("" if element is root else _SPACE.sub(" ", element.tail or ""))
        elif not tag or tag in _SILENT:
            walk.skip_subtree()
        else:
            parts.append(_SPACE.sub(" ", element.text or ""))
    lines = (line.strip() for line in "".join(parts).split("\n"))
    return "\n".join(line for line in lines if line)


def page_text(data: bytes | str) -> Page:
    """Return the main text of a web page without its menus, with title and date as stated there.

    `text` is all the text of the page where no main text can be told apart, "" where there is
    none. The date is taken from the page's own statements, never from guesses over its links.
    """
    import trafilatura

    found = trafilatura.bare_extraction(
        data, include_comments=False, with_metadata=True,
        date_extraction_params={"extensive_search": False, "original_date": True},
    )  # fmt: skip
    if found is None or isinstance(found, dict) or not (found.text or "").strip():
        tree = trafilatura.load_html(data)
        return Page(text="" if tree is None else _tree_text(tree), title="", date=None, site="")
    return Page(
        text=_blocks(found.text or ""), title=found.title or "", date=found.date,
        site=found.sitename or "",
    )  # fmt: skip


def _blocks(text: str) -> str:
    """Set paragraphs apart by blank lines and table cells by bars."""
    blocks: list[str] = []
    for line in text.split("\n"):
        if _RULE.fullmatch(line):
            continue
        row = line.startswith("|") and line.rstrip().endswith("|")
        cells = line.strip()[1:-1].split("|")  # the first may be empty, over the names of rows
        block = " | ".join(map(str.strip, cells)) if row else line
        listed = row or line.startswith("- ")
        blocks.append(block if listed and blocks else "\n" + block)
    return "\n".join(blocks).strip("\n")
