"""The map of the newest index, drawn once for all tabs, beside the answers."""

import logging
import threading
from typing import TYPE_CHECKING

from corpus import CitewiseError
from page.insight import dots, insight

if TYPE_CHECKING:
    from index import Index
    from server import Library

_logger = logging.getLogger(__name__)


class Maps:
    """The newest map that is there; safe to use from several threads.

    It takes seconds to draw one: until that of a new index is there, the one before is shown.
    """

    def __init__(self, library: "Library") -> None:
        self._library = library
        self._begun: str | None = None  # generation whose map was begun last
        self._drawn: str | None = None
        self._map = {"html": "", "points": "[]"}
        self._lock = threading.Lock()

    def newest(self) -> str | None:
        """Return the generation of the map that `look` gives, None before the first.

        Where the index is newer, its map is begun.
        """
        index = self._library.assistant.index
        with self._lock:
            if self._begun != index.generation:
                self._begun = index.generation
                threading.Thread(target=self._draw, args=[index], name="map", daemon=True).start()
            return self._drawn

    def look(self) -> dict[str, str]:
        """Return the ``html`` of map and timeline, and the ``points`` of the map as JSON."""
        with self._lock:
            return self._map

    def _draw(self, index: "Index") -> None:
        from index.insight import layout
        from index.placing import flattened_apart

        try:
            points = layout(index, place=flattened_apart)
            drawn = {"html": insight(points), "points": dots(points)}
        except (CitewiseError, OSError, ValueError) as exc:
            _logger.error("There is no map of %s: %s", index.generation, exc)
            return
        with self._lock:
            if self._begun == index.generation:  # else a newer one is on its way
                self._map, self._drawn = drawn, index.generation
