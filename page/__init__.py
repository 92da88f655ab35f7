"""What the page shows, as HTML: answers, sources, the shelf of documents. No server in here.

Everything that comes from a document, a question or an error is escaped; the offsets that are
marked are the ones a Citation carries, so the marked text is ``document.text[start:end]``.
"""

from page.answers import error_note, error_turn, turn
from page.shell import asset_path, read_asset, shell
from page.sources import Place, shelf, slice_of, source

__all__ = [
    "Place",
    "asset_path",
    "error_note",
    "error_turn",
    "read_asset",
    "shelf",
    "shell",
    "slice_of",
    "source",
    "turn",
]
