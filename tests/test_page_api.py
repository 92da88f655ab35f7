"""The page's question function asked with gradio's own client, and the address it listens on."""

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError
from page_server import HOST, serving

import ui
from corpus import CitewiseError
from qa import Assistant

pytestmark = pytest.mark.allow_hosts([HOST])

QUESTION = "When was the Asia-Pacific Smart City Development Forum held in Shenzhen?"


@pytest.fixture(scope="module")
def address(assistant: Assistant) -> Iterator[str]:
    with serving(assistant) as address:
        yield address


@pytest.fixture(scope="module")
def client(address: str) -> Client:
    return Client(address, verbose=False, analytics_enabled=False)


def comparable(answer: object) -> object:
    """Return an answer as JSON holds it, without the times, which differ from run to run."""
    fields = json.loads(json.dumps(answer))
    return {name: value for name, value in fields.items() if name != "timings"}


def test_the_client_gets_the_answer_that_python_gets(client: Client, assistant: Assistant) -> None:
    answer = assistant.ask(QUESTION, k=2)
    assert answer.answered
    sent = client.predict(question=QUESTION, k=2, api_name="/answer")
    assert comparable(sent) == comparable(answer.to_dict())
    assert client.predict(QUESTION, api_name="/answer")["question"] == QUESTION
    for citation in sent["citations"]:
        text = assistant.index.document(citation["doc_id"]).text
        assert text[citation["start"] : citation["end"]] == citation["quote"]


def test_the_page_is_sent_the_passages_then_the_answer(address: str, assistant: Assistant) -> None:
    reply = httpx.post(f"{address}/ask", json={"question": QUESTION})
    passages, turn = map(json.loads, reply.text.splitlines())
    assert reply.headers["content-type"].startswith("application/x-ndjson")
    assert "cw-passages" in passages["html"]
    assert comparable(turn["answer"]) == comparable(assistant.ask(QUESTION).to_dict())
    assert (turn["joins"], turn["understood"]) == (True, QUESTION)
    assert set(turn["now"]) == {"generation", "map", "job"}


@pytest.mark.parametrize(
    ("sent", "said"),
    [({"question": " "}, "blank"), ({"question": "Who?", "filters": {"after": "soon"}}, "soon")],
)
def test_what_cannot_be_asked_is_told_in_its_turn(
    address: str, sent: dict[str, object], said: str
) -> None:
    (line,) = httpx.post(f"{address}/ask", json=sent).text.splitlines()
    turn = json.loads(line)
    assert not turn["joins"]
    assert said in turn["html"]


def test_a_body_that_is_no_question_is_refused(address: str) -> None:
    assert httpx.post(f"{address}/ask", json=["Who?"]).status_code == 422
    assert httpx.post(f"{address}/ask", content=b"{").status_code == 422


def test_earlier_questions_can_be_sent(client: Client, assistant: Assistant) -> None:
    sent = client.predict("Who hosted it?", 3, [QUESTION], api_name="/answer")
    assert comparable(sent) == comparable(
        assistant.ask("Who hosted it?", history=[QUESTION]).to_dict()
    )


def test_a_wrong_argument_comes_back_as_our_own_message(
    client: Client, assistant: Assistant
) -> None:
    with pytest.raises(ValueError, match="k") as ours:
        assistant.ask(QUESTION, k=0)
    with pytest.raises(AppError) as theirs:
        client.predict(QUESTION, 0, api_name="/answer")
    assert str(ours.value) in str(theirs.value)
    assert "Traceback" not in str(theirs.value)


def test_the_answer_is_the_only_endpoint_on_show(client: Client) -> None:
    shown = client.view_api(return_format="dict", print_info=False)
    assert list(shown["named_endpoints"]) == ["/answer"]
    assert shown["unnamed_endpoints"] == {}


def test_monitoring_docs_and_the_files_of_this_machine_are_not_served(address: str) -> None:
    here = Path(__file__).resolve()
    for path in ("/monitoring", "/monitoring/summary", "/docs",
                 f"/gradio_api/file={here}", "/gradio_api/file=pyproject.toml"):  # fmt: skip
        assert httpx.get(f"{address}{path}").status_code in {401, 403, 404}, path


def test_a_taken_port_is_one_clear_line_before_anything_is_opened(tmp_path: Path) -> None:
    with socket.create_server((HOST, 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(CitewiseError, match=rf"Port {port} .* taken .* --port {port + 1}"):
            ui.serve(index=tmp_path / "never-opened", host=HOST, port=port)


@pytest.mark.parametrize(
    ("host", "port", "message"),
    [
        (HOST, 70_000, "There is no port 70000"),
        (HOST, -1, "There is no port -1"),
        ("192.0.2.1", 7860, "192.0.2.1 cannot be listened on"),
    ],
)
def test_an_impossible_address_is_one_clear_line(
    tmp_path: Path, host: str, port: int, message: str
) -> None:
    with pytest.raises(CitewiseError, match=message + r".* Expected .* Use --host 127\.0\.0\.1"):
        ui.serve(index=tmp_path / "never-opened", host=host, port=port)


def test_the_file_names_itself_in_its_help() -> None:
    run = subprocess.run(
        [sys.executable, "ui.py", "--help"], cwd=Path(ui.__file__).parent, capture_output=True,
        text=True, check=True,
    )  # fmt: skip
    assert run.stdout.startswith("Usage: python ui.py [OPTIONS]")
