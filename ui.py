"""The page: Gradio is the server, its events and its API; `page` is what people see.

``python ui.py`` takes the options of ``citewise ui``. Nothing here asks another host for anything.
"""

import contextlib
import errno
import socket
import sys
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import fastapi
import gradio as gr
import uvicorn
from gradio.events import api

import page
from corpus import CitewiseError
from qa import Assistant

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 7860
_ELSEWHERE = f"Use --host {DEFAULT_HOST} --port {DEFAULT_PORT}."

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

    blocks = gr.Blocks(title="Citewise", analytics_enabled=False, fill_width=True)
    with blocks:
        # The browser calls the functions by name. Server functions answer in one
        # request; an event would pass Gradio's queue, which triples the time a short answer takes.
        gr.HTML(
            html_template="${shell}",
            shell=page.shell(documents=len(summaries), passages=passages, examples=examples),
            head=f"<style>{page.style()}</style>",
            js_on_load=page.script(),
            server_functions=page.page_functions(SimpleNamespace(assistant=assistant)),
            apply_default_css=False,
            elem_id="citewise",
        )
        api(answer, api_name="answer", queue=False)
    return blocks


def make_app(assistant: Assistant, *, examples: Sequence[str] | None = None) -> fastapi.FastAPI:
    """Make the web application: the page at ``/`` and Gradio's API below ``/gradio_api``.

    The arguments are those of `build_page`.
    """
    app = fastapi.FastAPI(title="Citewise", docs_url=None, redoc_url=None, openapi_url=None)
    gr.mount_gradio_app(
        app,
        build_page(assistant, examples=examples),
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
    with listen(host, port) as listening:
        server = make_server(make_app(Assistant.open(index)))
        said = f"[{host}]" if ":" in host else host
        address = f"http://{said}:{listening.getsockname()[1]}"
        print(f"Citewise is at {address} (Ctrl+C stops it).", file=sys.stderr)  # noqa: T201
        with contextlib.suppress(KeyboardInterrupt):
            server.run(sockets=[listening])


def listen(host: str, port: int) -> socket.socket:
    """Return a socket bound to the address, so that a taken port shows before any work is done."""
    if not 0 <= port <= 65_535:  # subtle: getaddrinfo would wrap 70000 to 4464
        raise CitewiseError(f"There is no port {port}. Expected 1 to 65535. {_ELSEWHERE}")
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except OSError as error:
        raise CitewiseError(
            f"The host {host!r} is not known here. Expected an address of this computer. "
            f"{_ELSEWHERE}"
        ) from error
    listening = socket.socket(family, kind, protocol)
    try:
        if sys.platform != "win32":  # there it would let two servers share a port
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen()
    except OSError as error:
        listening.close()
        raise CitewiseError(_refused(host, port, error)) from error
    return listening


def _refused(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"Port {port} on {host} is taken by another program. Expected a free port. "
            f"Stop that program or use another port: --port {port % 65_535 + 1}."
        )
    if error.errno == errno.EACCES:
        return (
            f"Port {port} may not be used by this account. Expected a port of 1024 or more. "
            f"{_ELSEWHERE}"
        )
    return (
        f"{host} cannot be listened on ({error.strerror}). Expected an address of this computer. "
        f"{_ELSEWHERE}"
    )


if __name__ == "__main__":
    from qa.cli import main

    main(["ui", *sys.argv[1:]])
