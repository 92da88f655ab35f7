"""REST: the same answers over HTTP as JSON. Who may ask, and how much, is the gate's business."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import fastapi
from fastapi import Path, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.routing import Match

from corpus import CitewiseError, CorpusError
from corpus.formats import LOADERS
from index import Filters
from server import problems
from server.jobs import Job
from server.library import Library, RebuildingError, UnknownDocumentError
from server.schemas import (
    AnswerRequest,
    AnswerResult,
    EntryResult,
    FilterChoice,
    HitResult,
    JobResult,
    RemovalResult,
    SearchRequest,
)
from server.turns import BusyError
from server.uploads import TakenError, TooLargeError

PATHS = ("/v1", "/healthz", "/metrics", "/openapi.json")
_RETRY = {"Retry-After": "2"}  # seconds
_STATUS: dict[type[CitewiseError], int] = {
    BusyError: 503, TakenError: 409, RebuildingError: 409, TooLargeError: 413,
    UnknownDocumentError: 404, CorpusError: 422,
}  # fmt: skip
_UPLOAD = {
    "requestBody": {
        "required": True, "description": "The file, as it is.",
        "content": {"application/octet-stream": {
            "schema": {"type": "string", "format": "binary", "minLength": 1}
        }},
    }
}  # fmt: skip
_SUFFIXES = "|".join(
    "".join(f"[{letter}{letter.upper()}]" for letter in suffix[1:]) for suffix in LOADERS
)
_FILE_NAME = rf"^[ _-]*[a-zA-Z0-9][a-zA-Z0-9 _-]*\.({_SUFFIXES})$"
_logger = logging.getLogger(__name__)

Id = Annotated[str, Path(max_length=100, description="The document's id, as in the table.")]
JobId = Annotated[str, Path(max_length=100, description="The rebuild's id.")]


class Documents(BaseModel):
    """The table of documents, and the name of the index generation that answers now."""

    generation: str
    documents: list[EntryResult]  # type: ignore[valid-type]


class Health(BaseModel):
    """That the server answers, and from which index generation."""

    status: str
    generation: str


def make_api(library: Library, *, security: dict[str, Any] | None = None) -> fastapi.FastAPI:
    """Make the REST application over a library.

    Args:
        library: answers, and keeps the documents.
        security: OpenAPI security schemes by name; None where anybody may ask.
    """
    api = fastapi.FastAPI(
        title="Citewise", docs_url=None, redoc_url=None, redirect_slashes=False,
        description="Answers from documents in the documents' own words, cited to the character.",
        responses={status: {"model": problems.Problem} for status in (400, 413, 421, 422, 429)},
    )  # fmt: skip
    _add_questions(api, library)
    _add_documents(api, library)
    _add_rebuilds(api, library)
    _add_state(api, library)
    _add_errors(api)
    api.openapi = lambda: _described(api, security or {})  # type: ignore[method-assign]
    return api


def _problem(*statuses: int) -> dict[int | str, dict[str, Any]]:
    return {status: {"model": problems.Problem} for status in statuses}


def _add_questions(api: fastapi.FastAPI, library: Library) -> None:
    @api.post("/v1/answer", response_model=AnswerResult, responses=_problem(503))
    def answer(request: AnswerRequest) -> dict[str, Any]:
        """Answer a question in the documents' own words, or say that they do not answer it."""
        with _wrong_arguments():
            found = library.ask(
                request.question, k=request.k, history=request.history,
                filters=_filters(request.filters),
            )  # fmt: skip
        return found.to_dict()

    @api.post("/v1/search", response_model=list[HitResult], responses=_problem(503))
    def search(request: SearchRequest) -> list[dict[str, Any]]:
        """List the passages nearest to a question, best first."""
        with _wrong_arguments():
            hits = library.search(request.question, k=request.k, filters=_filters(request.filters))
        return [
            {
                "score": hit.score, "source": hit.document.source, "doc_id": hit.document.doc_id,
                "title": hit.document.title, "date": hit.document.date, "start": hit.chunk.start,
                "end": hit.chunk.end, "text": hit.chunk.text,
            }
            for hit in hits
        ]  # fmt: skip


def _add_documents(api: fastapi.FastAPI, library: Library) -> None:
    @api.get("/v1/documents", response_model=Documents)
    def documents() -> dict[str, Any]:
        """List the documents: what is indexed, waits for a rebuild or cannot be read."""
        return {"generation": library.generation, "documents": library.documents()}

    @api.post(
        "/v1/documents", status_code=201, response_model=EntryResult, openapi_extra=_UPLOAD,
        responses=_problem(409),
    )  # fmt: skip
    async def add_document(
        request: Request,
        response: Response,
        name: Annotated[
            str,
            Query(
                min_length=3, max_length=1_000, description="The file's name, such as report.pdf.",
                json_schema_extra={"pattern": _FILE_NAME},
            ),
        ],
    ) -> Any:  # fmt: skip
        """Upload a file; it answers after the next rebuild. Nothing is overwritten."""
        entry = await run_in_threadpool(library.add, name, await request.body())
        response.headers["Location"] = f"/v1/documents/{entry.doc_id}"
        return entry

    @api.get("/v1/documents/{doc_id}", response_model=EntryResult, responses=_problem(404))
    def document(doc_id: Id) -> Any:
        """Return one row of the table of documents."""
        return library.entry(doc_id)

    @api.delete("/v1/documents/{doc_id}", response_model=RemovalResult, responses=_problem(404))
    def remove_document(doc_id: Id) -> Any:
        """Remove a document: an upload is deleted, a file of the user's own is left out only."""
        return library.remove(doc_id)


def _add_rebuilds(api: fastapi.FastAPI, library: Library) -> None:
    def job_of(job_id: str) -> Job:
        job = library.job
        if job is None or job.id != job_id:
            raise HTTPException(404, f"There is no rebuild {job_id!r}; only the last one is known.")
        return job

    @api.post("/v1/rebuilds", status_code=202, response_model=JobResult, responses=_problem(409))
    def rebuild(response: Response) -> Any:
        """Start building the index anew; questions are answered meanwhile."""
        job = library.rebuild()
        response.headers["Location"] = f"/v1/rebuilds/{job.id}"
        return job.to_dict()

    @api.get("/v1/rebuilds/{job_id}", response_model=JobResult, responses=_problem(404))
    def rebuild_job(job_id: JobId) -> Any:
        """Say how far a rebuild is."""
        return job_of(job_id).to_dict()

    @api.delete("/v1/rebuilds/{job_id}", response_model=JobResult, responses=_problem(404))
    def cancel_rebuild(job_id: JobId) -> Any:
        """Cancel a rebuild; the index stays as it was."""
        job = job_of(job_id)
        job.cancel()
        job.wait(10)
        return job.to_dict()


def _add_state(api: fastapi.FastAPI, library: Library) -> None:
    @api.get("/healthz", response_model=Health)
    async def healthz() -> dict[str, str]:
        """Say that the server answers. Needs no credentials."""
        return {"status": "ok", "generation": library.generation}

    @api.get(
        "/metrics", response_class=Response,
        responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
    )  # fmt: skip
    def metrics() -> Response:
        """Return counts and times in Prometheus's text format."""
        return Response(
            library.metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8"
        )


def _add_errors(api: fastapi.FastAPI) -> None:
    @api.exception_handler(CitewiseError)
    def ours(_: Request, error: CitewiseError) -> Response:
        status = next((code for kind, code in _STATUS.items() if isinstance(error, kind)), 500)
        if status == 500:
            _logger.error("%s", error)
        return _response(status, str(error), headers=_RETRY if status == 503 else None)

    @api.exception_handler(RequestValidationError)
    def invalid(request: Request, error: RequestValidationError) -> Response:
        faults = [
            {"at": ".".join(map(str, fault["loc"])), "message": str(fault["msg"])}
            for fault in error.errors()
        ]
        unreadable = any(fault["type"] == "json_invalid" for fault in error.errors())
        said = "; ".join(f"{fault['at']}: {fault['message']}" for fault in faults[:3])
        if "json" not in request.headers.get("content-type", "") and faults[0]["at"] == "body":
            said = "The body is not sent as JSON; send it as Content-Type: application/json"
        return _response(400 if unreadable else 422, f"{said}. See /openapi.json.", faults)

    @api.exception_handler(HTTPException)
    def refused(request: Request, error: HTTPException) -> Response:
        headers = dict(error.headers or {})
        detail = str(error.detail)
        if error.status_code == 404 and detail == "Not Found":
            detail = "There is nothing at this address. See /openapi.json for what there is."
        if error.status_code == 405:
            headers["Allow"] = ", ".join(sorted(_methods(api, request)))
            detail = f"Expected {headers['Allow']} at this address."
        return _response(error.status_code, detail, headers=headers)

    @api.exception_handler(Exception)
    def failed(_: Request, error: Exception) -> Response:
        return _response(500, "This should not happen; the server's terminal says more.")


def _response(
    status: int,
    detail: str,
    faults: list[dict[str, str]] | None = None,
    headers: dict[str, str] | None = None,
) -> Response:
    body = problems.encoded(problems.body_of(status, detail, faults))
    return Response(body, status, headers, media_type=problems.MEDIA_TYPE)


def _methods(api: fastapi.FastAPI, request: Request) -> set[str]:
    """Return the methods that the routes of a path take, all of them."""
    methods: set[str] = set()
    for route in api.router.routes:
        if route.matches(request.scope)[0] is not Match.NONE:
            methods |= getattr(route, "methods", None) or set()
    return methods


def _filters(choice: FilterChoice | None) -> Filters | None:
    return None if choice is None else choice.filters()


@contextmanager
def _wrong_arguments() -> Iterator[None]:
    """Answer arguments that fit the schema and still make no sense, as filters may, with a 422."""
    try:
        yield
    except ValueError as error:
        raise HTTPException(422, str(error)) from error


def _described(api: fastapi.FastAPI, security: dict[str, Any]) -> dict[str, Any]:
    """Return the OpenAPI document, with errors as the media type that they have."""
    if api.openapi_schema is None:
        schema = get_openapi(
            title=api.title, version="1", description=api.description, routes=api.routes
        )
        for path, operations in schema["paths"].items():
            for operation in operations.values():
                for status, response in operation["responses"].items():
                    if status >= "400":
                        content = response["content"]
                        content[problems.MEDIA_TYPE] = content.pop("application/json")
                if security and path != "/healthz":
                    operation["security"] = [{name: []} for name in security]
                    operation["responses"]["401"] = {
                        "description": "Credentials are needed",
                        "content": {problems.MEDIA_TYPE: {
                            "schema": {"$ref": "#/components/schemas/Problem"}
                        }},
                    }  # fmt: skip
        if security:
            schema["components"]["securitySchemes"] = security
        api.openapi_schema = schema
    return api.openapi_schema
