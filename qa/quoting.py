"""Choose what to quote: score every sentence of the passages found, join those an answer runs over.

Ranking and reading meet here; that a quote is verbatim is `qa.answers.cite`'s business.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import takewhile

from index.searching import Hit
from qa.asked import Asked, content, terms_of
from qa.followups.vocabulary import CLOSED, PREPOSITIONS
from qa.kinds import Kind, kind_of
from qa.layout import contents, introduced, says_nothing
from qa.passages import Excerpt
from qa.reader import Reading
from qa.rows import Row, called, says_again
from qa.values import (
    contradict,
    dates_in,
    same_day_of_another_year,
    same_value,
    says_more,
    whole_figures,
)

# Found on SQuAD dev-a over its whole collection: benchmarks/README.md, "Sentence choice".
READING_WEIGHT = 0.15  # of the span's margin over "no answer", beside the fused score
RELEVANCE_WEIGHT = 0.3  # of the reader's relevance output for the passage
LATE_WEIGHT = 1.0  # of the sentence's own late interaction
COVERAGE_WEIGHT = 1.0  # of the sentence's share of the question, where the reader cannot read
ANOTHER_DAY = 3.0  # off where the day asked about is that of another year
ANOTHER_ROW = 1.0  # off where no word of a row's first cell is asked about
YEAR_OF_NAME = 1.0  # off where only the year in a name tells when: "the 2018 summit"
LONGEST_QUOTE = 3  # sentences
RUN_ON = 0.6  # how much lower a neighbour may score to be quoted along with the best sentence
# The same for lists and explanations, which rarely end with their best sentence. Of these questions
# in CLAPnq the F1 against the gold sentences rose from .44 to .64 on the half that was searched; on
# the other, which was looked at when four sentences were preferred to three or five, .51 to .65.
LONGEST_EXPLANATION = 4
EXPLAINING_RUN_ON = 3.0
NEXT = 0.3  # what the sentence after is worth more than the one before, there
SAME = 0.8  # share of terms from which two quotes say the same
SAME_ANSWER = 0.5  # the same, beside the answer and of the shorter, where both give the same answer
SAME_CLAUSE = 2  # terms beside the answer that clauses must share at least
_WORD = re.compile(r"\w+")
_YEAR = re.compile(r"(?:1[5-9]|20|21)\d\d")
_NAME_AFTER = re.compile(r"(?: [\w'’-]+){1,6}")  # the words after a year
_CLAUSE = re.compile(r"[,;:—–]\s")


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One sentence that may answer.

    `start`, `end` are document offsets; `place` counts the sentences of the hit's chunk from 0.
    `late` is the weighted mean over question tokens of the best cosine in the sentence, `coverage`
    the share of the question's idf weight it holds; `margin` the reader's span score less its null
    score, `relevance` its score for the passage, `mark` the span in document offsets. `score` ranks
    candidates of one question; higher is better. `row` is set where it is a row of a table,
    `reading`, with document offsets, where it is none.
    """

    hit: Hit
    place: int
    start: int
    end: int
    late: float
    coverage: float
    margin: float
    relevance: float
    mark: tuple[int, int]
    score: float
    row: Row | None = None
    reading: Reading | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """One to four adjacent sentences of a passage, the best of them as `best`.

    What the last of them introduces by a colon, a list or a sentence, comes on top.

    `marks` are the spans that answer; `twins` are quotes from elsewhere that say the same, best
    first.
    """

    best: Candidate
    start: int
    end: int
    marks: tuple[tuple[int, int], ...]
    twins: tuple["Quote", ...] = ()

    @property
    def text(self) -> str:
        """The quoted text."""
        return self.best.hit.document.text[self.start : self.end]

    @property
    def said(self) -> str:
        """The quoted text; of a row of a table, with what it is on and its columns' names."""
        return self.text if self.best.row is None else f"{self.best.row.text}\n{self.text}"

    @property
    def header(self) -> tuple[int, int] | None:
        """The line that names the columns of a row, None for other text or where it is quoted."""
        row = self.best.row
        if row is None or row.header is None or self.start <= row.header[0] < self.end:
            return None
        return row.header

    @property
    def marked(self) -> str:
        """The words of the best sentence that answer."""
        return self.best.hit.document.text[slice(*self.best.mark)]

    def whole(self, mark: tuple[int, int]) -> str:
        """Return words that are marked, figures with what they count."""
        start, end = (place - self.start for place in mark)
        return self.text[slice(*whole_figures(self.text, start, end))]

    @property
    def runs_on(self) -> bool:
        """Whether it is of several sentences."""
        return self.end - self.start > self.best.end - self.best.start

    @property
    def clause(self) -> str:
        """The clause of the best sentence that answers."""
        text, best = self.best.hit.document.text, self.best
        first, last = best.mark
        before, after = text[best.start : first], text[last : best.end]
        return _CLAUSE.split(before)[-1] + text[first:last] + _CLAUSE.split(after)[0]


def score_sentences(asked: Asked, excerpt: Excerpt, reading: Reading) -> list[Candidate]:
    """Return every sentence of an excerpt as a candidate, in the order of the text.

    A question in the text is one with the sentence after it, which answers it.

    Args:
        asked: the question.
        excerpt: what was read of a passage.
        reading: the excerpt read with the question.
    """
    if excerpt.row is not None:
        return _score_row(asked, excerpt, excerpt.row, reading)
    candidates = []
    when = kind_of(asked.text) == "date"
    hit, base = excerpt.hit, excerpt.start
    text, placed = hit.document.text, reading.after(-base)
    skipped = contents(text, hit.chunk.sentences)
    for place, (start, end) in enumerate(hit.chunk.sentences):
        if start < base or end > excerpt.end or place in skipped or _asks(excerpt, place):
            continue
        span = reading.best_span(start - base, end - base)
        if span is None:
            continue
        coverage = asked.coverage(text[start:end])
        if says_nothing(text, start, end, shares=coverage > 0):
            continue
        late = excerpt.fits[place]
        if place and _asks(excerpt, place - 1):
            start = hit.chunk.sentences[place - 1][0]
            late = max(late, excerpt.fits[place - 1])
            coverage = asked.coverage(text[start:end])
        score = _score(asked, hit, late, coverage, span.score, reading.relevance)
        if same_day_of_another_year(asked.days, text[start:end]):
            score -= ANOTHER_DAY
        mark = span.start + base, span.end + base
        if when and is_year_of_name(asked, text, mark):
            other = _other_date(excerpt, reading, (start, end), mark)
            score -= YEAR_OF_NAME * (other is None)
            mark = other or mark
        candidates.append(
            Candidate(
                hit=hit, place=place, start=start, end=end, late=late, coverage=coverage,
                margin=span.score, relevance=reading.relevance,
                mark=mark, score=score, reading=placed,
            )
        )  # fmt: skip
    return candidates


def _score_row(asked: Asked, excerpt: Excerpt, row: Row, reading: Reading) -> list[Candidate]:
    """Return a row of a table as a candidate, nothing where it has no words."""
    hit, span = excerpt.hit, row.answer(reading, says_again(asked, row))
    if span is None:
        return []
    place = hit.chunk.sentences.index((excerpt.start, excerpt.end))
    late, coverage = excerpt.fits[place], asked.coverage(row.text)
    score = _score(asked, hit, late, coverage, span.score, reading.relevance)
    if same_day_of_another_year(asked.days, row.text):
        score -= ANOTHER_DAY
    score -= ANOTHER_ROW * (1 - called(asked, row))
    return [
        Candidate(
            hit=hit, place=place, start=excerpt.start, end=excerpt.end, late=late,
            coverage=coverage, margin=span.score, relevance=reading.relevance,
            mark=(span.start, span.end), score=score, row=row,
        )
    ]  # fmt: skip


def _score(
    asked: Asked, hit: Hit, late: float, coverage: float, margin: float, relevance: float
) -> float:
    score = hit.score + LATE_WEIGHT * late
    if asked.characters:
        return score + COVERAGE_WEIGHT * coverage
    return score + (READING_WEIGHT * margin + RELEVANCE_WEIGHT * relevance)


def _asks(excerpt: Excerpt, place: int) -> bool:
    """Whether a sentence read is a question and the next one read is none."""
    sentences = excerpt.hit.chunk.sentences
    if sentences[place][0] < excerpt.start or place + 1 == len(sentences):
        return False
    text, (_, end), after = excerpt.hit.document.text, sentences[place], sentences[place + 1][1]
    return after <= excerpt.end and text[end - 1] in "?？" and text[after - 1] not in "?？"


def is_year_of_name(asked: Asked, text: str, mark: tuple[int, int]) -> bool:
    """Whether a year is marked that belongs to a name: of what is asked about, "the 2018 Forum"."""
    if not _YEAR.fullmatch(text, *mark) or (after := _NAME_AFTER.match(text, mark[1])) is None:
        return False
    before = (text[max(mark[0] - 20, 0) : mark[0]].lower().split() or [""])[-1]
    if before == "the" and after[0][1].isupper():
        return True
    if before in PREPOSITIONS:  # "In 2018 Denby held the summit"
        return False
    name = takewhile(lambda word: word.lower() not in CLOSED, after[0].split())
    return not asked.term_weights.keys().isdisjoint(terms_of(" ".join(name)))


def _other_date(
    excerpt: Excerpt, reading: Reading, sentence: tuple[int, int], mark: tuple[int, int]
) -> tuple[int, int] | None:
    """Return the most likely date of a sentence beside the year marked, and of no other year."""
    text, base = excerpt.hit.document.text, excerpt.start
    year = text[slice(*mark)]
    sides = ((sentence[0], mark[0]), (mark[1], sentence[1]))
    spans = [
        span
        for start, end in sides
        if (span := reading.best_span(max(start - base, 0), end - base)) is not None
        and dates_in(date := text[span.start + base : span.end + base])
        and {year}.issuperset(_YEAR.findall(date))
    ]
    best = max(spans, key=lambda span: span.score, default=None)
    return None if best is None else (best.start + base, best.end + base)


def choose_quotes(candidates: Iterable[Candidate], *, k: int, kind: Kind = "thing") -> list[Quote]:
    """Return at most `k` quotes, best first: neighbours joined, what says the same merged.

    Args:
        candidates: the sentences of all passages.
        k: most quotes.
        kind: what the question asks for; it decides how far a quote may run on.
    """
    ranked = sorted(candidates, key=lambda candidate: -candidate.score)
    by_place = {(candidate.hit.row, candidate.place): candidate for candidate in ranked}
    quotes: list[Quote] = []
    for candidate in ranked:
        if any(overlaps(candidate, quote) for quote in quotes):
            continue
        quote = _run_on(candidate, by_place, quotes, kind)
        twin = next((i for i, other in enumerate(quotes) if say_the_same(quote, other)), None)
        if twin is not None:
            quotes[twin] = merged(quotes[twin], quote)
        elif len(quotes) == k:
            break
        else:
            quotes.append(quote)
    return quotes


def overlaps(one: Candidate | Quote, other: Quote) -> bool:
    """Whether a quote shares text of one document with another or one of its twins."""
    return any(
        _doc_id(one) == _doc_id(own) and one.start < own.end and own.start < one.end
        for own in (other, *other.twins)
    )


def _doc_id(one: Candidate | Quote) -> str:
    best = one.best if isinstance(one, Quote) else one
    return best.hit.document.doc_id


def _run_on(
    best: Candidate,
    by_place: Mapping[tuple[int, int], Candidate],
    quotes: Sequence[Quote],
    kind: Kind,
) -> Quote:
    """Return the quote around a sentence, widened by neighbours as its question asks."""
    chosen = [best]
    widen = _explaining if kind in {"list", "explanation"} else _answering
    while (neighbour := widen(best, chosen, by_place)) is not None:
        if any(overlaps(neighbour, quote) for quote in quotes):
            break
        chosen.append(neighbour)
        chosen.sort(key=lambda candidate: candidate.start)
    quote = Quote(
        best=best, start=chosen[0].start, end=chosen[-1].end,
        marks=tuple(one.mark for one in chosen if one is best or one.margin > 0),
    )  # fmt: skip
    wider = _with_introduced(quote, chosen[-1].place)
    return quote if any(overlaps(wider, other) for other in quotes) else wider


def _with_introduced(quote: Quote, last: int) -> Quote:
    """Return a quote, whose last sentence is at place `last`, with what that introduces."""
    if quote.best.row is not None:
        return quote
    hit = quote.best.hit
    sentences = hit.chunk.sentences
    return replace(quote, end=sentences[introduced(hit.document.text, sentences, last)][1])


def _neighbours(
    chosen: Sequence[Candidate], by_place: Mapping[tuple[int, int], Candidate]
) -> tuple[Candidate | None, Candidate | None]:
    """Return the sentences after and before those chosen."""
    row = chosen[0].hit.row
    return by_place.get((row, chosen[-1].place + 1)), by_place.get((row, chosen[0].place - 1))


def _answering(
    best: Candidate,
    chosen: Sequence[Candidate],
    by_place: Mapping[tuple[int, int], Candidate],
) -> Candidate | None:
    """Return the next sentence that answers almost as well by itself, None for no more."""
    if len(chosen) == LONGEST_QUOTE or best.row is not None:  # a row is of one thing
        return None
    fit = (
        one
        for one in _neighbours(chosen, by_place)
        if one is not None and one.margin > 0 and one.score >= best.score - RUN_ON
    )
    return next(fit, None)


def _explaining(
    best: Candidate,
    chosen: Sequence[Candidate],
    by_place: Mapping[tuple[int, int], Candidate],
) -> Candidate | None:
    """Return the better neighbour of the same paragraph, None for no more."""
    if len(chosen) == LONGEST_EXPLANATION:
        return None
    after, before = _neighbours(chosen, by_place)
    text = best.hit.document.text
    worth = []
    for one, extra in ((after, NEXT), (before, 0.0)):
        if one is None or one.score + extra < best.score - EXPLAINING_RUN_ON:
            continue
        gap = text[min(one.end, chosen[-1].end) : max(one.start, chosen[0].start)]
        if "\n\n" not in gap:
            worth.append((one.score + extra, one))
    return max(worth, key=lambda pair: pair[0])[1] if worth else None


def say_the_same(one: Quote, other: Quote) -> bool:
    """Whether two quotes say the same: nearly the same words, or the same answer in like words.

    Nearly the same words with a figure, date or name of their own in each say something else, and
    so does a sentence that has another figure or date beside the answer. Like words are those
    beside the answer: that both name somebody does not make them say the same.
    """
    a, b = terms_of(one.text), terms_of(other.text)
    if len(a & b) >= SAME * max(len(a), len(b)):
        return bool(a) and not contradict(one.text, other.text)
    if one.runs_on or other.runs_on:  # what else they say is not compared
        return False
    value = one.whole(one.best.mark)
    if not _same_answer(value, other.whole(other.best.mark)) or says_more(
        value, one.text, other.text
    ):
        return False
    answer = terms_of(one.marked) | terms_of(other.marked)
    a, b = (terms_of(content(text)) - answer for text in (one.text, other.text))
    if len(a & b) >= SAME_ANSWER * min(len(a), len(b)):
        return True
    a, b = (terms_of(content(quote.clause)) - answer for quote in (one, other))
    return len(a & b) >= max(SAME_CLAUSE, SAME_ANSWER * min(len(a), len(b)))


def _same_answer(one: str, other: str) -> bool:
    a, b = terms_of(one), terms_of(other)
    return same_value(one, other) or (bool(a) and a == b)


def merged(quote: Quote, twin: Quote) -> Quote:
    """Return a quote with one more that says the same; one twin a document, none of its own."""
    known = {_doc_id(quote), *map(_doc_id, quote.twins)}
    fresh = (one for one in (replace(twin, twins=()), *twin.twins) if _doc_id(one) not in known)
    return replace(quote, twins=(*quote.twins, *fresh))
