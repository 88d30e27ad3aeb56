"""The spot-check as CSV: a sheet with the evidence in it, and its verdicts back."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from factory.errors import UserMistake
from factory.records import digest
from factory.review import FILE, ExpertVerdict, expert_verdicts
from factory.run import Run

COLUMNS = (
    "id",
    "document",
    "question",
    "answer",
    "evidence",
    "excerpt",
    "verdict",
    "reason",
    "fixed_answer",
    "reviewer",
)
VERDICTS = ("accept", "reject", "fix")
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # a cell that begins so is a formula to a spreadsheet


def export_csv(run: Run, lines: Sequence[dict[str, object]]) -> Path:
    """RUN/review/review.csv: one kept example a row; verdict, reason, fixed_answer and reviewer are for the expert."""
    sheet = io.StringIO()
    writer = csv.writer(sheet)
    writer.writerow(COLUMNS)
    for line in lines:
        writer.writerow([_safe(cell) for cell in _row(run, line)])
    run.write("review/review.csv", "\ufeff" + sheet.getvalue())  # with the mark, Excel reads UTF-8
    return run.folder / "review" / "review.csv"


def _row(run: Run, line: dict[str, object]) -> list[str]:
    document, chunk, spans = line["document"], line["chunk"], line["spans"]
    if not (isinstance(document, dict) and isinstance(chunk, dict) and isinstance(spans, list)):
        raise UserMistake(f"{run.folder}/kept.jsonl: example {line['id']} is not of this version, run `docstill make` again")
    excerpt = run.document(document["digest"])[chunk["start"] : chunk["end"]]
    evidence = " … ".join(str(s["text"]) for s in spans)
    return [
        str(line["id"]),
        f"{document['name']}, page {chunk['page']}" if "page" in chunk else document["name"],
        str(line["instruction"]),
        str(line["response"]),
        evidence,
        excerpt,
        "",
        "",
        "",
        "",
    ]


def _safe(cell: str) -> str:
    return "'" + cell if cell.lstrip("'").startswith(FORMULA) else cell


def _plain(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and cell.lstrip("'").startswith(FORMULA) else cell


def import_csv(run: Run, file: Path) -> int:
    """Adds the sheet's verdicts to the run and returns how many; a sheet with a fault is refused whole. Raises UserMistake."""
    kept = {str(line["id"]): str(line["response"]) for line in run.lines("kept.jsonl")}
    known = expert_verdicts(run)
    read = {(id, digest(response)) for id, response in kept.items()} | {(v.id, v.judged) for v in known}
    found = [_verdict(row, f"{file}: row {number}", read) for number, row in _rows(file)]
    given = [v for v in found if v]
    everything = {(v.id, v.judged): v for v in (*known, *given)}
    run.write_lines(FILE, (v.model_dump() for v in everything.values()))
    return len(given)


def _rows(file: Path) -> list[tuple[int, dict[str, str]]]:
    try:
        text = file.read_bytes().decode("utf-8-sig")  # line ends as they are: an answer may hold some
    except (OSError, UnicodeDecodeError) as error:
        raise UserMistake(f"{file}: can't be read, must be the exported sheet as UTF-8 CSV") from error
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        rows = list(enumerate(reader, 2))  # as a spreadsheet counts: an excerpt takes many lines of the file
    except csv.Error as error:
        raise UserMistake(f"{file}: line {reader.reader.line_num} is not CSV ({error})") from error
    if missing := [c for c in COLUMNS if c not in (reader.fieldnames or ())]:
        raise UserMistake(f"{file}: column {missing[0]} is missing, must have the columns that were exported")
    if long := next((number for number, row in rows if None in row), None):
        raise UserMistake(f"{file}: row {long} has more cells than there are columns; put a text that holds a comma in quotation marks")
    return rows


def _verdict(row: dict[str, str], where: str, read: set[tuple[str, str]]) -> ExpertVerdict | None:
    """The verdict of one row, if it gives one; `read` are the ids and digests of all responses that a sheet of this run can hold."""
    said = (row["verdict"] or "").strip().casefold()
    if not said:
        return None
    if said not in VERDICTS:
        raise UserMistake(f'{where}: verdict "{said}", must be accept, reject, fix or empty')
    if row["id"] not in {id for id, _ in read}:
        raise UserMistake(f"{where}: id {row['id']} is not an example of this run")
    judged = digest(_plain(row["answer"] or ""))
    if (row["id"], judged) not in read:
        raise UserMistake(f"{where}: the answer is not the one that was exported; put a corrected one under fixed_answer, verdict fix")
    fixed = _plain((row["fixed_answer"] or "").strip())
    if (said == "fix") != bool(fixed):
        raise UserMistake(f"{where}: fixed_answer must be filled in exactly where the verdict is fix")
    return ExpertVerdict(
        id=row["id"],
        judged=judged,
        verdict=said,
        reason=(row["reason"] or "").strip(),
        fixed=fixed,
        reviewer=(row["reviewer"] or "").strip(),
    )
