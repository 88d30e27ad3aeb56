"""Homes of the review: where a sample can be read, and how what was filled in there is told apart when it comes back."""

import zipfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from factory.core.errors import UserMistake
from factory.core.jsonl import BadJson, loads, open_file
from factory.core.run_folder import Run
from factory.documents.formats.encoding import marked
from factory.review.argilla import export_argilla, is_flat, read_argilla
from factory.review.cards import Deck
from factory.review.csv import export_csv, read_csv
from factory.review.importer import Filled, bytes_of
from factory.review.label_studio import export_label_studio, read_label_studio
from factory.review.page import export_page, read_page
from factory.review.xlsx import export_sheet, read_sheet

# A new home adds its writer here, and its reader below by what its files are called or hold.
EXPORTS: Mapping[str, Callable[[Run, Deck], Path]] = {
    "html": export_page,
    "csv": export_csv,
    "xlsx": export_sheet,
    "label-studio": export_label_studio,
    "argilla": export_argilla,
}
MUST = "give a file that `docstill review export` wrote, filled in"
TABLES = (".csv", ".tsv", ".tab", ".txt")
BOOKS = {".xlsx": "xlsx", ".xlsm": "xlsx", ".ods": "ods"}
OTHERS = {  # what can't be read, and the way out
    ".xls": "save it as .xlsx",
    ".xlsb": "save it as .xlsx",
    ".numbers": "export it from Numbers as Excel (.xlsx)",
    ".gsheet": "download it from Google Sheets as .xlsx",
    ".pdf": "save the workbook itself as .xlsx",
    ".html": "press Export in the page, and give the JSON file that it saves",
    ".htm": "press Export in the page, and give the JSON file that it saves",
    ".jsonl": "export the annotations as one JSON file",
}


def read(file: Path, known: Iterable[str] = ()) -> list[Filled]:
    """What was filled in, from a file of any home. `known`: texts that were exported, which tell an encoding. Raises UserMistake."""
    ending = file.suffix.lower()
    if ending in OTHERS:
        raise UserMistake(f"{file}: {ending} files can't be read; {OTHERS[ending]}")
    if ending == ".json":
        return told_apart(file, json_of(file))
    if ending in (*TABLES, *BOOKS):
        kind = _zipped(file) or BOOKS.get(ending, "")
        return read_sheet(file, kind) if kind else read_csv(file, known)
    raise UserMistake(f"{file}: is not a completed review file; {MUST}")


def _zipped(file: Path) -> str:
    """The kind of a workbook, whatever its ending says; empty where it is none."""
    with open_file(file, MUST) as opened:
        if opened.read(2) != b"PK":
            return ""
        try:
            with zipfile.ZipFile(opened) as archive:
                return "ods" if "content.xml" in archive.namelist() else "xlsx"
        except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError, EOFError):
            return "xlsx"  # its reader says what is wrong


def json_of(file: Path) -> object:
    """What a JSON file holds, in UTF-8 or as an editor has saved it. Raises UserMistake."""
    raw = bytes_of(file, MUST)
    encoding = marked(raw)
    try:
        return loads(raw.decode(encoding) if encoding.startswith(("utf-16", "utf-32")) else raw)
    except UnicodeDecodeError as error:
        raise UserMistake(f"{file}: is not {encoding.upper()} text; {MUST}") from error
    except BadJson as error:
        raise UserMistake(f"{file}: {error}; {MUST}") from error


def told_apart(file: Path, found: object) -> list[Filled]:
    """The page exports an object, Label Studio tasks with their data, Argilla records with their fields."""
    if isinstance(found, list):
        first = found[0] if found and isinstance(found[0], dict) else {}
        return read_argilla(file, found) if "fields" in first or is_flat(first) else read_label_studio(file, found)
    return read_page(file, found)
