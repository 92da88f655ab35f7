"""How time, memory and disk grow with an index: ``python -m benchmarks.scale [SIZE ...]``.

The passages are recombined: the first half of the sentences of one SQuAD paragraph and the second
half of another's, with the token vectors those sentences have where they come from. The pooled
vector is the mean of the two paragraphs', disturbed. So texts, vectors and terms are real ones, but
the vocabulary grows less than that of as many real passages. Everything else is what `build_index`
writes. Each size is opened and searched in a process of its own. Results go to
``benchmarks/results/scale.json``, a plot to ``benchmarks/results/scale.png``.
"""

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from benchmarks.collections import RESULTS, load_squad, save
from corpus import Chunk, Document, sentence_spans
from index import Index
from index.assembling import Assembly, Piece, Tell, content_key
from index.encoder import Encoder, Floats
from index.export import model_cache
from index.precision import LEAST_PASSAGES, choose
from index.publishing import publish, staging, writing
from index.tokens import Codes, TokenCodec

SIZES = (1_000, 10_000, 100_000, 1_000_000)
SQUAD = "squad/train-v1.1.json.gz"
PARAGRAPHS = 600  # real ones that everything is made of
QUESTIONS = 120
A_DOCUMENT = 20  # passages
DISTURBANCE = 0.35  # length of the random vector added to a unit vector
BLOCK = 1 << 16
WRITTEN = ("written_s", "peak_mb", "precision")  # what making an index tells


@dataclass(frozen=True, slots=True, kw_only=True)
class Half:
    """Some consecutive sentences of a paragraph and the codes of their tokens."""

    text: str
    sentences: tuple[tuple[int, int], ...]
    codes: Codes


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The paragraphs that passages are made of: halves and pooled vectors (n, d)."""

    first: list[Half]
    second: list[Half]
    pooled: Floats
    questions: list[str]


def source(encoder: Encoder, codec: TokenCodec) -> Source:
    """Encode the real paragraphs and part them in two."""
    squad = load_squad(SQUAD)
    step = len(squad.documents) // PARAGRAPHS
    documents = squad.documents[::step][:PARAGRAPHS]
    asked = {row.source: row.question for row in squad.questions}
    first, second, pooled = [], [], []
    for i, encoding in encoder.encode_passages([("", document.text) for document in documents]):
        text = documents[i].text
        spans = sentence_spans(text)
        middle = (len(spans) + 1) // 2
        codes = codec.encode(encoding.tokens)
        cut = spans[middle][0] if middle < len(spans) else len(text)
        for halves, part, begin, end in (
            (first, spans[:middle], 0, cut), (second, spans[middle:], cut, len(text)),
        ):  # fmt: skip
            inside = (encoding.offsets[:, 0] >= begin) & (encoding.offsets[:, 1] <= end)
            shifted = tuple((a - begin, b - begin) for a, b in part)
            halves.append(Half(text=text[begin:end], sentences=shifted, codes=codes[inside]))
        pooled.append(encoding.pooled)
    questions = [asked[document.source] for document in documents if document.source in asked]
    return Source(
        first=first, second=second, pooled=np.stack(pooled), questions=questions[:QUESTIONS]
    )


class Recombined(Assembly):
    """A generation whose passages are made of a `Source`, not encoded."""

    made_of: Source
    pairs: npt.NDArray[np.int64]

    def encode(self, pieces: Sequence[Piece], tell: Tell) -> None:
        """Write the token codes of every pair of halves, one after the other."""
        lengths = np.array(
            [len(self.made_of.first[a].codes) + len(self.made_of.second[b].codes)
             for a, b in self.pairs]
        )  # fmt: skip
        self._places = np.stack(
            [np.zeros_like(lengths), np.cumsum(lengths) - lengths, lengths], axis=1
        )
        self._segments.append("recombined")
        with (self._tokens / "recombined.codes").open("wb") as file:
            for a, b in self.pairs:
                file.write(self.made_of.first[a].codes.tobytes())
                file.write(self.made_of.second[b].codes.tobytes())

    def _vectors(self) -> Floats:
        generator = np.random.default_rng(2)
        vectors = np.empty((len(self.pairs), self.made_of.pooled.shape[1]), np.float32)
        for begin in range(0, len(vectors), BLOCK):
            part = vectors[begin : begin + BLOCK]
            a, b = self.pairs[begin : begin + BLOCK].T
            part[:] = self.made_of.pooled[a] + self.made_of.pooled[b]
            part /= np.linalg.norm(part, axis=1, keepdims=True)
            noise = generator.standard_normal(part.shape, np.float32)
            part += DISTURBANCE / np.sqrt(part.shape[1]) * noise
            part /= np.linalg.norm(part, axis=1, keepdims=True)
        return vectors

    def _known_languages(self) -> dict[str, str | None]:
        return English()


class Passages(Sequence[Piece]):
    """The passages of pairs of halves (n, 2), made when looked at: a million need no memory."""

    def __init__(self, made_of: Source, pairs: npt.NDArray[np.int64]) -> None:
        self._made_of = made_of
        self._pairs = pairs
        self.document = lru_cache(maxsize=4)(self._document)

    def __len__(self) -> int:
        return len(self._pairs)

    def __getitem__(self, i: Any) -> Any:
        if isinstance(i, slice):
            return [self[j] for j in range(*i.indices(len(self)))]
        place, inside = divmod(range(len(self))[i], A_DOCUMENT)
        return self.document(place)[1][inside]

    def _document(self, place: int) -> tuple[Document, list[Piece]]:
        pairs = self._pairs[place * A_DOCUMENT : (place + 1) * A_DOCUMENT]
        halves = [(self._made_of.first[a], self._made_of.second[b]) for a, b in pairs]
        text = "\n\n".join(f"{one.text.rstrip()} {two.text.strip()}" for one, two in halves)
        name = f"document {place}"
        document = Document.from_text(text, source=name, title=name.title(), furniture=())
        pieces = []
        start = 0
        for one, two in halves:
            head = len(one.text.rstrip()) + 1
            shift = start + head - (len(two.text) - len(two.text.lstrip()))
            end = start + head + len(two.text.strip())
            spans = [(start + a, start + b) for a, b in one.sentences]
            spans += [(shift + a, shift + b) for a, b in two.sentences]
            chunk = Chunk(
                doc_id=document.doc_id, start=start, end=end, text=document.text[start:end],
                sentences=tuple(spans),
            )  # fmt: skip
            key = content_key(document.title, chunk.text)
            pieces.append(Piece(place=place, title=document.title, chunk=chunk, key=key))
            start = end + 2
        return document, pieces


class Documents(Sequence[Document]):
    """The documents of `Passages`."""

    def __init__(self, passages: Passages) -> None:
        self._passages = passages

    def __len__(self) -> int:
        return -(-len(self._passages) // A_DOCUMENT)

    def __getitem__(self, i: Any) -> Any:
        return self._passages.document(range(len(self))[i])[0]


class English(dict[str, str | None]):
    """Says of every document that it is in English, which therefore is not looked at."""

    def __contains__(self, doc_id: object) -> bool:
        return True

    def __missing__(self, doc_id: str) -> str:
        return "en"

    def get(self, doc_id: str, default: Any = None) -> str:
        """Return English."""
        return "en"


def make(path: Path, size: int, made_of: Source, encoder: Encoder) -> dict[str, Any]:
    """Write an index of so many passages; return seconds and peak memory."""
    began = time.perf_counter()
    pairs = np.random.default_rng(1).integers(len(made_of.first), size=(size, 2))
    pieces = Passages(made_of, pairs)
    documents = Documents(pieces)
    with writing(path):
        assembly = Recombined(path, staging(path), encoder, None, full=True)
        assembly.made_of, assembly.pairs = made_of, pairs
        assembly.encode(pieces, lambda _: None)
        assembly.write(documents, pieces, lambda _: None)
        about = {"documents": len(documents), "roots": []}
        publish(path, assembly.folder, about | assembly.manifest())
        assembly.published()
        assembly.close()
    return {
        "written_s": round(time.perf_counter() - began, 1),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def memory() -> dict[str, float]:
    """Return the megabytes of this process that are its own, and that are mapped from files."""
    lines = Path("/proc/self/status").read_text().splitlines()
    fields = {line.split(":")[0]: line.split() for line in lines}
    return {key: int(fields[key][1]) / 1024 for key in ("RssAnon", "RssFile")}


def measure(path: Path, questions: Sequence[str]) -> dict[str, Any]:
    """Open an index and search it; meant for a process of its own."""
    folder = next(path.glob("g*"))
    encoder = Encoder.open(folder / "encoder")
    encoder.encode_question(questions[0])
    before = memory()
    began = time.perf_counter()
    index = Index.open(path)
    opened = time.perf_counter() - began
    after = memory()
    for question in questions[:20]:
        index.search(question)
    times, stages = [], []
    for question in questions[20:]:
        began = time.perf_counter()
        encoding = index.encode_question(question)
        middle = time.perf_counter()
        index.search(question)
        times.append(1000 * (time.perf_counter() - middle))
        stages.append(1000 * (middle - began))
        del encoding
    used = memory()
    disk: dict[str, int] = {}
    for file in folder.rglob("*"):
        if file.is_file():
            part = file.relative_to(folder).parts[0]
            disk[part] = disk.get(part, 0) + file.stat().st_size
    total = sum(disk.values()) - disk["encoder"]
    return {
        "chunks": len(index),
        "dense": index.manifest["parameters"]["dense"],
        "search_median_ms": round(float(np.median(times)), 1),
        "search_p95_ms": round(float(np.percentile(times, 95)), 1),
        "of_it_encoding_ms": round(float(np.median(stages)), 1),
        "open_s": round(opened, 2),
        "opened_mb": round(after["RssAnon"] - before["RssAnon"], 1),
        "searched_mb": round(used["RssAnon"] - before["RssAnon"], 1),
        "mapped_mb": round(used["RssFile"] - before["RssFile"], 1),
        "disk_bytes_a_chunk": {"total": total // len(index)}
        | {part: size // len(index) for part, size in sorted(disk.items()) if part != "encoder"},
        "tokens_a_chunk": round(index.manifest["tokens"] / len(index), 1),
    }  # fmt: skip


def plot(rows: Sequence[dict[str, Any]]) -> None:
    """Draw search time, memory and disk over the number of passages."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    sizes = [row["chunks"] for row in rows]
    figure, axes = plt.subplots(1, 3, figsize=(11, 3.2), layout="constrained")
    axes[0].plot(sizes, [row["search_median_ms"] for row in rows], "o-", label="median")
    axes[0].plot(sizes, [row["search_p95_ms"] for row in rows], "o--", label="95%")
    axes[0].set(title="Search, ms")
    axes[0].legend()
    axes[1].plot(sizes, [max(row["opened_mb"], 0.1) for row in rows], "o-")
    axes[1].set(title="Memory to open, MB", yscale="log")
    disk = [row["disk_bytes_a_chunk"]["total"] * row["chunks"] / 1e6 for row in rows]
    axes[2].plot(sizes, disk, "o-")
    axes[2].set(title="Disk, MB", yscale="log")
    for axis in axes:
        axis.set(xscale="log", xlabel="passages", ylim=(0, None) if axis is axes[0] else None)
        axis.grid(alpha=0.3)
    figure.savefig(RESULTS / "scale.png", dpi=110)


def encoder_for(size: int) -> Encoder:
    """Return the encoder that a new index of so many passages gets on this machine."""
    sample = [("", document.text) for document in load_squad(SQUAD).documents[:PARAGRAPHS]]
    return choose(None, sample, least=LEAST_PASSAGES * len(sample) // size).encoder


def main() -> None:
    """Build, measure, print and save."""
    parser = argparse.ArgumentParser(description="Measure how an index grows.")
    parser.add_argument("sizes", nargs="*", type=int, default=SIZES, metavar="SIZE")
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--keep", action="store_true", help="keep the indexes")
    parser.add_argument("--kept", action="store_true", help="measure those kept, make none")
    arguments = parser.parse_args()
    if arguments.measure:
        questions = json.loads(sys.stdin.read())
        print(json.dumps(measure(arguments.measure, questions)))
        return
    earlier = RESULTS / "scale.json"  # sizes not measured now keep their figures
    rows = json.loads(earlier.read_text())["sizes"] if earlier.exists() else []
    earlier_rows = {row["chunks"]: row for row in rows}
    for size in arguments.sizes:
        path = model_cache().parent / "benchmarks" / f"scale-{size}"
        encoder = encoder_for(size)
        made_of = source(encoder, TokenCodec.for_encoder(encoder))
        if arguments.kept:
            if size not in earlier_rows or not path.is_dir():
                parser.error(f"no index of {size:,} passages is kept; make it first, with --keep")
            written = {name: earlier_rows[size][name] for name in WRITTEN}
        else:
            shutil.rmtree(path, ignore_errors=True)
            written = make(path, size, made_of, encoder) | {"precision": encoder.precision}
        run = subprocess.run(
            [sys.executable, "-m", "benchmarks.scale", "--measure", str(path)], check=True,
            input=json.dumps(made_of.questions), capture_output=True, text=True, env=os.environ,
        )  # fmt: skip
        row = cast("dict[str, Any]", json.loads(run.stdout)) | written
        print(json.dumps(row), flush=True)
        rows = sorted([r for r in rows if r["chunks"] != size] + [row], key=lambda r: r["chunks"])
        if not arguments.keep:
            shutil.rmtree(path)
    save("scale", {"questions": len(made_of.questions), "sizes": rows})
    plot(rows)


if __name__ == "__main__":
    main()
