"""Files to documents: every format, every encoding, and a reason for each file left out."""

import os
import tarfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import docx
import pytest
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import OxmlElement
from docx.oxml.ns import nsmap, qn
from pdf_writer import write_pdf

from corpus import CorpusError, Document, Problem, list_sources, load_documents
from corpus.dating import iso_date, stated_date

RELATIONSHIPS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
SENTENCE = "The harbour of Aldmouth opened in 1887 and was built by Mara Quill."


def load_one(folder: Path, name: str, data: bytes | str) -> Document:
    """Write one file and load it."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    (document,) = load_documents(path)
    return document


def problem_of(folder: Path, name: str, data: bytes) -> str:
    """Write a file that cannot be read beside one that can, and return its reason."""
    (folder / "good.txt").write_text(SENTENCE)
    (folder / name).write_bytes(data)
    problems: list[Problem] = []
    assert [d.source for d in load_documents(folder, problems=problems)] == ["good.txt"]
    assert [problem.source for problem in problems] == [name]
    return problems[0].reason


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (SENTENCE, "ascii"),
        ("Der Bürgermeister sagte, die Straße müsse größer werden – schnell.", "cp1252"),
        ("L'été dernier, la ville a décidé d'installer 500 lampadaires.", "latin-1"),
        ("智慧城市建设是城市发展的重要方向。", "gb18030"),
        ("智慧城市建设是城市发展的重要方向。" * 20, "utf-16"),
        ("智慧城市建设\n是城市发展的重要方向 in China.", "utf-16-le"),
        ("智慧城市建設是城市發展的重要方向，市民對此表示滿意。" * 3, "big5"),
        ("スマートシティとは、技術を使った都市である。東京で会議が開かれた。", "shift_jis"),
        ("Умный город — это город, в котором используются технологии.", "cp1251"),
        ("한국의 스마트 도시는 기술을 사용하는 도시이다. 서울에서 회의가 열렸다.", "euc-kr"),
        ("Zażółć gęślą jaźń, powiedział burmistrz miasta Kraków w środę.", "cp1250"),
        ("naïve café ✓", "utf-8-sig"),
        (SENTENCE, "utf-32"),
    ],
)
def test_plain_text_is_read_in_its_encoding(tmp_path: Path, text: str, encoding: str) -> None:
    assert load_one(tmp_path, "a.txt", text.encode(encoding)).text == text


def test_form_feeds_in_plain_text_are_pages(tmp_path: Path) -> None:
    document = load_one(tmp_path, "a.txt", "First page.\f\nSecond page.\f")
    assert document.page_starts[0] == 0
    assert document.page(document.text.index("Second")) == 2


def test_markdown_becomes_readable_text(tmp_path: Path) -> None:
    source = """---
title: "The harbour"
date: 2019-11-18
publisher: Harbour Office
tags: [port, sea]
nested: {a: 1}
---
# Overview

The **harbour** opened in [1887](https://example.com), *says*
the `log`. ![a map](map.png)

## Ferries

* north ferry
* south ferry
  1. morning
  2. evening

| Ferry | Price |
|-------|-------|
| north | 2 **crowns** |

> It floats.

```
x = 1
```
<div class="box"><p>Inside the box</p></div>

{{< note >}}
Mind the gap.
{{< /note >}}
"""
    document = load_one(tmp_path, "a.md", source)
    assert document.text == (
        "Overview\n\nThe harbour opened in 1887, says the log.\n\nFerries\n- north ferry\n"
        "- south ferry\n  1. morning\n  2. evening\n\nFerry | Price\nnorth | 2 crowns\n\n"
        "It floats.\n\nx = 1\n\nInside the box\n\nMind the gap."
    )
    assert (document.title, document.date) == ("The harbour", "2019-11-18")
    assert dict(document.metadata) == {"publisher": "Harbour Office", "tags": "port, sea"}


def test_a_long_description_of_a_picture_is_text(tmp_path: Path) -> None:
    shown = "Milestones of the port.\nMarch 12: the quay is a finalist.\nJune 23: it wins nothing."
    page = f"Here.\n\n![{shown}](a.png) ![the quay](b.png)"
    assert load_one(tmp_path, "a.md", page).text == f"Here.\n\n{shown}"


def test_html_set_in_like_code_is_html(tmp_path: Path) -> None:
    page = "<table>\n\n    <tr><td>north</td></tr>\n\n</table>\n\n    x = 1\n"
    assert load_one(tmp_path, "a.md", page).text == "north\n\nx = 1"


def test_lines_of_markdown_that_begin_with_a_label_stay_lines(tmp_path: Path) -> None:
    page = "Date: 4 May\n**Chair:** Mary *Lopez*\nand others\nPlace: Town Hall\n"
    expected = "Date: 4 May\nChair: Mary Lopez and others\nPlace: Town Hall"
    assert load_one(tmp_path, "a.md", page).text == expected
    assert load_one(tmp_path, "a.md", "They met in\nRoom: 4\n").text == "They met in Room: 4"


@pytest.mark.parametrize("front", ["---\na: [b\n---\n", "---\ndate: 2018-13-45\n---\n", "---\n"])
def test_damaged_front_matter_is_kept_as_text(tmp_path: Path, front: str) -> None:
    document = load_one(tmp_path, "a.md", front + SENTENCE)
    assert SENTENCE in document.text


def test_a_markdown_page_of_front_matter_alone_speaks_by_its_summary(tmp_path: Path) -> None:
    page = "---\ntitle: News\nsummary: The ferry is back.\n---\n"
    assert load_one(tmp_path, "a.md", page).text == "The ferry is back."


def test_a_markdown_page_of_front_matter_alone_is_named(tmp_path: Path) -> None:
    assert "only front matter" in problem_of(tmp_path, "b.md", b"---\ntitle: News\n---\n")


def test_the_main_text_of_a_web_page_is_read(tmp_path: Path) -> None:
    page = f"""<!doctype html><html lang="en"><head><title>Harbour | Aldmouth Daily</title>
    <meta property="article:published_time" content="2021-03-04T10:00:00Z"></head><body>
    <nav><a href="/">Home</a><a href="/news">News</a></nav><article><h1>The harbour reopens</h1>
    <p>{SENTENCE} It was closed for three days in 1902 after a storm.</p><p>The new pier is four
    hundred metres long and cost two million crowns, said the council on Monday.</p></article>
    <footer>Copyright Aldmouth Daily</footer></body></html>"""
    document = load_one(tmp_path, "a.html", page)
    assert SENTENCE in document.text
    assert "said the council" in document.text
    assert "Home" not in document.text and "Copyright" not in document.text
    assert document.title == "The harbour reopens"
    assert document.date == "2021-03-04"


def test_a_web_page_saved_as_txt_is_still_a_web_page(tmp_path: Path) -> None:
    page = f"<!DOCTYPE html>\n<html><body><p>{SENTENCE}</p></body></html>"
    assert load_one(tmp_path, "a.txt", page).text == SENTENCE


def test_word_documents_keep_order_headings_lists_and_tables(tmp_path: Path) -> None:
    file = docx.Document()
    file.add_heading("The harbour", level=1)
    file.add_paragraph(SENTENCE)
    table = file.add_table(rows=2, cols=2)
    for cell, text in zip(table._cells, ["Ferry", "Price", "north", "2 crowns"], strict=True):
        cell.text = text
    file.add_paragraph("morning", style="List Bullet")
    file.add_paragraph("The end.")
    file.core_properties.title = "Aldmouth"
    file.core_properties.created = datetime(2020, 3, 4)
    file.save(str(tmp_path / "a.docx"))
    (document,) = load_documents(tmp_path / "a.docx")
    assert document.text == (
        f"The harbour\n\n{SENTENCE}\n\nFerry | Price\nnorth | 2 crowns\n\n- morning\n\nThe end."
    )
    assert (document.title, document.date) == ("Aldmouth", "2020-03-04")


def test_the_notes_of_a_word_document_follow_what_they_are_on(tmp_path: Path) -> None:
    file = docx.Document()
    mark = OxmlElement("w:footnoteReference")
    mark.set(qn("w:id"), "2")
    file.add_paragraph(SENTENCE).add_run()._r.append(mark)
    file.add_paragraph("The end.")
    notes = (
        f'<w:footnotes xmlns:w="{nsmap["w"]}"><w:footnote w:id="0"><w:p/></w:footnote>'
        '<w:footnote w:id="2"><w:p><w:r><w:t xml:space="preserve">The north and </w:t></w:r>'
        "<w:r><w:t>the east.</w:t></w:r></w:p></w:footnote></w:footnotes>"
    )
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml"
    part = Part(PackURI("/word/footnotes.xml"), kind, notes.encode(), file.part.package)
    file.part.relate_to(part, f"{RELATIONSHIPS}/footnotes")
    file.save(str(tmp_path / "a.docx"))
    (document,) = load_documents(tmp_path / "a.docx")
    assert document.text == f"{SENTENCE}\n\nThe north and the east.\n\nThe end."


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("empty.txt", b"", "empty"),
        ("blank.md", b" \n\t\n", "empty"),
        ("picture.png", b"\x89PNG", "not a supported format: .png; supported: .txt"),
        ("noise.txt", bytes(range(256)) * 20, "binary"),
        ("broken.pdf", b"%PDF-1.4\nnot really", "damaged PDF"),
        ("scan.pdf", write_pdf([[]]), "looks scanned"),
        ("broken.docx", b"PK\x03\x04 nothing", "damaged"),
        ("zip.docx", b"plain text", "damaged"),
        ("silent.html", b"<html><body><script>x()</script></body></html>", "no text"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_with_its_reason(
    tmp_path: Path, name: str, data: bytes, reason: str
) -> None:
    assert reason in problem_of(tmp_path, name, data)


def test_a_file_over_the_limit_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("corpus.loading._MOST_BYTES", 1000)
    assert "2,000 bytes; the limit is 1,000" in problem_of(tmp_path, "big.txt", b"a" * 2000)


def test_front_matter_that_unfolds_without_end_is_harmless(tmp_path: Path) -> None:
    aliases = "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12))
    document = load_one(tmp_path, "a.md", f"---\na0: &a0 [x]\n{aliases}---\n{SENTENCE}")
    assert document.text == SENTENCE
    assert all(len(value) <= 1000 for value in document.metadata.values())


def test_strict_stops_at_the_first_problem(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(SENTENCE)
    (tmp_path / "b.png").write_bytes(b"x")
    with pytest.raises(CorpusError, match=r"b\.png: not a supported format: \.png"):
        load_documents(tmp_path, strict=True)


def test_problems_are_logged_when_nobody_collects_them(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "a.txt").write_text(SENTENCE)
    (tmp_path / "b.png").write_bytes(b"x")
    load_documents(tmp_path)
    assert "b.png: not a supported format" in caplog.text


def test_missing_and_empty_inputs_say_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"does not exist.*Check the path"):
        load_documents(tmp_path / "nowhere")
    with pytest.raises(CorpusError, match=r"No readable document.*expected files.*Name another"):
        load_documents(tmp_path)
    with pytest.raises(CorpusError, match="No path was given"):
        load_documents([])


def test_folders_are_walked_in_order_without_hidden_files(tmp_path: Path) -> None:
    for name in ("b/two.txt", "a/one.md", "c.txt", ".hidden/x.txt", "a/.y.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(f"The text of {name}.")
    assert [d.source for d in load_documents(tmp_path)] == ["c.txt", "a/one.md", "b/two.txt"]


def test_links_that_loop_are_walked_once(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "one.txt").write_text(SENTENCE)
    os.symlink(tmp_path, tmp_path / "a" / "up")
    os.symlink(tmp_path / "a" / "one.txt", tmp_path / "z.txt")
    documents = load_documents(tmp_path)
    assert len(documents) == 1
    assert documents[0].copies == ()


def test_several_paths_are_named_below_their_common_folder(tmp_path: Path) -> None:
    for name in ("x/a/one.txt", "x/b/two.txt"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text(f"The text of {name}.")
    documents = load_documents([tmp_path / "x" / "a", tmp_path / "x" / "b" / "two.txt"])
    assert [d.source for d in documents] == ["a/one.txt", "b/two.txt"]
    assert [d.source for d in load_documents(tmp_path / "x" / "b" / "two.txt")] == ["two.txt"]


def test_the_files_are_listed_as_they_will_be_read_and_counted(tmp_path: Path) -> None:
    for name in ("b/two.txt", "one.txt", ".hidden.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(f"{SENTENCE} {name}")
    calls: list[tuple[int, int]] = []
    read = load_documents([tmp_path], progress=lambda done, total: calls.append((done, total)))
    assert [source for _, source in list_sources(tmp_path)] == [d.source for d in read]
    assert calls == [(0, 2), (1, 2)]
    with pytest.raises(CorpusError, match="does not exist"):
        list_sources(tmp_path / "missing")


def test_the_same_text_is_one_document_that_names_its_copies(tmp_path: Path) -> None:
    for name, text in {"b.txt": "Same.\r\n", "a.txt": "Same.\n", "c.md": "**Same.**"}.items():
        (tmp_path / name).write_bytes(text.encode())
    (document,) = load_documents(tmp_path)
    assert (document.source, document.copies) == ("a.txt", ("b.txt", "c.md"))


def test_a_file_name_that_is_not_utf8_does_not_stop_the_build(tmp_path: Path) -> None:
    try:
        (tmp_path / os.fsdecode(b"caf\xe9.txt")).write_text(SENTENCE)
    except OSError:
        pytest.skip("this file system allows UTF-8 names only")
    (document,) = load_documents(tmp_path)
    document.source.encode("utf-8")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Published: 2018/11/20 19:03:40", "2018-11-20"),
        ("2024年5月21日", "2024-05-21"),
        ("Nov 6, 2018", "2018-11-06"),
        ("6 November 2018", "2018-11-06"),
        ("September 3rd, 2018", "2018-09-03"),
        ("25/04/2019", "2019-04-25"),
        ("04/25/2019", "2019-04-25"),
        ("03/04/2019", None),
        ("2019-02-30", None),
        ("In 2019 it rained.", None),
        ("", None),
    ],
)
def test_dates_are_read_only_where_they_are_clear(text: str, expected: str | None) -> None:
    assert iso_date(text) == expected


def test_a_date_in_a_sentence_is_not_the_date_of_the_document() -> None:
    assert stated_date("Title\n\nThe forum was held on November 14, 2019 in Shenzhen.") is None
    assert stated_date("Title\nSource:Some Dept. Date:2019-11-18\n\nText.") == "2019-11-18"
    assert stated_date("Title\n\n2024-05-21\n\nText.") == "2024-05-21"


def test_the_seeds_have_their_titles_and_dates(data: Path) -> None:
    documents = load_documents(sorted((data / "seeds").glob("*.txt")))
    assert [(d.title[:30], d.date) for d in documents] == [
        ("Xinjiangnet: Experts Sent to S", None),
        ("Yinchuan showcases smarter cit", "2018-11-20"),
        ("Building an upgraded version o", "2024-05-21"),
        ("The 2019 Asia-Pacific Smart Ci", "2019-11-18"),
        ("What are the innovative cases ", None),
    ]


@pytest.mark.parametrize("name", ["odd-pdfs", "pdf-samples"])
def test_every_odd_pdf_ends_in_text_or_in_a_reason(
    data: Path, tmp_path: Path, name: str, unpack: Callable[[Path, Path], None]
) -> None:
    unpack(data / "documents" / f"{name}.tar.gz", tmp_path)
    count = sum(1 for path in tmp_path.rglob("*.pdf"))
    problems: list[Problem] = []
    documents = load_documents(tmp_path, problems=problems)
    assert sum(1 + len(d.copies) for d in documents) + len(problems) >= count
    assert all(problem.reason.strip() for problem in problems)
    assert all(document.text.strip() for document in documents)


@pytest.fixture
def unpack() -> Callable[[Path, Path], None]:
    """Unpack an archive of test data, skipping visibly where it is absent."""

    def run(archive: Path, folder: Path) -> None:
        if not archive.is_file():
            pytest.skip(f"no {archive}")
        with tarfile.open(archive) as tar:
            if hasattr(tarfile, "data_filter"):  # since Python 3.11.4
                tar.extraction_filter = tarfile.data_filter
            tar.extractall(folder)

    return run
