"""Filters, export and feedback as a person meets them: answers and the command line."""

import json

import pytest
from click.testing import CliRunner

from corpus import Document
from index import Filters, build_index
from qa import Assistant, answer
from qa.cli import main
from qa.feedback import Feedback

NEWS = {
    "news/2013.txt": ("2013-01-29", "China has named 90 smart city pilots, the ministry said."),
    "news/2015.txt": ("2015-04", "China now has 290 smart city pilots, the ministry said."),
    "news/2018.txt": ("2018", "China counts 500 smart city pilots, according to the ministry."),
    "blog/undated.txt": (None, "China has 700 smart city pilots, a reader says."),
    "blog/2020.txt": ("2020-02-02", "The ferries of Macau carry smart cards and bicycles."),
    "blog/zh.txt": ("2019-06", "银川的智慧城市建设始于2013年。市长在峰会上介绍了经验。"),
}
# What any collection has: the common words of the language.
OTHERS = [
    "How many people does the old town have? It does not say, and we have no count of them.",
    "The school does have a garden, and many children have lunch there when the sun is out.",
    "What do they do in the winter? Many of them do nothing, as we have heard from those who know.",
    "Who does the work is a question that many have asked, and how it is paid for is another.",
    "There are many ways to do it, and each does have its price, which is what you have to know.",
    "The old bridge does not have lamps; how long it will do without them nobody can say.",
]
QUESTION = "How many smart city pilots does China have?"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("news") / "index"
    documents = [
        Document.from_text(text, source=source, date=date) for source, (date, text) in NEWS.items()
    ]
    documents += [
        Document.from_text(text, source=f"other/{number}.txt") for number, text in enumerate(OTHERS)
    ]
    build_index(documents, path).close()
    return str(path)


@pytest.fixture(scope="module")
def assistant(place: str) -> Assistant:
    return Assistant.open(place)


@pytest.mark.parametrize(
    ("filters", "quoted"),
    [
        (Filters(documents=("news/2015.txt",)), "290"),
        (Filters(folder="blog"), "700"),
        (Filters(before="2013"), "90"),
        (Filters(after="2018", before="2019"), "500"),
    ],
)
def test_an_answer_comes_from_the_documents_admitted(assistant, filters, quoted):
    answered = assistant.ask(QUESTION, filters=filters)
    assert answered.answered
    assert quoted in answered.text.split()
    cited = {citation.source for citation in answered.citations}
    assert cited <= {s.source for s in assistant.index.summaries() if filters.admit(s)}


def test_newest_first_answers_with_the_newest_of_what_answers(assistant):
    newest = assistant.ask(QUESTION, k=4, filters=Filters(newest_first=True))
    dates = [citation.date for citation in newest.citations]
    assert dates[:3] == ["2018", "2015-04", "2013-01-29"]
    assert "500" in newest.text
    assert newest.answered == assistant.ask(QUESTION).answered
    assert not assistant.ask("Who mends the ferries?", filters=Filters(newest_first=True)).answered


def test_an_abstention_says_that_a_filter_was_on(assistant):
    narrow = assistant.ask(QUESTION, filters=Filters(folder="blog", after="2020"))
    assert not narrow.answered
    assert "A filter was on (folder blog, from 2020): 1 of 12 documents" in narrow.reason
    ferries = next(s for s in assistant.index.summaries() if s.source == "blog/2020.txt")
    one = assistant.ask(QUESTION, filters=Filters(documents=(ferries.doc_id,)))
    assert "A filter was on (document “blog/2020.txt”): 1 of 12 documents" in one.reason
    nothing = assistant.ask(QUESTION, filters=Filters(language="fr"))
    assert not nothing.answered
    assert nothing.nearest == ()
    assert nothing.reason == (
        "No document passes the filter (language fr). Widen it or take it off."
    )
    everywhere = assistant.ask("Who mends the ferries?", filters=Filters(newest_first=True))
    assert "filter" not in everywhere.reason


def test_answer_takes_filters(place):
    assert "90" in answer(QUESTION, index=place, filters=Filters(before="2014")).text


def run(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(main, list(arguments))
    return result.exit_code, result.stdout, result.stderr


def test_the_commands_take_filters(place):
    code, out, _ = run("ask", QUESTION, "--index", place, "--before", "2014", "--json")
    assert (code, json.loads(out)["citations"][0]["source"]) == (0, "news/2013.txt")
    code, out, _ = run("ask", QUESTION, "--index", place, "--folder", "blog", "--language", "zh")
    assert code == 3
    assert "A filter was on (folder blog, language zh)" in out
    code, out, _ = run(
        "search", "smart city pilots", "--index", place, "--json", "--newest-first",
        "--document", "news/2013.txt", "--document", "news/2018.txt",
    )  # fmt: skip
    assert [hit["source"] for hit in json.loads(out)] == ["news/2018.txt", "news/2013.txt"]


def test_search_says_when_a_filter_leaves_nothing(place):
    code, out, err = run("search", "pilots", "--index", place, "--document", "gone.txt")
    assert (code, err) == (0, "No document passes the filter (document gone.txt).\n")
    assert (
        json.loads(run("search", "pilots", "--index", place, "--language", "fr", "--json")[1]) == []
    )
    assert out.count("\n") == 1  # the names of the columns


@pytest.mark.parametrize("command", ["ask", "search"])
def test_a_filter_that_makes_no_sense_is_wrong_usage(place, command):
    code, _, err = run(command, QUESTION, "--index", place, "--after", "last May")
    assert code == 2
    assert "after is 'last May'; expected 2019, 2019-05 or 2019-05-20" in err


def test_ask_prints_an_answer_for_other_programs(place):
    given = ("ask", QUESTION, "--index", place, "--before", "2014", "-k", "1")
    assert "**90" in run(*given, "--format", "markdown")[1]
    assert "characters 0--56" in run(*given, "--format", "bibtex")[1]
    (item,) = json.loads(run(*given, "--format", "csl")[1])
    assert item["custom"]["quotes"][0]["end"] == 56
    as_json = [json.loads(run(*given, *form)[1]) for form in (["--format", "json"], ["--json"])]
    assert as_json[0].keys() == as_json[1].keys()
    assert as_json[0]["citations"] == as_json[1]["citations"]
    code, out, err = run(*given, "--document", "none", "--format", "bibtex")
    assert (code, out) == (3, "")
    assert "No document passes the filter" in err


def test_eval_without_a_file_replays_what_people_said(place, assistant, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    code, _, err = run("eval", "--index", place)
    assert code == 1
    assert "Judge answers in the page" in err
    filters = Filters(before="2014")
    Feedback.of(place).record(assistant.ask(QUESTION, filters=filters), "right", filters=filters)
    Feedback.of(place).record(assistant.ask("What do the ferries of Macau carry?"), "wrong")
    code, out, _ = run("eval", "--index", place, "--json")
    assert code == 0
    counts = json.loads(out)["counts"]
    assert counts["answerable: evidence in the first citation"] == 1
    assert (counts["reported"], counts["reported: no longer wrong"]) == (1, 0)
    shown = run("eval", "--index", place)[1]
    assert "wrong again" in shown
    assert "expected: another answer" in shown
