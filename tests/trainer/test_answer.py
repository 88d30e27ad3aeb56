"""Asking: resumed, asked again when stale, the same whether merged or not."""

import json
import logging
import math
from pathlib import Path

import pytest

from factory.core.errors import UserMistake
from tests.trainer.conftest import plant_adapter, row, write

pytest.importorskip("torch", reason="training is an extra: pip install docstill[train]")

from factory.core.training_settings import StudentSettings, TrainSettings
from trainer import answer, chat, student, train


def asked(run: Path, base: str, model: str = "base") -> list[answer.Answer]:
    path = answer.answer(run, [run / "test.jsonl"], base, model)
    return [answer.Answer.model_validate_json(line) for line in path.read_text().splitlines()]


def train_briefly(run: Path, base: str) -> None:
    every = (*TrainSettings().modules, "down_proj")  # so tiny a model learns by heart only with all of it
    settings = TrainSettings(min_examples=1, max_steps=60, batch=8, learning_rate=0.02, quantize=False, modules=every, dropout=0)
    train.train(run, base, StudentSettings(base=base), settings, 0)


def plant(run: Path, answers: list[answer.Answer]) -> None:
    path = run / "answers" / "base.jsonl"
    path.write_text("".join(one.model_dump_json() + "\n" for one in answers))


def test_every_question_is_answered_in_its_order(run: Path, base: str) -> None:
    assert [one.id for one in asked(run, base)] == ["q0", "q1", "q2", "q3", "q4"]


def test_greedy_answers_are_the_same_twice(run: Path, base: str) -> None:
    first = [(one.response, one.tokens) for one in asked(run, base)]
    (run / "answers" / "base.jsonl").unlink()
    assert [(one.response, one.tokens) for one in asked(run, base)] == first


def test_a_trained_student_says_what_it_learnt_and_stops(run: Path, base: str) -> None:
    train_briefly(run, base)
    answers = asked(run, base, "student")
    assert {one.response[:11] for one in answers} == {"It opens at"}
    assert all(one.tokens == 6 for one in answers)


@pytest.mark.parametrize(("system", "told"), [("Be brief.", 0), ("Be long.", 1), (None, 1)])
def test_a_student_that_is_asked_otherwise_than_it_learnt_is_told_of(
    run: Path, base: str, caplog: pytest.LogCaptureFixture, system: str | None, told: int
) -> None:
    plant_adapter(run, base)
    chat.form(student.tokenizer_of(base), "Be brief.").write(run / "adapter")
    with caplog.at_level(logging.INFO, logger="trainer"):
        answer.answer(run, [run / "test.jsonl"], base, "student", StudentSettings(base=base, system=system))
    said = [line for line in caplog.messages if "learnt" in line]
    assert len(said) == told
    assert all(f'the system message "Be brief." and is asked with {json.dumps(system)}' in line for line in said)


def test_answers_already_there_are_kept(run: Path, base: str) -> None:
    answers = asked(run, base)
    marked = answers[1].model_copy(update={"response": "kept"})
    plant(run, [marked, answers[3]])
    again = asked(run, base)
    assert [one.id for one in again] == ["q0", "q1", "q2", "q3", "q4"]
    assert again[1] == marked
    assert [one.response for one in again if one.id != "q1"] == [one.response for one in answers if one.id != "q1"]


def test_an_answer_to_other_words_is_asked_again(run: Path, base: str) -> None:
    answers = asked(run, base)
    plant(run, [one.model_copy(update={"response": "old"}) for one in answers])
    write(run / "test.jsonl", [row(0, asked="Question: When?"), *(row(number) for number in range(1, 5))])
    assert [one.response == "old" for one in asked(run, base)] == [False, True, True, True, True]


def test_a_torn_line_is_asked_again(run: Path, base: str) -> None:
    answers = asked(run, base)
    path = run / "answers" / "base.jsonl"
    path.write_text(path.read_text()[:-20])
    assert [one.response for one in asked(run, base)] == [one.response for one in answers]


def test_the_merged_student_answers_like_its_adapter(run: Path, base: str) -> None:
    from peft import PeftModel

    train_briefly(run, base)
    merged = student.load_for_answers(base, run / "adapter")
    pair = student.load_for_answers(base, None)
    unmerged = student.Student(PeftModel.from_pretrained(pair.model, str(run / "adapter")).eval(), pair.tokenizer)  # type: ignore[arg-type]
    dialogues = chat.read(run / "test.jsonl")
    questions = answer._tokenised(dialogues, merged, None, answer.lengths(dialogues, merged.tokenizer, None))
    said = [[one.response for one in answer._generate(model, questions)] for model in (merged, unmerged)]
    assert said[0] == said[1]


def test_a_model_of_another_run_has_its_own_name(run: Path, base: str) -> None:
    assert answer.name_of(str(run / "adapter")) == "run-adapter"
    assert answer.answer(run, [run / "test.jsonl"], base, base).stem == Path(base).name


def test_a_student_that_was_never_trained_is_sent_to_train(run: Path, base: str) -> None:
    with pytest.raises(UserMistake, match="there is no adapter; run `docstill train"):
        asked(run, base, "student")


def test_one_id_for_two_questions_is_refused(run: Path, base: str) -> None:
    other = write(run / "gold.jsonl", [row(0, asked="Question: When?")])
    with pytest.raises(UserMistake, match="id q0 stands for two different questions"):
        answer.answer(run, [run / "test.jsonl", other], base, "base")


def test_a_question_longer_than_the_student_can_read_is_named(run: Path, base: str) -> None:
    write(run / "test.jsonl", [row(0, asked="Question " * 500)])
    with pytest.raises(UserMistake, match="question q0: .* don't fit into the student's 512"):
        asked(run, base)


@pytest.mark.parametrize(
    ("model", "sentence"),
    [
        ("no/such/folder", "there is no such folder"),
        ("none.gguf", "there is no such file"),
        ("EMPTY", "holds no config.json"),
    ],
)
def test_a_model_that_is_not_there_is_named(run: Path, base: str, model: str, sentence: str) -> None:
    with pytest.raises(UserMistake, match=sentence):
        asked(run, base, str(run) if model == "EMPTY" else model)


def test_an_answers_line_holds_the_contracts_fields(run: Path, base: str) -> None:
    asked(run, base)
    line = json.loads((run / "answers" / "base.jsonl").read_text().splitlines()[0])
    assert list(line) == ["id", "response", "tokens", "seconds", "prompt"]


LONG = "It opens at six seven eight nine " * 30


def test_an_answer_may_be_half_as_long_again_as_the_longest_reference_of_its_task(run: Path, base: str) -> None:
    tokenizer = student.load_for_answers(base, None).tokenizer
    rows = [row(0, answer="six"), row(1, answer=LONG), row(2)]
    for one, task in zip(rows, ("hours", "tables", "hours"), strict=True):
        one["meta"]["task"] = task  # type: ignore[index]
    dialogues = chat.read(write(run / "test.jsonl", rows))
    assert answer.lengths(dialogues, tokenizer, None) == {"hours": 96, "tables": math.ceil(1.5 * (7 * 30 + 1))}
    assert answer.lengths(dialogues, tokenizer, 40) == {"hours": 40, "tables": 40}


def test_an_answer_that_has_not_ended_is_marked_and_told_of(run: Path, base: str, caplog: pytest.LogCaptureFixture) -> None:
    few = StudentSettings(base=base, answer_tokens=3)
    with caplog.at_level(logging.INFO, "trainer"):
        path = answer.answer(run, [run / "test.jsonl"], base, "base", few)
    short = [answer.Answer.model_validate_json(line) for line in path.read_text().splitlines()]
    cut = [one.id for one in short if one.cut]
    assert (bool(cut), [one.cut for one in short]) == (True, [one.tokens == 3 for one in short])
    assert f"base: {len(cut)} of 5 answers had not ended" in caplog.text
    longer = asked(run, base)
    assert [one.id for one in longer if one.tokens > 3] == cut  # those that were cut are asked again with more room
    assert [one.response.startswith(before.response) for one, before in zip(longer, short, strict=True)] == [True] * 5


def test_answers_that_were_cut_at_the_same_length_stand(run: Path, base: str, monkeypatch: pytest.MonkeyPatch) -> None:
    few = StudentSettings(base=base, answer_tokens=3)
    answer.answer(run, [run / "test.jsonl"], base, "base", few)
    monkeypatch.setattr(student, "load_for_answers", lambda *_: pytest.fail("the model is loaded for nothing"))
    answer.answer(run, [run / "test.jsonl"], base, "base", few)
