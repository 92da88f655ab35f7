"""The frame of the page: header, conversation, ask box, panel; and the files in ``page/assets``.

Styles, scripts and the parts of the frame lie in small files of their own, each named for what it
is about. They are joined here in a fixed order, so that the page is one style and one script.
"""

from collections.abc import Sequence
from html import escape
from pathlib import Path
from string import Template

from page.answers import AGAIN
from page.asking import LONGEST_QUESTION
from page.wording import spoken_count

_STYLES = (
    "tokens.css", "frame.css", "welcome.css", "turn.css", "ask.css", "panel.css", "source.css",
    "picture.css", "filters.css", "insight.css", "map.css", "documents.css", "controls.css",
    "narrow.css", "forced.css",
)  # fmt: skip
_SCRIPTS = (
    "gradio.js", "frame.js", "conversation.js", "panel.js", "source.js", "copying.js", "links.js",
    "keys.js", "filters.js", "insight.js", "map.js", "documents.js", "library.js", "controls.js",
    "start.js",
)  # fmt: skip
# of the frame, in HTML files of their own
_PARTS = ("documents", "filters", "insight", "library", "sheets")


def asset_path(name: str) -> Path:
    """Return where one of the files of ``page/assets`` lies: ``favicon.png``."""
    return Path(__file__).parent / "assets" / name


def style() -> str:
    """Return the style sheet of the page."""
    return "\n".join(map(_read, _STYLES))


def script() -> str:
    """Return the script of the page: the body of a function of ``element``, ``server``, ``upload``.

    ``frame.js`` says what the files give each other.
    """
    return "\n".join(map(_read, _SCRIPTS))


def shell(*, documents: int, passages: int, examples: Sequence[str]) -> str:
    """Return the page before the first question.

    Args:
        documents: how many are indexed.
        passages: how many chunks they have.
        examples: questions offered on the empty page.
    """
    offered = "".join(
        f'<li><button type="button" data-do="example">{escape(question)}</button></li>'
        for question in examples
    )
    return Template(_read("shell.html")).substitute(
        {name: _read(f"{name}.html") for name in _PARTS},
        holdings=f"{spoken_count(documents, 'document')} · {spoken_count(passages, 'passage')}",
        passages=spoken_count(passages, "passage"),
        again=AGAIN,
        longest=str(LONGEST_QUESTION),
        examples=f'<ul class="cw-examples" aria-label="Example questions">{offered}</ul>'
        if offered
        else "",
    )


def _read(name: str) -> str:
    return asset_path(name).read_text(encoding="utf-8")
