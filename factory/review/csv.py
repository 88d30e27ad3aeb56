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
        document["name"],
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
    return "'" + cell if cell.startswith(FORMULA) else cell


def _plain(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(FORMULA) else cell


def import_csv(run: Run, file: Path) -> int:
    """Adds the sheet's verdicts to the run and returns how many; a sheet with a fault is refused whole. Raises UserMistake."""
    kept = {str(line["id"]): str(line["response"]) for line in run.lines("kept.jsonl")}
    known = expert_verdicts(run)
    found = [_verdict(row, number, file, kept, known) for number, row in _rows(file)]
    given = [v for v in found if v]
    everything = known | {v.id: v for v in given}
    run.write_lines(FILE, (v.model_dump() for v in everything.values()))
    return len(given)


def _rows(file: Path) -> list[tuple[int, dict[str, str]]]:
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UserMistake(f"{file}: can't be read, must be the exported sheet as UTF-8 CSV") from error
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        rows = [(reader.line_num, row) for row in reader]
    except csv.Error as error:
        raise UserMistake(f"{file}: line {reader.line_num} is not CSV ({error})") from error
    if missing := [c for c in COLUMNS if c not in (reader.fieldnames or ())]:
        raise UserMistake(f"{file}: column {missing[0]} is missing, must have the columns that were exported")
    return rows


def _verdict(row: dict[str, str], number: int, file: Path, kept: dict[str, str], known: dict[str, ExpertVerdict]) -> ExpertVerdict | None:
    said = (row["verdict"] or "").strip().casefold()
    if not said:
        return None
    where = f"{file}: line {number}"
    if said not in VERDICTS:
        raise UserMistake(f'{where}: verdict "{said}", must be accept, reject, fix or empty')
    if row["id"] not in kept and row["id"] not in known:
        raise UserMistake(f"{where}: id {row['id']} is not an example of this run")
    answer = _plain(row["answer"] or "")
    if row["id"] in kept and row["id"] not in known and answer != kept[row["id"]]:
        raise UserMistake(f"{where}: the answer is not the one that was exported; put a corrected one under fixed_answer, verdict fix")
    fixed = _plain((row["fixed_answer"] or "").strip())
    if (said == "fix") != bool(fixed):
        raise UserMistake(f"{where}: fixed_answer must be filled in exactly where the verdict is fix")
    told = {name: (row[name] or "").strip() for name in ("reason", "reviewer")}
    return ExpertVerdict.model_validate({"id": row["id"], "judged": digest(answer), "verdict": said, "fixed": fixed, **told})
