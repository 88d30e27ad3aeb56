"""Filters run one after the other until one rejects."""

from factory.core.records import Example, Verdict
from filters.chain import chain
from tests.world import example


def clean(example: Example) -> Verdict:
    return Verdict(filter="clean", passed=True)


def dirty(example: Example) -> Verdict:
    return Verdict(filter="dirty", passed=False, reason="The tram is dirty.")


def test_an_example_gains_the_verdict_of_every_filter() -> None:
    assert [v.filter for v in chain(example(), (clean, clean, dirty)).verdicts] == [
        "clean",
        "dirty",
    ]


def test_the_first_rejection_ends_it() -> None:
    judged = chain(example(), (dirty, clean))
    assert [(v.filter, v.reason) for v in judged.verdicts] == [("dirty", "The tram is dirty.")]
    assert judged.rejection == judged.verdicts[0]


def test_a_verdict_carries_the_digest_of_the_response_it_judged() -> None:
    assert [v.judged for v in chain(example(), (clean,)).verdicts] == [example().response_digest]


def test_a_later_verdict_of_the_same_filter_replaces_the_earlier_one() -> None:
    rejected = example().judged(Verdict(filter="clean", passed=False, reason="The tram is dirty."))
    assert chain(rejected, (clean,)).rejection is None


def test_without_filters_the_example_stays_as_it_is() -> None:
    assert chain(example(), ()) == example()
