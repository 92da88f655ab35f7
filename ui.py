"""The page: Gradio is the server, its events and its API; `page` is what people see.

REST, MCP and who may come in are `server`'s. ``python ui.py`` takes the options of
``citewise ui``. Nothing here asks another host for anything.
"""

import contextlib
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import fastapi
import gradio as gr
import uvicorn
from fastapi.responses import StreamingResponse
from gradio.events import api

import page
from corpus import CitewiseError
from server import Credentials, Library, Names, Rules, open_doors
from server.access import is_local
from server.listening import DEFAULT_HOST, DEFAULT_PORT, address_of, listen

# Gradio runs our script through `new Function`, hence unsafe-eval; what counts is 'self'.
_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
    "connect-src 'self'; object-src 'none'; base-uri 'self'; form-action 'self'; "
    "frame-ancestors 'self'"
)

EXAMPLES = (
    "How many smart city pilots are there in China?",
    "Which three directions did Yinchuan's mayor name?",
    "What do the 2024 Guiding Opinions want to reach by 2027?",
    "By what year does Hong Kong plan to become a smart city?",
)


def build_page(
    library: Library,
    kept: page.Kept,
    maps: page.Maps,
    *,
    examples: Sequence[str] | None = None,
) -> gr.Blocks:
    """Make the page of a library; style and script are part of it.

    Args:
        library: answers the questions and keeps the documents.
        kept: the answers given, which can be judged and saved.
        maps: draws the map.
        examples: questions offered on the empty page; None for those of `EXAMPLES` that these
            documents answer.
    """
    summaries = library.assistant.index.summaries()
    if examples is None:
        examples = [question for question in EXAMPLES if library.ask(question, k=1).answered]
    passages = sum(summary.chunks for summary in summaries)

    def answer(question: str, k: int = 3, history: list[str] | None = None) -> dict[str, Any]:
        """Answer a question from the documents in their own words.

        Args:
            question: what is asked.
            k: how many quotes at most.
            history: earlier questions of the conversation, oldest first.

        Returns:
            The fields of an Answer: citations with quote, source and offsets, or none with a
            reason and the nearest passages.
        """
        try:
            return library.ask(question, k=k, history=history or ()).to_dict()
        except (CitewiseError, ValueError) as error:
            raise gr.Error(str(error)) from error

    blocks = gr.Blocks(title="Citewise", analytics_enabled=False, fill_width=True)
    with blocks:
        # The browser calls the functions by name. Server functions answer in one
        # request; an event would pass Gradio's queue, which triples the time a short answer takes.
        # Questions go to /ask, which replies twice.
        gr.HTML(
            html_template="${shell}",
            shell=page.shell(documents=len(summaries), passages=passages, examples=examples),
            head=f"<style>{page.style()}</style>",
            js_on_load=page.script(),
            server_functions=page.page_functions(library, kept, maps),
            apply_default_css=False,
            elem_id="citewise",
        )
        api(answer, api_name="answer", queue=False)
    return blocks


def make_app(
    library: Library, *, examples: Sequence[str] | None = None, rules: Rules | None = None
) -> fastapi.FastAPI:
    """Make the web application: the page at ``/``, REST at ``/v1``, MCP at ``/mcp``.

    Args:
        library: as in `build_page`.
        examples: as in `build_page`.
        rules: who may ask; None for everybody who reaches the server by a name of this computer.
    """
    app = fastapi.FastAPI(title="Citewise", docs_url=None, redoc_url=None, openapi_url=None)
    kept, maps = page.Kept(), page.Maps(library)
    asking = page.Asking(library, kept, maps)

    @app.post("/ask")
    async def ask(request: Annotated[dict[str, Any], fastapi.Body()]) -> StreamingResponse:
        return StreamingResponse(asking.stream(request), media_type="application/x-ndjson")

    blocks = build_page(library, kept, maps, examples=examples)
    gr.mount_gradio_app(
        app,
        blocks,
        path="/",
        app_kwargs={"docs_url": None, "redoc_url": None, "openapi_url": None},
        theme=gr.themes.Base(font=("sans-serif",), font_mono=("monospace",)).set(
            body_background_fill="#faf8f3", body_background_fill_dark="#161513"
        ),
        favicon_path=str(page.asset_path("favicon.png")),
        footer_links=[],
        run_history=False,
        show_error=False,
        ssr_mode=False,
        enable_monitoring=False,
        pwa=False,
        mcp_server=False,
    )
    # Gradio looks into its queue a thousand times a second, which takes a twentieth of a processor;
    # only programs that ask it by its own API pass through it.
    blocks._queue.sleep_when_free = 0.02  # seconds
    blocks._queue.progress_update_sleep_when_free = 0.1
    open_doors(app, library, rules=rules)
    return app


def make_server(app: fastapi.FastAPI) -> uvicorn.Server:
    """Make the server of an application; browsers are told to ask no other host for anything."""
    headers = [
        ("Content-Security-Policy", _POLICY),
        ("Referrer-Policy", "no-referrer"),
        ("X-Content-Type-Options", "nosniff"),
    ]
    config = uvicorn.Config(app, log_level="warning", headers=headers, timeout_graceful_shutdown=1)
    return uvicorn.Server(config)


def serve(
    *,
    index: str | Path | None = None,
    host: str = DEFAULT_HOST,
    port: int = DEFAULT_PORT,
    credentials: Credentials | None = None,
    names: Sequence[str] = (),
) -> None:
    """Serve the page until interrupted.

    Args:
        index: folder of the index; None for the shipped documents.
        host: address to listen on.
        port: port to listen on, 0 for any free one.
        credentials: what a request must bring; None for nothing.
        names: host names by which the server may be asked besides addresses and `host`.

    Raises:
        CitewiseError: the address cannot be listened on, or the index cannot be opened.
    """
    rules = Rules(credentials=credentials or Credentials(), names=Names.of(host, *names))
    with listen(host, port) as listening, contextlib.closing(Library.open(index)) as library:
        server = make_server(make_app(library, rules=rules))
        if not is_local(host) and not rules.credentials:
            _say("Warning: whoever reaches this computer may read, add and remove documents. Give "
                 "--auth USER:PASSWORD or --api-key KEY.")  # fmt: skip
        _say(f"Citewise is at {address_of(host, listening)} (Ctrl+C stops it).")
        with contextlib.suppress(KeyboardInterrupt):
            server.run(sockets=[listening])


def _say(line: str) -> None:
    print(line, file=sys.stderr)  # noqa: T201


if __name__ == "__main__":
    from qa.cli import ui

    ui(prog_name="python ui.py")
