"""What of a run's kept examples and gold stands in which file."""

import json
from collections.abc import Mapping
from dataclasses import replace

from factory.core.prompts import prompt_text
from factory.core.recipe import Recipe
from factory.core.records import Example, Row, Split
from factory.dataset.rows import Rows
from factory.planning.gold import GoldRow
from factory.planning.plan import Plan
from factory.planning.splits.assignment import SplitAssignment
from factory.tasks.build import build_tasks
from tests.factory.dataset.test_distractors import CHUNKS, TOLD, asked, meta, shown, side

RECIPE = {
    "documents": {"paths": ["documents"]},
    "teachers": [{"name": "chief", "model": "openai/gpt-5"}],
    "student": {"base": "nowhere/student"},
}
GOLD = (
    GoldRow(id="g1", instruction=TOLD[2][1], response=TOLD[2][2], document="test.md"),
    CHUNKS[2],
)


def rows(task: Mapping[str, object], **split: object) -> Rows:
    recipe = Recipe.model_validate({**RECIPE, "tasks": [task], "split": split})
    sides: dict[str, Split] = {chunk.document.digest: side(chunk) for chunk in CHUNKS}
    return Rows(
        recipe, build_tasks(recipe), Plan([], [], SplitAssignment(sides), CHUNKS, [], [GOLD])
    )


def kept(*splits: Split) -> list[Example]:
    return [
        asked(2 * number).model_copy(update={"split": split}) for number, split in enumerate(splits)
    ]


def files(made: Rows, examples: list[Example]) -> dict[str, list[Row]]:
    return {
        name: list(found)
        for name, found in made.held_out_files(
            examples, made.shifted(examples), made.unseen(examples)
        ).items()
    }


def test_each_side_has_its_file() -> None:
    found = files(rows({}, shift_kinds=[]), kept("test", "shift", "val", "train"))
    assert {name: [meta(row)["id"] for row in told] for name, told in found.items()} == {
        "test.jsonl": ["e0"],
        "test_shift.jsonl": ["e2"],
        "val.jsonl": ["e4"],
        "gold.jsonl": ["g1"],
        ".gold.jsonl": [],
    }


def test_a_held_out_family_says_that_it_is_one_and_the_other_kinds_stand_behind_it() -> None:
    found = files(rows({}), kept("test", "shift"))["test_shift.jsonl"]
    assert [meta(row)["shift"] for row in found] == [
        "family",
        "paraphrased",
        "adversarial",
        "noisy",
        "unanswerable",
    ]
    assert [meta(row).get("of") for row in found] == [None, *["e0"] * 4]


def test_the_right_answer_to_a_question_about_what_was_never_trained_is_the_refusal() -> None:
    (row,) = files(rows({"open_book": False}), kept("unseen"))["unseen.jsonl"]
    messages = json.loads(json.dumps(row["messages"]))
    assert [m["content"] for m in messages[1:]] == [TOLD[0][1], prompt_text("refusal")]
    assert meta(row)["answer"] == TOLD[0][2]


def test_gold_questions_are_shown_among_distractors_too() -> None:
    (row,) = files(rows({"distractors": 3}), [])["gold.jsonl"]
    distractors = meta(row)["distractors"]
    assert isinstance(distractors, list)
    assert len(distractors) == 3
    assert {side(chunk) for chunk in CHUNKS if chunk.digest in distractors} == {"test"}
    assert CHUNKS[2].text in shown(row)


def test_an_unanswerable_question_stands_among_distractors_that_do_not_answer_it_either() -> None:
    (row,) = files(rows({"distractors": 2}, shift_kinds=["unanswerable"]), kept("test"))[
        "test_shift.jsonl"
    ]
    assert TOLD[0][0] not in shown(row)
    assert "[3] " in shown(row)
    assert len({meta(row)["chunk"]["digest"], *meta(row)["distractors"]}) == 3  # type: ignore[index, misc]


def test_a_question_that_a_trained_document_answers_as_well_is_not_unseen() -> None:
    made = rows({"open_book": False})
    assert len(made.unseen(kept("unseen", "unseen"))) == 2
    copy = CHUNKS[1].model_copy(
        update={"text": "Crews at Marrow wash 14 trams every single night.", "digest": "c" * 16}
    )
    told = replace(made, found=replace(made.found, chunks=[*CHUNKS, copy]))
    assert [meta(row)["id"] for row in told.unseen(kept("unseen", "unseen"))] == ["e2"]
