"""Two versions of a document: what is the same, and what contradicts."""

import pytest

from factory.records import Chunk
from filters.versions import contradictions, versions
from tests.world import OPENING, WASHING, chunk, document

RULE = "Every tram of the Marrow Street depot is washed within 14 days of its last wash."
REST = "The depot chief Ada Finch keeps the 3 keys of the depot. Drivers who lose a key tell her on the same day."


def of(name: str, text: str) -> Chunk:
    return chunk(text, document=document(text, name).ref)


def found(one: str, other: str) -> list[tuple[bool, bool]]:
    """Whether the two are the same and whether they conflict; nothing where they are no versions of each other."""
    return [(v.same, v.conflict) for v in versions([of("2024.md", one), of("2026.md", other)])]


def only(one: str, other: str) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    return [(c.only_one, c.only_other) for c in contradictions(one, other)]


def test_chunks_that_tell_the_same_are_the_same() -> None:
    assert found(f"{RULE} {REST}", f"{RULE.replace('14', 'fourteen')}\n{REST}") == [(True, False)]


def test_a_changed_value_is_a_conflict() -> None:
    assert found(f"{RULE} {REST}", f"{RULE.replace('14', '21')} {REST}") == [(False, True)]


def test_an_added_sentence_makes_another_chunk_but_no_conflict() -> None:
    assert found(f"{RULE} {REST}", f"{RULE} {REST} Trams rest in winter.") == [(False, False)]


def test_chunks_about_something_else_are_no_versions() -> None:
    assert found(OPENING, WASHING) == []


def test_chunks_of_one_document_are_no_versions() -> None:
    assert versions([of("a.md", f"{RULE} {REST}"), of("a.md", f"{RULE} {REST}")]) == []


def test_a_conflict_names_the_sentences_and_their_values() -> None:
    one, other = f"{REST} {RULE}", f"{RULE.replace('14 days', '3 weeks')} {REST}"
    (conflict,) = contradictions(one, other)
    assert (conflict.one.text, conflict.other.text) == (RULE, RULE.replace("14 days", "3 weeks"))
    assert (one[conflict.one.start : conflict.one.end], conflict.only_one, conflict.only_other) == (RULE, ("14 days",), ("3 weeks",))


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("Trams of the depot must rest.", "Trams of the depot may rest.", [(("must",), ("may",))]),
        ("Trams of the depot rest on Sunday.", "Trams of the depot do not rest on Sunday.", [((), ("not",))]),
        ("The depot opens on 1 May 2024.", "The depot opens on 1 June 2024.", [(("1 May 2024",), ("1 June 2024",))]),
        ("The depot rests from the third day on.", "The depot rests from the fourth day on.", [(("third",), ("fourth",))]),
        ("The depot rests on 1 May.", "The depot rests on 1 May for 5 hours.", []),
        ("The depot has 5 trams and 6 keys.", "The depot has 6 keys and five trams.", []),
    ],
)
def test_what_only_one_says_contradicts_where_the_other_says_something_else(
    one: str, other: str, expected: list[tuple[tuple[str, ...], tuple[str, ...]]]
) -> None:
    assert only(one, other) == expected
