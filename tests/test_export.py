"""Exports read back by the parsers of their formats; what a document says steers none of them."""

import json
import re
from io import StringIO

import pytest
from citeproc import Citation as Cited
from citeproc import CitationItem, CitationStylesBibliography, CitationStylesStyle, formatter
from citeproc.source.json import CiteProcJSON
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from pybtex.database import parse_string

from corpus import Document
from page.wording import place_of
from qa import Answer, Assistant, Citation, cite
from qa.console import answer_lines, write
from qa.export import export, to_bibtex, to_csl, to_json, to_markdown

PAPER = Document.from_text(
    "Intro. There were 193 pilots & 5% more_to_come {in 2013}. The end of #1.",
    source="reports/2013/smart_cities.pdf", title="Smart {Cities}: 100% & more_ #1",
    date="2013-08-05", page_starts=(0, 7),
)  # fmt: skip
PAGE = Document.from_text(
    "银川的智慧城市建设始于2013年。\n市长(杨玉经)发表讲话。",
    source="https://news.example/a b?x={1}&y=<2>", title="银川", date="2018-11",
)  # fmt: skip
HOSTILE = [
    "# not a heading", "1. no list", "- no list", "> no quote", "    no code", "```\nfence\n```",
    "<script>alert(1)</script>", "[link](javascript:alert(1))", "![x](http://h/x.png)", "a\n===\nb",
    "a\n---\nb", "***", "| a | b |\n|---|---|\n| 1 | 2 |", "*emph* _emph_ **strong**", "&lt;b&gt;",
    "\\*", "ends with \\", "two  \nspaces", "<http://x.y>", "[a]: http://x.y", "$x$ {#id} @key ^a^",
    "+ plus", "12) list", "~~gone~~", "tab\tin", "\u202eesrever", "\x1b[31mred", "a\n\n\nb",
    "= h", ": def", "% title", "`code`", "a*b*c", "<!-- hidden -->", "\\[x\\]", "* * *", "_ _ _",
]  # fmt: skip


def answer_of(*citations: Citation, question: str = "How many?", **values: object) -> Answer:
    defaults = {
        "question": question, "rewritten": question, "answered": bool(citations),
        "confidence": 0.87, "text": citations[0].quote if citations else None,
        "citations": citations, "nearest": (), "timings": {"total": 12.0},
    }  # fmt: skip
    return Answer(**(defaults | values))


def quote(document: Document, words: str, *, marks: tuple[str, ...] = (), number: int = 1):
    start = document.text.index(words)
    spans = [(document.text.index(m, start), document.text.index(m, start) + len(m)) for m in marks]
    return cite(document, start, start + len(words), number=number, highlights=spans)


PILOTS = quote(PAPER, "There were 193 pilots & 5% more_to_come {in 2013}.", marks=("193 pilots",))
END = quote(PAPER, "The end of #1.", number=2)
YINCHUAN = quote(PAGE, PAGE.text, marks=("2013年。", "(杨玉经)"))
TALK = [
    answer_of(PILOTS, END),
    answer_of(YINCHUAN, question="And Yinchuan?", rewritten="How many pilots has Yinchuan?"),
    answer_of(
        question="Who pays?", nearest=(END,), answered=False, text=None, confidence=0.1,
        reason="The documents have passages near the question, but none that answers it.",
    ),
]  # fmt: skip


def rendered(markdown: str) -> tuple[str, list[str]]:
    """Return the text that CommonMark with tables and strikethrough shows, and the tags used."""
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(markdown)
    text, tags = [], []
    for token in tokens:
        tags.append(token.tag or token.type)
        for child in token.children or []:
            if child.type == "text":
                text.append(child.content)
            elif child.type == "softbreak":
                text.append("\n")
            else:
                tags.append(child.tag or child.type)
        text.append("\n" if token.type == "inline" else "")
    return "".join(text), [tag for tag in tags if tag != "inline"]


def squeezed(text: str, *, controls: str = "\ufffd") -> str:
    shown = re.sub(
        "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", controls, text
    )
    return " ".join(shown.split())


def test_markdown_of_a_conversation():
    assert to_markdown(TALK) == (
        "## How many?\n\n"
        "> There were **193 pilots** \\& 5% more\\_to\\_come \\{in 2013\\}.\n\n"
        "\\[1\\] **Smart \\{Cities\\}: 100% \\& more\\_ \\#1**, reports/2013/smart\\_cities.pdf, "
        "p. 2, 2013-08-05, characters 7–57\n\n"
        "> The end of \\#1.\n\n"
        "\\[2\\] **Smart \\{Cities\\}: 100% \\& more\\_ \\#1**, reports/2013/smart\\_cities.pdf, "
        "p. 2, 2013-08-05, characters 58–72\n\n"
        "Confidence: 87%\n\n"
        "## And Yinchuan?\n\n"
        "Understood as: How many pilots has Yinchuan?\n\n"
        "> 银川的智慧城市建设始于**2013年**。\n"
        "> 市长(**杨玉经**)发表讲话。\n\n"
        "\\[1\\] **银川**, [https://news.example/a b?x=\\{1\\}\\&y=\\<2\\>]"
        "(<https://news.example/a%20b?x=%7B1%7D&y=%3C2%3E>), line 1, 2018-11, characters 0–30\n\n"
        "Confidence: 87%\n\n"
        "## Who pays?\n\n"
        "**Not in the documents.** The documents have passages near the question, but none that "
        "answers it.\n\n"
        "The nearest passages, which do not answer it:\n\n"
        "> The end of \\#1.\n\n"
        "**Smart \\{Cities\\}: 100% \\& more\\_ \\#1**, reports/2013/smart\\_cities.pdf, "
        "p. 2, 2013-08-05, characters 58–72\n"
    )


def test_markdown_says_which_quotes_differ():
    differing = [
        cite(PAPER, one.start, one.end, number=number, differs=True)
        for number, one in enumerate((PILOTS, END), start=1)
    ]
    said = "**The documents differ: the quotes \\[1\\] and \\[2\\] do not say the same.**"
    assert f"## How many?\n\n{said}\n\n> There were" in to_markdown([answer_of(*differing)])


texts = st.text(
    st.sampled_from("ab1 *_`[]()<>&|~$#!\\\n\t-+=.:{}@^\"'%银。é\x00\u202e") | st.characters(
        exclude_categories=["Cs"]
    ),
    min_size=1, max_size=40,
).filter(str.strip)  # fmt: skip


@settings(deadline=None)
@given(text=texts | st.sampled_from(HOSTILE), data=st.data())
def test_markdown_shows_exactly_the_words_of_the_quote(text, data):
    document = Document.from_text(text, source="a", furniture=())
    length = len(document.text)
    assume(length)  # characters that nobody sees are not kept
    cuts = sorted(data.draw(st.sets(st.integers(0, length), max_size=4)))
    spans = list(zip(cuts[::2], cuts[1::2], strict=False))
    citation = cite(document, 0, length, highlights=spans)
    markdown = to_markdown([answer_of(citation, question=f"Why {document.text}?")])
    shown, tags = rendered(markdown)
    heading, body = shown.split("\n", 1)
    assert squeezed(heading) == squeezed(f"Why {document.text}?")
    assert squeezed(body).startswith(squeezed(document.text))
    assert set(tags) <= {"h2", "blockquote", "p", "strong"}
    assert tags.count("blockquote") == 2  # opened and closed
    assert tags.count("h2") == 2


def test_the_section_of_a_quote_is_saved_and_shown_with_it():
    text = "Towns\n\nAra\n\nCosts\n\nIt was 3 million.\n\nDenby\n\nCosts\n\nIt was 4 million."
    document = Document.from_text(text, source="towns.md", title="Towns")
    answer = answer_of(quote(document, "It was 3 million."))
    (cited,) = answer.citations
    assert "towns.md, section “Ara › Costs”, line 7," in to_markdown([answer])
    assert "(section “Ara › Costs”, line 7," in to_csl([answer])
    assert json.loads(to_json([answer]))[0]["citations"][0]["section"] == "Ara › Costs"
    shown = StringIO()
    write(answer_lines(answer), shown)
    assert "towns.md, section “Ara › Costs”, line 7," in shown.getvalue()
    assert place_of(cited) == "“Ara › Costs”, line 7"


@pytest.mark.parametrize("text", HOSTILE)
def test_markdown_of_a_hostile_title_and_source(text):
    document = Document.from_text("Plain.", source=f"x{text}", title=f"t{text}", date="2018")
    shown, tags = rendered(to_markdown([answer_of(cite(document, 0, 6))]))
    assert squeezed(f"t{text}") in squeezed(shown)
    assert squeezed(f"x{text}") in squeezed(shown)
    assert set(tags) <= {"h2", "blockquote", "p", "strong"}


def test_json_is_the_answers_with_their_offsets():
    read = json.loads(to_json(TALK))
    assert read == json.loads(json.dumps([answer.to_dict() for answer in TALK]))
    cited = read[0]["citations"][0]
    assert PAPER.text[cited["start"] : cited["end"]] == cited["quote"]


LATEX = {
    r"\textbackslash{}": "\\", r"\textbraceleft{}": "{", r"\textbraceright{}": "}",
    r"\textasciitilde{}": "~", r"\textasciicircum{}": "^", r"\textless{}": "<",
    r"\textgreater{}": ">", r"\textbar{}": "|", r"\textquotedbl{}": '"',
} | {f"\\{c}": c for c in "$&%#_"}  # fmt: skip


def delatexed(text: str) -> str:
    pattern = "|".join(re.escape(key) for key in sorted(LATEX, key=len, reverse=True))
    return re.sub(pattern, lambda match: LATEX[match[0]], text)


def test_bibtex_has_an_entry_a_document_with_its_offsets():
    entries = parse_string(to_bibtex(TALK), "bibtex").entries
    paper, page = entries.values()
    assert list(entries) == [f"smart2013-{PAPER.doc_id[:8]}", f"document2018-{PAGE.doc_id[:8]}"]
    assert paper.type == "misc"
    assert delatexed(paper.fields["title"]) == f"{{{PAPER.title}}}"
    assert (paper.fields["year"], paper.fields["month"], paper.fields["day"]) == (
        "2013", "August", "5",
    )  # fmt: skip
    assert delatexed(paper.fields["howpublished"]) == PAPER.source
    assert paper.fields["note"] == "Quoted: characters 7--57, characters 58--72"
    assert paper.fields["pages"] == "2"
    assert PILOTS.quote in delatexed(paper.fields["annote"])
    assert page.fields["url"] == "https://news.example/a%20b?x=%7B1%7D&y=%3C2%3E"
    assert "day" not in page.fields


@settings(deadline=None)
@given(text=texts)
@example(text='}, author = {Nobody}, x = "y" @misc{z,')
@example(text="\\end{document} %")
def test_any_text_survives_bibtex(text):
    plain = squeezed(text, controls=" ")
    document = Document.from_text(f"Q. {text}", source=f"s{text}", title=f"T {text}", furniture=())
    written = to_bibtex([answer_of(cite(document, 0, len(document.text)))])
    (entry,) = parse_string(written, "bibtex").entries.values()
    assert delatexed(entry.fields["title"]).split() == f"{{{squeezed(f'T {plain}')}}}".split()
    assert set(entry.fields) <= {"title", "howpublished", "note", "annote"}


# https://resource.citationstyles.org/schema/latest/input/json/csl-data.json, what is used of it
CSL = {
    "id": str, "type": str, "title": str, "issued": dict, "URL": str, "source": str, "page": str,
    "note": str, "custom": dict,
}  # fmt: skip


@settings(deadline=None)
@given(text=texts, date=st.sampled_from([None, "2018", "2018-11", "2018-11-20", "long ago"]))
def test_csl_items_hold_the_schema_and_the_offsets(text, date):
    document = Document.from_text(f"Q. {text}", source=text, title=text, date=date, furniture=())
    (item,) = json.loads(to_csl([answer_of(cite(document, 0, len(document.text)))]))
    assert set(item) <= set(CSL)
    assert {"id", "type"} <= set(item)
    assert all(isinstance(value, CSL[name]) for name, value in item.items())
    assert item["type"] in {"document", "webpage"}
    parts = {"2018": [2018], "2018-11": [2018, 11], "2018-11-20": [2018, 11, 20]}.get(date)
    assert item.get("issued") == (parts and {"date-parts": [parts]})
    (cited,) = item["custom"]["quotes"]
    assert document.text[cited["start"] : cited["end"]] == cited["quote"]


# citeproc-py does not know the newest part of the schema yet, which is for others to keep things in
@pytest.mark.filterwarnings("ignore:The following arguments for Reference are unsupported. custom$")
def test_a_citation_processor_reads_the_csl():
    items = json.loads(to_csl(TALK))
    assert [item["type"] for item in items] == ["document", "webpage"]
    style = CitationStylesStyle("harvard-cite-them-right", validate=False)
    library = CitationStylesBibliography(style, CiteProcJSON(items), formatter.plain)
    for item in items:
        library.register(Cited([CitationItem(item["id"])]))
    printed = [str(entry) for entry in library.bibliography()]
    assert "2013" in printed[0]
    assert "Smart {Cities}: 100% & more_ #1" in printed[0]
    assert "https://news.example/a%20b" in printed[1]


def test_a_document_quoted_twice_is_one_entry_and_an_abstention_none():
    twice = [answer_of(PILOTS), answer_of(PILOTS, END)]
    (item,) = json.loads(to_csl(twice))
    assert [cited["start"] for cited in item["custom"]["quotes"]] == [7, 58]
    assert to_bibtex([TALK[2]]) == ""
    assert json.loads(to_csl([TALK[2]])) == []


def test_export_of_a_real_answer_in_every_format(assistant: Assistant):
    answer = assistant.ask("How many smart city pilots are there in China?")
    assert answer.answered
    first = answer.citations[0]
    span = f"{first.start}–{first.end}"
    assert span in export([answer], "markdown")
    assert span in json.loads(export([answer], "csl"))[0]["note"]
    assert span.replace("–", "--") in export([answer], "bibtex")
    assert json.loads(export([answer], "json"))[0]["text"] == first.quote
