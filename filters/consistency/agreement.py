"""Compare two answers to one question by their negations, claims, typed values and words."""

import re
from functools import lru_cache, partial

from filters.consistency.same_wording import canonical_words, lists_differ, same_words
from filters.english.frequencies import extract_frequencies, value_context
from filters.english.negation import leading_yes_no, strip_leading_yes_no
from filters.english.ordinals_directions import has_opposite_words
from filters.english.polarity import negated_clauses, polarity_conflicts, word_order_changed
from filters.text.names import MONTHS
from filters.text.values import Value, find_values

_ASKS_OFTEN = re.compile(r"\bhow (?:often|frequent\w*|many times)\b|\bfrequency\b", re.I)
_ASKS_PLACE = re.compile(
    r"\b(?:clause|section|article|paragraph|where|annex|schedule|appendix)\b", re.I
)
_PLACE = re.compile(  # a reference to the source, which is no part of the answer unless asked for
    r"\s*[,(]?\s*(?:(?:as (?:stated|set out|required)|under|in|see|pursuant to|according to|per|by"
    r"|cf\.)\s)+(?:the\s)?"
    r"(?:(?:sub)?(?:section|clause|article|paragraph)|sec\.|art\.|§)\s?\d+(?:\.\d+)*(?:\s?\([a-z0-9]+\))*\)?",
    re.I,
)
# York is not New York.
_DISTINCT = frozenset("new north south east west upper lower old saint san".split())
_MONTH = re.compile("|".join(MONTHS), re.I)
_NTH = "first second third fourth fifth sixth seventh eighth ninth".split()
_NUMBERED = re.compile(r"\b(1st|2nd|3rd|[4-9]th)\b")
_ORDINALS = {f"{n}{'st nd rd'.split()[n - 1] if n < 4 else 'th'}": w for n, w in enumerate(_NTH, 1)}
_PART = re.compile(r"[;,]\s|\.\s|\b(?:and|or|but|while)\b", re.I)


@lru_cache(maxsize=1024)  # the vote, its verdict and the choice of a draw compare the same pairs
def agree(one: str, other: str, question: str = "") -> bool:
    """Return whether two answers say the same.

    They do if they affirm or deny the same and have the same values within the same bounds, or if
    they have no values but the same words. Values that the question already has, and names that
    only one of them adds, do not count.
    """
    if _flat(one) == _flat(other):
        return True
    one, other = _answer(one, question), _answer(other, question)
    if (
        polarity_conflicts(one, other, question)
        or has_opposite_words(one, other)
        or word_order_changed(one, other)
    ):
        return False
    one, other, same = _same_often(one, other, question)
    return same and _same_values(one, other, question)


def _answer(text: str, question: str) -> str:
    """Remove references to the source unless they are asked for, and spell ordinals as words.

    Ordinals in a date stay digits.
    """
    text = text.strip()
    if not _MONTH.search(text):
        text = _NUMBERED.sub(lambda m: _ORDINALS[m[1]], text)
    return text if _ASKS_PLACE.search(question) else _PLACE.sub("", text) or text


def _same_often(one: str, other: str, question: str) -> tuple[str, str, bool]:
    """Return both answers without their frequency, and whether they agree on it.

    If the question asks for a frequency, both must have one, or neither.
    """
    asks = bool(_ASKS_OFTEN.search(question))
    (a, rest), (b, others) = (_often(text, asks) for text in (one, other))
    if a and b:
        return rest, others, a == b
    return one, other, not (asks and (a or b))


def _often(text: str, asks: bool) -> tuple[frozenset[object], str]:
    found, rest = extract_frequencies(text)
    return (
        extract_frequencies(f"every {text}")
        if asks and not found and text[:1].isdigit()
        else (found, rest)
    )


def _same_values(one: str, other: str, question: str) -> bool:
    asked = find_values(question)
    a, b = find_values(one, other or " "), find_values(other, one or " ")
    if _swapped(one, a, other, b):
        return False
    same = partial(_same_value, one, other)
    lost = [v for v in a if v.kind != "name" and not any(same(v, w) for w in b)]
    added = [w for w in b if w.kind != "name" and not any(same(v, w) for v in a)]
    if (lost and added) or any(not any(q.carries(v) for q in asked) for v in (*lost, *added)):
        return False
    typed = any(v.kind != "name" and not any(q.carries(v) for q in asked) for v in a)
    return _same_names(one, other, _new(a, asked), _new(b, asked), typed) and _same_rest(
        one, other, question, typed
    )


def _new(found: list[Value], asked: list[Value]) -> list[Value]:
    return [v for v in found if not any(q.carries(v) for q in asked)]


def _same_value(one: str, other: str, mine: Value, theirs: Value) -> bool:
    """Return whether two values are the same, within bounds that do not contradict each other."""
    alike = mine.carries(theirs) or theirs.carries(mine) or _same_amount(mine, theirs)
    here, there = value_context(one, mine), value_context(other, theirs)
    counts_other = (mine.unit and there.counted) or (theirs.unit and here.counted)
    return alike and not counts_other and here.fits(there)


def _same_amount(mine: Value, theirs: Value) -> bool:
    return (
        mine.kind == theirs.kind == "number"
        and mine.unit != theirs.unit
        and mine.same(theirs, day_of_hours=True)
    )


def _same_names(one: str, other: str, a: list[Value], b: list[Value], typed: bool) -> bool:
    """Return whether the names agree; names that only one answer has do not count.

    If another value agrees already (`typed`), it is enough that all names of one answer are in the
    other.
    """
    these, those = _full_names(one, a), _full_names(other, b)
    if not these or not those:
        return True
    if len(these) != len(those) and set().union(*these) == set().union(*those):
        return True  # the Harbour Authority of Lindmar, the Lindmar Harbour Authority
    here, there = _matched(these, those), _matched(those, these)
    return here or there if typed else here and there


def _full_names(text: str, found: list[Value]) -> list[set[str]]:
    """Join adjacent names into one: Ada Finch."""
    full: list[set[str]] = []
    end = -1
    for v in (v for v in found if v.kind == "name"):
        if full and text[end : v.start] == " ":
            full[-1] |= set(canonical_words(v.text))
        else:
            full.append(set(canonical_words(v.text)))
        end = v.end
    return [name for name in full if name]


def _matched(these: list[set[str]], those: list[set[str]]) -> bool:
    """Return whether each of these names is one of those, in full or in part (Finch, Ada Finch)."""
    return all(any((a <= b or b <= a) and not (a ^ b) & _DISTINCT for b in those) for a in these)


def _same_rest(one: str, other: str, question: str, typed: bool) -> bool:
    """Return whether the words around the values agree."""
    if not negated_clauses(one) and lists_differ(one, other, question):
        return False
    if leading_yes_no(one) and leading_yes_no(other) and not typed:
        one, other = strip_leading_yes_no(one), strip_leading_yes_no(other)
        return not one or not other or same_words(one, other, question, loose=True)
    if typed:
        one, other = (_without_values(text) for text in (one, other))
    return same_words(strip_leading_yes_no(one), strip_leading_yes_no(other), question, loose=typed)


def _without_values(text: str) -> str:
    for v in reversed(find_values(text)):
        text = f"{text[: v.start]} {text[v.end :]}"
    return text


def _swapped(one: str, a: list[Value], other: str, b: list[Value]) -> bool:
    """Return whether both have the same numbers for different things: adults 12, children 6."""
    here, there = _spoken_of(one, a), _spoken_of(other, b)
    both = [v for v in here if v in there]
    return any(
        here[v] and there[v] and not here[v] & there[v] and here[v] & there[w]
        for v in both
        for w in both
        if v != w
    )


def _spoken_of(text: str, found: list[Value]) -> dict[tuple[str, str], set[str]]:
    """Return the words around each number, up to the next comma, stop or conjunction."""
    numbers = [v for v in found if v.kind != "name"]
    if len(numbers) < 2:
        return {}
    cuts = [0, *(m.end() for m in _PART.finditer(text)), len(text)]
    spoken: dict[tuple[str, str], set[str]] = {}
    for start, end in zip(cuts, cuts[1:], strict=False):
        inside = [v for v in numbers if start <= v.start < end]
        for v in inside:
            spoken[v.text, v.unit] = set(canonical_words(text[start : v.start])) | set(
                canonical_words(text[v.end : end])
            )
    return spoken


def _flat(text: str) -> str:
    return " ".join(text.casefold().split())
