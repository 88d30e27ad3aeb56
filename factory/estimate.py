"""The estimate: calls and tokens as a range, from the real chunks and prompts, before any call and without a network."""

from dataclasses import dataclass

from factory.chunks import token_count
from factory.plan import Plan, probe
from factory.records import Slot
from factory.tasks import Task

LEAST_TOKENS = 25  # a bare question in JSON
MOST_TOKENS = 100  # a question, an answer of a sentence or two and its quotes in JSON
TOLERANCE = 0.15  # tokens are estimated without the teacher's tokenizer


@dataclass(frozen=True)
class Estimate:
    """Pairs of low and high. Low: code rejects every draft at once. High: every slot takes all draws and all repairs."""

    slots: int
    calls: tuple[int, int]
    tokens_in: tuple[int, int]
    tokens_out: tuple[int, int]


def estimate(found: Plan, task: Task, draws: int, rounds: int) -> Estimate:
    groups = task.groups(found.slots)
    writing = sum(_size(r.system, r.user) for r in (task.write(g) for g in groups))
    answering = sum(_answer_size(s, task) for s in found.slots) if draws > 1 else 0
    slots, calls = len(found.slots), len(groups)
    most_draws = draws - 1
    return Estimate(
        slots,
        (calls, calls + slots * (most_draws + rounds * (1 + most_draws))),
        (
            _low(writing),
            _high(writing + answering * most_draws + rounds * (_repairing(found.slots, task) + answering * most_draws)),
        ),
        (_low(slots * LEAST_TOKENS), _high(slots * MOST_TOKENS * (1 + most_draws) * (1 + rounds))),
    )


def _size(system: str, user: str) -> int:
    return token_count(system) + token_count(user)


def _answer_size(slot: Slot, task: Task) -> int:
    request = task.draw(probe(slot), 2)
    return _size(request.system, request.user)


def _repairing(slots: list[Slot], task: Task) -> int:
    return sum(_size(r.system, r.user) + MOST_TOKENS for r in (task.write([s]) for s in slots))


def _low(tokens: int) -> int:
    return round(tokens * (1 - TOLERANCE))


def _high(tokens: int) -> int:
    return round(tokens * (1 + TOLERANCE))
