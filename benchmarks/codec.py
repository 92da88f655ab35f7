"""The token codec: ``python -m benchmarks.codec [--limit N]``.

How often late interaction alone finds the right paragraph of SQuAD dev-a first, with full token
vectors and with codes of several sizes, learnt from the vocabulary, as shipped, or from the
collection itself. Results go to ``benchmarks/results/codec.json``.
"""

import argparse
from collections.abc import Callable, Sequence

import numpy as np

from benchmarks.collections import SquadQuestion, load_squad, save
from corpus import Document
from index.encoder import Encoder, Encoding, Floats
from index.tokens import TokenCodec, _vocabulary_vectors, max_similarities

SAMPLE = 30_000  # token vectors that a codec of the collection is learnt from


def encode(encoder: Encoder, documents: Sequence[Document]) -> list[Encoding]:
    """Return the encoding of every document's whole text."""
    encodings: list[Encoding | None] = [None] * len(documents)
    for i, encoding in encoder.encode_passages([("", document.text) for document in documents]):
        encodings[i] = encoding
    return [encoding for encoding in encodings if encoding is not None]


def first_right(
    questions: Sequence[tuple[SquadQuestion, Floats]],
    sources: Sequence[str],
    lengths: Sequence[int],
    similarities: Callable[[Floats], Floats],
) -> float:
    """Return the share of questions whose best paragraph by late interaction is the right one."""
    right = 0
    for row, tokens in questions:
        best = max_similarities(similarities(tokens), lengths).mean(axis=0)
        right += sources[int(best.argmax())] == row.source
    return round(right / len(questions), 4)


def main() -> None:
    """Run, print and save."""
    parser = argparse.ArgumentParser(description="Measure the token codec.")
    parser.add_argument("--limit", type=int, default=400, help="questions")
    squad = load_squad("squad/dev-a-v1.1.json.gz", limit=parser.parse_args().limit)
    sources = [document.source for document in squad.documents]
    results = []
    for punctuation in (False, True):
        encoder = Encoder.load()
        if punctuation:  # as if every token counted
            encoder.__dict__["_is_word"] = np.ones(encoder._counter.get_vocab_size(), bool)
        encodings = encode(encoder, squad.documents)
        lengths = [len(encoding.tokens) for encoding in encodings]
        tokens = np.concatenate([encoding.tokens for encoding in encodings])
        questions = [(row, encoder.encode_question(row.question).tokens) for row in squad.questions]

        def note(kind: str, size: int, similarities: Callable[[Floats], Floats]) -> None:
            row = {
                "vectors": kind, "punctuation": punctuation, "bytes_a_token": size,  # noqa: B023
                "tokens_a_paragraph": round(len(tokens) / len(lengths), 1),  # noqa: B023
                "right_first": first_right(questions, sources, lengths, similarities),  # noqa: B023
            }  # fmt: skip
            results.append(row)
            print(row, flush=True)

        note("float32", 4 * tokens.shape[1], lambda question: question @ tokens.T)  # noqa: B023
        if punctuation:
            continue
        chosen = np.random.default_rng(0).choice(len(tokens), SAMPLE, replace=False)
        samples = {"vocabulary": _vocabulary_vectors(encoder), "collection": tokens[chosen]}
        for name, sample in samples.items():
            for dimension in (64, 72, 96, 128):
                codec = TokenCodec.fit(sample, dimension=dimension)
                codes = codec.encode(tokens)
                note(
                    f"{dimension} dimensions, 4 bits, learnt from the {name}", codec.width,
                    lambda question, codec=codec, codes=codes: codec.similarities(question, codes),
                )  # fmt: skip
    save("codec", {"rows": results})


if __name__ == "__main__":
    main()
