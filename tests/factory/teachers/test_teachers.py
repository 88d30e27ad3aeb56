"""What each provider is sent, and what its replies, refusals and faults mean."""

import asyncio
import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from factory.calls.accounting import Accounting
from factory.calls.client import OnlineClient
from factory.calls.ledger import Spending
from factory.calls.prices import Price
from factory.core.errors import TeacherDown, TeacherFailed, Unusable, UserMistake
from factory.core.settings import TeacherSettings
from factory.tasks.qa import Quoted, Several, examples_shape
from factory.teachers import Plain, Request, request_key
from factory.teachers.anthropic_messages import AnthropicDialect
from factory.teachers.build import teacher_of
from factory.teachers.error_replies import error_of_reply
from factory.teachers.http import HTTPReply, proxy_of
from factory.teachers.openai_chat import OpenAIDialect, strict_schema
from factory.teachers.remote import RemoteTeacher, tokens_at_most
from tests.fakes import ask, opened
from tests.mock import MockServer, serving

KEY = "sk-planted-0123456789abcdef"
CHUNK = (
    "Crews of the Marrow depot on the river wash 14 trams every night before the first departure."
)
ASKED = Request(
    "You answer.",
    f'Excerpt:\n\n{CHUNK}\n\nQuestion: how many {{braces}} "quoted" @rest@?',
    Quoted,
    prefix=11 + len(CHUNK),
)
NO_HEADERS: Mapping[str, str] = {}


@pytest.fixture(scope="module")
def mock() -> Iterator[MockServer]:
    with serving("--facts") as server:
        yield server


def teacher(model: str, base_url: str | None = None, **more: object) -> RemoteTeacher:
    found = teacher_of(
        TeacherSettings.model_validate({"name": "t", "model": model, "base_url": base_url, **more}),
        Path(),
        lambda _: None,
    )
    assert isinstance(found, RemoteTeacher)
    return found


def body(
    model: str, request: Request = ASKED, base_url: str | None = None, **more: object
) -> dict[str, Any]:
    return dict(json.loads(teacher(model, base_url, **more).dialect.body(request) + "}"))


def sent(to: RemoteTeacher, request: Request = ASKED) -> object:
    async def once() -> object:
        try:
            return (await to.send(request, "0123456789abcdef")).value
        except TeacherFailed as error:
            return type(error), error.kind
        finally:
            await to.close()

    return asyncio.run(once())


@pytest.mark.parametrize(
    "model",
    [
        "compatible/mock",
        "openai/gpt-5-mini",
        "anthropic/claude-haiku-4-5",
        "anthropic/claude-3-opus-latest",
    ],
)
def test_every_provider_answers_with_a_value_of_the_shape(mock: MockServer, model: str) -> None:
    found = sent(teacher(model, mock.url))
    assert isinstance(found, Quoted)
    assert found.quotes == [CHUNK]


@pytest.mark.parametrize("structured", ["schema", "tools"])
def test_a_compatible_server_is_asked_as_the_recipe_says(mock: MockServer, structured: str) -> None:
    assert isinstance(sent(teacher("compatible/mock", mock.url, structured=structured)), Quoted)


def test_a_server_without_json_schemas_is_told_the_shape_in_words() -> None:
    found = body("compatible/old", base_url="http://127.0.0.1:9/v1", structured="text")
    assert ("response_format" in found, "json_schema" in json.dumps(found["messages"])) == (
        False,
        True,
    )


def test_a_server_that_refuses_schemas_is_asked_in_words_from_then_on() -> None:
    chat = OpenAIDialect("old", "http://127.0.0.1:9/v1", {})
    assert "response_format" in chat.body(ASKED)
    assert (
        chat.learn(400, "response_format json_schema is not supported"),
        chat.learn(400, "response_format again"),
    ) == (True, False)
    assert "response_format" not in chat.body(ASKED)


def test_documents_stand_in_a_request_as_they_are() -> None:
    assert body("compatible/m", base_url="http://127.0.0.1:9/v1")["messages"] == [
        {"role": "system", "content": ASKED.system},
        {"role": "user", "content": ASKED.user},
    ]


def test_openai_is_asked_with_a_strict_schema() -> None:
    found = body("openai/gpt-4.1-mini")["response_format"]["json_schema"]
    assert (
        found["strict"],
        found["schema"]["required"],
        found["schema"]["additionalProperties"],
    ) == (True, ["answer", "quotes"], False)


def test_a_strict_schema_keeps_fields_that_are_named_like_keywords() -> None:
    assert "minItems" in json.dumps(strict_schema(examples_shape(3)))
    assert "title" not in json.dumps(strict_schema(Several))


def test_sampling_is_sent_only_if_the_recipe_sets_it() -> None:
    plain, warm = body("openai/gpt-4.1-mini"), body("openai/gpt-4.1-mini", temperature=0.5)
    assert ("temperature" in plain, warm["temperature"]) == (False, 0.5)


def test_a_reasoning_model_has_room_to_think() -> None:
    plain, thinking = body("openai/gpt-4.1-mini"), body("openai/gpt-5-mini", reasoning="low")
    assert (
        plain["max_completion_tokens"],
        thinking["max_completion_tokens"],
        thinking["reasoning_effort"],
    ) == (1024, 1024 + 2048, "low")


@pytest.mark.parametrize(
    ("model", "thinking"),
    [
        ("claude-haiku-4-5", {"type": "enabled", "budget_tokens": 2048}),
        ("claude-opus-4-7", {"type": "adaptive"}),
    ],
)
def test_claude_thinks_as_its_family_does_and_is_never_forced_to_a_tool_then(
    model: str, thinking: object
) -> None:
    found = body(f"anthropic/{model}", reasoning="low")
    assert (found["thinking"], "tool_choice" in found) == (thinking, False)


def test_claude_is_structured_as_its_family_takes_it() -> None:
    new, old = body("anthropic/claude-sonnet-4-5"), body("anthropic/claude-3-opus-latest")
    assert (new["output_config"]["format"]["type"], "tools" in new) == ("json_schema", False)
    assert (old["tool_choice"]["type"], "output_config" in old) == ("tool", False)


def test_a_long_shared_beginning_is_marked_for_claudes_cache_and_a_short_one_is_not() -> None:
    long = "The depot washes trams at night. " * 300
    request = Request("You answer.", f"{long}\nQuestion: how many?", Quoted, prefix=len(long))
    dialect = AnthropicDialect("claude-sonnet-4-5", None, {})
    parts = json.loads(dialect.body(request) + "}")["messages"][0]["content"]
    assert [(p["text"] == long, "cache_control" in p) for p in parts] == [
        (True, True),
        (False, False),
    ]
    assert (dialect.cached(request) != "", dialect.cached(ASKED)) == (True, "")


@pytest.mark.parametrize(
    ("fault", "meaning"),
    [
        ("500", (TeacherDown, "server error")),
        ("429", (TeacherDown, "rate limited")),
        ("badbody", (TeacherDown, "not JSON")),
        ("disconnect", (TeacherDown, "broken off")),
        ("badjson", (Unusable, "truncated")),
        ("badschema", (Unusable, "wrong shape")),
    ],
)
@pytest.mark.parametrize("model", ["compatible/mock", "anthropic/claude-3-opus-latest"])
def test_every_fault_is_told_apart(fault: str, meaning: object, model: str) -> None:
    with serving("--facts", "--fault-rate", "1", "--faults", fault) as server:
        assert sent(teacher(model, server.url)) == meaning


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (
            {"finish_reason": "content_filter", "message": {"role": "assistant", "content": None}},
            "content filter",
        ),
        (
            {
                "finish_reason": "stop",
                "message": {"role": "assistant", "content": None, "refusal": "I can't."},
            },
            "refused",
        ),
        (
            {"finish_reason": "length", "message": {"role": "assistant", "content": "{"}},
            "truncated",
        ),
        (
            {"finish_reason": "stop", "message": {"role": "assistant", "content": "Hello"}},
            "wrong shape",
        ),
    ],
)
def test_what_openai_did_not_answer_is_typed_and_spent(reply: dict[str, object], kind: str) -> None:
    whole = {
        "id": "1",
        "choices": [{"index": 0, **reply}],
        "usage": {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10},
    }
    with pytest.raises(Unusable) as caught:
        OpenAIDialect("m", None, {}, "strict").reply(whole, ASKED)
    assert (caught.value.kind, caught.value.tokens_in, caught.value.tokens_out) == (kind, 7, 3)


def test_a_refusal_of_claude_is_typed_and_its_cached_tokens_are_counted() -> None:
    usage = {
        "input_tokens": 5,
        "output_tokens": 3,
        "cache_read_input_tokens": 40,
        "cache_creation_input_tokens": 2,
    }
    with pytest.raises(Unusable) as caught:
        AnthropicDialect("claude-haiku-4-5", None, {}).reply(
            {"content": [], "stop_reason": "refusal", "usage": usage}, ASKED
        )
    assert (caught.value.kind, caught.value.tokens_in) == ("refused", 47)


@pytest.mark.parametrize(
    ("status", "words", "kind"),
    [
        (400, "max_tokens is too large", "refused request"),
        (400, "content_filter", "content filter"),
        (401, "Incorrect API key", "key refused"),
        (404, "no such model", "not found"),
        (429, "insufficient_quota", "no quota"),
        (429, "slow down", "rate limited"),
        (529, "overloaded_error", "server error"),
    ],
)
def test_a_status_is_told_apart(status: int, words: str, kind: str) -> None:
    assert (
        error_of_reply(
            HTTPReply(status, NO_HEADERS, json.dumps({"error": {"message": words}}).encode()),
            "http://x",
        ).kind
        == kind
    )


def test_no_key_stands_in_what_a_server_says_back() -> None:
    echoed = json.dumps(
        {"error": {"message": f"Incorrect API key provided: {KEY}; or sk-abc***xyz"}}
    ).encode()
    told = str(error_of_reply(HTTPReply(401, NO_HEADERS, echoed), "http://x", (KEY,)))
    assert ("sk-" in told, told.count("[key]")) == (False, 2)


def test_a_text_never_has_more_tokens_than_are_set_aside_for_it() -> None:
    for text in (
        "The depot washes 14 trams.",
        "1234567890",
        "å" * 9,
        "a b c d",
        "{}[]:,",
        "夜の電車",
        "    x" * 5,
    ):
        assert tokens_at_most(text) >= len(text.encode()) / 4


@pytest.mark.parametrize(
    ("model", "variable"),
    [
        ("openai/gpt-4.1-mini", "OPENAI_API_KEY"),
        ("anthropic/claude-haiku-4-5", "ANTHROPIC_API_KEY"),
    ],
)
def test_a_missing_key_is_one_sentence_and_nothing_is_sent(
    monkeypatch: pytest.MonkeyPatch, model: str, variable: str
) -> None:
    monkeypatch.delenv(variable, raising=False)
    ledger = opened()
    asking = OnlineClient(Accounting(teacher(model), ledger, Price(1.0, 5.0, 1.0, 1.0)))
    with pytest.raises(UserMistake) as caught:
        asyncio.run(ask(asking, ASKED))
    told = (
        f'the teacher "{model}" needs a key; set the environment variable {variable} to yours'
    )
    assert (str(caught.value), ledger.spent()) == (told, Spending(0, 0))


def test_a_call_that_hangs_is_dropped_as_soon_as_others_show_how_long_a_reply_takes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("factory.teachers.rate_limiter.PATIENCE_LEAST_S", 0.5)
    with serving("--facts", "--fault-rate", "0.1", "--faults", "hang") as server:
        to = teacher("compatible/mock", server.url)
        asking = OnlineClient(Accounting(to, opened()))
        started = time.monotonic()

        async def many() -> list[object]:
            requests = [
                Request("You answer.", f"{CHUNK}\n\nQuestion {n}: how many?", Quoted)
                for n in range(60)
            ]
            try:
                return await asyncio.gather(
                    *(ask(asking, r) for r in requests), return_exceptions=True
                )
            finally:
                await to.close()

        found = asyncio.run(many())
    outcomes = asking.tally.outcomes
    assert (
        len(found),
        outcomes["answered"],
        outcomes["hung"] > 0,
        time.monotonic() - started < 60,
    ) == (60, 60, True, True)


def test_a_server_that_counts_no_tokens_is_counted_at_most() -> None:
    to = teacher("compatible/m", "http://127.0.0.1:9/v1")
    said = {
        "choices": [
            {
                "index": 0,
                "finish_reason": "stop",
                "message": {"content": '{"answer": "14", "quotes": ["x"]}'},
            }
        ]
    }
    reply = to.read(HTTPReply(200, NO_HEADERS, json.dumps(said).encode()), ASKED)
    assert (reply.tokens_in, reply.tokens_out) == to.size(ASKED)


def test_the_environments_proxy_holds_but_where_it_is_told_not_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("https_proxy", "http://user:word@proxy.example:3128")
    monkeypatch.setenv("no_proxy", "127.0.0.1,inside.example")
    addresses = ("https://api.example/v1", "https://inside.example/v1", "http://127.0.0.1:8000/v1")
    assert [proxy_of(a) for a in addresses] == ["http://user:word@proxy.example:3128", None, None]


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.0.1", "[::1]"])
def test_this_machine_is_never_asked_through_a_proxy(
    host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://proxy.example:3128")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    assert proxy_of(f"http://{host}:11434/v1") is None
    assert proxy_of("http://192.168.0.7:11434/v1") == "http://proxy.example:3128"


def test_a_request_goes_through_the_proxy(
    mock: MockServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = mock.stats()["requests"]
    with monkeypatch.context() as told:
        told.setenv(
            "http_proxy", mock.url.removesuffix("/v1")
        )  # the mock takes whatever address it is asked for
        told.delenv("no_proxy", raising=False)
        told.delenv("NO_PROXY", raising=False)
        sent(teacher("compatible/mock", "http://nowhere.example/v1"))
    assert mock.stats()["requests"] == before + 1


def test_a_reply_that_strays_from_the_protocol_is_read_all_the_same() -> None:
    message = {"role": "assistant", "content": '{"answer": "14", "quotes": []}'}
    body = {
        "choices": [{"message": message, "finish_reason": "eos"}]
    }  # of no id, no model, and for a reason of its own
    reply = OpenAIDialect("mock", "http://127.0.0.1:1/v1", {}).reply(body, ASKED)
    assert (reply.value, reply.tokens_in) == (Quoted(answer="14", quotes=[]), 0)


PLAIN = Request(
    "You answer.", "And close?", Plain, max_tokens=77, before=("When does it open?", "At six.")
)
TURNS = [("user", "When does it open?"), ("assistant", "At six."), ("user", "And close?")]


def turns(body: dict[str, Any]) -> list[tuple[str, str]]:
    return [(one["role"], one["content"]) for one in body["messages"]]


def test_a_plain_request_is_the_chat_itself() -> None:
    chat, claude = body("openai/gpt-5", PLAIN), body("anthropic/claude-sonnet-5", PLAIN)
    assert (turns(chat), set(chat)) == (
        [("system", "You answer."), *TURNS],
        {"model", "messages", "max_completion_tokens"},
    )
    assert (turns(claude), claude["system"], claude["max_tokens"], "tools" in claude) == (
        TURNS,
        "You answer.",
        77,
        False,
    )
    assert "system" not in body("anthropic/claude-sonnet-5", replace(PLAIN, system=""))
    assert turns(body("compatible/m", replace(PLAIN, system=""), "http://h/v1")) == TURNS


@pytest.mark.parametrize(("ending", "cut"), [("stop", False), ("length", True)])
@pytest.mark.parametrize(
    ("said", "text"),
    [
        (" At nine. ", "At nine."),
        ("<think>Hm.</think>\n\nAt nine.", "At nine."),
        ("<think>Hm", ""),
        (None, ""),
    ],
)
def test_a_plain_reply_is_its_text_without_what_was_thought(
    ending: str, cut: bool, said: str | None, text: str
) -> None:
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": said},
        "finish_reason": ending,
    }
    usage = {"prompt_tokens": 9, "completion_tokens": 4, "total_tokens": 13}
    reply = {
        "id": "c",
        "object": "chat.completion",
        "created": 0,
        "model": "m",
        "choices": [choice],
        "usage": usage,
    }
    assert teacher("compatible/m", "http://h/v1").dialect.reply(reply, PLAIN).value == Plain(
        text=text, cut=cut
    )


def test_a_plain_reply_of_claude_may_be_cut_as_well() -> None:
    parts = [
        {"type": "thinking", "thinking": "Hm.", "signature": "s"},
        {"type": "text", "text": "At nine "},
    ]
    usage = {"input_tokens": 9, "output_tokens": 4}
    reply = {
        "id": "m",
        "type": "message",
        "role": "assistant",
        "model": "c",
        "content": parts,
        "stop_reason": "max_tokens",
        "usage": usage,
    }
    assert teacher("anthropic/claude-sonnet-5").dialect.reply(reply, PLAIN).value == Plain(
        text="At nine", cut=True
    )


def test_more_room_is_another_plain_request_and_the_same_one_of_a_shape() -> None:
    to = teacher("compatible/m", "http://h/v1")
    plain, shaped = (
        {request_key(replace(one, max_tokens=room), to) for room in (77, 78)}
        for one in (PLAIN, ASKED)
    )
    assert (len(plain), len(shaped)) == (2, 1)
