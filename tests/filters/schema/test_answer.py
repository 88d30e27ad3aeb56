"""Formal faults of an answer are found."""

import pytest

from filters.schema.answer import (
    find_broken_ending,
    find_placeholder,
    find_prompt_echo,
    find_text_mention,
)
from tests.world import QUESTION


@pytest.mark.parametrize(
    "text",
    [
        "As an AI, I wash no trams.",
        "[number of days]",
        "{answer}",
        "TBD",
        "I cannot answer this.",
        "(insert name)",
    ],
)
def test_a_placeholder_is_not_an_answer(text: str) -> None:
    assert find_placeholder(text)


@pytest.mark.parametrize(
    "text", ["14 days", "the AI lead", "[see the map](depot.md)", '{"days": 14}', "the todo list"]
)
def test_an_answer_is_not_a_placeholder(text: str) -> None:
    assert find_placeholder(text) == ""


@pytest.mark.parametrize(
    "text",
    [
        "within 14 days of the",
        "Trams are washed and",
        "a key (for the north",
        'a sign that says "no',
        "Trams are washed…",
        "the keys:",
        "Trams are washed. " * 10 + "The depot keeps its doors open",
    ],
)
def test_an_answer_that_ends_in_the_middle_breaks_off(text: str) -> None:
    assert find_broken_ending(text)


@pytest.mark.parametrize(
    "text",
    [
        "14 days",
        'a 6.1" screen',
        '"clause 12"',
        "a) keys",
        "the driver is logged in",
        "Trams are washed. " * 10 + "Nobody is in.",
        "Two doors:\n" + "- a door that is open. Always so\n" * 8,
    ],
)
def test_an_answer_that_ends_does_not_break_off(text: str) -> None:
    assert find_broken_ending(text) == ""


@pytest.mark.parametrize(
    "text",
    [
        "Answer: 14 days",
        f"{QUESTION} 14 days",
        "<|im_start|>14 days",
        "Sure! 14 days",
        "Here is the answer: 14",
    ],
)
def test_an_answer_that_repeats_its_prompt_is_an_echo(text: str) -> None:
    assert find_prompt_echo(QUESTION, text)


@pytest.mark.parametrize(
    "text", ["14 days", "A: 3 m, B: 4 m", "Sure tracks are washed.", "Output: 12 V"]
)
def test_a_plain_answer_is_not_an_echo(text: str) -> None:
    assert find_prompt_echo(QUESTION, text) == ""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("The passage says 14 days", "The passage"),
        ("due to the fact that it rains", ""),
        ("a text message", ""),
    ],
)
def test_words_about_the_text_are_found(text: str, words: str) -> None:
    assert find_text_mention(text) == words
