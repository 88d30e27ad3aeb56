"""Unanswerable questions, conversations and written texts through the whole factory, with a teacher that is right, or not."""

import asyncio
import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from factory.core.recipe import Recipe
from factory.core.records import Example, digest
from factory.core.run_folder import example_line
from factory.core.settings import FilterSettings, RepairSettings, TeacherSettings
from factory.core.task_settings import RULES, TaskSettings
from factory.dataset.mix import training_row
from factory.generation.engine import GenerationEngine, Outcome
from factory.tasks import Task
from factory.tasks.build import KINDS, build_task, prompt_files
from factory.tasks.synthetic_texts import label_of, neighbour
from factory.teachers import Request
from factory.teachers.openai_chat import strict_schema
from tests.fakes import FakeTeacher, Said, asker
from tests.world import OPENING, WASHING, chunk, slot

REFUSAL = "I don't know that from the documents I have."
ASKED = "Which detergent is a tram of the Marrow Street depot washed with?"
OPENS, KEYS = (f"{s}." for s in OPENING.rstrip(".").split(". "))
CHIEF = "the depot chief Ada Finch"
TURNS: list[dict[str, object]] = [
    {
        "question": "At what time does the Marrow Street depot open?",
        "answer": "at 6:00",
        "quotes": [OPENS],
    },
    {"question": "And who keeps its 3 keys?", "answer": CHIEF, "quotes": [KEYS]},
]
LABELS = [
    {
        "name": "lease",
        "definition": "A depot hires trams.",
        "boundary": "A hired tram that is broken is a repair.",
    },
    {"name": "repair", "definition": "A tram is broken and must be mended."},
    {"name": "complaint", "definition": "A passenger is not content."},
]
TALK = {"kind": "conversation", "turns": 2}
LETTER = "Dear depot chief, the tram that we wash in Marrow Street has a broken door since Monday. Please mend it."
WRITING: dict[str, Any] = {"kind": "classification", "source": "written", "labels": LABELS}


def task(settings: dict[str, Any], small: bool = False) -> Task:
    teacher = TeacherSettings(name="t", model="anthropic/x", one_fact=small)
    recipe = Recipe.model_validate(
        {
            "documents": {"paths": ["."]},
            "teachers": [teacher],
            "tasks": [settings],
            "student": {"base": "s"},
        }
    )
    return build_task(recipe.tasks[0], recipe, teacher)


def made(
    mine: Task, script: Callable[[Request], Said], text: str = WASHING, rounds: int = 0
) -> Outcome:
    factory = GenerationEngine(
        asker(FakeTeacher(script)), {mine.name: mine}, FilterSettings(), "fake"
    )
    return asyncio.run(
        factory.make(mine.slots(chunk(text), "train"), RepairSettings(rounds=rounds), lambda e: e)
    )


def reason(outcome: Outcome) -> str:
    (rejected,) = outcome.rejected
    return rejected.rejection.reason if rejected.rejection else ""


def refusing(*answers: str) -> Callable[[Request], Said]:
    """Asks the question, and answers so in draws 2 and 3."""

    def script(request: Request) -> Said:
        if "question" in request.shape.model_fields:
            return request.shape.model_validate({"question": ASKED})
        return request.shape.model_validate(
            {"answer": answers[min(request.draw - 2, len(answers) - 1)], "quotes": []}
        )

    return script


def test_a_question_that_readers_find_no_answer_to_is_kept_with_the_refusal() -> None:
    (kept,) = made(
        task({"kind": "unanswerable"}), refusing("The excerpt does not state the detergent.")
    ).kept
    assert (kept.instruction, kept.response, kept.spans) == (ASKED, REFUSAL, ())


def test_a_question_that_readers_answer_is_rejected() -> None:
    assert (
        reason(made(task({"kind": "unanswerable"}), refusing("with soap")))
        == 'Readers found an answer in the chunk: "with soap".'
    )


def test_the_student_sees_an_unanswerable_question_as_it_sees_any_other() -> None:
    asked = [task({"kind": kind}).messages(ASKED, "x", chunk()) for kind in ("qa", "unanswerable")]
    assert asked[0] == asked[1]


def talking(turns: list[dict[str, object]], *answers: str) -> Callable[[Request], Said]:
    def script(request: Request) -> Said:
        if "turns" in request.shape.model_fields:
            return request.shape.model_validate({"turns": turns})
        return request.shape.model_validate(
            {"answer": answers[min(request.draw - 2, len(answers) - 1)], "quotes": [KEYS]}
        )

    return script


def test_a_conversation_is_kept_with_the_evidence_of_every_turn_and_its_messages_alternate() -> (
    None
):
    mine = task(TALK)
    (kept,) = made(mine, talking(TURNS, CHIEF), OPENING).kept
    assert [(s.field, s.text) for s in kept.spans] == [("turn 1", OPENS), ("turn 2", KEYS)]
    messages = training_row(kept, {mine.name: mine})["messages"]
    assert [m["role"] for m in messages] == ["system", "user", "assistant", "user", "assistant"]  # type: ignore[attr-defined]
    assert [m["content"] for m in messages][2:] == ["at 6:00", TURNS[1]["question"], CHIEF]  # type: ignore[attr-defined]


def test_the_last_answer_is_the_one_that_two_readers_of_the_conversation_give() -> None:
    mine = task(TALK)
    (kept,) = made(
        mine,
        talking(
            [TURNS[0], {**TURNS[1], "answer": "the Marrow Street depot", "quotes": [OPENS, KEYS]}],
            CHIEF,
            CHIEF,
        ),
        OPENING,
    ).kept
    assert (kept.response, len(kept.draws), [s.field for s in kept.spans]) == (
        CHIEF,
        3,
        ["turn 1", "turn 2"],
    )
    assert reason(made(mine, talking(TURNS, "the driver", "nobody"), OPENING)).startswith(
        "The answers to this question disagree"
    )


def test_a_conversation_whose_earlier_answer_is_wrong_is_rejected_and_written_again() -> None:
    turns = [{**TURNS[0], "answer": "at 7:00"}, TURNS[1]]
    first = made(task(TALK), talking(turns, CHIEF), OPENING)
    assert reason(first).startswith('Turn 1: The answer says "7:00"')

    def mending(request: Request) -> Said:
        return talking(TURNS if f"Rejected answer: {CHIEF}" in request.user else turns, CHIEF)(
            request
        )

    (kept,) = made(task(TALK), mending, OPENING, rounds=1).kept
    assert (kept.response, len(kept.attempts)) == (CHIEF, 1)


def test_spans_of_all_turns_point_into_the_document_in_the_kept_line() -> None:
    (kept,) = made(task(TALK), talking(TURNS, CHIEF), OPENING).kept
    spans = json.loads(json.dumps(example_line(kept)["spans"]))
    assert [s["start"] - kept.chunk.start for s in spans] == [
        OPENING.index(OPENS),
        OPENING.index(KEYS),
    ]


def labelling(label: str) -> Callable[[Request], Said]:
    def script(request: Request) -> Said:
        written = "text" in request.shape.model_fields
        number = request.draw
        text = f"{LETTER} Our number is {['one', 'two', 'three', 'four'][number % 4]}."
        return request.shape.model_validate({"text": text} if written else {"label": label})

    return script


def test_a_written_text_is_kept_where_its_readers_find_the_label_it_was_written_for() -> None:
    mine = task(WRITING)
    outcome = made(mine, labelling("repair"))
    assert {e.response for e in outcome.kept} == {"repair"}
    told = {e.rejection.reason for e in outcome.rejected if e.rejection}
    assert told <= {
        f'The text was written for "{other}", and readers took it for "repair".'
        for other in ("lease", "complaint")
    }
    user = mine.messages(outcome.kept[0].instruction, "repair", chunk())[1]["content"]
    assert outcome.kept[0].instruction in user
    assert WASHING not in user


@pytest.mark.parametrize(
    ("text", "begins"),
    [
        (WASHING, "The text copies its excerpt"),
        (
            f"{LETTER} A tram is broken and must be mended. A passenger is not content.",
            "The text repeats its prompt",
        ),
        ("A broken tram.", "The text has 3 words, must have 8 or more."),
        (
            "I bought a ticket for the museum yesterday, and nobody was there to let me in.",
            "The text is about something else",
        ),
    ],
)
def test_a_text_that_copies_or_is_about_nothing_of_the_chunk_is_rejected(
    text: str, begins: str
) -> None:
    mine = task({**WRITING, "per_chunk": 1})
    told = f"{text} Nothing else." if text == WASHING else text
    outcome = made(
        mine,
        lambda r: r.shape.model_validate(
            {"text": told} if "text" in r.shape.model_fields else {"label": "lease"}
        ),
    )
    assert reason(outcome).startswith(begins)


def test_labels_come_alike_often_and_a_third_of_the_texts_are_near_misses() -> None:
    settings = TaskSettings.model_validate(WRITING)
    found = [
        label_of(settings, slot(chunk=chunk(digest=digest(i)), task="classification"))
        for i in range(3000)
    ]
    labels = Counter(label.name for label, _ in found)
    assert all(
        850 <= labels[name] <= 1150 for name in ("lease", "repair", "complaint")
    )  # 1,000, give or take 5.8 deviations
    near = Counter(label.name for label, other in found if other)
    assert all(250 <= near[name] <= 420 for name in ("lease", "repair"))


@pytest.mark.parametrize(
    ("label", "near"), [("lease", "repair"), ("repair", "lease"), ("complaint", None)]
)
def test_the_neighbour_is_the_label_that_a_boundary_case_names_else_the_one_that_shares_words(
    label: str, near: str | None
) -> None:
    labels = TaskSettings.model_validate(WRITING).labels
    found = neighbour(next(one for one in labels if one.name == label), labels)
    assert (found.name if found else None) == near


def test_a_near_miss_says_whose_in_its_manner() -> None:
    settings = TaskSettings.model_validate(WRITING)
    mine = task(WRITING)
    slots = [s for i in range(40) for s in mine.slots(chunk(digest=digest(i)), "train")]
    hard = next(
        s for s in slots if (found := label_of(settings, s))[1] and found[0].name == "lease"
    )
    request = mine.write([hard])
    assert "The text belongs to: lease\nIt must look like: repair" in request.user
    (draft,), _ = mine.drafts(request.shape.model_validate({"text": LETTER}), [hard])
    assert draft is not None
    assert (draft.instruction, draft.response, draft.manner) == (
        LETTER,
        "lease",
        {"near": "repair"},
    )


@pytest.mark.parametrize("small", [True, False])
@pytest.mark.parametrize("settings", [{"kind": "unanswerable"}, {"kind": "conversation"}, WRITING])
def test_every_shape_is_one_that_strict_mode_takes_and_a_small_teacher_is_asked_for_no_quotes(
    settings: dict[str, Any], small: bool
) -> None:
    mine = task(settings, small)
    example = Example(
        id="x", task=mine.name, instruction="User: How long?", response="x", chunk=chunk(OPENING)
    )
    for request in (mine.write(mine.slots(chunk(OPENING), "train")[:1]), mine.draw(example, 2)):
        shown = json.dumps(strict_schema(request.shape))
        assert ("quotes" in shown) <= (not small)


def test_every_kind_has_a_rule_and_a_builder_and_prompts_that_are_there() -> None:
    assert KINDS.keys() == RULES.keys()
    assert all(
        prompt_files(TaskSettings.model_validate(s))
        for s in ({}, {"kind": "unanswerable"}, WRITING)
    )


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        (
            {"kind": "qa", "turns": 2},
            'turns is set; leave it out, since only a task of kind "conversation" has it',
        ),
        (
            {"kind": "extraction", "fields": [{"name": "a"}], "tone": ["warm"]},
            "tone is set; leave it out, since only a task of kind",
        ),
        (
            {**WRITING, "source": "chunks", "tone": ["warm"]},
            'tone is set; leave it out, since only a classification with source = "written" has it',
        ),
        (
            {**WRITING, "source": "chunks", "per_chunk": 2},
            "per_chunk = 2; set it to 1 or leave it out, since a classification of chunks reads each chunk once",
        ),
        (
            {"kind": "own"},
            'file has 0 entries, but a task of kind "own" needs at least 1, such as "my_task.py"',
        ),
    ],
)
def test_a_key_of_another_kind_is_a_mistake(settings: dict[str, object], reason: str) -> None:
    with pytest.raises(ValueError, match=reason.replace("(", r"\(")):
        TaskSettings.model_validate(settings)
