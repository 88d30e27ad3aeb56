"""Labels: two labels, or two lists of them, compared by value."""

import re
import unicodedata

from factory.core.jsonl import loads

_SEPARATOR = re.compile(r"\s*[,;|\n]\s*")
_KEPT = re.compile(r"[^\W_]|[+#]|(?<=\d)\.(?=\d)|(?<!\w)-(?=\d)")  # C++ is not C, 1.1 is not 11, -1 is not 1


def same_label(one: str, other: str, question: str = "") -> bool:
    """Whether two labels, or two lists of labels in any order, are the same but for case, white space and punctuation.

    `question` decides nothing; it stands here so that labels, fields and answers are compared by one signature.
    """
    if folded(one) and folded(one) == folded(other):
        return True
    these, those = label_set(one), label_set(other)
    return bool(these) and these == those


def folded(label: str) -> str:
    """A label without case, white space and punctuation: "Card arrival." and "card_arrival" are one."""
    return "".join(_KEPT.findall(unicodedata.normalize("NFKC", label).casefold()))


def label_set(answer: str) -> frozenset[str]:
    """The folded labels of an answer: a JSON list, else a text with commas, semicolons or lines between them."""
    return frozenset(f for label in labels_of(answer) if (f := folded(label)))


def labels_of(answer: str) -> list[str]:
    """The labels of an answer as they are spelled."""
    try:
        read = loads(answer)
    except ValueError:
        read = None
    listed = read if isinstance(read, list) else [read] if isinstance(read, str) else _SEPARATOR.split(answer)
    return [str(label) for label in listed if str(label).strip()]
