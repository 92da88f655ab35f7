"""What is long, wide or in lines, in a real browser: nothing is cut off or cut short unsaid."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from browsing import WIDE, Visit, ask, in_view, look_over, write_files
from page_server import HOST, chromium, serving
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

FILES = {
    "fares.md": "# Ferry fares\n\n| Ticket | Adult | Child |\n|---|---|---|\n"
    "| Day ticket | £6.50 | £5.00 |\n| Weekly pass | £24.00 | £20.00 |\n",
    "keeper.txt": "The lighthouse of Aldmouth is kept by a family that came from the town of\n"
    "Denby. The keeper of the lighthouse is called Tobias Wren, and he earns 40 crowns\n"
    "a month. The lamp burns oil from the north and is lit at six in the evening by\n"
    "whoever is awake.\n",
}
FARE = "What does a weekly pass cost?"
KEEPER = "What is the keeper of the lighthouse called?"
CLIPPED = """() => [".cw", ".cw-head", ".cw-talk", ".cw-scroll", ".cw-ask", ".cw-book"].filter(
    name => {
        const box = document.querySelector(name);
        return box.scrollWidth > box.clientWidth;
    })"""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("reflow")
    write_files(folder / "papers", FILES)
    build_index([folder / "papers"], folder / "index").close()
    with serving(Assistant.open(folder / "index"), examples=[]) as address:
        yield address


def right_of(page: Page, selector: str) -> float:
    return float(page.locator(selector).evaluate("e => e.getBoundingClientRect().right"))


def test_a_row_stands_under_its_columns_names_and_wrapped_prose_on_no_lines(
    visit: Visit, address: str
) -> None:
    page = visit(address)
    ask(page, FARE)
    quote = page.locator(".cw-quote blockquote").first
    shown = quote.evaluate("quote => quote.innerText").splitlines()
    assert [line.split("\t") for line in shown] == [
        ["Ticket", "Adult", "Child"], ["Weekly pass", "£24.00", "£20.00"],
    ]  # fmt: skip
    ask(page, KEEPER)
    quote = page.locator(".cw-turn").last.locator("blockquote").first
    assert "\n" in quote.evaluate("quote => quote.textContent")
    assert "\n" not in quote.evaluate("quote => quote.innerText")


@pytest.mark.parametrize("size", [(320, 640), (320, 200), (260, 640)])
def test_nothing_is_cut_off_on_the_narrowest_pages(
    visit: Visit, address: str, size: tuple[int, int], tmp_path: Path
) -> None:
    page = visit(address, size=size)
    ask(page, KEEPER)
    ask(page, FARE)
    expect(page.get_by_role("button", name="New conversation")).to_be_visible()
    assert page.evaluate(CLIPPED) == []
    for selector in (".cw-nav [data-do=shelf]", ".cw-field button"):
        assert right_of(page, selector) <= size[0]
    assert in_view(page, ".cw-turn:last-child .cw-question")
    look_over(page, tmp_path / "narrowest.png")
    page.get_by_role("button", name="Ask", exact=True).scroll_into_view_if_needed()
    assert in_view(page, ".cw-field button")
    page.locator(".cw-chip").last.click()
    expect(page.locator(".cw-mark")).to_be_focused()
    assert page.evaluate(CLIPPED) == []


@pytest.mark.parametrize("size", [WIDE, (320, 640)], ids=["1280", "320"])
def test_an_unbroken_string_in_the_field_stays_in_its_column(
    visit: Visit, address: str, size: tuple[int, int]
) -> None:
    page = visit(address, size=size)
    before = right_of(page, ".cw-field button")
    page.get_by_label("Your question").fill("x" * 200)
    assert right_of(page, ".cw-field button") == before
    assert page.evaluate(CLIPPED) == []


@pytest.mark.parametrize("size", [WIDE, (320, 640)], ids=["1280", "320"])
def test_a_question_that_is_too_long_is_refused_and_not_lost(
    visit: Visit, address: str, size: tuple[int, int], tmp_path: Path
) -> None:
    page = visit(address, size=size)
    field, said = page.get_by_label("Your question"), page.locator(".cw-ask .cw-over")
    long = f"{FARE} ".ljust(2_000, "🏙")
    field.fill(f"{long}x")
    expect(said).to_contain_text("This has 2,001 characters. A question may have 2,000 at most")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(page.get_by_role("status").filter(has_text="shorten it")).to_have_count(2)
    expect(field).to_be_focused()
    look_over(page, tmp_path / "too-long.png")
    assert page.locator(".cw-turn").count() == 0
    assert field.input_value() == f"{long}x"
    ask(page, long)
    expect(said).to_be_hidden()
    heading = page.locator(".cw-question")
    expect(heading).to_have_text(long)
    assert heading.bounding_box()["height"] <= 0.31 * size[1]  # type: ignore[index]
    expect(page.locator(".cw-turn .cw-chip").first).to_be_in_viewport()
    look_over(page, tmp_path / "long.png")


def test_a_question_that_is_too_long_in_a_link_is_refused(visit: Visit, address: str) -> None:
    page = visit(f"{address}/#q={'why%20' * 700}")
    expect(page.locator(".cw-error")).to_contain_text("expected at most 2,000")
    expect(page.locator(".cw-quote")).to_have_count(0)


def test_colours_that_the_system_forces_leave_marks_meters_and_icons_to_be_seen(
    visit: Visit, address: str, tmp_path: Path
) -> None:
    page = visit(address, scheme="dark")
    page.emulate_media(forced_colors="active", color_scheme="dark")
    ask(page, KEEPER)
    background = "e => getComputedStyle(e).backgroundColor"
    paper = page.locator(".cw").evaluate(background)
    for selector in (".cw-meter i", ".cw-icon", ".cw-legend i"):
        assert page.locator(selector).first.evaluate(background) != paper, selector
    page.locator(".cw-chip").first.click()
    hit = page.locator(".cw-mark .cw-hit").first
    expect(hit).to_be_visible()
    assert hit.evaluate(background) in ("rgba(0, 0, 0, 0)", "transparent")  # the mark shows through
    page.screenshot(path=tmp_path / "forced.png")
    page.emulate_media(forced_colors="none", color_scheme="dark")  # axe does not know them
