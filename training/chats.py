"""Conversations as people type them, over small collections of our own: ``chats.jsonl``.

Language-model helpers wrote documents, conversations and follow-ups that nothing answers, each
collection by one that saw no code and no other. The follow-ups are learnt from by
`training.followups`; two collections are held out for `benchmarks.followups`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.collections import index_of
from corpus import Document
from qa.answers import Citation
from qa.assistant import Assistant
from qa.confidence import shipped_model
from qa.reader import Reader
from training.reports import as_document

CHATS = Path(__file__).with_name("chats.jsonl")


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatTurn:
    """A question of a chat, in full too, and the sentence of a document that answers it.

    `source` and `sentence` are None where nothing does; `leans` is whether it needs the chat.
    """

    question: str
    full: str
    source: str | None
    sentence: str | None
    leans: bool

    def is_right(self, citation: Citation, documents: Mapping[str, Document]) -> bool:
        """Whether a quote shares characters with the sentence."""
        if self.sentence is None or citation.source != self.source:
            return False
        start = documents[citation.source].text.find(self.sentence)
        return citation.start < start + len(self.sentence) and start < citation.end


@dataclass(frozen=True, slots=True, kw_only=True)
class Chats:
    """Conversations over one collection of documents; only the last turn of each `unanswered`."""

    name: str
    documents: list[Document]
    conversations: list[list[ChatTurn]]
    unanswered: list[list[str]]

    def open(self, reader: Reader) -> tuple[Assistant, dict[str, Document]]:
        """Return whom to ask, and the documents by their source."""
        assistant = Assistant(
            index_of(f"chats-{self.name}", self.documents), reader, shipped_model()
        )
        return assistant, {document.source: document for document in self.documents}


def load_chats(*, held_out: bool, path: Path = CHATS) -> list[Chats]:
    """Return the chats that are learnt from, or those that are held out."""
    rows = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    return [
        Chats(
            name=row["name"],
            documents=[as_document(one["source"], one["text"]) for one in row["documents"]],
            conversations=[[ChatTurn(**turn) for turn in turns] for turns in row["conversations"]],
            unanswered=row["unanswered"],
        )
        for row in rows
        if row["held_out"] == held_out
    ]
