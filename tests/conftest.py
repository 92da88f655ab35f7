"""Session fixtures: one index of the shipped corpus, built by the real model, for all tests."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from corpus import Document
from index import Index, build_index
from qa import Assistant
from qa.shipped import SHIPPED_DOCUMENTS, SHIPPED_PRECISION

if TYPE_CHECKING:
    from browsing import Visit
    from playwright.sync_api import Browser, BrowserContext, Page

ROOT = Path(__file__).parent.parent
DATA = Path(os.environ.get("CITEWISE_DATA", ROOT.parent / "shared" / "data"))

SMALL = {
    "harbour.txt": (
        "The harbour of Aldmouth opened in 1887. It was built by Mara Quill, an engineer from "
        "Denby. Two ferries cross the bay each morning.\n\nThe lighthouse keeper earns 40 crowns "
        "a month. Storms closed the harbour for 3 days in 1902."
    ),
    "market.txt": (
        "The market of Aldmouth is held on Fridays. Farmers sell apples, wool and honey there. "
        "The council charges 2 crowns for a stall."
    ),
    "智慧城市.txt": "银川的智慧城市建设始于2013年。市长杨玉经在峰会上发表讲话。深圳举办了论坛。",
}


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of test data; tests that need it skip where it is absent."""
    if not DATA.is_dir():
        pytest.skip(f"no test data at {DATA}; set CITEWISE_DATA")
    return DATA


@pytest.fixture(scope="session")
def index_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of the shipped corpus, as it ships."""
    path = tmp_path_factory.mktemp("shipped") / "index"
    build_index(SHIPPED_DOCUMENTS, path, precision=SHIPPED_PRECISION).close()
    return path


@pytest.fixture(scope="session")
def assistant(index_path: Path) -> Assistant:
    """The assistant over the shipped corpus."""
    return Assistant.open(index_path)


@pytest.fixture
def small_documents() -> list[Document]:
    """Three short documents, one of them Chinese."""
    return [Document.from_text(text, source=source) for source, text in SMALL.items()]


@pytest.fixture
def small_index(small_documents: list[Document], tmp_path: Path) -> Index:
    """A fresh index of the three short documents."""
    return build_index(small_documents, tmp_path / "index")


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    """Chromium."""
    from browsing import launch
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


@pytest.fixture
def visit(browser: "Browser", tmp_path: Path) -> Iterator["Visit"]:
    """Open the page; afterwards look each one over, and fail on any request elsewhere or error."""
    from browsing import PHONE, WIDE, look_over
    from page_server import HOST

    contexts: list[BrowserContext] = []
    pages: list[Page] = []
    foreign: list[str] = []
    errors: list[str] = []
    forgiven: list[str] = []
    over: list[bool] = []

    def look(url: str) -> None:
        if not url.startswith((f"http://{HOST}:", "data:", "blob:")):
            foreign.append(url)

    def visit(
        address: str, *, size: tuple[int, int] = WIDE, scheme: str = "light", forgive: str = "-"
    ) -> "Page":
        forgiven.append(forgive)
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]}, has_touch=size == PHONE,
            color_scheme=scheme, reduced_motion="reduce",  # type: ignore[arg-type]
        )  # fmt: skip
        contexts.append(context)
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        page = context.new_page()
        pages.append(page)
        page.on("request", lambda request: look(request.url))
        page.on("websocket", lambda socket: look(socket.url.replace("ws", "http", 1)))
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on(
            "console", lambda said: said.type == "error" and not over and errors.append(said.text)
        )
        page.goto(address)
        page.wait_for_selector(".cw-documents tbody tr", state="attached")
        return page

    yield visit
    over.append(True)  # a page that asks on after its server has stopped is no error
    for number, page in enumerate(pages, start=1):
        look_over(page, tmp_path / f"end-{number}.png")
    for context in contexts:
        context.close()
    assert foreign == []
    assert [error for error in errors if not any(text in error for text in forgiven)] == []


@pytest.fixture(scope="session")
def few(tmp_path_factory: pytest.TempPathFactory) -> Index:
    """An index of two sentences, for what needs term weights only."""
    documents = [
        Document.from_text("The summit in Yinchuan drew 1,000 people.", source="a.txt"),
        Document.from_text("Liu Yunan spoke at the forum in Shenzhen.", source="b.txt"),
    ]
    return build_index(documents, tmp_path_factory.mktemp("few") / "index")
