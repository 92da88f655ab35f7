"""Hear what is asked next in a conversation: read quotes with it after what was said before.

No grammar puts anything in here: the listener (``training/listener.py``) has learnt what people
type after a question and the quote that answered it, and says of each quote how far that answers.
"""

from collections.abc import Sequence

from corpus import Chunk
from corpus.sentences import sentence_spans
from index.searching import Index
from qa.answers import Citation
from qa.passages import surrounding
from qa.reader import Reader

SAID = 200  # characters of the quote before that are read
AROUND = 500  # characters of a passage that are read around a quote
LEAST = -8.0  # of what the listener says of a quote; below it is nothing more to be told


def in_context(question: str, previous: str, quote: str) -> str:
    """Return a question after the one before it and the quote that answered that."""
    return f"{previous} {quote[:SAID]} {question}"


def heard(
    question: str,
    previous: str,
    last: Citation,
    quotes: Sequence[Citation],
    *,
    index: Index,
    reader: Reader,
) -> list[float]:
    """Return by how much each quote answers a question, at least `LEAST`; above 0 it rather does.

    Args:
        question: as asked.
        previous: the complete question before it.
        last: the first quote to that.
        quotes: what may answer.
        index: the index that they are of.
        reader: reads them.
    """
    parts = [_around(quote, index) for quote in quotes]
    asked = in_context(question, previous, last.quote)
    readings = reader.listen(asked, [text for text, *_ in parts])
    spans = [
        reading.best_span(start, end)
        for (_, start, end), reading in zip(parts, readings, strict=True)
    ]
    return [LEAST if span is None else max(LEAST, span.score) for span in spans]


def _around(quote: Citation, index: Index) -> tuple[str, int, int]:
    """Return what a quote is read in, after the title, and where it stands there."""
    document, first = index.document(quote.doc_id), quote.passage_start
    passage = document.text[first : quote.passage_end]
    sentences = tuple((first + a, first + b) for a, b in sentence_spans(passage))
    chunk = Chunk(
        doc_id=quote.doc_id, start=first, end=quote.passage_end, text=passage, sentences=sentences
    )
    begin, stop = surrounding(chunk, quote.start, quote.end, characters=AROUND)
    begin, stop = min(begin, quote.start), max(stop, quote.end)
    lead = f"{quote.title}. " if quote.title else ""
    start, end = (len(lead) + place - begin for place in (quote.start, quote.end))
    return lead + document.text[begin:stop], start, end
