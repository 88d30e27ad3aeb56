"""Consistency elects: of up to three draws, the lowest-numbered that another one agrees with."""

from factory.records import Draw, Example, Verdict
from filters.text import content
from filters.values import Value, negated, values

SAME_WORDS = 0.5  # least share of the shorter answer's content words in the longer one, where no value decides


def agree(one: str, other: str, question: str = "") -> bool:
    """Whether two answers say the same: the same polarity, the same values, else mostly the same words.

    Values that stand in the question already, and names that only one of them adds, don't count.
    """
    if _polarity(one) != _polarity(other):
        return False
    asked = values(question)
    a, b = _telling(one, asked), _telling(other, asked)
    if a or b:
        return bool(a) and bool(b) and _carry(a, b) and _carry(b, a)
    return _overlap(one, other) >= SAME_WORDS


def _polarity(text: str) -> str:
    lead = text.strip().casefold()
    if lead.startswith(("no,", "no.", "no ")) or lead == "no":
        return "no"
    if lead.startswith(("yes,", "yes.", "yes ")) or lead == "yes":
        return "yes"
    return "not" if negated(text) else ""


def _telling(text: str, asked: list[Value]) -> list[Value]:
    typed = [v for v in values(text) if v.kind != "name" and not any(q.carries(v) for q in asked)]
    return typed or [v for v in values(text) if not any(q.carries(v) for q in asked)]


def _carry(these: list[Value], those: list[Value]) -> bool:
    return all(any(t.carries(v) for t in these) for v in those)


def _overlap(one: str, other: str) -> float:
    a, b = set(content(one)), set(content(other))
    if not a or not b:
        return float(one.strip().casefold() == other.strip().casefold())
    return len(a & b) / min(len(a), len(b))


def elected(draws: tuple[Draw, ...], question: str) -> int | None:
    """Index of the lowest-numbered draw of an agreeing pair, if there is one."""
    for i, one in enumerate(draws):
        if any(agree(one.response, other.response, question) for other in draws[i + 1 :]):
            return i
    return None


def consistency(example: Example) -> Verdict:
    """Judges the draws that the example carries; passes where two of them agree."""
    index = elected(example.draws, example.instruction)
    answers = "; ".join(f'"{d.response[:80]}"' for d in example.draws)
    reason = "" if index is not None else f"The answers to this question disagree: {answers}. Ask so that only one answer is right."
    agreeing = 0
    if index is not None:
        chosen = example.draws[index].response
        agreeing = sum(agree(chosen, d.response, example.instruction) for d in example.draws)
    return Verdict(
        filter="consistency",
        passed=index is not None,
        reason=reason,
        score=round(agreeing / max(1, len(example.draws)), 3),
    )
