"""HTML as readable plain text: the main text of a page, and all text of a fragment."""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lxml import etree  # type: ignore[import-untyped]  # ships no stubs
    from trafilatura.settings import Document as Found

_INLINE = frozenset(
    {"a", "abbr", "b", "bdi", "bdo", "cite", "code", "data", "del", "dfn", "em", "font", "i", "ins"}
    | {"kbd", "label", "mark", "q", "s", "samp", "small", "span", "strike", "strong", "sub", "sup"}
    | {"time", "tt", "u", "var", "wbr"}
)
_SILENT = frozenset(
    {"head", "iframe", "math", "noscript", "object", "script", "style", "svg", "template"}
)
_SPACE = re.compile(r"\s+")
_LONGEST_LINE = 160  # characters of a term with what it means
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
    from trafilatura import load_html
    from trafilatura.xpaths import BODY_XPATH

    if (tree := load_html(data)) is None:
        return Page(text="", title="", date=None, site="")
    says_where = any(find(tree) for find in BODY_XPATH)
    found = _main_text(_with_lines(tree))
    if found is None:
        return Page(text=_tree_text(load_html(data)), title="", date=None, site="")
    framed = None if says_where else _framed(_with_lines(load_html(data)), found.text or "")
    whole = None if framed is None else _main_text(framed)
    texts = [one.text or "" for one in (found, whole) if one is not None]
    return Page(
        text=_blocks(max(texts, key=len)), title=found.title or "", date=found.date,
        site=found.sitename or "",
    )  # fmt: skip


def _main_text(tree: "etree._Element") -> "Found | None":
    """Return what trafilatura finds in a page, which it changes; None where it finds no text."""
    from trafilatura import bare_extraction

    found = bare_extraction(
        tree, include_comments=False, with_metadata=True,
        date_extraction_params={"extensive_search": False, "original_date": True},
    )  # fmt: skip
    if found is None or isinstance(found, dict) or not (found.text or "").strip():
        return None
    return found


def _with_lines(tree: "etree._Element") -> "etree._Element":
    """Return a page with the terms of its glossaries and what they mean on one line each.

    Addresses are made paragraphs; trafilatura leaves them out.
    """
    for address in tree.iter("address"):
        address.tag = "p"
    for meaning in list(tree.iter("dd")):
        term, after = meaning.getprevious(), meaning.getnext()
        alone = term is not None and term.tag == "dt" and (after is None or after.tag != "dd")
        line = f"{_line_of(term).rstrip(':')}: {_line_of(meaning)}" if alone else ""
        if 0 < len(line) <= _LONGEST_LINE and "?" not in line:
            term[:], term.text = [], line
            meaning.getparent().remove(meaning)
    return tree


def _line_of(element: "etree._Element") -> str:
    return _SPACE.sub(" ", "".join(element.itertext())).strip()


def _framed(tree: "etree._Element", text: str) -> "etree._Element | None":
    """Return a page with its main text put into an ``<article>``, None where none is found.

    In a page that does not say where its main text stands trafilatura finds the paragraphs alone,
    no headings and lists. What holds all of these, `text`, and all tables is taken for it.
    """
    from lxml import etree

    lines = set(text.split("\n"))
    found = [
        element
        for element in tree.iter("p", "table")
        if element.tag == "table" or _line_of(element) in lines
    ]
    if not found:
        return None
    shared = set.intersection(*(set(element.iterancestors()) for element in found))
    frame = next(one for one in found[0].iterancestors() if one in shared)
    article = etree.Element("article")
    article.text, frame.text = frame.text, None
    article.extend(list(frame))
    frame.append(article)
    return tree


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
