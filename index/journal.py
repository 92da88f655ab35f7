"""The journal of a build: what it has encoded and not published yet, so that a kill costs little.

It lies beside the staging folder and outlives it. Three files only ever grow: token codes, pooled
vectors, and one record a batch with the passages' content keys and a checksum over all the batch.
The token codes become a file of the generation by a hard link, so they are written once.
"""

import hashlib
import logging
import os
import shutil
import struct
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Self

import numpy as np
import numpy.typing as npt

from index.encoder import Floats
from index.tokens import Codes

BATCH = 64  # passages made durable at once: a second's work, a few milliseconds of flushing
KEY_BYTES = 16
_HEADER = struct.Struct("<4sI")  # mark, passages
_MARK = b"CWJ1"
_PARTS = ("codes", "vectors", "records")
_logger = logging.getLogger(__name__)


class Journal:
    """Encoded passages by content key; what `append` has returned from survives the process."""

    def __init__(self, files: Mapping[str, IO[bytes]], folder: Path, *, dimension: int) -> None:
        self.folder = folder
        self._files = files
        self._dimension = dimension
        self._rows: dict[bytes, int] = {}
        self._total = 0
        self._counts: list[npt.NDArray[np.uint32]] = []

    @classmethod
    def open(cls, folder: Path, *, identity: str, dimension: int, width: int) -> Self:
        """Continue the journal in a folder, or begin one.

        Args:
            folder: made if need be.
            identity: of everything that decides what a passage's encoding is; a journal of another
                identity is thrown away.
            dimension: of a pooled vector.
            width: bytes a token.

        Raises:
            OSError: the folder cannot be written.
        """
        folder.mkdir(exist_ok=True)
        names = {part: f"{identity}.{part}" for part in _PARTS}
        paths = [folder / name for name in names.values()]
        # subtle: codes with a second link belong to a generation that was published already
        whole = all(file.is_file() and not file.is_symlink() for file in paths)
        if not whole or paths[0].stat().st_nlink > 1:
            shutil.rmtree(folder)
            folder.mkdir()
        for file in folder.iterdir():
            if file.name not in names.values():
                file.unlink()
        files = {part: (folder / name).open("a+b") for part, name in names.items()}
        journal = cls(files, folder, dimension=dimension)
        journal._recover(width)
        return journal

    def _recover(self, width: int) -> None:
        """Read the batches up to the first one that is not whole, and cut off what follows it."""
        for file in self._files.values():
            file.seek(0)
        ends = dict.fromkeys(_PARTS, 0)
        for keys, counts in self._batches(width):
            self._remember(keys, counts)
            ends = {part: file.tell() for part, file in self._files.items()}
        for part, file in self._files.items():
            file.truncate(ends[part])
        if self._rows:
            _logger.info("%d passages are kept from a build that was cut short", len(self._rows))

    def _batches(self, width: int) -> Iterator[tuple[list[bytes], npt.NDArray[np.uint32]]]:
        while True:
            header = self._read("records", _HEADER.size)
            mark, count = _HEADER.unpack(header) if header else (b"", 0)
            keys = self._read("records", count * KEY_BYTES)
            lengths = self._read("records", count * 4)
            if mark != _MARK or not keys or not lengths:
                return
            counts = np.frombuffer(lengths, "<u4")
            proof = self._read("records", hashlib.sha256().digest_size)
            vectors = self._read("vectors", count * self._dimension * 4)
            codes = self._read("codes", int(counts.sum(dtype=np.int64)) * width)
            if _proof(keys, lengths, vectors, codes) != proof:
                return
            yield [keys[i : i + KEY_BYTES] for i in range(0, len(keys), KEY_BYTES)], counts

    def _read(self, part: str, size: int) -> bytes:
        """Return the next bytes of a file, none if there are fewer."""
        file = self._files[part]
        rest = os.fstat(file.fileno()).st_size - file.tell()
        return file.read(size) if size <= rest else b""

    def _remember(self, keys: Sequence[bytes], counts: npt.NDArray[np.uint32]) -> None:
        for row, key in enumerate(keys, start=self._total):
            self._rows[key] = row
        self._total += len(keys)
        self._counts.append(counts)

    def append(
        self, keys: Sequence[bytes], vectors: Sequence[Floats], codes: Sequence[Codes]
    ) -> None:
        """Write a batch of passages, durable when this returns.

        Args:
            keys: content keys that the journal does not hold, no two alike.
            vectors: the pooled vector (d,) of each.
            codes: the token codes (n, width) of each.

        Raises:
            OSError: the disk is full or cannot be written.
        """
        counts = np.array([len(one) for one in codes], "<u4")
        content = {
            "vectors": np.asarray(vectors, "<f4").tobytes(),
            "codes": b"".join(one.tobytes() for one in codes),
        }
        joined = b"".join(keys)
        proof = _proof(joined, counts.tobytes(), content["vectors"], content["codes"])
        header = _HEADER.pack(_MARK, len(keys))
        content["records"] = b"".join((header, joined, counts.tobytes(), proof))
        for part, data in content.items():
            file = self._files[part]
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        self._remember(keys, counts)

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, key: bytes) -> bool:
        return key in self._rows

    def row(self, key: bytes) -> int:
        """Return the row of a passage, in the order in which they were written."""
        return self._rows[key]

    @property
    def codes_file(self) -> Path:
        """The file of token codes, those of row 0 first."""
        return Path(self._files["codes"].name)

    def places(self) -> npt.NDArray[np.int64]:
        """Return the first token and the number of tokens (n, 2) of every row."""
        counts = np.concatenate([np.zeros(0, np.int64), *self._counts]).astype(np.int64)
        return np.stack([np.cumsum(counts) - counts, counts], axis=1)

    def vectors(self) -> Floats:
        """Return the pooled vectors (n, d) by row, read from the file as they are used."""
        if not self._total:
            return np.zeros((0, self._dimension), np.float32)
        shape = (self._total, self._dimension)
        return np.memmap(self._files["vectors"].name, "<f4", mode="r", shape=shape)

    def close(self) -> None:
        """Close the files and keep them."""
        for file in self._files.values():
            file.close()

    def remove(self) -> None:
        """Close and remove the files: what they hold is published."""
        self.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def _proof(keys: bytes, counts: bytes, vectors: bytes, codes: bytes) -> bytes:
    digest = hashlib.sha256()
    for part in (keys, counts, vectors, codes):
        digest.update(struct.pack("<Q", len(part)))
        digest.update(part)
    return digest.digest()
