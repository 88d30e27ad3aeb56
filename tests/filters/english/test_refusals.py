"""An answer that only says that it does not know is a refusal."""

import pytest

from factory.core.prompts import prompt_text
from filters.english.refusals import is_refusal


def test_the_refusal_that_is_trained_counts_as_one() -> None:
    assert is_refusal(prompt_text("refusal"))


@pytest.mark.parametrize(
    "answer",
    [
        "I do not know the answer to that.",
        "The excerpt doesn't mention the fee.",
        "It is not stated.",
        "Not specified in the text.",
        "This is not mentioned in the excerpt.",
        "Sorry, I can't answer that.",
        "There is no information about this.",
        "The question cannot be answered from the excerpt.",
        "I'm not sure.",
        "Unknown",
    ],
)
def test_an_answer_that_says_it_does_not_know_is_a_refusal(answer: str) -> None:
    assert is_refusal(answer)


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "14 days",
        "No.",
        "No, trams are not washed on Sunday.",
        "Drivers who do not know the code ask the depot chief.",
        "I don't know, but I think it is 14 days.",
        "Nothing",
        "The key is not given to guests.",
        "Damage is not covered by this section.",
        "Prices are not stated in crowns.",
    ],
)
def test_an_answer_that_only_negates_something_is_not_a_refusal(answer: str) -> None:
    assert not is_refusal(answer)
