"""The page behind a password or a key: what a browser does with the right one, and with none."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from browsing import ask
from page_server import HOST, chromium, serving
from playwright.sync_api import Browser, expect

from index import build_index
from server import Credentials, Library, Rules

pytestmark = [
    pytest.mark.browser,
    pytest.mark.allow_hosts([HOST]),
    pytest.mark.skipif(
        chromium() is None, reason="no Chromium on the path; install one or set CITEWISE_CHROMIUM"
    ),
]

KEEPER = "What is the lighthouse keeper of Aldmouth called?"


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    (tmp_path / "papers").mkdir()
    (tmp_path / "papers" / "market.txt").write_text("The market of Aldmouth is held on Fridays.")
    build_index(tmp_path / "papers", tmp_path / "index").close()
    library = Library.open(tmp_path / "index")
    yield library
    library.close()


@pytest.mark.parametrize(
    ("credentials", "user", "password"),
    [
        (Credentials(login="ann:secret"), "ann", "secret"),
        (Credentials(key="a-long-key"), "anybody", "a-long-key"),
    ],
    ids=["password", "key"],
)
def test_who_knows_it_adds_a_file_and_asks(
    browser: Browser,
    library: Library,
    tmp_path: Path,
    credentials: Credentials,
    user: str,
    password: str,
) -> None:
    with serving(library, examples=[], rules=Rules(credentials=credentials)) as address:
        context = browser.new_context(http_credentials={"username": user, "password": password})
        page = context.new_page()
        page.goto(address)
        page.wait_for_selector(".cw-documents tbody tr")
        (tmp_path / "keeper.md").write_text("The lighthouse keeper of Aldmouth is Tobias Wren.")
        page.locator("input[type=file]").set_input_files(tmp_path / "keeper.md")
        job = page.locator("[data-part=job-said]")
        expect(job).to_contain_text("Ready: 2 documents, 1 new", timeout=90_000)
        ask(page, KEEPER)
        expect(page.locator(".cw-quote").first).to_contain_text("Tobias Wren")
        context.close()


def test_who_does_not_know_it_sees_nothing(browser: Browser, library: Library) -> None:
    rules = Rules(credentials=Credentials(login="ann:secret"))
    with serving(library, examples=[], rules=rules) as address:
        context = browser.new_context(http_credentials={"username": "ann", "password": "wrong"})
        page = context.new_page()
        reply = page.goto(address)
        assert reply is not None
        assert reply.status == 401
        assert "market" not in page.content()
        context.close()
