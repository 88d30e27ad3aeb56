"""Prices: from the recipe first, then from the snapshot; counted in whole nanodollars, rounded up."""

import socket
import threading
from fractions import Fraction
from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from factory.calls.prices import FREE, Price, price_of
from factory.core.settings import BudgetSettings, PriceSettings, TeacherSettings
from tests.world import LAW

PRICE = Price(input=3.0, output=15.0, cache_read=0.3, cache_write=3.75, batch=0.5)
COUNT = st.integers(0, 200_000)


def teacher(model: str = "openai/gpt-5-mini", **changes: object) -> TeacherSettings:
    server = {"base_url": "http://127.0.0.1:1/v1"} if model.startswith("compatible/") else {}
    return TeacherSettings.model_validate({"name": "chief", "model": model, **server, **changes})


def test_a_dollar_per_million_tokens_is_a_thousand_nanodollars_per_token() -> None:
    assert (PRICE.nanousd(1, 0), PRICE.nanousd(0, 1), PRICE.nanousd(1_000_000, 0)) == (
        3000,
        15000,
        3 * 10**9,
    )


def test_cached_tokens_are_among_those_in_and_have_their_own_price() -> None:
    assert (
        PRICE.nanousd(100, 10, cache_read=60, cache_write=20)
        == 20 * 3000 + 60 * 300 + 20 * 3750 + 10 * 15000
    )


def test_a_batch_interface_asks_its_share() -> None:
    assert PRICE.nanousd(1000, 10, batch=True) == PRICE.nanousd(1000, 10) // 2


def test_a_part_of_a_nanodollar_is_rounded_up_and_a_whole_one_is_not() -> None:
    odd = Price(input=0.0001, output=0.3, cache_read=0, cache_write=0)
    assert (odd.nanousd(1, 0), odd.nanousd(10, 0), odd.nanousd(11, 0), odd.nanousd(0, 3)) == (
        1,
        1,
        2,
        900,
    )


@LAW
@given(COUNT, COUNT, COUNT, COUNT, st.booleans())
def test_money_is_exact(plain: int, out: int, read: int, written: int, batch: bool) -> None:
    exact = (
        (plain * 3 + out * 15 + read * Fraction(3, 10) + written * Fraction(375, 100))
        * 1000
        * (Fraction(1, 2) if batch else 1)
    )
    assert PRICE.nanousd(plain + read + written, out, read, written, batch) == ceil(exact)


def test_a_local_teacher_is_free() -> None:
    assert (price_of(teacher("local/finch")), FREE.nanousd(10**6, 10**6, 5, 5)) == (FREE, 0)


def test_the_price_of_a_compatible_server_is_unknown_until_the_recipe_tells_it() -> None:
    told = teacher("compatible/finch", price={"input": 1, "output": 2})
    assert (price_of(teacher("compatible/finch")), price_of(told)) == (
        None,
        Price(1.0, 2.0, 1.0, 1.0, 1.0),
    )


def test_the_recipe_beats_the_snapshot() -> None:
    price = {"input": 3.0, "output": 15.0, "cache_read": 0.3, "cache_write": 3.75}
    assert price_of(teacher(price=price)) == PRICE


def test_a_batch_share_may_be_told() -> None:
    assert price_of(teacher(price={"input": 3.0, "output": 15.0, "batch": 0.8})) == Price(
        3.0, 15.0, 3.0, 3.0, 0.8
    )


@pytest.mark.parametrize(
    ("model", "price"),
    [
        ("openai/gpt-5-mini", (0.25, 2.0, 0.025, 0.25)),  # writing to the cache costs nothing more
        ("openai/gpt-5-mini-2025-08-07", (0.25, 2.0, 0.025, 0.25)),
        ("anthropic/claude-haiku-4-5", (1.0, 5.0, 0.1, 1.25)),
        (
            "anthropic/claude-sonnet-4-5",
            (3.0, 15.0, 0.3, 3.75),
        ),  # tiered: the price below 200,000 tokens
    ],
)
def test_a_known_model_has_the_price_of_the_snapshot(
    model: str, price: tuple[float, float, float, float]
) -> None:
    found = price_of(teacher(model))
    assert found == Price(*price, batch=0.5, source="the snapshot of genai-prices 0.2.3")


@pytest.mark.parametrize("model", ["openai/finch", "anthropic/finch-9"])
def test_the_price_of_an_unknown_model_is_unknown(model: str) -> None:
    assert price_of(teacher(model)) is None


def test_the_snapshot_needs_no_network_and_no_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    def connected(*_: object) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket.socket, "connect", connected)
    before = threading.active_count()
    assert (price_of(teacher()) is not None, threading.active_count()) == (True, before)


@pytest.mark.parametrize(
    ("price", "words"),
    [
        (FREE, "free: the teacher runs on this machine"),
        (PRICE, "$3 per million tokens in and $15 out, by the recipe"),
        (
            price_of(teacher()),
            "$0.25 per million tokens in and $2 out, by the snapshot of genai-prices 0.2.3",
        ),
    ],
)
def test_a_price_says_whom_it_is_from(price: Price, words: str) -> None:
    assert price.words == words


def test_a_price_below_nothing_and_a_budget_of_nothing_are_refused() -> None:
    with pytest.raises(ValidationError):
        PriceSettings(input=-1, output=2)
    with pytest.raises(ValidationError):
        BudgetSettings(usd=0)
