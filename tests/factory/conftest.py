"""No test of the factory waits for a teacher that is away, or leaves a ledger open."""

from collections.abc import Iterator

import pytest
from tenacity import wait_none

from tests.fakes import close_all


@pytest.fixture(autouse=True)
def _no_waits(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr("factory.calls.client.BACKOFF", wait_none())
    monkeypatch.setattr("factory.calls.sqlite_writer.COMMIT_WINDOW_S", 0.0)
    yield
    close_all()
