"""The spot-check: a sheet out, an expert's verdicts back, and what they change at the next make."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.core.recipe import Recipe
from factory.core.records import Example, Verdict
from factory.core.run_folder import Run, example_line
from factory.core.task_settings import TaskSettings
from factory.review import (
    VERDICTS_FILE,
    ExpertVerdict,
    expert_filter,
    majority_verdict,
    read_expert_verdicts,
)
from factory.review.csv import COLUMNS, export_review_csv
from factory.review.formats import read_review_file
from factory.review.importer import check_rows, import_verdicts
from factory.review.sampling import find_candidates
from factory.tasks.qa import QA
from tests.factory.review.decks import frozen_deck
from tests.world import LAW, QUESTION, WASHED, WASHING, chunk, document, example, mistake

RECIPE = Recipe.model_validate(
    {
        "documents": {"paths": ["x"]},
        "teachers": [{"name": "t", "model": "openai/x"}],
        "student": {"base": "s"},
    }
)
TASKS = {"qa": QA(TaskSettings(), False, 3)}
AWKWARD = (
    'the "blue" line, platform 2',
    "first line\nsecond line",
    "trams 🚋 and naïve Ærø",
    "=1+1",
    "-3 degrees",
    "@Ada",
    "'=1+1",
    "'quoted'",
    "a\rb\r\nc",
    "\u2028 between",
    " spaced ",
)


def run_of(folder: Path, *kept: Example) -> Run:
    """A run that holds just what a spot-check reads."""
    run = Run(folder)
    run.create()
    run.write_documents([document()])
    run.write_lines("kept.jsonl", (example_line(e) for e in kept))
    return run


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return run_of(
        tmp_path,
        example(),
        example(id="e2", response="every 14 days"),
        example(id="e3", response="14 days", split="test"),
    )


def exported(run: Run) -> list[dict[str, str]]:
    """The rows of a sheet with all that is kept, by id."""
    kept = find_candidates(run.lines("kept.jsonl"), lambda _: False, 0.6, None)
    path = export_review_csv(run, frozen_deck(run, RECIPE, kept))
    return sorted(
        csv.DictReader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")),
        key=lambda row: row["id"],
    )


def import_csv(run: Run, path: Path) -> int:
    return len(
        import_verdicts(run, str(path), read_review_file(path), lambda task, question, answer: "")
    )


def sheet(run: Run, rows: Sequence[dict[str, str]]) -> Path:
    """A filled sheet as a spreadsheet writes it."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS)
    writer.writeheader()
    writer.writerows(rows)
    path = run.folder / "filled.csv"
    path.write_text(text.getvalue(), encoding="utf-8", newline="")
    return path


def judge(run: Run, **cells: str) -> int:
    """Fill in the first row of a fresh sheet and import it; returns how many verdicts were read."""
    first, *others = exported(run)
    return import_csv(run, sheet(run, [first | cells, *others]))


def refused(run: Run, **cells: str) -> str:
    told = mistake(lambda: judge(run, **cells))
    assert not run.has(VERDICTS_FILE)
    return told.removeprefix(f"{run.folder / 'filled.csv'}: ")


def test_a_row_holds_question_answer_evidence_and_excerpt(run: Run) -> None:
    first = exported(run)[0]
    assert first == {
        "id": "e1",
        "document": "depot.md",
        "question": QUESTION,
        "answer": "within 14 days",
        "evidence": WASHED,
        "excerpt": WASHING,
        "verdict": "",
        "kind": "",
        "reason": "",
        "fixed_answer": "",
        "reviewer": "",
    }


@pytest.mark.parametrize("awkward", AWKWARD)
def test_an_awkward_answer_comes_back_as_it_was(tmp_path: Path, awkward: str) -> None:
    run = run_of(tmp_path, example(response=awkward))
    judge(run, verdict="accept", reviewer="Ada")
    known = ExpertVerdict(
        id="e1", judged=example(response=awkward).response_digest, verdict="accept", reviewer="Ada"
    )
    assert read_expert_verdicts(run) == [known]


@LAW
@given(st.text(st.characters(codec="utf-8", exclude_characters="\0")))
def test_any_answer_comes_back_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, answer: str
) -> None:
    run = run_of(tmp_path_factory.mktemp("run"), example(response=answer))
    assert judge(run, verdict="accept") == 1


@pytest.mark.parametrize("awkward", AWKWARD)
def test_no_cell_is_a_formula(tmp_path: Path, awkward: str) -> None:
    found = exported(run_of(tmp_path, example(instruction=awkward, response=awkward)))[0]
    assert [
        cell for cell in found.values() if cell.startswith(("=", "+", "-", "@", "\t", "\r"))
    ] == []


def test_an_awkward_correction_comes_back_as_it_was_typed(run: Run) -> None:
    judge(run, verdict="Fix", fixed_answer='within "14" days,\nnot 15 🚋', reason=" one, two ")
    assert [(v.verdict, v.fixed, v.reason) for v in read_expert_verdicts(run)] == [
        ("fix", 'within "14" days,\nnot 15 🚋', "one, two")
    ]


def test_rows_without_a_verdict_are_ignored(run: Run) -> None:
    assert (judge(run, reason="unsure", verdict="  "), read_expert_verdicts(run)) == (0, [])


def test_a_verdict_is_counted(run: Run) -> None:
    assert judge(run, verdict="reject", reason="Nobody asks that.") == 1


def test_a_second_import_keeps_what_the_first_said_of_others(run: Run) -> None:
    rows = exported(run)
    import_csv(run, sheet(run, [rows[0] | {"verdict": "accept"}]))
    import_csv(run, sheet(run, [rows[1] | {"verdict": "reject"}]))
    assert [(v.id, v.verdict) for v in read_expert_verdicts(run)] == [
        ("e1", "accept"),
        ("e2", "reject"),
    ]


def test_of_two_verdicts_on_one_answer_the_later_counts(run: Run) -> None:
    judge(run, verdict="reject")
    judge(run, verdict="accept")
    assert [(v.id, v.verdict) for v in read_expert_verdicts(run)] == [("e1", "accept")]


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        ({"verdict": "maybe"}, 'row 2: verdict "maybe", must be accept, reject, fix or empty'),
        ({"verdict": "accept", "id": "e9"}, "row 2: id e9 is not an example of this run"),
        (
            {"verdict": "fix"},
            "row 2: fixed_answer must be filled in exactly where the verdict is fix",
        ),
        (
            {"verdict": "accept", "fixed_answer": "15"},
            "row 2: fixed_answer must be filled in exactly where the verdict is fix",
        ),
        (
            {"verdict": "accept", "answer": "15 days"},
            "row 2: the answer is not the one that was exported; put a corrected one under fixed_answer, verdict fix",
        ),
    ],
)
def test_a_broken_row_is_refused_with_its_line_and_nothing_is_applied(
    run: Run, cells: dict[str, str], told: str
) -> None:
    assert refused(run, **cells) == told


def test_one_broken_row_is_named_and_the_others_are_applied(run: Run) -> None:
    rows = exported(run)
    path = sheet(run, [rows[0] | {"verdict": "accept"}, rows[1] | {"verdict": "perhaps"}])
    found = check_rows(run, read_review_file(path), lambda *_: "")
    assert found.faults == (("row 3", 'verdict "perhaps", must be accept, reject, fix or empty'),)
    assert [
        v.id for v in import_verdicts(run, str(path), read_review_file(path), lambda *_: "")
    ] == ["e1"]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "column id is missing; keep the columns that were exported"),
        (
            b"id;answer\r\ne1;accept\r\n",
            "column verdict is missing; keep the columns that were exported",
        ),
        (b"\xff\xfe\x00", "can't be read as UTF-16; give the exported sheet, filled in, as CSV"),
        (
            (",".join(COLUMNS) + '\r\ne1,d,q,a,e,x,accept,,"open').encode(),
            "line 2 is not CSV (unexpected end of data); give the exported sheet, filled in, as CSV",
        ),
        (
            (
                ",".join(COLUMNS) + "\r\ne1,d,q,within 14 days,e,x,reject,,wrong, and long,,Ada\r\n"
            ).encode(),
            "row 2: has more cells than there are columns; put a text with a comma in quotation marks",
        ),
    ],
)
def test_a_broken_file_is_refused(run: Run, content: bytes, told: str) -> None:
    path = run.folder / "filled.csv"
    path.write_bytes(content)
    assert (mistake(lambda: import_csv(run, path)), run.has(VERDICTS_FILE)) == (
        f"{path}: {told}",
        False,
    )


def test_a_sheet_that_is_not_there_is_refused(run: Run) -> None:
    path = run.folder / "none.csv"
    assert (
        mistake(lambda: import_csv(run, path))
        == f"{path}: is missing; give a file that `docstill review export` wrote, filled in"
    )


def expert(example: Example) -> Verdict | None:
    return next((v for v in example.verdicts if v.filter == "expert"), None)


def test_an_accepted_example_carries_the_experts_verdict(run: Run) -> None:
    judge(run, verdict="accept")
    found = expert_filter(run, TASKS)(example())
    assert (found.rejection, expert(found)) == (
        None,
        Verdict(filter="expert", passed=True, judged=example().response_digest),
    )


@pytest.mark.parametrize(
    ("given", "reason"),
    [("Nobody asks.", "Nobody asks."), ("", "The expert rejected it without a reason.")],
)
def test_a_rejected_example_is_rejected_with_the_experts_reason(
    run: Run, given: str, reason: str
) -> None:
    judge(run, verdict="reject", reason=given)
    found = expert_filter(run, TASKS)(example())
    assert found.rejection == Verdict(
        filter="expert", passed=False, reason=reason, judged=example().response_digest
    )


def test_a_fixed_answer_replaces_the_old_one_and_is_proven(run: Run) -> None:
    judge(run, verdict="fix", fixed_answer="14 days")
    found = expert_filter(run, TASKS)(example())
    assert (found.response, found.rejection) == ("14 days", None)
    assert [(v.filter, v.judged) for v in found.verdicts] == [
        (n, found.response_digest) for n in ("expert", "grounding")
    ]


def test_a_fixed_answer_that_the_document_does_not_say_is_rejected(run: Run) -> None:
    judge(run, verdict="fix", fixed_answer="15 days")
    found = expert_filter(run, TASKS)(example()).rejection
    assert (
        found and found.reason
    ) == f'The answer says "15 days", but its evidence does not ("{WASHED}").'


def test_a_verdict_on_another_answer_than_the_one_read_changes_nothing(run: Run) -> None:
    judge(run, verdict="reject")
    other = example(response="14 days at most")
    assert expert_filter(run, TASKS)(other) == other


def test_a_verdict_on_another_example_changes_nothing(run: Run) -> None:
    judge(run, verdict="reject")
    assert expert_filter(run, TASKS)(example(id="e2")) == example(id="e2")


def test_an_example_that_is_rejected_already_stays_so(run: Run) -> None:
    judge(run, verdict="accept")
    rejected = example().judged(
        Verdict(filter="schema", passed=False, reason="The answer is empty.")
    )
    assert expert_filter(run, TASKS)(rejected) == rejected


@pytest.mark.parametrize(("verdict", "kept"), [("accept", True), ("reject", False)])
def test_a_fixed_answer_that_is_read_again_stays_fixed(run: Run, verdict: str, kept: bool) -> None:
    judge(run, verdict="fix", fixed_answer="14 days")
    run.write_lines("kept.jsonl", [example_line(expert_filter(run, TASKS)(example()))])
    judge(run, verdict=verdict, reason="" if kept else "Too short.")
    found = expert_filter(run, TASKS)(example())
    assert (found.response, found.rejection is None) == ("14 days", kept)


def by(reviewer: str, verdict: str, **more: str) -> ExpertVerdict:
    return ExpertVerdict.model_validate(
        {"id": "e1", "judged": "d", "verdict": verdict, "reviewer": reviewer, **more}
    )


@pytest.mark.parametrize(
    ("said", "verdict"),
    [
        ((by("a", "accept"), by("b", "accept"), by("c", "reject")), "accept"),
        ((by("a", "accept"), by("b", "fix", fixed="x")), "fix"),
        ((by("a", "reject"), by("b", "reject"), by("c", "fix", fixed="x")), "reject"),
    ],
)
def test_of_several_reviewers_most_are_followed(
    said: tuple[ExpertVerdict, ...], verdict: str
) -> None:
    assert majority_verdict(said).verdict == majority_verdict(said[::-1]).verdict == verdict


def test_what_the_reviewers_are_divided_on_is_rejected() -> None:
    found = majority_verdict([by("a", "accept"), by("b", "reject", kind="wrong")])
    assert (found.verdict, found.why) == ("reject", "The experts are divided: The answer is wrong.")


def test_two_reviewers_verdicts_on_one_answer_both_stay(run: Run) -> None:
    judge(run, verdict="accept", reviewer="Ada")
    judge(run, verdict="reject", reviewer="Ben", kind="unclear")
    assert [(v.reviewer, v.verdict) for v in read_expert_verdicts(run)] == [
        ("Ada", "accept"),
        ("Ben", "reject"),
    ]


def test_a_correction_that_its_task_can_not_have_is_refused_by_name(run: Run) -> None:
    path = sheet(run, [exported(run)[0] | {"verdict": "fix", "fixed_answer": "x"}])
    told = mistake(
        lambda: import_verdicts(
            run,
            "f",
            read_review_file(path),
            lambda task, question, answer: f"{task} {answer} is no label.",
        )
    )
    assert told == "f: row 2: the corrected answer can't be one: qa x is no label."


def test_every_faulty_row_is_named_at_once(run: Run) -> None:
    rows = exported(run)
    path = sheet(
        run,
        [rows[0] | {"verdict": "maybe"}, rows[1] | {"verdict": "reject", "kind": "odd"}, rows[2]],
    )
    told = mistake(lambda: import_csv(run, path)).split("\n")
    assert told[0].endswith("2 places can't be applied:")
    assert [line.strip().partition(":")[0] for line in told[1:]] == ["row 2", "row 3"]
    assert not run.has(VERDICTS_FILE)


def test_the_page_stands_beside_the_document_where_there_are_pages(tmp_path: Path) -> None:
    run = run_of(tmp_path, example(), example(id="e2", chunk=chunk(page=7)))
    assert [row["document"] for row in exported(run)] == ["depot.md", "depot.md, page 7"]
