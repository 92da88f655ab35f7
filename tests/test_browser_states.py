"""Every state of the page at every width, light and dark: axe-core finds nothing serious."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from browsing import (
    FOLLOW_UP,
    PHONE,
    QUESTION,
    SEVERAL,
    TABLET,
    UNANSWERED,
    WIDE,
    Visit,
    ask,
    look_over,
    marked,
)
from page_server import HOST, chromium, serving
from playwright.sync_api import Page, expect

from benchmarks.screenshots import hold_answers
from qa import Assistant

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.allow_hosts([HOST]),
    pytest.mark.skipif(
        chromium() is None, reason="no Chromium on the path; install one or set CITEWISE_CHROMIUM"
    ),
]


@pytest.fixture(scope="module")
def address(assistant: Assistant) -> Iterator[str]:
    with serving(assistant) as address:
        yield address


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, TABLET, PHONE], ids=["1280", "768", "390"])
def test_every_state_is_sound(
    visit: Visit, address: str, size: tuple[int, int], scheme: str, tmp_path: Path
) -> None:
    page = visit(address, size=size, scheme=scheme)

    def look(state: str) -> None:
        look_over(page, tmp_path / f"{state}.png")
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0], state
        for selector in (".cw-scroll", ".cw-book", ".cw-ask"):
            over = page.locator(selector).evaluate("e => e.scrollWidth - e.clientWidth")
            assert over <= 0, f"{selector} scrolls sideways: {state}"

    look("empty")
    release = hold_answers(page)
    page.get_by_label("Your question").fill(QUESTION)
    page.keyboard.press("Enter")
    expect(page.locator(".cw-passages")).to_be_visible()
    look("reading")
    release()
    expect(page.locator(".cw-done")).to_have_count(1)
    look("answer")
    page.locator(".cw-chip").first.click()
    marked(page)
    look("source")
    page.keyboard.press("Escape")
    ask(page, FOLLOW_UP)
    look("follow-up")
    page.get_by_role("button", name="Correct this").click()
    look("correcting")
    page.keyboard.press("Escape")
    ask(page, UNANSWERED)
    look("abstained")
    page.get_by_role("button", name="Documents", exact=True).click()
    expect(page.locator(".cw-shelf")).to_be_visible()
    look("documents")


def test_headings_landmarks_and_names_say_what_is_where(visit: Visit, address: str) -> None:
    page: Page = visit(address)
    for role, name in (
        ("navigation", "Page"), ("region", "Questions and answers"), ("log", "Conversation"),
        ("complementary", "Documents and sources"), ("textbox", "Your question"),
    ):  # fmt: skip
        expect(page.get_by_role(role, name=name, exact=True)).to_be_attached()  # type: ignore[arg-type]
    ask(page, SEVERAL)
    expect(page.get_by_role("article", name=SEVERAL)).to_be_visible()
    expect(page.get_by_role("heading", name=SEVERAL, level=2)).to_be_visible()
    expect(page.get_by_role("button", name="Citation 1: open").first).to_be_visible()
    page.locator(".cw-chip").first.click()
    marked(page)
    expect(page.get_by_role("group", name="Citations of this answer")).to_be_visible()
    expect(page.get_by_role("button", name="Next citation")).to_be_enabled()
    expect(page.get_by_role("button", name="Previous citation")).to_be_disabled()
