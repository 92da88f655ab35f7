"""The encoder: text in, one pooled vector and one vector a token out, in a single forward pass.

It runs the files that ``index/export.py`` wrote on ONNX Runtime; it knows nothing of documents.
"""

import copy
import json
import logging
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from corpus import sentence_spans
from corpus.errors import ModelError
from index.export import Precision, bfloat16_forward, cores, export_encoder, open_session
from index.lexical import written_in_characters
from index.stopwords import in_stop_words
from index.vocabulary import word_samples

Floats = npt.NDArray[np.float32]
Ids = npt.NDArray[np.int64]
Ints = npt.NDArray[np.int32]
_logger = logging.getLogger(__name__)
_AT_ONCE = 256  # texts tokenised together and handed to the workers, each a pass of its own


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoding:
    """One text as the model sees it.

    `pooled` is a unit vector (d,), `tokens` unit vectors (n, d) of the n word tokens (no special
    tokens, no punctuation and no stop words, which cost space and gain nothing), `offsets` their
    (start, end) characters (n, 2), counted from the start of the text, negative for tokens before
    it.
    """

    pooled: Floats
    tokens: Floats
    offsets: Ints


class Encoder:
    """A sentence-transformers model on ONNX Runtime.

    Texts are run one by one, each core its own: nothing is padded, what a pass computes stays in
    the core's cache, and a text's vectors do not depend on its neighbours.
    """

    def __init__(self, folder: Path, description: dict[str, Any]) -> None:
        self.folder = folder
        self.model: str = description["model"]
        self.checksum: str = description["checksum"]
        self.dimension: int = description["dimension"]
        self.precision: Precision = description["precision"]
        self._inputs: list[str] = description["inputs"]
        self._max_tokens: int = description["max_tokens"]
        self._exact: Callable[[], Encoder] | None = None
        self._question_prompt: str = description["question_prompt"]
        self._passage_prompt: str = description["passage_prompt"]

    @classmethod
    def load(cls, model: str | Path | None = None, *, precision: Precision = "float32") -> Self:
        """Load a model by name or folder, None for the bundled one; exported on first use.

        Raises:
            ModelError: the model is missing, altered or cannot be exported.
        """
        encoder = cls.open(export_encoder(model, precision=precision))
        if precision != "float32":
            encoder._exact = partial(cls.load, model)
        return encoder

    def exact(self) -> "Encoder":
        """Return this model in float32; an encoder that was opened knows no other than itself."""
        return self if self._exact is None else self._exact()

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Open a folder that `index.export.export_encoder` wrote.

        Raises:
            ModelError: the folder does not hold an exported encoder.
        """
        try:
            return cls(folder, json.loads((folder / "encoder.json").read_text(encoding="utf-8")))
        except (OSError, ValueError, KeyError) as exc:
            raise ModelError(
                f"{folder} holds no exported encoder ({exc}). Delete the folder; the next build "
                "makes it again."
            ) from exc

    def at(self, folder: Path) -> Self:
        """Return this encoder with its files in another folder; what is loaded is shared."""
        moved = copy.copy(self)
        moved.folder = folder
        return moved

    @cached_property
    def _forward(self) -> Callable[[Ids], tuple[Floats, Floats]]:
        """The model for passages, run by many threads at once."""
        if self.precision == "bfloat16":
            forward = bfloat16_forward(self.model, self.checksum)
            if forward is not None:
                return forward
            _logger.warning("%s is not installed here: encoding in float32 instead", self.model)
        return self._in(open_session(self.folder / "model.onnx", threads=1))

    @cached_property
    def _question_forward(self) -> Callable[[Ids], tuple[Floats, Floats]]:
        # A question is so short that fetching the weights takes longest: all cores share that.
        return self._in(open_session(self.folder / "model.onnx"))

    def _in(self, session: Any) -> Callable[[Ids], tuple[Floats, Floats]]:
        def forward(ids: Ids) -> tuple[Floats, Floats]:
            zeros = np.zeros_like(ids)
            feed = {name: ids if name == "input_ids" else zeros for name in self._inputs}
            tokens, pooled = session.run(["tokens", "pooled"], feed)
            return tokens, pooled

        return forward

    @cached_property
    def _workers(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(cores(), thread_name_prefix="encoder")

    @cached_property
    def _tokenizer(self) -> Any:
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(str(self.folder / "tokenizer.json"))
        tokenizer.enable_truncation(self._max_tokens)
        return tokenizer

    @cached_property
    def _counter(self) -> Any:
        from tokenizers import Tokenizer

        return Tokenizer.from_file(str(self.folder / "tokenizer.json"))

    def word_samples(self, *, most: int) -> list[str]:
        """Return texts of the model's own words: `index.vocabulary.word_samples`."""
        return word_samples(self._counter, most=most)

    @cached_property
    def _is_word(self) -> npt.NDArray[np.bool_]:
        """For each token id whether it holds a letter or digit, or may: punctuation is left out."""
        size = self._counter.get_vocab_size()
        names = [self._counter.id_to_token(i) or "" for i in range(size)]
        return np.array([any(map(str.isalnum, name)) for name in names])

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return the number of tokens of each text, special tokens not counted."""
        encodings = self._counter.encode_batch_fast(list(texts), add_special_tokens=False)
        return [len(encoding.ids) for encoding in encodings]

    def token_offsets(self, title: str, text: str) -> Ints:
        """Return the offsets (n, 2) that `encode_passages` gives this passage's tokens."""
        pair = (self._before(title, text), text)
        return self._kept(self._tokenize([pair])[0], pair)[1]

    def encode_question(self, question: str) -> Encoding:
        """Encode one question."""
        pair = (self._question_prompt, question)
        return self._run(self._tokenize([pair])[0], pair, self._question_forward, thin=False)

    def encode_passages(
        self, passages: Sequence[tuple[str, str]]
    ) -> Iterator[tuple[int, Encoding]]:
        """Encode (title, text) pairs, yielding each pair's place and encoding, in their order.

        The title is context for the text; a pair longer than the model's limit is cut at its end.
        """
        return self._encode([(self._before(title, text), text) for title, text in passages])

    def _before(self, title: str, text: str) -> str:
        context = "" if not title or text.startswith(title) else f"{title}\n"
        return self._passage_prompt + context

    def _tokenize(self, pairs: Sequence[tuple[str, str]]) -> list[Any]:
        return list(self._tokenizer.encode_batch([before + text for before, text in pairs]))

    def _kept(
        self, encoding: Any, pair: tuple[str, str], *, thin: bool = True
    ) -> tuple[Ints, Ints]:
        """Return the places and offsets of the tokens that count, of what comes before and text.

        `thin` leaves out repetitions where there are no stop words.
        """
        special = np.asarray(encoding.special_tokens_mask, bool)
        kept = np.flatnonzero(self._is_word[encoding.ids] & ~special).astype(np.int32)
        offsets = np.asarray(encoding.offsets, np.int32).reshape(-1, 2)
        kept = kept[~in_stop_words("".join(pair), offsets[kept])]
        if thin and written_in_characters(pair[1]):  # no stop words, and else over 8 kB a passage
            starts = [start for start, _ in sentence_spans(pair[1])]
            sentences = np.searchsorted(starts, offsets[kept, 0] - len(pair[0]), side="right")
            kept = kept[_least_repeated(np.asarray(encoding.ids)[kept], sentences)]
        return kept, offsets[kept] - len(pair[0])

    def _encode(self, pairs: Sequence[tuple[str, str]]) -> Iterator[tuple[int, Encoding]]:
        run = partial(self._run, forward=self._forward)
        for begin in range(0, len(pairs), _AT_ONCE):
            part = pairs[begin : begin + _AT_ONCE]
            yield from enumerate(self._workers.map(run, self._tokenize(part), part), begin)

    def _run(
        self,
        encoding: Any,
        pair: tuple[str, str],
        forward: Callable[[Ids], tuple[Floats, Floats]],
        *,
        thin: bool = True,
    ) -> Encoding:
        tokens, pooled = forward(np.array([encoding.ids], np.int64))
        kept, offsets = self._kept(encoding, pair, thin=thin)
        return Encoding(pooled=_unit(pooled[0]), tokens=_unit(tokens[0, kept]), offsets=offsets)


def _least_repeated(ids: Ids, sentences: Ids) -> Ids:
    """Return the places of the tokens less a quarter, the most repeated, none at its first place.

    Args:
        ids: (n,) the tokens.
        sentences: (n,) the sentence that each is in: repetitions are counted within it.
    """
    order = np.lexsort((ids, sentences))
    change = (np.diff(ids[order], prepend=-1) != 0) | (np.diff(sentences[order], prepend=-1) != 0)
    begins = np.flatnonzero(change)
    repetition = np.empty(len(ids), np.int64)
    repetition[order] = np.arange(len(ids)) - np.repeat(begins, np.diff(begins, append=len(ids)))
    most = max(-(-3 * len(ids) // 4), int((repetition == 0).sum()))
    return np.sort(np.argsort(repetition, kind="stable")[:most])


def _unit(vectors: Floats) -> Floats:
    norms = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.maximum(norms, 1e-12), np.float32)
