"""What contradicts: the same sentence with another value, a denial or another duty."""

from collections.abc import Sequence

import pytest

from factory.core.records import Span
from filters.duplicates.contradictions import find_contradictions

RULE = "Every tram of the Marrow Street depot is washed within 14 days of its last wash."
REST = "The depot chief Ada Finch keeps the 3 keys of the depot. Drivers who lose a key tell her on the same day."


def only(one: str, other: str) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    return [
        (tuple(placed(one, c.only_one)), tuple(placed(other, c.only_other)))
        for c in find_contradictions(one, other)
    ]


def placed(text: str, spans: Sequence[Span]) -> list[str]:
    """What stands in the text at their places."""
    return [text[s.start : s.end] for s in spans]


def test_a_conflict_names_the_sentences_and_their_values() -> None:
    one, other = f"{REST} {RULE}", f"{RULE.replace('14 days', '3 weeks')} {REST}"
    (conflict,) = find_contradictions(one, other)
    assert (conflict.one.text, conflict.other.text) == (RULE, RULE.replace("14 days", "3 weeks"))
    assert (
        one[conflict.one.start : conflict.one.end],
        placed(one, conflict.only_one),
        placed(other, conflict.only_other),
    ) == (
        RULE,
        ["14 days"],
        ["3 weeks"],
    )


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("Trams of the depot must rest.", "Trams of the depot may rest.", [(("must",), ("may",))]),
        (
            "Trams of the depot rest on Sunday.",
            "Trams of the depot do not rest on Sunday.",
            [((), ("not",))],
        ),
        (
            "The depot opens on 1 May 2024.",
            "The depot opens on 1 June 2024.",
            [(("1 May 2024",), ("1 June 2024",))],
        ),
        (
            "The depot rests from the third day on.",
            "The depot rests from the fourth day on.",
            [(("third",), ("fourth",))],
        ),
        ("Trams shall not rest.", "Trams should not rest.", [(("shall",), ("should",))]),
        ("Trams shall rest here.", "Trams must rest here.", []),
        ("No tram of the depot rests.", "A tram of the depot never rests.", []),
        ("Trams of the depot should rest.", "Trams of the depot rest.", []),
        ("See clause 4.8 on trams.", "See clause 5.1 on trams.", []),
        ("3.1 The depot has 5 trams.", "3.2 The depot has 5 trams.", []),
        (
            '<td width="4">The depot has 5 trams.</td>',
            '<td width="6">The depot has 5 trams.</td>',
            [],
        ),
        (
            "See [the depot's plan 4](https://a.example/1).",
            "See [the depot's plan 4](https://a.example/2).",
            [],
        ),
        ("The depot rests on 1 May.", "The depot rests on 1 May for 5 hours.", []),
        ("The depot has 5 trams and 6 keys.", "The depot has 6 keys and five trams.", []),
    ],
)
def test_what_only_one_says_contradicts_where_the_other_says_something_else(
    one: str, other: str, expected: list[tuple[tuple[str, ...], tuple[str, ...]]]
) -> None:
    assert only(one, other) == expected
