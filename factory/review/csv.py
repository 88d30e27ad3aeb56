"""Review as CSV: write a sheet that includes the evidence, and read what was filled in."""

import codecs
import csv
import io
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from factory.core.errors import UserMistake
from factory.core.run_folder import Run
from factory.documents.formats.encoding import bom_encoding
from factory.review.cards import ReviewCard, ReviewDeck
from factory.review.cell_values import CellValue
from factory.review.importer import FilledRow, read_review_bytes
from factory.review.lookup import shown_id
from factory.review.sheet_rows import filled_rows, has_columns
from factory.review.workbook_reader import SheetRow, cell_fault

COLUMNS = (
    "id",
    "document",
    "question",
    "answer",
    "evidence",
    "excerpt",
    "verdict",
    "kind",
    "reason",
    "fixed_answer",
    "reviewer",
)
# A spreadsheet takes a cell that begins with one of these for a formula.
FORMULA_STARTS = (
    "=",
    "+",
    "-",
    "@",
    "\t",
    "\r",
    "\n",
    "＝",
    "＋",
    "－",
    "＠",
)
DELIMITERS = (",", ";", "\t", "|")  # Excel writes its country's list separator
# Tried if a file is not UTF-8, the likeliest first.
ENCODINGS = (
    "cp1252",
    "mac_roman",
    "cp1250",
    "cp1251",
    "cp850",
    "cp932",
    "gb18030",
)
CSV_ADVICE = "give the exported sheet, filled in, as CSV"
_MARKED = re.compile(r"\d[\d.,:/ %€$-]*")
_LOST = re.compile(r"\?[\w?]|\w\?\w")  # written in place of a character that the encoding lacks
_ROUNDED = re.compile(r"-?\d[.,]\d+E[+-]\d+")
_MONTH = r"(?:jan|feb|m[aä]r|mrz|apr|ma[yi]|jun|jul|aug|sep|o[ck]t|nov|de[cz])"
_MADE = re.compile(rf"\d{{1,2}}(?:-|\. ){_MONTH}|{_MONTH}[- ]\d{{2}}", re.IGNORECASE)


def export_review_csv(run: Run, deck: ReviewDeck) -> Path:
    """Write RUN/review/review.csv with one example per row.

    The columns verdict, kind, reason, fixed_answer and reviewer are left empty for the expert.
    """
    sheet = io.StringIO()
    writer = csv.writer(sheet)
    writer.writerow(COLUMNS)
    for card in deck.cards:
        writer.writerow([escape_formula(cell) for cell in card_cells(card)])
    # With a byte order mark Excel reads UTF-8.
    run.write("review/review.csv", "\ufeff" + sheet.getvalue())
    return run.folder / "review" / "review.csv"


def card_cells(card: ReviewCard) -> list[str]:
    """Return the cells of a row in the order of COLUMNS, with the expert's cells empty."""
    document = f"{card.document}, page {card.page}" if card.page else card.document
    evidence = " … ".join([*(card.chunk[start:end] for start, end in card.marks), *card.missing])
    return [
        shown_id(card.id),
        document,
        card.instruction,
        card.response,
        evidence,
        card.chunk,
        "",
        "",
        "",
        "",
        "",
    ]


def escape_formula(cell: str) -> str:
    return "'" + cell if cell.lstrip("'").startswith(FORMULA_STARTS) else cell


def unescape_formula(cell: str) -> str:
    """Remove the apostrophe that keeps a spreadsheet from calculating or counting a text."""
    marks = cell.startswith("'") and (
        cell.lstrip("'").startswith(FORMULA_STARTS) or _MARKED.fullmatch(cell[1:])
    )
    return cell[1:] if marks else cell


def read_review_csv(file: Path, known: Iterable[str] = ()) -> list[FilledRow]:
    """Read every filled-in row. `known` are exported texts, which help to recognize an unnamed
    encoding.

    Raises UserMistake if the file is not a sheet.
    """
    text, guessed = _decoded(file, known)
    filled = filled_rows(file, _rows(file, text))
    return list(_with_encoding_notes(filled, guessed)) if guessed else filled


def _with_encoding_notes(filled: Iterable[FilledRow], guessed: str) -> Iterator[FilledRow]:
    """Note an encoding other than UTF-8 once, and refuse a correction that may have lost characters
    to it.
    """
    said = False
    for one in filled:
        if _LOST.search(one.fixed):
            yield one._replace(
                fault="fixed_answer may have lost characters (?) in this encoding; "
                "save the file as CSV UTF-8"
            )
        elif said or (one.fixed + one.reason + one.reviewer).isascii():
            yield one
        else:
            said = True
            yield one._replace(
                note=f"the file names no encoding and was read as {guessed}; "
                "save it as CSV UTF-8 if that is wrong"
            )


def _decoded(file: Path, known: Iterable[str]) -> tuple[str, str]:
    """Return the text, and the name of the encoding if it had to be guessed."""
    raw = read_review_bytes(file, CSV_ADVICE)
    encoding = bom_encoding(raw) or _utf_16(raw) or "utf-8"
    try:
        text, guessed = raw.decode(encoding), ""
    except UnicodeDecodeError as error:
        if encoding != "utf-8":
            raise UserMistake(
                f"{file}: can't be read as {encoding.upper()}; {CSV_ADVICE}"
            ) from error
        text, guessed = _guess_encoding(raw, known)
    if "\0" in text:
        raise UserMistake(f"{file}: is a binary file, not CSV; {CSV_ADVICE}")
    return text, guessed


def _utf_16(raw: bytes) -> str:
    """Recognize UTF-16 without a byte order mark: every other byte of mostly ASCII text is zero."""
    even, odd = raw[:2000:2].count(0), raw[1:2000:2].count(0)
    few = len(raw[:2000]) // 5
    return "utf-16-le" if odd > few > even else "utf-16-be" if even > few > odd else ""


def _guess_encoding(raw: bytes, known: Iterable[str]) -> tuple[str, str]:
    """Choose the encoding that yields the most words of the exported texts, or else the likeliest
    one.
    """
    words = {word for text in known for word in _words(text)}
    texts = {name: text for name in ENCODINGS if (text := _decode(raw, name)) is not None}
    if not texts:
        return codecs.decode(raw, "latin-1"), "latin-1"
    # A tie goes to the first.
    best = max(texts, key=lambda name: sum(word in words for word in _words(texts[name])))
    return texts[best], best


def _decode(raw: bytes, encoding: str) -> str | None:
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError:
        return None


def _words(text: str) -> Iterator[str]:
    return (word for word in re.findall(r"[^\s,;\"]+", text) if not word.isascii())


def _rows(file: Path, text: str) -> list[SheetRow]:
    """Split rows with the delimiter that finds the columns. Raises UserMistake."""
    # In this line Excel names the delimiter.
    named = re.match(r"\"?sep=(.)\"?[^\r\n]*\r?\n", text, re.IGNORECASE)
    delimiters = (named[1], *DELIMITERS) if named else DELIMITERS
    body, before = (text[named.end() :], 1) if named else (text, 0)
    widest: tuple[list[SheetRow], str] = ([], "")
    for delimiter in delimiters:
        rows, fault = _parsed(body, delimiter, before)
        if has_columns(rows):
            break
        widest = max(widest, (rows, fault), key=lambda one: len(one[0][0][1]) if one[0] else 0)
    else:
        rows, fault = widest
    if fault:
        raise UserMistake(f"{file}: {fault}; {CSV_ADVICE}")
    return rows


def _parsed(text: str, delimiter: str, before: int) -> tuple[list[SheetRow], str]:
    """Number the rows as a spreadsheet does (an excerpt spans many lines of the file), and report
    invalid CSV.
    """
    csv.field_size_limit(max(csv.field_size_limit(), len(text)))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[SheetRow] = []
    try:
        for number, row in enumerate(reader, 1 + before):
            rows.append((number, [_cell(one) for one in row]))
    except csv.Error as error:
        return rows, f"line {reader.line_num + before} is not CSV ({error})"
    return rows, ""


def _cell(text: str) -> CellValue:
    told = unescape_formula(text)
    if _ROUNDED.fullmatch(told.strip()):
        return CellValue(
            told,
            fault=f"holds {told.strip()}, a number that the spreadsheet has rounded; "
            "type it again, as text",
        )
    if _MADE.fullmatch(told.strip()):
        return CellValue(
            told,
            fault=f"holds {told.strip()}, a date that the spreadsheet made of what was typed; "
            "type it again, in the workbook",
        )
    return CellValue(told, fault=cell_fault(told))
