"""Laws of the layout: every row once an epoch, no pack above the limit, the same steps whatever the memory and the devices."""

import math
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from trainer.packs import cost, divided, drawn, laid_out, steps_of

SIZES = st.lists(st.integers(1, 300), min_size=1, max_size=40)
BATCH = st.integers(1, 20)
DEVICES = st.sampled_from([1, 2, 3])


@given(rows=st.integers(1, 60), batch=BATCH, epochs=st.sampled_from([0.5, 1, 2, 2.5]), seed=st.integers(0, 9))
def test_every_row_is_read_once_an_epoch(rows: int, batch: int, epochs: float, seed: int) -> None:
    read = [row for step in drawn(rows, batch, epochs, None, seed) for row in step]
    assert len(read) == math.ceil(rows * epochs)
    for start in range(0, len(read), rows):
        assert len(set(read[start : start + rows])) == len(read[start : start + rows])


@given(rows=st.integers(1, 30), batch=BATCH, steps=st.integers(1, 9))
def test_max_steps_are_whole_steps_beyond_the_epochs_too(rows: int, batch: int, steps: int) -> None:
    assert [len(step) for step in drawn(rows, batch, 1, steps, 0)] == [batch] * steps
    assert steps_of(rows, batch, 1, steps) == steps


@given(sizes=SIZES, batch=BATCH, limit=st.integers(300, 900), devices=DEVICES, padded=st.booleans())
def test_each_step_is_all_its_rows_in_as_many_packs_under_the_limit(
    sizes: list[int], batch: int, limit: int, devices: int, padded: bool
) -> None:
    steps = drawn(len(sizes), batch, 2, None, 0)
    found = laid_out(sizes, steps, limit, devices, padded)
    (count,) = {len(step) for step in found}
    assert count % devices == 0
    assert [Counter(row for pack in step for row in pack) for step in found] == [Counter(step) for step in steps]
    assert all(cost(sizes, pack, padded) <= limit for step in found for pack in step)


@given(sizes=SIZES, batch=BATCH, limit=st.integers(300, 900), devices=DEVICES, padded=st.booleans())
def test_no_fewer_packs_would_do(sizes: list[int], batch: int, limit: int, devices: int, padded: bool) -> None:
    steps = drawn(len(sizes), batch, 1, None, 0)
    count = len(laid_out(sizes, steps, limit, devices, padded)[0])
    fewer = count - devices
    assert fewer <= 0 or any(cost(sizes, pack, padded) > limit for step in steps for pack in divided(sizes, step, fewer, padded))


@given(sizes=SIZES, count=st.integers(1, 6))
def test_packs_are_at_most_a_third_fuller_than_they_need_be(sizes: list[int], count: int) -> None:
    fullest = cost(sizes, divided(sizes, tuple(range(len(sizes))), count)[0], padded=False)
    at_best = max(max(sizes), math.ceil(sum(sizes) / count))
    assert fullest <= 4 / 3 * at_best + max(sizes) * (len(sizes) > count)


@given(sizes=SIZES, batch=BATCH, limit=st.integers(300, 900), devices=DEVICES)
def test_the_rows_of_a_step_do_not_depend_on_memory_or_devices(sizes: list[int], batch: int, limit: int, devices: int) -> None:
    steps = drawn(len(sizes), batch, 1, None, 3)
    one, other = laid_out(sizes, steps, limit, devices), laid_out(sizes, steps, 10_000, 1)
    rows = [[sorted(row for pack in step for row in pack) for step in steps] for steps in (one, other)]
    assert rows[0] == rows[1]


def test_another_seed_is_another_order_and_the_same_seed_the_same() -> None:
    assert drawn(20, 4, 1, None, 0) == drawn(20, 4, 1, None, 0) != drawn(20, 4, 1, None, 1)


def test_a_row_above_the_limit_is_a_pack_of_its_own() -> None:
    assert laid_out([900, 100, 100], [(0, 1, 2)], 300) == [((0,), (1,), (2,))]
