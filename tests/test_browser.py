"""The page in a real browser: ask, click the citation, and read the marked text."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from browsing import PHONE, QUESTION, UNANSWERED, WIDE, Visit, ask, in_view, marked
from page_server import HOST, chromium, serving
from playwright.sync_api import Page, expect

from corpus import Document, StoreError
from index import build_index
from qa import Answer, Assistant

pytestmark = [
    pytest.mark.browser,
    pytest.mark.allow_hosts([HOST]),
    pytest.mark.skipif(
        chromium() is None, reason="no Chromium on the path; install one or set CITEWISE_CHROMIUM"
    ),
]

HOSTILE = Document.from_text(
    "# Notes on *escaping*\n\n<script>window['pwned'] = 1</script> The tower of <b>Wexford</b> & "
    "its <img src=x onerror=\"window['pwned'] = 2\"> lamps burn 5 &lt; 6 hours, **every** night, "
    "${pwned} {{pwned}}.\n\nNothing else is known of the tower.",
    source="<img src=x onerror='window.pwned = 3'>.md",
    title='<script>window.pwned = 4</script> Wexford\'s "tower"',
    date="2020-02-30",
)
LONG = Document.from_text(
    "\n\n".join(
        f"Entry {n}. The archive keeps the record of ship number {n}, which carried salt."
        if n != 700
        else "Entry 700. The Marigold sank off Kinsale with a cargo of blue porcelain."
        for n in range(1_400)
    ),
    source="archive.txt",
    title="The harbour archive",
)


@pytest.fixture(scope="module")
def address(assistant: Assistant) -> Iterator[str]:
    with serving(assistant) as address:
        yield address


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    """An assistant over a hostile document and one too long to show at once."""
    path = tmp_path_factory.mktemp("odd") / "index"
    build_index([HOSTILE, LONG], path).close()
    return Assistant.open(path)


@pytest.fixture(scope="module")
def odd_address(odd: Assistant) -> Iterator[str]:
    with serving(odd) as address:
        yield address


def top(page: Page) -> float:
    return float(page.locator(".cw-mark").evaluate("mark => mark.getBoundingClientRect().top"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["1280", "390"])
def test_ask_click_the_citation_and_the_quote_is_marked(
    visit: Visit,
    address: str,
    assistant: Assistant,
    size: tuple[int, int],
    scheme: str,
    tmp_path: Path,
) -> None:
    page = visit(address, size=size, scheme=scheme)
    page.screenshot(path=tmp_path / "empty.png")
    answer = assistant.ask(QUESTION)
    assert answer.answered
    ask(page, QUESTION)
    page.screenshot(path=tmp_path / "answer.png")
    assert page.locator(".cw-chip").count() == len(answer.citations)
    for citation in answer.citations:
        document = assistant.index.document(citation.doc_id)
        page.get_by_label(f"Citation {citation.number}:").click()
        page.wait_for_selector(f".cw-number:text-is('{citation.number}')")
        assert marked(page) == document.text[citation.start : citation.end] == citation.quote
        assert page.locator(".cw-text").evaluate_all(
            "all => all.map(t => t.textContent).join('')"
        ) == (document.text)
        hits = page.locator(".cw-mark .cw-hit").evaluate_all(
            "all => all.map(t => t.textContent).join('')"
        )
        assert hits == "".join(document.text[a:b] for a, b in citation.highlights)
        assert in_view(page, ".cw-mark")
        assert in_view(page, ".cw-source-head h2")
        expect(page.locator(".cw-source-head h2")).to_contain_text(document.title)
        expect(page.locator(".cw-source-name")).to_have_text(document.source)
        page.screenshot(path=tmp_path / f"source-{citation.number}.png")
        page.keyboard.press("Escape")
        expect(page.locator(".cw-mark")).to_have_count(0)
        assert page.evaluate("document.activeElement.textContent") == str(citation.number)
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    background = page.locator(".cw").evaluate("e => getComputedStyle(e).backgroundColor")
    assert (sum(json.loads(background.replace("rgb(", "[").replace(")", "]"))) < 200) == (
        scheme == "dark"
    )


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["1280", "390"])
def test_abstaining_shows_the_reason_and_opens_the_nearest_passages(
    visit: Visit, address: str, assistant: Assistant, size: tuple[int, int]
) -> None:
    answer = assistant.ask(UNANSWERED)
    assert not answer.answered
    assert answer.reason
    page = visit(address, size=size)
    ask(page, UNANSWERED)
    expect(page.locator(".cw-abstained")).to_contain_text("The documents do not answer this.")
    expect(page.locator(".cw-abstained")).to_contain_text(answer.reason)
    assert page.locator(".cw-nearest .cw-chip").count() == len(answer.nearest) > 0
    page.locator(".cw-nearest .cw-chip").first.click()
    assert marked(page) == answer.nearest[0].quote


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["1280", "390"])
def test_a_document_cannot_put_anything_but_text_on_the_page(
    visit: Visit, odd_address: str, size: tuple[int, int]
) -> None:
    page = visit(odd_address, size=size)
    ask(page, "How long do the lamps of the tower of Wexford burn?")
    expect(page.locator(".cw-quote blockquote").first).to_contain_text("lamps burn 5 &lt; 6 hours")
    page.locator(".cw-chip").first.click()
    start = page.locator(".cw-chip").first.get_attribute("data-start")
    end = page.locator(".cw-chip").first.get_attribute("data-end")
    assert marked(page) == HOSTILE.text[int(start or "") : int(end or "")]
    shown = page.locator(".cw-text").evaluate("text => text.textContent")
    assert shown == HOSTILE.text
    expect(page.locator(".cw-source-head h2")).to_contain_text(HOSTILE.title)
    assert page.locator(".cw img, .cw script, .cw b").count() == 0
    assert page.evaluate("window.pwned") is None


def test_a_long_document_opens_in_the_middle_and_unfolds(visit: Visit, odd_address: str) -> None:
    page = visit(odd_address)
    ask(page, "What did the Marigold carry when she sank off Kinsale?")
    page.locator(".cw-chip").first.click()
    assert "Marigold" in marked(page)
    assert in_view(page, ".cw-mark")
    read = "all => all.map(text => text.textContent).join('')"
    part = page.locator(".cw-text").evaluate_all(read)
    assert part in LONG.text
    assert len(part) < 50_000
    at = top(page)
    page.locator(".cw-more", has_text="earlier").evaluate("button => button.click()")
    expect(page.locator(".cw-text")).to_have_count(2)
    assert abs(top(page) - at) < 2, "the text jumped"
    page.locator(".cw-more", has_text="later").evaluate("button => button.click()")
    expect(page.locator(".cw-text")).to_have_count(3)
    longer = page.locator(".cw-text").evaluate_all(read)
    assert longer in LONG.text
    assert longer == LONG.text


def test_a_follow_up_shows_how_it_was_understood(
    visit: Visit, address: str, assistant: Assistant
) -> None:
    understood = assistant.ask("Who hosted it?", history=[QUESTION])
    assert understood.rewritten != "Who hosted it?"
    page = visit(address)
    ask(page, QUESTION)
    ask(page, "Who hosted it?")
    expect(page.locator(".cw-understood")).to_contain_text(f"Understood as: {understood.rewritten}")
    page.get_by_role("button", name="New conversation").click()
    expect(page.locator(".cw-turn")).to_have_count(0)
    expect(page.locator(".cw-welcome")).to_be_visible()
    ask(page, "Who hosted it?")
    expect(page.locator(".cw-understood")).to_have_count(0)


def test_the_documents_can_be_found_and_read(
    visit: Visit, address: str, assistant: Assistant
) -> None:
    summaries = assistant.index.summaries()
    page = visit(address, size=PHONE)
    page.get_by_role("button", name="Documents", exact=True).click()
    expect(page.locator(".cw-documents tbody tr")).to_have_count(len(summaries))
    wanted = summaries[len(summaries) // 2]
    page.get_by_label("Find a document").fill(wanted.source)
    expect(page.locator(".cw-documents tbody tr")).to_have_count(1)
    expect(page.locator(".cw-documents tbody tr")).to_contain_text(wanted.title)
    page.locator(".cw-documents tbody th button").click()
    expect(page.locator(".cw-source-head h2")).to_have_text(wanted.title)
    assert page.locator(".cw-mark").count() == 0
    text = assistant.index.document(wanted.doc_id).text
    assert text.startswith(page.locator(".cw-text").evaluate("text => text.textContent")[:1_000])


def test_on_a_phone_the_way_back_leads_to_the_answer(visit: Visit, address: str) -> None:
    page = visit(address, size=PHONE)
    ask(page, QUESTION)
    for leave in (
        lambda: page.get_by_role("button", name="Back to the answers").click(),
        page.go_back,
        lambda: page.keyboard.press("Escape"),
    ):
        page.locator(".cw-chip").first.click()
        marked(page)
        assert not in_view(page, ".cw-question")
        leave()
        expect(page.locator(".cw-book")).to_be_hidden()
        assert in_view(page, ".cw-question")
        expect(page.locator(".cw-turn")).to_have_count(1)


def test_the_keyboard_alone_is_enough(visit: Visit, address: str) -> None:
    page = visit(address)
    expect(page.get_by_label("Your question")).to_be_focused()
    page.keyboard.type("First line")
    page.keyboard.press("Shift+Enter")
    expect(page.get_by_label("Your question")).to_have_value("First line\n")
    page.keyboard.press("Control+A")
    page.keyboard.type(QUESTION)
    page.keyboard.press("Enter")
    expect(page.locator(".cw-done")).to_have_count(1)
    page.locator(".cw-chip").first.focus()
    page.keyboard.press("Enter")
    marked(page)
    expect(page.locator(".cw-mark")).to_be_focused()


def test_a_quote_is_copied_with_its_citation(
    visit: Visit, address: str, assistant: Assistant
) -> None:
    citation = assistant.ask(QUESTION).citations[0]
    page = visit(address)
    ask(page, QUESTION)
    page.get_by_label("Copy this quote with its citation").first.click()
    expect(page.get_by_role("status").filter(has_text="Copied")).to_be_attached()
    copied = page.evaluate("navigator.clipboard.readText()")
    for part in (" ".join(citation.quote.split()), citation.title, citation.source,
                 f"characters {citation.start}–{citation.end}"):  # fmt: skip
        assert part in copied


def test_an_example_asks_itself_and_is_answered(visit: Visit, address: str) -> None:
    page = visit(address)
    assert page.locator(".cw-examples button").count() >= 3
    page.locator(".cw-examples button").first.click()
    expect(page.locator(".cw-done .cw-chip").first).to_be_visible()
    expect(page.locator(".cw-verdict")).to_contain_text("confidence")
    expect(page.locator(".cw-time")).to_contain_text("ms")


def test_two_windows_do_not_mix_their_answers(visit: Visit, address: str) -> None:
    one, two = visit(address), visit(address)
    ask(one, QUESTION)
    ask(two, UNANSWERED)
    expect(one.locator(".cw-question")).to_have_text(QUESTION)
    expect(one.locator(".cw-abstained")).to_have_count(0)
    expect(two.locator(".cw-question")).to_have_text(UNANSWERED)
    expect(two.locator(".cw-abstained")).to_have_count(1)


class Troubled:
    """An assistant whose index goes away after the page was built."""

    def __init__(self, assistant: Assistant) -> None:
        self.index = assistant.index

    def ask(self, question: str, **_: object) -> Answer:
        if "crash" in question:
            raise RuntimeError("an unforeseen detail")
        raise StoreError(
            "The index is gone <b>now</b>. Expected it. Rebuild it: citewise index build."
        )


def test_an_error_of_ours_is_shown_as_its_text_and_the_page_lives_on(
    visit: Visit, assistant: Assistant
) -> None:
    with serving(Troubled(assistant), examples=[]) as address:  # type: ignore[arg-type]
        page = visit(address)
        ask(page, QUESTION)
        expect(page.locator(".cw-error")).to_have_text(
            "The index is gone <b>now</b>. Expected it. Rebuild it: citewise index build."
        )
        ask(page, QUESTION)
        expect(page.locator(".cw-error")).to_have_count(2)


def test_a_fault_shows_no_traceback_and_the_question_can_be_asked_again(
    visit: Visit, assistant: Assistant
) -> None:
    with serving(Troubled(assistant), examples=[]) as address:  # type: ignore[arg-type]
        page = visit(address, forgive="Failed to load resource")
        ask(page, "Does it crash?")
        expect(page.locator(".cw-error")).to_contain_text("No answer came")
        assert "unforeseen" not in page.locator("body").inner_text()
        expect(page.get_by_label("Your question")).to_have_value("Does it crash?")
        expect(page.get_by_role("button", name="Ask", exact=True)).to_be_enabled()
    ask(page, "Is anybody there?")
    expect(page.locator(".cw-error").filter(has_text="No answer came")).to_have_count(2)


def test_the_browser_refuses_to_ask_another_host(visit: Visit, address: str) -> None:
    page = visit(address, forgive="Content Security Policy")
    refused = page.evaluate(
        """() => new Promise(done => {
            addEventListener("securitypolicyviolation", event => done(event.violatedDirective));
            fetch("http://192.0.2.1/").then(() => done("asked"), () => {});
        })"""
    )
    assert refused == "connect-src"


def test_a_page_at_rest_looks_at_no_clock(visit: Visit, address: str) -> None:
    """Gradio's loading sign looked at one in every frame, for as long as the page was open."""
    page = visit(address)
    count = """() => new Promise(done => {
        const { now } = Performance.prototype;
        let looks = 0;
        Performance.prototype.now = function () { looks += 1; return now.call(this); };
        setTimeout(() => { Performance.prototype.now = now; done(looks); }, 1000);
    })"""
    assert 0 in (page.evaluate(count) for _ in range(15))
