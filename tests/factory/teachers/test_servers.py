"""What usual and hostile servers do, and what a teacher makes of it. Every server here is a mock over a real socket."""

import asyncio
import gzip
import json
import os
import socket
import sqlite3
import time
import tracemalloc
import zlib
from pathlib import Path
from typing import Any

import pytest

from factory.calls.accounting import Accounting
from factory.calls.circuit_breaker import BreakerSettings
from factory.calls.client import OnlineClient
from factory.calls.ledger import PaidAnswer, Spending
from factory.calls.prices import Price
from factory.core.errors import TeacherDown, TeacherFailed, Unusable, UserMistake
from factory.core.settings import TeacherSettings
from factory.tasks.qa import Quoted, Several
from factory.teachers import Plain, Reply, Request
from factory.teachers.build import teacher_of
from factory.teachers.remote import OVERHEAD
from tests.fakes import ask, opened
from tests.raw_server import MockTeacher, Script, always, answering, completion, http

KEY = "sk-planted-0123456789abcdef"
GOOD = {"answer": "14 trams", "quotes": ["14 trams every night"]}
TEXT = json.dumps(GOOD)
ASKED = Request(
    "You answer.",
    "Excerpt:\n\nThe depot washes 14 trams every night.\n\nQuestion: how many?",
    Quoted,
)
PRICE = Price(1.0, 5.0, 0.1, 1.25)
ANSWER = Quoted(answer="14 trams", quotes=["14 trams every night"])


def settings(server: MockTeacher, model: str = "compatible/m", **more: object) -> TeacherSettings:
    url = server.url.removesuffix("/v1") if model.startswith("anthropic/") else server.url
    return TeacherSettings.model_validate({"name": "t", "model": model, "base_url": url, **more})


def outcome(
    server: MockTeacher, request: Request = ASKED, model: str = "compatible/m", **more: object
) -> Reply | TeacherFailed:
    """One send."""
    teacher = teacher_of(settings(server, model, **more), Path(), lambda _: None)

    async def once() -> Reply | TeacherFailed:
        try:
            return await teacher.send(request, "0123456789abcdef")
        except TeacherFailed as error:
            return error
        finally:
            await teacher.close()

    return asyncio.run(once())


def answered(
    sent: bytes, request: Request = ASKED, model: str = "compatible/m", **more: object
) -> Reply | TeacherFailed:
    with answering(always(sent)) as server:
        return outcome(server, request, model, **more)


def bought(
    server: MockTeacher, patience: BreakerSettings, requests: int = 1
) -> tuple[list[PaidAnswer | BaseException], Spending]:
    """What asking brings, retries and all, and what the ledger says it took."""
    ledger = opened()
    teacher = teacher_of(settings(server), Path(), patience.say)
    asking = OnlineClient(Accounting(teacher, ledger, PRICE), settings=patience)

    async def all_() -> list[PaidAnswer | BaseException]:
        many = [Request("You answer.", f"{ASKED.user} {n}", Quoted) for n in range(requests)]
        try:
            return await asyncio.gather(*(ask(asking, one) for one in many), return_exceptions=True)
        finally:
            await teacher.close()

    return asyncio.run(all_()), ledger.spent()


# ---- replies that hold more than JSON, or nearly JSON


PYTHON = repr({"answer": "14 trams", "quotes": ["14 trams every night"]})
READ: dict[str, dict[str, Any] | str] = {
    "thoughts": f'<think>\nFirst {{I}} look for a "fact": {{"answer": "15", "quotes": []}}.\n</think>\n\n{TEXT}',
    "thoughts without a beginning": f"First I look for {{a}} fact.\n</think>\n{TEXT}",
    "thoughts without an end": f"<think>\nI look for a fact.\n{TEXT}",
    "thoughts of Magistral": f"[THINK]Hm, {{}}.[/THINK]{TEXT}",
    "thoughts of gpt-oss": f"<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant<|channel|>final<|message|>{TEXT}",
    "a code fence": f"```json\n{TEXT}\n```",
    "a code fence with prose around": f"Here is the JSON you asked for:\n```json\n{TEXT}\n```\nLet me know if you need more {{!}}",
    "tildes": f"~~~\n{TEXT}\n~~~",
    "prose before": f"Sure! {TEXT}",
    "a byte order mark": f"\ufeff{TEXT}",
    "a comma too many": TEXT.replace("]}", ",],}"),
    "single quotes": PYTHON,
    "single quotes in a fence": f"```\n{PYTHON}\n```",
    "comments": TEXT.replace(", ", ", // the answer\n", 1).replace("]}", "] /* done */ }"),
    "names without quotes": TEXT.replace('"answer"', "answer").replace('"quotes"', "quotes"),
    "a list around": json.dumps([GOOD]),
    "an object around": json.dumps({"response": GOOD}),
    "two objects around": json.dumps({"status": "ok", "data": {"result": GOOD}}),
    "a schema around": json.dumps({"type": "object", "properties": GOOD}),
    "a tool call in words": json.dumps({"name": "Quoted", "arguments": GOOD}),
    "a tool call in tags": f"<tool_call>\n{json.dumps({'name': 'Quoted', 'arguments': GOOD})}\n</tool_call>",
    "JSON in a string": json.dumps(TEXT),
    "JSON in a string in a string": json.dumps(json.dumps(TEXT)),
    "an object in a string": json.dumps({"output": TEXT}),
    "more fields": json.dumps({**GOOD, "confidence": 0.9}),
    "names in another case": json.dumps({"Answer": GOOD["answer"], "QUOTES": GOOD["quotes"]}),
    "a list of parts": {
        "content": [
            {"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}]},
            {"type": "text", "text": TEXT},
        ]
    },
    "a list of strings": {"content": [TEXT[:9], TEXT[9:]]},
    "an object as content": {"content": GOOD},
    "reasoning_content alone": {"content": None, "reasoning_content": TEXT},
    "reasoning alone": {"content": "", "reasoning": f"I think.\n{TEXT}"},
    "a tool call": {
        "content": None,
        "tool_calls": [
            {"id": "1", "type": "function", "function": {"name": "x", "arguments": TEXT}}
        ],
    },
    "a tool call with an object": {
        "content": "",
        "tool_calls": [{"function": {"name": "x", "arguments": GOOD}}],
    },
    "reasoning_details alone": {
        "content": None,
        "reasoning_details": [{"type": "reasoning.text", "text": TEXT}],
    },
    "a function call": {"content": None, "function_call": {"name": "x", "arguments": TEXT}},
}


@pytest.mark.parametrize("structured", [None, "schema", "tools", "text"])
@pytest.mark.parametrize("form", list(READ))
def test_an_answer_is_read_in_every_form_that_servers_give_it(
    form: str, structured: str | None
) -> None:
    found = answered(http(completion(READ[form])), structured=structured)
    assert isinstance(found, Reply), found
    assert found.value == ANSWER


def test_a_line_break_within_a_text_is_read() -> None:
    found = answered(http(completion(TEXT.replace("14 trams every", "14 trams\nevery"))))
    assert isinstance(found, Reply)
    assert found.value == Quoted(answer="14 trams", quotes=["14 trams\nevery night"])


def test_a_list_of_examples_without_its_object_is_read() -> None:
    examples = [{"question": f"How many are {n}?", **GOOD} for n in range(3)]
    found = answered(
        http(completion(json.dumps(examples))), Request("You write.", "Excerpt: 14.", Several)
    )
    assert isinstance(found, Reply)
    assert isinstance(found.value, Several)
    assert len(found.value.examples) == 3


UNREAD: dict[str, dict[str, Any] | str] = {
    "prose": "I can't tell.",
    "cut off": TEXT[:25],
    "other fields": json.dumps({"reply": "14"}),
    "half a surrogate pair": json.dumps({**GOOD, "answer": "14 \ud83d"}),
    "half a surrogate pair in the reply": {"content": TEXT.replace("14 trams", "14 \ud83d", 1)},
    "100,000 levels": "[" * 100_000,
    "100,000 levels that close": '{"a":' * 100_000 + "1" + "}" * 100_000,
    "an integer of 5,000 digits": TEXT.replace('["14 trams every night"]', "9" * 5000),
}


@pytest.mark.parametrize("form", list(UNREAD))
def test_what_can_not_be_read_names_the_way_out(form: str) -> None:
    found = answered(http(completion(UNREAD[form])))
    assert isinstance(found, Unusable)
    assert 'set structured = "text" for this teacher' in str(found)
    assert (found.kind, found.tokens_in, found.tokens_out) == ("wrong shape", 90, 20)


def test_json_is_found_behind_many_brackets_that_are_none() -> None:
    found = answered(http(completion("Let f{x} be [y{z}]. " * 1000 + TEXT)))
    assert isinstance(found, Reply)
    assert found.value == ANSWER


def test_an_empty_reply_is_called_empty() -> None:
    assert str(answered(http(completion({"content": None})))).startswith(
        "the reply is empty; set structured"
    )


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b"\xff\xfe",
        b"null",
        b"[]",
        b'{"choices": "x"}',
        b'{"choices": [7]}',
        b"{}",
        b"<xml>",
    ],
)
def test_a_reply_that_is_no_completion_is_one_sentence(body: bytes) -> None:
    found = answered(http(body))
    assert isinstance(found, TeacherDown)
    assert (
        found.kind,
        "is not of its protocol, beginning with" in str(found),
        "Error" in str(found),
    ) == ("not JSON", True, False)


CLAUDE: dict[str, object] = {
    "text": [{"type": "text", "text": f"Here:\n```json\n{TEXT}\n```"}],
    "a tool": [
        {"type": "thinking", "thinking": "Hm."},
        {"type": "tool_use", "id": "1", "name": "Quoted", "input": GOOD},
    ],
    "a string": TEXT,
    "thoughts in the text": [{"type": "text", "text": f"<think>Hm.</think>{TEXT}"}],
}


@pytest.mark.parametrize("structured", ["tools", "text"])
@pytest.mark.parametrize("form", list(CLAUDE))
def test_an_answer_in_anthropics_protocol_is_read_in_every_form(form: str, structured: str) -> None:
    usage = {"input_tokens": 90, "output_tokens": 20}
    body = {"content": CLAUDE[form], "stop_reason": "end_turn", "usage": usage}
    found = answered(http(json.dumps(body).encode()), model="anthropic/m", structured=structured)
    assert isinstance(found, Reply), found
    assert found.value == ANSWER


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ("Hm.</think> At nine.", "At nine."),
        (["At ", {"type": "text", "text": "nine."}], "At nine."),
    ],
)
def test_a_plain_reply_is_its_text_in_every_form(said: object, text: str) -> None:
    found = answered(http(completion({"content": said})), Request("", "When?", Plain))
    assert isinstance(found, Reply)
    assert found.value == Plain(text=text)


def test_thoughts_are_no_plain_reply() -> None:
    found = answered(
        http(completion({"content": None, "reasoning_content": "Hm."})), Request("", "When?", Plain)
    )
    assert str(found).startswith("the reply holds thoughts but no content; turn off")


def _events(*events: object) -> bytes:
    return (
        b": keep-alive\n\n"
        + b"".join(b"data: " + json.dumps(one).encode() + b"\n\n" for one in events)
        + b"data: [DONE]\n\n"
    )


def test_a_reply_that_comes_as_a_stream_unasked_is_read() -> None:
    pieces = [
        {"choices": [{"index": 0, "delta": {"content": piece}}]} for piece in (TEXT[:7], TEXT[7:])
    ]
    usage = {"prompt_tokens": 90, "completion_tokens": 20}
    found = answered(
        http(
            _events(
                *pieces,
                {"choices": [{"delta": {}, "finish_reason": "stop"}]},
                {"choices": [], "usage": usage},
            )
        )
    )
    assert isinstance(found, Reply)
    assert (found.value, found.tokens_in, found.tokens_out) == (ANSWER, 90, 20)


def test_a_stream_that_was_cut_off_or_holds_an_error_says_so() -> None:
    cut = answered(
        http(_events({"choices": [{"delta": {"content": TEXT[:9]}, "finish_reason": "length"}]}))
    )
    wrong = answered(http(_events({"error": {"message": "slow down", "code": 429}})))
    assert [one.kind for one in (cut, wrong) if isinstance(one, TeacherFailed)] == [
        "truncated",
        "rate limited",
    ]


@pytest.mark.parametrize(
    "events",
    [
        [7],
        [{"choices": [7]}],
        [{"choices": [{"delta": 7}]}],
        [{"choices": 7}],
        [{"choices": [{"delta": "x"}]}],
    ],
)
def test_a_stream_of_another_shape_is_one_sentence(events: list[object]) -> None:
    found = answered(http(_events(*events)))
    assert isinstance(found, TeacherDown)
    assert found.kind == "not JSON"


def test_the_text_of_an_older_completion_is_read() -> None:
    body = {
        "choices": [{"text": TEXT, "index": 0, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 90, "completion_tokens": 20},
    }
    found = answered(http(json.dumps(body).encode()))
    assert isinstance(found, Reply)
    assert found.value == ANSWER


@pytest.mark.parametrize("between", ["\n", "\n\n", " then "])
def test_examples_one_after_the_other_are_read_as_a_list(between: str) -> None:
    two = [
        {"question": "How many trams?", "answer": "14 trams", "quotes": []},
        {"question": "When?", "answer": "At night", "quotes": []},
    ]
    asked = Request(ASKED.system, ASKED.user, Several)
    found = answered(http(completion(between.join(map(json.dumps, two)))), asked)
    alone = answered(http(completion(json.dumps(two[0]))), asked)
    assert [
        len(one.value.examples)
        for one in (found, alone)
        if isinstance(one, Reply) and isinstance(one.value, Several)
    ] == [2, 1]


def test_a_reply_whose_room_went_into_thinking_names_the_way_out() -> None:
    found = answered(
        http(completion({"content": "", "reasoning_content": "Hm. " * 50}, ending="length"))
    )
    assert "turn the model's thinking off" in str(found)


# ---- errors inside a reply of status 200


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (
            {
                "id": None,
                "choices": None,
                "error": {"message": "Insufficient credits. Add more.", "code": 402},
            },
            "no quota",
        ),
        (
            {
                "error": {
                    "message": "Provider returned error",
                    "code": 429,
                    "metadata": {"raw": "x"},
                }
            },
            "rate limited",
        ),
        ({"error": {"message": "slow down", "code": "429"}}, "rate limited"),
        (
            {"error": {"message": "slow down", "type": "rate_limit_error", "code": None}},
            "rate limited",
        ),
        ({"error": "insufficient_quota"}, "no quota"),
        ({"error": "Rate limit exceeded"}, "rate limited"),
        ({"error": "something broke"}, "server error"),
        ({"error": {"message": "no such key", "code": "invalid_api_key"}}, "key refused"),
        ({"error": {"message": "no such model", "code": "model_not_found"}}, "not found"),
        ({"error": {"message": "too long", "code": "context_length_exceeded"}}, "refused request"),
        (
            {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}},
            "server error",
        ),
        (
            {
                "choices": [
                    {"error": {"message": "Provider died", "code": 502}, "finish_reason": "error"}
                ]
            },
            "server error",
        ),
        (
            {
                "choices": [
                    {"finish_reason": "error", "message": {"role": "assistant", "content": ""}}
                ]
            },
            "server error",
        ),
        ({"object": "error", "message": "The model is overloaded", "code": 503}, "server error"),
        ({"detail": "Too many requests", "status": 429}, "rate limited"),
        ({"choices": [], "error": {"code": 429, "message": "x"}}, "rate limited"),
        (
            {"code": 429, "msg": "Your account has reached its rate limit", "data": None},
            "rate limited",
        ),
    ],
)
def test_an_error_within_a_reply_is_what_its_code_says_and_costs_nothing(
    body: dict[str, object], kind: str
) -> None:
    found = answered(http(json.dumps(body).encode()))
    assert isinstance(found, TeacherFailed)
    assert (found.kind, getattr(found, "billed", False), getattr(found, "tokens_in", 0)) == (
        kind,
        False,
        0,
    )


@pytest.mark.parametrize(
    ("status", "body", "kind", "words"),
    [
        (
            400,
            [{"error": {"code": 400, "message": "API key not valid."}}],
            "key refused",
            "API key not valid.",
        ),
        (
            400,
            {"error": {"type": "x", "message": "Your credit balance is too low."}},
            "no quota",
            "credit balance is too",
        ),
        (
            429,
            [{"error": {"code": 429, "message": "You exceeded your quota"}}],
            "rate limited",
            "429: You exceeded your quota",
        ),
        (
            400,
            {"object": "error", "message": "Too many words"},
            "refused request",
            "(400: Too many words)",
        ),
        (
            400,
            {"error": {"message": "no such api_key_name field"}},
            "refused request",
            "(400: no such",
        ),
        (404, {"detail": "Not Found"}, "not found", "404: Not Found; "),
    ],
)
def test_an_error_is_what_its_words_say_in_every_form(
    status: int, body: object, kind: str, words: str
) -> None:
    found = answered(http(json.dumps(body).encode(), status=f"{status} X"))
    assert isinstance(found, TeacherFailed)
    assert found.kind == kind
    assert words in str(found)


def test_an_answer_in_a_protocol_of_the_servers_own_is_no_error_of_the_server() -> None:
    found = answered(
        http(
            json.dumps(
                {"model": "m", "message": {"role": "assistant", "content": TEXT}, "done": True}
            ).encode()
        )
    )
    assert isinstance(found, TeacherDown)
    assert found.kind == "not JSON"


def test_an_empty_error_beside_an_answer_is_none() -> None:
    assert isinstance(answered(http(completion(TEXT, error=None))), Reply)


def test_a_server_that_wants_max_completion_tokens_gets_them() -> None:
    words = "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
    refused = http(
        json.dumps({"error": {"message": words, "code": "unsupported_parameter"}}).encode(),
        status="400 Bad Request",
    )
    with answering(
        lambda n, to: to.sendall(refused if n == 1 else http(completion(TEXT)))
    ) as server:
        (found,), _ = bought(server, BreakerSettings())
    assert isinstance(found, PaidAnswer)
    sent = [json.loads(body) for _, body in server.requests]
    assert [("max_tokens" in one, "max_completion_tokens" in one) for one in sent] == [
        (True, False),
        (False, True),
    ]


@pytest.mark.parametrize(
    ("words", "remedy"),
    [
        (
            "'temperature' does not support 0.7 with this model.",
            "leave the teacher's temperature unset",
        ),
        ("This model's maximum context length is 512 tokens.", "set the teacher's context"),
        ("tool_choice is not supported", 'set structured = "text"'),
    ],
)
def test_a_refused_request_names_the_way_out(words: str, remedy: str) -> None:
    found = answered(
        http(json.dumps({"error": {"message": words}}).encode(), status="400 Bad Request")
    )
    assert f"; {remedy}" in str(found)


BLANKS = "\n  " * 100
IN_BLANKS = "the reply reached its token limit in blanks, which a server's JSON grammar lets a model write without end"


def test_a_whole_answer_with_blanks_up_to_the_limit_is_read() -> None:
    found = answered(http(completion(TEXT + BLANKS, ending="length")))
    assert isinstance(found, Reply)
    assert found.value == ANSWER


@pytest.mark.parametrize(
    ("text", "why"),
    [(TEXT[:20] + BLANKS, IN_BLANKS), (TEXT[:20], "the reply was cut off at its token limit")],
)
def test_an_answer_cut_at_its_limit_is_none_and_blanks_name_the_way_out(
    text: str, why: str
) -> None:
    found = answered(http(completion(text, ending="length")))
    assert isinstance(found, Unusable)
    assert (found.kind, str(found).partition("; set structured")[0]) == ("truncated", why)


def test_a_server_that_can_not_keep_to_its_own_grammar_is_asked_without_it() -> None:
    error = {
        "message": "Failed to generate JSON.",
        "code": "json_validate_failed",
        "failed_generation": "{",
    }
    refused = http(json.dumps({"error": error}).encode(), status="400 Bad Request")
    with answering(
        lambda n, to: to.sendall(refused if n == 1 else http(completion(TEXT)))
    ) as server:
        (found,), _ = bought(server, BreakerSettings())
    assert isinstance(found, PaidAnswer)
    assert ["response_format" in json.loads(body) for _, body in server.requests] == [True, False]


def test_a_reply_without_choices_is_no_answer_and_stops_no_other() -> None:
    found = answered(
        http(json.dumps({"choices": [], "prompt_filter_results": [{"prompt_index": 0}]}).encode())
    )
    assert isinstance(found, Unusable)
    assert str(found) == "the server sent a reply without an answer (its choices are empty)"


@pytest.mark.parametrize("page", [b"<!DOCTYPE html><title>One API</title>", b"\n<html lang=en>"])
def test_a_web_page_is_an_address_without_its_v1(page: bytes) -> None:
    found = answered(http(page))
    assert isinstance(found, TeacherDown)
    assert found.hopeless
    assert (
        "sent a web page instead of a reply; set base_url to the address of the server's API, which mostly ends in /v1"
        in str(found)
    )


def test_a_proxy_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")  # nobody listens there
    found = outcome(MockTeacher("http://nowhere.example/v1"))
    assert isinstance(found, TeacherDown)
    assert "was not asked, as the proxy in the environment can't be reached" in str(found)


def test_a_prompt_that_the_server_cuts_is_said_and_its_answer_not_kept() -> None:
    long = Request("You answer.", "The depot washes trams. " * 500, Quoted)
    found = answered(http(completion(TEXT, {"prompt_tokens": 64, "completion_tokens": 20})), long)
    assert isinstance(found, Unusable)
    assert (found.kind, str(found).partition(";")[0]) == (
        "prompt cut",
        "the server read only 64 tokens of the prompt and cut off the rest",
    )


def test_a_prompt_that_is_counted_whole_is_none() -> None:
    long = Request("You answer.", "The depot washes trams. " * 500, Quoted)
    assert isinstance(
        answered(http(completion(TEXT, {"prompt_tokens": 2000, "completion_tokens": 20})), long),
        Reply,
    )


# ---- money


USAGES: list[object] = [
    {"prompt_tokens": -5, "completion_tokens": 20},
    {"prompt_tokens": 90, "completion_tokens": -(10**6)},
    {"prompt_tokens": 90.5, "completion_tokens": 20},
    {"prompt_tokens": "90", "completion_tokens": 20},
    {"prompt_tokens": True, "completion_tokens": True},
    {"prompt_tokens": None, "completion_tokens": None},
    {"prompt_tokens": float("nan"), "completion_tokens": 20},
    {"prompt_tokens": float("inf"), "completion_tokens": 20},
    {"prompt_tokens": 1e30, "completion_tokens": 20},
    {"prompt_tokens": 2**70, "completion_tokens": 20},
    {"prompt_tokens": 90, "completion_tokens": 2**63},
    {"prompt_tokens": 90, "completion_tokens": int("9" * 4000)},
    {"prompt_tokens": 10**7, "completion_tokens": 20},
    {"prompt_tokens": 90},
    {"prompt_tokens": 90, "completion_tokens": 0},
    {"prompt_tokens": [90], "completion_tokens": {}},
    {},
    [],
    "90",
    7,
    {"prompt_tokens": 90, "completion_tokens": 20, "prompt_tokens_details": {"cached_tokens": -10}},
    {
        "prompt_tokens": 90,
        "completion_tokens": 20,
        "prompt_tokens_details": {"cached_tokens": 10**9},
    },
    {
        "prompt_tokens": 90,
        "completion_tokens": 20,
        "prompt_tokens_details": {"cached_tokens": "10"},
    },
    {"prompt_tokens": 90, "completion_tokens": 20, "prompt_tokens_details": {"cached_tokens": 1.5}},
    {"prompt_tokens": 90, "completion_tokens": 20, "prompt_tokens_details": [1]},
]


@pytest.mark.parametrize("usage", USAGES, ids=lambda one: str(one)[:60])
def test_counts_that_can_not_be_right_are_booked_at_the_worst_case_and_said_once(
    usage: object,
) -> None:
    said: list[str] = []
    with answering(always(http(completion(TEXT, usage)))) as server:
        found, spent = bought(server, BreakerSettings(say=said.append), requests=2)
        teacher = teacher_of(settings(server), Path(), said.append)
    worst = sum(
        PRICE.nanousd(
            *teacher.size(Request("You answer.", f"{ASKED.user} {n}", Quoted)), cache_write=0
        )
        for n in range(2)
    )
    assert all(isinstance(one, PaidAnswer) and one.value == ANSWER for one in found)
    assert spent.uncertain == 0
    assert worst <= spent.known <= worst * 1.25
    assert [one for one in said if "token counts are missing or impossible" in one] == said
    assert len(said) == 1


def test_counts_that_are_right_are_booked_as_they_are() -> None:
    usage = {
        "prompt_tokens": 90,
        "completion_tokens": 20,
        "prompt_tokens_details": {"cached_tokens": 40, "audio_tokens": None},
    }
    with answering(always(http(completion(TEXT, usage)))) as server:
        _, spent = bought(server, BreakerSettings())
    assert spent == Spending(PRICE.nanousd(90, 20, 40), 0)


def test_the_counts_of_an_unusable_reply_are_checked_too() -> None:
    found = answered(http(completion("no", {"prompt_tokens": -(10**9), "completion_tokens": 1})))
    assert isinstance(found, Unusable)
    assert (found.tokens_in > 0, found.tokens_out, found.counted) == (True, 1024, False)


@pytest.mark.parametrize(
    "name",
    ["input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens"],
)
@pytest.mark.parametrize("count", [-1, 1.5, "9", True, 2**70])
def test_anthropics_counts_are_checked_as_well(name: str, count: object) -> None:
    usage = {"input_tokens": 90, "output_tokens": 20, name: count}
    body = {"content": [{"type": "text", "text": TEXT}], "stop_reason": "end_turn", "usage": usage}
    found = answered(http(json.dumps(body).encode()), model="anthropic/m", structured="text")
    assert isinstance(found, Reply)
    assert (found.counted, found.tokens_in > 90, found.cache_read, found.cache_write) == (
        False,
        True,
        0,
        0,
    )


# ---- keys


@pytest.mark.parametrize(
    "status",
    [
        "200 OK",
        "400 Bad Request",
        "401 Unauthorized",
        "429 Too Many Requests",
        "500 Oops",
        "302 Found",
    ],
)
def test_no_key_is_in_an_error(monkeypatch: pytest.MonkeyPatch, status: str) -> None:
    monkeypatch.setenv("COMPATIBLE_API_KEY", KEY)
    for form in (KEY, f"{KEY[:5]}...{KEY[-6:]}", "".join(f"\\u{ord(c):04x}" for c in KEY)):
        found = str(
            answered(
                http(
                    f'{{"error": {{"message": "the key {form} is bad", "code": "x"}}}}'.encode(),
                    status=status,
                )
            )
        )
        assert (KEY in found, KEY[-6:] in found, "[key]" in found) == (False, False, True)


def test_no_key_is_in_a_refusal_or_a_strange_reply(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMPATIBLE_API_KEY", KEY)
    refused = answered(http(completion({"content": None, "refusal": f"not with {KEY}"})))
    assert str(refused) == "the teacher refused: not with [key]"
    assert KEY not in str(answered(http(f"{KEY} is bad".encode())))
    assert KEY not in str(answered(http(completion(f'{{"{KEY}": 1}}'))))


def test_no_key_is_in_an_answer_that_is_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMPATIBLE_API_KEY", KEY)
    twice = json.dumps({"answer": f"{KEY} and {KEY[:6]}***{KEY[-4:]}", "quotes": [KEY]})
    found = answered(http(completion(twice.replace("p", "\\u0070"))))
    assert isinstance(found, Reply)
    assert found.value == Quoted(answer="[key] and [key]", quotes=["[key]"])


@pytest.mark.parametrize("model", ["compatible/m", "openai/m", "anthropic/m"])
@pytest.mark.parametrize(
    "key", ["sk-pla\nnted-0123456789", "sk-plaï-0123456789\u2028x", "sk-pla\x00nted-0123456789"]
)
def test_a_key_that_no_header_can_hold_is_one_sentence_without_it(
    monkeypatch: pytest.MonkeyPatch, model: str, key: str
) -> None:
    for name in ("COMPATIBLE_API_KEY", "OPENAI_API_KEY", "ANTHROPIC_API_KEY"):
        if "\x00" in key:  # no environment holds it
            monkeypatch.setattr("os.environ", {**os.environ, name: key})
        else:
            monkeypatch.setenv(name, key)
    with answering(always(http(completion(TEXT)))) as server, pytest.raises(UserMistake) as caught:
        outcome(server, model=model)
    assert (
        "holds no usable key" in str(caught.value),
        "0123456789" in str(caught.value),
        server.requests,
    ) == (True, False, [])


def test_a_redirect_is_not_followed_with_the_key() -> None:
    with answering(always(http(completion(TEXT)))) as other:
        found = answered(
            http(b"", f"location: {other.url}/chat/completions", status="307 Temporary Redirect")
        )
        assert (getattr(found, "kind", ""), other.requests) == ("not found", [])


# ---- size


def test_a_reply_beyond_its_bound_is_dropped() -> None:
    found = answered(http(b" " * (OVERHEAD + 64 * 1024 + 1) + completion(TEXT)))
    assert (getattr(found, "kind", ""), getattr(found, "billed", False)) == ("too large", True)


def _peak_of(sent: Script) -> tuple[object, float]:
    with answering(sent) as server:
        tracemalloc.start()
        found = outcome(server)
        peak = tracemalloc.get_traced_memory()[1] / 2**20
        tracemalloc.stop()
    return found, peak


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_a_bomb_is_unpacked_no_further_than_the_bound(encoding: str) -> None:
    flat = b" " * 300_000_000
    packed = gzip.compress(flat, 9) if encoding == "gzip" else zlib.compress(flat, 9)
    found, peak = _peak_of(always(http(packed, f"content-encoding: {encoding}")))
    assert (getattr(found, "kind", ""), peak < 40) == ("too large", True)


@pytest.mark.parametrize("encoding", ["br", "zstd", "compress", "gzip"])
def test_an_encoding_that_is_not_known_or_wrong_is_one_sentence(encoding: str) -> None:
    found = answered(http(b"\x1b\x03\x00" * 50, f"content-encoding: {encoding}"))
    assert isinstance(found, TeacherDown)


def test_a_body_without_end_is_dropped() -> None:
    def endless(_: int, to: socket.socket) -> None:
        to.sendall(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
        while True:
            to.sendall(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")

    found, peak = _peak_of(endless)
    assert (getattr(found, "kind", ""), peak < 40) == ("too large", True)


def test_a_reply_of_many_items_is_read_within_the_bound() -> None:
    many = json.dumps({"examples": [{"question": "q", "answer": "a", "quotes": []}] * 20_000})
    found = answered(http(completion(many)), Request("You write.", "Excerpt: 14.", Several))
    assert isinstance(found, Reply | Unusable | TeacherDown)


# ---- waiting


@pytest.mark.parametrize(
    "wait", ["", "0", "-5", "soon", "nan", "Tue, 01 Dec 2015 10:00:00 GMT", "9" * 400]
)
def test_a_server_that_is_always_busy_is_waited_for_no_longer_than_is_set(wait: str) -> None:
    said: list[str] = []
    body = json.dumps({"error": {"message": "slow down"}}).encode()
    with answering(
        always(http(body, f"retry-after: {wait}", status="429 Too Many Requests"))
    ) as server:
        found, spent = bought(server, BreakerSettings(2.0, said.append))
    assert isinstance(found[0], TeacherDown)
    assert (found[0].kind, spent) == ("gone", Spending(0, 0))
    assert (
        "answered 429: slow down; that is as long as budget.wait_minutes = 0.0333333 allows; no more calls are made"
        in str(found[0])
    )
    assert said[0].endswith("answered 429: slow down; trying again")


def test_who_is_asked_to_wait_for_hours_ends_at_once_and_says_so() -> None:
    body = json.dumps({"error": {"message": "Daily limit reached"}}).encode()
    with answering(
        always(http(body, "retry-after: 43200", status="429 Too Many Requests"))
    ) as server:
        found, _ = bought(server, BreakerSettings(600))
    words = "Daily limit reached; it asks to wait 12 hours, longer than budget.wait_minutes = 10; no more calls are made"
    assert words in str(found[0])


def _hundred_continue(_: int, to: socket.socket) -> None:
    while True:
        to.sendall(b"HTTP/1.1 100 Continue\r\n\r\n" * 50)
        time.sleep(0.05)


def _drip(_: int, to: socket.socket) -> None:
    to.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n")
    while True:
        to.sendall(b" ")
        time.sleep(0.05)


def _slow_head(_: int, to: socket.socket) -> None:
    for byte in b"HTTP/1.1 200 OK\r\nx: " + b"y" * 1000:
        to.sendall(bytes([byte]))
        time.sleep(0.05)


def _silence(_: int, to: socket.socket) -> None:
    to.recv(1)  # until the other side goes


@pytest.mark.parametrize("script", [_silence, _hundred_continue, _drip, _slow_head])
def test_a_server_that_never_answers_is_waited_for_no_longer_than_is_set(script: Script) -> None:
    with answering(script) as server:
        found, spent = bought(server, BreakerSettings(2.0))
    assert str(found[0]).startswith(
        "no answer from the teacher for 2 seconds; that is as long as budget.wait_minutes"
    )
    assert (spent.known, spent.uncertain > 0) == (0, True)  # nobody knows what the server did


@pytest.mark.parametrize(
    "header",
    ["x-ratelimit-limit-tokens: 1", "x-ratelimit-limit-requests: 0", "x-ratelimit-limit-tokens: 0"],
)
def test_a_limit_below_what_the_server_has_just_done_holds_nobody_back(header: str) -> None:
    with answering(always(http(completion(TEXT), header))) as server:
        found, _ = bought(server, BreakerSettings(5.0), requests=20)
    assert all(isinstance(one, PaidAnswer) for one in found)


def test_a_limit_of_one_a_minute_is_said_where_it_is_waited_for() -> None:
    with answering(always(http(completion(TEXT), "x-ratelimit-limit-requests: 1"))) as server:
        found, _ = bought(server, BreakerSettings(2.0), requests=20)
    late = [str(one) for one in found if isinstance(one, TeacherDown)]
    assert "the server takes about 1 request a minute; that is as long as" in late[-1]


def test_a_ledger_of_hostile_replies_holds_no_negative_money(tmp_path: Path) -> None:
    ledger = opened(tmp_path / "ledger.db")
    with answering(
        always(http(completion(TEXT, {"prompt_tokens": -(10**9), "completion_tokens": -(10**9)})))
    ) as server:
        teacher = teacher_of(settings(server), Path(), lambda _: None)
        asyncio.run(_once(OnlineClient(Accounting(teacher, ledger, PRICE))))
    with sqlite3.connect(tmp_path / "ledger.db") as db:
        rows = [
            *db.execute("SELECT tokens_in, tokens_out, nanousd FROM answers"),
            *db.execute("SELECT 1, 1, nanousd FROM sends"),
        ]
    assert min(min(row) for row in rows) > 0


async def _once(asking: OnlineClient) -> None:
    await ask(asking, ASKED)
    await asking.teacher.close()
