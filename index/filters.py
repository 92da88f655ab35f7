"""Filters: which documents a question is put to. Applied inside retrieval, never to its results."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from index.catalog import Summary

_DATE = re.compile(r"\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What a document must be for its passages to be searched; every condition set must hold.

    Args:
        documents: ids or sources, of which a document has one; empty for any document.
        folder: directory of the source, subfolders with it; None or "" for any.
        after: first date, inclusive: ``2019``, ``2019-05`` or ``2019-05-20``.
        before: last date, inclusive, likewise.
        language: ISO 639-1 code, such as ``zh``.
        newest_first: among what answers equally, the newest comes first; leaves nothing out.

    A date less exact than another is taken for all its days: a document of ``2019`` is within
    ``after="2019-05"``. Undated documents are within no date, those of unknown language in none. A
    file that is a copy of another counts by its own source too.

    Raises:
        ValueError: a field is not of its kind, or `after` is later than `before`.
    """

    documents: tuple[str, ...] = ()
    folder: str | None = None
    after: str | None = None
    before: str | None = None
    language: str | None = None
    newest_first: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "documents", _documents(self.documents))
        object.__setattr__(self, "folder", _folder(_text("folder", self.folder)))
        object.__setattr__(self, "language", _language(_text("language", self.language)))
        after, before = _date("after", self.after), _date("before", self.before)
        if after and before and not _not_before(before, after):
            raise ValueError(f"after is {after}, later than before, {before}. Swap the two.")
        if not isinstance(self.newest_first, bool):
            raise ValueError(f"newest_first is {self.newest_first!r}; expected true or false.")

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Make filters of what `to_dict` gives; fields left out or null are not set.

        Raises:
            ValueError: a field is unknown or not of its kind.
        """
        if not isinstance(values, Mapping):
            raise ValueError(f"filters is {values!r}; expected an object of named fields.")
        known = [field.name for field in fields(cls)]
        if unknown := sorted(set(values) - set(known)):
            raise ValueError(f"There is no filter {unknown[0]!r}; expected {', '.join(known)}.")
        return cls(**{name: value for name, value in values.items() if value is not None})

    def to_dict(self) -> dict[str, Any]:
        """Return every field as a plain value, ready for JSON."""
        return asdict(self) | {"documents": list(self.documents)}

    @property
    def narrow(self) -> bool:
        """Whether any condition is set that can leave a document out."""
        return bool(self.documents or self.folder or self.after or self.before or self.language)

    def admit(self, document: "Summary") -> bool:
        """Return whether the passages of a document may be found."""
        sources = (document.source, *document.copies)
        if self.documents and not {document.doc_id, *sources} & {*self.documents}:
            return False
        if self.folder and not any(s.startswith(f"{self.folder}/") for s in sources):
            return False
        if self.after or self.before:
            date = newness(document.date)
            if not date or not _within(date, self.after, self.before):
                return False
        return self.language is None or document.language == self.language

    def describe(self, titles: Mapping[str, str] | None = None) -> str:
        """Return the conditions in words, "" where there is none.

        A single document is called by its title in `titles`, by id, else as it was chosen.
        """
        called = [(titles or {}).get(one, one) for one in self.documents]
        parts = [
            f"{len(called)} chosen documents" if len(called) > 1 else "",
            f"document {called[0]}" if len(called) == 1 else "",
            f"folder {self.folder}" if self.folder else "",
            f"from {self.after}" if self.after else "",
            f"until {self.before}" if self.before else "",
            f"language {self.language}" if self.language else "",
        ]
        return ", ".join(part for part in parts if part)


def folder_of(source: str) -> str:
    """Return the directory part of a source, "" at the top."""
    return source.replace("\\", "/").rpartition("/")[0]


def newness(date: str | None) -> str:
    """Return a document's date as a text that is greater the newer it is, "" for the undated."""
    stated = _DATE.match(date or "")
    return stated[0] if stated else ""


def _text(name: str, value: Any) -> str | None:
    if value is not None and not isinstance(value, str):
        raise ValueError(f"{name} is {value!r}; expected a text or nothing.")
    return value


def _documents(names: Any) -> tuple[str, ...]:
    """Return names given as a tuple or, from JSON, as a list; one name alone is a mistake."""
    if not isinstance(names, list | tuple) or not all(isinstance(n, str) and n for n in names):
        raise ValueError(f"documents is {names!r}; expected a list of ids or sources.")
    return tuple(names)


def _folder(name: str | None) -> str | None:
    """Return a folder as sources spell it, "" for the top."""
    if name is None:
        return None
    name = name.strip().replace("\\", "/").removeprefix("./").rstrip("/")
    return "" if name == "." else name


def _date(name: str, value: Any) -> str | None:
    if value is not None and not (isinstance(value, str) and _DATE.fullmatch(value)):
        raise ValueError(f"{name} is {value!r}; expected 2019, 2019-05 or 2019-05-20.")
    return value


def _language(code: str | None) -> str | None:
    if code is not None and not re.fullmatch("[A-Za-z]{2}", code):
        raise ValueError(f"language is {code!r}; expected two letters, such as en or zh.")
    return code and code.lower()


def _not_before(date: str, limit: str) -> bool:
    """Whether some day of a date lies on or after some day of a limit."""
    exact = min(len(date), len(limit))  # ISO dates compare as texts, as far as both are exact
    return date[:exact] >= limit[:exact]


def _within(date: str, after: str | None, before: str | None) -> bool:
    return (after is None or _not_before(date, after)) and (
        before is None or _not_before(before, date)
    )
