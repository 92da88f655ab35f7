"""Weigh: what speaks for a quote as an answer to a question, and what of the question it lacks."""

import re
from collections.abc import Sequence

from index.lexical import terms
from qa.confidence import ConfidenceModel, Evidence
from qa.deciding import Judged
from qa.kinds import kind_of
from qa.quoting import Asked, Quote

NEAR = 0.5  # share of the question's idf weight that a passage on its subject holds
_NAMED = re.compile(r"(?<=\s)[A-Z][\w’'-]*|\b\w*\d[\w.,]*")  # capitalised or with a digit


def judge(asked: Asked, quotes: Sequence[Quote], model: ConfidenceModel) -> list[Judged]:
    """Return the quotes with the probability that each answers, in the order given."""
    regression = model.characters if asked.characters else model.letters
    missing = absent(asked, [_passage(quote) for quote in quotes])
    kind = kind_of(asked.text)
    return [
        Judged(
            quote=quote, sure=regression.probability(weigh(asked, quote)), kind=kind,
            complete=not absent(asked, [_passage(quote)]), missing=missing,
            near=asked.coverage(_passage(quote)) >= NEAR,
        )
        for quote in quotes
    ]  # fmt: skip


def weigh(asked: Asked, quote: Quote) -> Evidence:
    """Return what speaks for a quote as an answer to a question."""
    best = quote.best
    passage = _passage(quote)
    rarest = max(asked.term_weights, key=lambda term: asked.term_weights[term], default=None)
    return Evidence(
        margin=best.margin,
        relevance=best.relevance,
        late=best.late,
        dense=best.hit.dense,
        coverage=asked.coverage(passage),
        quoted=asked.coverage(quote.text),
        rarest=float(rarest in asked.terms_in(passage)),
    )


def absent(asked: Asked, texts: Sequence[str]) -> tuple[str, ...]:
    """Return the names, figures and dates of a question that none of the texts holds."""
    held = {term for text in texts for term in asked.terms_in(text)}
    named = dict.fromkeys(word.rstrip(".,'’") for word in _NAMED.findall(asked.text))
    return tuple(word for word in named if not held.issuperset(terms(word)))


def _passage(quote: Quote) -> str:
    return f"{quote.best.hit.document.title}\n{quote.best.hit.chunk.text}"
