"""The map and the timeline in a browser: what they draw, name, mark, open and filter."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browsing import PHONE, SERVER, Visit, ask, look_over, write_files
from page_server import HOST, chromium, serving
from playwright.sync_api import Page, Route, expect
from test_browser_documents import FILES, MARKET, shelf

from index import build_index
from index.insight import layout
from page.insight import dots
from server import Library

pytestmark = [
    pytest.mark.browser,
    pytest.mark.allow_hosts([HOST]),
    pytest.mark.skipif(
        chromium() is None, reason="no Chromium on the path; install one or set CITEWISE_CHROMIUM"
    ),
]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """A library that no test here changes."""
    folder = tmp_path_factory.mktemp("map")
    write_files(folder / "papers", FILES)
    build_index(folder / "papers", folder / "index").close()
    library = Library.open(folder / "index")
    yield library
    library.close()


@pytest.fixture(scope="module")
def address(library: Library) -> Iterator[str]:
    with serving(library, examples=[]) as address:
        yield address


def colour_at(page: Page, x: float, y: float) -> list[int]:
    """Return the colour (red, green, blue, opacity) of the map at a place in its units."""
    return page.locator(".cw-points canvas").evaluate(
        """(canvas, [x, y]) => [...canvas.getContext("2d").getImageData(
            x / 640 * canvas.width, y / 300 * canvas.height, 1, 1).data]""",
        [x, y],
    )


def drawn_points(library: Library) -> list[list[Any]]:
    """Return what the map draws: ``[id, x, y, folder, age, title, about]`` each."""
    return json.loads(dots(layout(library.assistant.index)))


def test_the_map_names_opens_and_marks_where_the_answer_came_from(
    address: str, visit: Visit, library: Library, tmp_path: Path
) -> None:
    page = visit(address)
    points = drawn_points(library)
    assert len(points) == 5
    page.wait_for_selector(".cw-points .cw-point")
    canvas = page.locator(".cw-points canvas").bounding_box()
    assert all(colour_at(page, x, y)[3] == 255 for _, x, y, *_ in points)
    ask(page, MARKET)
    cited = {c.doc_id for c in library.ask(MARKET).citations}
    marked_on = page.locator(".cw-point.cw-cited")
    assert {one.get_attribute("data-doc") for one in marked_on.all()} == cited
    expect(marked_on.locator(".cw-point-number").last).to_contain_text("1")
    for _, x, y, *_, title, _ in points:
        page.mouse.move(canvas["x"] + x / 640 * canvas["width"],
                        canvas["y"] + y / 300 * canvas["height"])  # fmt: skip
        expect(page.locator(".cw-tip strong")).to_have_text(title)
    assert page.locator(".cw-point").count() <= len(cited) + 2
    before = [colour_at(page, x, y) for _, x, y, *_ in points]
    page.get_by_role("button", name="Date", exact=True).first.click()
    expect(page.locator(".cw-map")).to_have_attribute("data-colour", "date")
    assert [colour_at(page, x, y) for _, x, y, *_ in points] != before
    look_over(page, tmp_path / "map.png")
    page.locator(".cw-point[tabindex='0']").focus()
    seen = set()
    for key in ["ArrowRight", "ArrowDown", "ArrowLeft", "ArrowUp"] * 4:
        seen.add(page.evaluate("document.activeElement.dataset.doc"))
        page.keyboard.press(key)
    assert len(seen) >= 3
    assert page.locator(".cw-point[tabindex='0']").count() == 1
    title = page.evaluate("document.activeElement.dataset.title")
    expect(page.locator(".cw-tip strong")).to_have_text(title)
    page.keyboard.press("Enter")
    expect(page.locator(".cw-source-head h2")).to_have_text(title)
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.dataset.title") == title
    _, x, y, *_, title, _ = points[0]
    page.mouse.click(canvas["x"] + x / 640 * canvas["width"],
                     canvas["y"] + y / 300 * canvas["height"])  # fmt: skip
    expect(page.locator(".cw-source-head h2")).to_have_text(title)


def test_a_finger_opens_a_point_of_the_map(address: str, visit: Visit, library: Library) -> None:
    page = visit(address, size=PHONE)
    shelf(page)
    page.wait_for_selector(".cw-points .cw-point")
    page.wait_for_timeout(400)  # the panel slides in
    canvas = page.locator(".cw-points canvas").bounding_box()
    _, x, y, *_, title, _ = drawn_points(library)[-1]
    page.touchscreen.tap(canvas["x"] + x / 640 * canvas["width"],
                         canvas["y"] + y / 300 * canvas["height"])  # fmt: skip
    expect(page.locator(".cw-source-head h2")).to_have_text(title)


def test_the_timeline_filters_by_its_years_and_opens_its_documents(
    address: str, visit: Visit, library: Library
) -> None:
    page = visit(address)
    points = drawn_points(library)
    expect(page.locator(".cw-timeline h3")).to_contain_text("3 dated documents · 2 undated")
    page.get_by_role("button", name="Ask only 1992: 2 documents").click()
    expect(page.locator(".cw-filter")).to_have_text(["1992"])
    expect(page.get_by_role("button", name="Asking 2 of 5 documents")).to_be_visible()
    asked = {one[0] for one in points if "1992" in one[6]}
    filled = {one[0] for one in points if colour_at(page, *one[1:3])[3] == 255}
    assert filled == asked  # the others are only outlined
    assert len(filled) == 2
    page.get_by_role("button", name="Ask only 1992: 2 documents").click()
    expect(page.locator(".cw-filter")).to_have_count(0)
    page.locator(".cw-moment").first.click()
    expect(page.locator(".cw-source-head h2")).to_have_text("The harbour opens")


def test_a_map_that_does_not_come_says_so_and_nothing_else_breaks(
    address: str, visit: Visit
) -> None:
    page = visit(address, forgive="Failed to load resource")

    def asked(route: Route) -> None:
        sent = json.loads(route.request.post_data or "{}")
        route.abort() if sent.get("fn_name") == "look" else route.continue_()

    page.route(SERVER, asked)  # as when the server stops at that moment
    page.reload()
    shelf(page)
    expect(page.locator("[data-part=insight]")).to_contain_text("This did not come")
    ask(page, MARKET)
    expect(page.locator(".cw-error")).to_have_count(1)  # the map's own
