"""Compare an answer's words with those of its reference."""

import re
import unicodedata
from collections import Counter

from rapidfuzz.distance import LCSseq

_ARTICLES = {"a", "an", "the"}
_SIGNS = "%‰<>≤≥$€£¥"  # they distinguish one number from another
_ALIKE = str.maketrans(
    {"−": "-", "–": "-", "‐": "-", "‑": "-", "—": " ", "°": " "} | {s: f" {s} " for s in _SIGNS}
)
_PUNCTUATION = "+=^`|~" + "".join(
    c for c in map(chr, range(0x10000)) if unicodedata.category(c)[0] == "P" and c not in _SIGNS
)
_ALWAYS = re.escape("".join(c for c in _PUNCTUATION if c not in ".,:/-"))
# 1,200 and 1 200.
_GROUPED = re.compile(r"(?<![\w.,])[1-9]\d{0,2}(?:[,'’\u00a0\u202f\u2009]\d{3})+(?!\d)")
_LEADING = re.compile(r"(?<![\w.])\.(?=\d)")  # .5
# 2-8, but not 0.5, 10:30 and 1/3.
_PARTS = re.compile(rf"(?<=\d)(?![.,:/]\d)[{re.escape(_PUNCTUATION)}]+(?=\d)")
# -18 keeps its sign.
_DROPPED = re.compile(rf"[{_ALWAYS}]|(?<!\d)[.,:/]|[.,:/](?!\d)|(?<![\s(\[\"'“‘*])-|-(?!\d)")


def normalised_words(text: str) -> list[str]:
    """Return the words, normalised as for SQuAD (Rajpurkar et al. 2016, evaluate-v1.1.py).

    Lower case, split at white space, without punctuation and articles. Numbers are treated with
    more care than in SQuAD: "1,200" is 1200 and ".5" is 0.5; "0.5", "10:30" and "1/3" stay; "2-8"
    is 2 and 8, not 28; "-18" keeps its sign; % < > and currency signs are words of their own;
    "2°C", "2 °C" and "2 C" are the same.
    """
    plain = unicodedata.normalize("NFC", text).casefold()
    plain = _GROUPED.sub(lambda found: re.sub(r"\D", "", found.group()), plain)
    plain = _LEADING.sub("0.", plain.translate(_ALIKE))
    plain = _DROPPED.sub("", _PARTS.sub(" ", f" {plain} "))
    return [word for word in plain.split() if word not in _ARTICLES]


def exact_match(response: str, reference: str) -> float:
    """Return 1 if the normalised words are the same in the same order, else 0."""
    return float(normalised_words(response) == normalised_words(reference))


def token_f1(response: str, reference: str) -> float:
    """Return the F1 over the bag of words (Rajpurkar et al. 2016); two empty texts score 1."""
    a, b = normalised_words(response), normalised_words(reference)
    return f1((Counter(a) & Counter(b)).total(), len(a) + len(b))


def rouge_l(response: str, reference: str) -> float:
    """Return the F1 of the longest common subsequence of words (Lin 2004)."""
    a, b = normalised_words(response), normalised_words(reference)
    return f1(LCSseq.similarity(a, b), len(a) + len(b))


def f1(shared: float, both: float) -> float:
    """Return F1 from the shared items and both sides' sizes added up; 1 if both are empty."""
    return 2 * shared / both if both else 1.0
