"""The frame of the page: header, conversation, ask box, source panel; and the files beside it."""

from collections.abc import Sequence
from html import escape
from pathlib import Path
from string import Template

from page.wording import spoken_count


def asset_path(name: str) -> Path:
    """Return where one of the files of this folder lies: ``citewise.css``, ``favicon.png``."""
    return Path(__file__).parent / name


def read_asset(name: str) -> str:
    """Return the text of one of the files of this folder."""
    return asset_path(name).read_text(encoding="utf-8")


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
    return Template(read_asset("citewise.html")).substitute(
        documents=spoken_count(documents, "document"),
        passages=spoken_count(passages, "passage"),
        examples=f'<ul class="cw-examples" aria-label="Example questions">{offered}</ul>'
        if offered
        else "",
    )
