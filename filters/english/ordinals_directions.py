"""Find words that change a fact although they are not values.

Examples: once or twice, first or third, north or south.
"""

from filters.english.antonyms import ANSWER_ANTONYMS, ANTONYMS, sides_by_word, word_groups
from filters.text.segment import words

# One group per line; texts with different words of one group don't say the same.
WORD_GROUPS = word_groups(
    "once twice thrice",
    "first/1st second/2nd third/3rd fourth/4th fifth/5th sixth/6th seventh/7th eighth/8th "
    "ninth/9th tenth/10th last",
    "north/northern south/southern east/eastern west/western",
    "hourly daily weekly monthly quarterly half-yearly yearly/annual/annually",
)
_OPPOSED = sides_by_word(WORD_GROUPS + ANTONYMS + ANSWER_ANTONYMS)


def grouped_words(text: str) -> tuple[tuple[str, ...], ...]:
    """Return the words of each group, in order."""
    found = words(text)
    return tuple(tuple(kind[w] for w in found if w in kind) for kind in WORD_GROUPS)


def has_opposite_words(one: str, other: str) -> bool:
    """Return whether both texts have words of one group and share none of them."""
    a, b = (
        {side for w in words(text) if w in _OPPOSED for side in _OPPOSED[w]}
        for text in (one, other)
    )
    return bool({kind for kind, _ in a} & {kind for kind, _ in b} - {kind for kind, _ in a & b})


def unsupported_word(answer: str, evidence: str) -> str:
    """Return a word of the answer if its evidence has only other words of that group, else ""."""
    pairs = zip(grouped_words(answer), grouped_words(evidence), strict=True)
    return next((m for mine, theirs in pairs if theirs for m in mine if m not in theirs), "")
