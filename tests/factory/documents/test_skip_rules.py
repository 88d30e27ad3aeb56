"""A skipped chunk has a reason; text that a client may ask about is kept."""

import pytest

from factory.documents.skip_rules import skip_reason
from tests.world import OPENING, WASHING, chunk


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[Reserved]", "It only says that nothing stands here, or which page it is."),
        ("Page 3 of 12", "It only says that nothing stands here, or which page it is."),
        ("---", "It holds no word."),
        ("See also", "It holds next to no words."),
        (
            "Trams ..... 3\nKeys ..... iv\nFood . . . . . 12",
            "It is a table of contents or an index: its lines end in page numbers.",
        ),
        (
            "- [Trams](trams.md)\n- [Keys](keys.md)",
            "It is navigation: its lines are nothing but links.",
        ),
        ("© 2026 Marrow Street depot. All rights reserved.", "It is a copyright or licence line."),
        ("By: ________________\nName: Ada Finch\nTitle: Head of depot", "It is a signature block."),
        (
            "Tram: ______ Date: ______ Driver: ______",
            "It is a blank form: hardly more than lines to fill in.",
        ),
    ],
)
def test_a_chunk_with_nothing_to_ask_is_set_aside_with_the_reason(text: str, reason: str) -> None:
    assert skip_reason(chunk(text)) == reason


@pytest.mark.parametrize(
    "text",
    [
        *(
            OPENING,
            WASHING,
            "Trams rest.\nKeys stay.",
            "Fee: 12 crowns",
            "車庫は朝六時に開きます。",
        ),
        "1. [Keys](keys.md) lie in the cabinet.",
        "The licence ends in 2027. It covers trams of the depot alone and may be renewed by the head of the depot, who pays 12 crowns a "
        "year for it to the council, all rights reserved.",
        "Signed forms go to Ada Finch within 14 days.",
    ],
)
def test_a_chunk_that_says_something_stays(text: str) -> None:
    assert skip_reason(chunk(text)) is None
