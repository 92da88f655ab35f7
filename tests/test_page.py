"""The page's HTML: everything escaped, everything marked where the offsets say."""

from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import page
from corpus import Document
from page.sources import SLICE
from qa.answers import Answer, Citation, cite

HOSTILE = (
    "<script>window.pwned = 1</script> & <img src=x onerror='pwned()'> \"quoted\" &lt;b&gt; "
    "**bold** `code` [link](javascript:pwned()) ${pwned()} {{pwned}} </mark></div> "
    "智慧城市 🏙️ e\u0301"
)
VOID = {"br", "input"}


class Tree(HTMLParser):
    """Tags in order, and the text inside each element of a class."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.open: list[tuple[str, set[str]]] = []
        self.texts: dict[str, list[str]] = {}
        self.feed(html)
        self.close()
        assert self.open == [], "an element is left open"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        classes = set((dict(attrs).get("class") or "").split())
        for name in classes | {tag}:
            self.texts.setdefault(name, []).append("")
        if tag not in VOID:
            self.open.append((tag, classes | {tag}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        for _, names in self.open:
            for name in names:
                self.texts[name][-1] += data


def made(text: str, **about: object) -> Document:
    return Document.from_text(text, source=str(about.pop("source", "notes.txt")), **about)  # type: ignore[arg-type]


def answered(*citations: Citation, rewritten: str = "Why?") -> Answer:
    return Answer(
        question="Why?", rewritten=rewritten, answered=True, confidence=0.87,
        text=citations[0].quote, citations=citations, nearest=(),
        timings={"retrieve": 20.0, "total": 62.4},
    )  # fmt: skip


def test_hostile_text_stays_text_in_an_answer() -> None:
    document = made(HOSTILE, title=HOSTILE, source=HOSTILE, date="2018-11-20")
    citation = cite(document, 0, len(document.text), highlights=[(0, 8)], also=(HOSTILE,))
    tree = Tree(page.turn(answered(citation, rewritten=HOSTILE)))
    assert not {"script", "img", "b", "a"} & set(tree.tags)
    assert not [name for name, _ in tree.attributes if name.startswith("on")]
    assert tree.texts["blockquote"] == [document.text]
    assert tree.texts["mark"] == [document.text[0:8]]
    assert tree.texts["q"] == [HOSTILE]


def test_hostile_text_stays_text_in_the_source_panel() -> None:
    document = made(HOSTILE, title=HOSTILE, source=f"{HOSTILE}.md", metadata={"publisher": HOSTILE})
    place = page.Place(start=5, end=60, passage=(0, 80), marks=((10, 20),), number=1)
    for html in (page.source(document, place), page.source(document)):
        tree = Tree(html)
        assert not {"script", "img", "b", "a"} & set(tree.tags)
        assert not [name for name, _ in tree.attributes if name.startswith("on")]
        assert tree.texts["cw-text"] == [document.text]


def test_hostile_text_stays_text_in_errors_and_examples() -> None:
    for html in (
        page.error_turn(HOSTILE, HOSTILE),
        page.error_note(HOSTILE),
        page.shell(documents=1, passages=1, examples=[HOSTILE]),
    ):
        tree = Tree(html)
        assert not {"script", "img", "b", "a"} & set(tree.tags)
        assert any(HOSTILE in text for texts in tree.texts.values() for text in texts)


@st.composite
def places(draw: st.DrawFn) -> tuple[Document, page.Place]:
    letters = st.text(
        alphabet=st.sampled_from("a .#*_\n\t<&>\"'é智🏙\u0301\u00a0"), min_size=1, max_size=200
    )
    source = draw(st.sampled_from(["a.md", "a.txt"]))
    text = Document.from_text(draw(letters), source=source).text
    cuts = sorted(draw(st.lists(st.integers(0, len(text)), min_size=6, max_size=6)))
    first, start, hit, hit_end, end, last = cuts
    if start == end:
        first, start, end, last = 0, 0, len(text), len(text)
    furniture = ((0, hit),) if hit else ()
    pages = draw(st.lists(st.integers(1, len(text)), max_size=3, unique=True))
    document = Document.from_text(
        text, source=source, furniture=furniture, page_starts=(0, *sorted(pages)) if pages else ()
    )
    marks = ((hit, hit_end),) if start <= hit < hit_end <= end else ()
    return document, page.Place(start=start, end=end, passage=(first, last), marks=marks)


@given(places())
def test_what_is_marked_is_the_text_between_the_offsets(drawn: tuple[Document, page.Place]) -> None:
    document, place = drawn
    tree = Tree(page.source(document, place))
    assert tree.texts["cw-text"] == [document.text]
    assert tree.texts["cw-mark"] == [document.text[place.start : place.end]]
    assert tree.texts["cw-passage"] == [document.text[slice(*place.passage)]]
    hits = "".join(tree.texts.get("cw-hit", []))
    marked = "".join(document.text[a:b] for a, b in place.marks)
    assert hits.replace("\n", "") == marked.replace("\n", "")  # blank lines are low, not marked


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 300_000), st.sampled_from(["\n", " "]))
def test_slices_of_a_long_text_join_to_the_whole(at: int, gap: str) -> None:
    text = gap.join(f"Sentence {n} of a long text." for n in range(10_000))
    document = made(text)
    start = min(at, len(document.text) - 10)
    place = page.Place(start=start, end=start + 10, passage=(start, start + 10))
    html = page.source(document, place)
    shown = Tree(html).texts["cw-text"][0]
    assert len(shown) < SLICE + 5_000
    assert Tree(html).texts["cw-mark"] == [document.text[start : start + 10]]
    before = offset(html, "data-before")
    while before is not None:
        html_before = page.slice_of(document, before=before)
        shown = Tree(html_before).texts["cw-text"][0] + shown
        before = offset(html_before, "data-before")
    after = offset(html, "data-after")
    while after is not None:
        html_after = page.slice_of(document, after=after)
        shown += Tree(html_after).texts["cw-text"][0]
        after = offset(html_after, "data-after")
    assert shown == document.text


def offset(html: str, name: str) -> int | None:
    found = [value for key, value in Tree(html).attributes if key == name]
    return int(found[0] or "") if found else None


def test_a_place_outside_the_document_is_refused() -> None:
    document = made("Short.")
    for start, end, passage, marks in [
        (0, 7, (0, 7), ()), (3, 3, (0, 6), ()), (2, 4, (3, 6), ()), (2, 4, (0, 6), ((1, 3),)),
        (-1, 4, (-1, 6), ()),
    ]:  # fmt: skip
        with pytest.raises(ValueError, match="does not fit"):
            page.source(document, page.Place(start=start, end=end, passage=passage, marks=marks))


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"start": 0},
        {"start": "x", "end": 1, "passage": [0, 1], "marks": []},
        {"start": 0, "end": 1, "passage": 3, "marks": []},
        [],
        "place",
    ],
)
def test_a_browser_cannot_send_a_place_that_is_none(sent: object) -> None:
    with pytest.raises(ValueError, match=r"not a place|invalid literal"):
        page.Place.from_json(sent)  # type: ignore[arg-type]


def test_furniture_pages_and_headings_are_told_apart_without_changing_the_text() -> None:
    text = (
        "The plan\n\nThe new plan begins with a paragraph that is longer than its heading.\n\n"
        "Share this.\n\nNot a heading, but a line\nPage two."
    )
    share = text.index("Share")
    pages = (0, text.index("Page"))
    document = made(text, furniture=((share, share + 11),), page_starts=pages)
    place = page.Place(start=4, end=8, passage=(0, 20))  # a quote inside the heading
    for html in (page.source(document), page.source(document, place)):
        tree = Tree(html)
        assert tree.texts["cw-text"] == [text]
        assert "".join(tree.texts["cw-heading"]) == "The plan"
        assert tree.texts["cw-furniture"] == ["Share this."]
        assert tree.texts["cw-gap"] == ["\n"] * 3
        labels = [value for name, value in tree.attributes if name == "data-page"]
        assert labels == ["Page 1", "Page 2"]


def test_confidence_is_said_in_words_with_the_number_on_hover() -> None:
    document = made("It rained.", title="Weather")
    html = page.turn(answered(cite(document, 0, 10)))
    assert "High confidence" in html
    assert "87%" in html
    assert "62 ms" in html


def test_documents_that_differ_and_those_that_say_the_same_are_told() -> None:
    one, two = (
        made("It rained 3 mm.", title="One"),
        made("It rained 5 mm.", source="b", title="Two"),
    )
    twin = cite(made("3 mm fell.", source="c", title="<Third>"), 0, 10)
    first = cite(one, 0, 15, twins=(twin,), also=("c", "copies/d.txt"), differs=True)
    html = page.turn(answered(first, cite(two, 0, 15, number=2, differs=True)))
    tree = Tree(html)
    assert "The documents differ" in tree.texts["cw-differ"][0]
    assert len(tree.texts["cw-differs"]) == 2
    assert tree.texts["cw-also"] == ["The same in <Third>, d.txt"]
    assert ("data-doc", twin.doc_id) in tree.attributes
    plain = Tree(page.turn(answered(cite(one, 0, 15))))
    assert not {"cw-differ", "cw-differs", "cw-also"} & set(plain.texts)


def test_a_corrected_question_keeps_what_was_asked_as_its_heading() -> None:
    answer = answered(cite(made("It rained."), 0, 10))
    tree = Tree(page.turn(answer, spoken="And then?", above="<em>up</em>", below="<em>down</em>"))
    assert tree.texts["cw-question"] == ["And then?"]
    assert tree.texts["q"] == ["Why?"]
    assert "You corrected it to" in tree.texts["cw-understood"][0]
    assert tree.texts["em"] == ["up", "down"]


def test_abstaining_gives_the_reason_and_the_nearest_passages_as_such() -> None:
    document = made("It rained.", title="Weather")
    answer = Answer(
        question="Why?", rewritten="Why?", answered=False, confidence=0.1, text=None, citations=(),
        nearest=(cite(document, 0, 10),), timings={"total": 5.0}, reason="Nothing says <why>.",
    )  # fmt: skip
    tree = Tree(page.turn(answer))
    assert "Nothing says <why>." in tree.texts["cw-abstained"][0]
    assert tree.texts["blockquote"] == ["It rained."]
    assert tree.texts["cw-nearest"]
