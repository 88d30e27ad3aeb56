"""Every home gives back what was said there: 200 examples with all that a cell, a file or a language can get wrong."""

import csv
import io
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from factory.core.errors import UserMistake
from factory.core.records import digest
from factory.core.run_folder import Run, example_line
from factory.review import VERDICTS_FILE, ExpertVerdict, read_expert_verdicts
from factory.review.cards import ReviewCard, ReviewDeck
from factory.review.csv import escape_formula
from factory.review.formats import EXPORTS, read_review_file
from factory.review.importer import check_rows, import_verdicts
from factory.review.sampling import find_candidates
from tests.factory.review.decks import frozen_deck
from tests.factory.review.test_review import RECIPE
from tests.world import document, example

AWKWARD = (
    'the "blue" line, platform 2',
    "first line\nsecond line",
    "trams 🚋 and naïve e\u0301 Ærø",
    "=1+1",
    "-3 degrees",
    "@Ada; +1",
    "'=1+1",
    "'quoted'",
    "a\rb\r\nc",
    "\u2028 between",
    "_x000D_ stays",
    "המוסך נפתח בשש",
    "\u202eright to left\u202c",
    "車庫は六時に開く。",
    "tab\tand \x0b control",
    "<b>bold</b> & </script>",
    '=HYPERLINK("http://x")',
    "007",
    "1e5",
    "TRUE",
)
WANTED = ("accept", "reject", "fix", "")
KIND = ("wrong", "wording", "unclear")


@pytest.fixture
def run(tmp_path: Path) -> Run:
    made = Run(tmp_path / "run")
    made.create()
    made.write_documents([document()])
    answers = [
        f"{AWKWARD[n % len(AWKWARD)]} {n}" if n >= len(AWKWARD) else AWKWARD[n] for n in range(200)
    ]
    made.write_lines(
        "kept.jsonl",
        (example_line(example(id=f"e{n:03}", response=one)) for n, one in enumerate(answers)),
    )
    made.write_lines("rejected.jsonl", [])
    return made


def deck_of(run: Run) -> ReviewDeck:
    return frozen_deck(
        run, RECIPE, find_candidates(run.lines("kept.jsonl"), lambda _: False, 0.6, None)
    )


def said_of(number: int, card: ReviewCard) -> dict[str, str]:
    """What the expert says of a card: in turn accepted, rejected with words, fixed with words, left alone."""
    verdict, words = WANTED[number % 4], AWKWARD[number % len(AWKWARD)].strip()
    kind = KIND[number % 3] if verdict == "reject" else ""
    return {
        "id": card.id,
        "verdict": verdict,
        "kind": kind,
        "reason": words if verdict == "reject" else "",
        "fixed": words if verdict == "fix" else "",
    }


def told(deck: ReviewDeck) -> dict[str, tuple[str, str, str, str]]:
    said = (said_of(number, card) for number, card in enumerate(deck.cards))
    return {
        one["id"]: (one["verdict"], one["kind"], one["reason"], one["fixed"])
        for one in said
        if one["verdict"]
    }


def known(verdicts: Sequence[ExpertVerdict]) -> dict[str, tuple[str, str, str, str]]:
    return {v.id: (v.verdict, v.kind, v.reason, v.fixed) for v in verdicts}


def fill_html(path: Path, deck: ReviewDeck) -> Path:
    """As the page exports it; the page itself is driven in test_page.py."""
    verdicts = [
        {**said_of(n, card), "judged": card.judged, "seconds": 3.5}
        for n, card in enumerate(deck.cards)
    ]
    out = path.parent / "back.json"
    told = {
        "docstill": "review",
        "version": 1,
        "run": deck.run,
        "sample": deck.sample,
        "reviewer": "Ada",
    }
    out.write_text(
        json.dumps({**told, "verdicts": [v for v in verdicts if v["verdict"]]}), encoding="utf-8"
    )
    return out


def fill_csv(path: Path, deck: ReviewDeck) -> Path:
    rows = list(csv.DictReader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")))
    for number, (row, card) in enumerate(zip(rows, deck.cards, strict=True)):
        said = said_of(number, card)
        words = {
            "reason": escape_formula(said["reason"]),
            "fixed_answer": escape_formula(said["fixed"]),
        }  # as they look where they were copied from the sheet
        row.update({"verdict": said["verdict"], "kind": said["kind"], "reviewer": "Ada", **words})
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    out = path.parent / "back.csv"
    out.write_text(text.getvalue(), encoding="utf-8", newline="")
    return out


def fill_xlsx(path: Path, deck: ReviewDeck) -> Path:
    from factory.review.xlsx import _UNWRITABLE

    book = load_workbook(path)
    sheet: Any = book.active
    names = [cell.value for cell in sheet[1]]
    for number, card in enumerate(deck.cards):
        said = said_of(number, card)
        for name, text in (
            ("verdict", said["verdict"]),
            ("kind", said["kind"]),
            ("reason", said["reason"]),
            ("fixed_answer", said["fixed"]),
            ("reviewer", "Ada"),
        ):
            cell = sheet.cell(number + 2, names.index(name) + 1)
            cell.value = (
                _UNWRITABLE.sub(lambda sign: f"_x{ord(sign[0]):04X}_", text) or None
            )  # as Excel writes what is typed
            if text:
                cell.data_type = "s"
    out = path.parent / "back.xlsx"
    book.save(out)
    return out


def fill_label_studio(path: Path, deck: ReviewDeck) -> Path:
    tasks = json.loads((path / "tasks.json").read_text(encoding="utf-8"))
    for number, (task, card) in enumerate(zip(tasks, deck.cards, strict=True)):
        said = said_of(number, card)
        chosen = [
            {
                "from_name": n,
                "to_name": "answer",
                "type": "choices",
                "value": {"choices": [said[n]]},
            }
            for n in ("verdict", "kind")
            if said[n]
        ]
        written = [
            {
                "from_name": name,
                "to_name": "answer",
                "type": "textarea",
                "value": {"text": [said[key]]},
            }
            for name, key in (("reason", "reason"), ("fixed_answer", "fixed"))
            if said[key]
        ]
        task |= {
            "id": number,
            "annotations": [
                {"completed_by": {"email": "Ada"}, "lead_time": 3.5, "result": [*chosen, *written]}
            ],
        }
    out = path.parent / "back.json"
    out.write_text(json.dumps(tasks), encoding="utf-8")
    return out


def fill_argilla(path: Path, deck: ReviewDeck) -> Path:
    records = json.loads((path / "records.json").read_text(encoding="utf-8"))
    for number, (record, card) in enumerate(zip(records, deck.cards, strict=True)):
        said = said_of(number, card)
        named = {
            "verdict": said["verdict"],
            "kind": said["kind"],
            "reason": said["reason"],
            "fixed_answer": said["fixed"],
        }
        record["responses"] = {
            name: [{"value": text, "user_id": "7"}] for name, text in named.items() if text
        }
    out = path.parent / "back.json"
    out.write_text(json.dumps(records), encoding="utf-8")
    return out


FILL: dict[str, Callable[[Path, ReviewDeck], Path]] = {
    "html": fill_html,
    "csv": fill_csv,
    "xlsx": fill_xlsx,
    "label-studio": fill_label_studio,
    "argilla": fill_argilla,
}


def test_every_home_is_filled_in_here() -> None:
    assert FILL.keys() == EXPORTS.keys()


@pytest.mark.parametrize("home", EXPORTS)
def test_200_awkward_verdicts_come_back_from_every_home_as_they_were_given(
    run: Run, home: str
) -> None:
    deck = deck_of(run)
    back = FILL[home](EXPORTS[home](run, deck), deck)
    import_verdicts(run, str(back), read_review_file(back), lambda *_: "")
    assert known(read_expert_verdicts(run)) == told(deck)
    assert {v.judged for v in read_expert_verdicts(run)} <= {card.judged for card in deck.cards}


@pytest.mark.parametrize("home", EXPORTS)
def test_no_home_has_an_answer_changed_unnoticed(run: Run, home: str) -> None:
    deck = deck_of(run)
    back = FILL[home](EXPORTS[home](run, deck), deck)
    changed = next(
        card
        for number, card in enumerate(deck.cards)
        if WANTED[number % 4] == "accept" and card.response == AWKWARD[0]
    )
    if home == "xlsx":
        book = load_workbook(back)
        sheet: Any = book.active
        cell = next(cell for row in sheet for cell in row if cell.value == changed.response)
        cell.value = "another answer"
        book.save(back)
    elif home == "html":
        back.write_text(
            back.read_text(encoding="utf-8").replace(changed.judged, digest("another answer")),
            encoding="utf-8",
        )
    else:
        text, old = back.read_text(encoding="utf-8"), changed.response
        for way in (json.dumps(old), '"' + old.replace('"', '""') + '"'):
            text = text.replace(way, '"another answer"')
        back.write_text(text, encoding="utf-8", newline="")
    found = check_rows(run, read_review_file(back), lambda *_: "")
    assert [fault.why.partition(";")[0] for fault in found.faults] == [
        "the answer is not the one that was exported"
    ]
    assert {v.id for v in found.verdicts} == told(deck).keys() - {changed.id}


def test_a_workbook_is_locked_but_for_what_is_filled_in_and_offers_its_choices(run: Run) -> None:
    sheet: Any = load_workbook(EXPORTS["xlsx"](run, deck_of(run))).active
    names = [cell.value for cell in sheet[1]]
    assert sheet.protection.sheet
    assert [n for n, cell in zip(names, sheet[2], strict=True) if not cell.protection.locked] == [
        "verdict",
        "kind",
        "reason",
        "fixed_answer",
        "reviewer",
    ]
    lists = [one.formula1 for one in sheet.data_validations.dataValidation]
    assert lists == [
        '"accept,reject,fix"',
        '"wrong,not_in_source,unclear,wrong_label,wording,other"',
    ]
    assert [cell.coordinate for row in sheet for cell in row if cell.data_type == "f"] == []


PAGE: dict[str, Any] = {
    "docstill": "review",
    "version": 1,
    "run": "run",
    "sample": "s",
    "reviewer": "Ada",
    "verdicts": [],
}
GOOD = {"id": "e000", "judged": digest(AWKWARD[0]), "verdict": "accept"}
TASK = {
    "data": {"id": "e000", "judged": GOOD["judged"], "answer": AWKWARD[0]},
    "annotations": [{"result": [{"from_name": "verdict", "value": {"choices": ["accept"]}}]}],
}
RECORD = {
    "id": "e000",
    "fields": {"answer": AWKWARD[0]},
    "metadata": {"judged": GOOD["judged"]},
    "responses": {"verdict": [{"value": "accept"}]},
}
HEAD = "id,document,question,answer,evidence,excerpt,verdict,kind,reason,fixed_answer,reviewer\r\n"
CELL = '"the ""blue"" line, platform 2"'


def page(**changes: object) -> str:
    return json.dumps({**PAGE, "verdicts": [{**GOOD, **changes}]})


def row(
    answer: str = CELL, verdict: str = "accept", kind: str = "", fixed: str = "", id: str = "e000"
) -> str:
    return f"{HEAD}{id},d,q,{answer},e,x,{verdict},{kind},,{fixed},Ada\r\n"


BROKEN: tuple[tuple[str, str | bytes, str], ...] = (
    (
        "a.json",
        b"\xff\xfe",
        "is not JSON (Expecting value); give a file that `docstill review export` wrote, filled in",
    ),
    ("a.json", "", "is not JSON (Expecting value)"),
    ("a.json", '{"docstill": "review"', "is not JSON (Expecting ',' delimiter)"),
    ("a.json", "3", "must be as the page has exported it"),
    ("a.json", "{}", "docstill: Field required; must be as the page has exported it"),
    (
        "a.json",
        json.dumps({**PAGE, "docstill": "comparison"}),
        "docstill: Input should be 'review'",
    ),
    ("a.json", json.dumps({**PAGE, "version": 2}), "version: Input should be 1"),
    (
        "a.json",
        json.dumps({**PAGE, "reviewer": ""}),
        "reviewer: String should have at least 1 character",
    ),
    ("a.json", json.dumps({**PAGE, "extra": 1}), "extra: Extra inputs are not permitted"),
    ("a.json", page(id="nobody"), "verdict 1: id nobody is not an example of this run"),
    (
        "a.json",
        page(id=7),
        "verdict 1: id: input should be a valid string; must be as the page has exported it",
    ),
    (
        "a.json",
        page(verdict="maybe"),
        'verdict 1: verdict "maybe", must be accept, reject, fix or empty',
    ),
    ("a.json", page(judged="0" * 16), "verdict 1: the answer is not the one that was exported"),
    ("a.json", page(verdict="reject", kind="odd"), 'verdict 1: kind "odd", must be one of'),
    (
        "a.json",
        page(verdict="fix"),
        "verdict 1: fixed_answer must be filled in exactly where the verdict is fix",
    ),
    (
        "a.json",
        page(fixed="x"),
        "verdict 1: fixed_answer must be filled in exactly where the verdict is fix",
    ),
    ("a.json", page(seconds=-1), "verdict 1: seconds: input should be greater than or equal to 0"),
    ("a.json", "[3]", "must be Label Studio's export as JSON"),
    (
        "a.json",
        json.dumps([{**TASK, "annotations": 3}]),
        "0.annotations: Input should be a valid list",
    ),
    ("a.json", json.dumps([{**TASK, "data": {"id": "e000"}}]), "0.data.judged: Field required"),
    (
        "a.json",
        json.dumps([{**TASK, "data": {**TASK["data"], "answer": "else"}}]),  # type: ignore[dict-item]
        "task 1: the answer is not the one that was exported",
    ),
    (
        "a.json",
        json.dumps([{**RECORD, "metadata": {}, "fields": {"answer": "else"}}]),
        "record 1: the answer is not the one that was exported",
    ),
    (
        "a.json",
        json.dumps([{**RECORD, "responses": {"verdict": "accept"}}]),
        "0.responses.verdict: Input should be a valid list",
    ),
    (
        "a.csv",
        b"\xff\xfe\x00",
        "can't be read as UTF-16; give the exported sheet, filled in, as CSV",
    ),
    ("a.csv", "id;answer\r\ne1;accept\r\n", "column verdict is missing"),
    ("a.csv", row(answer='"open'), "is not CSV"),
    ("a.csv", row(answer="a,b"), "row 2: has more cells than there are columns"),
    ("a.csv", row(answer="another"), "row 2: the answer is not the one that was exported"),
    (
        "a.csv",
        row(verdict="perhaps"),
        'row 2: verdict "perhaps", must be accept, reject, fix or empty',
    ),
    ("a.csv", row(id="e999"), "row 2: id e999 is not an example of this run"),
    (
        "a.xlsx",
        b"PK\x03\x04 no workbook",
        "can't be read: it is a broken XLSX file; open it and save it again (File is not a zip file)",
    ),
    ("a.xlsx", "", "can't be read: it is empty; give the exported workbook, filled in, as .xlsx"),
    ("a.pdf", "x", ".pdf files can't be read; save the workbook itself as .xlsx"),
    (
        "a.doc",
        "x",
        "is not a completed review file; give a file that `docstill review export` wrote, filled in",
    ),
)


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    BROKEN,
    ids=[f"{n} {name}" for n, (name, _, _) in enumerate(BROKEN)],
)
def test_a_broken_file_is_refused_by_one_sentence_and_the_run_stays_as_it_was(
    run: Run, name: str, content: str | bytes, sentence: str
) -> None:
    deck_of(run)
    run.write_lines(
        VERDICTS_FILE, [{"id": "e001", "judged": digest(AWKWARD[1]), "verdict": "accept"}]
    )
    before = {path: path.read_bytes() for path in run.folder.rglob("*") if path.is_file()}
    path = run.folder.parent / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(UserMistake) as raised:
        import_verdicts(run, str(path), read_review_file(path), lambda *_: "")
    assert str(raised.value).startswith(str(path))
    assert sentence in str(raised.value)
    assert {path: path.read_bytes() for path in run.folder.rglob("*") if path.is_file()} == before


def test_what_is_right_in_those_files_is_taken_in(run: Run) -> None:
    deck_of(run)
    for name, content in (
        ("a.json", page()),
        ("a.json", json.dumps([TASK])),
        ("a.json", json.dumps([RECORD])),
        ("a.csv", row()),
    ):
        path = run.folder.parent / name
        path.write_text(content, encoding="utf-8", newline="")
        assert [
            v.verdict
            for v in import_verdicts(run, str(path), read_review_file(path), lambda *_: "")
        ] == ["accept"]
