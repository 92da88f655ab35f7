"""REST against its own OpenAPI description: schemathesis makes the requests, good and bad.

``CITEWISE_EXAMPLES=1000 pytest tests/test_rest_schema.py -m ""`` looks longer than continuous
integration does.
"""

import os
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import Case, GenerationMode

from corpus import Document
from index import build_index
from server import Library
from server.api import make_api

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3_600)]
EXAMPLES = int(os.environ.get("CITEWISE_EXAMPLES", "30"))
OPERATIONS = [
    "POST /v1/answer", "POST /v1/search", "GET /v1/documents", "POST /v1/documents",
    "GET /v1/documents/{doc_id}", "DELETE /v1/documents/{doc_id}", "POST /v1/rebuilds",
    "GET /v1/rebuilds/{job_id}", "DELETE /v1/rebuilds/{job_id}", "GET /healthz", "GET /metrics",
]  # fmt: skip


@pytest.fixture(scope="module")
def operations(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """The operations that the description has, by name."""
    path = tmp_path_factory.mktemp("schema") / "index"
    document = Document.from_text("It rained in Aldmouth on 3 May 2019.", source="weather.txt")
    build_index([document], path).close()
    library = Library.open(path)
    schema = schemathesis.openapi.from_asgi("/openapi.json", make_api(library))
    yield {found.ok().label: found.ok() for found in schema.get_all_operations()}
    library.close()


def test_every_operation_is_described(operations: dict[str, Any]) -> None:
    assert sorted(operations) == sorted(OPERATIONS)


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize("name", OPERATIONS)
def test_every_request_is_answered_as_described(
    name: str, mode: GenerationMode, operations: dict[str, Any]
) -> None:
    operation = operations[name]
    if mode is GenerationMode.NEGATIVE and not (operation.body or operation.query):
        pytest.skip("there is nothing that could be wrong in such a request")

    @settings(
        max_examples=EXAMPLES, deadline=None, database=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case: Case) -> None:
        body = case.body if isinstance(case.body, dict) else {}
        filters = body.get("filters")
        if isinstance(filters, dict) and str(filters.get("after")) > str(filters.get("before")):
            return  # a 422 that the schema cannot describe
        if isinstance(case.body, bytes) and not case.body.strip():
            return  # another one: a file of white space
        case.call_and_validate()

    ask()
