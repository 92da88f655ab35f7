"""Read passages with a question in hand: where the answer stands, whether it is there at all.

The reader is all-MiniLM-L6-v2 retrained by ``training/reader.py``; the verifier, which reads again
what is to be quoted, is the reader trained on by ``training/verifier.py`` to tell whether that
answers; the arbiter, trained on again by ``training/arbiter.py``, reads several passages side by
side to tell which of them answers; the listener, the verifier trained on by
``training/listener.py``, does what that does of what is asked next in a conversation. Which
passages to read, and what to make of the scores, is not decided here.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self, cast

import numpy as np
import numpy.typing as npt

from index.export import cores
from qa.networks import (
    ARBITER_WEIGHTS,
    DEFAULT_WEIGHTS,
    INPUTS,
    LISTENER_WEIGHTS,
    VERIFIER_WEIGHTS,
    described,
    exported,
    opened,
)

if TYPE_CHECKING:
    from tokenizers import Tokenizer

Network = Literal["reader", "verifier", "listener"]  # that read one passage at a time

DEFAULT_MAX_ANSWER_TOKENS = 30
MAX_QUESTION_TOKENS = 96
_STRIDE = 128  # tokens that two windows of a long passage share
_REMEMBERED = 2_048  # readings, of some four kilobytes with their passages
_ALONE = 1_800  # characters that one core reads; more are shared by the cores
# A span in which another starts and one ends about as likely is two answers read as one: "Beroe the
# juveniles". Found on 1,500 questions of SQuAD dev-a: benchmarks/README.md, "Reading".
_ABOUT_AS_LIKELY = 2.0  # logits
_AS_TWO = 0.5  # of the logits beyond that, taken off
_NOWHERE = -1e6  # the logit of a token after the last


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Passage characters ``start:end``; `score` is start + end logit - null, higher is better.

    Above 0 the reader prefers the span to "this passage does not say".
    """

    start: int
    end: int
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One passage read with one question; `n` is the number of passage tokens.

    `offsets` ``(n, 2)`` int32 are the passage characters of each token. `start_logits` and
    `end_logits` ``(n,)`` float32 say how likely an answer starts or ends at a token, `null` how
    likely there is none (the sum of both logits of the null position). `relevance` (logit, above 0
    for relevant) ranks the passages of a question; it was trained apart from `null`, which also
    knows near misses.
    """

    offsets: npt.NDArray[np.int32]
    start_logits: npt.NDArray[np.float32]
    end_logits: npt.NDArray[np.float32]
    null: float
    relevance: float

    def after(self, lead: int) -> Self:
        """Return the reading of what follows the first `lead` characters, read along with them."""
        return replace(self, offsets=self.offsets - np.int32(lead)) if lead else self

    def mixed(self, other: Self, start: int, end: int, *, share: float) -> Self | None:
        """Return the reading of ``start:end`` of which another has this share of the logits.

        The offsets of both are in the same text. None where the other did not read all of it.
        """
        own, its = self._tokens(start, end), other._tokens(start, end)
        if not np.array_equal(self.offsets[own], other.offsets[its]):
            return None
        starts = (1 - share) * self.start_logits[own] + share * other.start_logits[its]
        ends = (1 - share) * self.end_logits[own] + share * other.end_logits[its]
        return replace(self, offsets=self.offsets[own], start_logits=starts, end_logits=ends)

    def _tokens(self, start: int, end: int | None) -> npt.NDArray[np.intp]:
        """Return the places of the tokens that lie wholly inside characters ``start:end``."""
        inside = self.offsets[:, 0] >= start
        if end is not None:
            inside &= self.offsets[:, 1] <= end
        return np.flatnonzero(inside)

    def best_span(
        self, start: int = 0, end: int | None = None, *, max_tokens: int = DEFAULT_MAX_ANSWER_TOKENS
    ) -> Span | None:
        """Return the best span that lies wholly inside passage characters ``start:end``.

        Args:
            start: first passage character allowed.
            end: one past the last; None for the end of the passage.
            max_tokens: longest span in tokens.

        Returns:
            The span with the highest score, the earliest and then shortest of equals; None where
            no whole token lies inside.
        """
        tokens = self._tokens(start, end)
        if not len(tokens):
            return None
        low, high = tokens[0], tokens[-1] + 1
        first, last, score = decode_span(
            self.start_logits[low:high], self.end_logits[low:high], max_tokens=max_tokens
        )
        return Span(
            start=int(self.offsets[low + first, 0]),
            end=int(self.offsets[low + last, 1]),
            score=score - self.null,
        )


def decode_span(
    start_logits: npt.NDArray[np.float32], end_logits: npt.NDArray[np.float32], *, max_tokens: int
) -> tuple[int, int, float]:
    """Return ``(first, last, start_logits[first] + end_logits[last])`` of the best token span.

    Best is the highest sum of both, less what a span loses in which a later start and an earlier
    end are together about as likely. Both arrays have shape ``(n,)``, n >= 1. The span has 1 to
    `max_tokens` tokens, `last` included. Of equals the earliest start wins, then the shortest span.

    Raises:
        ValueError: there is no token or `max_tokens` is below 1.
    """
    count = len(start_logits)
    if count == 0 or max_tokens < 1:
        raise ValueError(f"No span of 1 to {max_tokens} tokens exists in {count} tokens.")
    width = min(max_tokens, count)
    # row i: the starts and ends at token i and after it, as far as a span may reach
    starts, ends = (_ahead(logits, width) for logits in (start_logits, end_logits))
    scores = start_logits[:, None] + ends
    later = np.maximum.accumulate(starts[:, 1:], axis=1)
    earlier = np.maximum.accumulate(ends[:, :-1], axis=1)
    worth = scores.copy()
    inner = later + earlier - scores[:, 1:] + _ABOUT_AS_LIKELY
    worth[:, 1:] -= _AS_TWO * np.maximum(inner, 0)
    first, length = divmod(int(worth.argmax()), width)
    return first, first + length, float(scores[first, length])


def _ahead(logits: npt.NDArray[np.float32], width: int) -> npt.NDArray[np.float32]:
    """Return for each of n tokens the logits (n, width) from it on."""
    padded = np.concatenate([logits, np.full(width - 1, _NOWHERE, dtype=np.float32)])
    step = padded.strides[0]  # as sliding_window_view, which checks for longer than this computes
    return np.lib.stride_tricks.as_strided(padded, (len(logits), width), (step, step))


class Reader:
    """The extractive reader and the networks beside it; `load` makes one, any thread uses it."""

    def __init__(
        self,
        sessions: Mapping[Network, Callable[[], Any]],
        arbiter: Any,
        tokenizer: "Tokenizer",
        *,
        max_tokens: int,
        max_compared_tokens: int,
    ) -> None:
        self._sessions = sessions
        self._arbiter = arbiter
        self._tokenizer = tokenizer
        self._cls = tokenizer.token_to_id("[CLS]")
        self._sep = cast(int, tokenizer.token_to_id("[SEP]"))
        self._max_tokens = max_tokens
        self._max_compared_tokens = max_compared_tokens
        self._pool = ThreadPoolExecutor(cores(), thread_name_prefix="reader")
        self._read_once = lru_cache(maxsize=_REMEMBERED)(self._read)
        self._compare_once = lru_cache(maxsize=_REMEMBERED)(self._compare)

    @classmethod
    def load(cls, path: Path | str | None = None, *, verifier: Path | str | None = None) -> Self:
        """Open a reader, exporting it to the user cache if this is its first use.

        Args:
            path: weights as ``training/reader.py`` writes them, with their description (``.json``)
                beside them; None for the shipped ones.
            verifier: the same as ``training/verifier.py`` writes them, on the shipped reader.

        Raises:
            ModelError: the weights or the base model are missing or altered, or the cache cannot
                be written.
        """
        from tokenizers import Tokenizer

        shipped = described(DEFAULT_WEIGHTS)
        reading = shipped if path is None else described(Path(path))
        verifying = described(VERIFIER_WEIGHTS if verifier is None else Path(verifier))
        comparing = described(ARBITER_WEIGHTS)
        folder = exported("reader", reading)
        session = opened(folder)
        verifier = opened(exported("verifier", shipped, verifying))
        listener = exported("listener", shipped, described(LISTENER_WEIGHTS))
        return cls(
            {
                "reader": lambda: session,
                "verifier": lambda: verifier,
                "listener": cache(lambda: opened(listener)),  # who chats needs it, others do not
            },
            opened(exported("arbiter", shipped, comparing)),
            Tokenizer.from_file(str(folder / "tokenizer.json")),
            max_tokens=reading.about["max_tokens"],
            max_compared_tokens=comparing.about["max_tokens"],
        )

    def read(self, question: str, passages: Sequence[str]) -> list[Reading]:
        """Read each passage with the question; the readings are in the order of the passages.

        A passage too long for one pass is read in overlapping windows. A passage never changes the
        reading of another. The latest readings are remembered, for questions that are asked again:
        with other filters, by someone else, after a rebuild.
        """
        return self._read_all(question, passages, by="reader")

    def verify(self, question: str, passages: Sequence[str]) -> list[Reading]:
        """Read passages as `read` does, by the verifier, to tell whether they answer."""
        return self._read_all(question, passages, by="verifier")

    def listen(self, question: str, passages: Sequence[str]) -> list[Reading]:
        """Read passages as `verify` does, by the listener, with what is asked in a conversation.

        `question` is as `qa.listening.in_context` returns it.
        """
        return self._read_all(question, passages, by="listener")

    def compare(self, question: str, passages: Sequence[str]) -> Future[list[Reading]]:
        """Begin to read passages side by side, by the arbiter, to tell which of them answers.

        Whether none or one of them does, `null` and `relevance`, the readings have in common. Of
        passages that are too long for one pass together the ends of the longest are left out.
        """
        asked = self._tokenizer.encode(question, add_special_tokens=False).ids
        cut = tuple(asked[:MAX_QUESTION_TOKENS])
        return self._pool.submit(self._compare_once, cut, tuple(passages))

    def _compare(self, asked: tuple[int, ...], passages: tuple[str, ...]) -> list[Reading]:
        found = [self._tokenizer.encode(passage, add_special_tokens=False) for passage in passages]
        room = self._max_compared_tokens - len(asked) - 2 - len(passages)
        most = max(len(encoding.ids) for encoding in found)
        while sum(min(most, len(encoding.ids)) for encoding in found) > room:
            most -= 1
        parts: list[list[int]] = [encoding.ids[:most] for encoding in found]
        tokens: list[int] = [token for part in parts for token in (*part, self._sep)]
        spans, relevance = self._run(self._arbiter, asked, tokens[:-1])
        spans.flags.writeable = False  # it is handed out again
        readings, at = [], len(asked) + 2
        for encoding, part in zip(found, parts, strict=True):
            own = spans[at : at + len(part)]
            offsets = np.array(encoding.offsets[: len(part)], dtype=np.int32).reshape(-1, 2)
            readings.append(
                Reading(
                    offsets=offsets, start_logits=own[:, 0], end_logits=own[:, 1],
                    null=float(spans[0].sum()), relevance=relevance,
                )
            )  # fmt: skip
            at += len(part) + 1
        return readings

    def _read_all(self, question: str, passages: Sequence[str], *, by: Network) -> list[Reading]:
        asked = self._tokenizer.encode(question, add_special_tokens=False).ids
        last = by == "listener"  # what is asked comes after what was said
        cut = asked[-MAX_QUESTION_TOKENS:] if last else asked[:MAX_QUESTION_TOKENS]
        read = partial(self._read_once, by, tuple(cut))
        if sum(map(len, passages)) <= _ALONE:  # so that several who ask get a core each
            return self._pool.submit(lambda: [read(passage) for passage in passages]).result()
        # The longest is begun first, so that no core is left with it at the end.
        order = sorted(range(len(passages)), key=lambda i: -len(passages[i]))
        readings = self._pool.map(read, [passages[i] for i in order])
        return [reading for _, reading in sorted(zip(order, readings, strict=True), key=_first)]

    def _read(self, by: Network, asked: tuple[int, ...], passage: str) -> Reading:
        encoding = self._tokenizer.encode(passage, add_special_tokens=False)
        offsets = np.array(encoding.offsets, dtype=np.int32).reshape(-1, 2)
        tokens = encoding.ids
        count = len(tokens)
        room = self._max_tokens - len(asked) - 3
        starts = np.zeros(count, dtype=np.float32)
        ends = np.zeros(count, dtype=np.float32)
        null = relevance = float("-inf")
        session = self._sessions[by]()
        for low, high, own_low, own_high in windows(count, room=room, stride=_STRIDE):
            spans, window_relevance = self._run(session, asked, tokens[low:high])
            # subtle: each window is shifted so that its null becomes 0, then start + end - null
            # stays what it was in the window and one null serves all
            shift = spans[0].sum() / 2
            first = len(asked) + 2
            own = slice(first + own_low - low, first + own_high - low)
            starts[own_low:own_high] = spans[own, 0] - shift
            ends[own_low:own_high] = spans[own, 1] - shift
            null = max(null, float(2 * shift))
            relevance = max(relevance, window_relevance)
        starts += null / 2
        ends += null / 2
        for array in (offsets, starts, ends):
            array.flags.writeable = False  # it is handed out again
        return Reading(
            offsets=offsets, start_logits=starts, end_logits=ends, null=null, relevance=relevance
        )

    def _run(
        self, session: Any, asked: tuple[int, ...], tokens: list[int]
    ) -> tuple[npt.NDArray[np.float32], float]:
        ids = np.array([[self._cls, *asked, self._sep, *tokens, self._sep]], dtype=np.int64)
        types = np.zeros_like(ids)
        types[0, len(asked) + 2 :] = 1
        spans, relevance = session.run(None, dict(zip(INPUTS, (ids, types), strict=True)))
        return spans[0], float(relevance[0])


def _first(pair: tuple[int, Reading]) -> int:
    return pair[0]


def windows(count: int, *, room: int, stride: int) -> list[tuple[int, int, int, int]]:
    """Cover `count` tokens with windows of at most `room` that overlap by at least `stride`.

    Returns:
        ``(low, high, own_low, own_high)`` each: the window's tokens and those for which it has
        the most context of all windows; the own ranges partition ``0:count``. At least one window,
        also for no tokens.
    """
    if count <= room:
        return [(0, count, 0, count)]
    number = -(-(count - stride) // (room - stride))
    lows = [round(i * (count - room) / (number - 1)) for i in range(number)]
    cuts = [0, *((a + room + b) // 2 for a, b in zip(lows, lows[1:], strict=False)), count]
    return [(low, low + room, a, b) for low, a, b in zip(lows, cuts, cuts[1:], strict=False)]
