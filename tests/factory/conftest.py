"""No test of the factory waits for a teacher that is away."""

import pytest
from tenacity import wait_none


@pytest.fixture(autouse=True)
def _no_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("factory.ask.wait_random_exponential", lambda **_: wait_none())
