"""Sampling: the same seed reads the same examples, every kind comes out in proportion, and chances add up to the size."""

import math
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from factory.review.sampling import (
    Candidate,
    ReviewSample,
    SampleSettings,
    draw_sample,
    sample_size,
    systematic_sample,
)

KINDS = st.tuples(
    st.sampled_from(("qa", "fields")),
    st.sampled_from(("", "red")),
    st.booleans(),
    st.booleans(),
    st.integers(0, 6),
)


def candidate(
    place: int, kind: tuple[str, str, bool, bool, int] = ("qa", "", False, False, 0)
) -> Candidate:
    task, label, repaired, near, document = kind
    return Candidate(place, f"e{place}", task, label, "chief", repaired, near, f"d{document}.md")


CANDIDATES = st.lists(KINDS, max_size=60).map(
    lambda kinds: [candidate(place, kind) for place, kind in enumerate(kinds)]
)


def drawn(count: int, kept: list[Candidate], rejected: int = 0, seed: int = 0) -> ReviewSample:
    wanted = SampleSettings(size=count, within=4, rejected=rejected, split=None, seed=seed)
    return draw_sample(kept, [candidate(1000 + n) for n in range(rejected)], wanted)


@given(CANDIDATES, st.integers(1, 70), st.integers())
def test_so_many_are_drawn_each_once_with_chances_that_add_up_to_it(
    kept: list[Candidate], count: int, seed: int
) -> None:
    found = systematic_sample(kept, count, seed)
    assert len({one.id for one, _ in found}) == len(found) == min(count, len(kept))
    assert all(0 < chance <= 1 for _, chance in found)


@given(CANDIDATES, st.integers(1, 70), st.integers(), st.randoms())
def test_a_sample_depends_on_its_seed_and_not_on_the_order_of_lines(
    kept: list[Candidate], count: int, seed: int, chance: object
) -> None:
    mixed = list(kept)
    chance.shuffle(mixed)  # type: ignore[attr-defined]
    assert systematic_sample(mixed, count, seed) == systematic_sample(kept, count, seed)


def test_over_many_seeds_everyone_comes_in_as_often_as_its_chance_says() -> None:
    kept = [candidate(n, ("qa", "", n % 5 == 0, False, n % 4)) for n in range(20)]
    times, chances = Counter[str](), {}
    for seed in range(2000):
        for one, chance in systematic_sample(kept, 6, seed):
            times[one.id] += 1
            chances[one.id] = chance
    assert all(abs(times[id] / 2000 - chance) < 0.04 for id, chance in chances.items())
    assert math.isclose(sum(chances.values()), 6)


def test_every_task_label_and_document_comes_out_in_proportion() -> None:
    kept = [
        candidate(n, ("qa" if n < 300 else "fields", "", False, False, n % 10)) for n in range(400)
    ]
    found = [one for one, _ in systematic_sample(kept, 40, 1)]
    assert Counter(one.task for one in found) == {"qa": 30, "fields": 10}
    assert set(Counter(one.document for one in found if one.task == "qa").values()) == {3}


def test_what_was_repaired_or_near_a_threshold_is_read_twice_as_often() -> None:
    kept = [candidate(n, ("qa", "", n % 2 == 0, False, n)) for n in range(300)]
    found = systematic_sample(kept, 30, 1)
    assert Counter(one.repaired for one, _ in found) == {True: 20, False: 10}
    assert {round(chance, 4) for _, chance in found} == {round(2 / 15, 4), round(1 / 15, 4)}


def test_a_part_is_read_by_two_and_that_part_is_shown_first() -> None:
    found = drawn(100, [candidate(n) for n in range(500)], rejected=20)
    shown = found.shown()
    assert [one.second for one in shown] == [True] * 20 + [False] * 100
    assert {one.state for one in shown[:20]} == {"kept"}
    assert shown != list(found.chosen)


def test_a_small_run_is_read_whole() -> None:
    found = drawn(50, [candidate(n) for n in range(8)])
    assert {one.chance for one in found.chosen} == {1.0}
    assert (found.of, len(found.chosen)) == (8, 8)


def test_the_size_of_a_bound_is_that_of_the_textbook() -> None:
    # 1.96^2 x 0.8 x 0.2 / 0.04^2 = 384.2, and 384.2 / (1 + 383.2 / 1000) = 277.7
    assert [sample_size(4, n) for n in (10**9, 1000, 100, 1, 0)] == [385, 278, 80, 1, 0]


@given(st.floats(0.5, 20), st.integers(0, 10**6))
def test_a_narrower_bound_never_takes_fewer_and_never_more_than_there_are(
    points: float, population: int
) -> None:
    assert sample_size(points, population) <= sample_size(points / 2, population) <= population
