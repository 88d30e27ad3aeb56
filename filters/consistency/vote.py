"""Choose, of up to three draws, the lowest-numbered one that another draw agrees with."""

from collections.abc import Callable

from factory.core.records import Draw, Example, Verdict
from filters.consistency.agreement import agree

__all__ = ["Compare", "agree", "consistency", "elect_draw"]

# It compares two answers to a question: `agree`, `same_label` or `same_fields`.
Compare = Callable[[str, str, str], bool]


def elect_draw(draws: tuple[Draw, ...], question: str, compare: Compare = agree) -> int | None:
    """Return the index of the first draw that a later one agrees with, or None."""
    for i, one in enumerate(draws):
        if any(compare(one.response, other.response, question) for other in draws[i + 1 :]):
            return i
    return None


def consistency(example: Example, compare: Compare = agree) -> Verdict:
    """Judge the example's draws: it passes if two of them agree."""
    index = elect_draw(example.draws, example.instruction, compare)
    answers = "; ".join(f'"{d.response[:80]}"' for d in example.draws)
    reason, agreeing = "", 0
    if index is None:
        reason = (
            f"The answers to this question disagree: {answers}. "
            "Ask so that only one answer is right."
        )
    else:
        chosen = example.draws[index].response
        agreeing = sum(compare(chosen, d.response, example.instruction) for d in example.draws)
    return Verdict(
        filter="consistency",
        passed=index is not None,
        reason=reason,
        score=round(agreeing / max(1, len(example.draws)), 3),
    )
