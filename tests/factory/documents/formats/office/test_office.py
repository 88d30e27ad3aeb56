"""Files that LibreOffice makes from Markdown give back its headings, lists and tables."""

import shutil
import subprocess
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from factory.documents.formats import Extracted
from factory.documents.formats.html.reader import read_html
from factory.documents.formats.office.docx import read_docx
from factory.documents.formats.office.spreadsheets import read_csv, read_xlsx
from factory.documents.formats.pdf.reader import read_pdf

pytestmark = pytest.mark.skipif(
    shutil.which("soffice") is None, reason="LibreOffice (soffice) is not installed"
)

MARKDOWN = """# Larkmoor Handbook

Every tram of the Marrow Street depot is washed within 14 days of its last wash by the night crew, and its doors are greased.

## Hours

- The depot opens at 6:00 and closes at 23:30.
- The chief keeps its 3 keys.

| depot | trams | chief |
|---|---|---|
| Marrow Street | 40 | Ada Finch |
| Quay | 12 | Tom Brook |
| Osier | 7 | Ida Reed |

Trams are not washed on Sunday.
"""
CELLS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in MARKDOWN.split("\n")
    if line.startswith("| ")
]


def converted(source: Path, kind: str, folder: Path) -> Path:
    profile = f"-env:UserInstallation=file://{folder / 'profile'}"  # its own, beside an office that is open
    subprocess.run(
        [
            "soffice",
            profile,
            "--headless",
            "--convert-to",
            kind,
            "--outdir",
            str(folder),
            str(source),
        ],
        check=True,
        capture_output=True,
    )
    return folder / f"{source.stem}.{kind.partition(':')[0]}"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("office")


@pytest.fixture(scope="module")
def page(folder: Path) -> Path:
    body = MarkdownIt("commonmark").enable("table").render(MARKDOWN)
    (path := folder / "handbook.html").write_text(
        f'<html><head><meta charset="utf-8"></head><body>{body}</body></html>', encoding="utf-8"
    )
    return path


def rows(found: Extracted) -> list[list[str]]:
    lines = [line for line in found.text.split("\n") if line.startswith("|")]
    return [
        [cell.strip() for cell in line.strip("|").split("|")] for line in lines if "---" not in line
    ]


def prose(found: Extracted) -> str:
    return "\n".join(line for line in found.text.split("\n") if line and not line.startswith("|"))


PROSE = "\n".join(line for line in MARKDOWN.split("\n") if line and not line.startswith("|"))


def test_a_word_file_gives_back_headings_lists_and_table(page: Path, folder: Path) -> None:
    found = read_docx(converted(page, "docx:MS Word 2007 XML", folder))
    assert (prose(found), rows(found)) == (PROSE, CELLS)


def test_a_pdf_file_gives_back_headings_lists_and_table(page: Path, folder: Path) -> None:
    word = converted(
        page, "docx:MS Word 2007 XML", folder
    )  # LibreOffice itself loses the first heading of a web page
    found = read_pdf(converted(word, "pdf:writer_pdf_Export", folder))
    assert (prose(found), rows(found)) == (
        PROSE.replace("## ", "# "),
        CELLS,
    )  # the outline that LibreOffice writes says so


def test_a_web_page_gives_back_headings_lists_and_table(page: Path) -> None:
    found = read_html(page)
    assert (prose(found), rows(found)) == (PROSE, CELLS)


def test_a_workbook_gives_back_its_rows_as_its_table_of_values_does(folder: Path) -> None:
    (source := folder / "depots.csv").write_text("".join(f"{','.join(row)}\n" for row in CELLS))
    assert rows(read_xlsx(converted(source, "xlsx", folder))) == rows(read_csv(source)) == CELLS
