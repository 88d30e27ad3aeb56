"""Packs: every step of a training laid out ahead, its rows divided into packs that fit the memory; pure and free of torch."""

import math
import random
from collections.abc import Iterator, Sequence

Pack = tuple[int, ...]  # numbers of rows that go through the student at once
Step = tuple[Pack, ...]  # all rows of one step of the optimizer


def steps_of(rows: int, batch: int, epochs: float, max_steps: int | None) -> int:
    """An epoch's last rows and the next one's first share a step: a step of two rows would learn as fast as one of sixteen."""
    return max_steps or math.ceil(rows * epochs / batch)


def drawn(rows: int, batch: int, epochs: float, max_steps: int | None, seed: int) -> list[Pack]:
    """The rows of every step, each epoch in an order of its own; the last step may be smaller."""
    steps = steps_of(rows, batch, epochs, max_steps)
    wanted = steps * batch if max_steps else math.ceil(rows * epochs)
    order = _epochs(rows, seed)
    whole = [next(order) for _ in range(wanted)]
    return [tuple(whole[start : start + batch]) for start in range(0, wanted, batch)]


def _epochs(rows: int, seed: int) -> Iterator[int]:
    chance = random.Random(seed)
    while True:
        order = list(range(rows))
        chance.shuffle(order)
        yield from order


def laid_out(sizes: Sequence[int], steps: Sequence[Pack], limit: int, devices: int = 1, padded: bool = False) -> list[Step]:
    """Each step in as many packs as every other: the least multiple of devices with which no pack is above the limit.

    sizes: tokens of each row; padded: a pack is a rectangle, and each of its rows as long as its longest. A row above the
    limit is a pack of its own. Where a step has fewer rows than packs, its last packs are empty. Packs come in order of size,
    so that devices which work side by side have as much to do.
    """
    most = max(map(len, steps), default=1)
    count = devices
    while count < most and any(cost(sizes, pack, padded) > limit for step in steps for pack in divided(sizes, step, count, padded)):
        count += devices
    return [divided(sizes, step, count, padded) for step in steps]


def cost(sizes: Sequence[int], pack: Pack, padded: bool) -> int:
    """Tokens that the device computes for a pack, padding included."""
    of_rows = [sizes[row] for row in pack]
    return len(pack) * max(of_rows, default=0) if padded else sum(of_rows)


def divided(sizes: Sequence[int], rows: Pack, count: int, padded: bool = False) -> Step:
    """The rows in so many packs of about the same cost, dearest first."""
    long_first = sorted(rows, key=lambda row: (-sizes[row], row))
    packs = _rectangles(sizes, long_first, count) if padded else _balanced(sizes, long_first, count)
    return tuple(sorted(packs, key=lambda pack: -cost(sizes, pack, padded)))


def _balanced(sizes: Sequence[int], long_first: Sequence[int], count: int) -> list[Pack]:
    """The longest row left goes into the lightest pack: at most a third above the best division (Graham 1969)."""
    packs: list[list[int]] = [[] for _ in range(count)]
    loads = [0] * count
    for row in long_first:
        lightest = loads.index(min(loads))
        packs[lightest].append(row)
        loads[lightest] += sizes[row]
    return [tuple(pack) for pack in packs]


def _rectangles(sizes: Sequence[int], long_first: Sequence[int], count: int) -> list[Pack]:
    """Rows of like length together, with the smallest largest rectangle that needs no more packs than that."""
    low, high = max((sizes[row] for row in long_first), default=0), sum(sizes[row] for row in long_first)
    high = max(high, low * len(long_first))
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if len(_cut(sizes, long_first, middle)) <= count else (middle + 1, high)
    packs = _cut(sizes, long_first, low)
    return [*packs, *[()] * (count - len(packs))]


def _cut(sizes: Sequence[int], long_first: Sequence[int], limit: int) -> list[Pack]:
    packs: list[list[int]] = []
    for row in long_first:
        if packs and sizes[packs[-1][0]] * (len(packs[-1]) + 1) <= limit:
            packs[-1].append(row)
        else:
            packs.append([row])
    return [tuple(pack) for pack in packs]
