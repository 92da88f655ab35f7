"""The documents on the page in a browser: adding, rebuilding, removing; filters, map, feedback."""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from browsing import PHONE, TABLET, WIDE, Visit, ask, in_view, look_over, marked, write_files
from page_server import HOST, chromium, serving
from playwright.sync_api import Page, expect

from index import Filters, build_index
from qa.feedback import Feedback
from server import Library

pytestmark = [
    pytest.mark.browser,
    pytest.mark.allow_hosts([HOST]),
    pytest.mark.skipif(
        chromium() is None, reason="no Chromium on the path; install one or set CITEWISE_CHROMIUM"
    ),
]

expect.set_options(timeout=30_000)  # milliseconds: a rebuild takes the processor's idle time

FILES = {
    "harbour/opening.md": (
        "---\ntitle: The harbour opens\ndate: 1987-06-01\n---\n\nThe harbour of Aldmouth opened in "
        "1987. It was built by Mara Quill, an engineer from Denby."
    ),
    "harbour/ferries.md": (
        "---\ntitle: Ferry timetable\ndate: 1992-03\n---\n\nTwo ferries cross the bay of Aldmouth "
        "each morning. The crossing takes forty minutes."
    ),
    "town/market.md": (
        "---\ntitle: The market\ndate: 1992-11-20\n---\n\nThe market of Aldmouth is held on "
        "Fridays. The council charges 2 crowns for a stall."
    ),
    "town/library.md": (
        "---\ntitle: The town library\n---\n\nThe town library of Aldmouth lends 9,000 books and "
        "opens on Tuesdays."
    ),
    "银川.txt": "银川的智慧城市建设始于2013年。市长杨玉经在峰会上发表讲话。深圳举办了论坛。",
    "torn.pdf": "%PDF-1.4 nothing follows",
}
NEWS = "# News of the lighthouse\n\nThe lighthouse keeper of Aldmouth is called Tobias Wren."
KEEPER = "What is the lighthouse keeper of Aldmouth called?"
MARKET = "On which day is the market of Aldmouth held?"
LONG = "\n\n".join(
    f"Entry {n}. The archive keeps the record of ship number {n}, which carried salt and wool from "
    f"the port of Denby to the harbour of Aldmouth in the year {1500 + n % 400} with {n % 90} men."
    for n in range(3_000)
)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("built")
    write_files(folder / "papers", FILES)
    build_index(folder / "papers", folder / "index").close()
    return folder


@pytest.fixture
def library(built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Library]:
    """A library of its own over the small index, to change as one likes."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    shutil.copytree(built / "index", tmp_path / "index")
    library = Library.open(tmp_path / "index")
    yield library
    library.close()


@pytest.fixture
def address(library: Library) -> Iterator[str]:
    with serving(library, examples=[]) as address:
        yield address


def shelf(page: Page) -> None:
    """Bring the documents into view, on a narrow page too."""
    if not page.locator(".cw-library-head").is_visible():
        page.get_by_role("button", name="Documents", exact=True).click()


def row(page: Page, title: str) -> str:
    return page.locator(".cw-documents tbody tr", has_text=title).inner_text()


def rebuilt(page: Page, said: str) -> None:
    """Wait until a rebuild says so."""
    expect(page.locator("[data-part=job-said]")).to_contain_text(said, timeout=90_000)


def test_added_files_answer_in_every_open_tab_and_the_unreadable_is_reported(
    address: str, visit: Visit, tmp_path: Path
) -> None:
    good, bad, exe, big = (tmp_path / name for name in ("news.md", "bad.pdf", "x.exe", "big.txt"))
    good.write_text(NEWS, encoding="utf-8")
    bad.write_bytes(b"%PDF-1.4 nothing follows")
    exe.write_bytes(b"MZ")
    with big.open("wb") as file:
        os.truncate(file.fileno(), 50_000_001)
    page, other = visit(address), visit(address)
    ask(page, KEEPER)
    expect(page.locator(".cw-abstained")).to_be_visible()
    expect(page.locator(".cw-limits")).to_contain_text("up to 50 MB each")
    page.locator("input[type=file]").set_input_files([good, bad, exe, big])
    refused = page.locator(".cw-upload.cw-bad .cw-upload-said")
    expect(refused).to_have_text(["Not of a kind that can be read.", "Larger than 50 MB."])
    expect(page.get_by_role("progressbar")).to_be_visible()
    look_over(page, tmp_path / "adding.png")
    ask(other, MARKET)  # asking goes on
    expect(other.locator(".cw-quote").first).to_contain_text("Fridays")
    rebuilt(page, "Ready: 6 documents, 1 new. 2 files could not be read")
    page.get_by_text("2 files could not be read", exact=True).click()
    expect(page.locator(".cw-left-out li")).to_have_count(2)
    expect(page.locator(".cw-left-out")).to_contain_text("uploads/bad.pdf")
    look_over(page, tmp_path / "added.png")
    assert "Ready" in row(page, "News of the lighthouse")
    assert "Unreadable" in row(page, "torn")
    expect(other.locator("tbody")).to_contain_text("News of the lighthouse")  # without a reload
    expect(other.get_by_role("button", name="Asking all 6 documents")).to_be_visible()
    for tab in (page, other):
        ask(tab, KEEPER)
        expect(tab.locator(".cw-turn").last.locator(".cw-quote").first).to_contain_text("Wren")


def test_files_are_dropped_onto_the_page(address: str, visit: Visit) -> None:
    page = visit(address)
    dropped = page.evaluate_handle(
        """text => {
            const data = new DataTransfer();
            data.items.add(new File([text], "<img src=x onerror=alert(1)>.md"));
            return data;
        }""",
        f'# <img src=x onerror="window.pwned = 1">\n\n{NEWS.splitlines()[-1]}',
    )
    page.dispatch_event(".cw-turns", "dragover", {"dataTransfer": dropped})
    expect(page.locator(".cw[data-drop=over]")).to_be_attached()
    page.dispatch_event(".cw-turns", "drop", {"dataTransfer": dropped})
    expect(page.locator(".cw-upload-name")).to_have_text("<img src=x onerror=alert(1)>.md")
    rebuilt(page, "Ready: 6 documents, 1 new")
    ask(page, KEEPER)
    expect(page.locator(".cw-quote").first).to_contain_text("Wren")
    page.locator(".cw-chip").first.click()
    assert "Wren" in marked(page)
    assert page.locator(".cw img").count() == 0
    assert page.evaluate("window.pwned") is None


def test_the_server_refuses_what_a_page_that_does_not_check_would_send(
    address: str, visit: Visit
) -> None:
    page = visit(address, forgive="Failed to load resource")
    send = "name => fetch(`v1/documents?name=${name}`, {method: 'POST', body: 'MZ'})"
    assert page.evaluate(f"({send})('tool.exe').then(reply => reply.status)") == 422


def test_a_rebuild_shows_how_far_it_is_and_is_cancelled(
    address: str, visit: Visit, library: Library, tmp_path: Path
) -> None:
    (tmp_path / "long.md").write_text(LONG, encoding="utf-8")
    page = visit(address)
    before = library.generation
    page.locator("input[type=file]").set_input_files(tmp_path / "long.md")
    expect(page.locator("[data-part=job-said]")).to_contain_text(
        "Indexing passages", timeout=60_000
    )
    bar = page.get_by_role("progressbar")
    first = bar.evaluate("bar => bar.value")
    page.wait_for_function(
        "first => document.querySelector('.cw progress').value > first", arg=first
    )
    expect(page.get_by_role("button", name="Rebuild")).to_be_disabled()
    look_over(page, tmp_path / "rebuilding.png")
    page.get_by_role("button", name="Cancel").click()
    rebuilt(page, "Cancelled. The documents are as they were.")
    assert library.generation == before
    assert "Waiting" in row(page, "long")
    page.get_by_role("button", name="OK").click()
    expect(page.locator(".cw-job")).to_be_hidden()
    ask(page, MARKET)
    expect(page.locator(".cw-quote").first).to_contain_text("Fridays")


def test_removing_asks_first_and_can_be_taken_back(
    address: str, visit: Visit, built: Path, tmp_path: Path
) -> None:
    page = visit(address)
    remove = page.get_by_role("button", name="Remove The market")
    dialog = page.get_by_role("dialog", name="Remove this document?")
    remove.click()
    expect(dialog).to_contain_text("The market")
    expect(dialog).to_contain_text("Your own file stays where it is")
    expect(dialog.get_by_role("button", name="Keep it")).to_be_focused()
    look_over(page, tmp_path / "removing.png")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(remove).to_be_focused()
    remove.click()
    dialog.get_by_role("button", name="Remove").click()
    told = page.locator(".cw-undoing span")
    expect(told).to_have_text("“The market” is taken out by the next rebuild.")
    rebuilt(page, "Ready: 4 documents, 1 removed")
    expect(told).to_have_text("“The market” has been taken out.")
    assert (built / "papers/town/market.md").exists()
    ask(page, MARKET)
    expect(page.locator(".cw-abstained")).to_be_visible()
    page.get_by_role("button", name="Take it back").click()
    rebuilt(page, "Ready: 5 documents, 1 new")
    ask(page, MARKET)
    expect(page.locator(".cw-turn").last.locator(".cw-quote").first).to_contain_text("Fridays")


def test_the_table_sorts_finds_and_takes_the_whole_width(
    address: str, visit: Visit, tmp_path: Path
) -> None:
    page = visit(address)
    titles = page.locator(".cw-document-title")
    dated = ["The market", "Ferry timetable", "The harbour opens"]
    assert titles.all_inner_texts()[:3] == dated
    page.get_by_role("button", name="Show the documents across the whole width").click()
    head = page.get_by_role("columnheader", name="Title")
    head.get_by_role("button").click()
    expect(head).to_have_attribute("aria-sort", "ascending")
    expect(titles.first).to_have_text("Ferry timetable")
    head.get_by_role("button").press("Enter")
    expect(head).to_have_attribute("aria-sort", "descending")
    for name in ("Title", "Date", "Source", "Passages", "State"):
        expect(page.get_by_role("columnheader", name=name)).to_be_visible()
    page.set_viewport_size({"width": 1280, "height": 300})
    page.locator(".cw-book").evaluate("book => { book.scrollTop = book.scrollHeight; }")
    assert in_view(page, ".cw-widen")
    page.keyboard.press("Escape")
    expect(page.get_by_label("Your question")).to_be_focused()
    page.set_viewport_size({"width": WIDE[0], "height": WIDE[1]})
    page.get_by_role("button", name="Show the documents across the whole width").click()
    look_over(page, tmp_path / "wide.png")
    page.get_by_label("Find a document").fill("LIBRARY")
    expect(titles).to_have_text(["The town library"])
    titles.click()
    expect(page.locator(".cw-source-head h2")).to_have_text("The town library")
    expect(page.get_by_label("Your question")).to_be_visible()  # beside the source again


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["1280", "390"])
def test_filters_are_set_shown_dropped_and_linked(
    address: str, visit: Visit, size: tuple[int, int], tmp_path: Path
) -> None:
    page = visit(address, size=size)
    page.get_by_role("button", name="Asking all 5 documents").click()
    sheet = page.get_by_role("dialog", name="Filters")
    sheet.get_by_label("Folder").select_option("harbour")
    sheet.get_by_label("From").fill("1993")
    sheet.get_by_label("To").fill("1992")
    sheet.get_by_label("To").press("Tab")
    expect(sheet.get_by_role("status")).to_contain_text("Swap the two")
    sheet.get_by_label("From").fill("1990-01")
    sheet.get_by_label("From").press("Tab")
    sheet.get_by_label("Newest first").check()
    expect(sheet.get_by_role("status")).to_have_text("Asking 1 of 5 documents")
    look_over(page, tmp_path / "sheet.png")
    sheet.get_by_role("button", name="Done").click()
    expect(sheet).to_be_hidden()
    said = ["Folder harbour", "From January 1990", "Until 1992", "Newest first"]
    expect(page.locator(".cw-filter")).to_have_text(said)
    ask(page, MARKET)
    expect(page.locator(".cw-abstained")).to_be_visible()
    expect(page.locator(".cw-asked-of li")).to_have_text([*said, "Ask all documents"])
    page.wait_for_url("**/#q=*")
    linked = visit(page.url, size=size)
    expect(linked.locator(".cw-done .cw-asked-of li")).to_have_text([*said, "Ask all documents"])
    expect(linked.locator(".cw-filter")).to_have_text(said)
    page.get_by_role("button", name="Drop the filter: Folder harbour").click()
    expect(page.locator(".cw-filter")).to_have_text(said[1:])
    expect(page.get_by_role("button", name="Asking 2 of 5 documents")).to_be_visible()
    ask(page, MARKET)
    expect(page.locator(".cw-turn").last.locator(".cw-quote").first).to_contain_text("Fridays")
    page.get_by_role("button", name="Ask all documents").click()
    expect(page.locator(".cw-done")).to_have_count(3)
    expect(page.locator(".cw-filter")).to_have_count(0)


def test_single_documents_are_chosen_in_the_list_and_a_language_in_the_sheet(
    address: str, visit: Visit
) -> None:
    page = visit(address)
    only = page.get_by_role("button", name="Ask only Ferry timetable")
    only.click()
    expect(page.locator(".cw-filter")).to_have_text(["Ferry timetable"])
    expect(only).to_have_attribute("aria-pressed", "true")
    ask(page, MARKET)
    expect(page.locator(".cw-abstained")).to_contain_text("(document “Ferry timetable”)")
    only.click()
    expect(page.get_by_role("button", name="Asking all 5 documents")).to_be_visible()
    page.get_by_role("button", name="Asking all").click()
    page.get_by_label("Language").select_option("zh")
    expect(page.locator(".cw-filter")).to_have_text(["Chinese"])
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Filters")).to_be_hidden()
    expect(page.get_by_role("button", name="Asking 1 of 5 documents")).to_be_focused()


def test_an_answer_is_judged_and_the_verdict_replayed(
    address: str, visit: Visit, library: Library, tmp_path: Path
) -> None:
    page = visit(address)
    ask(page, MARKET)
    page.get_by_role("button", name="Right").click()
    expect(page.locator(".cw-judged")).to_contain_text("Noted as right, on this computer only")
    page.get_by_role("button", name="Missing").click()
    page.get_by_label("What would be right?").fill("The council charges 2 crowns for a stall.")
    look_over(page, tmp_path / "judging.png")
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".cw-judged")).to_contain_text("Noted as missing")
    expect(page.get_by_role("button", name="Missing")).to_have_attribute("aria-pressed", "true")
    feedback = Feedback.of(library.assistant.index.path)
    assert tmp_path in feedback.path.parents
    (told,) = feedback.rows()
    assert (told["verdict"], told["question"]) == ("missing", MARKET)
    assert told["evidence"] == ["The council charges 2 crowns for a stall."]
    page.get_by_role("button", name="Missing").click()
    expect(page.locator(".cw-judged")).to_contain_text("Taken back.")
    assert feedback.rows() == []


def test_an_answer_and_the_conversation_are_saved_as_files(
    address: str, visit: Visit, library: Library, tmp_path: Path
) -> None:
    page = visit(address)
    ask(page, MARKET)
    ask(page, "How long does the crossing of the bay take?")
    menu = page.get_by_role("dialog", name="Save")
    for kind, suffix in (("Markdown", ".md"), ("JSON", ".json"), ("BibTeX", ".bib"),
                         ("CSL", ".csl.json")):  # fmt: skip
        page.get_by_role("button", name="Save").first.click()
        with page.expect_download() as download:
            menu.get_by_role("button", name=kind).click()
        name = download.value.suggested_filename
        assert name == f"on-which-day-is-the-market-of-aldmouth-held{suffix}"
        assert "Fridays" in Path(download.value.path()).read_text(encoding="utf-8")
        expect(page.locator(".cw-judged").first).to_have_text(f"Saved as {name}.")
    page.get_by_role("button", name="Save").last.click()
    menu.get_by_label("The whole conversation").check()
    look_over(page, tmp_path / "saving.png")
    with page.expect_download() as download:
        menu.get_by_role("button", name="JSON").click()
    answers = json.loads(Path(download.value.path()).read_text(encoding="utf-8"))
    assert len(answers) == 2
    for answer in answers:
        for citation in answer["citations"]:
            text = library.assistant.index.document(citation["doc_id"]).text
            assert text[citation["start"] : citation["end"]] == citation["quote"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, TABLET, WIDE], ids=["390", "768", "1280"])
def test_the_documents_look_well_at_every_width(
    address: str, visit: Visit, size: tuple[int, int], scheme: str, tmp_path: Path
) -> None:
    page = visit(address, size=size, scheme=scheme)
    ask(page, MARKET)
    page.screenshot(path=tmp_path / "answer.png")
    shelf(page)
    expect(page.locator(".cw-point.cw-cited").first).to_be_visible()
    look_over(page, tmp_path / "documents.png")
    page.locator(".cw-match").scroll_into_view_if_needed()
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    assert page.locator(".cw-book").evaluate("book => book.scrollWidth <= book.clientWidth")
    page.get_by_role("button", name="Ask only The market").click()
    expect(page.locator(".cw-out").first).to_be_attached()


def test_the_choice_made_on_the_page_is_the_choice_of_the_library(
    address: str, visit: Visit, library: Library
) -> None:
    page = visit(f"{address}/#q={MARKET}&after=1992&before=1992&newest=1")
    expect(page.locator(".cw-done")).to_have_count(1)
    filters = Filters(after="1992", before="1992", newest_first=True)
    answer = library.ask(MARKET, filters=filters)
    quotes = page.locator(".cw-done blockquote")
    expect(quotes).to_have_text([citation.quote for citation in answer.citations])
