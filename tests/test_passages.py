"""Which passages are read, and how much of each."""

import numpy as np
import pytest

from corpus import Chunk, Document, sentence_spans
from index.searching import Hit, TokenMatch
from qa import Assistant
from qa.asked import Asked
from qa.passages import (
    READ_AT_LEAST,
    READ_CHARACTERS,
    READ_ON_PASSAGES,
    READ_ON_WITHIN,
    READ_PASSAGES,
    READ_WITHIN,
    excerpts,
    further,
    nearest_sentences,
    surrounding,
    worth_reading,
)

SENTENCES = ["One ship sails.", "Two ships sail.", "Three ships sail.", "Four ships sail."]


def hit_of(text: str, *, score: float = 1.0, row: int = 0) -> Hit:
    document = Document.from_text(text, source="a")
    chunk = Chunk(
        doc_id=document.doc_id, start=0, end=len(document.text), text=document.text,
        sentences=tuple(sentence_spans(document.text)),
    )  # fmt: skip
    return Hit(
        chunk=chunk, document=document, score=score, dense=0.5, lexical=1.0, late=0.5, row=row
    )


@pytest.mark.parametrize(
    ("fits", "characters", "expected"),
    [
        ([0.1, 0.9, 0.5, 0.2], 33, "Two ships sail. Three ships sail."),
        ([0.6, 0.9, 0.5, 0.2], 33, "One ship sails. Two ships sail."),
        ([0.1, 0.2, 0.3, 0.9], 40, "Three ships sail. Four ships sail."),
        ([0.1, 0.2, 0.9, 0.3], 5, "Three ships sail."),  # one is always read
        ([0.1, 0.2, 0.9, 0.3], 1000, " ".join(SENTENCES)),
    ],
)
def test_the_sentences_nearest_the_question_are_read(fits, characters, expected):
    hit = hit_of(" ".join(SENTENCES))
    start, end = nearest_sentences(hit, fits, characters=characters)
    assert hit.document.text[start:end] == expected


def test_a_passage_without_sentences_is_read_whole():
    hit = hit_of("")
    assert nearest_sentences(hit, [], characters=400) == (0, 0)


@pytest.mark.parametrize(
    ("characters", "expected"),
    [
        (5, "Three ships sail."),  # the quote itself, however long
        (33, "Two ships sail. Three ships sail."),  # what stands before it first
        (50, "Two ships sail. Three ships sail. Four ships sail."),
        (1000, " ".join(SENTENCES)),
    ],
)
def test_around_a_quote_more_is_taken_in_of_what_stands_before_it(characters, expected):
    hit = hit_of(" ".join(SENTENCES))
    start, end = surrounding(hit.chunk, *hit.chunk.sentences[2], characters=characters)
    assert hit.document.text[start:end] == expected


def test_around_what_is_no_sentence_of_a_passage_is_the_passage():
    hit = hit_of(" ".join(SENTENCES))
    assert surrounding(hit.chunk, 900, 910, characters=5) == (0, hit.chunk.end)


def test_the_first_passage_is_read_whole_and_others_in_part():
    text = " ".join(f"Ship {n} sails from the harbour of Aldmouth to Denby." for n in range(20))
    hits = [hit_of(text, score=2.0), hit_of(text, score=1.0)]
    offsets = np.array([(text.index("Ship 7"), text.index("Ship 7") + 4)], np.int32)
    match = TokenMatch(similarities=np.array([[0.5]], np.float32), offsets=offsets)
    first, second = excerpts(hits, [match, match], np.ones(1, np.float32))
    assert first.text == text
    assert "Ship 7 sails" in second.text
    assert len(second.text) <= READ_CHARACTERS
    assert second.fits[7] == pytest.approx(0.5)
    assert second.fits[6] == 0.0


def test_of_passages_out_of_reach_only_the_first_few_are_read():
    scores = [3.0, 1.0, 0.9, 3.0 - READ_WITHIN, 0.5]
    kept = worth_reading([hit_of("x", score=score) for score in scores])
    assert [hit.score for hit in kept] == [3.0, 1.0, 3.0 - READ_WITHIN]
    assert len(kept) > READ_AT_LEAST


def test_reading_goes_on_with_what_is_within_reach_and_not_read_yet():
    scores = [3.0, 2.9, 2.5, 3.0 - READ_ON_WITHIN, 2.9 - READ_ON_WITHIN]
    hits = [hit_of("x", score=score, row=row) for row, score in enumerate(scores)]
    assert [hit.row for hit in further(hits, [hits[0], hits[2]])] == [1, 3]
    many = [hit_of("x", row=row) for row in range(2 * READ_ON_PASSAGES)]
    assert [hit.row for hit in further(many, many[:5])] == [*range(5, READ_ON_PASSAGES)]
    assert further([], []) == []


def test_more_is_read_only_where_the_first_passages_do_not_seem_to_answer(assistant: Assistant):
    def read(question: str) -> tuple[list[Hit], list[Hit], dict[int, int]]:
        """Return the passages, and by row how many characters were read."""
        asked = Asked.of(question, assistant.index)
        first, others = assistant.passages(asked)
        ends: dict[int, list[int]] = {}
        for one in assistant.candidates(asked, first, others):
            ends.setdefault(one.hit.row, []).extend((one.start, one.end))
        return first, others, {row: max(places) - min(places) for row, places in ends.items()}

    first, others, lengths = read("By what year does Hong Kong plan to become a smart city?")
    assert others
    assert lengths.keys() <= {hit.row for hit in first}
    assert lengths[first[1].row] <= READ_CHARACTERS
    first, others, lengths = read("Which airline flies from Beijing to Yinchuan?")
    assert others
    assert lengths.keys() >= {hit.row for hit in others}
    assert lengths[first[1].row] > READ_CHARACTERS  # whole
    assert lengths[others[0].row] <= READ_CHARACTERS


def test_every_candidate_is_a_sentence_of_what_was_read(assistant: Assistant):
    asked = Asked.of("How many smart city pilots are there in China?", assistant.index)
    hits, _ = assistant.passages(asked)
    matches = [assistant.index.match(asked.encoding, hit) for hit in hits]
    parts = {
        (part.hit.row, start)
        for part in excerpts(hits, matches, asked.token_weights)
        for start, end in part.hit.chunk.sentences
        if part.start <= start and end <= part.end
    }
    found = assistant.candidates(asked, hits)
    assert 0 < len(hits) <= READ_PASSAGES
    assert found
    assert {(one.hit.row, one.start) for one in found} <= parts
    for one in found:
        assert one.start <= one.mark[0] < one.mark[1] <= one.end
