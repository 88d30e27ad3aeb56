"""`docstill make` by batch: the real SDKs against a local server of both protocols, the mock teacher behind it."""

import json
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.batch_server import BatchServer, serving_batches
from tests.factory.test_pipeline import FACTS, counts, files, lines, make, written
from tests.mock import Command, MockServer, free_port, serving

KEYS = {"openai": "OPENAI_API_KEY", "anthropic": "ANTHROPIC_API_KEY"}
SMALL = ("--limit", "6")
both = pytest.mark.parametrize("provider", KEYS)
PRICE = "teachers.0.price={ input = 2.0, output = 10.0 }"


@pytest.fixture(scope="module")
def mock() -> Iterator[MockServer]:
    with serving(*FACTS) as server:
        yield server


@pytest.fixture(scope="module")
def started(mock: MockServer) -> Iterator[BatchServer]:
    with serving_batches(free_port(), mock.url) as server:
        yield server


@pytest.fixture
def server(started: BatchServer, monkeypatch: pytest.MonkeyPatch) -> BatchServer:
    started.reset()
    for variable in KEYS.values():
        monkeypatch.setenv(variable, "sk-of-the-tests-0123456789")
    monkeypatch.setattr("factory.calls.batch_client.POLL_SECONDS", (0.1,))
    return started


def order(provider: str, server: BatchServer, mode: str = "batch") -> tuple[str, ...]:
    sets = (
        f"teachers.0.model={provider}/mock",
        f"teachers.0.base_url={server.url}/v1",
        f"teachers.0.mode={mode}",
        PRICE,
    )
    return tuple(part for change in sets for part in ("--set", change))


def batched(
    home: Path, provider: str, server: BatchServer, *more: str, mode: str = "batch"
) -> tuple[int | None, str]:
    """One `docstill make` by batch, in a folder of its own at the first call."""
    if not (home / "recipe.toml").is_file():
        written(home, server.url)
    return make(home / "recipe.toml", home / "run", *order(provider, server, mode), *more)


def without_cost(run: Path) -> dict[str, list[Any]]:
    """Every judged slot but for what it cost."""

    def stripped(value: Any) -> Any:  # noqa: ANN401 - JSON
        if isinstance(value, dict):
            return {k: stripped(v) for k, v in value.items() if k != "cost"}
        return [stripped(v) for v in value] if isinstance(value, list) else value

    return {name: stripped(lines(run, name)) for name in ("kept.jsonl", "rejected.jsonl")}


def cost(run: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((run / "report.json").read_text(encoding="utf-8"))["cost"]
    return found


def repeats(server: BatchServer) -> list[int]:
    return [times for times in server.stats()["keys"].values() if times > 1]


@both
def test_a_batch_gives_what_online_gives_at_half_the_price(
    provider: str, server: BatchServer, tmp_path: Path
) -> None:
    code, said = batched(tmp_path / "batch", provider, server, "--wait")
    assert (code, "Traceback" in said) == (0, False), said
    stats = server.stats()
    online_code, _ = batched(tmp_path / "online", provider, server, mode="online")
    assert (online_code, without_cost(tmp_path / "batch/run")) == (
        0,
        without_cost(tmp_path / "online/run"),
    )
    half = (
        (2.0 * stats["billed_prompt_tokens"] + 10.0 * stats["billed_completion_tokens"]) / 1e6 / 2
    )
    spent = cost(tmp_path / "batch/run")
    assert (stats["online"], repeats(server)) == (0, [])
    assert spent["usd"] == pytest.approx(half, abs=1e-6)
    assert (spent["usd_total"], spent["usd_uncertain"]) == (spent["usd"], 0)


def test_without_wait_each_run_submits_and_the_next_one_collects(
    server: BatchServer, tmp_path: Path
) -> None:
    codes = []
    for _ in range(9):
        code, said = batched(tmp_path, "openai", server)
        codes.append(code)
        if code == 0:
            break
        assert "its batch has not come back yet" in said
        assert ": submitted, " in said
        time.sleep(0.5)
    assert (codes[0], codes[-1], repeats(server)) == (3, 0, [])
    assert sum(counts(tmp_path / "run").values()) == 18


def test_while_a_batch_is_out_running_again_submits_nothing(
    server: BatchServer, tmp_path: Path
) -> None:
    server.config(hold_s=60)
    batched(tmp_path, "openai", server, *SMALL)
    code, said = batched(tmp_path, "openai", server, *SMALL)
    assert (code, server.stats()["batches"], "0 of " in said) == (3, 1, True)


@both
def test_a_batch_that_was_killed_between_submit_and_collect_is_bought_once(
    provider: str, server: BatchServer, tmp_path: Path
) -> None:
    """Killed at many moments: while it writes the ledger, while it submits, while it waits, while it collects."""
    written(tmp_path, server.url)
    arguments = (
        "make",
        str(tmp_path / "recipe.toml"),
        "--out",
        str(tmp_path / "run"),
        *order(provider, server),
        "--wait",
    )
    for after in (0.15, 0.3, 0.45, 0.6, 0.9, 1.2, 1.5, 1.8):
        Command(arguments, tmp_path / "log").start().kill(after)
    code, said = batched(tmp_path, provider, server, "--wait")
    assert (code, repeats(server)) == (0, []), said
    whole, _ = batched(tmp_path / "whole", provider, server, "--wait")
    assert (whole, files(tmp_path / "run")) == (0, files(tmp_path / "whole/run"))


@both
def test_a_create_without_a_reply_is_found_and_not_repeated(
    provider: str, server: BatchServer, tmp_path: Path
) -> None:
    server.config(lose_create=True)
    code, said = batched(tmp_path, provider, server, "--wait")
    assert (code, repeats(server)) == (0, []), said


@both
def test_what_expires_or_fails_is_typed_and_asked_again(
    provider: str, server: BatchServer, tmp_path: Path
) -> None:
    server.config(expire=0.2, error=0.2)
    for _ in range(6):
        code, said = batched(tmp_path, provider, server, "--wait")
        if code == 0:
            break
        assert ("Traceback" in said, code) == (False, 3)
    assert (code, repeats(server)) == (0, [])
    server.config(expire=0, error=0)
    calm, _ = batched(tmp_path / "calm", provider, server, "--wait")
    assert (calm, without_cost(tmp_path / "run")) == (0, without_cost(tmp_path / "calm/run"))


def test_the_report_tells_expired_and_failed_lines_apart(
    server: BatchServer, tmp_path: Path
) -> None:
    server.config(expire=0.3, error=0.3)
    batched(tmp_path, "openai", server, "--wait")
    outcomes = json.loads((tmp_path / "run/report.json").read_text(encoding="utf-8"))["outcomes"]
    assert set(outcomes) == {"answered", "expired", "server error"}


def test_auto_repairs_online(server: BatchServer, tmp_path: Path) -> None:
    code, said = batched(tmp_path, "openai", server, "--wait", mode="auto")
    stats = server.stats()
    assert (code, stats["batches"], stats["online"] > 0) == (0, 2, True), said
    whole, _ = batched(tmp_path / "whole", "openai", server, mode="online")
    assert (whole, without_cost(tmp_path / "run")) == (0, without_cost(tmp_path / "whole/run"))


def test_what_is_out_by_batch_is_not_bought_online(server: BatchServer, tmp_path: Path) -> None:
    server.config(hold_s=60)
    batched(tmp_path, "openai", server, *SMALL)
    code, said = batched(tmp_path, "openai", server, *SMALL, mode="online")
    assert (code, server.stats()["online"], "its batch has not come back yet" in said) == (
        3,
        0,
        True,
    )


def test_what_a_batch_has_brought_is_used_online(server: BatchServer, tmp_path: Path) -> None:
    batched(tmp_path, "openai", server, *SMALL)
    time.sleep(0.5)
    code, _ = batched(tmp_path, "openai", server, *SMALL, mode="online")
    assert (code, repeats(server), server.stats()["billed_lines"] > 0) == (0, [], True)


@pytest.mark.parametrize("held", [True, False], ids=["out", "back"])
def test_what_a_batch_buys_is_not_bought_again_beside_another_teacher(
    held: bool, server: BatchServer, tmp_path: Path
) -> None:
    server.config(hold_s=60 if held else 0)
    batched(tmp_path, "openai", server)
    time.sleep(0.5)
    two = ", ".join(
        f'{{name="{name}", model="openai/{model}", base_url="{server.url}/v1", price={{input=2.0, output=10.0}}}}'
        for name, model in (("judge", "other"), ("mock", "mock"))
    )
    sets = (
        f"teachers=[{two}]",
        'tasks.0.teacher="mock"',
        'filters.consistency.teachers=["judge"]',
    )
    code, said = make(
        tmp_path / "recipe.toml",
        tmp_path / "run",
        *(part for change in sets for part in ("--set", change)),
    )
    assert (code, "its batch has not come back yet" in said) == (
        (3, True) if held else (0, False)
    ), said
    assert (repeats(server), server.stats()["online"] > 0) == ([], not held)


def test_a_finished_run_by_batch_needs_no_key_and_no_server(
    server: BatchServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    batched(tmp_path, "openai", server, "--wait", *SMALL)
    before = files(tmp_path / "run")
    for variable in KEYS.values():
        monkeypatch.delenv(variable)
    code, said = batched(
        tmp_path, "openai", server, *SMALL, "--set", "teachers.0.base_url=http://127.0.0.1:9/v1"
    )
    assert (code, files(tmp_path / "run")) == (0, before), said


def test_a_file_over_the_provider_s_limit_is_split(
    server: BatchServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("factory.teachers.batch_api.OpenAIBatches.most_lines", 4)
    server.config(most_lines=4)
    code, said = batched(tmp_path, "openai", server, "--wait")
    assert (code, repeats(server), server.stats()["batches"] > 4) == (0, [], True), said


@pytest.mark.parametrize(("provider", "budget"), [("openai", 0.016), ("anthropic", 0.022)])
def test_a_budget_holds_and_more_money_gives_the_unstopped_bytes(
    provider: str, budget: float, server: BatchServer, tmp_path: Path
) -> None:
    code, said = batched(tmp_path, provider, server, "--wait", "--budget", str(budget))
    stats = server.stats()
    billed = (
        (2.0 * stats["billed_prompt_tokens"] + 10.0 * stats["billed_completion_tokens"]) / 1e6 / 2
    )
    assert (
        code,
        "budget" in said,
        billed <= budget,
        cost(tmp_path / "run")["usd_total"] <= budget,
    ) == (3, True, True, True), said
    richer, _ = batched(tmp_path, provider, server, "--wait")
    assert (richer, repeats(server)) == (0, [])
    whole, _ = batched(tmp_path / "whole", provider, server, "--wait")
    assert (whole, files(tmp_path / "run")) == (0, files(tmp_path / "whole/run"))


def test_a_refused_key_is_one_sentence_and_nothing_is_spent(
    server: BatchServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(KEYS["openai"], "wrong")
    code, said = batched(tmp_path, "openai", server, *SMALL)
    assert (code, KEYS["openai"] in said, "Traceback" in said) == (2, True, False)
    with closing(sqlite3.connect(tmp_path / "run/ledger.db")) as db:
        assert db.execute("SELECT COUNT(*) FROM sends").fetchone() == (0,)
    monkeypatch.setenv(KEYS["openai"], "right")
    assert batched(tmp_path, "openai", server, "--wait", *SMALL)[0] == 0


def test_a_batch_of_a_teacher_whose_price_is_unknown_is_submitted(
    server: BatchServer, tmp_path: Path
) -> None:
    sets = (
        "teachers.0.model=openai/mock",
        f"teachers.0.base_url={server.url}/v1",
        "teachers.0.mode=batch",
    )
    recipe = written(tmp_path, server.url)
    code, said = make(
        recipe, tmp_path / "run", *(part for change in sets for part in ("--set", change)), "--wait"
    )
    assert (code, repeats(server), cost(tmp_path / "run")["usd"]) == (0, [], None), said


def test_an_account_that_takes_few_tokens_at_once_gets_smaller_batches(
    server: BatchServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "factory.calls.batch_client.TOKEN_LIMIT_CODE", "too_many_tasks"
    )  # the code of the local server's own limit
    server.config(most_lines=3)
    code, said = batched(tmp_path, "openai", server, "--wait")
    assert (code, repeats(server), "submitting batches of" in said) == (0, [], True), said


def test_a_batch_that_the_provider_refuses_is_one_sentence_with_its_words(
    server: BatchServer, tmp_path: Path
) -> None:
    server.config(most_lines=3)
    code, said = batched(tmp_path, "openai", server, "--wait")
    told = [
        words in said
        for words in ("the provider refused batch", "at most 3 are allowed", "Traceback")
    ]
    assert (code, told) == (2, [True, True, False]), said
    server.config(most_lines=50)
    assert (batched(tmp_path, "openai", server, "--wait")[0], repeats(server)) == (0, [])


def test_a_provider_without_batches_says_so(server: BatchServer, tmp_path: Path) -> None:
    recipe = written(tmp_path, server.url)
    code, said = make(recipe, tmp_path / "run", "--set", "teachers.0.mode=batch")
    assert code == 2
    assert 'mode = "batch"; set it to "online", since only anthropic and openai have a batch interface' in said


def test_no_key_is_in_any_file_of_a_run_by_batch(server: BatchServer, tmp_path: Path) -> None:
    server.config(error=0.2)
    _, said = batched(tmp_path, "openai", server, "--wait", *SMALL)
    found = b"".join(path.read_bytes() for path in (tmp_path / "run").rglob("*") if path.is_file())
    assert (
        os.environ["OPENAI_API_KEY"].encode() in found,
        os.environ["OPENAI_API_KEY"] in said,
    ) == (False, False)
