"""Who may ask: user and password, or a key, compared in constant time and never shown."""

import base64
import binascii
import hashlib
import hmac
import ipaddress
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from corpus import CitewiseError


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What a request must bring: ``user:password`` (Basic) or the key; either where both are set.

    The key is taken as a bearer token, as ``X-API-Key``, and as the password of any user, so that
    a browser can bring it too. Without either, everybody may ask.
    """

    login: str | None = field(default=None, repr=False)
    key: str | None = field(default=None, repr=False)

    @classmethod
    def of(
        cls,
        *,
        auth: str | None = None,
        auth_file: Path | None = None,
        api_key: str | None = None,
        api_key_file: Path | None = None,
    ) -> Self:
        """Return credentials given directly or in files, whose first line counts.

        Raises:
            CitewiseError: one is blank, or the login lacks its colon, or a file cannot be read.
        """
        login = _one_of("--auth", auth, auth_file)
        key = _one_of("--api-key", api_key, api_key_file)
        user, colon, password = (login or "a:b").partition(":")
        if not (user and colon and password):
            raise CitewiseError(
                "The --auth given is not of the form USER:PASSWORD; expected both, with a colon "
                "between. Write it so."
            )
        return cls(login=login, key=key)

    def __bool__(self) -> bool:
        return self.login is not None or self.key is not None

    def admit(self, headers: Mapping[bytes, bytes]) -> bool:
        """Return whether a request with these headers (names in lower case) may pass."""
        if not self:
            return True
        scheme, _, value = headers.get(b"authorization", b"").partition(b" ")
        offered: list[tuple[bytes, str | None]] = [(headers.get(b"x-api-key", b""), self.key)]
        if scheme.lower() == b"bearer":
            offered.append((value.strip(), self.key))
        elif scheme.lower() == b"basic":
            try:
                pair = base64.b64decode(value.strip(), validate=True)
            except binascii.Error:
                pair = b""
            offered += [(pair, self.login), (pair.partition(b":")[2], self.key)]
        # subtle: every comparison is made, so that the time says nothing about which one failed
        return any([_same(given, wanted) for given, wanted in offered])

    def schemes(self) -> dict[str, Any]:
        """Return the OpenAPI security schemes in force, by name."""
        basic = {"basic": {"type": "http", "scheme": "basic"}} if self.login else {}
        bearer = {"key": {"type": "http", "scheme": "bearer"}} if self.key else {}
        return basic | bearer


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """The host names under which the server is asked; addresses always count.

    A page of another site can make its own name lead to this computer (DNS rebinding), not an
    address or ``localhost``.
    """

    names: frozenset[str]

    @classmethod
    def of(cls, *names: str) -> Self:
        """Return the names given, with ``localhost`` and the name of this computer."""
        known = {"localhost", socket.gethostname(), *names}
        return cls(names=frozenset(name.lower().rstrip(".") for name in known))

    def include(self, host: str) -> bool:
        """Return whether a Host header, with or without a port, is one of them."""
        try:
            name = (urlsplit(f"//{host}").hostname or "").rstrip(".")
        except ValueError:
            return False
        if name in self.names:
            return True
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return True


def same_site(origin: str, host: str) -> bool:
    """Return whether a request from a page of `origin` was made to the host that served it."""
    return urlsplit(origin).netloc.lower() == host.lower()


def is_local(host: str) -> bool:
    """Return whether only this computer can reach a server that listens there."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _one_of(option: str, value: str | None, file: Path | None) -> str | None:
    if value is not None and file is not None:
        raise CitewiseError(f"{option} and {option}-file were both given. Give one of them.")
    if file is not None:
        try:
            value = (file.read_text(encoding="utf-8").splitlines() or [""])[0]
        except (OSError, UnicodeDecodeError) as exc:
            reason = getattr(exc, "strerror", None) or type(exc).__name__
            raise CitewiseError(
                f"{file} cannot be read ({reason}); expected the {option} in its first line."
            ) from exc
    if value is not None and not value.strip():
        raise CitewiseError(f"The {option} given is blank; expected a secret, or none at all.")
    return value


def _same(given: bytes, wanted: str | None) -> bool:
    if wanted is None:
        return False
    return hmac.compare_digest(_digest(given), _digest(wanted.encode()))


def _digest(secret: bytes) -> bytes:
    return hashlib.sha256(secret).digest()
