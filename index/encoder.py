"""The encoder: text in, one pooled vector and one vector a token out, in a single forward pass.

It runs the files that ``index/export.py`` wrote on ONNX Runtime; it knows nothing of documents.
"""

import copy
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from corpus.errors import ModelError
from index.export import export_encoder, open_session

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int32]
BATCH_TOKENS = 4096  # padded tokens a batch: 4,096 keeps two cores busy and the memory small


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoding:
    """One text as the model sees it.

    `pooled` is a unit vector (d,), `tokens` unit vectors (n, d) of the n word tokens (no special
    tokens, no punctuation, which costs space and gains nothing), `offsets` their (start,
    end) characters (n, 2), counted from the start of the text, negative for tokens before it.
    """

    pooled: Floats
    tokens: Floats
    offsets: Ints


class Encoder:
    """A sentence-transformers model on ONNX Runtime."""

    def __init__(self, folder: Path, description: dict[str, Any]) -> None:
        self.folder = folder
        self.model: str = description["model"]
        self.checksum: str = description["checksum"]
        self.dimension: int = description["dimension"]
        self._inputs: list[str] = description["inputs"]
        self._max_tokens: int = description["max_tokens"]
        self._question_prompt: str = description["question_prompt"]
        self._passage_prompt: str = description["passage_prompt"]

    @classmethod
    def load(cls, model: str | Path | None = None) -> Self:
        """Load a model by name or folder, None for the bundled one; exported on first use.

        Raises:
            ModelError: the model is missing, altered or cannot be exported.
        """
        return cls.open(export_encoder(model))

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
    def _session(self) -> Any:
        return open_session(self.folder / "model.onnx")

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

    def words(self) -> list[str]:
        """Return the vocabulary's whole words in the order of their ids."""
        names = sorted(self._counter.get_vocab().items(), key=lambda item: item[1])
        return [name for name, _ in names if any(map(str.isalnum, name)) and name[0] not in "#[<"]

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
        (encoding,) = self._tokenize([(self._before(title, text), text)])
        return self._kept(encoding, len(self._before(title, text)))[1]

    def encode_question(self, question: str) -> Encoding:
        """Encode one question."""
        return next(self._encode([(self._question_prompt, question)]))[1]

    def encode_passages(
        self, passages: Sequence[tuple[str, str]]
    ) -> Iterator[tuple[int, Encoding]]:
        """Encode (title, text) pairs, yielding each pair's place and encoding, shortest first.

        The title is context for the text; a pair longer than the model's limit is cut at its end.
        """
        return self._encode([(self._before(title, text), text) for title, text in passages])

    def _before(self, title: str, text: str) -> str:
        context = "" if not title or text.startswith(title) else f"{title}\n"
        return self._passage_prompt + context

    def _tokenize(self, pairs: Sequence[tuple[str, str]]) -> list[Any]:
        return list(self._tokenizer.encode_batch([before + text for before, text in pairs]))

    def _kept(self, encoding: Any, before: int) -> tuple[Ints, Ints]:
        """Return the places and offsets of the tokens that count."""
        special = np.asarray(encoding.special_tokens_mask, bool)
        kept = np.flatnonzero(self._is_word[encoding.ids] & ~special).astype(np.int32)
        offsets = np.asarray(encoding.offsets, np.int32).reshape(-1, 2)
        return kept, offsets[kept] - before

    def _encode(self, pairs: Sequence[tuple[str, str]]) -> Iterator[tuple[int, Encoding]]:
        encodings = self._tokenize(pairs)
        for batch in _batches([len(encoding.ids) for encoding in encodings]):
            longest = max(len(encodings[i].ids) for i in batch)
            feed = {name: np.zeros((len(batch), longest), np.int64) for name in self._inputs}
            for row, i in enumerate(batch):
                feed["input_ids"][row, : len(encodings[i].ids)] = encodings[i].ids
                feed["attention_mask"][row, : len(encodings[i].ids)] = 1
            tokens, pooled = self._session.run(["tokens", "pooled"], feed)
            for row, i in enumerate(batch):
                kept, offsets = self._kept(encodings[i], len(pairs[i][0]))
                yield (
                    i,
                    Encoding(
                        pooled=_unit(pooled[row]), tokens=_unit(tokens[row, kept]), offsets=offsets
                    ),
                )


def _unit(vectors: Floats) -> Floats:
    norms = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.maximum(norms, 1e-12), np.float32)


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Yield places grouped by length, shortest first, at most `BATCH_TOKENS` when padded."""
    batch: list[int] = []
    for i in sorted(range(len(lengths)), key=lambda i: lengths[i]):
        if batch and (len(batch) + 1) * lengths[i] > BATCH_TOKENS:
            yield batch
            batch = []
        batch.append(i)
    if batch:
        yield batch
