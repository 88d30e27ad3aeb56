"""The review as CSV: a sheet with the evidence in it, and what was filled in."""

import codecs
import csv
import io
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from factory.core.errors import UserMistake
from factory.core.run_folder import Run
from factory.documents.formats.encoding import marked
from factory.review.cards import Card, Deck
from factory.review.cell_values import Cell
from factory.review.importer import Filled, bytes_of
from factory.review.lookup import shown_id
from factory.review.sheet_rows import filled_rows, has_columns
from factory.review.workbook_reader import Row, faulty

COLUMNS = ("id", "document", "question", "answer", "evidence", "excerpt", "verdict", "kind", "reason", "fixed_answer", "reviewer")
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # a cell that begins so is a formula to a spreadsheet
DELIMITERS = (",", ";", "\t", "|")  # Excel writes the list separator of its country
ENCODINGS = ("cp1252", "mac_roman", "cp1250", "cp1251", "cp850", "cp932", "gb18030")  # of what is not UTF-8, the likeliest first
MUST = "give the exported sheet, filled in, as CSV"
_MARKED = re.compile(r"\d[\d.,:/ %€$-]*")
_LOST = re.compile(r"\?[\w?]|\w\?\w")  # what an encoding writes for a character that it lacks
_ROUNDED = re.compile(r"-?\d[.,]\d+E[+-]\d+")
_MONTH = r"(?:jan|feb|m[aä]r|mrz|apr|ma[yi]|jun|jul|aug|sep|o[ck]t|nov|de[cz])"
_MADE = re.compile(rf"\d{{1,2}}(?:-|\. ){_MONTH}|{_MONTH}[- ]\d{{2}}", re.IGNORECASE)


def export_csv(run: Run, deck: Deck) -> Path:
    """RUN/review/review.csv: one example a row; verdict, kind, reason, fixed_answer and reviewer are for the expert."""
    sheet = io.StringIO()
    writer = csv.writer(sheet)
    writer.writerow(COLUMNS)
    for card in deck.cards:
        writer.writerow([safe(cell) for cell in cells(card)])
    run.write("review/review.csv", "\ufeff" + sheet.getvalue())  # with the mark, Excel reads UTF-8
    return run.folder / "review" / "review.csv"


def cells(card: Card) -> list[str]:
    """A row, in the order of COLUMNS; what the expert fills in is empty."""
    document = f"{card.document}, page {card.page}" if card.page else card.document
    evidence = " … ".join([*(card.chunk[start:end] for start, end in card.marks), *card.missing])
    return [shown_id(card.id), document, card.instruction, card.response, evidence, card.chunk, "", "", "", "", ""]


def safe(cell: str) -> str:
    return "'" + cell if cell.lstrip("'").startswith(FORMULA) else cell


def plain(cell: str) -> str:
    """Without the apostrophe that marks a text which a spreadsheet would calculate or count."""
    marks = cell.startswith("'") and (cell.lstrip("'").startswith(FORMULA) or _MARKED.fullmatch(cell[1:]))
    return cell[1:] if marks else cell


def read_csv(file: Path, known: Iterable[str] = ()) -> list[Filled]:
    """Every row of a sheet that says something. `known`: texts that were exported, by which an unnamed encoding is recognized.

    Raises UserMistake where it is no sheet.
    """
    text, guessed = _decoded(file, known)
    filled = filled_rows(file, _rows(file, text))
    return list(_told(filled, guessed)) if guessed else filled


def _told(filled: Iterable[Filled], guessed: str) -> Iterator[Filled]:
    """An encoding other than UTF-8 is said once; where a correction may have lost characters to it, the row can't be applied."""
    said = False
    for one in filled:
        if _LOST.search(one.fixed):
            yield one._replace(fault="fixed_answer may have lost characters (?) in this encoding; save the file as CSV UTF-8")
        elif said or (one.fixed + one.reason + one.reviewer).isascii():
            yield one
        else:
            said = True
            yield one._replace(note=f"the file names no encoding, read as {guessed}; save it as CSV UTF-8 where that is wrong")


def _decoded(file: Path, known: Iterable[str]) -> tuple[str, str]:
    """The text, and the encoding where it had to be guessed."""
    raw = bytes_of(file, MUST)
    encoding = marked(raw) or _wide(raw) or "utf-8"
    try:
        text, guessed = raw.decode(encoding), ""
    except UnicodeDecodeError as error:
        if encoding != "utf-8":
            raise UserMistake(f"{file}: can't be read as {encoding.upper()}; {MUST}") from error
        text, guessed = _guessed(raw, known)
    if "\0" in text:
        raise UserMistake(f"{file}: is a binary file, not CSV; {MUST}")
    return text, guessed


def _wide(raw: bytes) -> str:
    """UTF-16 without a mark: every other byte of what is mostly ASCII is zero."""
    even, odd = raw[:2000:2].count(0), raw[1:2000:2].count(0)
    few = len(raw[:2000]) // 5
    return "utf-16-le" if odd > few > even else "utf-16-be" if even > few > odd else ""


def _guessed(raw: bytes, known: Iterable[str]) -> tuple[str, str]:
    """In the encoding that gives the most words of the texts that were exported, else in the likeliest."""
    words = {word for text in known for word in _words(text)}
    texts = {name: text for name in ENCODINGS if (text := _strictly(raw, name)) is not None}
    if not texts:
        return codecs.decode(raw, "latin-1"), "latin-1"
    best = max(texts, key=lambda name: sum(word in words for word in _words(texts[name])))  # the first of those that are equal
    return texts[best], best


def _strictly(raw: bytes, encoding: str) -> str | None:
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError:
        return None


def _words(text: str) -> Iterator[str]:
    return (word for word in re.findall(r"[^\s,;\"]+", text) if not word.isascii())


def _rows(file: Path, text: str) -> list[Row]:
    """The rows by the delimiter that finds the columns. Raises UserMistake."""
    named = re.match(r"\"?sep=(.)\"?[^\r\n]*\r?\n", text, re.IGNORECASE)  # a line by which Excel tells the delimiter
    delimiters = (named[1], *DELIMITERS) if named else DELIMITERS
    body, before = (text[named.end() :], 1) if named else (text, 0)
    widest: tuple[list[Row], str] = ([], "")
    for delimiter in delimiters:
        rows, fault = _parsed(body, delimiter, before)
        if has_columns(rows):
            break
        widest = max(widest, (rows, fault), key=lambda one: len(one[0][0][1]) if one[0] else 0)
    else:
        rows, fault = widest
    if fault:
        raise UserMistake(f"{file}: {fault}; {MUST}")
    return rows


def _parsed(text: str, delimiter: str, before: int) -> tuple[list[Row], str]:
    """The rows as a spreadsheet counts them (an excerpt takes many lines of the file), and what is no CSV."""
    csv.field_size_limit(max(csv.field_size_limit(), len(text)))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[Row] = []
    try:
        for number, row in enumerate(reader, 1 + before):
            rows.append((number, [_cell(one) for one in row]))
    except csv.Error as error:
        return rows, f"line {reader.line_num + before} is not CSV ({error})"
    return rows, ""


def _cell(text: str) -> Cell:
    told = plain(text)
    if _ROUNDED.fullmatch(told.strip()):
        return Cell(told, fault=f"holds {told.strip()}, a number that the spreadsheet has rounded; type it again, as text")
    if _MADE.fullmatch(told.strip()):
        return Cell(told, fault=f"holds {told.strip()}, a date that the spreadsheet made of what was typed; type it again, in the workbook")
    return Cell(told, fault=faulty(told))
