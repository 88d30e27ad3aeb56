"""Training rows, and the share of replay among them."""

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.core.records import Row
from factory.core.settings import ReplaySettings
from factory.core.task_settings import TaskSettings
from factory.dataset.mix import (
    ReplayExample,
    mix,
    replay_pool,
    replay_row,
    replay_rows_wanted,
    training_row,
)
from factory.tasks.qa import QA
from tests.world import LAW, QUESTION, TEXT, WASHED, WASHING, chunk, document, example, mistake

TASKS = {"qa": QA(TaskSettings(per_chunk=3), one_fact=False, examples_per_call=3)}
SHARES = st.floats(0, 0.5, allow_nan=False)
BUNDLED = ReplaySettings(share=0.15)
OWN = ReplaySettings(share=0.15, sources=("own.jsonl",))
HUB = ReplaySettings(share=0.15, sources=("hf:trams",))


def pool(count: int) -> list[ReplayExample]:
    return [ReplayExample(instruction=f"Count to {i}.", response=str(i)) for i in range(count)]


def rows(count: int) -> list[Row]:
    return [{"messages": [], "meta": {"id": f"e{i}", "source": "document"}} for i in range(count)]


def sources(mixed: Sequence[Row]) -> list[str]:
    return [str(json.loads(json.dumps(row["meta"]))["source"]) for row in mixed]


def ids(mixed: Sequence[Row]) -> list[str]:
    return [str(json.loads(json.dumps(row["meta"]))["id"]) for row in mixed]


def own(home: Path, *lines: object) -> Path:
    (home / "own.jsonl").write_text(
        "".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8"
    )
    return home


def hub(monkeypatch: pytest.MonkeyPatch, load: Callable[..., object]) -> None:
    """A `datasets` package whose `load_dataset` is the one given."""
    stub = ModuleType("datasets")
    monkeypatch.setattr(stub, "load_dataset", load, raising=False)
    monkeypatch.setitem(sys.modules, "datasets", stub)


def test_a_training_row_says_where_its_answer_stands_in_the_document() -> None:
    start = TEXT.index(WASHED)
    assert training_row(example(teacher="chief", prompt="p1"), TASKS)["meta"] == {
        "id": "e1",
        "task": "qa",
        "document": {"digest": document().ref.digest, "name": "depot.md"},
        "chunk": {"digest": chunk().digest, "start": start, "end": start + len(WASHING)},
        "spans": [{"start": start, "end": start + len(WASHED), "text": WASHED}],
        "teacher": "chief",
        "prompt": "p1",
        "source": "document",
    }


def test_a_training_row_of_a_contradicted_chunk_is_marked() -> None:
    row = training_row(example(chunk=chunk(conflict=True)), TASKS)
    plain = training_row(example(), TASKS)
    assert row == {**plain, "meta": {**plain["meta"], "conflict": True}}  # type: ignore[dict-item]


def test_a_training_row_ends_with_the_response() -> None:
    messages = TASKS["qa"].messages(QUESTION, "within 14 days", chunk())
    assert training_row(example(), TASKS)["messages"] == messages
    assert messages[-1] == {"role": "assistant", "content": "within 14 days"}


@pytest.mark.parametrize(
    ("system", "roles"),
    [(None, ["user", "assistant"]), ("Be brief.", ["system", "user", "assistant"])],
)
def test_a_replay_row_has_the_system_words_only_where_there_are_some(
    system: str | None, roles: list[str]
) -> None:
    messages = json.loads(json.dumps(replay_row(pool(1)[0], system)["messages"]))
    assert [m["role"] for m in messages] == roles


def test_a_replay_row_names_no_document() -> None:
    unknown: Row = {"document": None, "chunk": None, "teacher": None, "prompt": None}
    meta: Row = {"id": pool(1)[0].id, "task": "general", "source": "replay", "spans": [], **unknown}
    assert replay_row(pool(1)[0], None)["meta"] == meta


@LAW
@given(SHARES, st.integers(0, 300))
def test_replay_makes_its_share_of_all_rows(share: float, count: int) -> None:
    assert replay_rows_wanted(share, count) == round(share / (1 - share) * count)


@LAW
@given(SHARES, st.integers(0, 60), st.integers(0, 40), st.integers(0, 1000))
def test_a_mix_holds_every_row_and_the_wanted_replay(
    share: float, count: int, general: int, seed: int
) -> None:
    mixed = mix(rows(count), pool(general), ReplaySettings(share=share), seed)
    wanted = min(general, replay_rows_wanted(share, count))
    assert [sources(mixed).count(source) for source in ("document", "replay")] == [count, wanted]


@LAW
@given(SHARES, st.integers(0, 60), st.integers(0, 40), st.integers(0, 1000))
def test_no_example_is_mixed_in_twice(share: float, count: int, general: int, seed: int) -> None:
    mixed = ids(mix(rows(count), pool(general), ReplaySettings(share=share), seed))
    assert sorted(mixed) == sorted(set(mixed))


def test_a_mix_depends_on_the_seed_and_not_on_the_order_of_the_pool() -> None:
    mixed = [
        ids(mix(rows(20), general, ReplaySettings(share=0.3), 4))
        for general in (pool(30), pool(30)[::-1])
    ]
    assert mixed[0] == mixed[1]
    assert mixed[0] != ids(mix(rows(20), pool(30), ReplaySettings(share=0.3), 5))


def test_the_bundled_pool_holds_each_instruction_once(tmp_path: Path) -> None:
    found = replay_pool(BUNDLED, tmp_path)
    assert len(found) == len({r.instruction for r in found}) > 100


def test_a_pool_of_two_sources_holds_each_instruction_once(tmp_path: Path) -> None:
    own(tmp_path, *({"instruction": i, "response": "so"} for i in ("Count.", "Sing.", "Count.")))
    found = replay_pool(ReplaySettings(share=0.15, sources=("own.jsonl", "own.jsonl")), tmp_path)
    assert [r.instruction for r in found] == ["Count.", "Sing."]


def test_without_a_share_no_source_is_opened(tmp_path: Path) -> None:
    assert replay_pool(ReplaySettings(share=0, sources=("gone.jsonl",)), tmp_path) == []


MEND = 'replay.sources = "own.jsonl" must be "bundled", "hf:<dataset>" or a JSONL file, each line with "instruction" and "response"'


def test_a_source_that_is_not_there_is_a_mistake(tmp_path: Path) -> None:
    assert (
        mistake(lambda: replay_pool(OWN, tmp_path))
        == f"{tmp_path / 'own.jsonl'}: is missing; {MEND}"
    )


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ({"instruction": "Count."}, "response: field required"),
        (5, "input should be a valid dictionary or instance of ReplayExample"),
        ({"instruction": 1, "response": "1"}, "instruction: input should be a valid string"),
        (
            {"instruction": "\ud83d", "response": "1"},
            "holds half a surrogate pair, which is no character",
        ),
    ],
)
def test_a_source_with_a_line_that_is_no_example_is_a_mistake(
    tmp_path: Path, line: object, said: str
) -> None:
    home = own(tmp_path, line)
    assert mistake(lambda: replay_pool(OWN, home)) == f"{tmp_path / 'own.jsonl'}:1: {said}; {MEND}"


@pytest.mark.parametrize("answer", ["response", "output"])
def test_a_dataset_of_the_hub_is_read_by_its_columns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    class Dataset(list[dict[str, str]]):
        column_names = ("instruction", answer)

    hub(
        monkeypatch,
        lambda name, split: Dataset([{"instruction": f"Count {name} {split}.", answer: "1"}]),
    )
    assert replay_pool(HUB, tmp_path) == [
        ReplayExample(instruction="Count trams train.", response="1")
    ]


def test_a_dataset_without_its_columns_is_a_mistake(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub(monkeypatch, lambda name, split: SimpleNamespace(column_names=["text"]))
    assert mistake(lambda: replay_pool(HUB, tmp_path)) == (
        'replay.sources: "hf:trams" must have columns "instruction" and "response" or "output", has [\'text\']'
    )


def test_a_dataset_that_can_not_be_loaded_is_a_mistake(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(name: str, split: str) -> object:
        raise FileNotFoundError("there are no trams")

    hub(monkeypatch, unknown)
    assert mistake(lambda: replay_pool(HUB, tmp_path)) == (
        'replay.sources: "hf:trams" can\'t be loaded (there are no trams)'
    )
