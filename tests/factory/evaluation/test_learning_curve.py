"""The learning curve: nested parts of the data, and an honest sentence on what more would bring."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from factory.core.run_folder import Run
from factory.core.training_settings import TrainSettings
from factory.evaluation.evaluate import Evaluation
from factory.evaluation.learning_curve import (
    sample_documents,
    training_subset,
    write_training_subset,
)
from tests.factory.evaluation.test_evaluate import HALF, REFERENCE, WRONG, answers, evaluate, run


def line(number: int, document: int | None) -> str:
    place = None if document is None else {"digest": f"d{document}", "name": f"{document}.md"}
    meta = {
        "id": f"t{number}",
        "document": place,
        "source": "replay" if document is None else "document",
    }
    return json.dumps({"messages": [], "meta": meta}) + "\n"


LINES = st.lists(st.sampled_from([None, 0, 1, 2, 3]), min_size=4, max_size=60).map(
    lambda found: [line(i, d) for i, d in enumerate(found)]
)


@given(LINES, st.integers(0, 5))
@settings(max_examples=60, deadline=None)
def test_smaller_shares_are_parts_of_larger_ones_in_the_order_of_the_rows(
    lines: list[str], seed: int
) -> None:
    parts = [sample_documents(lines, share, seed) for share in (0.25, 0.5, 1.0)]
    assert set(parts[0]) <= set(parts[1]) <= set(parts[2])
    assert parts[2] == lines
    assert parts[1] == [one for one in lines if one in set(parts[1])]


@given(LINES, st.sampled_from([0.25, 0.5, 0.75]))
@settings(max_examples=60, deadline=None)
def test_client_rows_and_replay_keep_their_share(lines: list[str], share: float) -> None:
    for source in ('"source": "document"', '"source": "replay"'):
        mine, part = (
            sum(source in one for one in of) for of in (lines, sample_documents(lines, share, 1))
        )
        assert part == (max(1, round(share * mine)) if mine else 0)


def test_documents_come_whole_but_for_the_last() -> None:
    lines = [line(number, number % 4) for number in range(40)]
    documents = [
        json.loads(one)["meta"]["document"]["digest"] for one in sample_documents(lines, 0.6, 3)
    ]
    counts = sorted(documents.count(name) for name in set(documents))
    assert counts == [4, 10, 10]


def test_a_part_is_laid_out_as_a_run(tmp_path: Path) -> None:
    made = Run(tmp_path)
    made.write("train.jsonl", "".join(line(number, number) for number in range(8)))
    made.write("val.jsonl", line(9, 9))
    part = write_training_subset(made, 0.25, 0)
    assert part == training_subset(made, 0.25)
    assert part.folder == tmp_path / "curve" / "25"
    assert (
        len((part.folder / "train.jsonl").read_text().splitlines()),
        (part.folder / "val.jsonl").read_text(),
    ) == (2, line(9, 9))


def curved(folder: Path, half: list[str], whole: list[str]) -> Evaluation:
    made = run(folder, gold=len(whole))
    made.write("train.jsonl", "".join(line(number, number) for number in range(80)))
    answers(made, "base", *[WRONG] * len(whole))
    answers(made, "student", *whole)
    write_training_subset(made, 0.5, 0)
    answers(made, "", *half, path=training_subset(made, 0.5).folder / "answers" / "student.jsonl")
    return evaluate(made, ["token_f1"], curve=(0.5, 1.0))


def test_a_gain_of_the_last_doubling_says_what_another_one_would_bring(tmp_path: Path) -> None:
    found = curved(tmp_path, [HALF] * 12, [REFERENCE] * 12).curve
    assert found
    assert [(point.share, point.rows, point.mean) for point in found.points] == [
        (0.5, 40, 0.666667),
        (1, 80, 1),
    ]
    assert (found.doubling.mean, found.doubling.low) == (0.333333, 0.333333)
    assert found.words == (
        "From 40 to 80 rows, token_f1 went from 0.667 to 1.000: +0.333 (95 % interval +0.333 to +0.333, over the questions only; another "
        "training seed would shift it too). More data still pays: twice the rows would bring about +0.333 (+0.333 to +0.333) if the "
        "curve continues like this, and less if it flattens."
    )


def test_a_gain_within_its_interval_is_said_to_tell_nothing(tmp_path: Path) -> None:
    found = curved(tmp_path, [HALF, REFERENCE] * 6, [REFERENCE, HALF] * 6).curve
    assert found
    assert found.words.endswith("The interval includes zero, so more data may or may not help.")


def test_a_loss_is_said_to_be_one(tmp_path: Path) -> None:
    found = curved(tmp_path, [REFERENCE] * 12, [HALF] * 12).curve
    assert found
    assert "The last rows did harm" in found.words


def test_of_a_share_whose_student_has_not_answered_nothing_is_told(tmp_path: Path) -> None:
    assert curved(tmp_path, [HALF] * 11, [REFERENCE] * 12).curve is None
    assert "curve" not in json.loads((tmp_path / "evaluation.json").read_text())


@pytest.mark.parametrize("shares", [(0.25, 0.0), (0.5, 0.25), (0.5, 0.5), (0.5, 1.5), (1.0,)])
def test_shares_that_make_no_curve_are_refused(shares: tuple[float, ...]) -> None:
    with pytest.raises(ValidationError, match="must be growing shares of the data, at most 1"):
        TrainSettings(curve=shares)
