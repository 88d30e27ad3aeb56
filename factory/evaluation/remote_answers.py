"""Let a teacher or a served model answer a run's questions, into RUN/answers/NAME.jsonl."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from factory.calls.session import Say, TeacherSession, TimedAnswer, open_session
from factory.core.errors import StoppedEarly, TeacherFailed, UserMistake
from factory.core.jsonl import intact_rows, write_jsonl
from factory.core.jsonl import json_line as json_line
from factory.core.recipe import Recipe
from factory.core.records import digest
from factory.core.run_folder import Run
from factory.core.settings import PriceSettings, TeacherSettings
from factory.evaluation.answers import HeldOutQuestion, ModelAnswer, read_questions
from factory.models.tokenizers import token_count
from factory.teachers import Plain, Request

LEAST_ROOM = 128  # tokens that any answer may have
# Multiple of the longest reference's tokens: half as much again, doubled as tokens are estimated.
SLACK = 3
RESERVED = ("base", "student", "merged", "adapter")  # names of a run's own answers


def server_as_teacher(model: str, base_url: str, price: PriceSettings | None) -> TeacherSettings:
    """Return settings for a served model, at temperature 0 like the student. Raises UserMistake."""
    try:
        settings = {
            "name": "served",
            "model": f"compatible/{model}",
            "base_url": base_url,
            "temperature": 0.0,
            "price": price,
        }
        return TeacherSettings.model_validate(settings)
    except ValidationError as error:
        raise UserMistake(
            f"--model {model} --base-url {base_url}: "
            f"{error.errors()[0]['msg'].removeprefix('Value error, ')}"
        ) from error


def greedy_teacher(teacher: TeacherSettings) -> TeacherSettings:
    """Return the teacher at temperature 0, unless it sets one or its provider may refuse it."""
    quiet = teacher.temperature is None and teacher.provider in ("local", "compatible")
    return teacher.model_copy(update={"temperature": 0.0}) if quiet else teacher


def answers_name(model: str, wanted: str | None) -> str:
    """Return the name of the answers file. Raises UserMistake."""
    name = wanted or model.rstrip("/").rpartition("/")[2]
    if name in RESERVED and not wanted:
        raise UserMistake(
            f"--model {model}: the name {name} is taken by the run's own answers; "
            f"add another one, such as --as served-{name}"
        )
    if not name or "/" in name or name.startswith("."):
        raise UserMistake(f'--as "{name}": must be a plain word, as it names a file in answers/')
    return name


@dataclass(frozen=True)
class RemoteAnswering:
    """The teacher that answers a run's questions, and the name of its answers."""

    run: Run
    recipe: Recipe
    teacher: TeacherSettings
    name: str
    say: Say

    @property
    def path(self) -> Path:
        return self.run.folder / "answers" / f"{self.name}.jsonl"


def answer_remotely(job: RemoteAnswering, files: Sequence[Path]) -> Path:
    """Ask the questions that the answers file lacks, and write each answer as it arrives.

    Raises UserMistake, and StoppedEarly if questions are left; the same command then continues.
    """
    questions = {question.meta.id: question for path in files for question in read_questions(path)}
    rooms = answer_limits([*questions.values()], job.recipe.student.answer_tokens)
    asked = {
        key: _asked(question, rooms[question.meta.task], job.recipe.student.system)
        for key, question in questions.items()
    }
    given = _given(job.path)
    left = [key for key, request in asked.items() if _open(given.get(key), request)]
    failures: Counter[str] = Counter()
    if left:
        with open_session(job.run, job.recipe, job.teacher, job.say) as line:
            failures = _answered(line, {key: asked[key] for key in left}, given, job.path)
    _rewrite(job.path, asked, given)
    if failures:
        ((reason, _),) = failures.most_common(1)
        missing = (
            f"{job.name} did not answer {failures.total()} of {len(asked)} questions ({reason})"
        )
        raise StoppedEarly(
            f"{missing}; its other answers are saved, run the same command again to continue"
        )
    return job.path


def answer_limits(questions: Sequence[HeldOutQuestion], wanted: int | None) -> dict[str, int]:
    """Return each task's answer limit in tokens: `wanted`, or enough for its longest reference.

    It is a power of two, so that a slightly longer reference changes no request already paid for.
    """
    longest: dict[str, int] = {}
    for question in questions:
        longest[question.meta.task] = max(
            longest.get(question.meta.task, 0), token_count(question.reference)
        )
    return {
        task: wanted or max(LEAST_ROOM, 1 << (SLACK * tokens - 1).bit_length())
        for task, tokens in longest.items()
    }


def _asked(question: HeldOutQuestion, room: int, system: str | None) -> Request:
    """Build the request. Raises UserMistake unless user and assistant take turns in the chat."""
    turns = list(question.messages[:-1])
    system_text = turns.pop(0).content if turns[0].role == "system" else system or ""
    if len(turns) % 2 == 0 or any(
        turn.role not in ("", ("user", "assistant")[i % 2]) for i, turn in enumerate(turns)
    ):
        raise UserMistake(
            f"question {question.meta.id}: user and assistant must take turns in its messages; "
            "only a system message may come before them"
        )
    *before, last = (turn.content for turn in turns)
    return Request(system_text, last, Plain, max_tokens=room, before=tuple(before))


def _prompt(request: Request) -> str:
    return digest(request.messages)


def _open(given: ModelAnswer | None, request: Request) -> bool:
    """Check whether to ask: no answer, another prompt, or a cut answer that may be longer now."""
    if given is None or given.prompt != _prompt(request):
        return True
    return given.cut and given.tokens is not None and given.tokens < request.max_tokens


def _answered(
    line: TeacherSession, asked: Mapping[str, Request], given: dict[str, ModelAnswer], path: Path
) -> Counter[str]:
    """Ask, add the answers to `given` and the file, and count the reasons for missing ones.

    A request that failed by its own fault in three runs is stored as an answer that failed.
    """
    keys = list(asked)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:

        def save(place: int, timed: TimedAnswer) -> None:
            answer = _answer(keys[place], asked[keys[place]], timed)
            given[answer.id] = answer
            file.write(json_line(answer))
            file.flush()

        found = line.ask(list(asked.values()), "questions answered", save)
    failures: Counter[str] = Counter()
    for key, outcome in zip(keys, found, strict=True):
        if isinstance(outcome, TeacherFailed) and outcome.kind == "given up":
            given[key] = ModelAnswer(
                id=key, response="", prompt=_prompt(asked[key]), failed=str(outcome)
            )
        elif isinstance(outcome, TeacherFailed):
            failures[str(outcome)] += 1
    return failures


def _answer(key: str, request: Request, timed: TimedAnswer) -> ModelAnswer:
    plain = timed.answer.value
    assert isinstance(plain, Plain)
    seconds = None if timed.seconds is None else round(timed.seconds, 4)
    tokens = timed.answer.cost.tokens_out
    return ModelAnswer(
        id=key,
        response=plain.text,
        tokens=tokens,
        seconds=seconds,
        prompt=_prompt(request),
        usd=timed.usd,
        cut=plain.cut,
    )


def _given(path: Path) -> dict[str, ModelAnswer]:
    """Read earlier answers; a later line replaces an earlier one.

    A line torn by a kill is skipped: it is asked again, or found in the ledger.
    """
    found: dict[str, ModelAnswer] = {}
    for one in intact_rows(path, ModelAnswer):
        found[one.id] = one
    return found


def _rewrite(path: Path, order: Iterable[str], given: Mapping[str, ModelAnswer]) -> None:
    """Write the answers in the order of the questions, then those to questions of other calls."""
    keys = dict.fromkeys((*(key for key in order if key in given), *given))
    path.parent.mkdir(parents=True, exist_ok=True)
    write_jsonl(path, (given[key] for key in keys))
