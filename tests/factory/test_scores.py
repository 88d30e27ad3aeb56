"""Scores: what counts as the same answer, and how sure a difference is."""

import string
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from factory.scores import METRICS, Interval, exact_match, needed_n, paired_interval, resampled_by, words

SAID = ["the", "depot", "opens", "at", "06:30", "-18", "°C", "1,200", "crowns", "."]
TEXTS = st.text() | st.lists(st.sampled_from(SAID)).map(" ".join)
DIFFERENCES = st.lists(st.floats(-1, 1), min_size=2, max_size=30)


def interval(differences: list[float], seed: int = 0) -> Interval:
    return paired_interval(differences, [f"q{number}" for number in range(len(differences))], seed)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The depot, at Orvane!", "depot at orvane"),
        ("**31 crowns** per shift.", "31 crowns per shift"),
        ("Don’t — it's closed", "dont its closed"),
        ("1,200 crowns", "1200 crowns"),
        ("1\u00a0200 crowns", "1200 crowns"),
        ("€5,000.50", "€ 5000.50"),
        ("0.5 or .5", "0.5 or 0.5"),
        ("0,200", "0,200"),
        ("2°C to 8 °C", "2 c to 8 c"),
        ("−18 °C, (-25)", "-18 c -25"),
        ("2-8 and 2–8", "2 8 and 2 8"),
        ("from 10:30.", "from 10:30"),
        ("2026-05-01", "2026 05 01"),
        ("<5%", "< 5 %"),
        ("(5)(8), 1/3", "5 8 1/3"),
        ("the", ""),
    ],
)
def test_words_are_those_of_squad_with_numbers_kept(text: str, expected: str) -> None:
    assert words(text) == expected.split()


@pytest.mark.parametrize(
    ("one", "other"),
    [("0.5", "5"), ("-18 °C", "18 °C"), ("10-20", "1020"), ("1.5", "15"), ("10:30", "1030"), ("5%", "5"), ("<5", ">5")],
)
def test_different_numbers_are_never_the_same_answer(one: str, other: str) -> None:
    assert exact_match(one, other) == 0


@given(st.text(alphabet=string.printable))
@settings(deadline=None)
def test_words_that_are_normalised_stay_as_they_are(text: str) -> None:
    assert words(" ".join(words(text))) == words(text)


def test_token_f1_counts_shared_words_whatever_their_order() -> None:
    assert METRICS["token_f1"]("30 minutes at most", "at most 30 minutes") == 1
    assert METRICS["token_f1"]("30 minutes", "within 30 minutes of arrival") == pytest.approx(4 / 7)


def test_a_word_said_twice_is_shared_once() -> None:
    assert METRICS["token_f1"]("crowns crowns", "crowns") == pytest.approx(2 / 3)


@pytest.mark.parametrize(("response", "right"), [("Card arrival.", 1.0), ("card_delivery", 0.0), ("", 0.0)])
def test_accuracy_is_of_the_same_label_however_it_is_spelled(response: str, right: float) -> None:
    assert METRICS["accuracy"](response, "card_arrival") == right


@pytest.mark.parametrize(
    ("response", "expected"),
    [
        ('{"trams": 11, "start": "2026-05-03", "use": null}', 1.0),
        ('{"start": "2026-05-03", "trams": 12}', 0.5),
        ('{"trams": 11}', 2 / 3),
        ('{"trams": 11, "start": "2026-05-03", "use": "day", "depot": "Marrow"}', 2 / 3),
        ("eleven trams", 0.0),
        ("{}", 0.0),
    ],
)
def test_field_f1_counts_the_fields_that_are_not_null(response: str, expected: float) -> None:
    assert METRICS["field_f1"](response, '{"trams": 11, "start": "2026-05-03", "use": null}') == pytest.approx(expected)


def test_field_f1_of_two_objects_without_a_value_is_1() -> None:
    assert METRICS["field_f1"]('{"trams": null}', '{"trams": null}') == 1.0


def test_field_f1_of_a_reference_that_is_no_object_is_that_of_the_whole() -> None:
    assert METRICS["field_f1"]("11 trams", "11 trams") == 1.0


def test_rouge_l_counts_only_words_in_the_same_order() -> None:
    assert METRICS["rouge_l"]("30 minutes at most", "at most 30 minutes") == pytest.approx(0.5)


@pytest.mark.parametrize("metric", [name for name in METRICS if name != "refusal"])
def test_nothing_said_scores_nothing_unless_nothing_was_to_be_said(metric: str) -> None:
    assert (METRICS[metric]("", "31 crowns"), METRICS[metric]("", "")) == (0, 1)


@pytest.mark.parametrize("metric", METRICS)
@given(one=TEXTS, other=TEXTS)
@settings(deadline=None)
def test_a_metric_lies_within_0_and_1_whichever_is_the_reference(metric: str, one: str, other: str) -> None:
    score = METRICS[metric](one, other)
    assert 0 <= score <= 1
    assert METRICS[metric](other, one) == score


@pytest.mark.parametrize("metric", METRICS)
@given(text=TEXTS)
@settings(deadline=None)
def test_an_identical_text_scores_1(metric: str, text: str) -> None:
    assert METRICS[metric](text, text) == 1


def test_from_ten_documents_on_they_are_resampled_whole() -> None:
    assert resampled_by([str(number % 10) for number in range(30)]) == "document"
    assert resampled_by([str(number % 9) for number in range(30)]) == "question"


@given(st.floats(0.001, 1), st.integers(1, 40))
@settings(max_examples=40, deadline=None)
def test_a_constant_difference_has_an_interval_without_width(difference: float, n: int) -> None:
    seen = interval([difference] * n)
    assert seen.low == pytest.approx(difference, abs=2e-6)
    assert seen.low == pytest.approx(seen.high, abs=2e-6)


@given(DIFFERENCES, st.integers(0, 5))
@settings(max_examples=40, deadline=None)
def test_the_same_seed_gives_the_same_interval_around_the_mean(differences: list[float], seed: int) -> None:
    seen = interval(differences, seed)
    assert seen == interval(differences, seed)
    assert min(differences) - 1e-6 <= seen.low <= seen.high <= max(differences) + 1e-6


@given(DIFFERENCES)
@settings(max_examples=40, deadline=None)
def test_swapping_the_models_mirrors_the_interval(differences: list[float]) -> None:
    seen, swapped = interval(differences), interval([-one for one in differences])
    assert (-swapped.mean, -swapped.high, -swapped.low) == pytest.approx((seen.mean, seen.low, seen.high), abs=2e-6)


@given(DIFFERENCES, st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_the_order_of_the_questions_leaves_the_interval_as_it_is(differences: list[float], random: Random) -> None:
    named = [(f"q{number}", one) for number, one in enumerate(differences)]
    random.shuffle(named)
    shuffled = paired_interval([one for _, one in named], [name for name, _ in named], 0)
    assert shuffled == interval(differences)


def test_differences_that_cancel_are_not_lifted_above_0_by_rounding() -> None:
    assert interval([0.1, 0.2, -0.3] * 3).low < 0
    assert interval([0.0] * 5) == Interval(mean=0, low=0, high=0)


def test_the_interval_has_about_the_width_that_theory_gives() -> None:
    normal = Random(0)
    differences = [normal.gauss(0.1, 1) for _ in range(400)]
    seen = interval(differences)
    assert (seen.high - seen.low) / 2 == pytest.approx(1.96 / 20, rel=0.1)


def test_questions_about_one_document_that_fare_alike_widen_the_interval() -> None:
    fares = [1.0, 0.0, 0.0, 1.0, -1.0, 1.0, 0.0, 1.0, -1.0, 0.0]
    differences = [fare for fare in fares for _ in range(9)]
    by_document = paired_interval(differences, [f"d{number // 9}" for number in range(90)], 0)
    by_question = interval(differences)
    assert by_document.mean == by_question.mean
    assert by_document.high - by_document.low == pytest.approx(3 * (by_question.high - by_question.low), rel=0.1)


def test_half_the_mean_takes_four_times_the_questions() -> None:
    assert needed_n(100, Interval(mean=0.1, low=-0.1, high=0.3)) == 400
    assert needed_n(100, Interval(mean=0.05, low=-0.15, high=0.25)) == 1600


def test_more_questions_than_were_asked_are_needed_where_it_is_open() -> None:
    assert needed_n(100, Interval(mean=0.1, low=-0.0, high=0.19)) == 101


@pytest.mark.parametrize(
    "seen",
    [
        Interval(mean=0.1, low=0.01, high=0.2),
        Interval(mean=-0.1, low=-0.2, high=-0.01),
        Interval(mean=-0.1, low=-0.2, high=0.1),
        Interval(mean=0, low=0, high=0),
    ],
)
def test_no_number_of_questions_is_named_where_it_is_decided_or_there_is_no_gain(seen: Interval) -> None:
    assert needed_n(100, seen) is None
