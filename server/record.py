"""What a library remembers between runs beside its index: folders, files left out, problems."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from corpus import Problem, StoreError

_FILE = ".library.json"  # hidden, so that it is never taken for a document


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """`roots` are the user's own files and folders, absolute; `excluded` sources are left out.

    `problems` names the files that the last rebuild could not read.
    """

    roots: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read the record of a library folder; an empty one where there is none yet.

        Raises:
            StoreError: it is damaged.
        """
        path = folder / _FILE
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
            return cls(
                roots=tuple(map(str, values["roots"])),
                excluded=tuple(map(str, values["excluded"])),
                problems=tuple(Problem(**problem) for problem in values["problems"]),
            )
        except (FileNotFoundError, NotADirectoryError):
            return cls()
        except (OSError, ValueError, KeyError, TypeError) as exc:
            raise StoreError(
                f"{path} cannot be read ({type(exc).__name__}: {exc}); expected what Citewise "
                "wrote there. Delete it: documents that were left out come back."
            ) from exc

    def save(self, folder: Path) -> None:
        """Write the record, whole or not at all.

        Raises:
            StoreError: the folder cannot be written.
        """
        try:
            folder.mkdir(parents=True, exist_ok=True)
            new = folder / f"{_FILE}.new"
            new.write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")
            os.replace(new, folder / _FILE)
        except OSError as exc:
            raise StoreError(
                f"{folder} cannot be written ({exc.strerror or exc}); expected a folder for "
                "uploads and their record beside the index. Make it writable."
            ) from exc
