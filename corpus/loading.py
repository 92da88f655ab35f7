"""From paths to documents: walk folders, choose a loader, report what cannot be read."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from corpus.document import Document
from corpus.errors import CorpusError

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A file that could not be read, and why."""

    source: str
    reason: str


def load_documents(
    paths: str | Path | Iterable[str | Path],
    *,
    strict: bool = False,
    problems: list[Problem] | None = None,
) -> list[Document]:
    """Read files and folders into documents."""
    import frontmatter

    given = [Path(paths)] if isinstance(paths, str | Path) else [Path(p) for p in paths]
    documents = []
    for root in given:
        if not root.exists():
            raise CorpusError(f"{root} does not exist. Expected a file or folder. Check the path.")
        files = [root] if root.is_file() else sorted(p for p in root.rglob("*") if p.is_file())
        for path in files:
            source = path.name if path == root else path.relative_to(root).as_posix()
            if path.suffix.lower() not in {".txt", ".md"}:
                continue
            post = frontmatter.loads(path.read_text(encoding="utf-8"))
            title = str(post.get("title") or post.content.strip().split("\n")[0].strip("# "))
            date = post.get("date")
            documents.append(
                Document.from_text(
                    post.content, source=source, title=title, date=str(date) if date else None
                )
            )
    return documents
