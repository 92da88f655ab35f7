"""What the tests of the page in a real browser share: how to ask, and how to look a page over."""

import json
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from page_server import chromium
from playwright.sync_api import Browser, Page, Playwright, expect

FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-dev-shm-usage",
]  # fmt: skip
WIDE, TABLET, PHONE = (1280, 800), (768, 1024), (390, 844)
QUESTION = "When was the Asia-Pacific Smart City Development Forum held in Shenzhen?"
FOLLOW_UP = "Who hosted it?"
SEVERAL = "How many smart city pilots are there in China?"  # answered by several quotes
UNANSWERED = "How do I bake sourdough bread at home?"
SERVER = re.compile("component_server|/ask$")  # where the page asks the server for anything

expect.set_options(timeout=20_000)  # a busy machine draws a page of a PDF in seconds

Visit = Callable[..., Page]


def launch(playwright: Playwright) -> Browser:
    """Start the browser."""
    return playwright.chromium.launch(executable_path=chromium(), args=FLAGS)


def ask(page: Page, question: str) -> None:
    """Ask by the keyboard and wait for the answer."""
    turns = page.locator(".cw-done").count()
    page.get_by_label("Your question").fill(question)
    page.keyboard.press("Enter")
    expect(page.locator(".cw-done")).to_have_count(turns + 1)


def marked(page: Page) -> str:
    """Return the text that is marked in the source panel, once it is there."""
    page.wait_for_selector(".cw-mark")
    return str(page.locator(".cw-mark").evaluate("mark => mark.textContent"))


def in_view(page: Page, selector: str) -> bool:
    """Return whether the element's middle is what a person sees at that point of the window."""
    return bool(
        page.locator(selector).first.evaluate(
            """element => {
                const box = [...element.getClientRects()][0];
                const x = box.x + box.width / 2, y = box.y + box.height / 2;
                const seen = document.elementFromPoint(x, y);
                return seen !== null && (element.contains(seen) || seen.contains(element));
            }"""
        )
    )


def focused(page: Page) -> str:
    """Return the text of what has the focus."""
    return str(page.evaluate("document.activeElement.textContent"))


def hold(page: Page, function: str) -> Callable[[], None]:
    """Hold the replies of a server function back until what is returned is called."""
    held: list[Any] = []
    free = False

    def asked(route: Any) -> None:
        sent = json.loads(route.request.post_data or "{}")
        if sent.get("fn_name") == function and not free:
            held.append(route)
        else:
            route.continue_()

    def release() -> None:
        nonlocal free
        free = True
        for route in held:
            route.continue_()

    page.route(SERVER, asked)
    return release


def look_over(page: Page, path: Path) -> None:
    """Keep a picture, and fail on anything serious that axe-core finds on what is shown.

    The picture goes to `path`, or into the folder that ``CITEWISE_SCREENSHOTS`` names.
    """
    folder = os.environ.get("CITEWISE_SCREENSHOTS")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        path = Path(folder) / f"{re.sub(r'[^a-z0-9-]+', '-', path.parent.name.lower())}-{path.name}"
    page.screenshot(path=path)
    found = Axe().run(page, context="#citewise").response["violations"]
    serious = [
        f"{rule['id']} ({rule['impact']}): {rule['help']}: "
        + "; ".join(f"{node['target']} {node['failureSummary']}" for node in rule["nodes"][:3])
        for rule in found
        if rule["impact"] in {"serious", "critical"}
    ]
    assert serious == [], "\n".join(serious)


def write_files(folder: Path, texts: Mapping[str, str]) -> None:
    """Write texts by their names, which may have folders."""
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
