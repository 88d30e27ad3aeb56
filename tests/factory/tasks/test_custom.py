"""A kind of your own: one file beside the recipe; what is broken in it is told in a sentence; what it asks changes with its text."""

import asyncio
from pathlib import Path

import pytest

from factory.core.recipe import read_recipe
from factory.core.records import Example
from factory.core.settings import FilterSettings, RepairSettings
from factory.generation.engine import GenerationEngine, Outcome
from factory.tasks import Task
from factory.tasks.build import build_tasks
from factory.teachers import Request
from tests.fakes import FakeTeacher, Said, asker
from tests.world import WASHED, chunk, mistake, slot

CARD = '''"""Safety cards: what must be done, by when, and who does it."""

from pydantic import BaseModel

from docstill import Example, Own, Verdict


class Card(BaseModel):
    duty: str
    days: int | None


def short(example: Example) -> Verdict:
    words = len(example.response.split())
    return Verdict(filter="short", passed=words < 40, reason="" if words < 40 else f"The card has {words} words, at most 40.")


task = Own(
    write="Make a safety card of the excerpt: one duty, and within how many days it must be done.",
    question="Make a safety card of this excerpt.",
    shape=Card,
    filters=(short,),
)
'''
RECIPE = """
[documents]
paths = ["."]
[[teachers]]
name = "t"
model = "anthropic/x"
[student]
base = "s"
[[tasks]]
kind = "own"
file = "my_task.py"
"""
DUTY = "Every tram of the Marrow Street depot is washed"


def task(folder: Path, text: str = CARD, changes: tuple[str, ...] = ()) -> Task:
    (folder / "my_task.py").write_text(text, encoding="utf-8")
    (folder / "r.toml").write_text(RECIPE, encoding="utf-8")
    (found,) = build_tasks(read_recipe(folder / "r.toml", changes)[0]).values()
    return found


def made(mine: Task, *cards: dict[str, object]) -> Outcome:
    """The written card, then the draws."""
    waiting = list(cards)

    def script(request: Request) -> Said:
        card = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        return request.shape.model_validate({"answer": card, "quotes": [WASHED]})

    factory = GenerationEngine(
        asker(FakeTeacher(script, in_flight=1)), {mine.name: mine}, FilterSettings(), "fake"
    )
    return asyncio.run(
        factory.make(mine.slots(chunk(), "train"), RepairSettings(rounds=0), lambda e: e)
    )


def rejection(outcome: Outcome) -> str:
    (rejected,) = outcome.rejected
    return rejected.rejection.reason if rejected.rejection else ""


def test_the_file_of_the_readme_is_under_25_lines() -> None:
    assert len(CARD.splitlines()) < 25


def test_a_right_answer_of_its_shape_is_kept_with_evidence(tmp_path: Path) -> None:
    (kept,) = made(task(tmp_path), {"duty": DUTY, "days": 14}).kept
    assert (kept.response, [s.text for s in kept.spans]) == (
        f'{{"duty":"{DUTY}","days":14}}',
        [WASHED],
    )
    assert [v.filter for v in kept.verdicts] == [
        "schema",
        "grounding",
        "short",
        "consistency",
        "duplicates",
    ]


def test_a_value_of_the_shape_that_the_evidence_has_not_is_rejected(tmp_path: Path) -> None:
    assert rejection(made(task(tmp_path), {"duty": DUTY, "days": 15})).startswith(
        'The answer says "15", but its evidence does not'
    )


def test_draws_of_the_shape_are_compared_by_their_values(tmp_path: Path) -> None:
    cards: list[dict[str, object]] = [{"duty": DUTY, "days": days} for days in (14, 15, 16)]
    assert rejection(made(task(tmp_path), *cards)).startswith(
        "The answers to this question disagree:"
    )


def test_its_own_filter_has_the_last_word_of_the_code(tmp_path: Path) -> None:
    text = CARD.replace("< 40", "< 4")
    assert rejection(made(task(tmp_path, text), {"duty": DUTY, "days": 14})).startswith(
        "The card has"
    )


def test_the_student_reads_the_task_in_the_same_words(tmp_path: Path) -> None:
    system, user, answer = task(tmp_path).messages(
        "Make a safety card of this excerpt.", "{}", chunk()
    )
    assert system["content"].startswith("Make a safety card of the excerpt: one duty")
    assert user["content"].endswith("Make a safety card of this excerpt.")
    assert answer == {"role": "assistant", "content": "{}"}


def test_another_text_of_the_file_is_another_prompt_and_the_same_text_the_same(
    tmp_path: Path,
) -> None:
    first, again, other = (
        task(tmp_path, text).prompt_digest
        for text in (CARD, CARD, CARD.replace("one duty", "a duty"))
    )
    assert first == again != other


def test_a_task_without_a_shape_asks_for_question_and_answer(tmp_path: Path) -> None:
    mine = task(
        tmp_path, 'from docstill import Own\ntask = Own(write="Ask about $ amounts.")\n'
    )
    request = mine.write(mine.slots(chunk(), "train"))
    assert list(request.shape.model_fields) == ["question", "answer", "quotes"]
    assert "Ask about $ amounts." in request.system
    example = Example(id="x", task=mine.name, instruction="How long?", response="", chunk=chunk())
    assert list(mine.draw(example, 2).shape.model_fields) == ["answer", "quotes"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("task = (", "my_task.py:1: '(' was never closed, must be Python"),
        (
            "import nowhere_at_all",
            "my_task.py: can't be run (ModuleNotFoundError: No module named 'nowhere_at_all'), must say task = Own(…)",
        ),
        (
            "x = 1",
            "my_task.py: defines no task, must say task = Own(…), with: from docstill import Own",
        ),
        (
            'from factory.tasks.own import Own\ntask = Own(write=" ")',
            "my_task.py: write is empty, must say in words what the task is",
        ),
    ],
)
def test_a_broken_file_is_told_in_a_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    assert mistake(lambda: task(tmp_path, text)) == sentence


@pytest.mark.parametrize(
    ("name", "told"),
    [
        (
            "none.py",
            "can't be read (No such file or directory); name a Python file relative to the recipe",
        ),
        (
            "../my_task.py",
            'name a Python file in the recipe\'s folder or below it, such as "my_task.py"',
        ),
        (
            "my_task.txt",
            'name a Python file in the recipe\'s folder or below it, such as "my_task.py"',
        ),
    ],
)
def test_a_file_that_is_not_there_or_elsewhere_is_a_mistake(
    tmp_path: Path, name: str, told: str
) -> None:
    sentence = mistake(lambda: task(tmp_path, changes=(f'tasks.0.file="{name}"',)))
    assert sentence.partition(": ")[2].startswith(f'tasks.0: file = "{name}"')
    assert sentence.endswith(told)


def test_two_answers_to_the_same_question_are_no_duplicates_where_they_say_different_things(
    tmp_path: Path,
) -> None:
    mine = task(tmp_path)
    told = [
        Example(
            id="x", task=mine.name, instruction="Make a card.", response=response, chunk=chunk()
        )
        for response in ("a", "b")
    ]
    assert [mine.subject(example) for example in told] == ["a", "b"]


def test_a_file_with_the_imports_of_an_older_docstill_still_works(tmp_path: Path) -> None:
    older = CARD.replace(
        "from docstill import Example, Own, Verdict\n",
        "from factory.records import Example, Verdict\nfrom factory.tasks.own import Own\n",
    )
    assert task(tmp_path, older).name == "my_task"


def test_its_name_is_that_of_the_file(tmp_path: Path) -> None:
    assert (task(tmp_path).name, slot().task) == ("my_task", "qa")


def test_the_readme_shows_this_task_in_under_25_lines() -> None:
    readme = (Path(__file__).parents[3] / "README.md").read_text(encoding="utf-8")
    assert f"```python\n{CARD}```" in readme
    assert len(CARD.splitlines()) < 25
