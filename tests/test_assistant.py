"""Asking, end to end, with the real model, index and reader."""

import gc
import math
import re
import subprocess
import sys
import threading
import weakref
from dataclasses import replace
from pathlib import Path

import pytest

import qa
from corpus import Document, ModelError, StoreError
from index import build_index
from qa import Answer, Assistant, answer
from qa.confidence import FEATURES, Evidence, Regression, shipped_model

ROOT = Path(__file__).resolve().parent.parent
QUESTION = "How many smart city pilots represent local cities in China?"


def test_an_answer_is_a_verbatim_quote_with_the_answer_marked(assistant):
    result = assistant.ask(QUESTION)
    assert result.answered
    assert result.text == result.citations[0].quote
    assert result.reason is None
    assert result.nearest == ()
    for number, citation in enumerate(result.citations, 1):
        document = assistant.index.document(citation.doc_id)
        assert citation.number == number
        assert citation.quote == document.text[citation.start : citation.end]
        assert citation.passage_start <= citation.start < citation.end <= citation.passage_end
    first = result.citations[0]
    document = assistant.index.document(first.doc_id)
    assert any("277" in document.text[a:b] for a, b in first.highlights)


def test_the_readme_prints_what_the_shipped_corpus_answers(assistant):
    readme = (ROOT / "README.md").read_text("utf-8")
    (question,) = re.findall(r'\$ citewise ask "(.+)"\n\[1\]', readme)
    printed = re.findall(r'^\[\d\] "(.+)"  — ', readme, re.MULTILINE)
    result = assistant.ask(question)
    assert printed == [citation.quote for citation in result.citations]


def test_an_assistant_goes_with_its_last_reference_so_that_its_index_is_closed(assistant):
    other = assistant.over(assistant.index)
    other.ask("Who hosted it?", history=["When was the 2018 summit in Yinchuan?"])
    gone = weakref.ref(other)
    gc.disable()
    try:
        del other
        assert gone() is None
    finally:
        gc.enable()


def test_what_the_verifier_finds_ranks_what_is_cited(assistant, monkeypatch):
    question = "Who hosted the 2018 summit in Yinchuan?"
    first = assistant.ask(question).citations[0]

    def doubting(_, passages):
        readings = assistant.reader.read(question, passages)
        return [
            replace(reading, null=reading.null + (60 if first.quote in passage else -60))
            for reading, passage in zip(readings, passages, strict=True)
        ]

    with monkeypatch.context() as patch:
        patch.setattr(assistant.reader, "verify", doubting)
        assert assistant.ask(question).citations[0].quote != first.quote
    with monkeypatch.context() as patch:
        patch.setattr(assistant.reader, "verify", None)  # an open question is not verified
        assert assistant.ask("Which summits were held?").citations


def test_a_question_the_documents_do_not_answer_is_not_answered(assistant):
    result = assistant.ask("Which airline flies from Beijing to Yinchuan?")
    assert not result.answered
    assert result.text is None
    assert result.citations == ()
    assert result.nearest
    assert result.reason_kind in {"no passage", "no answer"}
    assert result.reason


@pytest.mark.parametrize(
    ("history", "rewritten"),
    [
        (
            ["Which mayor gave a speech at the 2018 Global Smart City Summit in Yinchuan?"],
            "Who else spoke at the 2018 Global Smart City Summit?",
        ),
        (
            ["When was the summit in Yinchuan?", "Which mayor gave a speech there?"],
            "Who else spoke at the summit in Yinchuan?",
        ),
    ],
)
def test_who_else_is_not_answered_with_whom_was_named_before(
    history: list[str], rewritten: str, assistant: Assistant
):
    def marked(result: Answer) -> list[str]:
        quotes = result.citations or result.nearest
        return [
            one.quote[start - one.start : end - one.start]
            for one in quotes
            for start, end in one.highlights
        ]

    assert marked(assistant.ask(rewritten.replace(" else", "")))[0].endswith("Yang Yujing")
    others = assistant.ask("Who else spoke?", history=history)
    assert others.rewritten == rewritten
    assert marked(others)
    assert not any(mark.endswith("Yang Yujing") for mark in marked(others))


def test_what_is_not_said_of_the_last_topic_is_not_answered_from_the_one_before(
    assistant: Assistant,
):
    history = [
        "Who hosted the 2018 Global Smart City Summit?",
        "When was the 2019 Asia-Pacific Smart City Development Forum held?",
    ]
    answer = assistant.ask("How many people attended?", history=history)
    assert "2019 Asia-Pacific Smart City Development Forum" in answer.rewritten
    assert not answer.answered


def test_a_question_that_names_nothing_is_asked_again_with_the_topic(assistant):
    history = ["Does Hong Kong plan to become a smart city?"]
    question = "Who is in charge of the standards?"
    alone = assistant.ask(question)
    result = assistant.ask(question, history=history)
    assert not alone.answered
    assert result.answered
    assert result.rewritten == "Who is in charge of the standards in Hong Kong?"
    assert "Innovation and Technology Commission" in result.text
    nowhere = assistant.ask("Who is the bishop?", history=history)
    assert (nowhere.answered, nowhere.rewritten) == (False, "Who is the bishop?")


def test_a_question_on_whom_an_earlier_one_asked_for_names_them(assistant):
    history = ["Who said that smart cities should be the carrier of the digital economy?"]
    result = assistant.ask("What is his position?", history=history)
    assert result.rewritten == "What is the position of Liu Yunan?"
    assert "State Information Center" in result.text
    history = ["Who said that digitization drives the economic and social development of cities?"]
    titled = assistant.ask("What is his title?", history=history)
    assert titled.rewritten == "What is the title of Lu Dongsen?"
    unknown = assistant.ask("When was he born?", history=["Who wrote Hamlet?"])
    assert unknown.rewritten == "When was the person who wrote Hamlet born?"


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        ("Which company announced it in 2018 and 2019?",
         ["Which company announced it in 2018?", "Which company announced it in 2019?"]),
        ("Who spoke of data at the forum in Shenzhen, and what is his position?",
         ["what is the position of Liu Yunan?"]),
        ("Which summit was held in Yinchuan, and who hosted it?",
         ["who hosted the 2018 Global Smart City Summit?"]),
    ],
)  # fmt: skip
def test_a_later_part_is_completed_from_the_first(assistant, question, parts):
    assert assistant.parts(question)[1:] == parts
    assert assistant.ask(question).rewritten == question  # and it ends


def test_timings_name_every_stage_in_milliseconds(assistant):
    timings = assistant.ask(QUESTION).timings
    assert set(timings) == {"rewrite", "encode", "search", "read", "cite", "total"}
    stages = sum(value for name, value in timings.items() if name != "total")
    assert 0 < stages <= timings["total"] < 60_000


def test_the_passages_are_told_before_they_are_read(assistant):
    told = []
    result = assistant.ask(QUESTION, found=lambda *found: told.append(found))
    ((understood, hits),) = told
    assert understood == result.rewritten
    passages = {(hit.document.doc_id, hit.chunk.start, hit.chunk.end) for hit in hits}
    for citation in result.citations:
        assert (citation.doc_id, citation.passage_start, citation.passage_end) in passages


def test_the_threshold_decides(assistant):
    sure = assistant.ask(QUESTION)
    assert not assistant.ask(QUESTION, threshold=1.0).answered
    unsure = assistant.ask("Which airline flies from Beijing to Yinchuan?", threshold=0.0)
    assert unsure.answered
    assert unsure.confidence < shipped_model().threshold <= sure.confidence


@pytest.mark.parametrize("k", [1, 2, 5])
def test_at_most_k_quotes(assistant, k):
    assert 1 <= len(assistant.ask(QUESTION, k=k).citations) <= k


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"question": " "}, "question is blank"),
        ({"question": "x", "k": 0}, "k is 0; expected at least 1"),
        ({"question": "x", "threshold": 1.5}, "threshold is 1.5; expected a probability"),
        ({"question": "x", "threshold": math.nan}, "threshold is nan"),
    ],
)
def test_wrong_arguments_are_refused(assistant, arguments, message):
    with pytest.raises(ValueError, match=message):
        assistant.ask(**arguments)


def test_the_same_question_gets_the_same_answer_from_many_threads(assistant):
    questions = [QUESTION, "Who is the Chief Engineer of CSIP?", "Who hosted the 2018 summit?"]
    expected = {question: assistant.ask(question).citations for question in questions}
    wrong = []

    def ask(question: str) -> None:
        for _ in range(3):
            if assistant.ask(question).citations != expected[question]:
                wrong.append(question)

    threads = [threading.Thread(target=ask, args=(question,)) for question in questions * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_answer_opens_a_rebuilt_index_anew(tmp_path, small_documents):
    path = tmp_path / "index"
    build_index(small_documents, path)
    assert "Mara Quill" in answer("Who built the harbour of Aldmouth?", index=path).text
    other = Document.from_text("The harbour of Aldmouth was built by Otto Lind.", source="new")
    build_index([other], path)
    assert "Otto Lind" in answer("Who built the harbour of Aldmouth?", index=str(path)).text


def test_a_chinese_question_is_answered_in_chinese(small_index):
    result = Assistant.open(small_index.path).ask("银川的智慧城市建设始于哪一年？", threshold=0.0)
    assert result.text == "银川的智慧城市建设始于2013年。"


def test_page_furniture_is_never_quoted(tmp_path):
    text = "The summit took place in May.\n\nblog comments powered by Disqus\n"
    start = text.index("blog")
    document = Document.from_text(text, source="a", furniture=((start, len(text)),))
    index = build_index([document], tmp_path / "index")
    result = Assistant.open(index.path).ask("What are the comments powered by?", threshold=0.0)
    assert all("Disqus" not in citation.quote for citation in result.citations)


def test_the_sources_of_copies_are_named(tmp_path):
    for name in ("a.txt", "b.txt"):
        (tmp_path / "docs").mkdir(exist_ok=True)
        (tmp_path / "docs" / name).write_text("Mara Quill built the harbour of Aldmouth in 1887.")
    index = build_index(tmp_path / "docs", tmp_path / "index")
    result = Assistant.open(index.path).ask("Who built the harbour?", threshold=0.0)
    assert [(c.source, c.also) for c in result.citations] == [("a.txt", ("b.txt",))]


def test_no_index_is_an_error_that_says_what_to_do(tmp_path):
    with pytest.raises(StoreError, match="citewise index build"):
        answer("Anything?", index=tmp_path / "nowhere")


def test_the_shipped_corpus_is_built_on_first_use(tmp_path, monkeypatch):
    cache = qa.shipped_index_path().parent
    monkeypatch.setenv("CITEWISE_CACHE", str(tmp_path))
    (tmp_path / "models").symlink_to(cache / "models")  # exported models are kept
    assert not qa.shipped_index_path().exists()
    code = f"from qa import answer; assert answer({QUESTION!r}).answered"
    asking = [  # at once: one builds it, the other waits
        subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    assert [process.communicate()[1] for process in asking] == ["", ""]
    assert [process.returncode for process in asking] == [0, 0]
    assert (qa.shipped_index_path() / "CURRENT").read_text().strip() == "g000001"


def test_confidence_grows_with_what_speaks_for_the_quote():
    model = shipped_model()
    weak = Evidence(
        relevance=-4, late=0.3, dense=0.1, coverage=0.2, quoted=0.1, near=0.1,
        contrasts=-2, years=-1, amiss=0, verified_margin=-6, verified_relevance=-4,
    )  # fmt: skip
    strong = Evidence(
        relevance=4, late=0.9, dense=0.7, coverage=1, quoted=0.9, near=1, contrasts=0,
        years=0, amiss=0, verified_margin=8, verified_relevance=4,
    )  # fmt: skip
    for regression in model.regressions.values():
        assert 0 <= regression.probability(weak) < 0.3
        assert 0.7 < regression.probability(strong) <= 1
    even = replace(strong, verified_margin=0, verified_relevance=0)
    no, yes = (replace(even, compared_margin=margin) for margin in (-6.0, 6.0))  # the arbiter's
    sure = [model.probability(one, "letters") for one in (no, even, yes)]
    assert sure[0] + 0.1 < sure[1] < sure[2] - 0.05


def test_a_regression_is_the_logistic_of_the_weighted_sum():
    regression = Regression(intercept=-1.0, coefficients={"relevance": 0.5, "dense": 2.0})
    evidence = Evidence(
        relevance=3, late=9, dense=0.25, coverage=9, quoted=9, near=9, contrasts=9,
        years=9, amiss=0, verified_margin=9, verified_relevance=2,
    )  # fmt: skip
    assert evidence.agreed_relevance == 2
    assert replace(evidence, relevance=-1).agreed_relevance == -1
    assert regression.probability(evidence) == pytest.approx(1 / (1 + math.exp(-1.0)))
    huge = Evidence(
        relevance=1e9, late=0, dense=0, coverage=0, quoted=0, near=0, contrasts=0,
        years=0, amiss=0, verified_margin=8, verified_relevance=4,
    )  # fmt: skip
    assert regression.probability(huge) == pytest.approx(1)


def test_a_quote_far_from_the_question_is_hardly_believed_whatever_the_reader_says():
    evidence = Evidence(
        relevance=9, late=1, dense=1, coverage=0.1, quoted=0.1, near=0.1, contrasts=0,
        years=0, amiss=0, verified_margin=8, verified_relevance=4,
    )  # fmt: skip
    model = shipped_model()
    assert model.probability(evidence, "letters") < model.threshold
    assert model.probability(replace(evidence, near=0.2), "letters") > 0.9
    assert model.probability(replace(evidence, near=0.2, amiss=-1), "letters") < model.threshold
    assert model.probability(evidence, "open") > 0.9  # conferences asked for, a summit quoted


def test_an_answer_in_other_words_is_believed_where_the_verifier_is_sure_of_it():
    model = shipped_model()
    far = Evidence(
        relevance=3, late=0.8, dense=0.7, coverage=0.3, quoted=0.0, near=0.1,
        contrasts=0, years=0, amiss=0, verified_margin=5, verified_relevance=3,
    )  # fmt: skip
    assert model.probability(far, "letters") > model.threshold
    assert model.probability(replace(far, verified_margin=1), "letters") < model.threshold
    assert model.probability(replace(far, coverage=0.1), "letters") < model.threshold


def test_the_fitted_coefficients_are_fields_of_the_evidence():
    model = shipped_model()
    coefficients = {form: set(one.coefficients) for form, one in model.regressions.items()}
    assert coefficients == {form: set(names) for form, names in FEATURES.items()}


def test_a_missing_confidence_file_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setattr("qa.confidence.WEIGHTS", tmp_path / "none.json")
    shipped_model.cache_clear()
    with pytest.raises(ModelError, match=r"none.json is missing .* training.confidence"):
        shipped_model()
    shipped_model.cache_clear()
