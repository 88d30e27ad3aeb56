"""Labels: precision, recall and F1 of each, and their means, beside scikit-learn's."""

from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import precision_recall_fscore_support

from factory.evaluation.metrics.labels import (
    MACRO,
    LabelScore,
    known_labels,
    label_counts,
    label_scores,
)

LABELS = ("complaint", "billing", "delivery, late", "praise")
PAIRS = st.lists(
    st.tuples(st.sampled_from((*LABELS, "none of them")), st.sampled_from(LABELS)),
    min_size=1,
    max_size=30,
)


def by_label(pairs: list[tuple[str, str]]) -> dict[str, LabelScore]:
    known = known_labels([reference for _, reference in pairs], LABELS)
    return label_scores(label_counts(pairs, known), list(known.values()))


@given(PAIRS)
@settings(max_examples=60, deadline=None)
def test_every_label_and_every_mean_is_scikit_learns(pairs: list[tuple[str, str]]) -> None:
    said, right = [one for one, _ in pairs], [one for _, one in pairs]
    names = list(by_label(pairs))
    theirs = precision_recall_fscore_support(right, said, labels=names, zero_division=0)
    ours = [(one.precision, one.recall, one.f1, one.n) for one in by_label(pairs).values()]
    assert np.array(ours) == pytest.approx(np.array(theirs).T, abs=1e-6)
    sums = label_counts(pairs, known_labels(right, LABELS)).sum(axis=0)
    means = precision_recall_fscore_support(
        right, said, labels=names, zero_division=0, average="macro"
    )
    assert [float(one(sums)) for one in MACRO.values()] == pytest.approx(means[:3])


def test_by_hand() -> None:
    pairs = [
        ("billing", "billing"),
        ("billing", "complaint"),
        ("complaint", "complaint"),
        ("", "complaint"),
    ]
    assert by_label(pairs) == {
        "complaint": LabelScore(precision=1, recall=0.333333, f1=0.5, n=3),
        "billing": LabelScore(precision=0.5, recall=1, f1=0.666667, n=1),
    }


@given(PAIRS, st.randoms(use_true_random=False))
@settings(max_examples=30, deadline=None)
def test_the_order_of_the_answers_has_no_part(pairs: list[tuple[str, str]], random: Random) -> None:
    shuffled = random.sample(pairs, len(pairs))
    assert by_label(shuffled) == by_label(pairs)


@given(PAIRS)
@settings(max_examples=30, deadline=None)
def test_swapping_answer_and_reference_swaps_precision_and_recall(
    pairs: list[tuple[str, str]],
) -> None:
    known = {"".join(filter(str.isalnum, name)): name for name in LABELS}
    one, other = (
        label_scores(label_counts(rows, known), LABELS)
        for rows in (pairs, [(b, a) for a, b in pairs])
    )
    assert [(a.precision, a.recall, a.f1) for a in one.values()] == [
        (b.recall, b.precision, b.f1) for b in other.values()
    ]


@given(PAIRS)
@settings(max_examples=30, deadline=None)
def test_answers_that_are_right_have_1_everywhere(pairs: list[tuple[str, str]]) -> None:
    right = [(reference, reference) for _, reference in pairs]
    assert {(one.precision, one.recall, one.f1) for one in by_label(right).values()} == {(1, 1, 1)}


def test_a_label_is_the_same_however_it_is_spelled_and_may_hold_a_comma() -> None:
    assert (
        by_label([("Delivery late.", "delivery, late"), ("BILLING", "billing")])[
            "delivery, late"
        ].f1
        == 1
    )


def test_of_several_labels_each_counts_for_itself() -> None:
    found = by_label([("billing, praise", "praise, complaint")])
    assert {name: (one.precision, one.recall) for name, one in found.items()} == {
        "complaint": (0, 0),
        "praise": (1, 1),
    }
