"""The test collections as documents and questions, and how results are saved."""

import csv
import gzip
import json
import os
import platform
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from corpus import Document
from index import Index, build_index
from index.export import model_cache

RESULTS = Path(__file__).parent / "results"
PACKAGES = ("faiss-cpu", "numpy", "onnxruntime", "sentence-transformers", "tantivy", "torch")


def data_folder() -> Path:
    """Return the folder of the test data: ``CITEWISE_DATA``, else ``../shared/data``.

    Raises:
        SystemExit: there is none.
    """
    path = Path(os.environ.get("CITEWISE_DATA", "../shared/data"))
    if not path.is_dir():
        sys.exit(f"No test data at {path}. Set CITEWISE_DATA to the folder that holds it.")
    return path


@contextmanager
def unpacked(name: str) -> Iterator[Path]:
    """Unpack an archive of test documents for a while."""
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(data_folder() / "documents" / f"{name}.tar.gz") as archive:
            archive.extractall(folder, filter="data")
        yield Path(folder)


def machine() -> str:
    """Return the machine in words."""
    info = Path("/proc/cpuinfo")
    flags = info.read_text() if info.exists() else ""
    kinds = [word for word in ("avx512_vnni", "avx512_bf16", "avx2") if f" {word}" in flags]
    return f"{os.cpu_count()} cores, {platform.machine()} {', '.join(kinds)}".strip()


def save(name: str, results: Mapping[str, Any]) -> None:
    """Write ``benchmarks/results/NAME.json``: date, command, machine, versions, results."""
    RESULTS.mkdir(exist_ok=True)
    about = {
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "command": f"python -m benchmarks.{name} {' '.join(sys.argv[1:])}".strip(),
        "machine": machine(),
        "versions": {package: version(package) for package in PACKAGES},
    }
    path = RESULTS / f"{name}.json"
    path.write_text(json.dumps(about | dict(results), indent=1) + "\n", encoding="utf-8")
    print(f"saved {path}")


def index_of(name: str, documents: list[Document]) -> Index:
    """Return an index of a collection, kept beside the model cache so that it is built once."""
    return build_index(documents, model_cache().parent / "benchmarks" / name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """Documents, questions by id, and for each question the grade (1 or more) by source."""

    name: str
    documents: list[Document]
    questions: dict[str, str]
    grades: dict[str, dict[str, int]]


def _json_lines(path: Path) -> list[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def load_beir(name: str) -> Collection:
    """Load a collection in BEIR layout; only questions with a relevant document are kept."""
    folder = data_folder() / "retrieval" / name
    grades: dict[str, dict[str, int]] = {}
    with (folder / "qrels" / "test.tsv").open(encoding="utf-8") as file:
        for question, source, grade in csv.reader(file, delimiter="\t"):
            if grade.isdecimal() and int(grade) > 0:  # the first line may hold names
                grades.setdefault(question, {})[source] = int(grade)
    documents = [
        Document.from_text(
            row["text"] or row["title"], source=row["_id"], title=row.get("title", "")
        )
        for row in _json_lines(folder / "corpus.jsonl.gz")
    ]
    rows = _json_lines(folder / "queries.jsonl.gz")
    questions = {row["_id"]: row["text"] for row in rows if row["_id"] in grades}
    return Collection(name=name, documents=documents, questions=questions, grades=grades)


@dataclass(frozen=True, slots=True, kw_only=True)
class SquadQuestion:
    """A question on a paragraph; `spans` are the gold answers' offsets in it, empty where none."""

    question: str
    source: str
    spans: tuple[tuple[int, int], ...]
    answers: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Squad:
    """A file in SQuAD layout, one document a paragraph; sources are ``article/paragraph``."""

    documents: list[Document] = field(default_factory=list)
    questions: list[SquadQuestion] = field(default_factory=list)

    @property
    def collection(self) -> Collection:
        """The file as open retrieval: the right paragraph is the one relevant document."""
        asked = {str(i): row for i, row in enumerate(self.questions)}
        return Collection(
            name="squad", documents=self.documents,
            questions={i: row.question for i, row in asked.items()},
            grades={i: {row.source: 1} for i, row in asked.items()},
        )  # fmt: skip


def load_squad(path: str, *, limit: int | None = None) -> Squad:
    """Load a file in SQuAD layout from the data folder.

    `limit` keeps that many questions, spread evenly over the file; documents are always all kept.
    """
    with gzip.open(data_folder() / path, "rt", encoding="utf-8") as file:
        articles = json.load(file)["data"]
    squad = Squad()
    for i, article in enumerate(articles):
        for j, paragraph in enumerate(article["paragraphs"]):
            source = f"{article.get('title', i)}/{j}"
            document = Document.from_text(paragraph["context"], source=source)
            squad.documents.append(document)
            for row in paragraph["qas"]:
                answers = row["answers"]
                squad.questions.append(
                    SquadQuestion(
                        question=row["question"], source=document.source,
                        spans=tuple(
                            (a["answer_start"], a["answer_start"] + len(a["text"])) for a in answers
                        ),
                        answers=tuple(a["text"] for a in answers),
                    )
                )  # fmt: skip
    if limit and limit < len(squad.questions):
        step = len(squad.questions) / limit
        kept = [squad.questions[int(i * step)] for i in range(limit)]
        return Squad(documents=squad.documents, questions=kept)
    return squad
