"""The registry: a student that scores lower is not promoted unless it must be, and every promotion can be taken back."""

import json
from pathlib import Path

import pytest

from factory.commands.registry import list_models, roll_back_student
from factory.core.errors import PromiseBroken, UserMistake
from factory.core.recipe import Recipe
from factory.core.run_folder import Run
from factory.evaluation.evaluate import evaluate
from factory.evaluation.metric_column import ScoringTerms
from factory.models.students import list_students
from factory.students.registry import Promotion, promote, roll_back

RIGHT, WRONG = "31 crowns per shift", "blue"
RECIPE = Recipe.model_validate(
    {
        "documents": {"paths": ["x"]},
        "teachers": [{"name": "t", "model": "openai/x"}],
        "tasks": [{"kind": "qa"}],
        "student": {"base": "small"},
    }
)


def run(  # noqa: PLR0913 - what a test changes
    folder: Path,
    right: int,
    asked: str = "What is the road allowance?",
    weights: str = "",
    metric: str = "token_f1",
) -> Run:
    """Ten questions, of which the student answers the first so many right; the base none."""
    made = Run(folder)
    made.create()
    made.write("recipe.toml", "")
    made.write_lines("train.jsonl", [{"messages": [], "meta": {"id": f"t{right}"}}])
    made.write("adapter/adapter_model.safetensors", weights or f"weights {folder.name}")
    made.write_lines("gold.jsonl", [question(number, asked) for number in range(10)])
    for model, n in (("student", right), ("base", 0)):
        lines = [
            {"id": f"g{number}", "response": RIGHT if number < n else WRONG} for number in range(10)
        ]
        made.write_lines(f"answers/{model}.jsonl", lines)
    evaluate(made, ScoringTerms((metric,), 0))
    return made


def question(number: int, asked: str) -> dict[str, object]:
    said = [
        {"role": "user", "content": f"{asked} {number}"},
        {"role": "assistant", "content": RIGHT},
    ]
    return {
        "messages": said,
        "meta": {"id": f"g{number}", "document": {"digest": f"d{number}", "name": "x.md"}},
    }


def promoted(made: Run, models: Path, force: bool = False) -> Promotion:
    return promote(made, RECIPE, models, "intake", force)


def shown(models: Path) -> list[tuple[str, bool]]:
    return [(card.label, promoted) for card, promoted in list_students(models)]


def test_the_first_student_of_a_name_is_promoted(tmp_path: Path) -> None:
    found = promoted(run(tmp_path / "one", 4), tmp_path / "models")
    assert (found.card.label, found.instead_of, found.card.score, found.card.rows) == (
        "intake-1",
        None,
        0.4,
        1,
    )
    assert shown(tmp_path / "models") == [("intake-1", True)]


@pytest.mark.parametrize(("metric", "told"), [("correct", "correct"), ("macro_f1", "accuracy")])
def test_students_are_compared_by_what_has_a_value_for_every_question(
    tmp_path: Path, metric: str, told: str
) -> None:
    found = promoted(run(tmp_path / "one", 4, metric=metric), tmp_path / "models")
    assert (found.card.metric, found.card.score) == (told, 0.4)


def test_a_student_that_scores_higher_takes_its_place(tmp_path: Path) -> None:
    promoted(run(tmp_path / "one", 4), tmp_path / "models")
    found = promoted(run(tmp_path / "two", 7), tmp_path / "models")
    assert found.instead_of
    assert found.difference
    assert (found.instead_of.label, round(found.difference.mean, 3), found.n) == (
        "intake-1",
        0.3,
        10,
    )
    assert shown(tmp_path / "models") == [("intake-1", False), ("intake-2", True)]


def test_a_student_that_scores_lower_is_registered_but_not_promoted_unless_forced(
    tmp_path: Path,
) -> None:
    promoted(run(tmp_path / "one", 7), tmp_path / "models")
    two = run(tmp_path / "two", 4)
    with pytest.raises(
        PromiseBroken,
        match=r"^intake-2 is registered but not promoted, because it scores lower: token_f1 -0\.300 \(95 % interval",
    ):
        promoted(two, tmp_path / "models")
    assert shown(tmp_path / "models") == [("intake-1", True), ("intake-2", False)]
    promoted(two, tmp_path / "models", force=True)
    assert shown(tmp_path / "models") == [("intake-1", False), ("intake-2", True)]


def test_students_with_other_questions_are_not_compared(tmp_path: Path) -> None:
    promoted(run(tmp_path / "one", 4), tmp_path / "models")
    with pytest.raises(
        PromiseBroken,
        match=r"only 0 of its questions were also answered by intake-1 .* --model .*models/intake/intake-1",
    ):
        promoted(run(tmp_path / "two", 7, asked="What is the fee?"), tmp_path / "models")


def test_a_roll_back_promotes_what_was_promoted_before(tmp_path: Path) -> None:
    models = tmp_path / "models"
    for name, right in (("one", 3), ("two", 5), ("three", 8)):
        promoted(run(tmp_path / name, right), models)
    assert [roll_back(models, "intake").label for _ in range(2)] == ["intake-2", "intake-1"]
    assert shown(models) == [("intake-1", True), ("intake-2", False), ("intake-3", False)]
    with pytest.raises(
        UserMistake, match="no version of intake was promoted before the current one"
    ):
        roll_back(models, "intake")


def test_the_same_student_is_one_version_however_often_it_is_promoted(tmp_path: Path) -> None:
    models = tmp_path / "models"
    made = run(tmp_path / "one", 4)
    assert [promoted(made, models).card.version for _ in range(3)] == [1, 1, 1]
    with pytest.raises(UserMistake, match="promoted before"):
        roll_back(models, "intake")


def test_a_version_holds_the_adapter_and_what_it_was_trained_on(tmp_path: Path) -> None:
    promoted(run(tmp_path / "one", 4, weights="abc"), tmp_path / "models")
    folder = tmp_path / "models" / "intake" / "intake-1"
    assert (folder / "adapter_model.safetensors").read_text() == "abc"
    assert json.loads((folder / "train.jsonl").read_text())["meta"] == {"id": "t4"}


def test_a_run_without_a_scored_student_is_refused(tmp_path: Path) -> None:
    made = run(tmp_path / "one", 4)
    (made.folder / "evaluation.json").unlink()
    with pytest.raises(
        UserMistake,
        match="one: has no scored student; run `docstill train`, `docstill answer` and `docstill evaluate` first",
    ):
        promoted(made, tmp_path / "models")


@pytest.mark.parametrize("name", ["", "../x", "a/b", ".hidden"])
def test_a_name_that_is_no_name_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(
        UserMistake, match="may only contain letters, digits, dots, dashes and underscores"
    ):
        promote(run(tmp_path / "one", 4), RECIPE, tmp_path / "models", name, force=False)


def test_an_unknown_student_is_not_rolled_back(tmp_path: Path) -> None:
    with pytest.raises(
        UserMistake, match="no student is named intake; `docstill models list` shows all names"
    ):
        roll_back_student(tmp_path / "models", "intake")


def test_the_list_says_what_each_student_is_and_scores(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    list_models(tmp_path / "models")
    promoted(run(tmp_path / "one", 4), tmp_path / "models")
    list_models(tmp_path / "models")
    nothing, told = capsys.readouterr().out.strip().split("\n")
    assert nothing.endswith(
        "no student is registered yet; register one with  docstill models promote RUN --name NAME"
    )
    assert told.startswith(
        "intake-1 (promoted): token_f1 0.400 on gold (n = 10), better than base; 1 rows of data "
    )
    assert told.endswith(", small, run one")


def test_a_broken_card_is_one_sentence(tmp_path: Path) -> None:
    promoted(run(tmp_path / "one", 4), tmp_path / "models")
    path = tmp_path / "models" / "intake" / "intake-1" / "student.json"
    path.write_text("{")
    with pytest.raises(UserMistake, match=f"^{path}: .*; must be as"):
        shown(tmp_path / "models")
