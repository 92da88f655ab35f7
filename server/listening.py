"""The address the server listens on: taken first of all, or refused in words."""

import errno
import socket
import sys

from corpus import CitewiseError

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 7860
_ELSEWHERE = f"Use --host {DEFAULT_HOST} --port {DEFAULT_PORT}."


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


def address_of(host: str, listening: socket.socket) -> str:
    """Return the URL under which a browser reaches a listening socket."""
    said = f"[{host}]" if ":" in host else host
    return f"http://{said}:{listening.getsockname()[1]}"
