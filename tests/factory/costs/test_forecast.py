"""A forecast: what is known is exact, what is not has an interval, what has no price has no dollars."""

from collections.abc import Sequence
from math import isclose

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.calls.prices import FREE, Price
from factory.core.records import Cost, Slot
from factory.costs.estimate import Estimate
from factory.costs.forecast import (
    EstimateTerms,
    Forecast,
    TriedChunk,
    forecast_rest,
    forecast_whole,
    share_kept,
    weight_by_document,
)
from tests.factory.costs.test_estimate import PRICE, TASKS, TEXTS, recipe
from tests.factory.generation.test_engine import slots
from tests.world import LAW, document

GROUPS = [slots(text) for text in TEXTS]
TERMS = EstimateTerms(TASKS, recipe(), PRICE)
FREE_OF_CHARGE, UNKNOWN = EstimateTerms(TASKS, recipe(), FREE), EstimateTerms(TASKS, recipe(), None)
SIX = 6  # chunks that were tried, in these tests


def tried(
    group: list[Slot], times: float = 1.0, kept: int = 2, terms: EstimateTerms = TERMS
) -> TriedChunk:
    """A chunk that took so many times what was foreseen."""
    took = {name: round(times * amount) for name, amount in terms.foreseen(group).items()}
    return TriedChunk(group, kept, Cost.model_validate(took))


def some(times: Sequence[float], terms: EstimateTerms = TERMS) -> list[TriedChunk]:
    return [tried(group, t, 2, terms) for group, t in zip(GROUPS, times, strict=False)]


def usd(found: Estimate | None) -> tuple[int, int]:
    assert found
    assert found.usd
    return found.usd


def expected(found: Forecast) -> int:
    assert found.expected
    return found.expected.nanousd


def of(name: str, group: list[Slot]) -> list[Slot]:
    """The same slots in another document."""
    return [
        s.model_copy(
            update={"chunk": s.chunk.model_copy(update={"document": document(name, name).ref})}
        )
        for s in group
    ]


def test_chunks_that_took_half_of_what_was_foreseen_halve_the_estimate() -> None:
    found = forecast_rest(some([0.5] * SIX), GROUPS[SIX:], TERMS)
    foreseen = sum(TERMS.foreseen(group)["nanousd"] for group in GROUPS[SIX:])
    assert isclose(expected(found), foreseen / 2, rel_tol=1e-3)
    assert (found.slots, found.before) == (
        3 * len(GROUPS[SIX:]),
        TERMS.estimate([s for g in GROUPS[SIX:] for s in g]),
    )


def test_the_interval_is_narrower_than_the_estimate_before_and_holds_what_is_expected() -> None:
    found = forecast_rest(some([0.9, 1.0, 1.1, 1.0, 0.8, 1.2]), GROUPS[SIX:], TERMS)
    (low, high), before = usd(found.after), usd(found.before)
    assert low < expected(found) < high
    assert high - low < before[1] - before[0]


def test_what_was_tried_is_known_and_only_the_rest_has_an_interval() -> None:
    seen = some([0.9, 1.0, 1.1, 1.0, 0.8, 1.2])
    rest = forecast_rest(seen, GROUPS[SIX:], TERMS)
    found = forecast_whole(rest, seen, TERMS, [s for g in GROUPS for s in g])
    known = sum(t.took.nanousd for t in seen)
    assert usd(found.after) == tuple(bound + known for bound in usd(rest.after))
    assert (expected(found), found.slots) == (expected(rest) + known, 3 * len(GROUPS))
    assert found.kept == tuple(n + 2 * SIX for n in rest.kept or ())


def test_where_every_chunk_was_tried_nothing_is_uncertain() -> None:
    seen = [tried(group, 1.3) for group in GROUPS[:3]]
    every = [s for g in GROUPS[:3] for s in g]
    found = forecast_whole(forecast_rest(seen, [], TERMS), seen, TERMS, every)
    known = sum(t.took.nanousd for t in seen)
    assert (usd(found.after), expected(found), found.kept) == ((known, known), known, (6, 6, 6))


@pytest.mark.parametrize("count", [0, 1, 4])
def test_fewer_than_five_finished_chunks_forecast_nothing(count: int) -> None:
    seen = some([1.0] * count)
    rest = forecast_rest(seen, GROUPS[count:], TERMS)
    every = forecast_whole(rest, seen, TERMS, [s for g in GROUPS for s in g])
    assert [(f.after, f.expected, f.kept) for f in (rest, every)] == [(None, None, None)] * 2


@pytest.mark.parametrize(("terms", "dollars"), [(FREE_OF_CHARGE, (0, 0)), (UNKNOWN, None)])
def test_without_a_price_calls_and_tokens_are_forecast_alone(
    terms: EstimateTerms, dollars: tuple[int, int] | None
) -> None:
    seen = some([0.5] * SIX, terms)
    found = forecast_whole(
        forecast_rest(seen, GROUPS[SIX:], terms), seen, terms, [s for g in GROUPS for s in g]
    )
    assert found.after
    assert (found.after.usd, expected(found), found.after.tokens_out[0] > 0) == (dollars, 0, True)


def test_a_large_document_counts_for_more_than_the_one_chunk_that_was_tried_of_it() -> None:
    large, small = [of("large", g) for g in GROUPS[:9]], [of("small", g) for g in GROUPS[9:10]]
    both = weight_by_document([tried(large[0]), tried(small[0])], large[1:])
    assert [t.weight for t in both] == [1.8, 0.2]


def test_where_lots_fell_on_documents_none_counts_for_less_than_its_chunks() -> None:
    large, small = [of("large", g) for g in GROUPS[:8]], [of("small", g) for g in GROUPS[8:9]]
    both = weight_by_document(
        [tried(large[0]), tried(small[0])], [*large[1:], of("other", GROUPS[9])]
    )
    assert [t.weight for t in both] == [1.6, 1.0]


def test_weights_turn_the_share_that_is_kept() -> None:
    large, small = [of("large", g) for g in GROUPS[:9]], [of("small", g) for g in GROUPS[9:10]]
    both = weight_by_document([tried(large[0], kept=3), tried(small[0], kept=0)], large[1:])
    assert share_kept(both).expected == pytest.approx(0.9)


@LAW
@given(st.lists(st.integers(1, 9), min_size=1, max_size=8), st.integers(1, 8))
def test_where_every_document_was_tried_the_weights_add_up_to_the_chunks(
    sizes: list[int], each: int
) -> None:
    documents = [[of(f"d{i}", GROUPS[0])] * size for i, size in enumerate(sizes)]
    seen = [TriedChunk(group, 0, Cost()) for found in documents for group in found[:each]]
    rest = [group for found in documents for group in found[each:]]
    assert sum(t.weight for t in weight_by_document(seen, rest)) == pytest.approx(len(seen))


def test_a_forecast_is_read_back_from_its_file_as_it_was() -> None:
    found = forecast_rest(some([0.9, 1.0, 1.1, 1.0, 0.8, 1.2]), GROUPS[SIX:], TERMS)
    assert Forecast.model_validate_json(found.model_dump_json()) == found


def test_a_price_for_tokens_out_alone_is_forecast_too() -> None:
    terms = EstimateTerms(
        TASKS, recipe(), Price(input=0.0, output=5.0, cache_read=0.0, cache_write=0.0)
    )
    assert expected(forecast_rest(some([1.0] * SIX, terms), GROUPS[SIX:], terms)) > 0
