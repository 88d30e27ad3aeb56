"""Inflections, derivations and synonyms share a key; two parties of a contract never do."""

import pytest

from filters.english.word_roots import root_key, root_keys


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
    assert root_key(one) == root_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("employer", "employee"),
        ("lessor", "lessee"),
        ("tram", "train"),
        ("national", "nature"),
        ("key", "crucial"),
    ],
)
def test_words_of_two_meanings_have_two(one: str, other: str) -> None:
    assert root_key(one) != root_key(other)


def test_stop_words_have_no_key() -> None:
    assert root_keys("The tram of the depot") == ["tram", "depot"]
