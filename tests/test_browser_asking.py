"""Asking in a real browser: passages first, questions corrected, links, the keyboard."""

import json
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from browsing import (
    FOLLOW_UP,
    PHONE,
    QUESTION,
    SERVER,
    SEVERAL,
    UNANSWERED,
    WIDE,
    Visit,
    ask,
    focused,
    look_over,
    marked,
)
from page_server import HOST, chromium, serving
from playwright.sync_api import Page, expect

from benchmarks.screenshots import hold_answers
from qa import Assistant

pytestmark = [
    pytest.mark.browser,
    pytest.mark.allow_hosts([HOST]),
    pytest.mark.skipif(
        chromium() is None, reason="no Chromium on the path; install one or set CITEWISE_CHROMIUM"
    ),
]

MEANT = "Who spoke at the 2019 Asia-Pacific Smart City Development Forum?"


@pytest.fixture(scope="module")
def address(assistant: Assistant) -> Iterator[str]:
    with serving(assistant) as address:
        yield address


def quotes(page: Page) -> list[str]:
    return page.locator(".cw-turn:last-child .cw-quote blockquote").all_text_contents()


def test_the_passages_are_shown_before_the_answer_is_read(
    visit: Visit, address: str, assistant: Assistant, tmp_path
) -> None:
    told = []
    answer = assistant.ask(QUESTION, found=lambda _, hits: told.extend(hits))
    page = visit(address)
    release = hold_answers(page)
    page.get_by_label("Your question").fill(QUESTION)
    page.keyboard.press("Enter")
    expect(page.locator(".cw-passages li")).to_have_count(len(told))
    titles = page.locator(".cw-passages .cw-title").all_text_contents()
    assert titles == [hit.document.title for hit in told]
    for shown, hit in zip(page.locator(".cw-passages p").all_text_contents(), told, strict=True):
        assert " ".join(hit.chunk.text.split()).startswith(shown.removesuffix("…"))
    expect(page.locator(".cw-searching")).to_have_text(f"Reading {len(told)} passages…")
    expect(page.locator(".cw-quote")).to_have_count(0)
    expect(page.locator(".cw-turns")).to_have_attribute("aria-busy", "true")
    look_over(page, tmp_path / "reading.png")
    release()
    expect(page.locator(".cw-done .cw-quote")).to_have_count(len(answer.citations))
    expect(page.locator(".cw-passages")).to_have_count(0)
    assert quotes(page) == [citation.quote for citation in answer.citations]
    expect(page.get_by_role("status").filter(has_text="Answered with")).to_be_attached()


def test_how_a_follow_up_was_understood_can_be_corrected(
    visit: Visit, address: str, assistant: Assistant, tmp_path
) -> None:
    understood = assistant.ask(FOLLOW_UP, history=[QUESTION]).rewritten
    meant = assistant.ask(MEANT)
    assert meant.rewritten == MEANT
    page = visit(address)
    ask(page, QUESTION)
    ask(page, FOLLOW_UP)
    page.get_by_role("button", name="Correct this").click()
    field = page.get_by_label("How it is meant")
    expect(field).to_be_focused()
    expect(field).to_have_value(understood)
    look_over(page, tmp_path / "correcting.png")
    page.keyboard.press("Escape")
    expect(page.locator(".cw-understood q")).to_have_text(understood)
    expect(page.get_by_role("button", name="Correct this")).to_be_focused()
    page.keyboard.press("Enter")
    sent: list[dict[str, object]] = []
    page.on(
        "request",
        lambda request: (
            request.url.endswith("/ask") and sent.append(json.loads(request.post_data or "{}"))
        ),
    )
    field.fill(MEANT)
    page.keyboard.press("Enter")
    expect(page.locator(".cw-understood q")).to_have_text(MEANT)
    expect(page.locator(".cw-understood")).to_contain_text("You corrected it to")
    expect(page.locator(".cw-done")).to_have_count(2)
    expect(page.locator(".cw-question").last).to_have_text(FOLLOW_UP)
    assert quotes(page) == [c.quote for c in meant.citations or meant.nearest]
    assert [(one["question"], one["history"]) for one in sent] == [(MEANT, [])]
    ask(page, "When was it held?")  # now follows what was meant
    expected = assistant.ask("When was it held?", history=[QUESTION, MEANT]).rewritten
    if expected != "When was it held?":
        expect(page.locator(".cw-understood q").last).to_have_text(expected)


def test_the_first_question_can_be_asked_again_after_an_error_reached_the_page(
    visit: Visit, address: str
) -> None:
    page = visit(address, forgive="Failed to load resource")
    page.route(SERVER, lambda route: route.fulfill(status=500, body="{}"))
    ask(page, QUESTION)
    expect(page.locator(".cw-error")).to_contain_text("No answer came")
    page.unroute(SERVER)
    expect(page.get_by_label("Your question")).to_have_value(QUESTION)
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(page.locator(".cw-quote").first).to_be_visible()


def test_a_link_asks_its_question_on_load(visit: Visit, address: str, assistant: Assistant) -> None:
    understood = assistant.ask(FOLLOW_UP, history=[QUESTION])
    page = visit(address)
    ask(page, QUESTION)
    ask(page, FOLLOW_UP)
    page.get_by_label("Copy a link to this question").last.click()
    expect(page.get_by_role("status").filter(has_text="Copied")).to_be_attached()
    link = str(page.evaluate("navigator.clipboard.readText()"))
    page.wait_for_url(link)
    assert link.startswith(f"{address}/#q=Who+hosted")
    other = visit(f"{link}&cite=1")
    assert marked(other) == understood.citations[0].quote
    expect(other.locator(".cw-question")).to_have_text(understood.rewritten)
    assert quotes(other) == [citation.quote for citation in understood.citations]
    page.reload()
    expect(page.locator(".cw-done")).to_have_count(1)
    assert quotes(page) == [citation.quote for citation in understood.citations]
    page.get_by_role("button", name="New conversation").click()
    page.wait_for_url(f"{address}/")
    page.evaluate("location.hash = 'q=' + encodeURIComponent('How many pilots are there?')")
    expect(page.locator(".cw-done .cw-question")).to_have_text("How many pilots are there?")


def test_a_link_opens_the_citation_that_it_names(
    visit: Visit, address: str, assistant: Assistant
) -> None:
    page = visit(f"{address}/#{urlencode({'q': SEVERAL, 'cite': 2})}")
    assert marked(page) == assistant.ask(SEVERAL).citations[1].quote


def test_a_link_with_nonsense_in_it_leaves_the_page_usable(visit: Visit, address: str) -> None:
    for odd in ("#q=", "#q=%20&cite=x", "#doc=nothing&at=3-1", "#%%%", "#cite=2"):
        page = visit(address + "/" + odd)
        expect(page.get_by_label("Your question")).to_be_visible()
        expect(page.locator(".cw-turn")).to_have_count(0)


def test_a_link_opens_a_place_in_a_document(
    visit: Visit, address: str, assistant: Assistant
) -> None:
    citation = assistant.ask(QUESTION).citations[0]
    page = visit(f"{address}/#doc={citation.doc_id}&at={citation.start}-{citation.end}")
    assert marked(page) == citation.quote


def test_a_question_in_a_link_stays_text(visit: Visit, address: str) -> None:
    hostile = "<img src=x onerror='window.pwned = 1'> Who hosted the forum?"
    page = visit(address)
    page.evaluate("text => { location.hash = new URLSearchParams({ q: text }) }", hostile)
    expect(page.locator(".cw-done .cw-question")).to_have_text(hostile)
    assert page.evaluate("window.pwned") is None


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["1280", "390"])
def test_arrows_move_through_citations_and_escape_returns(
    visit: Visit, address: str, assistant: Assistant, size: tuple[int, int]
) -> None:
    answer = assistant.ask(SEVERAL)
    assert len(answer.citations) > 1
    page = visit(address, size=size)
    ask(page, SEVERAL)
    page.get_by_label("Your question").focus()
    page.keyboard.press("ArrowUp")
    assert focused(page) == "1"
    page.keyboard.press("ArrowDown")
    assert focused(page) == "2"
    page.keyboard.press("ArrowLeft")
    assert focused(page) == "1"
    page.keyboard.press("ArrowUp")
    assert focused(page) == "1", "the first is the first"
    page.keyboard.press("Enter")
    assert marked(page) == answer.citations[0].quote
    page.keyboard.press("ArrowRight")
    expect(page.locator(".cw-number")).to_have_text("2")
    assert marked(page) == answer.citations[1].quote
    expect(page.locator(".cw-mark")).to_be_focused()
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".cw-number")).to_have_text("1")
    page.keyboard.press("Escape")
    expect(page.locator(".cw-mark")).to_have_count(0)
    assert focused(page) == "1"
    page.keyboard.press("Escape")
    expect(page.get_by_label("Your question")).to_be_focused()


def test_arrows_in_the_question_move_its_cursor(visit: Visit, address: str) -> None:
    page = visit(address)
    ask(page, QUESTION)
    page.keyboard.type("ab")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowRight")
    page.keyboard.type("c")
    value = page.get_by_label("Your question").input_value()
    assert sorted(value) == ["a", "b", "c"]
    expect(page.get_by_label("Your question")).to_be_focused()


def test_two_questions_at_once_are_one(visit: Visit, address: str) -> None:
    page = visit(address)
    release = hold_answers(page)
    page.get_by_label("Your question").fill(QUESTION)
    page.keyboard.press("Enter")
    page.get_by_label("Your question").fill(UNANSWERED)
    page.keyboard.press("Enter")
    expect(page.get_by_label("Your question")).to_have_value(UNANSWERED)  # it is not lost
    release()
    expect(page.locator(".cw-done")).to_have_count(1)
    expect(page.locator(".cw-turn")).to_have_count(1)
