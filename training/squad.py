"""SQuAD's questions, paragraphs and their sentences, our own questions on them, and BM25."""

import gzip
import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from scipy import sparse

OWN_QUESTIONS = Path(__file__).with_name("reader_questions.jsonl")
FURTHER_QUESTIONS = Path(__file__).with_name("verifier_questions.jsonl")  # as OWN_QUESTIONS
FRESH_QUESTIONS = Path(__file__).with_name("fresh_questions.jsonl")  # as OWN_QUESTIONS
SEARCH_QUESTIONS = Path(__file__).with_name("search_questions.jsonl")  # as OWN_QUESTIONS
RIVALS = Path(__file__).with_name("rivals.jsonl")
WORD = re.compile(r"\w+")
STOP = frozenset(
    "a an and are as at be been by can could did do does for from had has have how if in into is "
    "it its many may more most much name not of on one or than that the their them there these "
    "they this to was were what when where which while who whom whose why will with would".split()
)
_SENTENCE_END = re.compile(r"(?<=[.!?])[\"'”’)\]]*\s+(?=[\"'“(\[]?[A-Z0-9])")
_ABBREVIATED = re.compile(r"\b(?:[A-Z]|Mr|Mrs|Ms|Dr|St|Jr|Sr|No|vs|etc|e\.g|i\.e|ca|c)\.$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question on a paragraph; ``paragraph.text[start:end]`` is the answer.

    Where the paragraph does not answer, ``start:end`` is (-1, -1) and `answers` empty. `rival` is
    another paragraph, and a place in it, that comes near in the ranking and does not answer.
    """

    text: str
    paragraph: int
    article: int
    start: int
    end: int
    answers: tuple[str, ...]
    rival: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Squad:
    """Paragraphs, the article each belongs to, the titles of those, and the questions."""

    paragraphs: list[str]
    articles: list[int]
    titles: list[str]
    questions: list[Question]
    sentences: list[list[tuple[int, int]]] = field(repr=False)


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """Return ``(start, end)`` of the sentences of one paragraph; together they cover `text`."""
    cuts = [0]
    for match in _SENTENCE_END.finditer(text):
        if not _ABBREVIATED.search(text[max(0, match.start() - 5) : match.start()]):
            cuts.append(match.end())
    return [(a, b) for a, b in zip(cuts, [*cuts[1:], len(text)], strict=True) if a < b]


def load_squad(path: Path) -> Squad:
    """Read a SQuAD v1.1 file, leaving out questions whose answer offset was inferred.

    Raises:
        ValueError: an answer is not at its offset.
    """
    paragraphs: list[str] = []
    articles: list[int] = []
    titles: list[str] = []
    questions: list[Question] = []
    with gzip.open(path, "rt", encoding="utf-8") as file:
        data = json.load(file)["data"]
    for number, article in enumerate(data):
        titles.append(article["title"].replace("_", " "))
        for paragraph in article["paragraphs"]:
            text = paragraph["context"]
            for row in paragraph["qas"]:
                first = row["answers"][0]
                if first.get("start_ambiguous"):
                    continue
                start, end = first["answer_start"], first["answer_start"] + len(first["text"])
                if text[start:end] != first["text"]:
                    raise ValueError(f"The answer of {row['id']} is not at {start} in {path}.")
                answers = tuple({a["text"].lower() for a in row["answers"]})
                questions.append(
                    Question(
                        text=row["question"].strip(), paragraph=len(paragraphs), article=number,
                        start=start, end=end, answers=answers,
                    )
                )  # fmt: skip
            paragraphs.append(text)
            articles.append(number)
    sentences = [sentence_spans(text) for text in paragraphs]
    return Squad(
        paragraphs=paragraphs, articles=articles, titles=titles, questions=questions,
        sentences=sentences,
    )  # fmt: skip


def load_own_questions(path: Path, squad: Squad, *, held_out: bool) -> list[Question]:
    """Read our own questions on paragraphs of SQuAD train, named by their number from 0.

    Some are held out of training, with all others on the same paragraph, to measure on.

    Raises:
        ValueError: an answer is not in its paragraph.
    """
    questions = []
    for row in map(json.loads, path.read_text(encoding="utf-8").splitlines()):
        number, answer = row["paragraph"], row["answer"]
        if row["held_out"] != held_out:
            continue
        start = end = -1
        if answer is not None:
            start = squad.paragraphs[number].find(answer)
            end = start + len(answer)
            if start < 0:
                raise ValueError(f"Paragraph {number} has no {answer!r}, which {path} says it has.")
        questions.append(
            Question(
                text=row["question"], paragraph=number, article=squad.articles[number],
                start=start, end=end, answers=() if answer is None else (answer.lower(),),
            )
        )  # fmt: skip
    return questions


def load_rivals(path: Path, squad: Squad) -> list[Question]:
    """Return SQuAD's questions to which there is a rival.

    The file names both by their numbers from 0, of the questions those that `load_squad` keeps.
    """
    return [
        replace(squad.questions[row["question"]], rival=(row["paragraph"], row["start"]))
        for row in map(json.loads, path.read_text(encoding="utf-8").splitlines())
    ]


def terms(text: str) -> list[str]:
    """Return the words of a text that are worth comparing, without the s of a plural."""
    words = (word.lower() for word in WORD.findall(text))
    return [w[:-1] if len(w) > 4 and w.endswith("s") else w for w in words if w not in STOP]


class Paragraphs:
    """BM25 over the training paragraphs (Lucene's idf): finds negatives as retrieval does."""

    def __init__(self, texts: Sequence[str], *, k1: float = 1.2, b: float = 0.6) -> None:
        self._vocabulary: dict[str, int] = {}
        rows, columns, frequencies = [], [], []
        counts = [Counter(terms(text)) for text in texts]
        for row, count in enumerate(counts):
            for term, frequency in count.items():
                columns.append(self._vocabulary.setdefault(term, len(self._vocabulary)))
                rows.append(row)
                frequencies.append(frequency)
        tf = np.array(frequencies, dtype=np.float32)
        length = np.array([sum(count.values()) for count in counts], dtype=np.float32)
        norm = k1 * (1 - b + b * length / length.mean())
        df = np.bincount(np.array(columns), minlength=len(self._vocabulary))
        idf = np.log1p((len(texts) - df + 0.5) / (df + 0.5)).astype(np.float32)
        weight = idf[columns] * tf * (k1 + 1) / (tf + norm[np.array(rows)])
        shape = (len(self._vocabulary), len(texts))
        self._weights = sparse.csr_matrix((weight, (columns, rows)), shape=shape, dtype=np.float32)

    def best(self, question: str, *, k: int = 8) -> list[int]:
        """Return the numbers of the `k` best paragraphs, best first."""
        known = sorted({self._vocabulary[t] for t in terms(question) if t in self._vocabulary})
        scores = np.asarray(self._weights[known].sum(axis=0)).ravel()
        top = np.argpartition(-scores, k)[:k]
        return [int(i) for i in top[np.argsort(-scores[top], kind="stable")]]
