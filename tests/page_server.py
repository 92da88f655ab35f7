"""The real page on a real port, for the tests that ask it something."""

import asyncio
import os
import shutil
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import uvicorn

from qa import Assistant
from server import Library, Rules
from server.listening import listen
from ui import make_app, make_server

HOST = "127.0.0.1"


class Fixed:
    """Follows nothing: the same assistant always, for tests that rebuild nothing."""

    def __init__(self, assistant: Assistant) -> None:
        self.assistant = assistant

    def close(self) -> None:
        """Leave the assistant to its fixture."""


@contextmanager
def serving(
    served: Assistant | Library,
    *,
    examples: Sequence[str] | None = None,
    rules: Rules | None = None,
) -> Iterator[str]:
    """Serve the page in a thread and yield its address."""
    library = served if isinstance(served, Library) else Library(Fixed(served))  # type: ignore[arg-type]
    ready: Future[uvicorn.Server] = Future()

    async def serve() -> None:
        # In a running loop, because outside of one gradio starts eight and leaves them open.
        try:
            server = make_server(make_app(library, examples=examples, rules=rules))
        except Exception as error:
            ready.set_exception(error)
            return
        ready.set_result(server)
        await server.serve(sockets=[listening])

    with listen(HOST, 0) as listening, ThreadPoolExecutor(1) as executor:
        served = executor.submit(asyncio.run, serve())
        server = ready.result(60)
        try:
            yield f"http://{HOST}:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            served.result(10)


def chromium() -> str | None:
    """Return where the browser is: ``CITEWISE_CHROMIUM``, or the first one on the path."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return os.environ.get("CITEWISE_CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
