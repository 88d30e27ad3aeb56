"""Marks: a judge that is not told whose answer it reads; what it can't judge is counted, and never scores 0."""

from collections.abc import Sequence
from pathlib import Path

from pydantic import BaseModel

from factory.core.errors import TeacherDown, TeacherFailed
from factory.evaluation.answers import Answers, HeldOutQuestion, ModelAnswer, QuestionMessage
from factory.evaluation.llm_marks import CRITERIA, AnswerJudge, JudgeMarks, Marks, judge_answers
from factory.evaluation.metric_column import ScoringTerms
from factory.teachers import Request
from tests.factory.evaluation.test_evaluate import HALF, REFERENCE, WRONG, question

QUESTIONS = [
    HeldOutQuestion.model_validate(question(f"gold{number}", number)) for number in range(12)
]
DOWN = TeacherDown("the judge is away")


def said(**models: Sequence[str]) -> Answers:
    return {
        m: {f"gold{i}": ModelAnswer(id=f"gold{i}", response=text) for i, text in enumerate(mine)}
        for m, mine in models.items()
    }


def marks(all_of_them: int) -> Marks:
    return Marks.model_validate({"why": "It is so.", **dict.fromkeys(CRITERIA, all_of_them)})


def by_words(request: Request) -> BaseModel | TeacherFailed:
    answer = request.user.rpartition("The model's answer:\n")[2]
    known: dict[str, BaseModel | TeacherFailed] = {REFERENCE: marks(5), HALF: marks(3), WRONG: DOWN}
    return known.get(answer, marks(1))


def judged(
    student: Sequence[str], base: Sequence[str], asked: list[Request] | None = None
) -> JudgeMarks:
    def ask(requests: Sequence[Request]) -> list[BaseModel | TeacherFailed]:
        if asked is not None:
            asked.extend(requests)
        return [by_words(request) for request in requests]

    return judge_answers(
        AnswerJudge("quay", ask),
        QUESTIONS,
        said(student=student, base=base),
        ScoringTerms(("token_f1",), 0),
    )


def test_means_and_paired_differences() -> None:
    found = judged([REFERENCE] * 12, [HALF] * 12)
    assert found.models == {
        "student": dict.fromkeys(CRITERIA, 5),
        "base": dict.fromkeys(CRITERIA, 3),
    }
    assert {(one.mean, one.low, one.high) for one in found.paired["student-base"].values()} == {
        (2, 2, 2)
    }
    assert (found.n, found.unjudged, found.reasons) == (
        {"student": 12, "base": 12},
        {"student": 0, "base": 0},
        {},
    )


def test_what_the_judge_did_not_judge_is_counted_and_left_out_of_the_means() -> None:
    found = judged([REFERENCE] * 9 + [WRONG] * 3, [HALF] * 12)
    assert found.models["student"] == dict.fromkeys(CRITERIA, 5)
    assert (found.n["student"], found.unjudged["student"], found.reasons) == (
        9,
        3,
        {"the judge is away": 3},
    )
    assert found.paired["student-base"]["tone"].mean == 2  # over the nine that were judged of both


def test_a_judge_is_held_against_known_answers() -> None:
    mixed = [
        one.model_copy(
            update={"messages": (*one.messages[:-1], QuestionMessage(content=f"{n} crowns"))}
        )
        for n, one in enumerate(QUESTIONS)
    ]
    given = said(student=[HALF] * 12, base=[HALF] * 12)

    def sharp(requests: Sequence[Request]) -> list[BaseModel | TeacherFailed]:
        return [marks(5 if right_one(request) else 1) for request in requests]

    def blunt(requests: Sequence[Request]) -> list[BaseModel | TeacherFailed]:
        return [marks(4) for _ in requests]

    found = [
        judge_answers(
            AnswerJudge("quay", ask), mixed, given, ScoringTerms(("token_f1",), 0)
        ).control
        for ask in (sharp, blunt)
    ]
    assert [(one.apart.part, one.apart.whole) for one in found] == [(12, 12), (0, 12)]
    assert (
        found[0].words
        == "Checked against known answers: of 12 right answers it marked 12 higher than an answer to another question."
    )
    assert found[1].words.startswith(
        "This judge is not shown to tell right answers from wrong ones, so ignore its marks: of 12 right answers"
    )


def right_one(request: Request) -> bool:
    reference, _, answer = request.user.partition("Reference answer:\n")[2].partition(
        "\n\nThe model's answer:\n"
    )
    return reference == answer


def test_where_nothing_was_judged_nothing_is_told_of_it() -> None:
    found = judged([WRONG] * 12, [HALF] * 12)
    assert (found.models["student"], found.paired["student-base"], found.unjudged["student"]) == (
        {},
        {},
        12,
    )


def test_the_judge_does_not_know_whose_answer_it_is_and_hears_equal_ones_once() -> None:
    asked: list[Request] = []
    judged([HALF] * 6 + [REFERENCE] * 6, [HALF] * 12, asked)
    assert len(asked) == 18  # twelve questions, of which six were answered in two ways
    assert not any("student" in request.system + request.user for request in asked)
    assert all(
        REFERENCE in request.user and f"gold{number}" in request.user
        for number, request in enumerate(asked[:12])
    )


def test_dollar_signs_of_an_answer_are_no_placeholders(tmp_path: Path) -> None:
    asked: list[Request] = []
    judged(["$31 $answer"] * 12, [HALF] * 12, asked)
    assert asked[0].user.endswith("$31 $answer")
