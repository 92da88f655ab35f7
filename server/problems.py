"""Errors as RFC 9457 has them: every one of the REST interface, and those of the gate before it."""

import json
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, Field

MEDIA_TYPE = "application/problem+json"

# What each status is called, and what the last part of its type is.
KINDS: Mapping[int, tuple[str, str]] = {
    400: ("unreadable-request", "The request cannot be read"),
    401: ("unauthorised", "Credentials are needed"),
    403: ("foreign-origin", "Requests from other sites are refused"),
    404: ("not-found", "There is no such thing here"),
    405: ("method-not-allowed", "This cannot be done here"),
    409: ("conflict", "This cannot be done now"),
    413: ("too-large", "The request is too large"),
    421: ("unknown-host", "This server does not go by that name"),
    422: ("invalid-request", "The request is not as described"),
    429: ("too-many-requests", "Too many requests"),
    500: ("failure", "Something went wrong here"),
    503: ("busy", "Too many questions wait"),
}


class Fault(BaseModel):
    """One thing that is wrong with a request: where in it, and what."""

    at: str
    message: str


class Problem(BaseModel):
    """An error (RFC 9457); `detail` is written for a person."""

    type: str = Field(description="URN of the kind of error: urn:citewise:problem:NAME.")
    title: str
    status: int
    detail: str
    errors: list[Fault] = Field(default=[], description="What is wrong with the request, if that.")


def body_of(status: int, detail: str, errors: list[dict[str, str]] | None = None) -> dict[str, Any]:
    """Return the members of a problem."""
    name, title = KINDS.get(status, ("failure", "The request failed"))
    members: dict[str, Any] = {
        "type": f"urn:citewise:problem:{name}", "title": title, "status": status, "detail": detail,
    }  # fmt: skip
    return members | ({"errors": errors} if errors else {})


def encoded(body: Mapping[str, Any]) -> bytes:
    """Return a problem as it is sent; lone surrogates, as requests may hold, are replaced."""
    return json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
