"""Self-generated replay: which prompts the base is to answer, and which of its answers are trained on."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.core.records import Row
from factory.core.run_folder import Run
from factory.core.settings import ReplaySettings
from factory.dataset.mix import ReplayExample, mix, self_replay_prompts
from factory.dataset.self_replay import (
    SelfReplay,
    answers_wanted,
    join_answers,
    prompts_for,
    write_prompts,
)
from filters.duplicates.decontamination import ComparedRow
from tests.world import mistake

SELF = ReplaySettings(share=0.2, sources=("self",))
LONG = (
    "The depot at Lindmar opens its gates at six in the morning on every day of the year but one."
)


def client(number: int, source: str = "document") -> Row:
    messages = [
        {"role": "user", "content": f"What is {number}?"},
        {"role": "assistant", "content": f"Number {number}."},
    ]
    return {
        "messages": messages,
        "meta": {"id": f"e{number}", "source": source, "teacher": "chief"},
    }


def run(
    folder: Path,
    rows: int = 8,
    answers: Sequence[tuple[str, bool]] = (),
    against: Sequence[ComparedRow] = (),
) -> Run:
    """A run of client rows, with a prompt for each answer; the first answers are those of the first prompts."""
    made = Run(folder)
    made.write_lines("train.jsonl", [client(number) for number in range(rows)])
    made.write_lines("contamination.jsonl", [{"id": "e9", "source": "train"}])
    made.write("report.json", json.dumps({"replay_rows": 0, "seconds": {}}))
    write_prompts(
        made,
        [ReplayExample(instruction=f"Tell of tram {n}.", response="") for n in range(len(answers))],
        against,
        0,
    )
    asked = [meta(line)["id"] for line in made.lines("replay_prompts.jsonl")]
    told = [
        {"id": id, "response": said, "ended": ended, "of": "x"}
        for id, (said, ended) in zip(asked, answers, strict=True)
    ]
    made.write_lines("replay_answers.jsonl", told)
    return made


def meta(row: Row) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(json.dumps(row["meta"]))
    return found


def trained(made: Run) -> list[tuple[str, str]]:
    """Source and answer of every row of train.jsonl."""
    rows = json.loads(json.dumps(list(made.lines("train.jsonl"))))
    return [(row["meta"]["source"], row["messages"][-1]["content"]) for row in rows]


def test_answers_of_base_are_trained_on_as_the_share_says(tmp_path: Path) -> None:
    made = run(tmp_path, 8, [("Red.", True), ("Blue.", True), ("Green.", True)])
    told = join_answers(made, SELF, 0)
    assert told == SelfReplay(wanted=2, asked=3, torn=0, removed=0, used=2)
    assert [one for one in trained(made) if one[0] == "replay"] == [
        ("replay", "Red."),
        ("replay", "Blue."),
    ]


def test_the_rows_of_the_client_stay_in_their_order(tmp_path: Path) -> None:
    made = run(tmp_path, 8, [("Red.", True), ("Blue.", True)])
    join_answers(made, SELF, 0)
    assert [said for source, said in trained(made) if source == "document"] == [
        f"Number {n}." for n in range(8)
    ]


def test_joining_again_gives_the_same_bytes(tmp_path: Path) -> None:
    made = run(tmp_path, 8, [("Red.", True), ("Blue.", True)])
    join_answers(made, SELF, 0)
    before = {
        name: (tmp_path / name).read_bytes()
        for name in ("train.jsonl", "contamination.jsonl", "report.json")
    }
    join_answers(made, SELF, 0)
    assert {name: (tmp_path / name).read_bytes() for name in before} == before


def test_an_answer_that_did_not_end_or_is_empty_is_left_out(tmp_path: Path) -> None:
    made = run(tmp_path, 8, [("Red and", False), ("", True), ("Green.", True)])
    assert join_answers(made, SELF, 0) == SelfReplay(wanted=2, asked=3, torn=2, removed=0, used=1)
    assert [said for source, said in trained(made) if source == "replay"] == ["Green."]


def test_an_answer_that_stands_in_a_held_out_file_is_removed_and_listed(tmp_path: Path) -> None:
    made = run(tmp_path, 8, [(LONG, True), ("Blue.", True)])
    held = {
        "messages": [
            {"role": "user", "content": f"Excerpt: {LONG} When?"},
            {"role": "assistant", "content": "At six."},
        ],
        "meta": {"id": "t1"},
    }
    made.write_lines("test.jsonl", [held])
    assert join_answers(made, SELF, 0) == SelfReplay(wanted=2, asked=2, torn=0, removed=1, used=1)
    _, listed = made.lines("contamination.jsonl")
    assert (listed["source"], listed["against"]) == (
        "self",
        {"id": "test.jsonl:1", "set": "test.jsonl"},
    )


def test_an_answer_that_stands_in_what_is_protected_is_removed(tmp_path: Path) -> None:
    made = run(
        tmp_path,
        8,
        [(LONG, True)],
        [ComparedRow("p1", "safe.jsonl", "When does it open?", LONG, bare=True)],
    )
    assert join_answers(made, SELF, 0).removed == 1


def test_the_report_counts_base_s_answers_as_replay(tmp_path: Path) -> None:
    made = run(tmp_path, 8, [("Red.", True), ("Blue.", True)])
    join_answers(made, SELF, 0)
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert (report["train_rows"], report["replay_rows"], report["replay_share"]) == (10, 2, 0.2)
    assert report["own_replay"] == {"wanted": 2, "asked": 2, "torn": 0, "removed": 0, "used": 2}


def test_what_is_missing_is_told() -> None:
    told = SelfReplay(wanted=5, asked=7, torn=2, removed=1, used=4)
    assert told.words == (
        "replay: base answered 7 general prompts, 2 did not end, 1 overlapped held-out data, 4 are trained on; 1 of 5 wanted are missing"
    )


def test_other_replay_counts_towards_the_share(tmp_path: Path) -> None:
    made = Run(tmp_path)
    made.write_lines("train.jsonl", [*(client(n) for n in range(8)), client(8, "replay")])
    assert answers_wanted(made, SELF) == 1


def test_a_quarter_more_prompts_are_asked_than_rows_are_wanted() -> None:
    assert [prompts_for(rows) for rows in (0, 1, 8)] == [0, 2, 10]


def test_prompts_come_from_the_bundled_replay_or_a_file_and_bring_no_answer(tmp_path: Path) -> None:
    (tmp_path / "asked.jsonl").write_text(
        '{"instruction": "Count trams."}\n{"instruction": "Count trams."}\n', encoding="utf-8"
    )
    assert self_replay_prompts(ReplaySettings(sources=("self:asked.jsonl",)), tmp_path) == [
        ReplayExample(instruction="Count trams.", response="")
    ]
    assert len(self_replay_prompts(SELF, tmp_path)) >= 300
    assert self_replay_prompts(ReplaySettings(), tmp_path) == []


def test_a_file_of_prompts_that_is_none_is_named(tmp_path: Path) -> None:
    gone = ReplaySettings(sources=("self:gone.jsonl",))
    mend = 'replay.sources = "self:gone.jsonl" must name a JSONL file of prompts, each line with "instruction"'
    assert (
        mistake(lambda: self_replay_prompts(gone, tmp_path))
        == f"{tmp_path / 'gone.jsonl'}: is missing; {mend}"
    )
    (tmp_path / "gone.jsonl").write_text('{"prompt": "Count trams."}\n', encoding="utf-8")
    assert (
        mistake(lambda: self_replay_prompts(gone, tmp_path))
        == f"{tmp_path / 'gone.jsonl'}:1: instruction: field required; {mend}"
    )


def test_self_beside_bundled_is_refused() -> None:
    with pytest.raises(
        ValueError,
        match='"self" answers the prompts of "bundled"; name only one of them, or give your own prompts as "self:FILE"',
    ):
        ReplaySettings(sources=("bundled", "self"))


@given(
    share=st.floats(0.05, 0.5),
    own=st.integers(1, 200),
    general=st.integers(0, 50),
    prompts=st.integers(0, 50),
)
def test_answered_replay_and_prompts_together_never_exceed_the_share(
    share: float, own: int, general: int, prompts: int
) -> None:
    pool = [ReplayExample(instruction=f"Count to {n}.", response=str(n)) for n in range(general)]
    settings = ReplaySettings(share=share, sources=("own.jsonl",))
    mixed = mix([client(n) for n in range(own)], pool, settings, 0, prompts)
    of_all = round(share / (1 - share) * own)
    assert len(mixed) - own == min(
        general, round(of_all * general / (general + prompts)) if prompts else of_all
    )
