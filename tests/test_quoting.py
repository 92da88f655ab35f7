"""Which sentences are quoted: ranking, neighbours, near-duplicates, headings."""

import re
from dataclasses import replace

import numpy as np
import pytest

from corpus import Chunk, Document, sentence_spans
from index.searching import Hit, TokenMatch
from qa.asked import Asked
from qa.passages import excerpts
from qa.quoting import (
    ANOTHER_DAY,
    COVERAGE_WEIGHT,
    LATE_WEIGHT,
    LONGEST_QUOTE,
    READING_WEIGHT,
    RELEVANCE_WEIGHT,
    RUN_ON,
    YEAR_OF_NAME,
    Candidate,
    choose_quotes,
    score_sentences,
)
from qa.reader import Reading
from qa.values import dates_in

TEXT = "What happened\n\nThe harbour opened in 1887. Mara Quill built it. Ferries cross the bay."


def _hit(text: str = TEXT, *, source: str = "a", row: int = 0, score: float = 1.0) -> Hit:
    document = Document.from_text(text, source=source)
    chunk = Chunk(
        doc_id=document.doc_id, start=0, end=len(text), text=text,
        sentences=tuple(sentence_spans(text)),
    )  # fmt: skip
    return Hit(
        chunk=chunk, document=document, score=score, dense=0.5, lexical=1.0, late=0.5, row=row
    )


def _candidate(hit: Hit, place: int, *, score: float, margin: float = 1.0) -> Candidate:
    start, end = hit.chunk.sentences[place]
    return Candidate(
        hit=hit, place=place, start=start, end=end, late=0.5, coverage=0.5, margin=margin,
        relevance=0.0, mark=(start, start + 3), score=score,
    )  # fmt: skip


def test_each_sentence_is_scored_by_its_own_tokens_and_span():
    hit = _hit()
    opened, built = TEXT.index("opened"), TEXT.index("Mara")
    offsets = np.array([(opened, opened + 6), (built, built + 4)], np.int32)
    match = TokenMatch(similarities=np.array([[0.9, 0.2], [0.1, 0.4]], np.float32), offsets=offsets)
    reading = Reading(
        offsets=offsets, start_logits=np.array([1, 5], np.float32),
        end_logits=np.array([2, 6], np.float32), null=1.0, relevance=0.5,
    )  # fmt: skip
    asked = Asked(
        text="harbour opened?", encoding=None, token_weights=np.array([3, 1], np.float32),
        term_weights={"harbour": 3.0, "open": 1.0}, characters=False,
    )  # fmt: skip
    (part,) = excerpts([hit], [match], asked.token_weights)
    first, second = score_sentences(asked, part, reading)  # the third has no token
    assert TEXT[first.start : first.end] == "The harbour opened in 1887."
    assert first.late == pytest.approx((3 * 0.9 + 0.1) / 4)
    assert first.coverage == pytest.approx(1.0)
    assert first.margin == pytest.approx(2.0)
    assert TEXT[slice(*first.mark)] == "opened"
    reading_score = READING_WEIGHT * 2.0 + RELEVANCE_WEIGHT * 0.5
    assert first.score == pytest.approx(1.0 + LATE_WEIGHT * first.late + reading_score)
    assert TEXT[second.start : second.end] == "Mara Quill built it."
    assert second.margin == pytest.approx(10.0)
    characters = replace(asked, characters=True)
    (same, _) = score_sentences(characters, part, reading)
    assert same.score == pytest.approx(1.0 + LATE_WEIGHT * first.late + COVERAGE_WEIGHT)


@pytest.mark.parametrize(
    ("text", "marked", "lost"),
    [
        ("Mara came to the 2018 summit in Denby.", "2018", YEAR_OF_NAME),
        ("The 2018 Bay Forum was held on May 4, 2018, in Denby.", "May 4, 2018", 0.0),
        ("The 2018 Bay Forum was prepared from May 4, 2017, in Denby.", "2018", YEAR_OF_NAME),
        ("Denby was the place of the summit in 2018.", "2018", 0.0),
        ("In 2018 Denby held the summit.", "2018", 0.0),
    ],
)
def test_the_year_in_a_name_does_not_tell_when(text: str, marked: str, lost: float):
    hit = _hit(text)
    offsets = np.array([match.span() for match in re.finditer(r"\w+", text)], np.int32)
    words = [text[start:end] for start, end in offsets]
    logits = np.full(len(words), -5.0, np.float32)
    logits[words.index("2018")] = 4.0
    starts, ends = logits.copy(), logits
    if "May" in words:
        starts[words.index("May")] = ends[words.index("May") + 2] = 1.0
    reading = Reading(
        offsets=offsets, start_logits=starts, end_logits=ends, null=0.0, relevance=0.0
    )
    match = TokenMatch(similarities=np.zeros((1, len(words)), np.float32), offsets=offsets)
    asked = Asked(
        text="When was the summit in Denby?", encoding=None, token_weights=np.ones(1, np.float32),
        term_weights={"summit": 3.0, "denbi": 2.0}, characters=False,
    )  # fmt: skip
    (part,) = excerpts([hit], [match], asked.token_weights)
    (found,) = score_sentences(asked, part, reading)
    assert text[slice(*found.mark)] == marked
    assert found.margin == pytest.approx(8.0)
    assert found.score == pytest.approx(1.0 + READING_WEIGHT * 8.0 - lost)
    (other,) = score_sentences(replace(asked, text="Who came to Denby?"), part, reading)
    assert text[slice(*other.mark)] == "2018"
    assert other.score == pytest.approx(1.0 + READING_WEIGHT * 8.0)


def _sentences_scored(text: str, **weights: float) -> list[str]:
    """Return the sentences of a text that may answer a question with terms of these weights."""
    hit = _hit(text)
    offsets = np.array(hit.chunk.sentences, np.int32)
    logits = np.zeros(len(offsets), np.float32)
    reading = Reading(
        offsets=offsets, start_logits=logits, end_logits=logits, null=0.0, relevance=0.0
    )
    match = TokenMatch(similarities=np.ones((1, len(offsets)), np.float32), offsets=offsets)
    asked = Asked(
        text="q", encoding=None, token_weights=np.ones(1, np.float32), term_weights=weights,
        characters=False,
    )  # fmt: skip
    (part,) = excerpts([hit], [match], asked.token_weights)
    return [text[one.start : one.end] for one in score_sentences(asked, part, reading)]


@pytest.mark.parametrize(
    "line", ["Opening hours", "Goal 8.4.2 Opening hours", "3. Opening hours", "3.2.", "1,056."]
)
def test_a_heading_or_a_number_alone_is_never_a_candidate(line: str):
    found = _sentences_scored(f"{line}\n\nThe harbour opened.", open=1.0)
    assert found == ["The harbour opened."]


def test_a_line_of_a_table_of_contents_is_never_a_candidate():
    text = "Goals for 2030 … 4\n\nCosts for 2031 … 5\n\nTables … 6\n\nThe harbour opened."
    assert _sentences_scored(text) == ["The harbour opened."]


@pytest.mark.parametrize("gap", ["\n", "\n\n"])
def test_an_item_of_a_numbered_list_is_a_candidate(gap: str):
    items = ["1. Storm sewers", "2. Street lighting"]
    assert _sentences_scored(f"The city has{gap}{gap.join(items)}\n\nIt is old.") == [
        *items, "It is old.",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("line", "term"),
    [("Chair: Mary Lopez", "chair"), ("- Ana Ruiz, Town Clerk", "clerk"),
     ("- Opening talk - Jo Day", "talk"), ("Jo Day : Town Clerk", "clerk")],
)  # fmt: skip
def test_a_line_that_pairs_two_things_may_answer_what_it_has_a_word_of(line: str, term: str):
    text = f"{line}\n\nThe harbour opened."
    assert _sentences_scored(text, **{term: 1.0}) == [line, "The harbour opened."]
    assert _sentences_scored(text, mayor=1.0) == ["The harbour opened."]


def test_what_is_introduced_is_not_quoted_twice():
    hit = _hit("Town Clerk :\n\nAnswers all letters.")
    label, letters = (_candidate(hit, place, score=9 - 5 * place) for place in (0, 1))
    assert [quote.text for quote in choose_quotes([label, letters], k=3)] == [hit.document.text]
    first, second = choose_quotes([label, replace(letters, score=20.0)], k=3)
    assert (first.text, second.text) == ("Answers all letters.", "Town Clerk :")


def _read_alike(text):
    """Return a question, the words of a text, and a reading in which all are as good."""
    offsets = np.array([m.span() for m in re.finditer(r"\w+", text)], np.int32)
    logits = np.zeros(len(offsets), np.float32)
    reading = Reading(
        offsets=offsets, start_logits=logits, end_logits=logits, null=0.0, relevance=0.0
    )
    asked = Asked(
        text="q", encoding=None, token_weights=np.ones(1, np.float32), term_weights={},
        characters=False,
    )  # fmt: skip
    return asked, offsets, reading


def test_a_sentence_on_the_day_asked_about_but_of_another_year_comes_after_others():
    text = "May 4, 2019, was the day of the fair. May 4, 2018, was the day of the race."
    asked, offsets, reading = _read_alike(text)
    match = TokenMatch(similarities=np.ones((1, len(offsets)), np.float32), offsets=offsets)
    (part,) = excerpts([_hit(text)], [match], asked.token_weights)
    whole = replace(asked, days=dates_in("What happened on 4 May 2018?"))
    fair, race = score_sentences(whole, part, reading)
    assert fair.score == pytest.approx(race.score - ANOTHER_DAY)
    assert fair.score < race.score
    undated = replace(asked, days=dates_in("What happened on 4 May?"))
    fair, race = score_sentences(undated, part, reading)
    assert fair.score == pytest.approx(race.score)


def test_a_question_in_the_text_is_quoted_with_the_sentence_that_answers_it():
    text = "Is there a fee? The pilot is free. Who pays? Who owns it?"
    asked, offsets, reading = _read_alike(text)
    fits = np.where(offsets[:, 0] < text.index("The"), 0.9, 0.3).astype(np.float32)
    match = TokenMatch(similarities=fits[None], offsets=offsets)
    (part,) = excerpts([_hit(text)], [match], asked.token_weights)
    found = score_sentences(asked, part, reading)
    assert [text[one.start : one.end] for one in found] == [
        "Is there a fee? The pilot is free.", "Who pays?", "Who owns it?",
    ]  # fmt: skip
    assert text[slice(*found[0].mark)] == "The"  # the answer is marked in the answering sentence
    assert found[0].late == pytest.approx(0.9)
    asking = replace(part, end=text.index(" The"))  # where the answer is not read
    (only,) = score_sentences(asked, asking, reading)
    assert text[only.start : only.end] == "Is there a fee?"


def test_quotes_come_best_first_and_at_most_k():
    hits = [
        _hit(text, source=str(row), row=row)
        for row, text in enumerate(["Ships sail.", "Corn grows.", "Dogs bark.", "Ice melts."])
    ]
    candidates = [_candidate(hit, 0, score=score) for hit, score in zip(hits, [1, 4, 2, 3])]  # noqa: B905
    quotes = choose_quotes(candidates, k=3)
    assert [quote.text for quote in quotes] == ["Corn grows.", "Ice melts.", "Dogs bark."]


def test_a_neighbour_that_answers_almost_as_well_is_quoted_along():
    hit = _hit("One ship. Two ships. Three ships. Four ships. Five ships.")
    scores = [3.0, 3.0 - RUN_ON / 2, 3.0 - RUN_ON / 2, 3.0 - RUN_ON / 2, 0.0]
    candidates = [_candidate(hit, place, score=score) for place, score in enumerate(scores)]
    first, *rest = choose_quotes(candidates, k=5)
    assert first.text == "One ship. Two ships. Three ships."
    assert len(first.marks) == LONGEST_QUOTE
    assert [quote.text for quote in rest] == ["Four ships.", "Five ships."]


@pytest.mark.parametrize("kind", ["explanation", "list"])
def test_explanations_and_lists_run_on_within_their_paragraph(kind):
    hit = _hit("One ship. Two ships. Three ships. Four ships.\n\nFive ships. Six ships.")
    candidates = [
        _candidate(hit, place, score=score, margin=-1)
        for place, score in enumerate([1, 0.5, 0.9, 3, 2.9, 2.9])
    ]
    quote = choose_quotes(candidates, k=1, kind=kind)[0]
    assert quote.text == "One ship. Two ships. Three ships. Four ships."
    assert quote.marks == (candidates[3].mark,)  # what reads as no answer is quoted, not marked
    fact = choose_quotes(candidates, k=1, kind="date")[0]
    assert fact.text == "Four ships."


def test_an_explanation_has_at_most_four_sentences_and_leaves_out_what_is_far_behind():
    hit = _hit("One ship. Two ships. Three ships. Four ships. Five ships. Six ships.")
    even = [_candidate(hit, place, score=3, margin=-1) for place in range(6)]
    quote = choose_quotes(even, k=1, kind="explanation")[0]
    assert quote.text == "One ship. Two ships. Three ships. Four ships."
    steep = [replace(one, score=9 - 4 * one.place) for one in even]
    assert choose_quotes(steep, k=1, kind="explanation")[0].text == "One ship."


def test_a_neighbour_that_says_no_answer_is_left_out():
    hit = _hit("One ship. Two ships.")
    candidates = [_candidate(hit, 0, score=3), _candidate(hit, 1, score=3, margin=-1)]
    assert choose_quotes(candidates, k=1)[0].text == "One ship."


def test_quotes_never_overlap():
    hit = _hit("A ship. B ship. C ship. D ship. E ship. F ship.")
    candidates = [
        _candidate(hit, place, score=score) for place, score in enumerate([2, 2.1, 2, 2.3, 2, 2])
    ]
    spans = sorted((quote.start, quote.end) for quote in choose_quotes(candidates, k=9))
    assert all(a_end <= b_start for (_, a_end), (b_start, _) in zip(spans, spans[1:], strict=False))
    covered = " ".join(hit.document.text[a:b] for a, b in spans)
    assert covered == hit.document.text


def test_near_duplicates_are_merged_and_their_sources_named():
    same = "Over 1,000 people attended the summit in Yinchuan in November 2018."
    hits = [
        _hit(same, source="a", row=0),
        _hit(same.replace("Over", "More than"), source="b", row=1),
        _hit("The forum took place in Shenzhen.", source="c", row=2),
    ]
    candidates = [_candidate(hit, 0, score=3 - hit.row) for hit in hits]
    first, second = choose_quotes(candidates, k=3)
    assert first.best.hit.document.source == "a"
    assert [twin.best.hit.document.source for twin in first.twins] == ["b"]
    assert second.best.hit.document.source == "c"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Over 1,000 people attended the summit in Yinchuan.", "Over 3,000 people attended the "
         "summit in Yinchuan."),
        ("The summit was held in Yinchuan in May that year.", "The summit was held in Shenzhen in "
         "May that year."),
        ("The summit took place on 3 May 2017 in Yinchuan.", "The summit took place on 4 May 2017 "
         "in Yinchuan."),
    ],
)  # fmt: skip
def test_quotes_that_differ_in_a_value_alone_are_never_merged(one, other):
    hits = [_hit(text, source=text, row=row) for row, text in enumerate([one, other])]
    quotes = choose_quotes([_candidate(hit, 0, score=2 - hit.row) for hit in hits], k=3)
    assert [quote.text for quote in quotes] == [one, other]


def test_a_paraphrase_with_the_same_answer_is_merged():
    texts = [
        "The harbour of Aldmouth was built by Mara Quill.",
        "Mara Quill, who came from Denby, built the harbour.",
    ]
    hits = [_hit(text, source=str(row), row=row) for row, text in enumerate(texts)]
    marks = [(text.index("Mara"), text.index("Quill") + 5) for text in texts]
    candidates = [
        replace(_candidate(hit, 0, score=2 - hit.row), mark=mark)
        for hit, mark in zip(hits, marks, strict=True)
    ]
    (only,) = choose_quotes(candidates, k=3)
    assert [twin.text for twin in only.twins] == [texts[1]]


def chosen(*marked: tuple[str, str]) -> list:
    """The quotes chosen among sentences, each of its own document, with the words marked in it."""
    hits = [_hit(text, source=str(row), row=row) for row, (text, _) in enumerate(marked)]
    places = [(text.index(words), text.index(words) + len(words)) for text, words in marked]
    return choose_quotes(
        [
            replace(_candidate(hit, 0, score=9 - hit.row), mark=mark)
            for hit, mark in zip(hits, places, strict=True)
        ],
        k=3,
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            ("The ferry of Denby carries 60 cars.", "60 cars"),
            ("On Denby's ferry, painted red, there is room for sixty cars.", "sixty cars"),
        ),
        (
            ("Denby has seven ferries, the oldest of which was built in Arn.", "seven"),
            ("The port of Denby has 7 ferries, and each of them carries a lifeboat.", "7"),
        ),
        (
            ("In 2015 25% of the roofs in Denby were green.", "25%"),
            ("A quarter of all roofs in the town were green in 2015.", "quarter"),
        ),
        (
            ("The pier of Denby was opened by a choir on 3 May 2011.", "3 May 2011"),
            ("On May 3, 2011, a choir of forty opened the long pier.", "May 3, 2011"),
        ),
        (
            ("The pier is to be rebuilt by 2031.", "2031"),
            ("In 2019 the town decided that the pier is to be wholly rebuilt by 2031.", "2031"),
        ),
    ],
)
def test_the_same_value_in_other_words_is_merged(one, other):
    (only,) = chosen(one, other)
    assert [twin.text for twin in only.twins] == [other[0]]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            ("The ferry of Denby carries 60 cars.", "60 cars"),
            ("The ferry of Denby was to carry 60 cars and carries 52 cars.", "60 cars"),
        ),
        (
            ("The keeper of the port is Anna Bell.", "Anna Bell"),
            ("He follows Anna Bell, who sails to Arn.", "Anna Bell"),
        ),
        (
            ("Its owner is Anna Bell.", "Anna Bell"),
            ('"It is a fine day to be at sea," said Anna Bell.', "Anna Bell"),
        ),
        (
            ("The mill of Arn was built in 1870.", "1870"),
            ("A storm drowned many sheep on the isle in 1870.", "1870"),
        ),
        (
            ("The pier was opened by a choir on 3 May 2011.", "3 May 2011"),
            (
                "The pier was opened on 3 May 2011, the quay on 9 June 2012.",
                "3 May 2011",
            ),
        ),
        (
            ("The library lent 900 books in 2015.", "900 books"),
            ("In 2016 it was again 900 books that the old library lent.", "900 books"),
        ),
    ],
)
def test_the_same_value_does_not_make_two_sentences_say_the_same(one, other):
    assert [quote.text for quote in chosen(one, other)] == [one[0], other[0]]


def test_nothing_gives_nothing():
    assert choose_quotes([], k=3) == []
