"""The documents on the page as HTML: table, filters, map, timeline; what the script asks for."""

import json
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_page import HOSTILE, Tree, answered, made

import page
from corpus import Document
from index import Filters, Index, Summary, build_index
from index.insight import Point
from page.controls import Kept, control_functions, controls
from page.documents import left_out
from page.filters import chips, sheet, shown
from page.holdings import holdings_functions
from page.insight import MOST_PERIODS, MOST_POINTS, dots, insight, periods
from page.maps import Maps
from page.rebuilding import progress_of
from qa.answers import cite
from qa.feedback import Feedback
from server.table import Entry


def entry(number: int = 1, **about: object) -> Entry:
    fields: dict[str, object] = {
        "doc_id": f"{number:016}", "source": f"{number}.txt", "title": f"Title {number}",
        "date": f"{2000 + number}", "language": "en", "folder": "", "chunks": number,
        "state": "indexed", "reason": None, "uploaded": False,
    }  # fmt: skip
    return Entry(**(fields | about))  # type: ignore[arg-type]


def point(number: int, date: str | None = None, **about: object) -> Point:
    fields: dict[str, object] = {
        "doc_id": f"{number:016}", "x": 0.5, "y": 0.5, "title": f"Title {number}", "date": date,
        "folder": "",
    }  # fmt: skip
    return Point(**(fields | about))  # type: ignore[arg-type]


def summary(number: int, **about: object) -> Summary:
    fields: dict[str, object] = {
        "doc_id": f"{number:016}", "source": f"a/b/{number}.txt", "title": f"Title {number}",
        "date": f"{2000 + number}", "chunks": 1, "language": "en", "folder": "a/b",
    }  # fmt: skip
    return Summary(**(fields | about))  # type: ignore[arg-type]


def listed(html: str) -> list[str]:
    return Tree(html).texts.get("cw-document-title", [])


def test_hostile_text_stays_text_wherever_documents_are_shown() -> None:
    one = entry(doc_id=HOSTILE, source=HOSTILE, title=HOSTILE, date=HOSTILE, reason=HOSTILE)
    two = entry(2, source=HOSTILE, state="unreadable", reason=HOSTILE, chunks=0)
    where = [summary(1, title=HOSTILE, source=f"{HOSTILE}/x", date=HOSTILE, language=HOSTILE)]
    filters = Filters(documents=(HOSTILE, "0" * 15 + "1"), folder=HOSTILE)
    points = [point(1, HOSTILE, title=HOSTILE, folder=HOSTILE), point(2, "2020", title=HOSTILE)]
    for html in (
        page.shelf([one, two]), left_out([two]), sheet(where), chips(filters, where),
        shown(filters, where, answered=False), insight(points), controls(HOSTILE),
    ):  # fmt: skip
        tree = Tree(html)
        assert not {"script", "img", "b", "a"} & set(tree.tags)
        assert not [name for name, _ in tree.attributes if name.startswith("on")]
    assert listed(page.shelf([one])) == [HOSTILE]


def test_the_table_sorts_by_each_column_and_finds_by_title_source_and_date() -> None:
    entries = [entry(n) for n in (2, 1, 3)]
    down, up = ["Title 3", "Title 2", "Title 1"], ["Title 1", "Title 2", "Title 3"]
    assert listed(page.shelf(entries)) == listed(page.shelf(entries, sort="chunks")) == down
    assert listed(page.shelf(entries, sort="title")) == listed(page.shelf(entries, sort="source"))
    assert listed(page.shelf(entries, sort="title")) == up
    assert listed(page.shelf(entries, sort="title", reverse=True)) == down
    assert listed(page.shelf(entries, reverse=True)) == up
    waiting = [*entries, entry(4, state="waiting", reason="New.", chunks=0)]
    assert listed(page.shelf(waiting, sort="state"))[0] == "Title 4"
    for wanted in ("title 2", "2.TXT", "2002"):
        assert listed(page.shelf(entries, wanted)) == ["Title 2"]
    assert "No document" in page.shelf(entries, "nothing")


def test_a_long_table_says_how_much_it_leaves_out_and_grows() -> None:
    entries = [entry(n) for n in range(1, 4_045)]
    tree = Tree(page.shelf(entries))
    assert len(tree.texts["cw-document-title"]) == 100
    assert "first 100 of 4,044" in tree.texts["cw-found"][0]
    assert tree.texts["cw-more"] == ["Show 100 more"]
    assert "cw-more" not in Tree(page.shelf(entries, rows=4_044)).texts


@pytest.mark.parametrize(
    ("state", "tools"),
    [
        ("indexed", {"only-document", "remove"}), ("waiting", {"only-document", "remove"}),
        ("removing", {"only-document"}), ("unreadable", {"only-document", "remove"}),
        ("excluded", {"only-document", "restore"}),
    ],
)  # fmt: skip
def test_a_row_offers_what_its_state_allows(state: str, tools: set[str]) -> None:
    tree = Tree(page.shelf([entry(state=state)]))
    row = {value for name, value in tree.attributes if name == "data-do"} - {"open", "sort"}
    assert row == tools
    tree = Tree(page.shelf([entry(state=state, chunks=0)]))  # nothing of it can be opened or asked
    row = {value for name, value in tree.attributes if name == "data-do"} - {"sort"}
    assert row == tools - {"only-document"}


def test_the_report_names_each_file_that_could_not_be_read_and_why() -> None:
    entries = [entry(1), entry(2, state="unreadable", reason="a damaged PDF", source="two.pdf")]
    tree = Tree(left_out(entries))
    assert tree.texts["summary"] == ["1 file could not be read"]
    assert tree.texts["li"] == ["two.pdfa damaged PDF"]
    assert left_out(entries[:1]) == ""


def test_chips_say_every_condition_and_name_documents_by_their_titles() -> None:
    where = [summary(1), summary(2)]
    filters = Filters(
        documents=("a/b/1.txt", "0" * 15 + "2", "gone"), folder="a", after="2001-05",
        before="2003", language="zh", newest_first=True,
    )  # fmt: skip
    said = [
        "Title 1", "Title 2", "gone (not there)", "Folder a", "From May 2001", "Until 2003",
        "Chinese", "Newest first",
    ]  # fmt: skip
    assert Tree(chips(filters, where)).texts["cw-filter"] == said
    assert Tree(shown(filters, where)).texts["li"] == said
    assert Tree(chips(Filters(after="2001", before="2001"), where)).texts["cw-filter"] == ["2001"]
    assert chips(Filters(), where) == shown(None, where) == ""


def test_all_documents_are_offered_only_where_filters_kept_an_answer_back() -> None:
    narrow, wide = Filters(folder="a"), Filters(newest_first=True)
    assert "ask-all" in shown(narrow, [], answered=False)
    assert "ask-all" not in shown(narrow, [], answered=True)
    assert "ask-all" not in shown(wide, [], answered=False)


def test_the_sheet_offers_the_folders_above_too_and_the_languages_there_are() -> None:
    html = sheet([summary(1), summary(2, source="a/c/2.txt", language="zh"), summary(3)])
    values = [value for name, value in Tree(html).attributes if name == "value"]
    assert values == ["", "a", "a/b", "a/c", "", "en", "zh"]
    assert "from 2001 to 2003" in html


def test_the_map_draws_each_document_once_where_its_place_is() -> None:
    points = [point(n, x=n / 2, y=1 - n / 2, folder=f"f{n % 2}") for n in range(3)]
    drawn = json.loads(dots(points))
    assert [one[0] for one in drawn] == [point.doc_id for point in points]
    assert [tuple(one[1:3]) for one in drawn] == [(24.0, 276.0), (320.0, 150.0), (616.0, 24.0)]
    assert [one[3] for one in drawn] == [0, 1, 0]  # the larger folder has the first colour
    assert drawn[1][5:] == ["Title 1", "undated · f1"]
    assert "Map of 3 documents" in insight(points)
    assert insight(points[:1]) == ""
    assert json.loads(dots([])) == []


def test_the_points_of_the_map_carry_text_as_it_is() -> None:
    (one,) = json.loads(dots([point(1, title=HOSTILE, folder=HOSTILE)]))
    assert one[5:] == [HOSTILE, f"undated · {HOSTILE}"]


def test_a_large_map_is_thinned_out_and_says_so() -> None:
    points = [point(n) for n in range(3 * MOST_POINTS + 1)]
    drawn = len(json.loads(dots(points)))
    assert MOST_POINTS / 2 < drawn <= MOST_POINTS
    assert f"{drawn:,} are drawn" in insight(points)


def test_the_timeline_counts_by_year_or_month_and_keeps_the_empty_ones() -> None:
    years = periods([point(1, "2012"), point(2, "2015-03-04"), point(3, "2015-11"), point(4)])
    assert [(one.label, len(one.points)) for one in years] == [
        ("2012", 1), ("2013", 0), ("2014", 0), ("2015", 2),
    ]  # fmt: skip
    months = periods([point(1, "2024-11-05"), point(2, "2025-01-20")])
    assert [(one.label, one.after, one.before) for one in months] == [
        ("Nov 2024", "2024-11", "2024-11"), ("Dec 2024", "2024-12", "2024-12"),
        ("Jan 2025", "2025-01", "2025-01"),
    ]  # fmt: skip
    assert periods([point(1), point(2, "2020-02-31"), point(3, "soon")]) == []


@given(st.lists(st.dates().map(str) | st.integers(1, 9999).map("{:04}".format), min_size=1))
def test_a_timeline_is_short_and_its_filters_admit_what_it_shows(dates: list[str]) -> None:
    stretch = periods([point(n, date) for n, date in enumerate(dates)])
    assert len(stretch) <= MOST_PERIODS
    assert sum(len(one.points) for one in stretch) == len(dates)
    for one in stretch:
        if one.points:  # a stretch without any may begin at year 0, which no filter knows
            filters = Filters(after=one.after, before=one.before)
            shown = {p.doc_id for p in one.points}
            held = [summary(n, date=date) for n, date in enumerate(dates)]
            admitted = {s.doc_id for s in held if filters.admit(s)}
            assert shown <= admitted
            if len(one.after) == 4:  # a year counts as all its months
                assert shown == admitted


def test_the_bar_of_a_rebuild_only_moves_forward() -> None:
    def at(stage: str, done: int, total: int, **about: object) -> dict[str, object]:
        job = {"id": "1", "state": "running", "stage": stage, "done": done, "total": total}
        return progress_of(job | about)

    steps = [
        at("starting", 0, 0), at("loading", 0, 9), at("loading", 9, 9), at("reading", 1, 2),
        at("encoding", 0, 100), at("encoding", 70, 100), at("writing", 0, 3), at("writing", 3, 3),
        at("opening", 3, 3),
    ]  # fmt: skip
    shares = [step["share"] for step in steps]
    assert shares == sorted(shares)
    assert steps[5]["said"] == "Indexing passages: 70 of 100"
    report = {"documents": 5, "added": 1, "changed": 0, "removed": 2}
    done = at("opening", 3, 3, state="done", report=report, problems=[{}])
    assert done["said"] == (
        "Ready: 5 documents, 1 new, 2 removed. 1 file could not be read: see below."
    )
    assert at("x", 0, 0, state="failed", error="The disk is full.")["said"] == "The disk is full."


class Held:
    """A library over one index, of which nothing is changed."""

    def __init__(self, index: Index) -> None:
        self.assistant = type("Assistant", (), {"index": index})()

    def documents(self) -> list[Entry]:
        return [entry(n) for n in range(1, 4)]


def test_the_map_before_is_shown_until_that_of_a_new_index_is_there(
    small_documents: list[Document], tmp_path: Path
) -> None:
    first = build_index(small_documents, tmp_path / "index")
    library = Held(first)
    maps = Maps(library)  # type: ignore[arg-type]

    def drawn(generation: str) -> dict[str, str]:
        until = time.monotonic() + 60
        while maps.newest() != generation:
            assert time.monotonic() < until
            time.sleep(0.05)
        return maps.look()

    assert maps.newest() is None
    assert maps.look() == {"html": "", "points": "[]"}
    before = drawn(first.generation)
    assert len(json.loads(before["points"])) == 3
    library.assistant.index = build_index(small_documents[:2], tmp_path / "index")
    assert maps.newest() == first.generation
    assert maps.look() == before
    assert len(json.loads(drawn(library.assistant.index.generation)["points"])) == 2


def test_what_a_browser_sends_is_checked(small_index: Index) -> None:
    functions = {one.__name__: one for one in holdings_functions(Held(small_index))}  # type: ignore[arg-type]
    for request in ({}, {"sort": "x; DROP", "rows": "many", "match": 7}, {"rows": -1}):
        assert "cw-found" in functions["find"](request)
    scope = functions["scope"]
    assert scope({})["said"] == "Asking all 3 documents"
    assert scope({"filters": {"language": "zh"}})["said"] == "Asking 1 of 3 documents"
    assert scope({"filters": {"newest_first": True}})["documents"] is None
    assert "Swap the two" in scope({"filters": {"after": "2020", "before": "2019"}})["error"]
    for nonsense in ({"colour": "red"}, {"after": 7}, {"documents": "x"}, [1], "x"):
        assert scope({"filters": nonsense})["error"]


def test_a_judged_answer_is_recorded_replaced_and_taken_back(tmp_path: Path) -> None:
    feedback, kept = Feedback(tmp_path / "feedback.jsonl"), Kept()
    judge, _ = control_functions(kept, feedback)
    document = made("It rained. It poured.")
    filters = Filters(folder="a")
    one = kept.keep(answered(cite(document, 0, 10)), filters)
    assert judge({"answer": one, "verdict": "right"})["error"] is None
    assert [row["verdict"] for row in feedback.rows()] == ["right"]
    judge({"answer": one, "verdict": "wrong", "note": "n", "evidence": "It poured."})
    (row,) = feedback.rows()
    assert (row["verdict"], row["note"], row["evidence"]) == ("wrong", "n", ["It poured."])
    assert row["filters"]["folder"] == "a"
    assert judge({"answer": one, "verdict": None}) == {"error": None, "said": "Taken back."}
    assert feedback.rows() == []
    for request in ({}, {"answer": one, "verdict": "<b>"}, {"answer": "other", "verdict": "right"}):
        assert judge(request)["error"]
    assert feedback.rows() == []


@pytest.mark.parametrize(
    ("kind", "suffix"),
    [("markdown", ".md"), ("json", ".json"), ("bibtex", ".bib"), ("csl", ".csl.json")],
)
def test_what_is_saved_is_the_servers_answer(kind: str, suffix: str, tmp_path: Path) -> None:
    kept = Kept()
    _, save = control_functions(kept, Feedback(tmp_path / "feedback.jsonl"))
    document = made("It rained. It poured.", title="Weather")
    ids = [kept.keep(answered(cite(document, a, b)), None) for a, b in ((0, 10), (11, 21))]
    file = save({"answers": [*ids, "forged"], "kind": kind})
    assert (file["error"], file["name"]) == (None, f"why{suffix}")
    assert "It rained" in file["text"]
    assert "It poured" in file["text"]
    if kind == "json":
        quotes = [one["citations"][0]["quote"] for one in json.loads(file["text"])]
        assert quotes == ["It rained.", "It poured."]
    for request in ({}, {"answers": ids, "kind": "exe"}, {"answers": "x", "kind": kind}):
        assert save(request)["error"]
