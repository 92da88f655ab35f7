"""The gate: the one ASGI middleware before page, REST, Gradio's API, uploads and MCP alike.

It refuses other sites and unknown host names, too many and too large requests, and whoever has no
credentials; what passes goes to the application whose paths it asks for.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server import problems
from server.access import Credentials, Names, same_site
from server.limits import MOST_BYTES, Rate
from server.metrics import Metrics

_OPEN = ("/healthz",)  # needs no credentials


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """An application and where it is: the path itself and all below it."""

    name: str
    app: ASGIApp
    paths: Sequence[str] = ()
    uploads: Sequence[str] = ()  # paths that take files
    most_bytes: int = MOST_BYTES  # of a file


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Who may ask, under which names, and how often."""

    credentials: Credentials = field(default_factory=Credentials)
    names: Names = field(default_factory=Names.of)
    rate: Rate = field(default_factory=lambda: Rate(per_second=100, burst=300))
    failures: Rate = field(default_factory=lambda: Rate(per_second=0.2, burst=20))


class _Refusal(Exception):  # noqa: N818
    def __init__(self, status: int, detail: str, headers: Mapping[str, str] | None = None) -> None:
        self.status = status
        self.detail = detail
        self.headers = headers or {}


class Gate:
    """Checks every request and hands it on: to the door that its path names, else to the page."""

    def __init__(
        self, app: ASGIApp, *, doors: Sequence[Door], rules: Rules, metrics: Metrics
    ) -> None:
        self._page = Door(name="page", app=app)
        self._doors = doors
        self._rules = rules
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] not in {"http", "websocket"}:  # the server's start and end
            await self._page.app(scope, receive, send)
            return
        began = time.perf_counter()
        path = _path(scope)
        door = next((one for one in self._doors if _below(path, one.paths)), self._page)
        status = 0

        async def noted(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        try:
            self._check(scope, path)
            if scope["type"] == "http":
                receive = await _limited(scope, receive, _most(door, path))
            await door.app(scope, receive, noted)
        except _Refusal as refusal:
            await _refuse(scope, refusal, noted)
        finally:
            self._metrics.requested(
                door=door.name, method=scope.get("method", "WS"), status=status,
                seconds=time.perf_counter() - began,
            )  # fmt: skip

    def _check(self, scope: Scope, path: str) -> None:
        rules = self._rules
        headers = dict(scope["headers"])
        host = headers.get(b"host", b"").decode("latin-1")
        if not rules.names.include(host):
            raise _Refusal(
                421,
                f"This server was asked as {host[:200]!r}; expected an address, localhost or a "
                "name it was told. Start it with --allow-host NAME to be asked by that name.",
            )
        origin = headers.get(b"origin", b"").decode("latin-1")
        if origin and not same_site(origin, host):
            raise _Refusal(
                403,
                f"A page of {origin[:200]!r} asked this server; only its own page may. Open "
                "Citewise itself, or ask from a program.",
            )
        client = (scope.get("client") or ("?", 0))[0]
        if scope.get("method", "GET") not in {"GET", "HEAD"} or path.startswith("/v1"):
            _within(rules.rate.wait(client))
        if _below(path, _OPEN):
            return
        _within(rules.failures.spent(client) if rules.credentials else 0)
        if not rules.credentials.admit(headers):
            rules.failures.wait(client)
            raise _Refusal(
                401,
                "No credentials, or wrong ones, came with this request. Send the user and "
                "password that the server was started with, or its key as a bearer token.",
                {"WWW-Authenticate": 'Basic realm="Citewise", charset="UTF-8"'},
            )


def _within(wait: int) -> None:
    if wait:
        raise _Refusal(
            429, f"More requests came from here than are taken. Ask again in {wait} s.",
            {"Retry-After": str(wait)},
        )  # fmt: skip


def _path(scope: Scope) -> str:
    path: str = scope.get("path", "")
    return path


def _below(path: str, tops: Sequence[str]) -> bool:
    return any(path == top or path.startswith(f"{top}/") for top in tops)


def _most(door: Door, path: str) -> int:
    return door.most_bytes if path in door.uploads else MOST_BYTES


async def _limited(scope: Scope, receive: Receive, most: int) -> Receive:
    """Return `receive`, the body's size checked; a body of unknown length is read first."""
    headers = dict(scope["headers"])
    large = _Refusal(413, f"The request is larger than {most:,} bytes. Send less at a time.")
    length = headers.get(b"content-length")
    if length is not None:
        if not length.isdigit() or int(length) > most:
            raise large
        return receive  # the server itself holds clients to the length that they state
    if b"transfer-encoding" not in headers:
        return receive
    body = b""
    more = True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            break
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > most:
            raise large
    whole: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return whole.pop() if whole else await receive()

    return replay


async def _refuse(scope: Scope, refusal: _Refusal, send: Send) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008, "reason": ""})
        return
    body = problems.encoded(problems.body_of(refusal.status, refusal.detail))
    headers: dict[str, Any] = {
        "content-type": problems.MEDIA_TYPE, "content-length": len(body),
    } | dict(refusal.headers)  # fmt: skip
    sent = [
        (name.lower().encode(), str(value).encode("latin-1")) for name, value in headers.items()
    ]
    await send({"type": "http.response.start", "status": refusal.status, "headers": sent})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})
