"""REST and MCP put beside the page on one server, the gate before all of them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import fastapi

from server import api, tools
from server.gate import Door, Gate, Rules
from server.library import Library


def open_doors(app: fastapi.FastAPI, library: Library, *, rules: Rules | None = None) -> None:
    """Add REST, MCP and the gate to the application that serves the page.

    Args:
        app: the page's application; its middleware must not have been used yet.
        library: what is asked; closed when the application ends.
        rules: who may ask; None for everybody who reaches the server by a name of this computer.
    """
    rules = rules or Rules()
    mcp, running = tools.make_tools(library)
    page = app.router.lifespan_context

    @asynccontextmanager
    async def lifespan(served: fastapi.FastAPI) -> AsyncIterator[None]:
        async with page(served), running():
            yield

    app.router.lifespan_context = lifespan
    app.add_middleware(
        Gate,
        rules=rules,
        metrics=library.metrics,
        doors=[
            Door(
                name="rest", paths=api.PATHS, uploads=("/v1/documents",),
                most_bytes=library.limits.bytes,
                app=api.make_api(library, security=rules.credentials.schemes()),
            ),
            Door(name="mcp", paths=[tools.PATH], app=mcp),
        ],
    )  # fmt: skip


def serve_tools(index: str | Path | None = None) -> None:
    """Serve MCP over stdin and stdout until stdin ends; nothing else is written to stdout.

    Raises:
        CitewiseError: the index cannot be opened.
    """
    library = Library.open(index)
    try:
        tools.make_mcp(library).run("stdio")
    finally:
        library.close()
