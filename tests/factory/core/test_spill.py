"""Texts that are put aside are read as they were."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.core.errors import StoppedEarly
from factory.core.spill import spill_documents
from tests.world import LAW, OPENING, WASHING, document

TEXTS = st.lists(
    st.sampled_from(("", OPENING, WASHING, "Für die Räume der Fähre gibt es 3 Schlüssel. 🚋")),
    max_size=4,
)


@LAW
@given(TEXTS)
def test_documents_that_were_put_aside_are_read_as_they_were(texts: list[str]) -> None:
    documents = [
        document(text, f"d{number}.md").model_copy(update={"unread": ("comments (1)",) * number})
        for number, text in enumerate(texts)
    ]
    assert spill_documents(documents) == documents


def test_a_full_disk_says_where_room_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("factory.core.spill.TemporaryFile", lambda: Path("/dev/full").open("wb"))  # noqa: SIM115 - as the real one is
    with pytest.raises(
        StoppedEarly,
        match=r"^can't write temporary files \(No space left on device\); free some space in .*, then run the same command again$",
    ):
        spill_documents([document()])
