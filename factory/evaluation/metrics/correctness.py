"""Same: whether an answer is correct, by the comparison that the vote uses for its task; whether a refusal is in its place."""

from collections.abc import Sequence

from pydantic import BaseModel

from factory.core.prompts import prompt
from filters.consistency.vote import Compare
from filters.english.refusals import refuses


class Refusals(BaseModel, frozen=True, extra="forbid"):
    """How many refusals there are where not to know is right, and where there is an answer."""

    right: int
    wanted: int  # questions that are to be refused
    wrong: int
    answerable: int


def refusal(response: str, reference: str) -> float:
    """1 where both say that the answer is not known, or neither does: whether a refusal came where it is right, and only there."""
    return float(refuses(response) == refuses(reference))


def correct(response: str, reference: str, question: str, same: Compare) -> bool:
    """Whether an answer says the same as its reference; a refusal is the same as any other, and as nothing else."""
    if refuses(response) or refuses(reference):
        return refuses(response) and refuses(reference)
    return bool(response.strip()) and same(response.strip(), reference.strip(), question)


def question_of(user: str) -> str:
    """The question of a message that holds its excerpt too: values of the excerpt are no part of what is asked."""
    before = prompt("qa_student").user.partition("$question")[0].rpartition("\n")[2]
    return user.rpartition(f"\n{before}")[2].strip()


def refusals(pairs: Sequence[tuple[str, str]]) -> Refusals:
    """Of (response, reference)."""
    wanted = [refuses(reference) for _, reference in pairs]
    given = [refuses(response) for response, _ in pairs]
    right = sum(a and b for a, b in zip(given, wanted, strict=True))
    return Refusals(right=right, wanted=sum(wanted), wrong=sum(given) - right, answerable=len(pairs) - sum(wanted))
