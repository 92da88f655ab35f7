"""Measure what the loaders make of real files: ``python -m benchmarks.extraction``.

Main text of 181 web pages against gold text, PDFs against their text twins, the rows of tables that
Chromium prints in six styles against what they hold, how 430 odd and 29 ordinary PDFs end, whether
any SQuAD paragraph loses text as page furniture, and how long 4,045 Markdown files take. Results go
to ``benchmarks/results/extraction.json``.
"""

import gzip
import html
import json
import re
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

from benchmarks.collections import data_folder, save, unpacked
from corpus import Document, Problem, load_documents, split_document
from corpus.furniture import furniture_spans
from corpus.tables import cells, tables_in

OFFICES = Path(__file__).with_name("offices")
PRINTED = "body { font: 10.5pt sans-serif } table { border-collapse: collapse; margin: 16px 0 }"
PRINTED += (
    "td { padding: 3px 10px; vertical-align: top; text-align: left } tr { break-inside: avoid }"
)
STYLES = {
    "ruled": "td { border: 1px solid #555 }",
    "ruled narrow": "td { border: 1px solid #555 } table { width: 380px }",
    "rules across": "tr { border-bottom: 1px solid #888 }",
    "shaded": "tr:nth-child(even) td { background: #eee }",
    "book": "table { border-top: 2px solid; border-bottom: 2px solid }"
    "tr:first-child td { border-bottom: 1px solid }",
    "bare": "",
}
_SHINGLE = 4  # tokens, as in scrapinghub/article-extraction-benchmark


def tokens(text: str) -> list[str]:
    """Return the words of a text in lower case."""
    return re.findall(r"\w+", text.lower())


def shingles(text: str) -> list[tuple[str, ...]]:
    """Return all runs of four words of a text, case kept."""
    words = re.findall(r"\w+", text)
    return [tuple(words[i : i + _SHINGLE]) for i in range(max(1, len(words) - _SHINGLE + 1))]


def overlap(found: Iterable[Hashable], gold: Iterable[Hashable]) -> tuple[float, float]:
    """Return precision and recall (0–1) of two bags."""
    a, b = Counter(found), Counter(gold)
    common = sum((a & b).values())
    return common / max(1, sum(a.values())), common / max(1, sum(b.values()))


def f1(precision: float, recall: float) -> float:
    """Return the harmonic mean."""
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def quotable(document: Document) -> str:
    """Return the text that can be quoted: without page furniture."""
    return "\n".join(chunk.text for chunk in split_document(document))


def measure_articles() -> dict[str, Any]:
    """Compare the main text of web pages with gold text."""
    scores: dict[str, list[tuple[float, float]]] = {"all": [], "quotable": [], "shingles": []}
    with unpacked("article-html") as folder:
        gold = json.loads(next(folder.rglob("ground-truth.json")).read_text(encoding="utf-8"))
        for page in sorted(folder.rglob("*.html.gz")):
            expected = gold[page.name.removesuffix(".html.gz")]["articleBody"]
            plain = page.with_suffix("")
            plain.write_bytes(gzip.decompress(page.read_bytes()))
            (document,) = load_documents(plain)
            scores["all"].append(overlap(tokens(document.text), tokens(expected)))
            scores["quotable"].append(overlap(tokens(quotable(document)), tokens(expected)))
            scores["shingles"].append(overlap(shingles(document.text), shingles(expected)))
    results: dict[str, Any] = {"pages": len(scores["all"])}
    for name, pairs in scores.items():
        precision, recall = (fmean(column) for column in zip(*pairs, strict=True))
        results[name] = {
            "precision": round(precision, 4), "recall": round(recall, 4),
            "f1_of_means": round(f1(precision, recall), 4),
            "mean_f1": round(fmean(f1(*pair) for pair in pairs), 4),
        }  # fmt: skip
    return results


def measure_pdf_twins() -> dict[str, Any]:
    """Compare the text of PDFs with the Markdown that a person made of them."""
    pairs: dict[str, float] = {}
    problems: list[Problem] = []
    with unpacked("city-ordinances") as folder:
        found = {d.source: d.text for d in load_documents(folder, problems=problems)}
    for source, text in found.items():
        if source.endswith(".pdf") and (twin := found.get(source[:-4] + ".md")):
            pairs[Path(source).stem] = round(f1(*overlap(tokens(text), tokens(twin))), 4)
    return {
        "pdfs": len(pairs), "mean_token_f1": round(fmean(pairs.values()), 4), "each": pairs,
        "without_text_layer": sorted(Path(p.source).stem for p in problems),
    }  # fmt: skip


def measure_pdf_tables() -> dict[str, Any]:
    """Compare the rows of the tables of ``benchmarks/offices`` with those read from their print."""
    from playwright.sync_api import sync_playwright

    rows = [
        [[document.text[slice(*cell)] for cell in cells(document.text, row)] for row in table.rows]
        for document in load_documents(OFFICES)
        for table in tables_in(document.text)
    ]
    pages = "<p>Beneath is a table.</p>".join(map(_as_html, rows))
    wanted = Counter(" | ".join(row) for table in rows for row in table)
    results: dict[str, Any] = {"tables": len(rows), "rows": wanted.total()}
    with sync_playwright() as running, tempfile.TemporaryDirectory() as folder:
        browser = running.chromium.launch(executable_path=shutil.which("chromium"))
        for name, style in STYLES.items():
            path = Path(folder) / f"{name}.pdf"
            page = browser.new_page()
            page.set_content(f"<style>{PRINTED} {style}</style>{pages}")
            page.pdf(path=path, format="A4", margin=dict.fromkeys(("left", "right"), "20mm"))  # type: ignore[arg-type]
            page.close()
            (document,) = load_documents(path)
            found = Counter(line for line in document.text.split("\n") if " | " in line)
            results[name] = {"right": (found & wanted).total(), "wrong": (found - wanted).total()}
        browser.close()
    return results


def _as_html(table: Sequence[Sequence[str]]) -> str:
    rows = ("".join(f"<td>{html.escape(cell)}</td>" for cell in row) for row in table)
    return f"<table>{''.join(f'<tr>{row}</tr>' for row in rows)}</table>"


def measure_odd_pdfs(name: str) -> dict[str, Any]:
    """Load PDFs of every kind and count how they end."""
    problems: list[Problem] = []
    with unpacked(name) as folder:
        files = len(list(folder.rglob("*.pdf")))
        started = time.perf_counter()
        documents = load_documents(folder, problems=problems)
        seconds = time.perf_counter() - started
    kinds = Counter(re.split(r"[(;:,]| of ", problem.reason)[0].strip() for problem in problems)
    return {
        "files": files, "documents": len(documents),
        "copies": sum(len(document.copies) for document in documents),
        "problems": dict(kinds.most_common()), "seconds": round(seconds, 2),
    }  # fmt: skip


def measure_furniture() -> dict[str, Any]:
    """Count SQuAD paragraphs of which any character would be taken for page furniture."""
    results = {}
    for name in ("train-v1.1", "dev-a-v1.1"):
        with gzip.open(data_folder() / "squad" / f"{name}.json.gz", "rt", encoding="utf-8") as file:
            articles = json.load(file)["data"]
        texts = [p["context"] for article in articles for p in article["paragraphs"]]
        results[name] = {
            "paragraphs": len(texts),
            "touched": sum(bool(furniture_spans(text)) for text in texts),
        }
    return results


def measure_speed() -> dict[str, Any]:
    """Time loading and splitting a large folder of Markdown."""
    problems: list[Problem] = []
    with unpacked("digitalgov-md") as folder:
        started = time.perf_counter()
        documents = load_documents(folder, problems=problems)
        loaded = time.perf_counter()
        chunks = sum(len(split_document(document)) for document in documents)
        split = time.perf_counter()
    return {
        "documents": len(documents), "left_out": len(problems), "chunks": chunks,
        "characters": sum(len(document.text) for document in documents),
        "load_seconds": round(loaded - started, 2), "split_seconds": round(split - loaded, 2),
    }  # fmt: skip


def main() -> None:
    """Run all measurements, print them and save them."""
    results: dict[str, Any] = {}
    for name, measure in (
        ("article_html", measure_articles),
        ("pdf_twins", measure_pdf_twins),
        ("pdf_tables", measure_pdf_tables),
        ("odd_pdfs", lambda: measure_odd_pdfs("odd-pdfs")),
        ("pdf_samples", lambda: measure_odd_pdfs("pdf-samples")),
        ("furniture_in_squad", measure_furniture),
        ("digitalgov_md", measure_speed),
    ):
        results[name] = measure()
        print(name, json.dumps(results[name]), flush=True)
    save("extraction", results)


if __name__ == "__main__":
    main()
