"""Pictures of the page for the README, by one command: ``python -m benchmarks.screenshots``.

Serves the shipped corpus with ``ui.py`` and takes the pictures in Chromium (on the path, or where
``CITEWISE_CHROMIUM`` points) into ``docs/``, with a palette of 64 colours to keep them small.
"""

import io
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
SIZES = {"1280": (1280, 800), "390": (390, 844)}
QUESTION = "What do the 2024 Guiding Opinions want to reach by 2027?"
FOLLOW_UP = "Who released them?"
UNANSWERED = "Which airline flies from Beijing to Yinchuan?"
STARTING = 120  # seconds: the first start builds the index of the shipped corpus


@contextmanager
def served() -> Iterator[str]:
    """Run ``ui.py`` on a free port and yield its address."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    process = subprocess.Popen([sys.executable, "ui.py", "--port", str(port)], cwd=ROOT)
    try:
        for _ in range(STARTING * 5):
            try:
                urllib.request.urlopen(address, timeout=STARTING).close()
                break
            except urllib.error.URLError:
                time.sleep(0.2)
        else:
            raise TimeoutError(f"ui.py did not serve {address} within {STARTING} s.")
        yield address
    finally:
        process.terminate()
        process.wait(10)


def save(page: Page, name: str) -> None:
    """Write one picture with a small palette."""
    page.mouse.move(0, 0)
    page.wait_for_timeout(500)  # fonts and scrolling come to rest
    shot = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    path = ROOT / "docs" / f"page-{name}.png"
    shot.quantize(64, dither=Image.Dither.NONE).save(path, optimize=True)
    print(f"{path.relative_to(ROOT)} {path.stat().st_size / 1000:.0f} kB")


def ask(page: Page, question: str) -> None:
    """Ask and wait for the answer."""
    page.get_by_label("Your question").fill(question)
    page.keyboard.press("Enter")
    page.wait_for_function("document.querySelector('.cw-turn:last-child.cw-done')")


def walk(page: Page, save: Callable[[str], None]) -> None:
    """Go through every state of the page."""
    page.wait_for_selector(".cw-documents tbody tr", state="attached")
    save("empty")
    ask(page, QUESTION)
    save("answer")
    page.locator(".cw-chip").first.click()
    page.wait_for_selector(".cw-mark")
    save("source")
    page.keyboard.press("Escape")
    ask(page, FOLLOW_UP)
    save("follow-up")
    page.get_by_role("button", name="New conversation").click()
    ask(page, UNANSWERED)
    save("abstained")
    page.get_by_role("button", name="Documents", exact=True).click()
    save("documents")


def main() -> None:
    """Take every picture at both widths, light and dark."""
    names = ("chromium", "chromium-browser", "google-chrome")
    chromium = os.environ.get("CITEWISE_CHROMIUM") or next(filter(None, map(shutil.which, names)))
    (ROOT / "docs").mkdir(exist_ok=True)
    with served() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium,
            args=["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        for width, (across, down) in SIZES.items():
            for scheme in ("light", "dark"):
                context = browser.new_context(
                    viewport={"width": across, "height": down},
                    color_scheme="light" if scheme == "light" else "dark",
                    reduced_motion="reduce",
                )
                page = context.new_page()
                page.goto(address)
                walk(page, lambda state, p=page, n=f"{width}-{scheme}": save(p, f"{n}-{state}"))  # type: ignore[misc]
                context.close()
        browser.close()


if __name__ == "__main__":
    main()
