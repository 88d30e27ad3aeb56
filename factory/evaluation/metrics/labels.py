"""Compute accuracy, and the precision, recall and F1 of every label."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from pydantic import BaseModel

from factory.core.stats import Counts, rounded
from filters.consistency.labels import normalize_label, same_label, split_labels


class LabelScore(BaseModel, frozen=True, extra="forbid"):
    """Scores of one label or field; 0 where the divisor is 0.

    `n`: questions whose reference has it.
    """

    precision: float
    recall: float
    f1: float
    n: int


def accuracy(response: str, reference: str) -> float:
    """Return 1 if both are the same label, ignoring case, white space and punctuation, else 0."""
    return float(same_label(response, reference) or response.split() == reference.split())


def known_labels(references: Sequence[str], names: Sequence[str] = ()) -> dict[str, str]:
    """Map each folded label of the references to its spelling, in the order of `names`.

    `names`: the recipe's labels, if known. A label that no reference has is left out of the means:
    it would be 0 for every model.
    """
    client = {normalize_label(name): name for name in names}
    spelled = {
        key: client.get(key, name)
        for text in references
        for key, name in _said(text, client).items()
    }
    order = {key: place for place, key in enumerate(client)}
    return dict(sorted(spelled.items(), key=lambda pair: (order.get(pair[0], len(order)), pair[0])))


def _said(text: str, known: dict[str, str]) -> dict[str, str]:
    """Split a text into labels. A known label may contain a comma."""
    return (
        {normalize_label(text): text}
        if normalize_label(text) in known
        else {normalize_label(name): name for name in split_labels(text) if normalize_label(name)}
    )


def label_counts(pairs: Sequence[tuple[str, str]], known: dict[str, str]) -> Counts:
    """Count right, wrong and missed labels for each pair of (response, reference).

    The shape is (n, 3 * labels).
    """
    counts = np.zeros((len(pairs), 3 * len(known)))
    for row, (response, reference) in enumerate(pairs):
        said, right = (set(_said(text, known)) & known.keys() for text in (response, reference))
        for column, label in enumerate(known):
            counts[row, 3 * column : 3 * column + 3] = (
                label in said & right,
                label in said - right,
                label in right - said,
            )
    return counts


class PrecisionRecallF1(NamedTuple):
    """Precision, recall and F1, each of shape (..., labels)."""

    precision: Counts
    recall: Counts
    f1: Counts


def precision_recall_f1(sums: Counts) -> PrecisionRecallF1:
    """Compute the rates from summed counts of shape (..., 3 * labels)."""
    right, wrong, missed = sums[..., 0::3], sums[..., 1::3], sums[..., 2::3]
    return PrecisionRecallF1(
        _over(right, right + wrong),
        _over(right, right + missed),
        _over(2 * right, 2 * right + wrong + missed),
    )


def _over(part: Counts, whole: Counts) -> Counts:
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)


def macro_precision(sums: Counts) -> Counts:
    """Return the mean over labels, each with equal weight however rare."""
    return np.asarray(precision_recall_f1(sums).precision.mean(axis=-1))


def macro_recall(sums: Counts) -> Counts:
    return np.asarray(precision_recall_f1(sums).recall.mean(axis=-1))


def macro_f1(sums: Counts) -> Counts:
    """Return the mean of the labels' F1, as scikit-learn's f1_score(average="macro")."""
    return np.asarray(precision_recall_f1(sums).f1.mean(axis=-1))


MACRO = {"macro_precision": macro_precision, "macro_recall": macro_recall, "macro_f1": macro_f1}


def label_scores(counts: Counts, names: Sequence[str]) -> dict[str, LabelScore]:
    """Return each name's scores from counts of shape (n, 3 * names)."""
    sums = counts.sum(axis=0)
    found = precision_recall_f1(sums)
    return {
        name: LabelScore(
            precision=rounded(found.precision[place]),
            recall=rounded(found.recall[place]),
            f1=rounded(found.f1[place]),
            n=int(sums[3 * place] + sums[3 * place + 2]),
        )
        for place, name in enumerate(names)
    }
