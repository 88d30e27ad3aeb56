"""What strange and hostile servers answer in place of a batch. No key goes to another server, and nothing ends in a traceback."""

import asyncio
import json
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from factory.core.errors import DocstillError, TeacherDown, UserMistake
from factory.teachers.batch_api import (
    AnthropicBatches,
    BatchInterface,
    BatchRequest,
    BatchResult,
    BatchStatus,
    OpenAIBatches,
)
from tests.raw_server import MockTeacher, always, answering, http

KEY = "sk-planted-0123456789abcdef"
LETTER = BatchRequest("a" * 64, {"model": "m", "messages": []})
MESSAGE = {
    "id": "m",
    "type": "message",
    "role": "assistant",
    "content": [],
    "usage": {"input_tokens": 1, "output_tokens": 1},
}


@contextmanager
def telling(batch: object, lines: bytes = b"", created: object = None) -> Iterator[MockTeacher]:
    """A server of both protocols: a batch is `created`, then stands as `batch`, and its results are `lines`."""

    def script(_: int, to: socket.socket) -> None:
        head = server.requests[-1][0]
        if re.search(r"/(content|results) HTTP", head):
            return to.sendall(http(lines))
        if head.startswith("POST"):
            return to.sendall(
                http(
                    json.dumps(
                        {"id": "one"} if created is None or "/files" in head else created
                    ).encode()
                )
            )
        return to.sendall(batch if isinstance(batch, bytes) else http(json.dumps(batch).encode()))

    with answering(script) as server:
        yield server


def asked(interface: BatchInterface) -> tuple[BatchStatus, list[BatchResult]]:
    async def all_() -> tuple[BatchStatus, list[BatchResult]]:
        try:
            id = await interface.submit("nonce", [LETTER])
            return await interface.status(id), [one async for one in interface.results(id)]
        finally:
            await interface.close()

    return asyncio.run(all_())


def openai_batch(**changes: object) -> dict[str, object]:
    counts = {"total": 1, "completed": 1, "failed": 0}
    return {
        "id": "one",
        "status": "completed",
        "output_file_id": "out",
        "error_file_id": None,
        "request_counts": counts,
        **changes,
    }


def anthropic_batch(results: object, **changes: object) -> dict[str, object]:
    counts = {"processing": 0, "succeeded": 1, "errored": 0, "canceled": 0, "expired": 0}
    return {
        "id": "one",
        "processing_status": "ended",
        "results_url": results,
        "request_counts": counts,
        **changes,
    }


def results_of(server: MockTeacher) -> str:
    return f"{server.url}/messages/batches/one/results"


def test_the_key_is_not_sent_to_another_server_that_a_batch_names() -> None:
    with (
        answering(always(http(b"{}"))) as thief,
        telling(anthropic_batch(results_of(thief))) as server,
        pytest.raises(TeacherDown, match="another server; no key is sent there"),
    ):
        asked(AnthropicBatches(KEY, server.url.removesuffix("/v1")))
    assert thief.requests == []


@pytest.mark.parametrize("kind", [OpenAIBatches, AnthropicBatches])
def test_a_redirect_is_not_followed(kind: type[OpenAIBatches] | type[AnthropicBatches]) -> None:
    with answering(always(http(b"{}"))) as other:
        moved = http(b"", f"location: {other.url}/x", status="307 X")
        with (
            answering(always(moved)) as server,
            pytest.raises(UserMistake, match="answered 307: the address has moved"),
        ):
            asked(kind(KEY, server.url))
    assert other.requests == []


@pytest.mark.parametrize(
    "batch",
    [
        None,
        [],
        "done",
        7,
        openai_batch(request_counts={"total": -5, "completed": "many"}),
        openai_batch(request_counts=[1, 2]),
        openai_batch(status="failed", errors="it failed"),
        openai_batch(status="failed", errors={"data": ["it failed", 7]}),
        openai_batch(output_file_id=["out"]),
        openai_batch(output_file_id="../../x"),
        http(b"[" * 100_000),
    ],
    ids=lambda one: str(one)[:40],
)
def test_a_batch_of_another_shape_at_openai_is_one_sentence(batch: object) -> None:
    with telling(batch) as server, pytest.raises(TeacherDown, match="not of its batch interface"):
        asked(OpenAIBatches(KEY, server.url))


@pytest.mark.parametrize("id", [None, 5, "", "../../files/x", "one\n"])
def test_a_name_that_can_not_stand_in_an_address_is_no_batch(id: object) -> None:
    with (
        telling(openai_batch(), created={"id": id}) as server,
        pytest.raises(TeacherDown, match="not of its batch interface"),
    ):
        asked(OpenAIBatches(KEY, server.url))


@pytest.mark.parametrize(
    ("results", "changes"),
    [
        (7, {}),
        ("http://[::1", {}),
        ("file:///etc/passwd", {}),
        ("http://h/x", {"request_counts": None}),
        ("http://h/x", {"request_counts": {"processing": "x"}}),
    ],
)
def test_a_batch_of_another_shape_at_anthropic_is_one_sentence(
    results: object, changes: dict[str, Any]
) -> None:
    with (
        telling(anthropic_batch(results, **changes)) as server,
        pytest.raises(DocstillError, match="^Anthropic at"),
    ):
        asked(AnthropicBatches(KEY, server.url.removesuffix("/v1")))


def test_the_words_on_a_failed_batch_hold_no_key_and_no_control_characters() -> None:
    errors = {"data": [{"message": f"bad {KEY}\n\x1b[31mred", "code": "x", "line": None}]}
    with telling(
        openai_batch(status="failed", output_file_id=None, request_counts=None, errors=errors)
    ) as server:
        standing, _ = asked(OpenAIBatches(KEY, server.url))
    assert standing.reason == "bad [key] [31mred (x)"


@pytest.mark.parametrize(
    "rest",
    [
        '"response": {"status_code": "OK"}}',
        '"response": null, "error": "expired"}',
        f'"response": {{"status_code": 200, "body": {"[" * 100_000}',
        f'"response": {{"status_code": 200, "body": {{"id": {"9" * 20_000}}}}}}}',
        '"response": {"status_code": 200, "bo',
    ],
    ids=lambda one: one[:40],
)
def test_a_line_that_can_not_be_read_is_an_unusable_reply_and_the_others_are_read(
    rest: str,
) -> None:
    good = {"custom_id": f"{'b' * 64}-nonce", "response": {"status_code": 200, "body": {"x": 1}}}
    lines = f'\ufeff{{"custom_id": "{LETTER.key}-nonce", {rest}\n{json.dumps(good)}\n'
    with telling(openai_batch(), lines.encode()) as server:
        _, found = asked(OpenAIBatches(KEY, server.url))
    assert found == [BatchResult(LETTER.key, 200, b"null"), BatchResult("b" * 64, 200, b'{"x":1}')]


@pytest.mark.parametrize(
    ("result", "returned"),
    [
        ({"type": "errored", "error": None}, (500, "errored")),
        (
            {"type": "errored", "error": {"type": "overloaded_error", "message": "x"}},
            (500, "errored"),
        ),
        ({"type": "exploded"}, (200, "")),
        (None, (200, "")),
        ("ok", (200, "")),
        ({"type": "succeeded", "message": None}, (200, "")),
        ({"type": "succeeded", "message": "hi"}, (200, "")),
    ],
)
def test_a_result_of_another_shape_is_that_of_its_own_request_alone(
    result: object, returned: tuple[int, str]
) -> None:
    good = {"custom_id": f"{'b' * 64}-nonce", "result": {"type": "succeeded", "message": MESSAGE}}
    lines = "\n".join(
        json.dumps(one) for one in ({"custom_id": f"{LETTER.key}-nonce", "result": result}, good)
    )
    found = _results(lines.encode())
    assert [(one.status, one.fault) for one in found] == [returned, (200, "")]


def _results(lines: bytes) -> list[BatchResult]:
    def script(_: int, to: socket.socket) -> None:
        head = server.requests[-1][0]
        if "/results HTTP" in head:
            return to.sendall(http(lines))
        return to.sendall(http(json.dumps(anthropic_batch(results_of(server))).encode()))

    with answering(script) as server:
        return asked(AnthropicBatches(KEY, server.url.removesuffix("/v1")))[1]
