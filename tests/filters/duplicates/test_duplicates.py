"""What repeats an earlier example, and what only looks like it."""

from collections.abc import Iterable
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.core.records import Example
from filters.duplicates.duplicates import file_order, find_duplicates, judge_duplicates
from filters.duplicates.same_facts import InstructionResponse
from filters.text.segment import words
from tests.world import FEW, OPENING, QUESTION, WASHING, chunk, example, examples

OPENS = "When does the Marrow Street depot open every day?"
LONG = "The washing hall of the Marrow Street depot cleans every tram that comes in from the northern line"


def drop_duplicates(examples: Iterable[Example]) -> list[Example]:
    return list(judge_duplicates(sorted(examples, key=file_order)))


def repeats(*texts: str) -> list[int | None]:
    """Of questions without an answer."""
    return list(find_duplicates([(text, "") for text in texts]))


def test_an_exact_repeat_is_found() -> None:
    assert repeats(f"{LONG}.", "Trams rest.", f"{LONG}.") == [None, None, 0]


def test_a_reworded_repeat_is_found() -> None:
    assert repeats(f"{LONG}.", f"{LONG.replace('cleans every', 'has cleaned every')}, please.") == [
        None,
        0,
    ]


def test_the_same_words_in_another_frame_are_found_however_few_word_pairs_are_left() -> None:
    assert repeats(
        "Is the depot of Marrow Street closed for us?", "Was Marrow Street's depot closed?"
    ) == [None, None]
    assert repeats(
        "What is the charge for the depot?", "For that depot what would the charge be?"
    ) == [None, None]
    assert repeats(
        "What is the charge for a tram at the depot?", "What charge does a tram have in a depot?"
    ) == [None, 0]


@pytest.mark.parametrize(
    "frame", ["Just to be sure, ", "A colleague wants to know: ", "I would like to know "]
)
def test_a_short_question_in_a_frame_is_found(frame: str) -> None:
    assert repeats("How often do trams rest?", f"{frame}how often do trams rest?") == [None, 0]


def test_of_two_frames_about_one_question_the_second_is_a_repeat() -> None:
    assert repeats("Do you know how often trams rest?", "Any idea how often the trams rest?") == [
        None,
        0,
    ]


def test_a_text_with_another_word_is_kept() -> None:
    assert repeats(LONG, f"{LONG} daily") == [None, None]


def test_a_text_about_something_else_is_kept() -> None:
    assert repeats(LONG, "The canteen sells soup to drivers and washers") == [None, None]


def test_texts_without_words_repeat_nothing() -> None:
    assert repeats("", "?!", "") == [None, None, None]


def test_no_texts_have_no_duplicates() -> None:
    assert repeats() == []


def test_the_same_question_with_another_answer_is_kept() -> None:
    assert list(find_duplicates([(QUESTION, "yes"), (QUESTION, "no"), (QUESTION, "")])) == [
        None,
        None,
        None,
    ]


def test_without_an_instruction_the_answers_decide() -> None:
    assert list(find_duplicates([("", LONG), ("", LONG), ("", OPENS)])) == [None, 0, None]


def test_a_copy_of_a_repeat_repeats_what_that_repeats() -> None:
    assert repeats(LONG, f"{LONG}!", f"{LONG}!") == [None, 0, 0]


def test_only_an_earlier_text_that_is_kept_can_be_repeated() -> None:
    assert repeats(LONG, *[f"{LONG}{mark}" for mark in ".!?…"]) == [None, 0, 0, 0, 0]


def test_more_repeats_of_one_text_than_a_bucket_looks_at_in_pairs_are_all_found() -> None:
    found = repeats(*[f"{LONG}{'!' * i}" for i in range(300)])
    assert found == [None, *[0] * 299]


def test_numbers_after_one_template_are_told_apart_and_repeats_among_them_are_found() -> None:
    texts = [f"{LONG} within {n} minutes." for n in range(300)]
    assert repeats(*texts, *[t[:-1] for t in texts]) == [*[None] * 300, *range(300)]


def test_texts_without_spaces_are_held_against_each_other_by_character() -> None:
    chinese = "每辆电车在上次清洗后十四天内必须再次清洗"
    assert repeats(chinese, f"{chinese}。", "仓库的主任保管三把钥匙") == [None, 0, None]


def _merged(texts: list[str]) -> list[int]:
    return [i for i, earlier in enumerate(repeats(*texts)) if earlier is not None]


@FEW
@given(st.text(max_size=60).filter(words))
def test_every_text_with_a_word_repeats_itself(text: str) -> None:
    assert repeats(text, text) == [None, 0]


TALK = st.lists(
    st.sampled_from("tram depot washed opens not 14 15 days may must chief Finch at 6:00".split()),
    max_size=9,
).map(" ".join)


@FEW
@given(st.lists(st.tuples(TALK, TALK), max_size=40))
def test_what_is_found_is_the_first_kept_one_and_never_a_repeat(
    pairs: list[InstructionResponse],
) -> None:
    found = list(find_duplicates(pairs))
    assert all(
        earlier < i and found[earlier] is None
        for i, earlier in enumerate(found)
        if earlier is not None
    )
    kept = [pair for pair, earlier in zip(pairs, found, strict=True) if earlier is None]
    assert list(find_duplicates(kept)) == [None] * len(kept)


@FEW
@given(st.lists(st.integers(0, 100_000), unique=True))
def test_texts_that_differ_in_a_number_are_never_merged(counts: list[int]) -> None:
    assert _merged([f"{LONG} within {n} minutes." for n in counts]) == []


@FEW
@given(st.lists(st.dates(), unique=True))
def test_texts_that_differ_in_a_date_are_never_merged(days: list[date]) -> None:
    assert _merged([f"{LONG} from {day} on." for day in days]) == []


def test_texts_that_differ_in_a_name_are_never_merged() -> None:
    assert (
        _merged(
            [f"{LONG} for {name}, the chief." for name in ("Ada Finch", "Ada Brook", "Ben Finch")]
        )
        == []
    )


@pytest.mark.parametrize("denial", ["not", "never"])
def test_texts_that_differ_in_a_denial_are_never_merged(denial: str) -> None:
    assert repeats(f"{LONG} and does rest.", f"{LONG} and does {denial} rest.") == [None, None]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("5-10 days", "5-12 days"),
        ("5 million", "5 thousand"),
        ("two hundred seats", "two seats"),
        ("3.1.2", "3.1.3"),
        ("10.0.0.1", "10.0.0.2"),
        ("555-0123", "555-0124"),
        ("6 am", "6 pm"),
        ("once a week", "twice a week"),
        ("daily", "weekly"),
        ("room 4b", "room 4c"),
        ("Finch", "Brook"),
        ("5/12/2024", "12/5/2024"),
        ("from 5 to 12", "from 12 to 5"),
        ("the first floor", "the third floor"),
        ("the north gate", "the south gate"),
    ],
)
def test_texts_that_differ_in_one_fact_are_never_merged(one: str, other: str) -> None:
    assert _merged([f"{LONG}, is it so in winter? {fact}" for fact in (one, other)]) == []


def test_a_repeat_is_rejected_with_the_example_that_it_repeats() -> None:
    verdict = drop_duplicates(examples((QUESTION, "14 days"), (QUESTION, "14 days")))[1].verdicts[0]
    assert (verdict.filter, verdict.passed, verdict.reason) == (
        "duplicates",
        False,
        f'It repeats example e1 ("{QUESTION}").',
    )


def test_of_two_repeats_the_held_out_one_is_kept() -> None:
    judged = drop_duplicates(
        [
            example(id="e1", split="train"),
            example(id="e2", split="val"),
            example(id="e3", split="test"),
        ]
    )
    assert [(e.id, e.verdicts[0].passed) for e in judged] == [
        ("e3", True),
        ("e2", False),
        ("e1", False),
    ]


@FEW
@given(
    st.permutations(
        examples(
            (QUESTION, "14 days"), (QUESTION, "fourteen days"), (OPENS, "6:00"), (OPENS, "at 6:00")
        )
    )
)
def test_the_order_of_arrival_does_not_matter(arrived: list[Example]) -> None:
    judged = drop_duplicates(arrived)
    assert [(e.id, e.verdicts[0].reason[:26]) for e in judged] == [
        ("e1", ""),
        ("e2", 'It repeats example e1 ("Wi'),
        ("e3", ""),
        ("e4", 'It repeats example e3 ("Wh'),
    ]


def test_labels_of_other_texts_are_no_repeats_where_the_text_is_what_is_asked() -> None:
    labels = [
        example(id=f"e{i}", instruction="Which label?", response="washing", chunk=chunk(t))
        for i, t in enumerate((OPENING, WASHING))
    ]
    judged = list(judge_duplicates(labels, asked=lambda e: e.chunk.text))
    assert [e.verdicts[0].passed for e in judged] == [True, True]
