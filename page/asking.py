"""Asking from the page: the passages found, then the answer read from them, in one reply.

Reading goes on while the passages travel to the browser, so that showing them costs no time.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from corpus import CitewiseError
from index.filters import Filters
from page.answers import error_turn, reading, spoken_answer, turn
from page.controls import Kept, controls
from page.filters import shown
from page.holdings import state

if TYPE_CHECKING:
    from index import Hit
    from page.maps import Maps
    from server import Library

LONGEST_QUESTION = 2_000  # characters; the page sends no more
LONGEST_HISTORY = 20  # earlier questions that are looked at
MOST_ASKING = 16  # questions answered side by side


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question as a browser sends it.

    `spoken` is what the person typed when they corrected how that was understood, else None.
    """

    question: str
    spoken: str | None
    history: tuple[str, ...]
    filters: Filters | None

    @classmethod
    def from_json(cls, request: Mapping[str, Any]) -> Self:
        """Read ``{"question", "spoken", "history", "filters"}``; a long history is cut.

        Raises:
            ValueError: the question is too long, or the filters are none.
        """
        question = str(request.get("question", ""))
        if len(question) > LONGEST_QUESTION:
            raise ValueError(
                f"The question has {len(question):,} characters; expected at most "
                f"{LONGEST_QUESTION:,}. Ask a shorter one."
            )
        spoken, filters = request.get("spoken"), request.get("filters")
        history = request.get("history")
        earlier = history if isinstance(history, list) else []
        return cls(
            question=question,
            spoken=None if spoken is None else str(spoken)[:LONGEST_QUESTION],
            history=tuple(str(one)[:LONGEST_QUESTION] for one in earlier[-LONGEST_HISTORY:]),
            filters=Filters.from_dict(filters) if filters else None,
        )


class Asking:
    """Answers the questions of all open tabs; safe to use from several threads."""

    def __init__(self, library: "Library", kept: Kept, maps: "Maps") -> None:
        self._library = library
        self._kept = kept
        self._maps = maps
        self._readers = ThreadPoolExecutor(MOST_ASKING, thread_name_prefix="reading")

    async def stream(self, request: dict[str, Any]) -> AsyncIterator[str]:
        """Yield lines of JSON: the passages that are read, as ``{"html"}``, then the turn.

        The turn has ``html``; ``joins``, whether the question joins the conversation;
        ``understood``, the question as it was answered; ``said``, the outcome in a sentence;
        ``answer``, the fields of the Answer; ``now``, what `page.holdings.state` returns. What
        cannot be asked has only a turn, which says why and does not join.
        """
        loop = asyncio.get_running_loop()
        passages: asyncio.Future[str] = loop.create_future()

        def found(html: str) -> None:
            loop.call_soon_threadsafe(passages.set_result, html)

        answered = loop.run_in_executor(self._readers, self._turn, request, found)
        await asyncio.wait((passages, answered), return_when=asyncio.FIRST_COMPLETED)
        if passages.done():
            yield _line({"html": passages.result()})
        yield _line(await answered)

    def _turn(self, request: Mapping[str, Any], found: Callable[[str], None]) -> dict[str, Any]:
        """Answer a question; `found` is told the passages that will be read, as HTML."""
        try:
            asked = Asked.from_json(request)

            def tell(understood: str, hits: Sequence["Hit"]) -> None:
                found(reading(asked.question, understood, hits, spoken=asked.spoken))

            answer = self._library.ask(
                asked.question, history=asked.history, filters=asked.filters, found=tell
            )
        except (CitewiseError, ValueError) as error:
            spoken = request.get("spoken") or request.get("question", "")
            return {"html": error_turn(str(spoken), str(error)), "joins": False}
        summaries = self._library.assistant.index.summaries()
        html = turn(
            answer,
            spoken=asked.spoken,
            above=shown(asked.filters, summaries, answered=answer.answered),
            below=controls(self._kept.keep(answer, asked.filters)),
        )
        return {
            "html": html,
            "joins": True,
            "understood": answer.rewritten,
            "said": spoken_answer(answer),
            "answer": answer.to_dict(),
            "now": state(self._library, self._maps),
        }


def _line(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n"
