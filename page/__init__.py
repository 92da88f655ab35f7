"""What the page shows, as HTML: answers, sources, the shelf of documents. No server in here.

Everything that comes from a document, a question or an error is escaped; the offsets that are
marked are the ones a Citation carries, so the marked text is ``document.text[start:end]``.
"""

from page.answers import error_note, error_turn, turn
from page.asking import Asking
from page.controls import Kept
from page.documents import shelf
from page.functions import page_functions
from page.maps import Maps
from page.shell import asset_path, script, shell, style
from page.sources import Place, slice_of, source

__all__ = [
    "Asking",
    "Kept",
    "Maps",
    "Place",
    "asset_path",
    "error_note",
    "error_turn",
    "page_functions",
    "script",
    "shelf",
    "shell",
    "slice_of",
    "source",
    "style",
    "turn",
]
