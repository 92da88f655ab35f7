"""Which of the passages found are read, and how much of each: reading takes most of the time."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from corpus import Chunk
from index.encoder import Floats
from index.filters import newness
from index.searching import Hit, TokenMatch
from qa.rows import Row, naming, rows_of

# Found on SQuAD dev-a over its whole collection: benchmarks/README.md, "Sentence choice".
READ_PASSAGES = 5  # most that are read for a question at first
READ_AT_LEAST = 2
READ_WITHIN = 1.2  # of the best fused score; reading brings hardly one further behind to the front
READ_WHOLE = 1  # of the others only the sentences nearest the question are read
READ_CHARACTERS = 300  # of each of those, about
# Where what was read first does not seem to answer, more passages are read, more of them whole.
READ_ON_PASSAGES = 12
READ_NEAR = 400  # best of one document, among which those near to a quote are looked for
READ_ON_WITHIN = 1.5
READ_ON_WHOLE = 2
READ_ROWS = 3  # most rows of tables that are read of a passage
OF_ONE_DOCUMENT = 2  # most passages read of a document where several may hold the answer

Wanted = Callable[[Hit, Row], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Excerpt:
    """The part of a passage that is read: document characters ``start:end``, whole sentences.

    `row` is set where that is a row of a table, read with the names of its columns. `fits` says of
    every sentence of the hit's chunk, read or not, how the question's tokens fit it: the weighted
    mean of their best cosines in it, 0 where it has no token.
    """

    hit: Hit
    fits: tuple[float, ...]
    start: int
    end: int
    row: Row | None = None

    @property
    def text(self) -> str:
        """The text that is read."""
        if self.row is not None:
            return self.row.text
        return self.hit.document.text[self.start : self.end]


def worth_reading(
    hits: Sequence[Hit], *, at_least: int = READ_AT_LEAST, within: float = READ_WITHIN
) -> list[Hit]:
    """Return the hits that reading may bring to the front, and the first few anyway.

    Args:
        hits: the passages, best first.
        at_least: so many are returned whatever their score.
        within: how far behind the best fused score others may be.
    """
    return [
        hit
        for place, hit in enumerate(hits)
        if place < at_least or hit.score >= hits[0].score - within
    ]


def further(hits: Sequence[Hit], first: Sequence[Hit]) -> list[Hit]:
    """Return the hits to read where those read `first` do not seem to answer, best first.

    Args:
        hits: the passages found, best first.
        first: those of them that are read in any case.
    """
    read = {hit.row for hit in first}
    return [
        hit
        for hit in hits[:READ_ON_PASSAGES]
        if hit.row not in read and hit.score >= hits[0].score - READ_ON_WITHIN
    ]


def best_and_newest(hits: Sequence[Hit]) -> list[Hit]:
    """Return `READ_PASSAGES` hits: the best ones, then the newest of those within reach of them."""
    best, others = hits[:READ_AT_LEAST], worth_reading(hits)[READ_AT_LEAST:]
    others.sort(key=lambda hit: newness(hit.document.date), reverse=True)
    return [*best, *others[: READ_PASSAGES - READ_AT_LEAST]]


def of_several_documents(hits: Sequence[Hit]) -> list[Hit]:
    """Return the best `READ_PASSAGES` hits of which no document has more than its share."""
    kept: list[Hit] = []
    for hit in hits:
        own = sum(one.document.doc_id == hit.document.doc_id for one in kept)
        if own < OF_ONE_DOCUMENT and len(kept) < READ_PASSAGES:
            kept.append(hit)
    return kept


def excerpts(
    hits: Sequence[Hit],
    matches: Sequence[TokenMatch],
    token_weights: Floats,
    *,
    whole: int = READ_WHOLE,
    characters: int = READ_CHARACTERS,
    wanted: Wanted = lambda hit, row: True,
) -> list[Excerpt]:
    """Return what is read of each hit, best first: the first whole, of the others a part.

    Of tables the rows that fit the question best are read, each alone.

    Args:
        hits: the passages, best first.
        matches: how the tokens of each fit the question's.
        token_weights: (m,) what each token of the question counts.
        whole: so many of the first are read whole.
        characters: read of each of the others, about.
        wanted: whether the question may be on a row of a table.
    """
    parts = []
    for place, (hit, match) in enumerate(zip(hits, matches, strict=True)):
        rows = rows_of(hit)
        fits = _fits(hit, match, token_weights, rows)
        apart = _apart(hit, rows)
        if place >= whole and len(apart) > 1:
            apart = [max(apart, key=lambda places: max(map(fits.__getitem__, places)))]
        for places in apart:
            room = characters if place >= whole else None
            start, end = nearest_sentences(hit, fits, characters=room, among=places)
            parts.append(Excerpt(hit=hit, fits=fits, start=start, end=end))
        for i, row in _best_rows(hit, rows, fits, wanted):
            start, end = hit.chunk.sentences[i]
            parts.append(Excerpt(hit=hit, fits=fits, start=start, end=end, row=row))
    return parts


def _best_rows(
    hit: Hit, rows: Mapping[int, Row | None], fits: Sequence[float], wanted: Wanted
) -> list[tuple[int, Row]]:
    """Return the rows that fit best of those wanted, the best of all where none is."""
    ranked = sorted(
        ((place, row) for place, row in rows.items() if row is not None),
        key=lambda pair: -fits[pair[0]],
    )
    return [pair for pair in ranked if wanted(hit, pair[1])][:READ_ROWS] or ranked[:1]


def _apart(hit: Hit, rows: Collection[int]) -> list[range]:
    """Return the places of the sentences before, between and after rows of tables."""
    if not rows:
        return [range(len(hit.chunk.sentences))]
    edges = [-1, *sorted(rows), len(hit.chunk.sentences)]
    return [range(a + 1, b) for a, b in pairwise(edges) if b > a + 1]


def nearest_sentences(
    hit: Hit, fits: Sequence[float], *, characters: int | None, among: range | None = None
) -> tuple[int, int]:
    """Return document offsets of the sentence that fits best and of its better neighbours.

    Sentences are taken in as long as they are at most `characters` together, None for no limit; one
    is always taken, and a chunk no longer than that is taken whole. Those looked at are `among` the
    places given, None for all.
    """
    sentences = hit.chunk.sentences
    places = range(len(sentences)) if among is None else among
    if not places:
        return hit.chunk.start, hit.chunk.end
    start, end = sentences[places[0]][0], sentences[places[-1]][1]
    if characters is None or end - start <= characters:
        return start, end
    first = last = max(places, key=fits.__getitem__)
    while beside := [place for place in (first - 1, last + 1) if place in places]:
        better = max(beside, key=fits.__getitem__)
        low, high = min(first, better), max(last, better)
        if sentences[high][1] - sentences[low][0] > characters:
            break
        first, last = low, high
    return sentences[first][0], sentences[last][1]


def surrounding(chunk: Chunk, start: int, end: int, *, characters: int) -> tuple[int, int]:
    """Return document offsets of the sentences of a quote and of those around it.

    Sentences are taken in as long as they are at most `characters` together; those of the quote
    always are. What stands before it may say whom "she" means: of that twice as much is taken in.

    Args:
        chunk: the passage of the quote.
        start: where the quote begins in the document.
        end: where it ends.
        characters: most that are returned, unless the quote is longer.
    """
    sentences = chunk.sentences
    inside = [place for place, (a, b) in enumerate(sentences) if a < end and start < b]
    if not inside:
        return chunk.start, chunk.end
    first, last = inside[0], inside[-1]
    while True:
        before, after = start - sentences[first][0], sentences[last][1] - end
        wider = [(before / 2, first - 1, last), (after, first, last + 1)]
        fitting = [
            (taken, low, high)
            for taken, low, high in wider
            if low >= 0
            and high < len(sentences)
            and sentences[high][1] - sentences[low][0] <= characters
        ]
        if not fitting:
            return sentences[first][0], sentences[last][1]
        _, first, last = min(fitting)


def _fits(
    hit: Hit, match: TokenMatch, token_weights: Floats, rows: Mapping[int, Row | None]
) -> tuple[float, ...]:
    total = max(float(token_weights.sum()), 1e-6)
    fits = []
    for place, (start, end) in enumerate(hit.chunk.sentences):
        inside = (match.offsets[:, 0] >= start) & (match.offsets[:, 1] <= end)
        if (row := rows.get(place)) is not None:
            inside |= naming(match.offsets, row, hit.chunk.start)
        best = match.similarities[:, inside].max(axis=1, initial=0.0)
        fits.append(float(token_weights @ best) / total)
    return tuple(fits)
