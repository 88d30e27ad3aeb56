"""Examples to read are of as many kinds as possible, whatever their order."""

from hypothesis import given
from hypothesis import strategies as st

from factory.reports.diverse_sample import DiverseSample, Ticket
from tests.world import LAW

MOST = 3
MANY = st.lists(
    st.tuples(st.sampled_from("abcdef"), st.integers(0, 99)),
    unique_by=lambda one: one[1],
    max_size=30,
)


def chosen(arrived: list[tuple[str, int]]) -> list[Ticket]:
    spread = DiverseSample(MOST)
    for kind, number in arrived:
        spread.add(kind, (f"{number:02}", number))
    return spread.chosen()


def every(arrived: list[tuple[str, int]]) -> list[Ticket]:
    """With all of them in memory: by turn of its kind, kinds in order of their first."""
    kinds: dict[str, list[Ticket]] = {}
    for kind, number in sorted(arrived, key=lambda one: one[1]):
        kinds.setdefault(kind, []).append((f"{number:02}", number))
    return [mine[turn] for turn in range(30) for mine in kinds.values() if turn < len(mine)][:MOST]


@LAW
@given(MANY)
def test_those_of_memory_that_holds_a_few_are_those_of_memory_that_holds_all(
    arrived: list[tuple[str, int]],
) -> None:
    assert chosen(arrived) == every(arrived)


def test_a_rare_kind_is_chosen_before_a_second_one_of_another() -> None:
    assert chosen([("common", n) for n in range(9)] + [("rare", 99)]) == [
        ("00", 0),
        ("99", 99),
        ("01", 1),
    ]
