"""No form of a key is left in a text."""

import base64
import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.core.redaction import keys_in_use, scrub, scrub_error, scrub_json

KEY = "sk-planted-0123456789/+abcdef"


@pytest.mark.parametrize(
    "form",
    [
        KEY,
        KEY.upper(),
        quote(KEY, safe=""),
        json.dumps(KEY)[1:-1],
        KEY.replace("/", "\\/"),
        "".join(f"\\u{ord(c):04x}" for c in KEY),
        KEY.encode().hex(),
        " ".join(KEY),
        "\u200b".join(KEY),
        f"{KEY[:9]}\n  {KEY[9:]}",
        f"{KEY[:9]}\u00ad{KEY[9:20]}\r\n{KEY[20:]}",
        "sk-pl...bcdef",
        "sk-pla****cdef",
        "sk-planted-…ef",
        "sk-plXXXXXXXXXcdef",
        "*****bcdef",
        "sk-planted-<hidden>",
        "sk-pl[REDACTED]def",
    ],
)
def test_a_key_is_replaced_in_every_form(form: str) -> None:
    assert scrub(f'Incorrect key "{form}" given.', (KEY,)) == 'Incorrect key "[key]" given.'


@pytest.mark.parametrize("user", ["", "u", "us", "user", "admin"])
@pytest.mark.parametrize("urlsafe", [False, True])
def test_no_basic_authentication_is_left(user: str, urlsafe: bool) -> None:
    encode = base64.urlsafe_b64encode if urlsafe else base64.b64encode
    left = scrub(encode(f"{user}:{KEY}".encode()).decode(), (KEY,))
    begins, _, ends = left.partition("[key]")
    assert len(begins) <= 4 + 4 * (len(user) + 1) // 3
    assert len(ends) <= 4


def test_an_errors_words_lose_the_end_of_a_key_too_and_anybodys_key() -> None:
    assert (
        scrub_error("the key ending in abcdef, or sk-other***9", (KEY,))
        == "the key ending in [key], or [key]"
    )


def test_a_text_that_only_resembles_a_key_stays() -> None:
    text = "The sk-learn plant... 0123 *** abc: see pages 4...89 of def."
    assert scrub(text, (KEY,)) == text


def test_json_is_scrubbed_within() -> None:
    given_ = {f"a {KEY}": [KEY, 1, None, {"b": f"x{KEY}y"}]}
    assert scrub_json(given_, (KEY,)) == {"a [key]": ["[key]", 1, None, {"b": "x[key]y"}]}


def test_a_word_that_stands_for_no_key_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMPATIBLE_API_KEY", "EMPTY")
    monkeypatch.setenv("OPENAI_API_KEY", f" {KEY}\n")
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    monkeypatch.delenv("HF_TOKEN", raising=False)
    assert keys_in_use() == (KEY,)


PARTS = st.sampled_from([KEY, "...", "***", "sk-", "abcdef", " ", '"', "a", KEY[:9], KEY[-9:], "…"])


@given(st.lists(PARTS, max_size=12))
def test_a_whole_key_is_never_left(parts: list[str]) -> None:
    assert KEY not in scrub("".join(parts), (KEY,))
