"""Pictures of every state of the page, by one command: ``python -m benchmarks.screenshots``.

Serves the shipped corpus with ``ui.py``, one of its documents printed as a PDF, and takes the
pictures in Chromium (on the path, or where ``CITEWISE_CHROMIUM`` points) into ``docs/``, with a
palette of 128 colours to keep them small.
"""

import contextlib
import io
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import frontmatter  # type: ignore[import-untyped]  # ships no stubs
from markdown_it import MarkdownIt
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from index import build_index

ROOT = Path(__file__).resolve().parent.parent
SIZES = {"1280": (1280, 800), "768": (768, 1024), "390": (390, 844)}
PRINTED = "policies/guiding-opinions-2024"  # the document that is printed as a PDF
QUESTION = "What do the 2024 Guiding Opinions want to reach by 2027?"
FOLLOW_UP = "Who released them?"
PLAIN = "By what year does Hong Kong plan to become a smart city?"
UNANSWERED = "Which airline flies from Beijing to Yinchuan?"
STARTING = 120  # seconds
PAPER = "<style>body { font: 11pt/1.6 serif } h1 { font-weight: normal }</style>"


def write_corpus(browser: Browser, folder: Path) -> None:
    """Write the shipped corpus into a folder, one of its documents as a PDF."""
    shutil.copytree(ROOT / "corpus" / "documents", folder)
    source = folder / f"{PRINTED}.md"
    post = frontmatter.load(source)
    page = browser.new_page()
    html = MarkdownIt().render(post.content)
    page.set_content(f"<title>{post['title']}</title>{PAPER}<h1>{post['title']}</h1>{html}")
    margins = {side: "25mm" for side in ("top", "right", "bottom", "left")}
    page.pdf(path=source.with_suffix(".pdf"), format="A4", margin=margins)  # type: ignore[arg-type]
    page.close()
    source.unlink()


@contextmanager
def served(index: Path) -> Iterator[str]:
    """Run ``ui.py`` over an index on a free port and yield its address."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    command = [sys.executable, "ui.py", "--port", str(port), "--index", str(index)]
    process = subprocess.Popen(command, cwd=ROOT)
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
    few = shot.quantize(128, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    few.save(path, optimize=True)  # the small points of the map keep their colours
    print(f"{path.relative_to(ROOT)} {path.stat().st_size / 1000:.0f} kB")


def ask(page: Page, question: str) -> None:
    """Ask and wait for the answer."""
    page.get_by_label("Your question").fill(question)
    page.keyboard.press("Enter")
    page.wait_for_function("document.querySelector('.cw-turn:last-child.cw-done')")


# Lets the passages of a question through to the page, the answer only when asked to.
_HOLD = """() => {
  const send = window.fetch;
  const free = new Promise((release) => { window.releaseAnswers = release; });
  window.fetch = async (url, init) => {
    const response = await send(url, init);
    if (url !== "ask") return response;
    const [passages, answer] = (await response.text()).split("\\n");
    return new Response(new ReadableStream({ async start(stream) {
      const line = (text) => stream.enqueue(new TextEncoder().encode(`${text}\\n`));
      line(passages);
      await free;
      line(answer);
      stream.close();
    } }));
  };
}"""


def hold_answers(page: Page) -> Callable[[], None]:
    """Hold the answers back from the page until what is returned is called."""
    page.evaluate(_HOLD)
    return lambda: page.evaluate("releaseAnswers()")


def walk(page: Page, save: Callable[[str], None]) -> None:
    """Go through every state of the page."""
    page.wait_for_selector(".cw-documents tbody tr", state="attached")
    page.wait_for_selector("[data-part=insight] canvas", state="attached")
    save("empty")
    release = hold_answers(page)
    page.get_by_label("Your question").fill(QUESTION)
    page.keyboard.press("Enter")
    page.wait_for_selector(".cw-passages")
    save("reading")
    release()
    page.wait_for_selector(".cw-done")
    save("answer")
    page.locator(".cw-quote", has_text="page 1").locator(".cw-chip").first.click()  # the PDF
    page.wait_for_selector(".cw-picture img")
    save("page")
    page.get_by_role("button", name="Text", exact=True).click()
    save("source")
    page.keyboard.press("Escape")
    ask(page, FOLLOW_UP)
    save("follow-up")
    page.get_by_role("button", name="Correct this").click()
    save("correcting")
    page.get_by_role("button", name="New conversation").click()
    ask(page, UNANSWERED)
    save("abstained")
    page.get_by_role("button", name="New conversation").click()
    page.route("**/ask", lambda route: route.fulfill(status=500, body="{}"))
    ask(page, PLAIN)
    save("error")
    page.unroute_all()
    page.get_by_role("button", name="New conversation").click()
    page.get_by_role("button", name="Documents", exact=True).click()
    save("documents")


def main() -> None:
    """Take every picture at every width, light and dark."""
    names = ("chromium", "chromium-browser", "google-chrome")
    chromium = os.environ.get("CITEWISE_CHROMIUM") or next(filter(None, map(shutil.which, names)))
    (ROOT / "docs").mkdir(exist_ok=True)
    with contextlib.ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        browser = stack.enter_context(sync_playwright()).chromium.launch(
            executable_path=chromium,
            args=["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        stack.callback(browser.close)
        write_corpus(browser, scratch / "documents")
        build_index(scratch / "documents", scratch / "index").close()
        address = stack.enter_context(served(scratch / "index"))
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


if __name__ == "__main__":
    main()
