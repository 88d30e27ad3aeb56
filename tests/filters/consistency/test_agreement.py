"""Which answers say the same, held against pairs that a person labelled."""

import json
from pathlib import Path
from typing import Any

import pytest

from filters.consistency.agreement import agree
from filters.consistency.fields import same_fields
from filters.consistency.labels import same_label
from filters.consistency.vote import Compare

PAIRS: list[dict[str, Any]] = [
    json.loads(line)
    for line in Path(__file__).with_name("pairs.jsonl").read_text("utf-8").splitlines()
]
COMPARERS: dict[str, Compare] = {
    "agree": agree,
    "same_label": same_label,
    "same_fields": same_fields,
}
LEAST_PURE = 0.93  # of the pairs found the same, the share that is
LEAST_RIGHT = 0.88  # of all pairs


def found(pair: dict[str, Any]) -> bool:
    return COMPARERS[pair["compare"]](pair["one"], pair["other"], pair["question"])


@pytest.mark.parametrize("held", [False, True])
def test_answers_are_joined_and_parted_as_a_person_does(held: bool) -> None:
    part = [p for p in PAIRS if p["held"] == held]
    joined = [p for p in part if found(p)]
    assert sum(p["agree"] for p in joined) >= LEAST_PURE * len(joined)
    assert sum(found(p) == p["agree"] for p in part) >= LEAST_RIGHT * len(part)


def test_agreement_of_labelled_pairs_has_no_direction() -> None:
    turned = [{**p, "one": p["other"], "other": p["one"]} for p in PAIRS]
    assert [p["one"] for p, t in zip(PAIRS, turned, strict=True) if found(p) != found(t)] == []


def test_every_labelled_answer_agrees_with_itself() -> None:
    alone = [{**p, "other": p["one"]} for p in PAIRS if p["compare"] != "same_fields"]
    assert [p["one"] for p in alone if not found(p)] == []


def test_the_labelled_pairs_are_enough_and_balanced() -> None:
    same = sum(p["agree"] for p in PAIRS)
    assert len(PAIRS) >= 240
    assert 0.4 * len(PAIRS) <= same <= 0.6 * len(PAIRS)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Trams may be washed on Monday.", "Trams must be washed on Monday."),
        ("at least 3 keys", "at most 3 keys"),
        ("before the last tram", "after the last tram"),
        ("every 14 days", "every 15 days"),
        ("from 6:00", "until 6:00"),
        ("never more than 5 keys", "more than 5 keys"),
        ("by written notice to the chief", "by oral notice to the chief"),
        ("Trams should be washed on Monday.", "Trams should not be washed on Monday."),
        (
            "tickets for 3 crowns and keys for 5 crowns",
            "tickets for 5 crowns and keys for 3 crowns",
        ),
        ("Finch or Brook", "Finch and Brook"),
        ("The driver hands the chief the key.", "The chief hands the driver the key."),
        ("keys and tickets", "keys, tickets and maps"),
    ],
)
def test_the_same_words_in_another_claim_disagree(one: str, other: str) -> None:
    assert not agree(one, other)


@pytest.mark.parametrize(
    ("one", "other", "question"),
    [
        ("weekly", "every 7 days", "How often is a tram washed?"),
        ("14 days", "every fourteen days", "How often is a tram washed?"),
        (
            "4 red and 2 grey trams",
            "four red and two grey trams",
            "Which trams does the depot keep?",
        ),
        ("24 hours", "one day", "How long does a ticket last?"),
        ("No.", "A tram may not rest.", "May a tram rest?"),
        ("from 6:00", "after 6:00", "When do trams leave?"),
        ("14 days, see section 3.2", "14 days", "Within how many days is a tram washed?"),
    ],
)
def test_another_spelling_of_a_claim_agrees(one: str, other: str, question: str) -> None:
    assert agree(one, other, question)


def test_a_plain_yes_is_no_yes_on_a_condition() -> None:
    assert not agree("Yes.", "Yes, if the chief agrees.", "May a tram rest?")


def test_a_clause_counts_where_it_is_asked_for() -> None:
    assert not agree(
        "under section 3.2", "under section 3.3", "Under which section are trams washed?"
    )
