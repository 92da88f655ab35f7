"""Answer and Citation, and the one way a citation is made: by slicing the stored text."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import InitVar, asdict, dataclass
from typing import Any, Literal

from corpus import Document
from corpus.headings import headings_over

ReasonKind = Literal["no passage", "no answer"]

_CITE = object()  # known to `cite` alone
_FIRST = re.compile(r"^(?:the )?(?:[12]\d{3} )?")  # that may be marked along with a name
_BEFORE_NAME = re.compile(  # "the 2018" Summit, not by "2030" Hong Kong
    r"\b(?:the\s+)?(?:(?<!\b(?:in|by)\s)(?<!\b(?:since|until)\s)\d{4}\s+)?$", re.IGNORECASE
)
_IN_NAMES = frozenset("of for and the on de".split())


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """A verbatim quote: ``document.text[start:end] == quote``; made only by `cite`.

    `number` counts from 1 in the order shown. `page` is 1-based, None where the format has none;
    `line` is the 1-based line of `start`. `highlights` are ``(start, end)`` document offsets inside
    the quote of the words that answer. ``passage_start:passage_end`` is the passage around it.
    `score` is higher for better, comparable within one answer only. `also` names further sources
    that say the same, `twins` are the quotes in them where the words are others; they carry the
    same number. `differs` says that the citations so marked give different figures, dates or names
    for the same question. Where the quote is of a table, `header` is the line of it that names the
    columns, ``document.text[header_start:][:len(header)]``; else it is "". `section` are the
    headings over the quote beside the title, the outer one first, set apart by " › ", "" for none
    and in a document that has pages.
    """

    number: int
    doc_id: str
    source: str
    title: str
    date: str | None
    page: int | None
    line: int
    start: int
    end: int
    quote: str
    highlights: tuple[tuple[int, int], ...]
    passage_start: int
    passage_end: int
    score: float
    also: tuple[str, ...] = ()
    twins: tuple["Citation", ...] = ()
    differs: bool = False
    header: str = ""
    header_start: int | None = None
    section: str = ""
    made_by: InitVar[object] = None

    def __post_init__(self, made_by: object) -> None:
        if made_by is not _CITE:
            raise TypeError(
                "A Citation was built directly. Only cite(document, start, end) makes one, by "
                "slicing the stored text. Call that."
            )


def cite(
    document: Document,
    start: int,
    end: int,
    *,
    number: int = 1,
    highlights: Iterable[tuple[int, int]] = (),
    passage: tuple[int, int] | None = None,
    score: float = 0.0,
    also: tuple[str, ...] = (),
    twins: tuple[Citation, ...] = (),
    differs: bool = False,
    header: tuple[int, int] | None = None,
) -> Citation:
    """Quote ``document.text[start:end]``.

    Args:
        document: the stored document.
        start: first code point of the quote.
        end: one past its last code point.
        number: 1-based place among the answer's citations.
        highlights: document offsets inside the quote of the words that answer.
        passage: document offsets of the passage around the quote; None for the quote itself.
        score: higher is better.
        also: other sources that say the same.
        twins: citations of other documents that say the same.
        differs: whether other citations of the answer give another figure, date or name.
        header: document offsets of the line that names the columns of a table; None for no table.

    Raises:
        ValueError: a span is empty or lies outside the text, the quote or the passage.
    """
    passage_start, passage_end = passage or (start, end)
    if not 0 <= passage_start <= start < end <= passage_end <= len(document.text):
        raise ValueError(
            f"The quote {start}:{end} in passage {passage_start}:{passage_end} does not fit "
            f"{document.source}, which has {len(document.text)} characters. Pass offsets into "
            "document.text, the quote inside the passage."
        )
    marks = tuple(sorted(highlights))
    if any(not start <= a < b <= end for a, b in marks):
        raise ValueError(f"A highlight in {marks} lies outside the quote {start}:{end}.")
    return Citation(
        number=number, doc_id=document.doc_id, source=document.source, title=document.title,
        date=document.date, page=document.page(start), line=document.line(start), start=start,
        end=end, quote=document.text[start:end], highlights=marks, passage_start=passage_start,
        passage_end=passage_end, score=score, also=also, twins=twins, differs=differs,
        header=document.text[slice(*header)] if header else "",
        header_start=header[0] if header else None, section=_section(document, start),
        made_by=_CITE,
    )  # fmt: skip


def _section(document: Document, start: int) -> str:
    """Return the headings over an offset, of a document without pages."""
    paged = document.page_starts
    return "" if paged else " › ".join(headings_over(document, start, before=start))


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the documents say to a question, or, with `answered` False, that they do not say.

    `rewritten` is the question as understood: the same string unless a follow-up was completed or
    a misspelt word corrected.
    `confidence` (0–1) is the fitted probability that the first quote answers. `text` is the first
    citation's quote, None when abstaining; then `citations` is empty, `nearest` holds the closest
    quotes and `reason` says in one sentence why; `reason_kind` is then "no passage" where
    none is on the subject, "no answer" where passages on it lack what was asked for. `timings` are
    milliseconds by stage.
    """

    question: str
    rewritten: str
    answered: bool
    confidence: float
    text: str | None
    citations: tuple[Citation, ...]
    nearest: tuple[Citation, ...]
    timings: Mapping[str, float]
    reason: str | None = None
    reason_kind: ReasonKind | None = None

    @property
    def difference(self) -> str:
        """The sentence that says which citations give different values, "" where all agree."""
        differing = [f"[{citation.number}]" for citation in self.citations if citation.differs]
        if not differing:
            return ""
        *others, last = differing
        if not others:  # the rest is left out
            return f"The documents differ: others do not say the same as {last}."
        quotes = f"{', '.join(others)} and {last}"
        return f"The documents differ: the quotes {quotes} do not say the same."

    def to_dict(self) -> dict[str, Any]:
        """Return the answer as plain lists, dicts, strings and numbers, ready for JSON."""
        return asdict(self)


def marked(citation: Citation) -> str:
    """Return the first words marked in a quote, nothing if none are."""
    if not citation.highlights:
        return ""
    start, end = (place - citation.start for place in citation.highlights[0])
    return citation.quote[start:end]


def name_marked(citation: Citation) -> str | None:
    """Return the words marked in a quote if they are a name, with "the 2018" before it."""
    name = _FIRST.sub("", marked(citation))
    words = name.split()
    if not _is_name(words):
        return None
    start = citation.highlights[0][1] - citation.start - len(name)
    before = _BEFORE_NAME.search(citation.quote[:start])
    return " ".join([*(before[0].lower().split() if before else ()), *words])


def _is_name(words: Sequence[str]) -> bool:
    """Whether these are the words of a name, and of nothing more."""
    named = [word[0].isupper() for word in words]
    inside = all(
        is_so or word.lower() in _IN_NAMES for is_so, word in zip(named, words, strict=True)
    )
    return 0 < len(words) <= 8 and inside and named[-1]
