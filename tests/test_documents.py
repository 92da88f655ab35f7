"""Documents: normalised text, ids that are content hashes, pages and lines of an offset."""

import copy
import pickle
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from corpus import Document, normalise

TEXTS = st.text(
    st.one_of(st.characters(), st.sampled_from("\r\n\x00\ufeffe\u0301é中。\ud83d\ude00\ud800👍"))
)


@given(TEXTS)
@example("")
@example("\ufeffa\r\nb\rc\n")
@example("e\u0301 \u212b \x00")
def test_normalising_twice_changes_nothing_and_leaves_storable_text(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once or once.startswith("\ufeff")
    assert "\r" not in once
    assert unicodedata.is_normalized("NFC", once)
    once.encode("utf-8")


@given(TEXTS, st.text(max_size=20))
def test_the_id_is_a_hash_of_source_and_text(text: str, source: str) -> None:
    document = Document.from_text(text, source=source)
    assert document.doc_id == Document.from_text(text, source=source, title="x").doc_id
    assert len(document.doc_id) == 16
    assert int(document.doc_id, 16) >= 0
    assert document.doc_id != Document.from_text(text + "a", source=source).doc_id
    assert document.doc_id != Document.from_text(text, source=source + "a").doc_id


def test_line_ends_do_not_change_the_id() -> None:
    first = Document.from_text("a\r\nb", source="x")
    assert first.doc_id == Document.from_text("a\nb", source="x").doc_id


@given(st.lists(st.text("ab \n", max_size=20), min_size=1, max_size=5))
def test_page_and_line_agree_with_counting(pages: list[str]) -> None:
    starts = tuple(sum(len(page) for page in pages[:index]) for index in range(len(pages)))
    text = "".join(pages)
    document = Document.from_text(text, source="x", page_starts=starts)
    for offset in range(len(text)):
        expected = sum(start <= offset for start in starts)
        assert document.page(offset) == expected
        assert document.line(offset) == text[:offset].count("\n") + 1


def test_a_document_without_pages_has_no_page_numbers() -> None:
    assert Document.from_text("text", source="x").page(2) is None


def test_documents_can_be_copied_pickled_hashed_and_compared() -> None:
    document = Document.from_text("text", source="x", metadata={"author": "Quill"})
    assert pickle.loads(pickle.dumps(document)) == document
    assert copy.deepcopy(document) == document
    assert len({document, document}) == 1


def test_a_document_cannot_be_changed() -> None:
    document = Document.from_text("text", source="x")
    with pytest.raises(AttributeError):
        document.text = "other"  # type: ignore[misc]
