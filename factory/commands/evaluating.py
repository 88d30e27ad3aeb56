"""The commands answer, of a model behind a server, and evaluate: neither needs the trainer."""

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from pydantic import BaseModel

from factory.calls.session import Line, line_to
from factory.commands import alone, opened, out, say, timed
from factory.core.errors import PromiseBroken, TeacherFailed, UserMistake
from factory.core.recipe import Recipe
from factory.core.records import FILES, dollars
from factory.core.run_folder import Run
from factory.core.settings import PriceSettings, TeacherSettings
from factory.evaluation.evaluate import Evaluation, evaluate, with_forgetting
from factory.evaluation.llm_marks import Judge
from factory.evaluation.remote_answers import Sitting, answer_served, as_teacher, file_name, greedy
from factory.evaluation.scoring import terms_of
from factory.reports.html import write_html
from factory.reports.score_tables import score_tables
from factory.teachers import Request

QUESTIONS = (("gold.jsonl", FILES["test"]), (FILES["shift"], FILES["unseen"]))  # one of the first must be there
TEACHER = "teacher"  # as a model: the recipe's first


class Server(NamedTuple):
    """What names a model behind a server, and its answers."""

    base_url: str | None = None
    name: str | None = None
    price: str | None = None


def questions_of(run: Run) -> tuple[list[Path], list[Path]]:
    """Files of questions: those of which the first decides, and those beside. Raises UserMistake where there are none."""
    deciding, beside = ([run.folder / name for name in names if run.has(name) and run.lines(name)] for names in QUESTIONS)
    if not deciding:
        raise UserMistake(f"{run.folder}: there are no held-out questions; set evaluate.gold, or let documents be held out by split.test")
    return deciding, beside


def teacher_called(folder: Path, model: str, server: Server) -> TeacherSettings | None:
    """Who answers, where it is a server's model or one of the recipe's teachers; None where the trainer answers. Raises UserMistake."""
    _, recipe = opened(folder)
    if server.base_url:
        return as_teacher(model, server.base_url, _price(server.price))
    if server.name or server.price:
        given = "--as" if server.name else "--price"
        raise UserMistake(f"{given}: must be left out without --base-url, it is of a model behind a server")
    if model == TEACHER:
        return greedy(recipe.teachers[0])
    named = next((t for t in recipe.teachers if t.name == model and not Path(model).exists()), None)
    return greedy(named) if named else None


def _price(text: str | None) -> PriceSettings | None:
    if text is None:
        return None
    try:
        into, out_ = map(float, text.split(","))
        return PriceSettings(input=into, output=out_)
    except ValueError as error:
        raise UserMistake(f"--price {text}: must be dollars per million tokens in and out, such as 0.5,1.5") from error


@alone
def run_served(folder: Path, model: str, teacher: TeacherSettings, server: Server) -> None:
    run, recipe = opened(folder)
    deciding, beside = questions_of(run)
    name = file_name(model, server.name)
    with timed(run, f"answer {name}"):
        path = answer_served(Sitting(run, recipe, teacher, name, say), [*deciding, *beside])
    say(f"answered: {path}")


def run_evaluate(folder: Path, answers: list[str], against: str) -> None:
    found = evaluated(folder, answers, against)
    for table in score_tables(found):
        out.print(table)
    must_hold(found, folder)


@alone
def evaluated(folder: Path, answers: Sequence[str], against: str) -> Evaluation:
    run, recipe = opened(folder)
    with timed(run, "evaluate"), ExitStack() as stack:
        judge = _judge(run, recipe, stack) if recipe.evaluate.judge else None
        found = evaluate(run, terms_of(recipe, against), answers, judge)
        if recipe.evaluate.forgetting is not None:
            found = with_forgetting(run, found, recipe.evaluate.forgetting, recipe.seed)
    if run.has("report.json"):  # a run that no make has made has nothing else to report
        write_html(run)
    return found


def _judge(run: Run, recipe: Recipe, stack: ExitStack) -> Judge:
    """A line is opened to it when it is asked first."""
    teacher = recipe.teacher(recipe.evaluate.judge)

    def ask(requests: Sequence[Request]) -> list[BaseModel | TeacherFailed]:
        line = stack.enter_context(line_to(run, recipe, teacher, say))
        _say_worst(line, teacher, requests)
        found = line.ask(requests, "answers judged")
        return [one if isinstance(one, TeacherFailed) else one.bought.value for one in found]

    return Judge(teacher.name, ask)


def _say_worst(line: Line, teacher: TeacherSettings, requests: Sequence[Request]) -> None:
    worst = line.at_worst(requests)
    money = f", {dollars(worst)} at most" if worst else ""
    say(f"{teacher.name} judges {len(requests)} answers, known ones among them{money}; those that stand in the ledger are not asked again")


def must_hold(found: Evaluation, folder: Path) -> None:
    """Raises PromiseBroken."""
    if found.broken:
        raise PromiseBroken(f"{found.broken}; {folder}/evaluation.json and report.html have the figures")
