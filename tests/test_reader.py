import hashlib
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from corpus import ModelError
from qa.networks import DEFAULT_WEIGHTS, VERIFIER_WEIGHTS, merge
from qa.reader import Reader, Reading, Span, decode_span, windows

LOGITS = st.integers(-4, 4).map(float)  # few values, so that ties occur


def oracle(starts, ends, max_tokens):
    best, most = None, -np.inf
    for first in range(len(starts)):
        for last in range(first, min(len(ends), first + max_tokens)):
            score = float(starts[first] + ends[last])
            worth = score
            if last > first:  # the best that starts later with the best that ends earlier
                inner = float(max(starts[first + 1 : last + 1]) + max(ends[first:last]))
                worth -= 0.5 * max(0.0, inner - score + 2.0)
            if worth > most:
                best, most = (first, last, score), worth
    return best


def reading_of(starts, ends, offsets, null=0.0):
    return Reading(
        offsets=np.array(offsets, dtype=np.int32).reshape(-1, 2),
        start_logits=np.array(starts, dtype=np.float32),
        end_logits=np.array(ends, dtype=np.float32),
        null=null,
        relevance=0.0,
    )


@given(st.integers(1, 40), st.integers(1, 45), st.data())
def test_decoding_equals_trying_every_span(count, max_tokens, data):
    row = arrays.arrays(np.float32, count, elements=LOGITS)
    starts, ends = data.draw(row), data.draw(row)
    found = decode_span(starts, ends, max_tokens=max_tokens)
    assert found == oracle(starts, ends, max_tokens)


@given(st.integers(1, 25), st.integers(-5, 90), st.integers(-5, 90), st.data())
def test_best_span_inside_characters_equals_trying_every_span_there(count, start, end, data):
    row = arrays.arrays(np.float32, count, elements=LOGITS)
    starts, ends = data.draw(row), data.draw(row)
    offsets = [(3 * i, 3 * i + 2) for i in range(count)]
    found = reading_of(starts, ends, offsets, null=1.5).best_span(start, end, max_tokens=4)
    inside = [i for i, (a, b) in enumerate(offsets) if a >= start and b <= end]
    if not inside:
        assert found is None
        return
    first, last, score = oracle(starts[inside], ends[inside], 4)
    wanted = (offsets[inside[0] + first][0], offsets[inside[0] + last][1], score - 1.5)
    assert (found.start, found.end, found.score) == wanted


def test_a_span_never_crosses_the_end_of_the_characters_asked_for():
    reading = reading_of([9, 0, 0], [0, 0, 9], [(0, 2), (3, 5), (6, 8)])
    assert reading.best_span() == Span(start=0, end=8, score=18.0)
    assert reading.best_span(0, 7) == Span(start=0, end=2, score=9.0)
    assert reading.best_span(1, 7) == Span(start=3, end=5, score=0.0)


def test_two_answers_are_not_marked_as_one():
    words = ["Beroe", ",", "unlike", "the", "juveniles"]
    starts, ends = [5, 0, 0, 4.8, 0], [4.5, 0, 0, 0, 5]
    first, last, _ = decode_span(
        np.array(starts, np.float32), np.array(ends, np.float32), max_tokens=30
    )
    assert words[first : last + 1] == ["the", "juveniles"]


@pytest.mark.parametrize(("count", "max_tokens"), [(0, 5), (3, 0)])
def test_decoding_nothing_is_a_wrong_argument(count, max_tokens):
    logits = np.zeros(count, dtype=np.float32)
    with pytest.raises(ValueError, match="No span"):
        decode_span(logits, logits, max_tokens=max_tokens)


@given(st.integers(0, 3000), st.integers(130, 400))
def test_windows_partition_the_tokens_and_overlap(count, room):
    found = windows(count, room=room, stride=128)
    owned = [i for _, _, a, b in found for i in range(a, b)]
    assert owned == list(range(count))
    assert all(low <= a <= b <= high <= max(count, 0) for low, high, a, b in found)
    assert all(high - low <= room for low, high, _, _ in found)
    for (_, high, _, _), (low, _, _, _) in zip(found, found[1:], strict=False):
        assert high - low >= 128


def test_merging_adds_scaled_differences_and_replaces_the_rest():
    import torch

    base = {"a.weight": torch.ones(2, 3), "b": torch.zeros(2), "pooler.dense.bias": torch.ones(1)}
    changed = {
        "a.weight.delta": torch.tensor([[1, 0, -1], [2, 2, 2]], dtype=torch.int8),
        "a.weight.scale": torch.tensor([[0.5], [0.25]]),
        "b": torch.ones(2).half(),
        "span.bias": torch.ones(2).half(),
    }
    merged = merge(base, changed)
    further = {
        "a.weight.up": torch.tensor([[1.0], [0.0]]).half(),
        "a.weight.down": torch.tensor([[1.0, 2.0, 3.0]]).half(),
        "span.bias": torch.zeros(2).half(),
    }
    both = merge(base, changed, further)
    assert both["bert.a.weight"].tolist() == [[2.5, 3.0, 3.5], [1.5, 1.5, 1.5]]
    assert both["span.bias"].tolist() == [0.0, 0.0]
    assert sorted(merged) == sorted(both) == ["bert.a.weight", "bert.b", "span.bias"]
    assert merged["bert.a.weight"].tolist() == [[1.5, 1.0, 0.5], [1.5, 1.5, 1.5]]
    assert merged["bert.b"].tolist() == [1.0, 1.0]


@pytest.fixture(scope="module")
def reader():
    return Reader.load()


# passage, questions with their answers, questions without one
SAMPLE = [
    (
        "The Orchid Line opened on 4 May 2016 between Harbour Gate and the airport. Its 23 "
        "stations were designed by Mei Tanaka. A second branch is planned for 2027.",
        {"How many stations does the line have?": "23", "Who designed the stations?": "Mei Tanaka"},
        [
            "How much does a ticket to the airport cost?",
            "Who drives the trains of the Orchid Line?",
        ],
    ),
    (
        "Brakel, a town of 61,000 people, put sensors into 4,200 street lamps in 2019. The mayor, "
        "Ilse Vermeer, said that the lamps save the town 310,000 euros a year, because each dims "
        "itself when nobody is near. The work was paid for by the province.",
        {
            "How much money do the lamps save each year?": "310,000 euros",
            "Why do the lamps save money?": "each dims itself when nobody is near",
        },
        ["How many cameras were put into street lamps?", "When was Ilse Vermeer born?"],
    ),
    (
        "Norvind Energy signed a contract with the port of Lisse on Tuesday. Under it, twelve wind "
        "turbines will be built on the western pier by the end of next year. Fishermen had opposed "
        "the plan because they feared for the herring.",
        {
            "What will be built on the western pier?": "twelve wind turbines",
            "Who opposed the plan?": "Fishermen",
        },
        [
            "What will be built on the eastern pier?",
            "How much did Norvind Energy pay for the port?",
        ],
    ),
    (
        "Cassava keeps for only a few days after harvest. Farmers around Owando therefore slice "
        "and dry it on raised trays of woven palm, which keeps it good for up to eight months. "
        "The method was brought to the region by Odile Mabiala in the 1970s.",
        {
            "How long does dried cassava stay good?": "up to eight months",
            "What are the trays made of?": "woven palm",
        },
        ["At what temperature is cassava boiled?", "Which method did Odile Mabiala reject?"],
    ),
    (
        "The library in Tarn Street lends tools as well as books. Members may keep a drill or a "
        "ladder for one week. The collection, which began with a gift from a retired carpenter, "
        "now counts 740 tools, and the repair evening on Thursdays draws about thirty visitors.",
        {
            "How long may members keep a ladder?": "one week",
            "On which day is the repair evening?": "Thursdays",
        },
        ["Who is the librarian of Tarn Street?", "How many books does the library lend each year?"],
    ),
    (
        "Three universities and the ministry of transport founded the Open Roads Alliance in Graz "
        "in March 2021. Its chair, Professor Anton Huber, wants traffic data from every city to be "
        "published in one format. So far 17 cities have agreed, among them Linz and Salzburg.",
        {
            "Who chairs the Open Roads Alliance?": "Anton Huber",
            "Where was the alliance founded?": "Graz",
        },
        ["Which cities refused to publish traffic data?", "What is the budget of the alliance?"],
    ),
]

PASSAGE = (
    "The Orchid Line opened on 4 May 2016 between Harbour Gate and the airport. "
    "Its 23 stations were designed by Mei Tanaka. A second branch is planned for 2027."
)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Who designed the stations of the Orchid Line?", "Mei Tanaka"),
        ("How many stations does the Orchid Line have?", "23"),
        ("When did the Orchid Line open?", "4 May 2016"),
        ("when is the second branch planned", "2027"),
    ],
)
def test_reads_the_answer(reader, question, answer):
    (reading,) = reader.read(question, [PASSAGE])
    span = reading.best_span()
    assert PASSAGE[span.start : span.end].strip(".") == answer
    assert span.score > 0


def test_prefers_the_passage_that_answers(reader):
    other = "The Harbour Gate ferry carries cars and lorries. Tickets are sold on board for cash."
    good, bad = reader.read("Who designed the stations of the Orchid Line?", [PASSAGE, other])
    assert good.relevance > bad.relevance
    assert good.best_span().score > 0 > bad.best_span().score


def test_a_passage_is_read_alike_alone_and_among_others(reader):
    question = "When did the Orchid Line open?"
    among = reader.read(question, ["Short.", PASSAGE, "Something else. " * 90])[1]
    (alone,) = reader.read(question, [PASSAGE])
    np.testing.assert_array_equal(among.start_logits, alone.start_logits)
    assert (among.null, among.relevance) == (alone.null, alone.relevance)


def test_what_was_read_is_read_once_more_without_the_model(reader, monkeypatch):
    question, other = "Which line opened first of all?", "It rained in Aldmouth all day."
    first = reader.read(question, [PASSAGE, other])
    with monkeypatch.context() as patch:
        patch.setattr(reader, "_sessions", {"reader": lambda: None})
        assert reader.read(f" {question}", [other, PASSAGE]) == first[::-1]
        with pytest.raises(AttributeError):
            reader.read("Which line opened last of all?", [PASSAGE])
    with pytest.raises(ValueError, match="read-only"):
        first[0].start_logits[0] = 9.0


def test_finds_an_answer_at_either_end_of_a_passage_longer_than_the_model_reads(reader):
    filler = (
        "The weather was fine that day and nobody had anything to report from the fields. " * 45
    )
    for text in (PASSAGE + " " + filler, filler + PASSAGE):
        (reading,) = reader.read("Who designed the stations of the Orchid Line?", [text])
        span = reading.best_span()
        assert text[span.start : span.end] == "Mei Tanaka"
        assert len(reading.offsets) > 600


@settings(max_examples=40, deadline=None)
@given(
    question=st.text(max_size=40),
    passage=st.text(max_size=120)
    | st.sampled_from(
        ["", " ", "智慧城市建设试点", "e\u0301cole 👩‍👩‍👧 na\u00efve", "a\r\nb\x00c", "x" * 3000]
    ),
)
def test_offsets_lie_in_the_passage_whatever_the_text(reader, question, passage):
    (reading,) = reader.read(question, [passage])
    offsets = reading.offsets
    assert offsets.shape == (len(reading.start_logits), 2) == (len(reading.end_logits), 2)
    assert (offsets[:, 0] <= offsets[:, 1]).all() and (np.diff(offsets[:, 0]) >= 0).all()
    assert not len(offsets) or 0 <= offsets.min() <= offsets.max() <= len(passage)
    assert np.isfinite([reading.null, reading.relevance]).all()
    assert np.isfinite(reading.start_logits).all() and np.isfinite(reading.end_logits).all()
    span = reading.best_span()
    assert (span is None) == (len(offsets) == 0)
    assert span is None or 0 <= span.start < span.end <= len(passage)


def test_no_passages_no_readings(reader):
    assert reader.read("Who?", []) == []


def test_an_endless_question_is_cut_not_refused(reader):
    (reading,) = reader.read("Who designed the stations? " * 200, [PASSAGE])
    assert reading.best_span() is not None


def test_the_shipped_file_has_the_stated_checksum_and_size():
    description = json.loads(DEFAULT_WEIGHTS.with_suffix(".json").read_text("utf-8"))
    content = DEFAULT_WEIGHTS.read_bytes()
    assert hashlib.sha256(content).hexdigest() == description["sha256"]
    assert len(content) <= 12_000_000


def test_the_shipped_reader_scores_on_a_small_sample(reader):
    right, present, absent = 0, [], []
    for passage, answers, without in SAMPLE:
        for question, answer in answers.items():
            span = reader.read(question, [passage])[0].best_span()
            found = passage[span.start : span.end]
            right += answer in found or found in answer
            present.append(span.score)
        absent += [reader.read(q, [passage])[0].best_span().score for q in without]
    assert len(present) == len(absent) == 12
    assert right >= 11
    assert np.mean([a > b for a in present for b in absent]) >= 0.85


def test_altered_weights_are_refused(tmp_path):
    weights = tmp_path / "reader.safetensors"
    weights.write_bytes(DEFAULT_WEIGHTS.read_bytes()[:-1] + b"?")
    weights.with_suffix(".json").write_text(DEFAULT_WEIGHTS.with_suffix(".json").read_text("utf-8"))
    with pytest.raises(ModelError, match=r"has SHA-256 .*expected .*install Citewise again"):
        Reader.load(weights)


def test_a_verifier_trained_on_another_reader_is_refused(tmp_path):
    weights = tmp_path / "verifier.safetensors"
    weights.write_bytes(VERIFIER_WEIGHTS.read_bytes())
    description = json.loads(VERIFIER_WEIGHTS.with_suffix(".json").read_text("utf-8"))
    weights.with_suffix(".json").write_text(json.dumps(description | {"reader": "0" * 64}))
    with pytest.raises(ModelError, match=r"trained on the reader 0{12}, this is .*Install"):
        Reader.load(verifier=weights)


def test_the_verifier_is_another_network_and_what_it_read_is_kept_apart(reader):
    question = "What was the Orchid Line's first station called?"
    (read,), (verified,) = reader.read(question, [PASSAGE]), reader.verify(question, [PASSAGE])
    assert abs(read.null - verified.null) > 0.1
    assert reader.read(question, [PASSAGE]) == [read]
    assert reader.verify(question, [PASSAGE]) == [verified]


def test_the_listener_is_another_network_and_is_opened_when_it_is_needed():
    reader, question = Reader.load(), "And who designed the stations?"
    context = f"When did the Orchid Line open? The Orchid Line opened. {question}"
    opened = []
    listener = reader._sessions["listener"]
    reader._sessions["listener"] = lambda: opened.append(listener()) or opened[-1]
    (verified,) = reader.verify(context, [PASSAGE])
    assert not opened
    (listened,) = reader.listen(context, [PASSAGE])
    assert opened
    assert abs(listened.null - verified.null) > 0.1
    span = listened.best_span()
    assert PASSAGE[span.start : span.end] == "Mei Tanaka"


def test_of_a_long_conversation_the_listener_reads_the_end(reader):
    question = "And who designed the stations?"
    said = [f"{'The weather was fine that day. ' * times}{question}" for times in (40, 60)]
    first, second = (reader.listen(text, [PASSAGE])[0] for text in said)
    np.testing.assert_array_equal(first.start_logits, second.start_logits)
    (other,) = reader.listen(said[0].removesuffix(question), [PASSAGE])
    assert abs(first.null - other.null) > 0.1


def test_the_verifier_tells_what_a_passage_answers(reader):
    present, absent = [], []
    for passage, answers, without in SAMPLE:
        for questions, margins in ((answers, present), (without, absent)):
            for question in questions:
                margins.append(reader.verify(question, [passage])[0].best_span().score)
    assert np.mean([a > b for a in present for b in absent]) >= 0.9


def test_the_arbiter_reads_passages_side_by_side(reader):
    for passage, answers, _ in SAMPLE:
        others = [text for text, *_ in SAMPLE if text != passage]
        for question, answer in answers.items():
            texts = [*others, passage][-3:]
            readings = reader.compare(question, texts).result()
            spans = [reading.best_span() for reading in readings]
            best = max(range(len(texts)), key=lambda place: spans[place].score)
            assert texts[best] == passage
            found = passage[spans[best].start : spans[best].end]
            assert answer in found or found in answer
            assert len({reading.null for reading in readings}) == 1


def test_of_what_is_too_long_to_be_compared_the_ends_of_the_longest_are_left_out(reader):
    burnt = f"The pier is of oak. {'It burnt down. ' * 300}"
    built, short = "Karl Ott built the pier. " * 200, "Nobody paid for the pier."
    readings = reader.compare("Who built the pier?", [burnt, short, built]).result()
    ends = [int(reading.offsets[-1, 1]) for reading in readings]
    assert ends[1] == len(short)
    lengths = [len(reading.offsets) for reading in readings]
    assert lengths[0] == lengths[2] > 150
    for text, end in ((burnt, ends[0]), (built, ends[2])):
        assert end < len(text)
    best = max(readings, key=lambda reading: reading.best_span().score)
    assert best is readings[2]
    span = best.best_span()
    assert built[span.start : span.end] == "Karl Ott"
    assert reader.compare("Who built the pier?", [burnt, short, built]).result() is readings


def test_missing_weights_are_named(tmp_path):
    with pytest.raises(
        ModelError, match=r"cannot be read.*nowhere\.safetensors.*python -m training"
    ):
        Reader.load(tmp_path / "nowhere.safetensors")


def test_asking_imports_no_torch(reader):
    code = (
        "import sys; from qa.reader import Reader; assert 'onnxruntime' not in sys.modules; "
        "Reader.load().read('Who?', ['Nobody.']); assert 'torch' not in sys.modules; "
        "assert 'transformers' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parent.parent)
