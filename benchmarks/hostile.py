"""Files made to exhaust a reader: what becomes of each, how long it takes, and the peak memory of the process that reads it.

    python benchmarks/hostile.py               every kind
    python benchmarks/hostile.py --only csv    those whose name holds a word

Each must end within the limits of factory/documents/formats/subprocess_reader.py, as text or as one sentence.
"""

import argparse
import io
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from factory.documents.formats.subprocess_reader import SubprocessReader  # noqa: E402
from factory.documents.reader import DocumentReader, Skipped  # noqa: E402

Make = Callable[[Path], None]


def ragged_csv(path: Path) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write("a," * 50_000 + "a\n")
        file.writelines("b\n" for _ in range(200_000))


def wide_csv(path: Path) -> None:
    path.write_text(("a;" * 3_000_000 + "\n") * 3, encoding="utf-8")


def nested_html(path: Path) -> None:
    path.write_text("<div>" * 200_000 + "x" + "</div>" * 200_000, encoding="utf-8")


def nested_inline_html(path: Path) -> None:
    path.write_text("<body>" + "<b><i>" * 100_000 + "x", encoding="utf-8")


def many_attributes_html(path: Path) -> None:
    path.write_text("<p " + " ".join(f"a{n}=1" for n in range(500_000)) + ">Trams rest.</p>", encoding="utf-8")


def spanning_html(path: Path) -> None:
    row = "<tr>" + "<td colspan=1000 rowspan=65000>x</td>" * 100 + "</tr>"
    path.write_text(f"<table>{row * 2000}</table>", encoding="utf-8")


def long_line_markdown(path: Path) -> None:
    path.write_text("[" * 300_000 + "*_" * 300_000 + "`" * 99_999, encoding="utf-8")


def nested_markdown(path: Path) -> None:
    path.write_text("> " * 100_000 + "x\n" + "- " * 100_000 + "x\n", encoding="utf-8")


def endless_text(path: Path) -> None:
    with path.open("wb") as file:
        file.write(b"Trams rest. " * 1000)
        for _ in range(300):
            file.write(b"0123456789abcdef" * 65_536)


def levels_docx(path: Path) -> None:
    from docx import Document

    document = Document()
    for _ in range(3):
        document.add_paragraph("Trams rest.", style="List Bullet")
    file = io.BytesIO()
    document.save(file)
    level = b'<w:numPr><w:ilvl w:val="300000000"/><w:numId w:val="1"/></w:numPr>'
    _rewritten(path, file, "word/document.xml", b"<w:pStyle", level + b"<w:pStyle")


def levels_pptx(path: Path) -> None:
    file = _deck(1)
    _rewritten(path, file, "ppt/slides/slide1.xml", b"<a:p>", b'<a:p><a:pPr lvl="50000000"/>')


def many_slides_pptx(path: Path) -> None:
    """A deck of one slide that is listed 20,000 times."""
    file = _deck(1)
    with zipfile.ZipFile(file) as package:
        listed = package.read("ppt/presentation.xml")
    begin, end = listed.index(b"<p:sldId "), listed.index(b"</p:sldIdLst>")
    _rewritten(path, file, "ppt/presentation.xml", listed[begin:end], listed[begin:end] * 20_000)


def wide_xlsx(path: Path) -> None:
    from openpyxl import Workbook

    book, file = Workbook(), io.BytesIO()
    book.active["A1"] = "Trams rest."
    for n in range(1, 3000):
        book.active.cell(n, 16_384 if n % 2 else 1, "x")
    book.save(file)
    path.write_bytes(file.getvalue())


def merged_xlsx(path: Path) -> None:
    from openpyxl import Workbook

    book, file = Workbook(), io.BytesIO()
    book.active["A1"], book.active["B2"] = "Trams rest.", "They are washed."
    book.save(file)
    merged = b'</sheetData><mergeCells><mergeCell ref="A1:A1000000"/><mergeCell ref="B2:XFD1000000"/></mergeCells>'
    _rewritten(path, file, "xl/worksheets/sheet1.xml", b"</sheetData>", merged)


def many_pages_pdf(path: Path) -> None:
    from pypdfium2 import PdfDocument

    document = PdfDocument.new()
    for _ in range(25_000):
        document.new_page(100, 100)
    document.save(path)


def many_lines_pdf(path: Path) -> None:
    """A page of 300,000 thin lines, as a map has them."""
    from reportlab.pdfgen.canvas import Canvas

    canvas = Canvas(str(path))
    for n in range(40):
        canvas.drawString(72, 780 - 18 * n, f"Tram {n} of the depot rests beside the gate of the yard.")
    for n in range(300_000):
        canvas.line(n % 600, n % 800, n % 600 + 10, n % 800)
    canvas.save()


def dense_pdf(path: Path) -> None:
    """A page with two million letters."""
    from reportlab.pdfgen.canvas import Canvas

    canvas = Canvas(str(path))
    for n in range(20_000):
        canvas.drawString(10, n % 800, "Trams rest and are washed. " * 4)
    canvas.save()


def _deck(slides: int) -> io.BytesIO:
    from pptx import Presentation

    deck, file = Presentation(), io.BytesIO()
    for _ in range(slides):
        slide = deck.slides.add_slide(deck.slide_layouts[1])
        slide.shapes.title.text, slide.placeholders[1].text = "Washing", "Trams are washed."
    deck.save(file)
    file.seek(0)
    return file


def _rewritten(path: Path, file: io.BytesIO, part: str, old: bytes, new: bytes) -> None:
    with zipfile.ZipFile(file) as package, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as changed:
        for name in package.namelist():
            raw = package.read(name)
            if name == part and old not in raw:
                raise ValueError(f"{part} holds no {old!r}")
            changed.writestr(name, raw.replace(old, new, 1 if len(new) > 10_000 else -1) if name == part else raw)


KINDS: dict[str, tuple[str, Make]] = {
    make.__name__: (ending, make)
    for ending, make in (
        ("csv", ragged_csv),
        ("csv", wide_csv),
        ("html", nested_html),
        ("html", nested_inline_html),
        ("html", many_attributes_html),
        ("html", spanning_html),
        ("md", long_line_markdown),
        ("md", nested_markdown),
        ("txt", endless_text),
        ("docx", levels_docx),
        ("pptx", levels_pptx),
        ("pptx", many_slides_pptx),
        ("xlsx", wide_xlsx),
        ("xlsx", merged_xlsx),
        ("pdf", many_pages_pdf),
        ("pdf", many_lines_pdf),
        ("pdf", dense_pdf),
    )
}


def one(kind: str) -> None:
    """Makes and reads one file in this process's child, whose peak memory is then known."""
    import resource

    ending, make = KINDS[kind]
    with tempfile.TemporaryDirectory() as home:
        path = Path(home, f"{kind}.{ending}")
        make(path)
        size = path.stat().st_size / 1e6
        started = time.perf_counter()
        with SubprocessReader() as apart:
            found = DocumentReader(None, None, apart).read(path, path.name)
        seconds = time.perf_counter() - started
    told = found.reason if isinstance(found, Skipped) else f"{len(found.text):,} characters"
    peaks = (resource.getrusage(who).ru_maxrss / 1024 for who in (resource.RUSAGE_CHILDREN, resource.RUSAGE_SELF))
    print(kind, f"{size:.2f}", f"{seconds:.1f}", *(f"{peak:.0f}" for peak in peaks), told, sep="\t", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="")
    parser.add_argument("--one", choices=KINDS)
    told = parser.parse_args()
    if told.one:
        one(told.one)
        return
    print("kind", "MB", "seconds", "MB of the reader", "MB of the caller", "outcome", sep="\t", flush=True)
    for kind in (kind for kind in KINDS if told.only in kind):
        subprocess.run([sys.executable, __file__, "--one", kind], check=True)


if __name__ == "__main__":
    main()
