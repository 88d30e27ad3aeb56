"""Evaluation: whose answers are better, by how much, how sure; and what it refuses."""

import json
from collections.abc import Sequence
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from factory.core.errors import UserMistake
from factory.core.run_folder import Run
from factory.core.task_settings import TaskSettings
from factory.evaluation.evaluate import Evaluation, MetricThreshold, verdict_sentence
from factory.evaluation.evaluate import evaluate as evaluated
from factory.evaluation.metric_column import ScoringTerms, TaskScoring
from factory.evaluation.metrics.labels import LabelScore
from factory.evaluation.metrics.latency import Latency, PerCorrect
from factory.evaluation.set_scores import Scores
from filters.consistency.fields import same_fields
from filters.consistency.labels import same_label

REFERENCE = "31 crowns per shift"
WRONG, HALF = "blue", "31 crowns"  # token F1 0 and 2/3
KNOWN = "token_f1, exact_match, rouge_l, accuracy, field_f1, refusal, correct, schema, macro_precision, macro_recall, macro_f1"
Split = Literal["gold", "test", "shift", "unseen"]


def run(folder: Path, documents: int = 3, **sets: int) -> Run:
    """A run with so many questions of each set, spread over the documents."""
    made = Run(folder)
    for name, n in sets.items():
        made.write_lines(
            f"{name}.jsonl",
            [question(f"{name}{number}", number % documents) for number in range(n)],
        )
    return made


def evaluate(  # noqa: PLR0913 - what a test changes
    made: Run,
    metrics: Sequence[str],
    seed: int = 0,
    extra: Sequence[Path | str] = (),
    against: str = "base",
    **changes: Any,  # noqa: ANN401
) -> Evaluation:
    return evaluated(
        made, ScoringTerms(tuple(metrics), seed, against, **changes), [str(one) for one in extra]
    )


def question(name: str, document: int = 0) -> dict[str, object]:
    said = (("user", f"{name}: what is the road allowance?"), ("assistant", REFERENCE))
    asked = [{"role": role, "content": content} for role, content in said]
    place = {"digest": f"d{document}", "name": f"policies/{document}.md"}
    return {
        "messages": asked,
        "meta": {"id": name, "task": "qa", "document": place, "source": "document"},
    }


def answers(
    made: Run, model: str, *said: str, of: Split = "gold", path: Path | None = None
) -> None:
    lines = [
        {"id": f"{of}{i}", "response": s, "tokens": 4, "seconds": 0.5, "prompt": "p"}
        for i, s in enumerate(said)
    ]
    target = path or made.folder / "answers" / f"{model}.jsonl"
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("a", encoding="utf-8") as file:
        file.writelines(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)


def compared(folder: Path, student: list[str], base: list[str], **changes: int) -> Evaluation:
    made = run(folder, gold=len(student), **changes)
    answers(made, "student", *student)
    answers(made, "base", *base)
    return evaluate(made, ["token_f1", "exact_match"], 0)


def test_a_student_that_is_always_nearer_is_better(tmp_path: Path) -> None:
    seen = compared(tmp_path, [REFERENCE] * 8, [HALF] * 8)
    assert (seen.verdict, seen.decided_by, seen.needed_n) == ("better", "gold", None)


def test_a_student_that_is_always_further_off_is_worse(tmp_path: Path) -> None:
    assert compared(tmp_path, [WRONG] * 8, [HALF] * 8).verdict == "worse"


def test_a_student_that_wins_as_often_as_it_loses_is_undecided(tmp_path: Path) -> None:
    seen = compared(tmp_path, [REFERENCE, HALF] * 6, [HALF, REFERENCE] * 6)
    assert (seen.verdict, seen.needed_n) == ("undecided", None)


def test_a_small_lead_says_how_many_questions_would_settle_it(tmp_path: Path) -> None:
    seen = compared(tmp_path, [REFERENCE] * 7 + [HALF] * 5, [HALF] * 7 + [REFERENCE] * 5)
    assert seen.verdict == "undecided"
    assert seen.needed_n is not None
    assert 100 < seen.needed_n < 200  # by hand: (1.96 * 0.329 / 0.0556) ** 2 = 134
    assert verdict_sentence(seen).endswith(
        f"; about {seen.needed_n} questions might show it better"
    )


def test_the_first_metric_alone_decides(tmp_path: Path) -> None:
    made = run(tmp_path, gold=8)
    answers(made, "student", *[HALF] * 8)
    answers(made, "base", *[WRONG] * 8)
    assert evaluate(made, ["exact_match", "token_f1"], 0).verdict == "undecided"
    assert evaluate(made, ["token_f1", "exact_match"], 0).verdict == "better"


LONG = "The road allowance comes to 31 crowns per shift for everybody who drives on one of the scheduled delivery routes"


@pytest.mark.parametrize(
    ("student", "base", "told"),
    [
        (
            "30 crowns per shift",
            LONG,
            " But fewer answers are correct (1.000 -> 0.000, difference -1.000, -1.000 to -1.000).",
        ),
        (
            REFERENCE,
            LONG,
            " But no more answers are shown to be correct (1.000 -> 1.000, difference +0.000, +0.000 to +0.000).",
        ),
        (REFERENCE, WRONG, ""),
        (WRONG, LONG, ""),
    ],
)
def test_a_student_that_is_only_briefer_is_said_to_be(
    tmp_path: Path, student: str, base: str, told: str
) -> None:
    made = run(tmp_path, gold=8)
    answers(made, "student", *[student] * 8)
    answers(made, "base", *[base] * 8)
    found = evaluate(made, ["token_f1", "correct"])
    assert found.note.endswith(told) if told else "correct" not in found.note
    assert "correct" not in evaluate(made, ["token_f1"]).note


def test_gold_decides_whatever_the_teachers_own_rows_say(tmp_path: Path) -> None:
    made = run(tmp_path, gold=8, test=8)
    for model, gold, test in (("student", HALF, REFERENCE), ("base", REFERENCE, HALF)):
        answers(made, model, *[gold] * 8)
        answers(made, model, *[test] * 8, of="test")
    seen = evaluate(made, ["token_f1"], 0)
    assert (seen.verdict, seen.decided_by) == ("worse", "gold")
    assert seen.sets["test"].paired["student-base"]["token_f1"].low > 0
    assert (
        seen.note
        == "Gold decides. The teacher wrote the test rows, so they don't count towards the verdict."
    )


@pytest.mark.parametrize("gold", [{}, {"gold": 0}])
def test_without_gold_the_test_set_decides_and_the_note_says_who_wrote_it(
    tmp_path: Path, gold: dict[str, int]
) -> None:
    made = run(tmp_path, test=6, **gold)
    answers(made, "student", *[REFERENCE] * 6, of="test")
    answers(made, "base", *[HALF] * 6, of="test")
    seen = evaluate(made, ["token_f1"], 0)
    assert (seen.verdict, seen.decided_by) == ("better", "test")
    assert seen.note == "There are no gold questions, so test decides; the teacher wrote its rows."


def test_a_handful_of_questions_is_called_few(tmp_path: Path) -> None:
    seen = compared(tmp_path, [REFERENCE] * 3, [HALF] * 3)
    assert (
        seen.note
        == "Gold decides. 3 questions are few: below 6, even a win on every one may be chance."
    )


def test_the_file_holds_what_the_contract_names(tmp_path: Path) -> None:
    seen = compared(tmp_path, [REFERENCE] * 8, [HALF] * 8)
    written = json.loads((tmp_path / "evaluation.json").read_text())
    gold = written["sets"]["gold"]
    assert Evaluation.model_validate(written) == seen
    assert (written["verdict"], written["needed_n"], written["decided_by"], gold["n"]) == (
        "better",
        None,
        "gold",
        8,
    )
    assert gold["models"]["base"] == {"token_f1": 0.666667, "exact_match": 0}
    assert gold["paired"]["student-base"]["token_f1"] == {
        "mean": 0.333333,
        "low": 0.333333,
        "high": 0.333333,
    }
    assert gold["answers"]["student"] == {"seconds": 0.5, "tokens": 4}


def test_ten_documents_are_resampled_whole(tmp_path: Path) -> None:
    student = [
        REFERENCE if number % 10 < 5 else HALF for number in range(40)
    ]  # alike within a document of ten
    whole = compared(tmp_path / "whole", student, [HALF] * 40, documents=10).sets["gold"]
    single = compared(tmp_path / "single", student, [HALF] * 40, documents=9).sets["gold"]
    assert (whole.resampled_by, single.resampled_by) == ("document", "question")
    assert width(whole) == pytest.approx(
        2 * width(single), rel=0.1
    )  # four questions a document: the root of 4


def width(scores: Scores) -> float:
    seen = scores.paired["student-base"]["token_f1"]
    return seen.high - seen.low


def test_every_other_model_is_held_against_the_same_one(tmp_path: Path) -> None:
    made = run(tmp_path, gold=6)
    for model in ("student", "base", "merged"):
        answers(made, model, *[HALF] * 6)
    rival = tmp_path / "elsewhere" / "rival.jsonl"
    answers(made, "rival", *[REFERENCE] * 6, path=rival)
    seen = evaluate(made, ["token_f1"], 0, [rival], "merged").sets["gold"]
    assert set(seen.paired) == {"student-merged", "base-merged", "rival-merged"}
    assert seen.paired["rival-merged"]["token_f1"].mean == pytest.approx(1 / 3, abs=1e-6)


def test_an_answer_without_its_time_leaves_the_mean_open(tmp_path: Path) -> None:
    made = run(tmp_path, gold=6)
    answers(made, "student", *[REFERENCE] * 6)
    made.write_lines(
        "answers/base.jsonl", [{"id": f"gold{number}", "response": HALF} for number in range(6)]
    )
    seen = evaluate(made, ["token_f1"], 0)
    assert seen.sets["gold"].answers["base"].model_dump() == {"seconds": None, "tokens": None}
    assert ("seconds per answer", ["0.5", "–"]) in seen.sets["gold"].rows()


def test_an_answer_may_hold_a_line_separator(tmp_path: Path) -> None:
    assert (
        compared(tmp_path, ["31 crowns\u2028per shift\u0085"] * 6, [HALF] * 6).verdict == "better"
    )


def test_the_later_of_two_answers_counts(tmp_path: Path) -> None:
    made = run(tmp_path, gold=6)
    answers(made, "student", *[WRONG] * 6)
    answers(made, "student", *[REFERENCE] * 6)
    answers(made, "base", *[HALF] * 6)
    assert evaluate(made, ["token_f1"], 0).verdict == "better"


def test_the_sentence_says_verdict_figures_and_unit(tmp_path: Path) -> None:
    assert verdict_sentence(compared(tmp_path, [REFERENCE] * 8, [HALF] * 8)) == (
        "student is better than base on gold: token_f1 0.667 -> 1.000, "
        "difference +0.333 (95 % interval +0.333 to +0.333, n = 8, resampled by question)"
    )


def test_the_sentence_claims_nothing_where_it_is_open(tmp_path: Path) -> None:
    seen = compared(tmp_path, [HALF] * 8, [HALF] * 8)
    assert verdict_sentence(seen).startswith(
        "student is not shown to be better or worse than base on gold: "
    )


def test_every_model_of_a_set_has_its_scores_and_pace_in_a_row(tmp_path: Path) -> None:
    made = run(tmp_path, test=6)
    for model in ("student", "base", "teacher"):
        answers(made, model, *[HALF] * 6, of="test")
    rows = dict(evaluate(made, ["token_f1"], 0).sets["test"].rows())
    assert rows["token_f1"] == ["0.667"] * 3
    assert set(rows) == {"token_f1", "seconds per answer", "tokens per answer"}


def test_a_missing_answer_names_model_set_number_and_command(tmp_path: Path) -> None:
    made = run(tmp_path, gold=6)
    answers(made, "student", *[HALF] * 6)
    answers(made, "base", *[HALF] * 4)
    with pytest.raises(UserMistake) as mistake:
        evaluate(made, ["token_f1"], 0)
    command = f"docstill answer {tmp_path} --model base"
    assert str(mistake.value) == f"base lacks 2 of 6 answers to gold; run `{command}` first"
    assert not (tmp_path / "evaluation.json").exists()


@pytest.mark.parametrize(("there", "absent"), [("student", "base"), ("base", "student")])
def test_a_model_without_answers_names_the_command(tmp_path: Path, there: str, absent: str) -> None:
    made = run(tmp_path, gold=6)
    answers(made, there, *[HALF] * 6)
    with pytest.raises(UserMistake) as mistake:
        evaluate(made, ["token_f1"], 0)
    command = f"docstill answer {tmp_path} --model {absent}"
    assert str(mistake.value) == f"{tmp_path}: {absent} has not answered; run `{command}` first"


@pytest.mark.parametrize("sets", [{}, {"gold": 0, "test": 0}])
def test_without_questions_nothing_is_evaluated(tmp_path: Path, sets: dict[str, int]) -> None:
    made = run(tmp_path, **sets)
    with pytest.raises(UserMistake, match=r"gold\.jsonl and test\.jsonl hold no questions"):
        evaluate(made, ["token_f1"], 0)


@pytest.mark.parametrize(
    ("metrics", "against", "reason"),
    [
        ([], "base", f"[evaluate] metrics is empty; name one or more of {KNOWN}"),
        (
            ["bleu"],
            "base",
            f'[evaluate] metrics: "bleu" is unknown, must be one of {KNOWN}',
        ),
        (
            ["rouge_l"],
            "student",
            "--against student: a student can't be compared with itself; name another model",
        ),
    ],
)
def test_terms_that_make_no_sense_are_refused(
    tmp_path: Path, metrics: list[str], against: str, reason: str
) -> None:
    with pytest.raises(UserMistake) as mistake:
        evaluate(run(tmp_path, gold=1), metrics, 0, against=against)
    assert str(mistake.value) == reason


def test_two_files_of_one_name_are_refused_but_the_same_file_twice_is_not(tmp_path: Path) -> None:
    made = run(tmp_path, gold=6)
    other = tmp_path / "other" / "base.jsonl"
    for path in (
        made.folder / "answers" / "base.jsonl",
        made.folder / "answers" / "student.jsonl",
        other,
    ):
        answers(made, "", *[HALF] * 6, path=path)
    assert (
        evaluate(made, ["token_f1"], 0, [tmp_path / "answers" / "base.jsonl"]).verdict
        == "undecided"
    )
    with pytest.raises(UserMistake, match="is already named base; give this one another name"):
        evaluate(made, ["token_f1"], 0, [other])


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (
            None,
            ': is missing; each line must be an answer: {"id", "response", "tokens", "seconds"}',
        ),
        (
            b"\xff",
            ':1: is not UTF-8 text; each line must be an answer: {"id", "response", "tokens", "seconds"}',
        ),
        (
            b'\n{"id": "gold0"}\n',
            ':2: response: field required; each line must be an answer: {"id", "response", "tokens", "seconds"}',
        ),
        (
            b'{"id": "go',
            ':1: is not JSON (Unterminated string starting at); each line must be an answer: {"id", "response", "tokens", "seconds"}',
        ),
    ],
)
def test_an_answers_file_that_is_none_is_named(
    tmp_path: Path, content: bytes | None, reason: str
) -> None:
    made = run(tmp_path, gold=1)
    answers(made, "student", HALF)
    answers(made, "base", HALF)
    rival = tmp_path / "rival.jsonl"
    if content is not None:
        rival.write_bytes(content)
    with pytest.raises(UserMistake) as mistake:
        evaluate(made, ["token_f1"], 0, [rival])
    assert str(mistake.value) == f"{rival}{reason}"


def test_an_id_that_stands_for_two_questions_is_refused(tmp_path: Path) -> None:
    made = run(tmp_path)
    made.write_lines("gold.jsonl", [question("gold0"), question("gold1"), question("gold0")])
    with pytest.raises(UserMistake, match="2 questions have the id gold0; ids must be unique"):
        evaluate(made, ["token_f1"], 0)


SAID = st.lists(
    st.tuples(*[st.sampled_from([REFERENCE, HALF, WRONG, "per shift"])] * 2),
    min_size=2,
    max_size=24,
)


@given(said=SAID, documents=st.sampled_from([3, 12]), random=st.randoms(use_true_random=False))
@settings(max_examples=30, deadline=None)
def test_shuffling_changes_nothing(
    said: list[tuple[str, str]], documents: int, random: Random
) -> None:
    with TemporaryDirectory() as folder:
        first = compared(
            Path(folder),
            [mine for mine, _ in said],
            [other for _, other in said],
            documents=documents,
        )
        for name in ("gold.jsonl", "answers/base.jsonl", "answers/student.jsonl"):
            lines = (Path(folder) / name).read_text().splitlines(keepends=True)
            random.shuffle(lines)
            (Path(folder) / name).write_text("".join(lines))
        assert evaluate(Run(Path(folder)), ["token_f1", "exact_match"], 0) == first


@given(said=SAID)
@settings(max_examples=30, deadline=None)
def test_swapping_the_models_mirrors_the_verdict(said: list[tuple[str, str]]) -> None:
    with TemporaryDirectory() as one, TemporaryDirectory() as other:
        seen = compared(Path(one), [a for a, _ in said], [b for _, b in said])
        swapped = compared(Path(other), [b for _, b in said], [a for a, _ in said])
    mirror = {"better": "worse", "worse": "better", "undecided": "undecided"}
    assert swapped.verdict == mirror[seen.verdict]
    assert swapped.sets["gold"].models["student"] == seen.sets["gold"].models["base"]


UNKNOWN = "I don't know."


def shifted(folder: Path, base: list[str], student: list[str]) -> Run:
    """A run with one gold question, two shifted ones of each kind and one about what was never trained."""
    made = run(folder, gold=1)
    lines = [question(f"shift{number}", number) for number in range(4)]
    for line, kind in zip(lines, ("noisy", "noisy", "unanswerable", "unanswerable"), strict=True):
        line["meta"]["shift"] = kind  # type: ignore[index]
    for line in lines[2:]:
        line["messages"][-1]["content"] = UNKNOWN  # type: ignore[index]
    unseen = question("unseen0")
    unseen["messages"][-1]["content"] = UNKNOWN  # type: ignore[index]
    made.write_lines("test_shift.jsonl", lines)
    made.write_lines("unseen.jsonl", [unseen])
    for model, said in (("base", base), ("student", student)):
        answers(made, model, REFERENCE)
        answers(made, model, *said, of="shift")
    return made


def test_the_shifted_set_is_told_as_a_whole_and_by_kind(tmp_path: Path) -> None:
    made = shifted(
        tmp_path,
        [HALF, HALF, REFERENCE, UNKNOWN],
        [REFERENCE, REFERENCE, "The excerpt does not say.", UNKNOWN],
    )
    seen = evaluate(made, ["exact_match"], 0)
    assert list(seen.sets) == ["gold", "shift"]
    found = seen.sets["shift"]
    assert (found.n, found.models["student"]) == (4, {"exact_match": 0.75, "refusal": 1})
    assert {
        kind: (of.n, of.models["student"]["exact_match"], of.models["base"]["refusal"])
        for kind, of in found.kinds.items()
    } == {
        "noisy": (2, 1, 1),
        "unanswerable": (2, 0.5, 0.5),
    }
    assert Evaluation.model_validate_json((tmp_path / "evaluation.json").read_text()) == seen


def test_not_to_know_what_was_never_trained_is_right(tmp_path: Path) -> None:
    made = shifted(tmp_path, [HALF] * 4, [HALF] * 4)
    answers(made, "base", REFERENCE, of="unseen")
    answers(made, "student", "I do not know that.", of="unseen")
    found = evaluate(made, ["token_f1"], 0).sets["unseen"]
    assert {model: means["refusal"] for model, means in found.models.items()} == {
        "student": 1,
        "base": 0,
    }


def test_a_set_that_a_model_has_not_answered_is_told_without_it(tmp_path: Path) -> None:
    made = shifted(tmp_path, [HALF] * 4, [HALF] * 4)
    answers(made, "rival", REFERENCE)
    seen = evaluate(made, ["token_f1"], 0)
    assert {name: sorted(found.models) for name, found in seen.sets.items()} == {
        "gold": ["base", "rival", "student"],
        "shift": ["base", "student"],
    }


def test_a_set_that_a_model_has_half_answered_is_refused(tmp_path: Path) -> None:
    made = shifted(tmp_path, [HALF] * 4, [HALF] * 2)
    with pytest.raises(UserMistake, match="student lacks 2 of 4 answers to shift"):
        evaluate(made, ["token_f1"], 0)


def test_the_shifted_set_has_no_part_in_the_verdict(tmp_path: Path) -> None:
    made = shifted(tmp_path, [REFERENCE] * 4, [WRONG] * 4)
    seen = evaluate(made, ["token_f1"], 0)
    assert (
        seen.decided_by,
        "unseen was not scored: student or base answered none of it." in seen.note,
    ) == ("gold", True)


def labelled(folder: Path) -> tuple[Run, dict[str, TaskScoring]]:
    """Twelve questions of a classification and twelve of an extraction; the base knows half of each."""
    made = Run(folder)
    topic = TaskSettings.model_validate(
        {"kind": "classification", "name": "topic", "labels": [{"name": "late"}, {"name": "lost"}]}
    )
    terms = TaskSettings.model_validate(
        {"kind": "extraction", "name": "terms", "fields": [{"name": "trams", "type": "number"}]}
    )
    lines, right = [], []
    for number in range(24):
        line = question(f"gold{number}", number)
        right.append(("late", "lost")[number % 4 // 2] if number % 2 else f'{{"trams": {number}}}')
        line["messages"][-1]["content"] = right[-1]  # type: ignore[index]
        line["meta"]["task"] = ("terms", "topic")[number % 2]  # type: ignore[index]
        lines.append(line)
    made.write_lines("gold.jsonl", lines)
    answers(made, "student", *right)
    answers(made, "base", *[text if number < 12 else "none" for number, text in enumerate(right)])
    return made, {"topic": TaskScoring(topic, same_label), "terms": TaskScoring(terms, same_fields)}


def test_each_task_label_and_field_has_scores_of_its_own(tmp_path: Path) -> None:
    made, tasks = labelled(tmp_path)
    found = evaluate(made, ["correct", "schema", "macro_f1"], tasks=tasks).sets["gold"]
    assert {name: (one.n, one.models["base"]) for name, one in found.tasks.items()} == {
        "terms": (12, {"correct": 0.5, "schema": 0.5}),
        "topic": (12, {"correct": 0.5, "schema": 0.5, "macro_f1": 0.666667}),
    }
    assert found.labels["base"]["late"] == LabelScore(precision=1, recall=0.5, f1=0.666667, n=6)
    assert found.fields["base"] == {"trams": LabelScore(precision=1, recall=0.5, f1=0.666667, n=12)}
    assert found.models["base"] == {"correct": 0.5, "schema": 0.5, "macro_f1": 0.666667}


def test_a_mean_over_labels_may_decide(tmp_path: Path) -> None:
    made, tasks = labelled(tmp_path)
    seen = evaluate(made, ["macro_f1"], tasks=tasks)
    assert (seen.verdict, seen.sets["gold"].paired["student-base"]["macro_f1"].mean) == (
        "better",
        0.333333,
    )


def test_a_metric_that_says_nothing_of_any_question_can_not_decide(tmp_path: Path) -> None:
    made = run(tmp_path, gold=6)
    for model in ("student", "base"):
        answers(made, model, *[HALF] * 6)
    with pytest.raises(
        UserMistake,
        match='"schema" applies to no question of gold; put a metric first that does',
    ):
        evaluate(made, ["schema"])
    assert evaluate(made, ["token_f1", "schema"]).sets["gold"].models["base"] == {
        "token_f1": 0.666667
    }


def test_correct_answers_latency_and_cost_are_told_of_every_model(tmp_path: Path) -> None:
    made = run(tmp_path, gold=6)
    answers(made, "student", *[REFERENCE] * 5, "blue")
    answers(made, "base", *["blue"] * 6)
    priced = [
        {"id": f"gold{number}", "response": REFERENCE, "seconds": number, "usd": 0.001}
        for number in range(6)
    ]
    made.write_lines("answers/teacher.jsonl", [{**line, "cut": True} for line in priced])
    found = evaluate(made, ["token_f1"]).sets["gold"]
    assert found.per_correct == {
        "student": PerCorrect(correct=5, of=6, seconds=0.6, usd=None),
        "base": PerCorrect(correct=0, of=6, seconds=None, usd=None),
        "teacher": PerCorrect(correct=6, of=6, seconds=2.5, usd=0.001),
    }
    assert (found.latency["teacher"], found.cut) == (Latency(median=2.5, p95=4.75), {"teacher": 6})


def test_a_run_of_which_nothing_more_is_known_says_no_more(tmp_path: Path) -> None:
    compared(tmp_path, [REFERENCE] * 8, [HALF] * 8)
    written = json.loads((tmp_path / "evaluation.json").read_text())
    assert list(written) == [
        "sets",
        "verdict",
        "needed_n",
        "decided_by",
        "metric",
        "against",
        "note",
    ]
    assert list(written["sets"]["gold"]) == [
        "n",
        "models",
        "paired",
        "resampled_by",
        "answers",
        "latency",
        "per_correct",
    ]


BETTER, LIKE, WORSE = [REFERENCE] * 8, [HALF] * 8, [WRONG] * 8


@pytest.mark.parametrize(
    ("said", "against", "broken"),
    [
        (BETTER, "base", ""),
        (LIKE, "base", "the student is not shown to be better than base"),
        (WORSE, "base", "the student is not shown to be better than base"),
        (BETTER, "earlier", ""),
        (LIKE, "earlier", ""),
        (WORSE, "earlier", "the student is worse than earlier"),
    ],
)
def test_better_than_base_is_promised_and_not_worse_than_any_other(
    tmp_path: Path, said: list[str], against: str, broken: str
) -> None:
    made = run(tmp_path, gold=8)
    answers(made, "student", *said)
    answers(made, against, *LIKE)
    assert evaluate(made, ["token_f1"], against=against).broken == broken


@pytest.mark.parametrize(
    ("least", "broken"),
    [(0.6, ""), (0.7, "the student's token_f1 of 0.667 is below the threshold of 0.7")],
)
def test_the_threshold_is_the_least_of_the_first_metric(
    tmp_path: Path, least: float, broken: str
) -> None:
    made = run(tmp_path, gold=8)
    answers(made, "student", *LIKE)
    answers(made, "base", *WORSE)
    seen = evaluate(made, ["token_f1"], threshold=least)
    assert (seen.broken, seen.threshold) == (
        broken,
        MetricThreshold(least=least, reached=not broken),
    )
    assert verdict_sentence(seen).endswith(
        f"; the threshold of {least} is {'missed' if broken else 'reached'}"
    )


def test_an_answers_file_may_be_given_a_name(tmp_path: Path) -> None:
    made = run(tmp_path / "new", gold=6)
    answers(made, "student", *[HALF] * 6)
    old = tmp_path / "old" / "student.jsonl"
    answers(made, "", *[REFERENCE] * 6, path=old)
    seen = evaluate(made, ["token_f1"], extra=[f"earlier={old}"], against="earlier")
    assert (seen.broken, list(seen.sets["gold"].models)) == (
        "the student is worse than earlier",
        ["student", "earlier"],
    )
