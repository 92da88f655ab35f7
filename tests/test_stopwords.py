"""Which words' tokens are left out of token vectors, by the rule alone and through the encoder."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.encoder import Encoder
from index.stopwords import STOP_WORDS, in_stop_words


def _kept(text: str) -> list[str]:
    """Return the words of a text that are no stop words in it."""
    spans = np.array([found.span() for found in re.finditer(r"\w+", text)], np.int32)
    stopped = in_stop_words(text, spans.reshape(-1, 2))
    return [text[a:b] for (a, b), out in zip(spans, stopped, strict=True) if not out]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("The mayor of Yinchuan, who was there, spoke.", ["mayor", "Yinchuan", "spoke"]),
        ("It was not built before 1985.", ["not", "built", "before", "1985"]),
        ("IT helps the US and the WHO.", ["IT", "helps", "US", "WHO"]),
        ("In May nobody will.", ["May", "nobody", "will"]),
        ("Who is it?", ["Who", "is", "it"]),
        ("Theory, sofa and isthmus", ["Theory", "sofa", "isthmus"]),
        ("智慧城市 in 银川", ["智慧城市", "银川"]),
        ("", []),
    ],
)
def test_function_words_are_left_out_and_names_numbers_and_negations_kept(text, kept):
    assert _kept(text) == kept


WORDS = [*sorted(STOP_WORDS), "city", "NOT", "IT", "é", "市", "\r\n", "7"]


@given(st.lists(st.sampled_from(WORDS)))
def test_the_rule_equals_a_loop_over_words(words):
    text = " ".join(words)
    found = re.findall(r"\w+", text)
    expected = [w for w in found if w.lower() not in STOP_WORDS or (len(w) > 1 and w.isupper())]
    assert _kept(text) == (expected or found)


def test_a_token_that_has_the_space_before_a_word_is_left_out_with_it():
    spans = np.array([[0, 4], [4, 7], [7, 12]], np.int32)  # as byte-level tokenizers count
    assert in_stop_words("lamp of glass", spans).tolist() == [False, True, False]


def test_stop_words_of_titles_and_texts_have_no_vectors_and_offsets_fit_the_rest():
    encoder = Encoder.load()
    title, text = "The lamps of Aldmouth", "They were lit by gas, and not at all by oil."
    ((_, encoding),) = encoder.encode_passages([(title, text)])
    joined = f"{title}\n{text}"
    words = [joined[a:b] for a, b in encoding.offsets + len(title) + 1]
    assert "".join(words) == "lampsAldmouthlitgasnotalloil"
    assert len(encoding.tokens) == len(encoding.offsets)
    np.testing.assert_array_equal(encoder.token_offsets(title, text), encoding.offsets)
    asked = encoder.encode_question("What were the lamps lit by?")
    assert [tuple(span) for span in asked.offsets] == [(14, 19), (20, 23)]
    assert len(encoder.encode_question("Who is it?").tokens) == 3


def _with_vectors(encoding, text):
    return "".join(text[a:b] for a, b in encoding.offsets)


def test_of_a_chinese_passage_repetitions_within_a_sentence_have_no_vectors():
    encoder = Encoder.load()
    text = "中国的城市和中国的人民中国。中国的城市。"
    ((_, encoding),) = encoder.encode_passages([("", text)])
    assert len(encoding.tokens) == len(encoding.offsets) == 14  # of 18
    assert _with_vectors(encoding, text).startswith("中国的城市和")
    assert _with_vectors(encoding, text).endswith("中国的城市")  # once each in its sentence
    np.testing.assert_array_equal(encoder.token_offsets("", text), encoding.offsets)


def test_nothing_that_stands_once_is_left_out_nor_anything_of_a_question():
    encoder = Encoder.load()
    ((_, passage),) = encoder.encode_passages([("", "中国人民大学。")])
    assert _with_vectors(passage, "中国人民大学。") == "中国人民大学"
    question = "中国的人民和中国的大学"
    assert _with_vectors(encoder.encode_question(question), question) == question
