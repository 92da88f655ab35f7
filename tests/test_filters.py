"""What each filter admits, and filtered search against brute force over what is left."""

import json
import time
from datetime import date as Date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus import Document
from corpus.languages import language_of
from index import Filters, Index, Summary, build_index
from index.dense import DenseIndex
from index.filters import newness
from index.lexical import LexicalIndex, terms, written_in_characters
from index.ranking import CHARACTERS, LETTERS, Signals, fuse

TOPICS = {
    "water": "The {0} works pump water through {1} pipes. Leaks are found by {0} sensors.",
    "trams": "Tram line {0} carries {1} riders. Its trams brake by themselves.",
    "lamps": "The street lamps of district {0} dim at night. They save {1} kilowatts.",
}
CHINESE = "第{0}区的路灯夜间自动变暗,每年节约{1}千瓦时电力。市政府计划在明年推广这一智慧照明系统。"


def _corpus() -> list[Document]:
    documents = []
    for number in range(60):
        topic = list(TOPICS)[number % 3]
        text = CHINESE if number % 10 == 9 else TOPICS[topic]
        documents.append(
            Document.from_text(
                text.format(number, 7 * number),
                source=f"{topic}/{2010 + number % 8}/{number}.txt",
                date=[None, str(2010 + number % 8), f"{2010 + number % 8}-0{1 + number % 9}"][
                    number % 3
                ],
            )
        )
    return documents


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    return build_index(_corpus(), tmp_path_factory.mktemp("filtered") / "index")


FILTERS = [
    Filters(documents=("water/2010/0.txt",)),
    Filters(documents=("water/2010/0.txt", "lamps/2012/2.txt", "not there")),
    Filters(folder="trams"),
    Filters(folder="lamps/2012"),
    Filters(after="2014"),
    Filters(before="2012-04"),
    Filters(after="2011-03", before="2013"),
    Filters(language="zh"),
    Filters(language="en", folder="lamps", after="2012"),
    Filters(),
]


@pytest.mark.parametrize("filters", FILTERS, ids=lambda filters: filters.describe() or "none")
@pytest.mark.parametrize("question", ["What do street lamps save at night?", "路灯节约多少电力?"])
def test_filtered_search_equals_brute_force_over_what_is_admitted(index, filters, question):
    admitted = {s.doc_id for s in index.summaries() if filters.admit(s)}
    every = index.search(question, k=len(index))
    assert len(every) == len(index), "the pool holds every chunk of this small index"
    rows = np.array(sorted(hit.row for hit in every if hit.document.doc_id in admitted))
    encoding = index.encode_question(question)
    idf = index.term_weights(question)
    titles = [set(terms(index.passage(row)[0].title)) for row in rows]
    signals = Signals(
        index.vectors(rows) @ encoding.pooled,
        index.lexical.scores(question, rows),
        *index.tokens.late_scores(encoding.tokens, index.token_weights(question, encoding), rows),
        title=np.array([sum(idf.get(term, 0) for term in title) for title in titles], np.float32),
    )
    weights = CHARACTERS if written_in_characters(question) else LETTERS
    expected = rows[np.argsort(-fuse(signals, index.vectors(rows), weights), kind="stable")]
    hits = index.search(question, k=100, filters=filters)
    assert [hit.row for hit in hits] == expected.tolist()
    assert index.admitted(filters) == len(admitted)


@pytest.mark.slow
def test_a_filter_for_one_of_ten_thousand_documents_finds_all_its_chunks(tmp_path):
    common = [TOPICS["lamps"].format(n, 7 * n) for n in range(40)]
    documents = [
        Document.from_text(common[n % 40], source=f"{n // 100}/{n}.txt") for n in range(9_999)
    ]
    long = "\n\n".join(
        f"Chapter {n}. The ferries of harbour {n} sail at dawn, and {n} lamps light the quay. " * 12
        for n in range(6)
    )
    rare = Document.from_text(long, source="rare/report.txt")
    index = build_index([*documents[:5_000], rare, *documents[5_000:]], tmp_path / "index")
    (chunks,) = (s.chunks for s in index.summaries() if s.source == rare.source)
    assert chunks >= 4
    question = "How many kilowatts do the street lamps of district 3 save at night?"
    for k in (10, 100):
        unfiltered = index.search(question, k=k)
        assert all(hit.document.source != rare.source for hit in unfiltered)
        for filters in (Filters(documents=(rare.doc_id,)), Filters(folder="rare")):
            hits = index.search(question, k=k, filters=filters)
            assert [hit.document.source for hit in hits] == [rare.source] * chunks
            assert sum(hit.lexical > 0 for hit in hits) >= 4
    # a pool of its own size is full when one folder of a hundred documents may be searched
    assert len(index.search(question, k=100, filters=Filters(folder="7"))) == 100


ROWS = 30_000


def _dense(exact_up_to: int) -> tuple[DenseIndex, np.ndarray, np.ndarray]:
    """Return an index, its vectors as they are kept, and a question."""
    generator = np.random.default_rng(5)
    vectors = generator.standard_normal((ROWS, 16)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    index = DenseIndex.from_vectors(vectors, exact_up_to=exact_up_to)
    return index, index.vectors(np.arange(ROWS)), vectors[77]


@pytest.mark.parametrize("exact_up_to", [50_000, 1_000], ids=["exact", "codes"])
def test_of_the_rows_admitted_the_nearest_are_found_however_few_or_far(exact_up_to):
    index, kept, question = _dense(exact_up_to)
    nearness = np.argsort(kept @ question)
    few = [np.array([2 * place, 2 * place + 1]) for place in (0, 4_321, 9_999)]
    for rows in (*few, np.arange(0), nearness[:5_000], nearness[:25_000], nearness[:-50]):
        rows = np.sort(rows)
        found = index.search(question, k=100, among=rows)
        assert set(found) <= set(rows)
        best = np.sort(kept[rows] @ question)[::-1][:100]
        np.testing.assert_allclose(kept[found] @ question, best, atol=1e-5)


def test_of_more_rows_than_are_compared_one_by_one_the_nearest_are_found(monkeypatch):
    monkeypatch.setattr("index.dense._FEW", 0)
    index, kept, question = _dense(1_000)
    nearness = np.argsort(kept @ question)
    for rows in (nearness[:8_000], nearness[-20_000:], nearness[::3], nearness[:60]):
        found = index.search(question, k=100, among=np.sort(rows))
        best = rows[np.argsort(-(kept[rows] @ question))][:100]
        assert set(found) <= set(rows)
        assert len(found) == len(best) == min(100, len(rows))
        assert len(np.intersect1d(found, best)) >= 0.95 * len(best)


def test_words_are_searched_in_the_chosen_documents_only(tmp_path):
    texts = [f"lamp number {n} of the {'old' if n % 7 else 'new'} town" for n in range(10_000)]
    documents = [n // 2 for n in range(10_000)]
    index = LexicalIndex.build(texts, tmp_path / "lexical", documents=documents)
    for chosen in ([4_999], [3, 9], range(0, 5_000, 2), range(1, 5_000), []):
        among = np.zeros(5_000, np.bool_)
        among[list(chosen)] = True
        rows, scores = index.search("the new lamp", k=100, among=among)
        admitted = np.flatnonzero(among[documents])
        everywhere = index.scores("the new lamp", admitted)
        assert set(rows) <= set(admitted)
        assert len(rows) == min(100, len(admitted))
        np.testing.assert_allclose(scores, np.sort(everywhere)[::-1][:100], rtol=1e-5)


def test_a_filter_that_admits_nothing_finds_nothing(index):
    assert index.search("street lamps", filters=Filters(folder="nowhere")) == []
    assert index.admitted(Filters(folder="nowhere")) == 0


def test_newest_first_puts_the_best_in_the_order_of_their_dates(index):
    plain = index.search("How many riders do the trams carry?", k=12)
    newest = index.search(
        "How many riders do the trams carry?", k=12, filters=Filters(newest_first=True)
    )
    assert {hit.row for hit in newest} == {hit.row for hit in plain}
    expected = sorted(plain, key=lambda hit: newness(hit.document.date), reverse=True)
    assert newest == expected
    assert newest != plain


def test_summaries_tell_language_folder_and_copies(tmp_path):
    for folder in ("a", "b/c"):
        (tmp_path / "in" / folder).mkdir(parents=True)
        (tmp_path / "in" / folder / "same.txt").write_text("The river freezes every winter here.")
    (tmp_path / "in" / "zh.txt").write_text(CHINESE.format(1, 2), encoding="utf-8")
    (tmp_path / "in" / "short.txt").write_text("Hello.")
    index = build_index(tmp_path / "in", tmp_path / "index")
    told = {s.source: (s.language, s.folder, s.copies) for s in index.summaries()}
    assert told == {
        "a/same.txt": ("en", "a", ("b/c/same.txt",)),
        "zh.txt": ("zh", "", ()),
        "short.txt": (None, "", ()),
    }
    for filters in (Filters(folder="b"), Filters(documents=("b/c/same.txt",))):
        found = index.search("When does the river freeze?", filters=filters)
        assert [hit.document.source for hit in found] == ["a/same.txt"]
    # the language of an unchanged document is taken over, not detected again
    again = build_index(tmp_path / "in", tmp_path / "index")
    assert again.summaries() == index.summaries()


def _summary(**values: object) -> Summary:
    return Summary(
        **{"doc_id": "f", "source": "a", "title": "", "date": None, "chunks": 1} | values
    )


days = st.dates(min_value=Date(2018, 1, 1), max_value=Date(2020, 12, 31))
dates = st.builds(lambda day, length: day.isoformat()[:length], days, st.sampled_from([4, 7, 10]))


FIRST = Date(2018, 1, 1).toordinal()
DAYS = [Date.fromordinal(FIRST + n).isoformat() for n in range(3 * 365 + 1)]


@settings(deadline=None)
@given(date=dates, after=dates, before=dates)
def test_a_coarse_date_stands_for_all_its_days(date, after, before):
    first = next(day for day in DAYS if day.startswith(after))
    last = next(day for day in reversed(DAYS) if day.startswith(before))
    if first > last:
        with pytest.raises(ValueError, match="later than before"):
            Filters(after=after, before=before)
        return
    inside = any(first <= day <= last for day in DAYS if day.startswith(date))
    assert Filters(after=after, before=before).admit(_summary(date=date)) == inside
    inside = any(first <= day for day in DAYS if day.startswith(date))
    assert Filters(after=after).admit(_summary(date=date)) == inside
    inside = any(day <= last for day in DAYS if day.startswith(date))
    assert Filters(before=before).admit(_summary(date=date)) == inside


def test_what_each_condition_admits():
    assert Filters().admit(_summary())
    assert not Filters(after="2019").admit(_summary(date=None))
    assert not Filters(after="2019").admit(_summary(date="spring 2020"))
    assert Filters(before="2019").admit(_summary(date="2019-12-31T10:00"))
    assert not Filters(language="en").admit(_summary(language=None))
    assert Filters(language="EN").admit(_summary(language="en"))
    assert Filters(folder="a").admit(_summary(source="a/b/c.txt"))
    assert not Filters(folder="a").admit(_summary(source="ab/c.txt"))
    assert not Filters(folder="a/b.txt").admit(_summary(source="a/b.txt"))
    assert Filters(folder="./a\\b/").admit(_summary(source="a/b/c.txt"))
    assert not Filters(folder=".").narrow
    assert not Filters(newest_first=True).narrow


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"documents": "a.txt"}, "documents is 'a.txt'; expected a list"),
        ({"documents": [1]}, "expected a list of ids"),
        ({"after": "May 2019"}, "after is 'May 2019'; expected 2019, 2019-05 or"),
        ({"before": "2019-13"}, "before is '2019-13'"),
        ({"after": 2019}, "after is 2019; expected"),
        ({"after": "2020", "before": "2019-12"}, "after is 2020, later than before, 2019-12"),
        ({"language": "english"}, "expected two letters"),
        ({"folder": 3}, "folder is 3"),
        ({"newest_first": "yes"}, "newest_first is 'yes'; expected true or false"),
        ({"author": "Li"}, "There is no filter 'author'; expected documents, folder"),
        (["2019"], "expected an object"),
    ],
)
def test_nonsense_is_refused(values, message):
    with pytest.raises(ValueError, match=message):
        Filters.from_dict(values)


@pytest.mark.parametrize("filters", FILTERS)
def test_filters_survive_json(filters):
    assert Filters.from_dict(json.loads(json.dumps(filters.to_dict()))) == filters
    assert hash(Filters.from_dict(filters.to_dict())) == hash(filters)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The council met on Friday to discuss the new harbour.", "en"),
        ("市长在峰会上发表讲话,介绍了智慧城市的建设情况。", "zh"),
        ("Die Stadt plant ein neues Netz für den Verkehr der Zukunft.", "de"),
        ("東京は日本の首都です。人口は約1400万人です。", "ja"),
        ("Hello", None),
        ("12 | 34.5 | 1,203", None),
        ("", None),
    ],
)
def test_language_of_a_text(text, expected):
    assert language_of(text) == expected


def test_furniture_does_not_decide_the_language():
    chinese = CHINESE.format(3, 4)
    buttons = "Share this article on social media and follow us for more stories. " * 9
    assert language_of(chinese + buttons, ((len(chinese), len(chinese + buttons)),)) == "zh"


def test_filtering_takes_no_longer_than_searching_everything(index):
    """Repeated questions under one filter take at most twice the processor time of unfiltered."""
    encoding = index.encode_question("lamps at night")
    took: dict[str, list[float]] = {"all": [], "some": []}
    for _ in range(80):  # in turn, so that other work on the machine meets both
        for name, filters in (("all", None), ("some", Filters(folder="lamps"))):
            began = time.process_time()
            index.search_encoded("lamps at night", encoding, k=10, filters=filters)
            took[name].append(time.process_time() - began)
    assert min(took["some"]) < 2 * min(took["all"])
