"""Weigh: what speaks for a quote as an answer to a question, and what of the question it lacks."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from corpus.headings import headings_over
from corpus.tables import title_of
from index.lexical import terms_again
from qa.amiss import gives_something_else
from qa.asked import Asked
from qa.confidence import ConfidenceModel, Evidence, Form
from qa.deciding import Judged
from qa.kinds import Kind, compares, kind_of
from qa.naming import is_of_another_section, is_of_somebody_else, is_on_another
from qa.passages import surrounding
from qa.quoting import Quote
from qa.reader import Reader
from qa.rows import is_of_the_row
from qa.values import Day, dates_in, same_day_of_another_year, with_unit

# From here on a passage is on the subject of the question. Fitted on SQuAD dev-a: questions on the
# article whose answer it lacks against questions on another article, AUROC .996, 98% told apart;
# moved from .565 when stop words no longer counted, so that as many of the first lie above it.
NEAR = 0.595  # the passage's late interaction, mean best token cosine
NEAR_CHARACTERS = 0.3  # share of the idf weight of a question in characters that the passage holds
# What the verifier has to say in the ranking of quotes, and how much it reads of each passage:
# benchmarks/README.md, "The verifier". It says the less, the more of the question's words a quote
# has: by that share of this.
VERIFIED_MARGIN = 0.2
VERIFIED_RELEVANCE = 0.05
VERIFIED_LESS = 0.5
VERIFIED_CHARACTERS = 500
LOWEST_MARGIN = -20.0  # of a quote in which the verifier finds no span
# Share of a question's idf weight that a line with a label, what its list is on and the title hold:
# "Half-year permit: 54 euros" does not say what one for a motorhome costs.
LEAST_OF_ENTRY = 0.25
_ENDS = tuple(".?!")
LONGEST_VALUE = 8  # words that may be compared as one figure, date or name
_CONTRASTS = frozenset(
    "not never no without except unlike cannot least fewest smallest lowest before after first "
    "last largest highest most north south east west northern southern eastern western increase "
    "decrease male female old new oldest newest more less fewer outside inside against".split()
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """A quote and what speaks for it.

    `trust` (0–1) is put in the verifier's ranking; `preferred`, at most 0, is what the arbiter
    (`qa.side_by_side`) adds, the less the likelier another passage answers.
    """

    quote: Quote
    evidence: Evidence
    trust: float = 1.0
    preferred: float = 0.0

    @property
    def score(self) -> float:
        """What ranks the quotes of a question, higher is better.

        The verifier hardly sees what is amiss with a quote: such a one it does not lift.
        """
        found = self.evidence
        verified = self.trust * (
            VERIFIED_MARGIN * found.verified_margin + VERIFIED_RELEVANCE * found.verified_relevance
        )
        lift = min(0.0, verified) if self.is_amiss else verified
        return self.quote.best.score + lift + self.preferred

    @property
    def is_amiss(self) -> bool:
        """Whether a quote is of another year or gives something else than is asked for."""
        return self.evidence.amiss < 0 or self.evidence.years < 0


def verify(
    asked: Asked, quotes: Sequence[Quote], reader: Reader, *, openly: bool = False
) -> list[Weighed]:
    """Return the quotes as the verifier ranks them, best first; `openly` as in `judge`.

    The part of a passage around the quote is read after the title of its document, a row of a table
    with its columns. Not verified are an open question, which has many answers, and one in
    characters: the verifier has learnt from neither.
    """
    if asked.characters or openly:
        return [Weighed(quote=quote, evidence=weigh(asked, quote)) for quote in quotes]
    parts = [in_passage(asked, quote) for quote in quotes]
    texts = list(dict.fromkeys(text for text, *_ in parts))  # several are of one passage
    readings = dict(zip(texts, reader.verify(asked.text, texts), strict=True))
    found = []
    for quote, (text, start, end) in zip(quotes, parts, strict=True):
        span = readings[text].best_span(start, end)
        margin = LOWEST_MARGIN if span is None else span.score
        found.append(weigh(asked, quote, margin=margin, relevance=readings[text].relevance))
    trust = 1 - VERIFIED_LESS * max((evidence.quoted for evidence in found), default=0.0)
    weighed = [
        Weighed(quote=quote, evidence=evidence, trust=trust)
        for quote, evidence in zip(quotes, found, strict=True)
    ]
    return sorted(weighed, key=lambda one: -one.score)


def in_passage(asked: Asked, quote: Quote) -> tuple[str, int, int]:
    """Return the text that a quote is read in again, and where it stands there.

    It begins with the title of the document and, where that has a word of the question, the heading
    of the section.
    """
    document, chunk = quote.best.hit.document, quote.best.hit.chunk
    row = quote.best.row
    begin, stop = surrounding(chunk, quote.start, quote.end, characters=VERIFIED_CHARACTERS)
    before = begin if row is None else row.caption[0]
    headings = headings_over(document, quote.start, before=before)
    above = [document.title, *headings * (asked.coverage(" ".join(headings)) > 0)]
    lead = "".join(h + (" " if h.endswith(_ENDS) else ". ") for h in above if h)
    if row is not None:
        return lead + row.text, len(lead) + row.inside[0][0], len(lead) + len(row.text)
    start, end = (len(lead) + max(0, place - begin) for place in (quote.start, quote.end))
    return lead + document.text[begin:stop], start, end


def judge(
    asked: Asked, weighed: Sequence[Weighed], model: ConfidenceModel, *, openly: bool = False
) -> list[Judged]:
    """Return the quotes with the probability that each answers, in the order given.

    `openly`: the question is, or is part of, one that `qa.kinds.asks_openly`.
    """
    form: Form = "characters" if asked.characters else "open" if openly else "letters"
    missing = absent(asked, [_passage(one.quote) for one in weighed])
    kind: Kind = "list" if compares(asked.text) else kind_of(asked.text)
    return [
        Judged(
            quote=quote, sure=model.probability(one.evidence, form), kind=kind,
            margin=one.evidence.verified_margin,
            complete=not absent(asked, [_passage(quote)]), missing=missing,
            timely=_years(asked.days) <= _years(dates_in(quote.said)),
            near=on_the_subject(asked, quote), value=_value(asked, quote),
            quoted=asked.coverage(quote.said), around=asked.coverage(_around(quote)),
        )
        for one in weighed
        for quote in [one.quote]
    ]  # fmt: skip


def weigh(asked: Asked, quote: Quote, *, margin: float = 0.0, relevance: float = 0.0) -> Evidence:
    """Return what speaks for a quote as an answer to a question.

    `margin` and `relevance` are by the verifier, 0 where that read nothing.
    """
    best, around = quote.best, _around(quote)
    said, near = set(_words(around)), asked.coverage(around)
    turning = _CONTRASTS.intersection(_words(asked.text))
    return Evidence(
        relevance=best.relevance,
        late=best.late,
        dense=best.hit.dense,
        coverage=asked.coverage(_passage(quote)),
        quoted=asked.coverage(quote.said),
        near=near,
        contrasts=float(-len(turning - said)),
        years=float(-len(_years_lacking(asked, quote))),
        amiss=float(
            -(
                gives_something_else(asked, quote.said, around)
                or _is_another_row(asked, quote, near)
                or _is_on_other(asked, quote, around)
            )
        ),
        verified_margin=margin,
        verified_relevance=relevance,
    )


def _is_another_row(asked: Asked, quote: Quote, near: float) -> bool:
    """Whether a quote is a row of a table, or an entry, that is on something else.

    Of an entry of a list too small a share may be `near`.
    """
    hit, row = quote.best.hit, quote.best.row
    if row is None:
        return False
    return (row.header is None and near < LEAST_OF_ENTRY) or not is_of_the_row(asked, hit, row)


def _is_on_other(asked: Asked, quote: Quote, around: str) -> bool:
    """Whether a quote, its section or its document is on another than is asked about by name."""
    document, best = quote.best.hit.document, quote.best
    sentence = document.text[best.start : best.end]
    return (
        is_on_another(asked.text, document, asked.term_weights)
        or is_of_another_section(asked.text, document.text, quote.start, around)
        or is_of_somebody_else(asked.text, sentence, around, asked.term_weights)
    )


def _years_lacking(asked: Asked, quote: Quote) -> set[int]:
    """Return the years of a question that a quote's passage, its title and its date lack.

    A quote with a day of the question in another year lacks the right one, whatever is around it.
    """
    wanted = _years(asked.days)  # mostly none, and then the passage is not looked through
    if not wanted or same_day_of_another_year(asked.days, quote.text):
        return wanted
    dated = quote.best.hit.document.date or ""
    return wanted - _years(dates_in(f"{_passage(quote)}\n{dated}"))


def _years(days: Iterable[Day]) -> set[int]:
    return {day.year for day in days if day.year is not None}


def on_the_subject(asked: Asked, quote: Quote) -> bool:
    """Whether a quote's passage is about what the question is about, answer or not."""
    if asked.characters:
        return asked.coverage(_passage(quote)) >= NEAR_CHARACTERS
    return quote.best.hit.late >= NEAR


def absent(asked: Asked, texts: Sequence[str]) -> tuple[str, ...]:
    """Return the names, figures and dates of a question that none of the texts holds."""
    named = dict.fromkeys(asked.named)
    held = {term for text in texts for term in asked.terms_in(text)} if named else set()
    return tuple(word for word in named if not held.issuperset(terms_again(word)))


def _passage(quote: Quote) -> str:
    document, chunk = quote.best.hit.document, quote.best.hit.chunk
    headings = headings_over(document, quote.start)
    return "\n".join((title_of(document, chunk.start), *headings, chunk.text))


def _value(asked: Asked, quote: Quote) -> str:
    """Return the answer less names and figures of the question, "" where too much is marked."""
    known = set(_words(asked.text))
    fresh = [
        word
        for word in quote.whole(quote.best.mark).split()
        if word[0].islower() or not known.issuperset(_words(word))
    ]
    value = with_unit(" ".join(fresh), asked.text)
    return value if len(quote.marked.split()) <= LONGEST_VALUE else ""


def _around(quote: Quote) -> str:
    """Return the title, the quote and the sentences on either side of it, not those of a row."""
    document, chunk = quote.best.hit.document, quote.best.hit.chunk
    if quote.best.row is not None:
        return f"{document.title}\n{quote.said}"
    beside = [(start, end) for start, end in chunk.sentences if start < quote.end]
    after = [span for span in chunk.sentences if span[0] >= quote.end]
    first = max(0, sum(end <= quote.start for _, end in beside) - 1)
    end = after[0][1] if after else quote.end
    start = min(quote.start, beside[first][0]) if beside else quote.start
    headings = headings_over(document, quote.start)
    return "\n".join((document.title, *headings, document.text[start:end]))


def _words(text: str) -> list[str]:
    return re.findall(r"[\w'-]+", text.lower())
