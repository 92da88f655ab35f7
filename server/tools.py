"""MCP: the same answers as tools for language model programs, over HTTP and over stdio."""

import inspect
import re
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Annotated, Any, TypeVar

from pydantic import Field
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from corpus import CitewiseError
from server.library import Library
from server.schemas import (
    LONGEST_HISTORY,
    MOST_HITS,
    MOST_QUOTES,
    AnswerResult,
    EntryResult,
    FilterChoice,
    HitResult,
    Passage,
    Question,
)

PATH = "/mcp"
_LONGEST_PASSAGE = 20_000  # characters
_INSTRUCTIONS = (
    "Answers questions from the user's own documents with verbatim quotes, each with its source "
    "and character offsets, or says that the documents do not answer. Quote `quote` unchanged and "
    "name `source`. When `answered` is false, say so: `nearest` is what comes near, not an answer."
)
_ARGUMENT = re.compile(r"^ {4}(\w+): (.*(?:\n {8}.*)*)", re.M)
F = TypeVar("F", bound=Callable[..., Any])


def make_mcp(library: Library) -> Any:
    """Make the MCP server over a library: `answer`, `search`, `list_documents`, `read_passage`."""
    from mcp.server import MCPServer
    from mcp.server.mcpserver.exceptions import ToolError
    from mcp.types import ToolAnnotations

    mcp = MCPServer("citewise", instructions=_INSTRUCTIONS, log_level="WARNING")
    for function in _functions(library):
        mcp.add_tool(
            _described(_telling(function, ToolError)),
            annotations=ToolAnnotations(read_only_hint=True, open_world_hint=False),
        )
    return mcp


def make_tools(library: Library) -> tuple[ASGIApp, Callable[[], AbstractAsyncContextManager[None]]]:
    """Return the MCP server as an ASGI application at `PATH`, and what must run while it serves."""
    from mcp.server.transport_security import TransportSecuritySettings

    mcp = make_mcp(library)
    app = mcp.streamable_http_app(
        streamable_http_path=PATH, stateless_http=True, json_response=True,
        # Host and origin are checked by the gate, for every door alike.
        transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),
    )  # fmt: skip

    async def posted(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] == "POST":
            await app(scope, receive, send)
        else:  # no session is kept that a stream could be opened for or that could be ended
            refused = Response("Expected POST.", 405, {"Allow": "POST"})
            await refused(scope, receive, send)

    return posted, mcp.session_manager.run


def _functions(library: Library) -> list[Callable[..., Any]]:
    def answer(
        question: Question,
        k: Annotated[int, Field(ge=1, le=MOST_QUOTES)] = 3,
        filters: FilterChoice | None = None,
        history: Annotated[list[Question], Field(max_length=LONGEST_HISTORY)] | None = None,
    ) -> Any:
        """Answer a question with verbatim quotes from the documents, or say that they do not.

        Args:
            question: What is asked, in words.
            k: How many quotes at most.
            filters: Which documents are searched; leave out for all.
            history: Earlier questions of the conversation, oldest first, so that a follow-up such
                as "And when?" is understood.
        """
        found = library.ask(
            question, k=k, history=history or (), filters=filters.filters() if filters else None
        )
        return AnswerResult.model_validate(found.to_dict())

    def search(
        question: Question,
        k: Annotated[int, Field(ge=1, le=MOST_HITS)] = 10,
        filters: FilterChoice | None = None,
    ) -> list[HitResult]:
        """List the passages nearest to a question, best first, without reading an answer in them.

        Args:
            question: What is looked for, in words.
            k: How many passages at most.
            filters: Which documents are searched; leave out for all.
        """
        hits = library.search(question, k=k, filters=filters.filters() if filters else None)
        return [
            HitResult(
                score=hit.score, source=hit.document.source, doc_id=hit.document.doc_id,
                title=hit.document.title, date=hit.document.date, start=hit.chunk.start,
                end=hit.chunk.end, text=hit.chunk.text,
            )
            for hit in hits
        ]  # fmt: skip

    def list_documents() -> Any:
        """List the documents: id, title, date, source, and whether each is indexed."""
        return [EntryResult.model_validate(entry, from_attributes=True) for entry in
                library.documents()]  # fmt: skip

    def read_passage(
        doc_id: Annotated[str, Field(max_length=100)],
        start: Annotated[int, Field(ge=0)] = 0,
        end: Annotated[int, Field(ge=0)] | None = None,
    ) -> Passage:
        """Read a stretch of a document, for the text around a quote.

        Args:
            doc_id: The document's id, as a citation or the list of documents names it.
            start: First character, counted from 0.
            end: One past the last character; left out, 20,000 characters are read. No more than
                that are read at once.
        """
        document = library.assistant.index.document(doc_id)
        last = min(len(document.text), start + _LONGEST_PASSAGE)
        if end is not None:
            last = min(last, end)
        if not start < last:
            raise CitewiseError(
                f"Characters {start} to {end} were asked for; expected a stretch of the document's "
                f"{len(document.text)} characters. Ask for an earlier one."
            )
        return Passage(
            doc_id=doc_id, source=document.source, title=document.title, date=document.date,
            start=start, end=last, length=len(document.text), page=document.page(start),
            text=document.text[start:last],
        )  # fmt: skip

    answer.__annotations__["return"] = AnswerResult
    list_documents.__annotations__["return"] = list[EntryResult]  # type: ignore[valid-type]
    return [answer, search, list_documents, read_passage]


def _telling(function: F, tool_error: type[Exception]) -> F:
    """Return a tool whose errors, when they are ours, reach the caller in words."""
    from functools import wraps

    @wraps(function)
    def tool(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except (CitewiseError, ValueError) as error:
            raise tool_error(str(error)) from error

    return tool  # type: ignore[return-value]


def _described(function: F) -> F:
    """Move what the docstring says of each argument into the argument's schema."""
    said = inspect.getdoc(function) or ""
    about, _, arguments = said.partition("\n\nArgs:\n")
    meanings = {name: " ".join(meaning.split()) for name, meaning in _ARGUMENT.findall(arguments)}
    signature = inspect.signature(function, eval_str=True)
    parameters = [
        parameter.replace(
            annotation=Annotated[parameter.annotation, Field(description=meanings[name])]
        )
        for name, parameter in signature.parameters.items()
    ]
    function.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    function.__doc__ = about
    return function
