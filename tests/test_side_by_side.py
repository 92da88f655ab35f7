"""The arbiter: passages of a question's quotes read in one pass, ranked and marked by that."""

from concurrent.futures import Future
from dataclasses import replace

import numpy as np
import pytest

from corpus import Chunk, Document, sentence_spans
from index.searching import Hit
from qa.asked import Asked
from qa.quoting import Candidate, Quote
from qa.reader import Reading
from qa.side_by_side import LOWEST_MARGIN, PASSAGES, PREFERENCE, ranked
from qa.values import dates_in

QUESTION = "Who built the pier?"


def _asked(text: str = QUESTION) -> Asked:
    return Asked(
        text=text, encoding=None, token_weights=np.ones(1, np.float32), term_weights={"x": 1.0},
        characters=False, days=dates_in(text),
    )  # fmt: skip


def _reading(text: str, marked: str, margin: float) -> Reading:
    """Return a reading of the words of a text in which one of them is found by such a margin."""
    starts = [i for i, c in enumerate(text) if c != " " and (i == 0 or text[i - 1] == " ")]
    spans = [(start, start + len(text[start:].split()[0].rstrip("."))) for start in starts]
    logits = [margin / 2 if text[a:b] == marked else -9.0 for a, b in spans]
    return Reading(
        offsets=np.array(spans, np.int32), start_logits=np.array(logits, np.float32),
        end_logits=np.array(logits, np.float32), null=0.0, relevance=0.0,
    )  # fmt: skip


def _quote(text: str, mark: str, *, row: int, score: float, place: int = 0) -> Quote:
    document = Document.from_text(text, source="a")
    sentences = tuple(sentence_spans(text))
    chunk = Chunk(doc_id=document.doc_id, start=0, end=len(text), text=text, sentences=sentences)
    hit = Hit(chunk=chunk, document=document, score=1, dense=0.5, lexical=1, late=0.5, row=row)
    start, end = sentences[place]
    at = text.index(mark)
    best = Candidate(
        hit=hit, place=place, start=start, end=end, late=0.5, coverage=0.5, margin=1.0,
        relevance=0.0, mark=(at, at + len(mark)), score=score, reading=_reading(text, mark, 4.0),
    )  # fmt: skip
    return Quote(best=best, start=start, end=end, marks=(best.mark,))


class Arbiter:
    """Finds these words by these margins in the passages compared; verified are all alike."""

    def __init__(self, **found: float) -> None:
        self._found = found
        self.compared: list[str] = []

    def verify(self, question: str, passages: list[str]) -> list[Reading]:
        readings = [_reading(passage, passage.split()[0], 0.0) for passage in passages]
        return [
            replace(one, start_logits=0 * one.start_logits, end_logits=0 * one.end_logits)
            for one in readings
        ]

    def compare(self, question: str, passages: list[str]) -> Future[list[Reading]]:
        assert question.startswith(QUESTION)
        self.compared += passages
        words = [next(w for w in self._found if w in passage) for passage in passages]
        readings: Future[list[Reading]] = Future()
        readings.set_result(
            [
                _reading(passage, word, self._found[word])
                for passage, word in zip(passages, words, strict=True)
            ]
        )
        return readings


OTT = _quote("Ott built it.", "Ott", row=1, score=2.0)
LIND = _quote("Lind built it.", "Lind", row=2, score=1.8)
HOLM = _quote("Holm built it.", "Holm", row=3, score=0.5)
BERG = _quote("Berg built it.", "Berg", row=4, score=0.4)
NOBODY = _quote("Nobody knew Ott.", "Nobody", row=5, score=0.1)
LITTLE = 0.12 / PREFERENCE  # of margin: counts less than the .2 of score that Ott is ahead of Lind


def test_the_passage_that_the_arbiter_finds_the_answer_in_comes_first():
    found = ranked(_asked(), [OTT, LIND], Arbiter(Ott=1.0, Lind=9.0))
    assert [one.quote.marked for one in found] == ["Lind", "Ott"]
    assert [one.preferred for one in found] == pytest.approx([0.0, -8.0 * PREFERENCE])


def test_its_margin_speaks_for_a_quote_and_no_further_against_it_than_so_far():
    arbiter = Arbiter(Ott=3.0, Lind=-2.0, Holm=-9.0)
    found = ranked(_asked(), [OTT, LIND, HOLM, BERG], arbiter)
    margins = {one.quote.marked: one.evidence.compared_margin for one in found}
    assert margins == {"Ott": 3.0, "Lind": -2.0, "Holm": LOWEST_MARGIN, "Berg": LOWEST_MARGIN}
    (unread, *_) = ranked(_asked(), [OTT], Arbiter(), openly=True)
    assert unread.evidence.compared_margin == 0.0


def test_it_says_the_less_the_less_sure_it_is():
    found = ranked(_asked(), [OTT, LIND], Arbiter(Ott=1.0, Lind=1.0 + LITTLE))
    assert [one.quote.marked for one in found] == ["Ott", "Lind"]


def test_what_it_does_not_read_is_not_lifted_by_that():
    arbiter = Arbiter(Ott=-9.0, Lind=-9.0 + LITTLE, Holm=-12.0)
    found = ranked(_asked(), [OTT, LIND, HOLM, BERG], arbiter)
    assert len(arbiter.compared) == PASSAGES
    assert [one.quote.marked for one in found] == ["Ott", "Lind", "Holm", "Berg"]
    assert found[-1].preferred == found[-2].preferred


def test_a_quote_of_another_year_is_not_preferred_to_one_of_the_right_year():
    right = _quote("In 2018 Ott built it.", "Ott", row=1, score=2.0)
    other = _quote("In 2019 Lind built it.", "Lind", row=2, score=1.8)
    found = ranked(_asked(f"{QUESTION} In 2018?"), [right, other], Arbiter(Ott=1.0, Lind=9.0))
    assert [one.quote.marked for one in found] == ["Ott", "Lind"]
    undated = ranked(_asked(), [right, other], Arbiter(Ott=1.0, Lind=9.0))
    assert [one.quote.marked for one in undated] == ["Lind", "Ott"]


def test_that_it_finds_nothing_in_a_row_of_a_table_speaks_no_more_against_it_than_the_verifier():
    row = replace(OTT, best=replace(OTT.best, reading=None))
    found = ranked(_asked(), [row, LIND], Arbiter(Ott=-9.0, Lind=-1.0))
    assert [one.quote.marked for one in found] == ["Ott", "Lind"]
    margins = [one.evidence.compared_margin for one in found]
    assert margins == [found[0].evidence.verified_margin, -1.0] == [0.0, -1.0]
    surer = ranked(_asked(), [row, LIND], Arbiter(Ott=2.0, Lind=-1.0))
    assert surer[0].evidence.compared_margin == 2.0


def test_of_one_passage_the_sentence_is_preferred_in_which_the_answer_is_found():
    text = "Ott built it. Lind paid."
    alone = [
        _quote(text, "Ott", row=1, score=2.0), _quote(text, "Lind", row=1, score=1.9, place=1),
    ]  # fmt: skip
    arbiter = Arbiter(Lind=9.0)
    assert [one.quote.marked for one in ranked(_asked(), alone, arbiter)] == ["Lind", "Ott"]
    assert arbiter.compared == [text]


def test_a_question_in_characters_or_an_open_one_is_not_compared():
    in_characters = replace(_asked(), characters=True)
    for asked, openly in ((in_characters, False), (_asked(), True)):
        arbiter = Arbiter()
        found = ranked(asked, [OTT, LIND], arbiter, openly=openly)
        assert [one.quote for one in found] == [OTT, LIND]
        assert not arbiter.compared


def test_the_arbiter_has_a_part_in_where_the_answer_is_marked():
    def marked(**found: float) -> str:
        first, _ = ranked(_asked(), [pair, NOBODY], Arbiter(**found, Ott=-9.0))
        assert first.quote.marks == (first.quote.best.mark,)
        return first.quote.marked

    pair = _quote("Karl Lind built it.", "Karl", row=1, score=2.0)
    assert marked(Karl=1.0) == "Karl"
    assert marked(Lind=2.0) == "Karl"  # the reader is surer
    assert marked(Lind=60.0) == "Lind"


def test_a_mark_chosen_by_rule_and_a_row_of_a_table_stay_marked():
    read = _quote("Karl Lind built it.", "Karl", row=1, score=2.0)
    by_rule = replace(read, best=replace(read.best, mark=(10, 15)), marks=((10, 15),))
    of_row = replace(read, best=replace(read.best, reading=None))
    for quote in (by_rule, of_row):
        first, _ = ranked(_asked(), [quote, NOBODY], Arbiter(Lind=60.0, Ott=-9.0))
        assert first.quote == quote
