"""Compare two labels, or two lists of labels."""

import re
import unicodedata

from factory.core.jsonl import loads

_SEPARATOR = re.compile(r"\s*[,;|\n]\s*")
# C++ is not C, 1.1 is not 11, -1 is not 1.
_KEPT = re.compile(r"[^\W_]|[+#]|(?<=\d)\.(?=\d)|(?<!\w)-(?=\d)")


def same_label(one: str, other: str, question: str = "") -> bool:
    """Return whether two labels, or two lists of labels in any order, are the same.

    Case, white space and punctuation do not count. `question` is ignored; it is here so that all
    comparisons have one signature.
    """
    if normalize_label(one) and normalize_label(one) == normalize_label(other):
        return True
    these, those = label_set(one), label_set(other)
    return bool(these) and these == those


def normalize_label(label: str) -> str:
    """Remove case, white space and punctuation: "Card arrival." and "card_arrival" are the same."""
    return "".join(_KEPT.findall(unicodedata.normalize("NFKC", label).casefold()))


def label_set(answer: str) -> frozenset[str]:
    """Return the normalized labels of an answer."""
    return frozenset(f for label in split_labels(answer) if (f := normalize_label(label)))


def split_labels(answer: str) -> list[str]:
    """Return the labels of an answer as they are spelled.

    The answer is a JSON list or string, or a text with commas, semicolons, bars or line breaks
    between labels.
    """
    try:
        read = loads(answer)
    except ValueError:
        read = None
    listed = (
        read
        if isinstance(read, list)
        else [read]
        if isinstance(read, str)
        else _SEPARATOR.split(answer)
    )
    return [str(label) for label in listed if str(label).strip()]
