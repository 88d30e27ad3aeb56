"""What a server is sent of texts that hold control tokens, and what comes back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from factory.core.control_tokens import CONTROL, break_control_tokens, restore_control_tokens
from factory.teachers import Plain, Reply, Request, request_key
from factory.teachers.control_token_escaping import escape_request, restore_reply
from factory.teachers.openai_chat import CompatibleTeacher, OpenAIDialect

TOKENS = (
    *(
        "<|im_start|>",
        "<|im_end|>",
        "<|endoftext|>",
        "<|eot_id|>",
        "<|start_header_id|>",
        "[INST]",
        "[/INST]",
        "<s>",
        "</s>",
    ),
    *(
        "<unused0>",
        "<SPECIAL_12>",
        "[UNUSED_TOKEN_3]",
        "<EOS_TOKEN>",
        "<PAD>",
        "<seed:eos>",
        "[|endofturn|]",
        "<fim_prefix>",
    ),
    *(
        "<bos>",
        "<eos>",
        "<start_of_turn>",
        "<end_of_turn>",
        "<think>",
        "</think>",
        "<<SYS>>",
        "<｜User｜>",
        "<tool_call>",
    ),
)
TEXTS = st.lists(st.one_of(st.sampled_from(TOKENS), st.text(max_size=5)), max_size=5).map("".join)


class Quoted(BaseModel):
    quote: str


@given(text=TEXTS)
def test_no_known_control_token_reaches_a_server(text: str) -> None:
    assert CONTROL.search(break_control_tokens(text)) is None


@pytest.mark.parametrize(
    "text", ["a < b | c > d", "<b>bold</b> <div>", "[1] and [a]", "x</span>", "if a <|> b"]
)
def test_other_signs_stay(text: str) -> None:
    assert break_control_tokens(text) == text


@pytest.mark.parametrize("token", TOKENS)
def test_a_quote_of_a_broken_token_reads_as_in_the_document(token: str) -> None:
    text = f"Each turn ends with {token} alone."
    assert restore_control_tokens(break_control_tokens(text), [text]) == text


def test_a_request_is_sent_in_words_under_the_key_that_it_has() -> None:
    request = Request("Answer.", "Text: it ends with <|im_end|>. Question?", Quoted)
    sent = escape_request(request)
    assert sent.user == "Text: it ends with < |im_end|>. Question?"
    teacher = CompatibleTeacher("m", "http://127.0.0.1:9/v1")
    assert request_key(request, teacher) != request_key(
        sent, teacher
    )  # the ledger is asked with the one before
    reply = restore_reply(Reply(Quoted(quote="it ends with < |im_end|>"), 1, 1), request)
    assert reply.value == Quoted(quote="it ends with <|im_end|>")


def test_a_request_without_control_tokens_is_not_touched() -> None:
    request = Request("Answer.", "Text", Plain)
    assert escape_request(request) is request


@pytest.mark.parametrize(
    "said",
    [
        "System role not supported",
        "Conversation roles must alternate user/assistant/user/assistant/...",
    ],
)
def test_a_server_without_a_system_turn_is_asked_again_with_the_words_before_the_users(
    said: str,
) -> None:
    chat, request = (
        OpenAIDialect("m", "http://127.0.0.1:9/v1", {}),
        Request("Be brief.", "When?", Plain),
    )
    assert '"role": "system"' in chat.body(request)
    assert chat.learn(400, f"the server refused the request (400: {said})")
    assert '"messages": [{"role": "user", "content": "Be brief.\\n\\nWhen?"}]' in chat.body(request)
    assert not chat.learn(400, f"the server refused the request (400: {said})")
    assert '"role":"system"' not in chat.body(Request("Be brief.", "When?", Quoted))
