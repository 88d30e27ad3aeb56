"""Facts are sentences that are understood on their own, with a value that code can check."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.documents.checkable_facts import CheckableFact, find_facts
from tests.world import LAW, chunk, span

FACT = "The Marrow Street depot washes a tram within 40 minutes."
FRAGMENTS = [
    "Every tram of the depot is washed within 14 days. ",
    "The depot opens at 6:00 ",
    "31 March 2025 ",
    "3 keys ",
    "of Ada Finch. ",
    "- ",
    "it ",
]
TEXTS = st.lists(
    st.sampled_from([*FRAGMENTS, "\n", "\n\n", "1. ", "😀 ", "5 to 10 ", "e\u0301"]), max_size=12
).map("".join) | st.text(max_size=60)


def targets(text: str) -> list[str]:
    return [f.target.text for f in find_facts(chunk(text))]


def test_a_sentence_with_a_number_is_a_fact() -> None:
    text = f"Trams rest. {FACT} Trams wait."
    assert find_facts(chunk(text)) == [CheckableFact(span(FACT, text), span("40 minutes", text))]


@pytest.mark.parametrize(
    ("text", "target"),
    [
        (FACT, "40 minutes"),
        ("The Marrow Street depot was opened by Finch on 31 March 2025.", "31 March 2025"),
        ("The chief of the Marrow Street depot keeps 3 keys.", "3 keys"),
        ("- The chief of the Marrow Street depot keeps 3 keys.", "3 keys"),
    ],
)
def test_the_value_is_what_is_asked_for(text: str, target: str) -> None:
    assert targets(text) == [target]


@pytest.mark.parametrize(
    "text",
    [
        "The Marrow Street depot is washed by the chief herself.",
        "It is washed by the drivers of the depot within 14 days.",
        "Trams of the Marrow Street depot are not washed within 14 days.",
        "Wash within 14 days.",
        "A tram is scrapped if one of these is true:\n\n- The Marrow Street depot lost it for 14 days.",
        "The Depot Manager, Depot Clerk, or a driver named by them checks every night tram.",
        "Press the brass bell of the tram for 3 seconds at Marrow Street.",
        "The Depot Manager on call checks every night tram of Marrow Street.",
        "At a brake interval of 9 metres, the memory is full after 20 days.",
        "The bell button blinks when 15 per cent of tram charge remains.",
        "Calibration is valid for 12 months after each repair and test.",
        "Until the replacement arrives, trams of up to 4 wheels wait at Marrow Street.",
        "The court at Marrow Street then decides with 3 judges and clerks.",
        "Every tram ends its two-week brake test at the Marrow Street depot.",
        "| tram of the Marrow Street depot | washed | within 14 days |",
        "the trams of the Marrow Street depot, within 14 days",
        "",
    ],
)
def test_a_sentence_that_no_one_can_be_asked_about_is_no_fact(text: str) -> None:
    assert targets(text) == []


def test_first_facts_of_all_sentences_come_before_second_ones() -> None:
    text = f"The depot chief washes 3 trams within 20 minutes on Monday. {FACT}"
    assert targets(text) == ["3 trams", "40 minutes", "20 minutes"]


def test_a_teacher_is_not_shown_the_number_it_asks_for() -> None:
    assert ["40" in f.hinted for f in find_facts(chunk(FACT))] == [False]


@LAW
@given(TEXTS)
def test_facts_are_slices_of_the_chunk(text: str) -> None:
    spans = [s for f in find_facts(chunk(text)) for s in (f.sentence, f.target)]
    assert [text[s.start : s.end] for s in spans] == [s.text for s in spans]


@LAW
@given(TEXTS)
def test_what_is_asked_for_is_in_its_sentence(text: str) -> None:
    assert all(
        f.sentence.start <= f.target.start < f.target.end <= f.sentence.end
        for f in find_facts(chunk(text))
    )


@pytest.mark.parametrize(
    ("text", "hinted"),
    [
        (FACT, "The Marrow Street depot washes a tram within [how many] minutes."),
        (
            "The night tram of Marrow Street leaves on 31 March 2025 with a band, and the mayor waves.",
            "The night tram of Marrow Street leaves on [which date] with a band.",
        ),
        (
            "The night tram of Marrow Street leaves the depot at 23:15.",
            "The night tram of Marrow Street leaves the depot at [what time].",
        ),
        (
            "A driver of the night tram signs form T-7 before the ride.",
            "A driver of the night tram signs [which form] before the ride.",
        ),
        (
            "A night tram with a brass band earns a fare supplement of 12 per cent.",
            "A night tram with a brass band earns a fare supplement of [what percentage].",
        ),
        (
            "The Depot Manager keeps every record of a crash, tests made, and steps taken at Marrow Street.",
            "[who] keeps every record of a crash, tests made, and steps taken at Marrow Street.",
        ),
        (
            "The brakes of every night tram are checked by the Depot Manager.",
            "The brakes of every night tram are checked by [whom].",
        ),
        (
            "The Depot Manager checks the brakes of every night tram.",
            "[who] checks the brakes of every night tram.",
        ),
    ],
)
def test_the_hint_replaces_the_answer_and_later_clauses_are_cut(text: str, hinted: str) -> None:
    assert [f.hinted for f in find_facts(chunk(text))] == [hinted]


@pytest.mark.parametrize(
    "text",
    [
        "The Depot Manager or the Night Officer checks the brakes of every tram.",
        "The limit is 40 trams for all lines in one year of service.",
        "Tram oil of the Marrow Street depot is kept at 5 to 10 °C in winter.",
        "Night trams of type Polarcase 40 wait for their drivers at the Marrow Street depot.",
    ],
)
def test_what_a_question_could_not_be_sure_of_is_not_asked(text: str) -> None:
    assert targets(text) == []
