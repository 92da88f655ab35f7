"""MCP through its official client, over HTTP and over stdio."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, StdioServerParameters
from page_server import HOST, serving

from qa import Assistant

pytestmark = pytest.mark.allow_hosts([HOST])

QUESTION = "How many smart city pilots are there in China?"
Use = Callable[[Client], Awaitable[Any]]


def over_http(assistant: Assistant, use: Use) -> Any:
    """Return what `use` does with a client of the server's ``/mcp``."""

    async def run(address: str) -> Any:
        async with Client(f"{address}/mcp") as client:
            return await use(client)

    with serving(assistant, examples=[]) as address:
        return asyncio.run(run(address))


def over_stdio(assistant: Assistant, use: Use) -> Any:
    """Return what `use` does with a client of ``citewise mcp``."""

    async def run() -> Any:
        server = StdioServerParameters(
            command=sys.executable, cwd=Path(__file__).parent.parent, env=dict(os.environ),
            args=["-m", "qa", "mcp", "--index", str(assistant.index.path)],
        )  # fmt: skip
        async with Client(server) as client:
            return await use(client)

    return asyncio.run(run())


WAYS = [over_http, pytest.param(over_stdio, marks=pytest.mark.slow)]
Way = Callable[[Assistant, Use], Any]


@pytest.mark.parametrize("way", WAYS)
def test_all_tools_answer_as_python_does(way: Way, assistant: Assistant) -> None:
    async def use(client: Client) -> dict[str, Any]:
        tools = (await client.list_tools()).tools
        answer = await client.call_tool("answer", {"question": QUESTION, "k": 2})
        citation = (answer.structured_content or {})["citations"][0]
        passage = await client.call_tool(
            "read_passage",
            {"doc_id": citation["doc_id"], "start": citation["start"], "end": citation["end"]},
        )
        follow_up = {"question": "And when?", "history": [QUESTION]}
        return {
            "tools": {tool.name: tool for tool in tools},
            "answer": answer.structured_content,
            "passage": passage.structured_content,
            "follow_up": (await client.call_tool("answer", follow_up)).structured_content,
            "search": (await client.call_tool("search", {"question": QUESTION, "k": 4})),
            "documents": (await client.call_tool("list_documents", {})).structured_content,
            "wrong": [
                await client.call_tool("answer", {"question": "  "}),
                await client.call_tool("answer", {"question": QUESTION, "k": 0}),
                await client.call_tool("read_passage", {"doc_id": "none"}),
                await client.call_tool(
                    "search", {"question": "a", "filters": {"after": "2020", "before": "2019"}}
                ),
            ],
        }

    got = way(assistant, use)
    assert set(got["tools"]) == {"answer", "search", "list_documents", "read_passage"}
    for tool in got["tools"].values():
        assert tool.description and "Args:" not in tool.description
        assert tool.output_schema
        for schema in tool.input_schema["properties"].values():
            assert schema["description"]
        assert tool.annotations.read_only_hint
    ours = assistant.ask(QUESTION, k=2)
    assert got["answer"]["citations"][0]["quote"] == ours.citations[0].quote
    assert got["answer"].keys() == ours.to_dict().keys()
    assert got["passage"]["text"] == ours.citations[0].quote
    understood = assistant.ask("And when?", history=[QUESTION]).rewritten
    assert got["follow_up"]["rewritten"] == understood
    hits = got["search"].structured_content["result"]
    found = assistant.index.search(QUESTION, k=4)
    assert [hit["start"] for hit in hits] == [hit.chunk.start for hit in found]
    assert len(got["documents"]["result"]) == len(assistant.index.summaries())
    assert all(result.is_error for result in got["wrong"])
    told = [result.content[0].text for result in got["wrong"]]
    assert "k" in told[1] and "'none'" in told[2] and "later than before" in told[3]


def test_a_long_passage_is_read_in_pieces(assistant: Assistant) -> None:
    longest = max(
        (assistant.index.document(s.doc_id) for s in assistant.index.summaries()),
        key=lambda document: len(document.text),
    )

    async def use(client: Client) -> list[Any]:
        asked: list[dict[str, Any]] = [
            {"doc_id": longest.doc_id}, {"doc_id": longest.doc_id, "start": 10, "end": 20},
            {"doc_id": longest.doc_id, "start": len(longest.text)},
        ]  # fmt: skip
        return [await client.call_tool("read_passage", arguments) for arguments in asked]

    whole, piece, beyond = over_http(assistant, use)
    assert whole.structured_content["text"] == longest.text[:20_000]
    assert whole.structured_content["length"] == len(longest.text)
    assert piece.structured_content["text"] == longest.text[10:20]
    assert beyond.is_error and str(len(longest.text)) in beyond.content[0].text


@pytest.mark.slow
def test_stdout_carries_nothing_but_the_protocol(index_path: Path) -> None:
    """Whatever the libraries print while the index opens, a line that is no JSON breaks clients."""
    import json

    lines = [
        {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
            "protocolVersion": "2025-06-18", "capabilities": {},
            "clientInfo": {"name": "test", "version": "1"}}},
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": {
            "name": "answer", "arguments": {"question": QUESTION}}},
    ]  # fmt: skip
    with subprocess.Popen(
        [sys.executable, "-m", "qa", "mcp", "--index", str(index_path), "--verbose"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdin is not None and process.stdout is not None
        replies = []
        for line in lines:
            process.stdin.write(json.dumps(line) + "\n")
            process.stdin.flush()
            if "id" in line:
                replies.append(json.loads(process.stdout.readline()))
        process.stdin.close()
        assert process.stdout.read() == ""
        assert process.wait(30) == 0
    assert [reply["id"] for reply in replies] == [1, 2]
    assert replies[1]["result"]["structuredContent"]["answered"]
