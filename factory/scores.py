"""Scores: how near an answer comes to its reference, and the paired interval of the difference between two models."""

import json
import math
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np
from pydantic import BaseModel
from rapidfuzz.distance import LCSseq

from filters.fields import Json, fields_of, same_fields
from filters.labels import same_label
from filters.refusal import refuses

RESAMPLES = 10_000  # from seed to seed a bound then moves by about 1.4 % of the interval's half width
BLOCK = 2_000_000  # places drawn at once: 16 MB, however many rows there are
ENOUGH_DOCUMENTS = 10  # with fewer clusters their resampling understates the spread (Cameron, Gelbach and Miller 2008)

Unit = Literal["document", "question"]

_ARTICLES = {"a", "an", "the"}
_SIGNS = "%‰<>≤≥$€£¥"  # what tells one number from another
_ALIKE = str.maketrans({"−": "-", "–": "-", "‐": "-", "‑": "-", "—": " ", "°": " "} | {s: f" {s} " for s in _SIGNS})
_PUNCTUATION = "+=^`|~" + "".join(c for c in map(chr, range(0x10000)) if unicodedata.category(c)[0] == "P" and c not in _SIGNS)
_ALWAYS = re.escape("".join(c for c in _PUNCTUATION if c not in ".,:/-"))
_GROUPED = re.compile(r"(?<![\w.,])[1-9]\d{0,2}(?:[,'’\u00a0\u202f\u2009]\d{3})+(?!\d)")  # 1,200 and 1 200
_LEADING = re.compile(r"(?<![\w.])\.(?=\d)")  # .5
_PARTS = re.compile(rf"(?<=\d)(?![.,:/]\d)[{re.escape(_PUNCTUATION)}]+(?=\d)")  # 2-8, but not 0.5, 10:30 and 1/3
_DROPPED = re.compile(rf"[{_ALWAYS}]|(?<!\d)[.,:/]|[.,:/](?!\d)|(?<![\s(\[\"'“‘*])-|-(?!\d)")  # -18 keeps its sign


class Interval(BaseModel, frozen=True, extra="forbid"):
    """A mean difference and its 95 % interval, rounded to six places, so that verdict and file can't disagree."""

    mean: float
    low: float
    high: float


def words(text: str) -> list[str]:
    """The words that are compared, normalised as for SQuAD (Rajpurkar et al. 2016, evaluate-v1.1.py).

    Lower case; punctuation and articles removed; what white space separates is a word. Numbers are treated with more
    care than there: "1,200" is 1200 and ".5" is 0.5; "0.5", "10:30" and "1/3" stay; "2-8" is 2 and 8, not 28; "-18"
    keeps its sign; % < > and currency signs are words of their own; "2°C", "2 °C" and "2 C" are the same.
    """
    plain = unicodedata.normalize("NFC", text).casefold()
    plain = _GROUPED.sub(lambda found: re.sub(r"\D", "", found.group()), plain)
    plain = _LEADING.sub("0.", plain.translate(_ALIKE))
    plain = _DROPPED.sub("", _PARTS.sub(" ", f" {plain} "))
    return [word for word in plain.split() if word not in _ARTICLES]


def exact_match(response: str, reference: str) -> float:
    """1 where the normalised words are the same, in the same order, else 0."""
    return float(words(response) == words(reference))


def token_f1(response: str, reference: str) -> float:
    """Harmonic mean of precision and recall over the words as a bag (Rajpurkar et al. 2016); two empty texts agree."""
    a, b = words(response), words(reference)
    return _f1((Counter(a) & Counter(b)).total(), len(a) + len(b))


def rouge_l(response: str, reference: str) -> float:
    """F-measure of the longest common subsequence of the words, precision and recall alike (Lin 2004)."""
    a, b = words(response), words(reference)
    return _f1(LCSseq.similarity(a, b), len(a) + len(b))


def _f1(shared: int, both: int) -> float:
    return 2 * shared / both if both else 1.0


def accuracy(response: str, reference: str) -> float:
    """1 where both are the same label but for case, white space and punctuation, else 0."""
    return float(same_label(response, reference) or response.split() == reference.split())


def field_f1(response: str, reference: str) -> float:
    """Harmonic mean of precision and recall over the fields that are not null; values as in the vote, lists as sets.

    An answer that is no object has no field; a reference that is none is compared as a whole.
    """
    a, b = _told(response), _told(reference)
    if b is None:
        return exact_match(response, reference)
    a = a or {}
    right = sum(same_fields(json.dumps({"": a[name]}), json.dumps({"": value})) for name, value in b.items() if name in a)
    return _f1(right, len(a) + len(b))


def _told(answer: str) -> dict[str, Json] | None:
    found = fields_of(answer)
    return None if found is None else {name: value for name, value in found.items() if value not in (None, "", [], {})}


def refusal(response: str, reference: str) -> float:
    """1 where both say that the answer is not known, or neither does: whether a refusal came where it is right, and only there."""
    return float(refuses(response) == refuses(reference))


METRICS: dict[str, Callable[[str, str], float]] = {
    "token_f1": token_f1,
    "exact_match": exact_match,
    "rouge_l": rouge_l,
    "accuracy": accuracy,
    "field_f1": field_f1,
    "refusal": refusal,
}


def resampled_by(documents: Sequence[str]) -> Unit:
    """Documents where there are enough of them: questions about the same document are not independent."""
    return "document" if len(set(documents)) >= ENOUGH_DOCUMENTS else "question"


def paired_interval(differences: Sequence[float], units: Sequence[str], seed: int) -> Interval:
    """Percentile 95 % interval of the mean difference by paired bootstrap (Efron and Tibshirani 1993, chapter 13).

    Row i belongs to units[i]; units are drawn whole. The order of the rows has no part in it.
    """
    names, place = np.unique(np.array(units), return_inverse=True)
    sums = np.bincount(place, weights=differences)
    sizes = np.bincount(place)
    draw = np.random.default_rng(seed)
    means: list[float] = []
    while (missing := RESAMPLES - len(means)) > 0:
        drawn = draw.integers(len(names), size=(min(missing, max(1, BLOCK // len(names))), len(names)))
        means.extend(sums[drawn].sum(axis=1) / sizes[drawn].sum(axis=1))
    low, high = np.percentile(means, [2.5, 97.5])
    return Interval(mean=rounded(math.fsum(differences) / len(differences)), low=rounded(low), high=rounded(high))


def rounded(value: float) -> float:
    """Six places; never -0.0."""
    return round(float(value), 6) + 0.0


def needed_n(n: int, seen: Interval) -> int | None:
    """About how many questions would bring the lower bound above 0 if mean and spread stay; None: decided, or no gain.

    Normal approximation: the interval's half width shrinks with the root of the number of questions.
    """
    if seen.mean <= 0 or seen.low > 0 or seen.high < 0:
        return None
    half = (seen.high - seen.low) / 2
    return max(n + 1, math.ceil(n * (half / seen.mean) ** 2))
