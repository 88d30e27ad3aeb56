"""Labels are balanced in what is trained: the rarest one sets how many of the others stay."""

import asyncio
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from factory.core.records import Example
from factory.core.settings import FilterSettings, RepairSettings
from factory.generation.engine import GenerationEngine, Outcome
from factory.generation.label_balance import surplus_examples
from factory.teachers import Request
from tests.fakes import DEPOTS, FakeTeacher, Said, asker
from tests.leases import BOTH, LETTERS_SENT, labels, right, slots
from tests.world import LAW, example


def labelled(told: str) -> list[Example]:
    return [example(id=f"e{i}", response=label) for i, label in enumerate(told)]


def test_what_is_beyond_so_many_times_the_rarest_label_is_named_with_the_counts() -> None:
    ((place, verdict),) = surplus_examples(labelled("aababa"), 1.5)
    assert place == 5
    assert verdict.reason == (
        'The label "a" has 3 training examples already, and the rarest label, "b", has 2: balance = 1.5 allows no more.'
    )


@LAW
@given(st.text("abcd", max_size=60), st.floats(1, 5))
def test_no_label_stays_beyond_the_bound_and_the_rarest_loses_none(told: str, most: float) -> None:
    trained = labelled(told)
    gone = {place for place, _ in surplus_examples(trained, most)}
    before, after = (
        Counter(told),
        Counter(e.response for place, e in enumerate(trained) if place not in gone),
    )
    rarest = min(before.values(), default=0)
    assert all(times <= most * rarest for times in after.values())
    assert all(after[label] == min(times, int(most * rarest)) for label, times in before.items())


def sorting(request: Request) -> Said:
    """Two letters are of one label, all others of another."""
    if not labels(request):
        return right(request)
    rare = any(f"{depot} depot" in request.user for depot in DEPOTS[:2])
    return request.shape.model_validate({"quotes": [], "label": "repair" if rare else "lease"})


def made(balance: dict[str, float]) -> Outcome:
    factory = GenerationEngine(
        asker(FakeTeacher(sorting)), BOTH, FilterSettings(), "fake", balance=balance
    )
    return asyncio.run(factory.make(slots(*LETTERS_SENT), RepairSettings(), lambda e: e))


def test_the_factory_rejects_what_is_beyond_of_that_task_and_keeps_the_sum() -> None:
    free, bound = made({}), made({"letters": 1})
    trained = Counter(e.response for e in bound.kept if e.task == "letters" and e.split == "train")
    assert trained == {"lease": 2, "repair": 2}
    assert len(free.kept) == len(bound.kept) + len(bound.rejected)
    assert {e.rejection.filter for e in bound.rejected if e.rejection} == {"balance"}
    assert [e.id for e in bound.kept if e.task == "leases"] == [
        e.id for e in free.kept if e.task == "leases"
    ]
