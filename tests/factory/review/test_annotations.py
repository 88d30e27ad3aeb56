"""What Label Studio and Argilla give back: copies, several annotators, skipped ones, drafts, their short exports; one bad task is named."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from factory.core.records import digest
from factory.core.run_folder import Run
from factory.review.argilla import export_argilla
from factory.review.importer import CheckedRows
from factory.review.label_studio import export_label_studio
from factory.review.page import export_page
from tests.factory.review.returned import NUMERIC, back, fixes, sampled
from tests.world import LAW, mistake

ANSWERS = {NUMERIC[0]: "within 14 days", "e1": "15 November"}
EARLIER, LATER = "2026-03-01T00:00:00.5Z", "2026-03-02T00:00:00Z"
Json = Any


def tasks_of(folder: Path) -> tuple[Run, Json]:
    run, deck = sampled(folder / "run", ANSWERS)
    tasks = json.loads((export_label_studio(run, deck) / "tasks.json").read_text(encoding="utf-8"))
    return run, sorted(tasks, key=lambda task: task["data"]["id"])


def annotated(verdict: str, id: int, by: object = 1, **more: object) -> Json:
    choice = {
        "from_name": "verdict",
        "to_name": "answer",
        "type": "choices",
        "value": {"choices": [verdict]},
    }
    return {
        "id": id,
        "completed_by": by,
        "was_cancelled": False,
        "lead_time": 3.0,
        "result": [choice],
        **more,
    }


def studio(run: Run, tasks: Json, *annotations: Json, **more: object) -> CheckedRows:
    """The first task with these annotations."""
    path = run.folder.parent / "back.json"
    path.write_text(
        json.dumps([{"id": 7, **tasks[0], "annotations": annotations, "predictions": [], **more}]),
        encoding="utf-8",
    )
    return back(run, path)


@pytest.mark.parametrize(
    ("annotations", "told"),
    [
        ([annotated("accept", 2), annotated("reject", 900, parent_annotation=2)], ["reject"]),
        ([annotated("reject", 900, parent_annotation=2), annotated("accept", 2)], ["reject"]),
        (
            [annotated("accept", 2, updated_at=LATER), annotated("reject", 3, updated_at=EARLIER)],
            ["accept"],
        ),
        ([annotated("accept", 2), annotated("reject", 3, by=2)], ["accept", "reject"]),
        (
            [
                annotated("accept", 2, by={"id": 1, "email": "ada@x"}),
                annotated("reject", 3, by={"id": 2}),
            ],
            ["accept", "reject"],
        ),
        ([annotated("accept", 2), annotated("reject", 3, was_cancelled=True)], ["accept"]),
        ([annotated("accept", 2), {**annotated("reject", 3), "result": []}], ["accept"]),
        (
            [
                {
                    **annotated("accept", 2),
                    "result": [
                        {"type": "relation", "from_id": "a"},
                        *annotated("accept", 2)["result"],
                    ],
                }
            ],
            ["accept"],
        ),
        ([annotated("accept", 2, by=None, lead_time=None)], ["accept"]),
    ],
)
def test_of_one_annotator_the_latest_annotation_counts(
    tmp_path: Path, annotations: list[Json], told: list[str]
) -> None:
    found = studio(*tasks_of(tmp_path), *annotations)
    assert (found.faults, [v.verdict for v in found.verdicts]) == ((), told)


def test_a_draft_that_was_not_submitted_is_named(tmp_path: Path) -> None:
    found = studio(*tasks_of(tmp_path), drafts=[{"result": annotated("accept", 2)["result"]}])
    assert [tuple(fault) for fault in found.faults] == [
        ("task 1", "holds only a draft, which was not submitted")
    ]


def test_one_task_that_can_not_be_read_is_named_and_the_others_count(tmp_path: Path) -> None:
    run, tasks = tasks_of(tmp_path)
    path = tmp_path / "back.json"
    path.write_text(
        json.dumps(
            [
                {"data": {"id": 3}, "annotations": []},
                {**tasks[0], "annotations": [annotated("accept", 1)]},
            ]
        )
    )
    found = back(run, path)
    assert [fault.where for fault in found.faults] == ["task 1"]
    assert [v.id for v in found.verdicts] == [NUMERIC[0]]


def test_a_text_of_digits_that_came_back_as_a_number_loses_no_verdict(tmp_path: Path) -> None:
    run, deck = sampled(tmp_path / "run", {NUMERIC[0]: "30"})
    (task,) = json.loads(
        (export_label_studio(run, deck) / "tasks.json").read_text(encoding="utf-8")
    )
    told = {**task, "data": {**task["data"], "answer": 30}}
    found = studio(run, [told], annotated("accept", 2))
    assert (found.faults, [v.verdict for v in found.verdicts]) == ((), ["accept"])


def short(tasks: Json, old: bool) -> Json:
    """As Label Studio exports JSON-MIN and CSV: its own number takes the place of `id`."""
    more = {
        "annotator": 1,
        "annotation_id": 5,
        "created_at": EARLIER,
        "updated_at": LATER,
        "lead_time": 3.2,
    }
    rows = [
        {**task["data"], "id": n, "verdict": "fix", "fixed_answer": "30 %", **more}
        for n, task in enumerate(tasks, 41)
    ]
    return [{k: v for k, v in row.items() if not (old and k == "example")} for row in rows]


def test_the_short_json_export_is_read(tmp_path: Path) -> None:
    run, tasks = tasks_of(tmp_path)
    path = tmp_path / "back.json"
    path.write_text(json.dumps(short(tasks, old=False)), encoding="utf-8")
    found = back(run, path)
    assert (found.faults, fixes(found)) == ((), dict.fromkeys(ANSWERS, "30 %"))
    assert {v.reviewer for v in found.verdicts} == {"label-studio 1"}


def test_the_short_export_of_an_older_review_is_matched_by_question_and_answer(
    tmp_path: Path,
) -> None:
    run, tasks = tasks_of(tmp_path)
    path = tmp_path / "back.json"
    path.write_text(json.dumps(short(tasks, old=True)), encoding="utf-8")
    assert fixes(back(run, path)) == dict.fromkeys(ANSWERS, "30 %")


def test_the_csv_export_of_label_studio_is_read(tmp_path: Path) -> None:
    run, tasks = tasks_of(tmp_path)
    text = io.StringIO()
    writer = csv.DictWriter(text, list(short(tasks, old=False)[0]))
    writer.writeheader()
    writer.writerows(short(tasks, old=False))
    (tmp_path / "back.csv").write_text(text.getvalue(), encoding="utf-8", newline="")
    assert fixes(back(run, tmp_path / "back.csv")) == dict.fromkeys(ANSWERS, "30 %")


def argilla(folder: Path, responses: Json) -> CheckedRows:
    run, deck = sampled(folder / "run", ANSWERS)
    records = json.loads((export_argilla(run, deck) / "records.json").read_text(encoding="utf-8"))
    path = folder / "back.json"
    path.write_text(
        json.dumps([{**record, "responses": responses} for record in records[:1]]), encoding="utf-8"
    )
    return back(run, path)


def response(value: str, user: str = "7", status: str | None = None) -> Json:
    return {"value": value, "user_id": user, **({"status": status} if status else {})}


@pytest.mark.parametrize(
    ("responses", "told"),
    [
        ({"verdict": [response("accept"), response("reject", "8")]}, ["accept", "reject"]),
        ({"verdict": [response("accept"), response("reject")]}, ["reject"]),
        ({"verdict": [response("accept", status="discarded")]}, []),
        (
            {
                "verdict": [
                    response("accept", status="submitted"),
                    response("reject", status="discarded"),
                ]
            },
            ["accept"],
        ),
        ({"verdict": None}, []),
    ],
)
def test_a_record_counts_by_each_users_latest_response_that_was_submitted(
    tmp_path: Path, responses: Json, told: list[str]
) -> None:
    found = argilla(tmp_path, responses)
    assert (found.faults, [v.verdict for v in found.verdicts]) == ((), told)


def test_a_draft_in_argilla_is_named(tmp_path: Path) -> None:
    found = argilla(tmp_path, {"verdict": [response("accept", status="draft")]})
    assert [fault.why for fault in found.faults] == ["holds a draft, which was not submitted"]


def test_flat_records_of_argilla_are_read(tmp_path: Path) -> None:
    run, deck = sampled(tmp_path / "run", ANSWERS)
    card = deck.cards[0]
    said = {"verdict.responses": ["fix", "accept"], "verdict.responses.users": ["7", "8"]}
    said["verdict.responses.status"] = ["submitted", "discarded"]
    fixed = {
        "fixed_answer.responses": ["30 %"],
        "fixed_answer.responses.users": ["7"],
        "fixed_answer.responses.status": ["submitted"],
    }
    record = {
        "id": card.id,
        "question": card.instruction,
        "answer": card.response,
        "judged": card.judged,
        **said,
        **fixed,
    }
    (tmp_path / "back.json").write_text(json.dumps([record]), encoding="utf-8")
    assert fixes(back(run, tmp_path / "back.json")) == {card.id: "30 %"}


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"[" * 100_000, "is nested more than 100 levels deep"),
        (b'{"seconds": ' + b"9" * 5_000 + b"}", "holds a number of thousands of digits"),
        (b'{"reviewer": "\\ud83d"}', "holds half a surrogate pair, which is no character"),
        (b'[{"data": ', "is not JSON (Expecting value)"),
        (b"\xff\xfe{", "is not UTF-16 text"),
        (b"\x00\x00", "is not JSON (Expecting value)"),
        (b'{"a": NaN}', "holds NaN, which is not a JSON number"),
    ],
)
def test_damaged_json_is_refused_by_one_sentence(tmp_path: Path, content: bytes, why: str) -> None:
    run, _ = sampled(tmp_path / "run", ANSWERS)
    path = tmp_path / "back.json"
    path.write_bytes(content)
    told = mistake(lambda: back(run, path))
    assert told == f"{path}: {why}; give a file that `docstill review export` wrote, filled in"


def test_json_that_an_editor_saved_as_utf_16_is_read(tmp_path: Path) -> None:
    run, tasks = tasks_of(tmp_path)
    path = tmp_path / "back.json"
    path.write_text(
        json.dumps([{**tasks[0], "annotations": [annotated("accept", 1)]}]), encoding="utf-16"
    )
    assert len(back(run, path).verdicts) == 1


BREAKS = st.text(
    st.sampled_from("ab \n\r\t\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029,;\"'<&é"), min_size=1
)


@LAW
@given(BREAKS, BREAKS)
@example(";", "\r\n")
def test_every_line_break_of_unicode_comes_back_from_the_page_label_studio_and_argilla(
    tmp_path_factory: pytest.TempPathFactory, answer: str, fixed: str
) -> None:
    run, deck = sampled(tmp_path_factory.mktemp("run"), {"e1": answer})
    text = (
        export_page(run, deck)
        .read_bytes()
        .decode()
        .partition('id="deck">')[2]
        .partition("</script>")[0]
    )
    card = json.loads(text)["cards"][0]
    tasks = json.loads((export_label_studio(run, deck) / "tasks.json").read_bytes().decode())
    records = json.loads((export_argilla(run, deck) / "records.json").read_bytes().decode())
    assert [card["response"], tasks[0]["data"]["answer"], records[0]["fields"]["answer"]] == [
        answer
    ] * 3
    page = {"docstill": "review", "version": 1, "run": "r", "sample": "s", "reviewer": "Ada"}
    said = {"id": "e1", "judged": digest(answer), "verdict": "fix", "fixed": f"a{fixed}b"}
    (run.folder / "back.json").write_text(
        json.dumps({**page, "verdicts": [said]}, ensure_ascii=False), encoding="utf-8", newline=""
    )
    lines = fixed.replace("\r\n", "\n")  # as programs on Windows end them
    assert fixes(back(run, run.folder / "back.json")) == {"e1": f"a{lines}b"}
