"""Labels: accuracy, and precision, recall and F1 of every label."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from pydantic import BaseModel

from factory.core.stats import Counts, rounded
from filters.consistency.labels import folded, labels_of, same_label


class LabelScore(BaseModel, frozen=True, extra="forbid"):
    """Of one label or field; `n`: questions of which it is right. Where nothing was there to divide by, it is 0."""

    precision: float
    recall: float
    f1: float
    n: int


def accuracy(response: str, reference: str) -> float:
    """1 where both are the same label but for case, white space and punctuation, else 0."""
    return float(same_label(response, reference) or response.split() == reference.split())


def known_labels(references: Sequence[str], names: Sequence[str] = ()) -> dict[str, str]:
    """Folded, as they are spelled: those of the references, in the order of `names`, the client's, where these are known.

    A label that no question is about has no part in a mean over labels: it would be 0 for every model.
    """
    client = {folded(name): name for name in names}
    spelled = {key: client.get(key, name) for text in references for key, name in _said(text, client).items()}
    order = {key: place for place, key in enumerate(client)}
    return dict(sorted(spelled.items(), key=lambda pair: (order.get(pair[0], len(order)), pair[0])))


def _said(text: str, known: dict[str, str]) -> dict[str, str]:
    """A label that holds a comma is one all the same, where it is known as such."""
    return {folded(text): text} if folded(text) in known else {folded(name): name for name in labels_of(text) if folded(name)}


def label_counts(pairs: Sequence[tuple[str, str]], known: dict[str, str]) -> Counts:
    """Of each (response, reference) and label three columns: rightly said, wrongly said, missed."""
    counts = np.zeros((len(pairs), 3 * len(known)))
    for row, (response, reference) in enumerate(pairs):
        said, right = (set(_said(text, known)) & known.keys() for text in (response, reference))
        for column, label in enumerate(known):
            counts[row, 3 * column : 3 * column + 3] = (label in said & right, label in said - right, label in right - said)
    return counts


class Shares(NamedTuple):
    """Precision, recall and F1 along the last axis, one for each label."""

    precision: Counts
    recall: Counts
    f1: Counts


def shares(sums: Counts) -> Shares:
    """Of summed counts; the last axis holds three columns for each label."""
    right, wrong, missed = sums[..., 0::3], sums[..., 1::3], sums[..., 2::3]
    return Shares(_over(right, right + wrong), _over(right, right + missed), _over(2 * right, 2 * right + wrong + missed))


def _over(part: Counts, whole: Counts) -> Counts:
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)


def macro_precision(sums: Counts) -> Counts:
    """Mean over the labels, each alike, however rare."""
    return np.asarray(shares(sums).precision.mean(axis=-1))


def macro_recall(sums: Counts) -> Counts:
    return np.asarray(shares(sums).recall.mean(axis=-1))


def macro_f1(sums: Counts) -> Counts:
    """Mean of the labels' own F1, as scikit-learn's f1_score(average="macro")."""
    return np.asarray(shares(sums).f1.mean(axis=-1))


MACRO = {"macro_precision": macro_precision, "macro_recall": macro_recall, "macro_f1": macro_f1}


def told(counts: Counts, names: Sequence[str]) -> dict[str, LabelScore]:
    """By name, of counts that hold three columns for each."""
    sums = counts.sum(axis=0)
    found = shares(sums)
    return {
        name: LabelScore(
            precision=rounded(found.precision[place]),
            recall=rounded(found.recall[place]),
            f1=rounded(found.f1[place]),
            n=int(sums[3 * place] + sums[3 * place + 2]),
        )
        for place, name in enumerate(names)
    }
