"""Served: a teacher, or any model behind an OpenAI-compatible server, answers a run's questions into RUN/answers/NAME.jsonl."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from factory.calls.session import Line, Say, Told, line_to
from factory.core.errors import StoppedEarly, TeacherFailed, UserMistake
from factory.core.jsonl import intact_rows, write_jsonl
from factory.core.jsonl import line as json_line
from factory.core.recipe import Recipe
from factory.core.records import digest
from factory.core.run_folder import Run
from factory.core.settings import PriceSettings, TeacherSettings
from factory.evaluation.answers import Answer, Question, read_questions
from factory.models.tokenizers import token_count
from factory.teachers import Plain, Request

LEAST_ROOM = 128  # tokens of an answer
SLACK = 3  # the longest reference's tokens so many times: half as much again, and twice that, as its tokens are estimated
RESERVED = ("base", "student", "merged", "adapter")  # what a run's own answers are called


def as_teacher(model: str, base_url: str, price: PriceSettings | None) -> TeacherSettings:
    """A model behind a server, asked at temperature 0 as the student is. Raises UserMistake."""
    try:
        settings = {"name": "served", "model": f"compatible/{model}", "base_url": base_url, "temperature": 0.0, "price": price}
        return TeacherSettings.model_validate(settings)
    except ValidationError as error:
        raise UserMistake(f"--model {model} --base-url {base_url}: {error.errors()[0]['msg'].removeprefix('Value error, ')}") from error


def greedy(teacher: TeacherSettings) -> TeacherSettings:
    """A teacher of the recipe as a model that answers: at temperature 0, unless it is set or the provider may refuse it."""
    quiet = teacher.temperature is None and teacher.provider in ("local", "compatible")
    return teacher.model_copy(update={"temperature": 0.0}) if quiet else teacher


def file_name(model: str, wanted: str | None) -> str:
    """What the answers are called. Raises UserMistake."""
    name = wanted or model.rstrip("/").rpartition("/")[2]
    if name in RESERVED and not wanted:
        raise UserMistake(f"--model {model}: the run's own answers are called {name}, must have another name, such as --as served-{name}")
    if not name or "/" in name or name.startswith("."):
        raise UserMistake(f'--as "{name}": must be a word, a file in answers/ is called so')
    return name


@dataclass(frozen=True)
class Sitting:
    """Who answers, and what the answers are called."""

    run: Run
    recipe: Recipe
    teacher: TeacherSettings
    name: str
    say: Say

    @property
    def path(self) -> Path:
        return self.run.folder / "answers" / f"{self.name}.jsonl"


def answer_served(sitting: Sitting, files: Sequence[Path]) -> Path:
    """Asks only what the file does not yet hold; what it holds stands there as soon as it comes.

    Raises UserMistake, and StoppedEarly where questions are left: then the same command goes on.
    """
    questions = {question.meta.id: question for path in files for question in read_questions(path)}
    rooms = rooms_of([*questions.values()], sitting.recipe.student.answer_tokens)
    asked = {key: _asked(question, rooms[question.meta.task], sitting.recipe.student.system) for key, question in questions.items()}
    given = _given(sitting.path)
    left = [key for key, request in asked.items() if _open(given.get(key), request)]
    failures: Counter[str] = Counter()
    if left:
        with line_to(sitting.run, sitting.recipe, sitting.teacher, sitting.say) as line:
            failures = _answered(line, {key: asked[key] for key in left}, given, sitting.path)
    _rewrite(sitting.path, asked, given)
    if failures:
        ((reason, _),) = failures.most_common(1)
        missing = f"{sitting.name} did not answer {failures.total()} of {len(asked)} questions ({reason})"
        raise StoppedEarly(f"{missing}; nothing that it answered is lost, run the same command again to go on")
    return sitting.path


def rooms_of(questions: Sequence[Question], wanted: int | None) -> dict[str, int]:
    """Tokens that an answer of each task may have: `wanted`, else by the task's longest reference, so that no right answer is cut.

    A power of two, so that a somewhat longer reference changes no request that was paid for.
    """
    longest: dict[str, int] = {}
    for question in questions:
        longest[question.meta.task] = max(longest.get(question.meta.task, 0), token_count(question.reference))
    return {task: wanted or max(LEAST_ROOM, 1 << (SLACK * tokens - 1).bit_length()) for task, tokens in longest.items()}


def _asked(question: Question, room: int, system: str | None) -> Request:
    """Raises UserMistake for a chat that is not of user and assistant in turn."""
    turns = list(question.messages[:-1])
    told = turns.pop(0).content if turns[0].role == "system" else system or ""
    if len(turns) % 2 == 0 or any(turn.role not in ("", ("user", "assistant")[i % 2]) for i, turn in enumerate(turns)):
        raise UserMistake(f"question {question.meta.id}: its messages must be of user and assistant in turn, the system's before them")
    *before, last = (turn.content for turn in turns)
    return Request(told, last, Plain, max_tokens=room, before=tuple(before))


def _prompt(request: Request) -> str:
    return digest(request.said)


def _open(given: Answer | None, request: Request) -> bool:
    """Not answered, to other words, or cut where there is more room now."""
    if given is None or given.prompt != _prompt(request):
        return True
    return given.cut and given.tokens is not None and given.tokens < request.max_tokens


def _answered(line: Line, asked: Mapping[str, Request], given: dict[str, Answer], path: Path) -> Counter[str]:
    """Adds to `given` and to the file; why some did not come. A request that failed by its own fault in three runs has no answer."""
    keys = list(asked)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:

        def hear(place: int, told: Told) -> None:
            answer = _answer(keys[place], asked[keys[place]], told)
            given[answer.id] = answer
            file.write(json_line(answer))
            file.flush()

        found = line.ask(list(asked.values()), "questions answered", hear)
    failures: Counter[str] = Counter()
    for key, outcome in zip(keys, found, strict=True):
        if isinstance(outcome, TeacherFailed) and outcome.kind == "given up":
            given[key] = Answer(id=key, response="", prompt=_prompt(asked[key]), failed=str(outcome))
        elif isinstance(outcome, TeacherFailed):
            failures[str(outcome)] += 1
    return failures


def _answer(key: str, request: Request, told: Told) -> Answer:
    plain = told.bought.value
    assert isinstance(plain, Plain)
    seconds = None if told.seconds is None else round(told.seconds, 4)
    tokens = told.bought.cost.tokens_out
    return Answer(id=key, response=plain.text, tokens=tokens, seconds=seconds, prompt=_prompt(request), usd=told.usd, cut=plain.cut)


def _given(path: Path) -> dict[str, Answer]:
    """Of earlier calls, a later line before an earlier one; a line torn by a kill is asked again, or found in the ledger."""
    found: dict[str, Answer] = {}
    for one in intact_rows(path, Answer):
        found[one.id] = one
    return found


def _rewrite(path: Path, order: Iterable[str], given: Mapping[str, Answer]) -> None:
    """In the order of the questions; answers to questions of other calls stay, behind them."""
    keys = dict.fromkeys((*(key for key in order if key in given), *given))
    path.parent.mkdir(parents=True, exist_ok=True)
    write_jsonl(path, (given[key] for key in keys))
