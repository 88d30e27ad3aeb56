"""Values of a stranger's answer of which its evidence has a part, and nothing against the rest."""

import pytest

from filters.grounding.grounding import grounding
from tests.world import chunk, example


def reason(response: str, source: str) -> str:
    """Why a stranger's answer without quotes is rejected."""
    return grounding(
        example(instruction="", response=response, chunk=chunk(source), spans=()), of_chunk=False
    ).reason


@pytest.mark.parametrize(
    ("response", "source"),
    [
        ("The keys are kept by Ada Finch.", "The keys of the depot are kept by Finch."),
        ("The keys are kept by Ada Finch.", "The keys are kept by Ada, who opens the depot."),
        (
            "The depot opened on 3 May 2018.",
            "News of 2018-06-01\n\nThe depot opened on 3 May with a feast.",
        ),
        ("The depot was planned by Zoë Brook.", "The depot was planned by Zoe Brook."),
        ("Brook keeps the Ibero-Marrow depot.", "Brook keeps the IberoMarrow depot."),
        ("Brook keeps the Iberomarrow depot.", "Brook keeps the Ibero-Marrow depot."),
        ("The depot keeps a cold-water tank (CWT).", "The depot keeps a cold-water tank."),
        (
            "Although Finch keeps the keys, Brook opens the depot.",
            "Finch keeps the keys, but Brook opens the depot.",
        ),
        ("The crew may wash the trams at the depot.", "The crew washes the trams at the depot."),
    ],
)
def test_a_value_with_nothing_in_the_place_of_what_is_missing_is_borne_out(
    response: str, source: str
) -> None:
    assert reason(response, source) == ""


@pytest.mark.parametrize(
    ("response", "source", "missing"),
    [
        ("The keys are kept by Ada Finch.", "The keys of the depot are kept by Ben Finch.", "Ada"),
        (
            "The keys are kept by Ada Finch.",
            "The keys of the depot are kept by Ada Brook.",
            "Finch",
        ),
        ("The depot keeps a cold-water tank (CST).", "The depot keeps a cold-water tank.", "CST"),
        (
            "The depot opened on 3 May 2018.",
            "News of 2017-06-01\n\nThe depot opened on 3 May with a feast.",
            "3 May 2018",
        ),
        (
            "The depot opened on 3 May 2018.",
            "News of 2018-06-01\n\nThe depot opened on 4 May with a feast.",
            "3 May 2018",
        ),
        (
            "The depot opened on 3 May 2018.",
            "News of 2018\n\nThe depot opened on 3 May 2017 with a feast.",
            "3 May 2018",
        ),
    ],
)
def test_a_value_with_another_part_in_its_place_is_not(
    response: str, source: str, missing: str
) -> None:
    assert reason(response, source).startswith(f'The answer says "{missing}", but')
