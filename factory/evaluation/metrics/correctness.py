"""Check answers with the comparison that their task's vote uses, and count refusals."""

from collections.abc import Sequence

from pydantic import BaseModel

from factory.core.prompts import load_prompt
from filters.consistency.vote import Compare
from filters.english.refusals import is_refusal


class RefusalCounts(BaseModel, frozen=True, extra="forbid"):
    """Counts of right refusals (there is no answer) and wrong ones (there is one)."""

    right: int
    wanted: int  # questions that should be refused
    wrong: int
    answerable: int


def refusal(response: str, reference: str) -> float:
    """Return 1 if both refuse or neither does, else 0."""
    return float(is_refusal(response) == is_refusal(reference))


def says_the_same(response: str, reference: str, question: str, same: Compare) -> bool:
    """Compare an answer with its reference. A refusal equals any refusal and nothing else."""
    if is_refusal(response) or is_refusal(reference):
        return is_refusal(response) and is_refusal(reference)
    return bool(response.strip()) and same(response.strip(), reference.strip(), question)


def question_text(user: str) -> str:
    """Return the question alone from a message that also holds its excerpt.

    Values in the excerpt are not part of the question.
    """
    before = load_prompt("qa_student").user.partition("$question")[0].rpartition("\n")[2]
    return user.rpartition(f"\n{before}")[2].strip()


def count_refusals(pairs: Sequence[tuple[str, str]]) -> RefusalCounts:
    """Count refusals in pairs of (response, reference)."""
    wanted = [is_refusal(reference) for _, reference in pairs]
    given = [is_refusal(response) for response, _ in pairs]
    right = sum(a and b for a, b in zip(given, wanted, strict=True))
    return RefusalCounts(
        right=right,
        wanted=sum(wanted),
        wrong=sum(given) - right,
        answerable=len(pairs) - sum(wanted),
    )
