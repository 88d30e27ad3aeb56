"""Review formats: where a sample can be read, and how a returned file is recognized."""

import zipfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from factory.core.errors import UserMistake
from factory.core.jsonl import BadJson, loads, open_file
from factory.core.run_folder import Run
from factory.documents.formats.encoding import bom_encoding
from factory.review.argilla import export_argilla, is_flat_record, read_argilla
from factory.review.cards import ReviewDeck
from factory.review.csv import export_review_csv, read_review_csv
from factory.review.importer import FilledRow, read_review_bytes
from factory.review.label_studio import export_label_studio, read_label_studio
from factory.review.page import export_page, read_page_export
from factory.review.xlsx import export_workbook, read_workbook

# A new home adds its writer here, and its reader below by what its files are called or hold.
EXPORTS: Mapping[str, Callable[[Run, ReviewDeck], Path]] = {
    "html": export_page,
    "csv": export_review_csv,
    "xlsx": export_workbook,
    "label-studio": export_label_studio,
    "argilla": export_argilla,
}
FILE_ADVICE = "give a file that `docstill review export` wrote, filled in"
TEXT_TABLES = (".csv", ".tsv", ".tab", ".txt")
WORKBOOKS = {".xlsx": "xlsx", ".xlsm": "xlsx", ".ods": "ods"}
UNREADABLE_FORMATS = {  # formats that can't be read, and what to do instead
    ".xls": "save it as .xlsx",
    ".xlsb": "save it as .xlsx",
    ".numbers": "export it from Numbers as Excel (.xlsx)",
    ".gsheet": "download it from Google Sheets as .xlsx",
    ".pdf": "save the workbook itself as .xlsx",
    ".html": "press Export in the page, and give the JSON file that it saves",
    ".htm": "press Export in the page, and give the JSON file that it saves",
    ".jsonl": "export the annotations as one JSON file",
}


def read_review_file(file: Path, known: Iterable[str] = ()) -> list[FilledRow]:
    """Read what was filled in, from a file of any format.

    `known` are exported texts, which help to recognize an encoding. Raises UserMistake.
    """
    ending = file.suffix.lower()
    if ending in UNREADABLE_FORMATS:
        raise UserMistake(f"{file}: {ending} files can't be read; {UNREADABLE_FORMATS[ending]}")
    if ending == ".json":
        return read_json_review(file, load_json(file))
    if ending in (*TEXT_TABLES, *WORKBOOKS):
        kind = _zipped(file) or WORKBOOKS.get(ending, "")
        return read_workbook(file, kind) if kind else read_review_csv(file, known)
    raise UserMistake(f"{file}: is not a completed review file; {FILE_ADVICE}")


def _zipped(file: Path) -> str:
    """Return the kind of a workbook, whatever its file name says; empty if it is not a workbook."""
    with open_file(file, FILE_ADVICE) as opened:
        if opened.read(2) != b"PK":
            return ""
        try:
            with zipfile.ZipFile(opened) as archive:
                return "ods" if "content.xml" in archive.namelist() else "xlsx"
        except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError, EOFError):
            return "xlsx"  # its reader reports what is wrong


def load_json(file: Path) -> object:
    """Parse a JSON file in UTF-8 or in the encoding of the editor that saved it. Raises
    UserMistake.
    """
    raw = read_review_bytes(file, FILE_ADVICE)
    encoding = bom_encoding(raw)
    try:
        return loads(raw.decode(encoding) if encoding.startswith(("utf-16", "utf-32")) else raw)
    except UnicodeDecodeError as error:
        raise UserMistake(f"{file}: is not {encoding.upper()} text; {FILE_ADVICE}") from error
    except BadJson as error:
        raise UserMistake(f"{file}: {error}; {FILE_ADVICE}") from error


def read_json_review(file: Path, found: object) -> list[FilledRow]:
    """Recognize the source: the page exports an object, Label Studio tasks with data, Argilla
    records with fields.
    """
    if isinstance(found, list):
        first = found[0] if found and isinstance(found[0], dict) else {}
        return (
            read_argilla(file, found)
            if "fields" in first or is_flat_record(first)
            else read_label_studio(file, found)
        )
    return read_page_export(file, found)
