"""An address that nothing can be sent to is the user's mistake, before any call."""

from pathlib import Path

import pytest

from factory.core.base_url import endpoint, url_fault, without_query
from factory.core.errors import UserMistake
from factory.core.recipe import read_recipe
from tests.factory.test_pipeline import written

LONG = "a" * 64


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8000/v1",
        "https://api.example.com/v1/",
        "http://[::1]:8000/v1",
        "http://localhost",
        "http://my_host:8000",
        "http://bücher.example/v1",
        "HTTP://HOST/v1",
        "https://name.services.ai.azure.com/models",
    ],
)
def test_a_usual_address_has_no_fault(url: str) -> None:
    assert url_fault(url) == ""


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("http://h:99999/v1", "is not an address"),
        ("http://h:0/v1", "has port 0"),
        ("http://h:-5/v1", "is not an address"),
        ("http://h:x/v1", "is not an address"),
        ("http://h/v1 x", "holds a space"),
        ("http://h/\x00", "holds a space, backslash or control"),
        ("http://h/v1\n", "holds a space, backslash or control"),
        ("http://[::1/v1", "is not an address"),
        ("http://[zz]/v1", "is not an address"),
        ("http://[::1]8000/v1", "is not an address"),
        ("http://[v1.x]/v1", "is not an address"),
        ("ftp://h/v1", "must begin with http"),
        ("file:///etc/passwd", "must begin with http"),
        ("127.0.0.1:8000/v1", "must begin with http"),
        ("", "must begin with http"),
        ("http:///v1", "names no host"),
        (f"http://{LONG}.com/v1", "names no host"),
        (f"http://{'.'.join(['a' * 60] * 5)}/v1", "names no host"),
        ("http://a..b/v1", "names no host"),
        ("http://999.1.1.1/v1", "names no host"),
        ("http://user:word@h/v1", "holds a user or password"),
        ("http://h/v1#x", "holds a #"),
        ("http://h/v1/chat/completions", "must end before /chat/completions"),
        ("http://h/v1/messages/", "must end before /messages"),
    ],
)
def test_an_address_with_a_fault_is_one_sentence(url: str, fault: str) -> None:
    assert url_fault(url).startswith(fault)


def test_a_query_stays_behind_the_path_and_is_not_shown() -> None:
    url = endpoint("http://h/openai/?api-version=2&key=secret", "/chat/completions")
    assert (url, without_query(url)) == (
        "http://h/openai/chat/completions?api-version=2&key=secret",
        "http://h/openai/chat/completions",
    )


@pytest.mark.parametrize(
    "change", ["teachers.0.base_url=http://user:word@h/v1", "teachers.0.base_url=http://h:99999/v1"]
)
def test_a_recipe_with_such_an_address_is_refused_without_showing_a_password(
    tmp_path: Path, change: str
) -> None:
    recipe = written(tmp_path / "home", "http://h/v1")
    with pytest.raises(UserMistake, match=r"base_url (holds a user|is not an address)") as caught:
        read_recipe(recipe, (change,))
    assert "word" not in str(caught.value).replace("password", "")


@pytest.mark.parametrize(
    "change",
    [
        *(f"budget.usd={usd}" for usd in ("inf", "nan", "-1", "-inf", "1e300", "0")),
        *(f"budget.wait_minutes={minutes}" for minutes in ("inf", "nan", "-1", "0", '"long"')),
        *(
            f"teachers.0.price={{ input = {usd}, output = 1 }}"
            for usd in ("inf", "nan", "-1", "1e300")
        ),
    ],
)
def test_money_and_minutes_that_are_no_amount_are_refused(tmp_path: Path, change: str) -> None:
    recipe = written(tmp_path / "home", "http://h/v1")
    with pytest.raises(UserMistake, match=r"budget\.|price"):
        read_recipe(recipe, (change,))
