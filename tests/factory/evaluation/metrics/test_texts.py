"""Texts, labels and fields: what counts as the same answer."""

import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rouge_score import rouge_scorer

from factory.evaluation.metrics import METRICS, exact_match, normalised_words

SAID = ["the", "depot", "opens", "at", "06:30", "-18", "°C", "1,200", "crowns", "."]
TEXTS = st.text() | st.lists(st.sampled_from(SAID)).map(" ".join)


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
    assert normalised_words(text) == expected.split()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("0.5", "5"),
        ("-18 °C", "18 °C"),
        ("10-20", "1020"),
        ("1.5", "15"),
        ("10:30", "1030"),
        ("5%", "5"),
        ("<5", ">5"),
    ],
)
def test_different_numbers_are_never_the_same_answer(one: str, other: str) -> None:
    assert exact_match(one, other) == 0


@given(st.text(alphabet=string.printable))
@settings(deadline=None)
def test_words_that_are_normalised_stay_as_they_are(text: str) -> None:
    assert normalised_words(" ".join(normalised_words(text))) == normalised_words(text)


def test_token_f1_counts_shared_words_whatever_their_order() -> None:
    assert METRICS["token_f1"]("30 minutes at most", "at most 30 minutes") == 1
    assert METRICS["token_f1"]("30 minutes", "within 30 minutes of arrival") == pytest.approx(4 / 7)


def test_a_word_said_twice_is_shared_once() -> None:
    assert METRICS["token_f1"]("crowns crowns", "crowns") == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    ("response", "right"), [("Card arrival.", 1.0), ("card_delivery", 0.0), ("", 0.0)]
)
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
    assert METRICS["field_f1"](
        response, '{"trams": 11, "start": "2026-05-03", "use": null}'
    ) == pytest.approx(expected)


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
def test_a_metric_lies_within_0_and_1_whichever_is_the_reference(
    metric: str, one: str, other: str
) -> None:
    score = METRICS[metric](one, other)
    assert 0 <= score <= 1
    assert METRICS[metric](other, one) == score


@pytest.mark.parametrize("metric", METRICS)
@given(text=TEXTS)
@settings(deadline=None)
def test_an_identical_text_scores_1(metric: str, text: str) -> None:
    assert METRICS[metric](text, text) == 1


WORDS = st.lists(
    st.sampled_from("depot tram opens late crown shift night 31 44 quay".split()), max_size=12
).map(" ".join)


@given(one=WORDS, other=WORDS)
@settings(deadline=None)
def test_rouge_l_is_that_of_its_published_implementation(one: str, other: str) -> None:
    published = rouge_scorer.RougeScorer(["rougeL"]).score(other, one)["rougeL"].fmeasure
    assert METRICS["rouge_l"](one, other) == pytest.approx(published if one or other else 1.0)
