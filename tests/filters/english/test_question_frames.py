"""Phrases that only introduce a question are removed; similar ones that matter stay."""

import pytest

from filters.english.question_frames import normalize_question, strip_frames

ASKED = "within how many days is a tram washed?"


@pytest.mark.parametrize(
    "frame",
    [
        "Just to be sure, ",
        "To be quite certain: ",
        "Could you tell me: ",
        "Can you please tell me ",
        "Would anybody kindly explain to us ",
        "A colleague wants to know: ",
        "Our chief of the depot has asked: ",
        "The driver asks, ",
        "I need to know this: ",
        "I would like to know ",
        "I'd really like to ask you ",
        "We're wondering whether ",
        "I am not sure ",
        "Please answer this question: ",
        "A quick question – ",
        "Excuse me, ",
        "Out of curiosity, ",
        "If you don't mind my asking, ",
        "Do you know ",
        "Does anyone happen to know ",
        "Any idea ",
        "Please tell me ",
        "May I ask ",
        "Hello there! I have a short question: do you know ",
        "Thanks in advance. Well, ",
    ],
)
def test_words_of_asking_and_courtesy_are_a_frame(frame: str) -> None:
    assert strip_frames(f"{frame}{ASKED}") == ASKED


@pytest.mark.parametrize(
    "question",
    [
        "The driver asks whom about a delay?",
        "The driver asks, in case of delay, whom?",
        "Who wants to know how many trams run?",
        "To confirm, which key is pressed?",
        "For a customer, how many days is the ticket valid?",
        "If a customer asks, how many days are named?",
        "Can the driver tell me how many trams run?",
        "What do we need to know about trams?",
        "Please wash the trams.",
        "So, the depot opens at 6:00.",
        "Just to be sure, press the bell twice.",
        "Do you know the driver?",
        "I would like to know more.",
        "Well, why?",
    ],
)
def test_the_question_itself_is_not_a_frame(question: str) -> None:
    assert strip_frames(question) == question


def test_whom_a_question_refers_to_stays() -> None:
    asks = "The driver wants to know: how often may she rest?"
    assert (strip_frames(asks), strip_frames(asks.replace("she", "a driver"))) == (
        asks,
        "how often may a driver rest?",
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("What number of trams rest?", "how many trams rest?"),
        ("Which person holds the keys?", "who holds the keys?"),
        ("Could you tell me at what time the depot opens?", "when the depot opens?"),
        ("How frequently are trams washed?", "how often are trams washed?"),
        ("What is the amount of the fee?", "how much the fee?"),
    ],
)
def test_question_words_of_one_meaning_have_one_wording(one: str, other: str) -> None:
    assert normalize_question(one) == other


def test_another_question_word_is_left_as_it_is() -> None:
    assert (
        normalize_question("Which number is on the tram, and what time is it?")
        == "Which number is on the tram, and what time is it?"
    )
