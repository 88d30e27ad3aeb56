"""Consistency elects: of up to three draws, the lowest-numbered that another one agrees with."""

from collections.abc import Callable
from functools import lru_cache

from factory.records import Draw, Example, Verdict
from filters.denial import lead, negated, without_lead
from filters.marks import opposed
from filters.text import content
from filters.values import Value, values

Compare = Callable[[str, str, str], bool]  # two answers and their question: `agree`, `same_label`, `same_fields`

SAME_WORDS = 0.5  # least share of the shorter answer's content words in the longer one, where no value decides
FEW_WORDS = 4  # of so few content words none may differ: the north gate is not the south gate


@lru_cache(maxsize=1024)  # the vote, its verdict and the election ask for the same pairs
def agree(one: str, other: str, question: str = "") -> bool:
    """Whether two answers say the same: the same polarity, the same values, else mostly the same words.

    Values that stand in the question already, and names that only one of them adds, don't count.
    """
    if one == other:
        return True
    if _polarity(one) != _polarity(other) or opposed(one, other):
        return False
    asked = values(question)
    a, b = _telling(one, other, asked), _telling(other, one, asked)
    if not _same([v for v in a if v.kind != "name"], [v for v in b if v.kind != "name"]):
        return False
    return _same_names(one, other, a, b)


def _polarity(text: str) -> str:
    return lead(text) or ("not" if negated(text) else "")


def _telling(text: str, other: str, asked: list[Value]) -> list[Value]:
    return [v for v in values(text, other or " ") if not any(q.carries(v) for q in asked)]


def _same(these: list[Value], those: list[Value]) -> bool:
    return _within(these, those) and _within(those, these)


def _within(these: list[Value], those: list[Value]) -> bool:
    return all(any(t.carries(v) or v.carries(t) for t in those) for v in these)


def _same_names(one: str, other: str, a: list[Value], b: list[Value]) -> bool:
    """Whether the names agree; where there are none to compare, and no other value either, the words must."""
    these, those = _full_names(one, a), _full_names(other, b)
    typed = any(v.kind != "name" for v in a)
    if these and those:
        here, there = _matched(these, those), _matched(those, these)
        return here or there if typed else here and there
    return typed or _same_words(one, other)


def _full_names(text: str, found: list[Value]) -> list[set[str]]:
    """Names that stand side by side as one: Ada Finch."""
    full: list[set[str]] = []
    end = -1
    for v in (v for v in found if v.kind == "name"):
        if full and text[end : v.start] == " ":
            full[-1].add(v.text)
        else:
            full.append({v.text})
        end = v.end
    return full


def _matched(these: list[set[str]], those: list[set[str]]) -> bool:
    """Whether each of these is one of those, in full or in part: Finch is Ada Finch."""
    return all(any(a <= b or b <= a for b in those) for a in these)


def _same_words(one: str, other: str) -> bool:
    a, b = set(content(without_lead(one))), set(content(without_lead(other)))
    if not a or not b:
        return bool(lead(one)) or (not a and not b and _flat(one) == _flat(other))  # "No." says no less than "No, trams rest."
    few = min(len(a), len(b))
    return len(a & b) >= (few if few <= FEW_WORDS and not lead(one) else SAME_WORDS * few)


def _flat(text: str) -> str:
    return text.strip().casefold()


def elected(draws: tuple[Draw, ...], question: str, compare: Compare = agree) -> int | None:
    """Index of the lowest-numbered draw of an agreeing pair, if there is one."""
    for i, one in enumerate(draws):
        if any(compare(one.response, other.response, question) for other in draws[i + 1 :]):
            return i
    return None


def consistency(example: Example, compare: Compare = agree) -> Verdict:
    """Judges the draws that the example carries; passes where two of them agree."""
    index = elected(example.draws, example.instruction, compare)
    answers = "; ".join(f'"{d.response[:80]}"' for d in example.draws)
    reason = "" if index is not None else f"The answers to this question disagree: {answers}. Ask so that only one answer is right."
    agreeing = 0
    if index is not None:
        chosen = example.draws[index].response
        agreeing = sum(compare(chosen, d.response, example.instruction) for d in example.draws)
    return Verdict(
        filter="consistency",
        passed=index is not None,
        reason=reason,
        score=round(agreeing / max(1, len(example.draws)), 3),
    )
