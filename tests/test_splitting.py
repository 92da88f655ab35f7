"""Sentences and chunks: exact offsets, nothing lost, nothing twice, whatever the text."""

import gzip
import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from corpus import Document, load_documents, sentence_spans, split_document
from corpus.sentences import is_wrapped
from corpus.splitting import default_token_counter

PIECES = st.sampled_from(
    ["The ferry left. ", "Mr. Quill stayed", ' "Why?" ', "- item\n", "b; ", "U.S. ", "Heading\n\n"]
    + ["\n", "\n\n", "\r\n", "\u2028", "\xa0", "\x00", "\x0b", "\t", "\ud800", "e\u0301", "…"]
    + ["城市很大。", "，", "中" * 40, "مرحبا. ", "한국어 ", "👩\u200d👧", "．", "(", '"', "“"]
    + ["[1]", "3.14", "x" * 300, "a" * 90 + " "]
)
TEXTS = st.one_of(st.text(max_size=200), st.lists(PIECES, max_size=40).map("".join))


def words(texts: Sequence[str]) -> list[int]:
    """Count white-space separated words, so that limits are easy to see."""
    return [len(text.split()) for text in texts]


def squeezed(text: str) -> str:
    """Return the text without white space."""
    return "".join(text.split())


def sentences(text: str) -> list[str]:
    return [text[start:end] for start, end in sentence_spans(text)]


@given(TEXTS)
@example("")
@example(" \n\t\u3000")
@example("\ufeffé\r\n")
def test_sentences_are_trimmed_ordered_and_hold_every_character(text: str) -> None:
    spans = sentence_spans(text)
    position = 0
    for start, end in spans:
        assert position <= start < end
        assert text[start:end] == text[start:end].strip()
        position = end
    assert squeezed("".join(text[a:b] for a, b in spans)) == squeezed(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Mr. Gao spoke on Oct. 11. He left.", ["Mr. Gao spoke on Oct. 11.", "He left."]),
        ("It is in the U.S. Senate. Yes.", ["It is in the U.S. Senate.", "Yes."]),
        ("It rose 2.5% to $3.5 million. Good.", ["It rose 2.5% to $3.5 million.", "Good."]),
        ('He said "it works." She left.', ['He said "it works."', "She left."]),
        ('"It is the city." said the mayor. Ok.', ['"It is the city." said the mayor.', "Ok."]),
        ("“Make it.”Secondly, we go.", ["“Make it.”", "Secondly, we go."]),
        ("Of the Internet.In June 2016 it grew.", ["Of the Internet.", "In June 2016 it grew."]),
        ("Use Node.JS or ASP.NET here. Done.", ["Use Node.JS or ASP.NET here.", "Done."]),
        (
            "城市很大。市民满意！为什么？好；对。",
            ["城市很大。", "市民满意！", "为什么？", "好；对。"],
        ),
        ("It fell.[3] Then it rose.", ["It fell.[3]", "Then it rose."]),
        ("1. The first. Then more.", ["1. The first.", "Then more."]),
        ("Set up a group; give it funds; start.", ["Set up a group; give it funds; start."]),
        ("- one\n- two\n- three", ["- one", "- two", "- three"]),
        ("A heading\nThe text below it is long.", ["A heading", "The text below it is long."]),
        ("Jimmy Kimmel Live! ran a sketch. Ok.", ["Jimmy Kimmel Live! ran a sketch.", "Ok."]),
    ],
)
def test_sentences_end_where_a_reader_would_end_them(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


def test_a_hard_wrapped_line_does_not_end_a_sentence() -> None:
    text = (
        "The harbour of Aldmouth opened in 1887 and was built by Mara Quill, who was an\n"
        "engineer from Denby. Two ferries cross the bay each morning, one in the evening,\n"
        "and none at night.\n\nAnother paragraph starts here."
    )
    found = [" ".join(sentence.split()) for sentence in sentences(text)]
    assert found[0].endswith("engineer from Denby.")
    assert found[1].startswith("Two ferries") and found[1].endswith("none at night.")
    assert found[2:] == ["Another paragraph starts here."]


@pytest.mark.parametrize(
    ("line", "following", "expected"),
    [
        ("The working group recommends option (b). It was led by Dr. Amara", "Nwosu.", True),
        ("the average cost of a connection is GBP 4,150,", "against GBP 610 in towns.", True),
        ("Weekly pass | £24.00 | £20.00 | from the fifth of January", "Day | £6.50", False),
        ("Lowmarsh           55%             72%  ", "   St. Brannock       63%", False),
        ("- Write to the operator within twenty-eight days of the", "- Appeal", False),
        ("Operators withdrew sixty-four routes in those years.", "Fares rose.", False),
        ("Roses are red", "violets are blue", False),
    ],
)
def test_two_lines_show_whether_they_were_wrapped(
    line: str, following: str, expected: bool
) -> None:
    assert is_wrapped(line, following) == expected


def test_one_stray_quotation_mark_does_not_swallow_the_page() -> None:
    text = 'He wrote "smart. ' + "The city grew and the river rose. " * 40
    assert max(len(sentence) for sentence in sentences(text)) < 120


def test_two_hundred_thousand_characters_without_a_full_stop_take_a_moment() -> None:
    assert len(sentence_spans("word " * 40_000)) == 1


@settings(deadline=None)
@given(TEXTS, st.integers(8, 60), st.data())
def test_chunks_and_furniture_hold_every_character_once(
    text: str, max_tokens: int, data: st.DataObject
) -> None:
    document = Document.from_text(text, source="x", furniture=())
    length = len(document.text)
    cuts = sorted(data.draw(st.lists(st.integers(0, length), max_size=6, unique=True)))
    furniture = tuple(zip(cuts[::2], cuts[1::2], strict=False))
    document = Document.from_text(text, source="x", furniture=furniture)
    chunks = split_document(document, max_tokens=max_tokens, count_tokens=words)

    covered: list[tuple[int, int]] = list(furniture)
    position = 0
    for chunk in chunks:
        assert position <= chunk.start < chunk.end
        assert chunk.text == document.text[chunk.start : chunk.end]
        assert chunk.doc_id == document.doc_id
        assert (chunk.start, chunk.end) == (chunk.sentences[0][0], chunk.sentences[-1][1])
        assert all(end <= chunk.start or start >= chunk.end for start, end in furniture)
        assert sum(words([document.text[a:b] for a, b in chunk.sentences])) <= max_tokens
        covered.extend(chunk.sentences)
        position = chunk.end
    covered.sort()
    assert all(a[1] <= b[0] for a, b in zip(covered, covered[1:], strict=False))
    assert squeezed("".join(document.text[a:b] for a, b in covered)) == squeezed(document.text)


@settings(deadline=None, max_examples=40)
@given(TEXTS)
def test_chunks_fit_the_default_model(text: str) -> None:
    document = Document.from_text(text, source="x", furniture=())
    chunks = split_document(document, max_tokens=32)
    assert all(size <= 32 for size in default_token_counter()([chunk.text for chunk in chunks]))


def test_a_sentence_longer_than_the_limit_is_cut_at_its_clauses() -> None:
    clause = "the city built a bridge over the river"
    document = Document.from_text("; ".join([clause] * 12) + ".", source="x")
    chunks = split_document(document, max_tokens=40, count_tokens=words)
    assert [len(chunk.text.split()) <= 40 for chunk in chunks] == [True] * len(chunks)
    pieces = [document.text[a:b] for chunk in chunks for a, b in chunk.sentences]
    assert len(pieces) > 2
    assert all(piece.startswith("the city") and piece.endswith((";", ".")) for piece in pieces)


def test_a_line_of_base64_does_not_become_one_endless_chunk() -> None:
    chunks = split_document(Document.from_text("A" * 100_000, source="x", furniture=()))
    assert max(len(chunk.text) for chunk in chunks) < 4000
    assert sum(len(chunk.text) for chunk in chunks) == 100_000


def test_a_heading_stays_with_the_text_below_it() -> None:
    section = "Water\n\n" + "The city reads every water meter by radio once an hour. " * 9
    document = Document.from_text("\n\n".join([section] * 6), source="x")
    chunks = split_document(document, max_tokens=128, count_tokens=words)
    assert len(chunks) == 6
    assert all(chunk.text.startswith("Water\n\nThe city") for chunk in chunks)


def test_small_paragraphs_share_a_chunk() -> None:
    document = Document.from_text("\n\n".join(["A short paragraph of six words."] * 10), source="x")
    assert len(split_document(document, count_tokens=words)) == 1


def test_no_lone_sentence_is_left_over() -> None:
    document = Document.from_text("One two three four five six seven eight. " * 33, source="x")
    chunks = split_document(document, max_tokens=256, count_tokens=words)
    assert [len(chunk.sentences) for chunk in chunks] in ([16, 17], [17, 16], [20, 13], [13, 20])


def test_the_same_text_gives_the_same_chunks() -> None:
    document = Document.from_text("The ferry left. " * 400, source="x")
    assert split_document(document) == split_document(document)


def test_an_empty_document_has_no_chunks() -> None:
    assert split_document(Document.from_text(" \n ", source="x")) == []


def test_a_limit_too_small_is_a_wrong_argument() -> None:
    with pytest.raises(ValueError, match="max_tokens is 7"):
        split_document(Document.from_text("x", source="x"), max_tokens=7)


def test_every_squad_paragraph_is_covered(data: Path) -> None:
    with gzip.open(data / "squad" / "dev-a-v1.1.json.gz", "rt", encoding="utf-8") as file:
        articles = json.load(file)["data"]
    for article in articles:
        for paragraph in article["paragraphs"]:
            text = paragraph["context"]
            found = "".join(text[a:b] for a, b in sentence_spans(text))
            assert squeezed(found) == squeezed(text)


def test_evidence_of_the_seed_questions_lies_inside_one_sentence_run(data: Path) -> None:
    documents = {d.source: d for d in load_documents(sorted((data / "seeds").glob("*.txt")))}
    lines = (data / "seeds" / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    for row in map(json.loads, lines):
        for evidence in row["evidence"]:
            chunks = split_document(documents[row["source"]])
            holders = [chunk for chunk in chunks if evidence in chunk.text]
            assert len(holders) == 1, evidence
            document = documents[row["source"]]
            assert any(evidence in document.text[a:b] for a, b in holders[0].sentences), evidence
