"""The commands `answer` (for a served model) and `evaluate`; neither needs the trainer."""

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from pydantic import BaseModel

from factory.calls.session import TeacherSession, open_session
from factory.commands import open_run, out, say, timed, with_run_lock
from factory.core.errors import PromiseBroken, TeacherFailed, UserMistake
from factory.core.recipe import Recipe
from factory.core.records import SPLIT_FILES, dollars
from factory.core.run_folder import Run
from factory.core.settings import PriceSettings, TeacherSettings
from factory.evaluation.evaluate import Evaluation, evaluate, with_forgetting
from factory.evaluation.llm_marks import AnswerJudge
from factory.evaluation.remote_answers import (
    RemoteAnswering,
    answer_remotely,
    answers_name,
    greedy_teacher,
    server_as_teacher,
)
from factory.evaluation.scoring import scoring_terms
from factory.reports.html import write_html
from factory.reports.score_tables import score_tables
from factory.teachers import Request

# Deciding ones, of which one must exist; extra ones.
QUESTION_FILES = (
    ("gold.jsonl", SPLIT_FILES["test"]),
    (SPLIT_FILES["shift"], SPLIT_FILES["unseen"]),
)
TEACHER = "teacher"  # as --model: the recipe's first teacher


class Server(NamedTuple):
    """The options for a model behind a server."""

    base_url: str | None = None
    name: str | None = None
    price: str | None = None


def question_files(run: Run) -> tuple[list[Path], list[Path]]:
    """Return the question files: deciding ones and extra ones. Raises UserMistake without any."""
    deciding, extra = (
        [run.folder / name for name in names if run.has(name) and run.lines(name)]
        for names in QUESTION_FILES
    )
    if not deciding:
        raise UserMistake(
            f"{run.folder}: there are no held-out questions; set evaluate.gold, or hold documents "
            "out with split.test"
        )
    return deciding, extra


def answering_teacher(folder: Path, model: str, server: Server) -> TeacherSettings | None:
    """Return the teacher or served model that answers; None if the trainer does it.

    Raises UserMistake.
    """
    _, recipe = open_run(folder)
    if server.base_url:
        return server_as_teacher(model, server.base_url, _price(server.price))
    if server.name or server.price:
        given = "--as" if server.name else "--price"
        raise UserMistake(
            f"{given}: only applies to a model behind a server; add --base-url or leave it out"
        )
    if model == TEACHER:
        return greedy_teacher(recipe.teachers[0])
    named = next((t for t in recipe.teachers if t.name == model and not Path(model).exists()), None)
    return greedy_teacher(named) if named else None


def _price(text: str | None) -> PriceSettings | None:
    if text is None:
        return None
    try:
        into, out_ = map(float, text.split(","))
        return PriceSettings(input=into, output=out_)
    except ValueError as error:
        raise UserMistake(
            f"--price {text}: must be dollars per million input and output tokens, such as 0.5,1.5"
        ) from error


@with_run_lock
def run_served(folder: Path, model: str, teacher: TeacherSettings, server: Server) -> None:
    run, recipe = open_run(folder)
    deciding, extra = question_files(run)
    name = answers_name(model, server.name)
    with timed(run, f"answer {name}"):
        path = answer_remotely(
            RemoteAnswering(run, recipe, teacher, name, say), [*deciding, *extra]
        )
    say(f"answered: {path}")


def run_evaluate(folder: Path, answers: list[str], against: str) -> None:
    found = evaluate_run(folder, answers, against)
    for table in score_tables(found):
        out.print(table)
    must_hold(found, folder)


@with_run_lock
def evaluate_run(folder: Path, answers: Sequence[str], against: str) -> Evaluation:
    run, recipe = open_run(folder)
    with timed(run, "evaluate"), ExitStack() as stack:
        judge = _judge(run, recipe, stack) if recipe.evaluate.judge else None
        found = evaluate(run, scoring_terms(recipe, against), answers, judge)
        if recipe.evaluate.forgetting is not None:
            found = with_forgetting(run, found, recipe.evaluate.forgetting, recipe.seed)
    if run.has(
        "report.json"
    ):  # missing if `docstill make` never finished; then there is no report to update
        write_html(run)
    return found


def _judge(run: Run, recipe: Recipe, stack: ExitStack) -> AnswerJudge:
    """Return the judge; its session opens with the first request."""
    teacher = recipe.teacher(recipe.evaluate.judge)

    def ask(requests: Sequence[Request]) -> list[BaseModel | TeacherFailed]:
        line = stack.enter_context(open_session(run, recipe, teacher, say))
        _say_worst(line, teacher, requests)
        found = line.ask(requests, "answers judged")
        return [one if isinstance(one, TeacherFailed) else one.answer.value for one in found]

    return AnswerJudge(teacher.name, ask)


def _say_worst(line: TeacherSession, teacher: TeacherSettings, requests: Sequence[Request]) -> None:
    worst = line.at_worst(requests)
    money = f", {dollars(worst)} at most" if worst else ""
    say(
        f"{teacher.name} judges {len(requests)} answers, some of them known for a check{money}; "
        "answers in the ledger are not paid for again"
    )


def must_hold(found: Evaluation, folder: Path) -> None:
    """Raise PromiseBroken if the evaluation broke a promise."""
    if found.broken:
        raise PromiseBroken(
            f"{found.broken}; see {folder}/evaluation.json or report.html for the figures"
        )
