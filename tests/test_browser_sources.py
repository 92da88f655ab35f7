"""The source panel in a real browser: exact quotes, their neighbours, pages of PDFs as pictures."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from browsing import PHONE, SEVERAL, WIDE, Visit, ask, hold, in_view, look_over, marked
from page_server import HOST, chromium, serving
from pdf_writer import paragraph, write_pdf
from playwright.sync_api import Page, expect

from index import build_index
from qa import Assistant

pytestmark = [
    pytest.mark.browser,
    pytest.mark.allow_hosts([HOST]),
    pytest.mark.skipif(
        chromium() is None, reason="no Chromium on the path; install one or set CITEWISE_CHROMIUM"
    ),
]

PAGES = [
    paragraph(["The tides of Aldmouth", "", "", "Tides are high in spring and low in autumn."]),
    paragraph(
        [
            "The harbour of Aldmouth opened in 1887 after nine years of work. It was",
            "built by Mara Quill, an engineer from Denby. Two ferries cross the bay.",
        ],
        top=300,
    ),
    paragraph(["The lighthouse keeper earns 40 crowns a month and lives in the tower."]),
]
CUSTOMS = [
    paragraph(
        [
            "Salt was weighed by the gate. The customs house of Denby was painted by Ida Falk,",
            "a mason who came from the north.",
        ],
        top=300,
    ),
]
BUILDER = "Who built the harbour of Aldmouth?"


@pytest.fixture(scope="module")
def address(assistant: Assistant) -> Iterator[str]:
    with serving(assistant) as address:
        yield address


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("papers")
    (folder / "harbour.pdf").write_bytes(write_pdf(PAGES))
    (folder / "customs.pdf").write_bytes(write_pdf(CUSTOMS))
    (folder / "market.txt").write_text("The market of Aldmouth is held on Fridays by the church.")
    return folder


@pytest.fixture(scope="module")
def papers(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    path = tmp_path_factory.mktemp("indexed") / "index"
    build_index([folder], path).close()
    with serving(Assistant.open(path), examples=[]) as address:
        yield address


def boxes(page: Page, name: str) -> list[dict[str, float]]:
    """Return the places of the marks on a picture, as shares of it."""
    found = page.locator(f".cw-sheet-of-paper .{name}").evaluate_all(
        """all => all.map(box => {
            const sheet = box.parentElement.getBoundingClientRect();
            const { x, y, width, height } = box.getBoundingClientRect();
            return { left: (x - sheet.x) / sheet.width, top: (y - sheet.y) / sheet.height,
                right: (x + width - sheet.x) / sheet.width,
                bottom: (y + height - sheet.y) / sheet.height };
        })"""
    )
    return list(found)


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["1280", "390"])
def test_a_pdf_opens_at_the_picture_of_the_page_with_the_quote_marked(
    visit: Visit, papers: str, size: tuple[int, int], tmp_path: Path
) -> None:
    page = visit(papers, size=size)
    ask(page, BUILDER)
    expect(page.locator(".cw-quote").first).to_contain_text("page 2")
    release = hold(page, "leaf")
    page.locator(".cw-chip").first.click()
    expect(page.locator(".cw-leaves")).to_have_attribute("aria-busy", "true")
    look_over(page, tmp_path / "drawing.png")
    release()
    picture = page.locator(".cw-sheet-of-paper img")
    expect(picture).to_have_attribute("alt", re.compile(r"^Page 2 of .* The quote is marked"))
    assert picture.evaluate("image => image.complete && image.naturalWidth") == 1240
    # The quote runs from the end of a line, 300 points above the foot of 842, through the next.
    quote = boxes(page, "cw-box")
    assert len(quote) == 2
    for box, baseline in zip(quote, (300, 286), strict=True):
        assert box["top"] < 1 - baseline / 842 < box["bottom"]
    assert quote[0]["left"] > 0.5
    assert quote[1]["left"] == pytest.approx(72 / 595, abs=0.01)
    (name,) = boxes(page, "cw-box-hit")
    assert name["top"] == pytest.approx(quote[1]["top"], abs=0.003)
    assert quote[1]["left"] < name["left"] < name["right"] < quote[1]["right"]
    expect(page.locator(".cw-box").first).to_be_focused()
    expect(page.get_by_role("img", name="It was built by Mara Quill")).to_be_visible()
    assert in_view(page, ".cw-box-hit")
    assert size == PHONE or in_view(page, ".cw-box")  # a phone shows a part of the page
    look_over(page, tmp_path / "page.png")
    page.get_by_role("button", name="Text", exact=True).click()
    assert marked(page) == "It was built by Mara Quill, an engineer from Denby."
    expect(page.locator(".cw-picture")).to_be_hidden()
    look_over(page, tmp_path / "text.png")


def test_a_phone_shows_the_words_that_answer_at_the_far_end_of_a_line(
    visit: Visit, papers: str
) -> None:
    page = visit(papers, size=PHONE)
    ask(page, "Who painted the customs house of Denby?")
    page.locator(".cw-chip").first.click()
    expect(page.locator(".cw-box").first).to_be_focused()
    (name,) = boxes(page, "cw-box-hit")
    assert min(box["left"] for box in boxes(page, "cw-box")) < 0.2 < 0.6 < name["left"]
    assert in_view(page, ".cw-box-hit")


def test_one_leafs_through_a_pdf_and_sees_it_larger(visit: Visit, papers: str) -> None:
    page = visit(papers)
    ask(page, BUILDER)
    page.locator(".cw-chip").first.click()
    expect(page.locator(".cw-leafing span")).to_have_text("Page 2 of 3")
    width = page.locator(".cw-sheet-of-paper").bounding_box()["width"]  # type: ignore[index]
    page.get_by_role("button", name="Larger").click()
    assert page.locator(".cw-sheet-of-paper").bounding_box()["width"] > 1.5 * width  # type: ignore[index]
    assert in_view(page, ".cw-box")
    page.get_by_role("button", name="Next page").click()
    expect(page.locator(".cw-leafing span")).to_have_text("Page 3 of 3")
    expect(page.locator(".cw-box")).to_have_count(0)
    expect(page.locator(".cw-picture figcaption")).to_have_text("The quote is on page 2.")
    expect(page.get_by_role("button", name="Next page")).to_be_disabled()
    page.get_by_role("button", name="Previous page").click()
    expect(page.locator(".cw-box")).to_have_count(2)


def test_a_pdf_that_has_changed_is_shown_as_text_with_the_reason(
    visit: Visit, papers: str, folder: Path, tmp_path: Path
) -> None:
    page = visit(papers)
    ask(page, "How much does the lighthouse keeper earn?")
    path = folder / "harbour.pdf"
    kept = path.read_bytes()
    path.write_bytes(kept + b"\n")
    try:
        page.locator(".cw-chip").first.click()
        expect(page.locator(".cw-leaves .cw-error")).to_contain_text("has changed since it was")
        assert marked(page).startswith("The lighthouse keeper earns 40 crowns")
        expect(page.locator(".cw-mark")).to_be_focused()
        assert page.locator(".cw-box").count() == 0
        look_over(page, tmp_path / "changed.png")
    finally:
        path.write_bytes(kept)


def test_what_is_no_pdf_has_no_pages_to_show(visit: Visit, papers: str) -> None:
    page = visit(papers)
    ask(page, "When is the market of Aldmouth held?")
    page.locator(".cw-chip").first.click()
    assert "Fridays" in marked(page)
    expect(page.locator(".cw-views")).to_have_count(0)


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["1280", "390"])
def test_a_text_opened_after_the_picture_of_a_pdf_is_not_blank(
    visit: Visit, papers: str, size: tuple[int, int]
) -> None:
    page = visit(papers, size=size)
    ask(page, BUILDER)
    page.locator(".cw-chip").first.click()
    expect(page.locator(".cw-box").first).to_be_focused()
    page.keyboard.press("Escape")
    ask(page, "When is the market of Aldmouth held?")
    page.locator(".cw-turn").last.locator(".cw-chip").first.click()
    assert "Fridays" in marked(page)
    expect(page.locator(".cw-mark")).to_be_focused()
    assert in_view(page, ".cw-mark")
    page.keyboard.press("Escape")
    page.locator(".cw-chip").first.click()
    expect(page.locator(".cw-box").first).to_be_focused()  # pictures come as before
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Documents", exact=True).click()
    page.locator(".cw-documents tbody th button", has_text="market").click()
    expect(page.locator(".cw-text")).to_be_visible()


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["1280", "390"])
def test_buttons_lead_to_the_next_and_the_previous_citation(
    visit: Visit, address: str, assistant: Assistant, size: tuple[int, int]
) -> None:
    answer = assistant.ask(SEVERAL)
    count = len(answer.citations)
    assert count > 1
    page = visit(address, size=size)
    ask(page, SEVERAL)
    page.locator(".cw-chip").first.click()
    for number in range(1, count + 1):
        expect(page.locator(".cw-number")).to_have_text(str(number))
        expect(page.locator(".cw-trail span")).to_have_text(f"{number} of {count}")
        assert marked(page) == answer.citations[number - 1].quote
        assert in_view(page, ".cw-mark")
        expect(page.locator(".cw-chip[aria-current]")).to_have_text(str(number))
        if number < count:
            page.get_by_role("button", name="Next citation").click()
    expect(page.get_by_role("button", name="Next citation")).to_be_disabled()
    page.get_by_role("button", name="Previous citation").click()
    expect(page.locator(".cw-number")).to_have_text(str(count - 1))
    page.keyboard.press("Escape")
    expect(page.locator(".cw-book")).to_have_attribute("data-shows", "shelf")
    page.get_by_role("button", name="Documents", exact=True).click()
    page.locator(".cw-documents tbody th button").first.click()
    page.wait_for_selector(".cw-source-head")
    expect(page.locator(".cw-trail")).to_be_hidden()
