"""The page: Gradio is the server, its events and its API; `page` is what people see.

``python ui.py`` takes the options of ``citewise ui``. Nothing here asks another host for anything.
"""

import errno
import socket
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import fastapi
import gradio as gr
from gradio.events import api

import page
from corpus import CitewiseError
from qa import Assistant

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 7860
LONGEST_QUESTION = 2_000  # characters; the field on the page takes no more
LONGEST_HISTORY = 20  # earlier questions that are looked at
AT_ONCE = 8  # questions answered side by side; the others wait their turn

EXAMPLES = (
    "How many smart city pilots are there in China?",
    "Which companies are building smart cities in China?",
    "What was said at the seminar in Urumqi?",
    "How do China and the European Union work together on smart cities?",
)


def build_page(assistant: Assistant, *, examples: Sequence[str] | None = None) -> gr.Blocks:
    """Make the page that asks `assistant`; style and script are part of it.

    Args:
        assistant: answers the questions; called from several threads.
        examples: questions offered on the empty page; None for those of `EXAMPLES` that these
            documents answer.
    """
    summaries = assistant.index.summaries()
    if examples is None:
        examples = [question for question in EXAMPLES if assistant.ask(question, k=1).answered]
    passages = sum(summary.chunks for summary in summaries)

    def ask(event: gr.EventData) -> Iterator[dict[str, Any]]:
        asked = event._data or {}
        question = str(asked.get("question", ""))[:LONGEST_QUESTION]
        history = [str(earlier) for earlier in asked.get("history", ())][-LONGEST_HISTORY:]
        reply = {"id": asked.get("id"), "done": False, "counts": False}
        yield {**reply, "html": page.searching_turn(question, passages=passages)}
        try:
            html, counts = page.turn(assistant.ask(question, history=history)), True
        except CitewiseError as error:
            html, counts = page.error_turn(question, str(error)), False
        yield {**reply, "html": html, "done": True, "counts": counts}

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
            return assistant.ask(question, k=k, history=history or ()).to_dict()
        except (CitewiseError, ValueError) as error:
            raise gr.Error(str(error)) from error

    def read(request: dict[str, Any]) -> str:
        return _read(assistant, request)

    with gr.Blocks(title="Citewise", analytics_enabled=False, fill_width=True) as blocks:
        desk = gr.HTML(
            html_template="${shell}",
            shell=page.shell(documents=len(summaries), passages=passages, examples=examples),
            head=f"<style>{page.read_asset('citewise.css')}</style>",
            js_on_load=page.read_asset("citewise.js"),
            server_functions=[read],
            apply_default_css=False,
            elem_id="citewise",
        )
        asking = desk.ask(
            ask,
            outputs=desk,
            show_progress="hidden",
            concurrency_limit=AT_ONCE,
            trigger_mode="multiple",
            api_visibility="private",
        )
        asking.failure(js="() => document.dispatchEvent(new Event('citewise:failed'))")
        api(answer, api_name="answer", queue=False)
    return blocks


def _read(assistant: Assistant, request: dict[str, Any]) -> str:
    """Return what the source panel asks for: the shelf, a document at a place, or a further slice.

    `request` comes from a browser: ``{"match"}``, ``{"doc", "place"}``, ``{"doc", "before"}`` or
    ``{"doc", "after"}``.
    """
    if "match" in request:
        return page.shelf(assistant.index.summaries(), str(request["match"]))
    try:
        document = assistant.index.document(str(request.get("doc")))
        if "before" in request:
            return page.slice_of(document, before=int(request["before"]))
        if "after" in request:
            return page.slice_of(document, after=int(request["after"]))
        place = request.get("place")
        return page.source(document, None if place is None else page.Place.from_json(place))
    except (CitewiseError, TypeError, ValueError) as error:
        return page.error_note(str(error))


def make_app(assistant: Assistant) -> fastapi.FastAPI:
    """Make the web application: the page at ``/`` and Gradio's API below ``/gradio_api``."""
    return gr.mount_gradio_app(
        fastapi.FastAPI(title="Citewise", docs_url=None, redoc_url=None, openapi_url=None),
        build_page(assistant),
        path="/",
        theme=gr.themes.Base(font=("sans-serif",), font_mono=("monospace",)),
        favicon_path=str(page.asset_path("favicon.png")),
        footer_links=[],
        run_history=False,
        show_error=False,
        ssr_mode=False,
        enable_monitoring=False,
        pwa=False,
        mcp_server=False,
    )


def serve(
    *, index: str | Path | None = None, host: str = DEFAULT_HOST, port: int = DEFAULT_PORT
) -> None:
    """Serve the page until interrupted.

    Args:
        index: folder of the index; None for the shipped documents.
        host: address to listen on.
        port: port to listen on, 0 for any free one.

    Raises:
        CitewiseError: the address cannot be listened on, or the index cannot be opened.
    """
    import uvicorn

    with _listen(host, port) as listening:
        app = make_app(Assistant.open(index))
        said = f"[{host}]" if ":" in host else host
        address = f"http://{said}:{listening.getsockname()[1]}"
        print(f"Citewise is at {address} (Ctrl+C stops it).", file=sys.stderr)  # noqa: T201
        config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1)
        uvicorn.Server(config).run(sockets=[listening])


def _listen(host: str, port: int) -> socket.socket:
    """Return a socket bound to the address, so that a taken port shows before any work is done."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except OSError as error:
        raise CitewiseError(
            f"The host {host!r} is not known here. Expected an address of this computer. "
            f"Use --host {DEFAULT_HOST}."
        ) from error
    listening = socket.socket(family, kind, protocol)
    try:
        if sys.platform != "win32":  # there it would let two servers share a port
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
    except (OSError, OverflowError) as error:
        listening.close()
        raise CitewiseError(_refused(host, port, error)) from error
    return listening


def _refused(host: str, port: int, error: Exception) -> str:
    code = error.errno if isinstance(error, OSError) else None
    if code == errno.EADDRINUSE:
        return (
            f"Port {port} on {host} is taken by another program. Expected a free port. "
            f"Stop that program or use another port: --port {port + 1}."
        )
    if code == errno.EACCES:
        return (
            f"Port {port} may not be used by this account. Expected a port of 1024 or more. "
            f"Use --port {DEFAULT_PORT}."
        )
    return (
        f"{host} port {port} cannot be listened on ({error}). Expected an address of this "
        f"computer and a port from 1 to 65535. Use --host {DEFAULT_HOST} --port {DEFAULT_PORT}."
    )


if __name__ == "__main__":
    from qa.cli import main

    main(["ui", *sys.argv[1:]])
