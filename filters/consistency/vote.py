"""Consistency elects: of up to three draws, the lowest-numbered that another one agrees with."""

from collections.abc import Callable

from factory.core.records import Draw, Example, Verdict
from filters.consistency.agreement import agree

__all__ = ["Compare", "agree", "consistency", "elected"]

Compare = Callable[[str, str, str], bool]  # two answers and their question: `agree`, `same_label`, `same_fields`


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
