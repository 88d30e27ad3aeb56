"""Batch interfaces: the real SDKs against a local server of both protocols, the mock teacher behind it."""

import asyncio
import json
import time
import urllib.request
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import replace
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.core.errors import TeacherDown, UserMistake
from factory.core.records import digest
from factory.teachers.batch_api import (
    AnthropicBatches,
    BatchInterface,
    BatchRequest,
    BatchResult,
    OpenAIBatches,
    split_into_batches,
)
from tests.batch_server import BatchServer, serving_batches
from tests.mock import free_port, serving

NONCE = "0123456789ab"
OTHER = "ba9876543210"
KEY = "sk-ant-very-secret-0123"
VARIABLES = {OpenAIBatches: "OPENAI_API_KEY", AnthropicBatches: "ANTHROPIC_API_KEY"}
Kind = type[OpenAIBatches] | type[AnthropicBatches]
T = TypeVar("T")
both = pytest.mark.parametrize("kind", [OpenAIBatches, AnthropicBatches])


@pytest.fixture(scope="module")
def started() -> Iterator[BatchServer]:
    with serving() as mock, serving_batches(free_port(), mock.url) as server:
        yield server


@pytest.fixture
def server(started: BatchServer) -> BatchServer:
    started.reset()
    return started


def batches(kind: Kind, server: BatchServer, key: str = KEY) -> BatchInterface:
    return kind(key, server.url if kind is AnthropicBatches else f"{server.url}/v1")


def run(
    kind: Kind, server: BatchServer, ask: Callable[[BatchInterface], Awaitable[T]], key: str = KEY
) -> T:
    async def asking() -> T:
        interface = batches(kind, server, key)
        try:
            return await ask(interface)
        finally:
            await interface.close()

    return asyncio.run(asking())


def letter(number: int, **changes: object) -> BatchRequest:
    messages = [
        {"role": "user", "content": f"Tram 4 rests {number} minutes at Zürich Süd\u2028each night."}
    ]
    return BatchRequest(
        digest(number), {"model": "mock", "max_tokens": 100, "messages": messages} | changes
    )


def letters(count: int) -> list[BatchRequest]:
    return [letter(number) for number in range(count)]


async def ended(interface: BatchInterface, id: str) -> dict[str, BatchResult]:
    """By key, once the batch has ended; a key that comes twice fails."""
    while (standing := await interface.status(id)).state == "running":
        await asyncio.sleep(0.02)
    assert standing.state == "ended"
    found = [outcome async for outcome in interface.results(id)]
    assert len({outcome.key for outcome in found}) == len(found)
    return {outcome.key: outcome for outcome in found}


def round_trip(
    sent: list[BatchRequest],
) -> Callable[[BatchInterface], Awaitable[dict[str, BatchResult]]]:
    async def ask(interface: BatchInterface) -> dict[str, BatchResult]:
        return await ended(interface, await interface.submit(NONCE, sent))

    return ask


def online(kind: Kind, server: BatchServer, sent: BatchRequest) -> dict[str, object]:
    """The mock teacher's own reply to it."""
    headers = {"Idempotency-Key": sent.key, "Content-Type": "application/json"}
    path = "messages" if kind is AnthropicBatches else "chat/completions"
    request = urllib.request.Request(
        f"{server.upstream}/{path}", json.dumps(sent.body).encode(), headers
    )
    with urllib.request.urlopen(request) as reply:
        return dict(json.load(reply))


def content(reply: bytes) -> object:
    body = json.loads(reply)
    return body["content"] if "content" in body else body["choices"]


@both
def test_every_letter_of_a_batch_comes_back_once(kind: Kind, server: BatchServer) -> None:
    sent = letters(40)
    found = run(kind, server, round_trip(sent))
    assert list(found) != [
        one.key for one in sent
    ]  # no order is promised, and the server keeps none
    assert sorted(found) == sorted(one.key for one in sent)
    assert {(outcome.status, outcome.fault) for outcome in found.values()} == {(200, "")}
    stats = server.stats()
    assert (stats["batches"], stats["lines"], stats["billed_lines"]) == (1, 40, 40)
    assert stats["keys"] == {one.key: 1 for one in sent}


@both
def test_a_reply_of_a_batch_is_the_reply_online(kind: Kind, server: BatchServer) -> None:
    sent = letter(1)
    reply = run(kind, server, round_trip([sent]))[sent.key].body
    as_online = online(kind, server, sent)
    assert content(reply) == content(json.dumps(as_online).encode())
    assert json.loads(reply).keys() == as_online.keys()


@both
def test_a_batch_whose_create_got_no_reply_is_found_by_its_nonce(
    kind: Kind, server: BatchServer
) -> None:
    async def lost_and_found(interface: BatchInterface) -> tuple[str | None, str | None, list[str]]:
        since = time.time()
        others = [await interface.submit(OTHER, letters(2)) for _ in range(3)]
        server.config(lose_create=True)
        with pytest.raises(
            TeacherDown, match=r"127\.0\.0\.1:\d+ can't be reached, or sends no proper reply$"
        ):
            await interface.submit(NONCE, letters(5))
        for other in others:
            await ended(interface, other)
        found = await find_soon(interface, since, frozenset(others))
        assert len(await ended(interface, found)) == 5
        return await interface.find("f" * 12, since, frozenset()), found, others

    unknown, found, others = run(kind, server, lost_and_found)
    assert unknown is None
    assert found not in others
    assert server.stats()["batches"] == 4


async def find_soon(interface: BatchInterface, since: float, known: frozenset[str]) -> str:
    """Anthropic's nonce shows once the batch has ended."""
    for _ in range(200):
        try:
            found = await interface.find(NONCE, since, known)
        except TeacherDown:
            await asyncio.sleep(0.02)
        else:
            assert found
            return found
    raise AssertionError("it has not ended")


@both
def test_a_batch_is_found_behind_more_than_a_page_of_younger_ones(
    kind: Kind, server: BatchServer
) -> None:
    async def find(interface: BatchInterface) -> tuple[str, str | None]:
        ours = await interface.submit(NONCE, letters(1))
        younger = [await interface.submit(OTHER, letters(1)) for _ in range(101)]
        await ended(interface, ours)
        return ours, await interface.find(NONCE, time.time(), frozenset(younger))

    ours, found = run(kind, server, find)
    assert found == ours


def test_an_anthropic_batch_of_unknown_content_that_still_runs_is_not_taken_for_absent(
    server: BatchServer,
) -> None:
    async def find(interface: BatchInterface) -> str | None:
        server.config(hold_s=30)
        id = await interface.submit(OTHER, letters(1))
        assert await interface.find(NONCE, time.time(), frozenset({id})) is None
        assert (
            await interface.find(NONCE, time.time() + 3600, frozenset()) is None
        )  # it is older than the nonce
        return await interface.find(NONCE, time.time(), frozenset())

    with pytest.raises(
        TeacherDown,
        match=r"^at Anthropic a batch of unknown origin is still in progress \(id msgbatch_\w+\); run again when it has ended$",
    ):
        run(AnthropicBatches, server, find)


@both
def test_expired_and_errored_lines_say_so_with_the_status_they_would_have_had_online(
    kind: Kind, server: BatchServer
) -> None:
    server.config(expire=0.25, error=0.25, bad=0.25)
    found = run(kind, server, round_trip(letters(40)))
    assert len(found) == 40
    kinds = {(outcome.fault, outcome.status) for outcome in found.values()}
    assert kinds == {("", 200), ("expired", 503), ("errored", 500), ("errored", 400)}
    assert all("error" in json.loads(outcome.body) for outcome in found.values() if outcome.fault)
    assert server.stats()["billed_lines"] == sum(not outcome.fault for outcome in found.values())


@both
def test_outcomes_that_break_off_half_way_are_not_taken_for_all(
    kind: Kind, server: BatchServer
) -> None:
    async def ask(interface: BatchInterface) -> tuple[int, dict[str, BatchResult]]:
        id = await interface.submit(NONCE, letters(40))
        while (await interface.status(id)).state == "running":
            await asyncio.sleep(0.02)
        server.config(break_results=True)
        got: list[BatchResult] = []
        with pytest.raises(TeacherDown, match="or sends no proper reply$"):
            await append_each(got, interface.results(id))
        return len(got), await ended(interface, id)

    got, again = run(kind, server, ask)
    assert 0 < got < 40
    assert len(again) == 40


async def append_each(got: list[BatchResult], outcomes: AsyncIterator[BatchResult]) -> None:
    async for outcome in outcomes:
        got.append(outcome)


@both
def test_a_page_instead_of_a_reply_is_no_batch(kind: Kind, server: BatchServer) -> None:
    elsewhere = replace(server, at="/page")
    for ask in (
        lambda i: i.submit(NONCE, letters(1)),
        lambda i: i.status("batch_1"),
        lambda i: i.find(NONCE, 0, frozenset()),
    ):
        with pytest.raises(TeacherDown, match="or sends no proper reply$"):
            run(kind, elsewhere, ask)


@both
def test_a_cancelled_batch_has_ended_and_says_which_lines_never_ran(
    kind: Kind, server: BatchServer
) -> None:
    async def cancelled(interface: BatchInterface) -> dict[str, BatchResult]:
        server.config(hold_s=30)
        id = await interface.submit(NONCE, letters(3))
        path = "messages/batches" if kind is AnthropicBatches else "batches"
        headers = {
            "x-api-key": KEY,
            "anthropic-version": "2023-06-01",
            "Authorization": f"Bearer {KEY}",
        }
        with urllib.request.urlopen(
            urllib.request.Request(f"{server.url}/v1/{path}/{id}/cancel", b"{}", headers)
        ) as reply:
            reply.read()
        return await ended(interface, id)

    assert {
        (outcome.status, outcome.fault) for outcome in run(kind, server, cancelled).values()
    } == {(503, "canceled")}


@both
def test_a_batch_in_progress_is_running(kind: Kind, server: BatchServer) -> None:
    async def ask(interface: BatchInterface) -> tuple[str, int, int]:
        server.config(hold_s=30)
        id = await interface.submit(NONCE, letters(3))
        while not (
            standing := await interface.status(id)
        ).total:  # OpenAI counts the lines once it has validated them
            await asyncio.sleep(0.02)
        return standing.state, standing.done, standing.total

    assert run(kind, server, ask) == ("running", 0, 3)


def test_a_batch_that_openai_refuses_has_failed_with_its_words(server: BatchServer) -> None:
    async def ask(interface: BatchInterface) -> tuple[str, str]:
        server.config(most_lines=2)
        id = await interface.submit(NONCE, letters(3))
        while (standing := await interface.status(id)).state == "running":
            await asyncio.sleep(0.02)
        return standing.state, standing.reason

    reason = "The batch input file holds 3 requests, at most 2 are allowed. (too_many_tasks)"
    assert run(OpenAIBatches, server, ask) == ("failed", reason)
    assert server.stats()["billed_lines"] == 0


def test_the_line_that_openai_refuses_is_named(server: BatchServer) -> None:
    async def ask(interface: BatchInterface) -> str:
        id = await interface.submit(NONCE, [letter(1), letter(1)])
        while (standing := await interface.status(id)).state == "running":
            await asyncio.sleep(0.02)
        return standing.reason

    reason = f"The custom_id '{digest(1)}-{NONCE}' for this request is a duplicate of another request. (duplicate_custom_id, line 2)"
    assert run(OpenAIBatches, server, ask) == reason


def test_a_batch_that_anthropic_refuses_is_the_users_mistake_in_its_words(
    server: BatchServer,
) -> None:
    with pytest.raises(
        UserMistake,
        match=r"refused the call \(400: requests: custom_id must be unique within a batch: \w+-\w{12}\)$",
    ):
        run(
            AnthropicBatches,
            server,
            lambda interface: interface.submit(NONCE, [letter(1), letter(1)]),
        )


@both
def test_a_line_that_lacks_a_field_is_errored_and_the_others_are_answered(
    kind: Kind, server: BatchServer
) -> None:
    bad = letter(1)
    del bad.body["messages"]
    found = run(kind, server, round_trip([bad, letter(2)]))
    assert [(found[digest(n)].status, found[digest(n)].fault) for n in (1, 2)] == [
        (400, "errored"),
        (200, ""),
    ]


@both
def test_a_key_that_is_not_accepted_is_one_sentence_that_names_the_variable(
    kind: Kind, server: BatchServer
) -> None:
    with pytest.raises(UserMistake) as caught:
        run(kind, server, lambda interface: interface.submit(NONCE, letters(1)), key="wrong")
    name = "OpenAI" if kind is OpenAIBatches else "Anthropic"
    where = f"{name} at 127.0.0.1:{server.port}"
    assert (
        str(caught.value)
        == f"{where} does not accept the key in {VARIABLES[kind]} (401); set {VARIABLES[kind]} to a valid one"
    )
    assert (
        caught.value.__suppress_context__
    )  # the SDK's own words, which hold the key, stay out of a trace


@both
@pytest.mark.parametrize("key", ["", " \n", "sk-…", "sk-one\nsk-two"])
def test_a_key_that_can_not_be_sent_is_refused_before_any_call(kind: Kind, key: str) -> None:
    with pytest.raises(UserMistake, match=f"^{VARIABLES[kind]} holds no usable key") as caught:
        kind(key, None)
    assert "sk-" not in str(caught.value)


@both
def test_no_key_is_shown(kind: Kind) -> None:
    interface = kind(KEY, None)
    assert KEY not in repr(interface) + str(interface.__dict__)


@both
def test_a_provider_that_can_not_be_reached_is_down(kind: Kind, server: BatchServer) -> None:
    away = replace(server, port=free_port())
    with pytest.raises(TeacherDown, match="can't be reached"):
        run(kind, away, lambda interface: interface.submit(NONCE, letters(1)))
    with pytest.raises(TeacherDown, match="can't be reached"):
        run(kind, away, lambda interface: interface.status("batch_1"))


@both
def test_a_batch_that_the_provider_does_not_know_is_the_users_mistake(
    kind: Kind, server: BatchServer
) -> None:
    with pytest.raises(
        UserMistake, match=r"refused the call \(404: No batch found with id 'batch_1'\.\)$"
    ):
        run(kind, server, lambda interface: interface.status("batch_1"))


SIZES = st.lists(st.integers(0, 400), max_size=30)


@given(sizes=SIZES, most_lines=st.integers(1, 7), most_bytes=st.integers(700, 2500))
def test_parcels_keep_the_order_lose_nothing_and_stay_within_both_limits(
    sizes: list[int], most_lines: int, most_bytes: int
) -> None:
    sent = [BatchRequest(digest(n), {"text": "x" * size}) for n, size in enumerate(sizes)]
    found = list(split_into_batches(sent, most_lines, most_bytes))
    assert [one for parcel in found for one in parcel] == sent
    assert all(0 < len(parcel) <= most_lines for parcel in found)
    assert all(sum(as_sent(one) for one in parcel) <= most_bytes for parcel in found)


def as_sent(letter: BatchRequest) -> int:
    """Bytes of an OpenAI line, the longer of the two forms, with the line feed."""
    line = {
        "custom_id": f"{letter.key}-{NONCE}",
        "method": "POST",
        "url": "/v1/chat/completions",
        "body": letter.body,
    }
    return len(json.dumps(line, separators=(",", ":"))) + 1


def test_letters_are_split_at_the_number_of_lines() -> None:
    assert [len(parcel) for parcel in split_into_batches(letters(7), 3, 1_000_000)] == [3, 3, 1]


def test_letters_are_split_at_the_number_of_bytes() -> None:
    sent = [BatchRequest(digest(n), {"text": "x" * 1000}) for n in range(5)]
    assert [len(parcel) for parcel in split_into_batches(sent, 100, 2500)] == [2, 2, 1]


def test_a_letter_that_is_over_the_limit_alone_is_the_users_mistake() -> None:
    sent = [letter(1), BatchRequest("0123456789abcdef", {"text": "x" * 5000})]
    sentence = r"^request 0123456789abcdef has 5,\d{3} bytes, but a batch holds 2,000; set the recipe's chunks.tokens to less$"
    with pytest.raises(UserMistake, match=sentence):
        list(split_into_batches(sent, 100, 2000))
