"""REST: the same answers as Python gives, typed errors for everything else."""

import json
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import httpx
import pytest
from page_server import HOST, serving

from corpus import Document
from index import build_index
from server import Library, Rules
from server.limits import Rate
from server.problems import KINDS
from server.uploads import MOST_BYTES

pytestmark = pytest.mark.allow_hosts([HOST])

QUESTION = "Who built the harbour?"


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """A library of the user's own two files."""
    top = tmp_path_factory.mktemp("rest")
    (top / "papers").mkdir()
    (top / "papers" / "harbour.txt").write_text(
        "The harbour of Aldmouth opened in 1887. It was built by Mara Quill, an engineer."
    )
    (top / "papers" / "market.txt").write_text("The market of Aldmouth is held on Fridays.")
    build_index(top / "papers", top / "index").close()
    library = Library.open(top / "index")
    yield library
    library.close()


@pytest.fixture(scope="module")
def client(library: Library) -> Iterator[httpx.Client]:
    rules = Rules(rate=Rate(per_second=10_000, burst=10_000))
    with (
        serving(library, examples=[], rules=rules) as address,
        httpx.Client(base_url=address, timeout=60) as client,
    ):
        yield client


def problem(response: httpx.Response, status: int) -> dict[str, Any]:
    """Return a problem, checked to be one as RFC 9457 has it."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    found: dict[str, Any] = response.json()
    assert found["status"] == status
    assert found["type"] == f"urn:citewise:problem:{KINDS[status][0]}"
    assert found["title"] == KINDS[status][1]
    assert found["detail"]
    return found


def test_an_answer_is_that_of_python_in_every_field(client: httpx.Client, library: Library) -> None:
    sent = client.post("/v1/answer", json={"question": "And who built it?", "k": 2,
                                           "history": ["When did the harbour open?"]})  # fmt: skip
    assert sent.status_code == 200
    ours = library.ask("And who built it?", k=2, history=["When did the harbour open?"]).to_dict()
    theirs = sent.json()
    for timed in (ours, theirs):
        timed.pop("timings")
        timed["confidence"] = round(timed["confidence"], 4)
    assert json.loads(json.dumps(ours)) == theirs
    document = library.assistant.index.document(theirs["citations"][0]["doc_id"])
    for citation in theirs["citations"]:
        assert document.text[citation["start"] : citation["end"]] == citation["quote"]


def test_filters_are_applied_and_search_gives_slices(
    client: httpx.Client, library: Library
) -> None:
    for filters, sources in [
        (None, {"harbour.txt", "market.txt"}),
        ({"documents": ["market.txt"]}, {"market.txt"}),
        ({"after": "1999"}, set()),
    ]:
        hits = client.post("/v1/search", json={"question": QUESTION, "filters": filters}).json()
        assert {hit["source"] for hit in hits} == sources
        for hit in hits:
            text = library.assistant.index.document(hit["doc_id"]).text
            assert text[hit["start"] : hit["end"]] == hit["text"]
    asked = {"question": QUESTION, "filters": {"after": "2020", "before": "2019"}}
    assert "later than before" in problem(client.post("/v1/answer", json=asked), 422)["detail"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"question": "  "}', 422),
        (b'{"question": ""}', 422),
        (b'{"question": "\\ud800"}', 422),
        (b'{"question": "\\u0000"}', 422),
        (b"{}", 422),
        (b"[]", 422),
        (b"null", 422),
        (b'{"question": 7}', 422),
        (b'{"question": "Who?", "k": 0}', 422),
        (b'{"question": "Who?", "k": true}', 422),
        (b'{"question": "Who?", "k": "3"}', 422),
        (b'{"question": "Who?", "k": 1e400}', 422),
        (b'{"question": "Who?", "kk": 3}', 422),
        (b'{"question": "Who?", "history": "Who?"}', 422),
        (b'{"question": "Who?", "filters": {"after": "soon"}}', 422),
        (b'{"question": "Who?", "filters": {"colour": "red"}}', 422),
        (b'{"question": "Who?"', 400),
        (b"\xff\xfe\x00", 400),
        (b"[" * 100_000, 400),
        (b'{"question": "' + b"x" * 2_001 + b'"}', 422),
        (b'{"question": "' + b"x" * 1_000_000 + b'"}', 413),
    ],
)
def test_what_is_no_question_is_a_typed_error(
    client: httpx.Client, body: bytes, status: int
) -> None:
    for path in ("/v1/answer", "/v1/search"):
        sent = client.post(path, content=body, headers={"Content-Type": "application/json"})
        found = problem(sent, status)
        assert "\\ud800" not in sent.text
        assert status != 422 or found["errors"]


@pytest.mark.parametrize(
    "question", ["a\0b?", "智慧城市在哪里？", "🏙️?", "e\u0301?", "\u202e?", "'); --"]
)
def test_odd_questions_are_answered_or_abstained(client: httpx.Client, question: str) -> None:
    sent = client.post("/v1/answer", json={"question": question})
    assert sent.status_code == 200
    assert sent.json()["question"] == question


def test_wrong_addresses_and_methods_are_typed_errors(client: httpx.Client) -> None:
    for path in ("/v1", "/v1/", "/v1/nothing", "/v1/answer/", "/healthz/x"):
        problem(client.get(path), 404)
    for method, path, allowed in [
        ("GET", "/v1/answer", "POST"), ("PUT", "/v1/documents", "GET, POST"),
        ("POST", "/healthz", "GET"), ("PATCH", "/v1/documents/x", "DELETE, GET"),
    ]:  # fmt: skip
        refused = client.request(method, path)
        problem(refused, 405)
        assert refused.headers["allow"] == allowed
    problem(client.get("/v1/documents/%00%ff"), 404)
    problem(client.get("/v1/rebuilds/none"), 404)


def test_a_document_is_uploaded_rebuilt_removed(client: httpx.Client) -> None:
    text = b"The lighthouse keeper of Aldmouth earns 40 crowns a month."
    made = client.post("/v1/documents", params={"name": "x/keeper.txt"}, content=text)
    assert made.status_code == 201
    assert (made.json()["source"], made.json()["state"]) == ("uploads/keeper.txt", "waiting")
    assert client.get(made.headers["location"]).json() == made.json()
    twice = client.post("/v1/documents", params={"name": "keeper.txt"}, content=text)
    assert "nothing was overwritten" in problem(twice, 409)["detail"]
    kind = client.post("/v1/documents", params={"name": "a.exe"}, content=text)
    assert ".pdf" in problem(kind, 422)["detail"]
    problem(client.post("/v1/documents", content=text), 422)
    problem(client.post("/v1/documents", params={"name": "empty.txt"}, content=b""), 422)
    began = client.post("/v1/rebuilds")
    assert began.status_code == 202
    job = began.headers["location"]
    problem(client.post("/v1/rebuilds"), 409)
    while (seen := client.get(job).json())["state"] == "running":
        assert client.post("/v1/answer", json={"question": QUESTION}).json()["answered"]
        time.sleep(0.2)
    assert seen["state"] == "done", seen["error"]
    assert seen["report"]["documents"] == 3
    asked = {"question": "What does the lighthouse keeper earn?"}
    assert client.post("/v1/answer", json=asked).json()["citations"][0]["start"] == 0
    rows = client.get("/v1/documents").json()["documents"]
    assert [row["state"] for row in rows] == ["indexed"] * 3
    removed = client.delete(f"/v1/documents/{rows[2]['doc_id']}")
    assert removed.json()["kept"] is False
    problem(client.delete("/v1/documents/0000000000000000"), 404)


def test_a_rebuild_can_be_cancelled(client: httpx.Client) -> None:
    job = client.post("/v1/rebuilds").headers["location"]
    assert client.delete(job).json()["state"] == "cancelled"
    assert client.get(job).json()["state"] == "cancelled"


def test_bodies_too_large_are_refused_with_or_without_a_length(client: httpx.Client) -> None:
    def body() -> Iterator[bytes]:
        for _ in range(20):
            yield b"x" * 100_000

    problem(client.post("/v1/answer", content=b"".join(body())), 413)
    problem(client.post("/v1/answer", content=body()), 413)
    problem(client.post("/gradio_api/upload", content=body()), 413)
    connection = HTTPConnection(client.base_url.host, client.base_url.port or 80)
    connection.putrequest("POST", "/v1/documents?name=a.txt")
    connection.putheader("Content-Length", str(MOST_BYTES + 1))
    connection.endheaders()
    assert connection.getresponse().status == 413  # before a byte of it was sent
    connection.close()


def test_the_state_is_told_to_people_and_to_prometheus(client: httpx.Client) -> None:
    assert client.get("/healthz").json()["status"] == "ok"
    client.post("/v1/answer", json={"question": QUESTION})
    metrics = client.get("/metrics")
    assert metrics.headers["content-type"].startswith("text/plain")
    figures = dict(
        line.rsplit(" ", 1) for line in metrics.text.splitlines() if not line.startswith("#")
    )
    assert float(figures['citewise_answers_total{outcome="answered"}']) >= 1
    assert float(figures["citewise_passages"]) >= 2
    assert 'citewise_requests_total{door="rest",method="POST",status="200"}' in figures
    assert QUESTION not in metrics.text


def test_too_many_requests_are_held_back(library: Library) -> None:
    rules = Rules(rate=Rate(per_second=0.5, burst=3))
    with (
        serving(library, examples=[], rules=rules) as address,
        httpx.Client(base_url=address) as client,
    ):
        for _ in range(3):
            assert client.get("/v1/documents").status_code == 200
        refused = client.get("/v1/documents")
        problem(refused, 429)
        assert 1 <= int(refused.headers["retry-after"]) <= 2
        assert client.get("/healthz").status_code == 200


def test_a_bucket_fills_again_and_belongs_to_one_client() -> None:
    now = 0.0
    rate = Rate(per_second=2, burst=2, clock=lambda: now)
    assert [rate.wait("a"), rate.wait("a"), rate.wait("a"), rate.wait("b")] == [0, 0, 1, 0]
    now = 0.5
    assert [rate.spent("a"), rate.wait("a"), rate.spent("a")] == [0, 0, 1]
    now = 100.0
    assert [rate.wait("a"), rate.wait("a"), rate.wait("a")] == [0, 0, 1]


def test_too_many_waiting_questions_are_told_to_come_again(
    client: httpx.Client, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    from server.turns import Turns

    monkeypatch.setattr(library, "_turns", Turns(at_once=0, waiting=0))
    busy = client.post("/v1/answer", json={"question": QUESTION})
    assert "Ask again" in problem(busy, 503)["detail"]
    assert busy.headers["retry-after"]


def test_an_index_folder_of_documents_only_serves_too(tmp_path: Path) -> None:
    document = Document.from_text("It rained in Aldmouth.", source="weather")
    build_index([document], tmp_path / "index").close()
    library = Library.open(tmp_path / "index")
    with serving(library, examples=[]) as address:
        rows = httpx.get(f"{address}/v1/documents").json()["documents"]
    library.close()
    assert [(row["source"], row["state"]) for row in rows] == [("weather", "indexed")]
