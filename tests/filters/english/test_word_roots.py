"""Which words mean the same: inflections, derivations and a few synonyms; never two parties of a contract."""

import pytest

from filters.english.word_roots import key, keys


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("approve", "approval"),
        ("notify", "notification"),
        ("notify", "inform"),
        ("calibrates", "calibration"),
        ("pays", "payment"),
        ("staff", "employees"),
        ("begins", "commencing"),
        ("colour", "colored"),
        ("using", "used"),
        ("movies", "film"),
    ],
)
def test_words_of_one_meaning_have_one_key(one: str, other: str) -> None:
    assert key(one) == key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("employer", "employee"), ("lessor", "lessee"), ("tram", "train"), ("national", "nature"), ("key", "crucial")],
)
def test_words_of_two_meanings_have_two(one: str, other: str) -> None:
    assert key(one) != key(other)


def test_stop_words_have_none() -> None:
    assert keys("The tram of the depot") == ["tram", "depot"]
