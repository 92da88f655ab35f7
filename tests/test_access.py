"""Who may come in: every door tried with no, wrong and right credentials, from other sites too."""

import base64
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from gradio_client import Client
from page_server import HOST, serving

from corpus import CitewiseError
from qa import Assistant
from server import Credentials, Names, Rules
from server.access import is_local, same_site
from server.limits import Rate

pytestmark = pytest.mark.allow_hosts([HOST])

LOGIN, KEY = "ann:se:cret é", "key-2b1f"
PLENTY = Rate(per_second=10_000, burst=10_000)
QUESTION = {"question": "How many smart city pilots are there in China?"}
CALL = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
MCP = {"Accept": "application/json, text/event-stream"}
# Every door: the page and its files, Gradio's API and queue, uploads of both kinds, REST, MCP.
DOORS = [
    ("GET", "/", {}),
    ("GET", "/config", {}),
    ("GET", "/gradio_api/info", {}),
    ("POST", "/gradio_api/call/answer", {"json": {"data": ["Why?", 3, []]}}),
    ("POST", "/gradio_api/run/answer", {"json": {"data": ["Why?", 3, []]}}),
    ("POST", "/gradio_api/queue/join", {"json": {"data": [], "fn_index": 0, "session_hash": "x"}}),
    ("GET", "/gradio_api/queue/data?session_hash=x", {}),
    ("POST", "/ask", {"json": QUESTION}),
    ("POST", "/gradio_api/component_server", {"json": {"component_id": 1, "fn_name": "look"}}),
    ("POST", "/gradio_api/upload", {"files": {"files": ("a.txt", b"text")}}),
    ("GET", "/gradio_api/file=pyproject.toml", {}),
    ("POST", "/login", {"data": {"username": "ann", "password": "x"}}),
    ("POST", "/v1/answer", {"json": QUESTION}),
    ("POST", "/v1/search", {"json": QUESTION}),
    ("GET", "/v1/documents", {}),
    ("POST", "/v1/documents?name=a.txt", {"content": b"text"}),
    ("DELETE", "/v1/documents/0000", {}),
    ("POST", "/v1/rebuilds", {}),
    ("GET", "/metrics", {}),
    ("GET", "/openapi.json", {}),
    ("POST", "/mcp", {"json": CALL, "headers": MCP}),
    ("GET", "/no/such/thing", {}),
]


def basic(login: str) -> dict[str, str]:
    return {"Authorization": f"Basic {base64.b64encode(login.encode()).decode()}"}


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


@pytest.fixture(scope="module")
def locked(assistant: Assistant) -> Iterator[str]:
    credentials = Credentials.of(auth=LOGIN, api_key=KEY)
    rules = Rules(credentials=credentials, rate=PLENTY, failures=PLENTY)
    with serving(assistant, examples=[], rules=rules) as address:
        yield address


@pytest.mark.parametrize(("method", "path", "sent"), DOORS, ids=lambda value: str(value)[:40])
def test_no_door_opens_without_credentials(
    locked: str, method: str, path: str, sent: dict[str, object]
) -> None:
    with httpx.Client(base_url=locked) as client:
        for offered in [
            {}, basic("ann:wrong"), basic("bob:se:cret é"), basic(":"),
            {"Authorization": "Basic =="}, {"Authorization": ""}, {"Authorization": "Bearer"},
            bearer("wrong"), bearer(LOGIN.partition(" ")[0]), {"X-API-Key": ""},
            {"X-API-Key": KEY[:-1]}, {"Cookie": "access-token=x"},
        ]:  # fmt: skip
            headers = {**dict(sent.get("headers", {})), **offered}  # type: ignore[call-overload]
            refused = client.request(method, path, **{**sent, "headers": headers})  # type: ignore[arg-type]
            assert refused.status_code == 401, offered
            assert refused.headers["www-authenticate"].startswith("Basic ")
            assert refused.headers["content-type"] == "application/problem+json"
            assert KEY not in refused.text and "cret" not in refused.text


@pytest.mark.parametrize(
    "offered", [basic(LOGIN), bearer(KEY), {"X-API-Key": KEY}, basic(f"anybody:{KEY}")]
)
def test_every_door_opens_with_them(locked: str, offered: dict[str, str]) -> None:
    with httpx.Client(base_url=locked, headers=offered, timeout=60) as client:
        assert client.get("/").status_code == 200
        assert client.post("/v1/answer", json=QUESTION).json()["answered"]
        assert client.post("/mcp", json=CALL, headers=MCP).status_code == 200
        assert client.get("/metrics").status_code == 200
        assert client.get("/gradio_api/info").status_code == 200


def test_gradios_own_client_needs_them_too(locked: str) -> None:
    with pytest.raises(Exception, match="credentials"):
        Client(locked, verbose=False, analytics_enabled=False)
    client = Client(locked, verbose=False, analytics_enabled=False, headers=bearer(KEY))
    assert client.predict(QUESTION["question"], api_name="/answer")["answered"]


def test_only_health_is_open_and_the_description_names_the_locks(locked: str) -> None:
    assert httpx.get(f"{locked}/healthz").status_code == 200
    for path in ("/healthz/", "//healthz", "/healthz/../metrics", "/HEALTHZ", "/healthz%2f..%2f"):
        assert httpx.get(f"{locked}{path}").status_code in {401, 404}, path
    described = httpx.get(f"{locked}/openapi.json", headers=bearer(KEY)).json()
    assert set(described["components"]["securitySchemes"]) == {"basic", "key"}
    assert described["paths"]["/v1/answer"]["post"]["security"]


def test_guessing_is_slowed_down(assistant: Assistant) -> None:
    credentials = Credentials.of(api_key=KEY)
    rules = Rules(credentials=credentials, failures=Rate(per_second=0.1, burst=3))
    with serving(assistant, examples=[], rules=rules) as address:
        tries = [httpx.get(f"{address}/metrics", headers=bearer(str(n))) for n in range(5)]
        assert [one.status_code for one in tries] == [401, 401, 401, 429, 429]
        assert int(tries[-1].headers["retry-after"]) <= 10
        assert httpx.get(f"{address}/healthz").status_code == 200


@pytest.fixture(scope="module")
def unlocked(assistant: Assistant) -> Iterator[str]:
    rules = Rules(names=Names.of("reports.example"), rate=PLENTY)
    with serving(assistant, examples=[], rules=rules) as address:
        yield address


@pytest.mark.parametrize(("method", "path", "sent"), DOORS[:15], ids=lambda value: str(value)[:40])
def test_pages_of_other_sites_are_refused_at_every_door(
    unlocked: str, method: str, path: str, sent: dict[str, object]
) -> None:
    port = unlocked.rpartition(":")[2]
    with httpx.Client(base_url=unlocked) as client:
        for origin in ("http://evil.example", "null", "http://127.0.0.1:1", "https://x@evil"):
            refused = client.request(method, path, **{**sent, "headers": {"Origin": origin}})  # type: ignore[arg-type]
            assert refused.status_code == 403, origin
        for host in ("evil.example", f"evil.example:{port}", "", "127.0.0.1.evil.example", "[::1"):
            refused = client.request(method, path, **{**sent, "headers": {"Host": host}})  # type: ignore[arg-type]
            assert refused.status_code in {400, 421}, host


def test_names_of_this_computer_and_those_given_are_answered(unlocked: str) -> None:
    port = unlocked.rpartition(":")[2]
    for host in ("localhost", "LOCALHOST.", "127.0.0.1", "[::1]", "192.0.2.7", "reports.example"):
        headers = {"Host": f"{host}:{port}", "Origin": f"http://{host}:{port}"}
        assert httpx.get(f"{unlocked}/healthz", headers=headers).status_code == 200, host


def test_hosts_and_origins_are_compared_as_a_whole() -> None:
    names = Names.of("a.example")
    assert names.include("a.example:80") and names.include("A.example.")
    assert not names.include("b.a.example") and not names.include("a.example.b")
    assert same_site("http://a.example:7860", "a.example:7860")
    assert not same_site("http://a.example", "a.example:7860")
    assert not same_site("null", "a.example")
    assert is_local("127.0.0.1") and is_local("::1") and is_local("localhost")
    assert not is_local("0.0.0.0") and not is_local("::") and not is_local("reports.example")


def test_secrets_come_from_files_too_and_are_never_shown(tmp_path: Path) -> None:
    (tmp_path / "auth").write_text("ann:secret\nnot this\n")
    credentials = Credentials.of(auth_file=tmp_path / "auth", api_key="topsecret")
    assert credentials == Credentials(login="ann:secret", key="topsecret")
    assert "secret" not in repr(credentials) and "secret" not in str(credentials)
    for wrong in (
        {"auth": "topsecret"}, {"auth": ":topsecret"}, {"auth": "topsecret:"}, {"api_key": "  "},
        {"auth": "a:topsecret", "auth_file": tmp_path / "auth"}, {"api_key_file": tmp_path / "no"},
    ):  # fmt: skip
        with pytest.raises(CitewiseError, match="xpected|Give one") as told:
            Credentials.of(**wrong)  # type: ignore[arg-type]
        assert "topsecret" not in str(told.value)


@pytest.mark.slow
def test_the_command_warns_when_others_may_come_in_and_shows_no_secret(index_path: Path) -> None:
    def served(*options: str, **variables: str) -> str:
        command = [sys.executable, "-m", "qa", "ui", "--index", str(index_path), "--port", "0"]
        with subprocess.Popen(
            [*command, *options], stderr=subprocess.PIPE, text=True, env=os.environ | variables
        ) as process:
            said = ""
            assert process.stderr is not None
            for line in process.stderr:
                said += line
                if "Citewise is at" in line:
                    break
            address = said.rpartition("Citewise is at ")[2].split(" ")[0].replace("0.0.0.0", HOST)
            status = httpx.get(f"{address}/metrics", timeout=30).status_code
            process.terminate()
            said += process.stderr.read()
        return f"{status} {said}"

    open_to_all = served("--host", "0.0.0.0")
    assert open_to_all.startswith("200") and "Warning" in open_to_all and "--auth" in open_to_all
    locked = served("--host", "0.0.0.0", CITEWISE_AUTH="ann:topsecret")
    assert locked.startswith("401") and "Warning" not in locked and "topsecret" not in locked
    assert "Warning" not in served("--api-key", "topsecret")
