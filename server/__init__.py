"""The doors beside the page: REST, MCP, who may come in, and the library of documents behind."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from server.access import Credentials, Names
    from server.doors import open_doors, serve_tools
    from server.gate import Rules
    from server.library import Library

__all__ = ["Credentials", "Library", "Names", "Rules", "open_doors", "serve_tools"]

_HOME = {
    "Credentials": "server.access",
    "Library": "server.library",
    "Names": "server.access",
    "Rules": "server.gate",
    "open_doors": "server.doors",
    "serve_tools": "server.doors",
}


def __getattr__(name: str) -> Any:
    # A rebuild imports one module of this package and must not load a web server for it.
    if name not in _HOME:
        raise AttributeError(f"module 'server' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOME[name]), name)
