"""What goes through REST and MCP: requests as models, results made from our dataclasses."""

import types
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, create_model

from index import Filters
from qa import Answer, Citation
from server.table import Entry

LONGEST_QUESTION = 2_000  # characters
LONGEST_HISTORY = 20  # earlier questions
MOST_QUOTES = 50
MOST_HITS = 100

_DATE = r"^[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?$"
Question = Annotated[
    str,  # the pattern: something that is neither white space nor a control character
    Field(min_length=1, max_length=LONGEST_QUESTION, pattern=r"[^\s\x00-\x1f\x85]"),
]


def _whole(value: object) -> object:
    """Take 3.0 for 3: to JSON they are one number."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


Count = Annotated[int, BeforeValidator(_whole)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class FilterChoice(_Strict):
    """Which documents are searched; every condition that is set must hold."""

    documents: list[Annotated[str, Field(min_length=1, max_length=1_000)]] = Field(
        default=[], max_length=1_000, description="Ids or sources; empty for any document."
    )
    folder: Annotated[str, Field(max_length=1_000)] | None = Field(
        default=None, description="A directory of the sources, its subfolders with it."
    )
    after: Annotated[str, Field(pattern=_DATE)] | None = Field(
        default=None, description="First date, inclusive: 2019, 2019-05 or 2019-05-20."
    )
    before: Annotated[str, Field(pattern=_DATE)] | None = Field(
        default=None, description="Last date, inclusive, not before `after`."
    )
    language: Annotated[str, Field(pattern="^[a-zA-Z]{2}$")] | None = Field(
        default=None, description="ISO 639-1 code, such as zh."
    )
    newest_first: bool = Field(
        default=False, description="Among what answers equally, the newest comes first."
    )

    def filters(self) -> Filters:
        """Return them as retrieval takes them.

        Raises:
            ValueError: `after` is later than `before`.
        """
        return Filters.from_dict(self.model_dump())


class AnswerRequest(_Strict):
    """A question, and how it is to be answered."""

    question: Question
    k: Count = Field(default=3, ge=1, le=MOST_QUOTES, description="Quotes at most.")
    filters: FilterChoice | None = None
    history: list[Question] = Field(
        default=[], max_length=LONGEST_HISTORY,
        description="Earlier questions of the conversation, oldest first.",
    )  # fmt: skip


class SearchRequest(_Strict):
    """A question, and how many passages to list."""

    question: Question
    k: Count = Field(default=10, ge=1, le=MOST_HITS, description="Passages at most.")
    filters: FilterChoice | None = None


class HitResult(BaseModel):
    """A passage found: ``text`` is characters ``start:end`` of its document."""

    score: float = Field(description="Higher is better, comparable within one question only.")
    source: str
    doc_id: str
    title: str
    date: str | None
    start: int
    end: int
    text: str


class Passage(BaseModel):
    """Characters ``start:end`` of a document, which is `length` characters long."""

    doc_id: str
    source: str
    title: str
    date: str | None
    start: int
    end: int
    length: int
    page: int | None
    text: str


class UnreadableFile(BaseModel):
    """A file that could not be read, and why."""

    source: str
    reason: str


class RemovalResult(BaseModel):
    """What removing a document did: `kept` where its file is the user's own and stays."""

    doc_id: str
    source: str
    kept: bool
    note: str


class JobResult(BaseModel):
    """How far a rebuild is: `done` of `total` files, passages or parts of its present stage."""

    id: str
    state: Literal["running", "done", "failed", "cancelled"]
    stage: str
    done: int
    total: int
    seconds: float
    problems: list[UnreadableFile]
    report: dict[str, int | float] | None
    error: str | None


def _model(dataclass: type[Any]) -> type[BaseModel]:
    """Return the pydantic model of one of our dataclasses, so that the two cannot part."""
    hints = get_type_hints(dataclass)
    shown = {f.name: (_translated(hints[f.name], dataclass), ...) for f in fields(dataclass)}
    made: Any = create_model(dataclass.__name__, __doc__=dataclass.__doc__, **shown)  # type: ignore[call-overload]
    made.model_rebuild(_types_namespace={dataclass.__name__: made})
    return made  # type: ignore[no-any-return]


def _translated(hint: Any, within: type[Any]) -> Any:
    """Return a type as JSON has it: dataclasses as their models, a class within itself by name."""
    if hint is within:
        return hint.__name__
    if isinstance(hint, type) and is_dataclass(hint):
        return _MODELS[hint.__name__]
    kind, parts = get_origin(hint), get_args(hint)
    if kind is Literal or not parts:
        return hint
    inner = [part if part is ... else _translated(part, within) for part in parts]
    if kind in (Union, types.UnionType):
        return Union[tuple(inner)]  # noqa: UP007
    if kind is tuple and inner[-1] is ...:
        return list[inner[0]]  # type: ignore[valid-type]
    return {Mapping: dict}.get(kind, kind)[*inner] if kind is not None else hint


_MODELS: dict[str, type[BaseModel]] = {}
for _dataclass in (Citation, Answer, Entry):
    _MODELS[_dataclass.__name__] = _model(_dataclass)
AnswerResult, EntryResult = _MODELS["Answer"], _MODELS["Entry"]
