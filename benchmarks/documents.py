"""Documents as text: what every file becomes, how fast each format is read, and what memory many documents take.

    python benchmarks/documents.py --data ../shared/data                  each file's pages, characters, chunks, seconds, what was set aside
    python benchmarks/documents.py --data ../shared/data --parts speed    pages and MB a second by format, beside pypdf and markitdown
    python benchmarks/documents.py --parts memory                         peak memory with 10 to 10,000 documents, as a ratio
    python benchmarks/documents.py --parts pages                          peak memory and time of a PDF file of 500 and of 5,000 pages

Speed is of one process. The PDF, Word, web and other files of the speed part are made of the project's own sample documents by
LibreOffice (soffice); pypdf and markitdown are to be installed apart, and are left out where they are missing.
"""

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from factory.core.records import Document  # noqa: E402
from factory.core.settings import ChunkSettings, DocumentSettings  # noqa: E402
from factory.documents.chunker import chunk  # noqa: E402
from factory.documents.formats.readers import READERS  # noqa: E402
from factory.documents.formats.subprocess_reader import SubprocessReader  # noqa: E402
from factory.documents.reader import DocumentReader, Skipped, read_documents  # noqa: E402
from factory.documents.skip_rules import skip_reason  # noqa: E402

HOME = Path(__file__).resolve().parent.parent
TOKENS = 512
COPIES = 25  # of the sample documents in one file, so that reading takes longer than starting


def tell(*columns: object) -> None:
    print(*columns, sep="\t", flush=True)


def formats(data: Path, every: bool) -> None:
    """A line for each folder's sum, and for each file of formats/ and, with `every`, of the others."""
    tell("file", "files", "pages", "characters", "chunks", "seconds", "set aside", "skipped")
    folders = [data / "formats", *sorted(p for p in (data / "documents").iterdir() if p.is_dir())]
    with SubprocessReader() as apart:
        reader = DocumentReader(None, None, apart)
        for folder in folders:
            one_folder(folder, reader, every or folder.name == "formats")


def one_folder(folder: Path, reader: DocumentReader, every: bool) -> None:
    sums: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    taken = 0.0
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        started = time.perf_counter()  # PDF files are read in a process apart, whose time is none of this one's
        found = reader.read(path, path.relative_to(folder).as_posix())
        cut = [] if isinstance(found, Skipped) else chunk(found, ChunkSettings(tokens=TOKENS))
        seconds = time.perf_counter() - started
        taken += seconds
        if isinstance(found, Skipped):
            sums["skipped"] += 1
            if every:
                tell(found.name, "", "", "", "", f"{seconds:.3f}", "", found.reason)
            continue
        aside = Counter(why for c in cut if (why := skip_reason(c)))
        sums.update(files=1, pages=len(found.pages), characters=len(found.text), chunks=len(cut))
        reasons.update(aside)
        if every:
            tell(found.ref.name, 1, len(found.pages), len(found.text), len(cut), f"{seconds:.3f}", dict(aside), "")
    counts = (sums["files"], sums["pages"], sums["characters"], sums["chunks"])
    tell(f"{folder.name}/", *counts, f"{taken:.2f}", dict(reasons), sums["skipped"])


def samples(folder: Path) -> Iterator[Path]:
    """The sample documents, many times over, in one file of each format."""
    texts = [p.read_text(encoding="utf-8") for p in sorted((HOME / "data" / "documents").rglob("*.md"))]
    whole = "\n\n".join(f"# Copy {n}\n\n{text}" for n in range(COPIES) for text in texts)
    from markdown_it import MarkdownIt  # rich brings it along

    page = MarkdownIt("commonmark").enable("table").render(whole)
    html = folder / "sample.html"
    html.write_text(f'<html><head><meta charset="utf-8"></head><body>{page}</body></html>', encoding="utf-8")
    yield html
    for kind in ("docx:MS Word 2007 XML", "pdf:writer_web_pdf_Export"):
        subprocess.run(
            ["soffice", "--headless", "--convert-to", kind, "--outdir", str(folder), str(html)],
            check=True,
            capture_output=True,
            timeout=600,
        )
        yield folder / f"sample.{kind.partition(':')[0]}"
    rows = [line.strip("| ").split(" | ") for line in whole.split("\n") if line.startswith("|")]
    sheet = folder / "sample.csv"
    sheet.write_text("\n".join(",".join(f'"{cell}"' for cell in row) for row in rows) + "\n", encoding="utf-8")
    yield sheet


def clocked(read: Callable[[], object]) -> tuple[object, float]:
    started = time.process_time()
    found = read()
    return found, time.process_time() - started


def speed() -> None:
    """Each format by docstill in this process, and beside it by pypdf and markitdown where they are installed."""
    tell("file", "MB", "reader", "pages", "pages/s", "MB/s", "characters")
    with tempfile.TemporaryDirectory() as home:
        for path in samples(Path(home)):
            size = path.stat().st_size / 1e6
            module, name = READERS[path.suffix]
            reader = getattr(__import__(f"factory.documents.formats.{module}", fromlist=[name]), name)
            found, seconds = clocked(lambda path=path, reader=reader: reader(path))
            pages = len(found.pages)
            tell(path.name, round(size, 2), "docstill", pages, round(pages / seconds), round(size / seconds, 2), len(found.text))
            if path.suffix == ".pdf" and find_spec("pypdf"):
                from pypdf import PdfReader

                text, seconds = clocked(lambda path=path: "".join(page.extract_text() for page in PdfReader(path).pages))
                tell("", "", "pypdf", pages, round(pages / seconds), round(size / seconds, 2), len(text))
            if find_spec("markitdown"):
                from markitdown import MarkItDown

                text, seconds = clocked(lambda path=path: MarkItDown().convert(str(path)).text_content)
                tell("", "", "markitdown", pages, round(pages / seconds), round(size / seconds, 2), len(text))


def memory(counts: list[int]) -> None:
    """Reading and cutting so many documents, each in a process of its own: the peak of its resident memory."""
    peaks: dict[int, float] = {}
    for count in counts:
        done = subprocess.run([sys.executable, __file__, "--one", str(count)], check=True, capture_output=True, text=True)
        told = json.loads(done.stdout)
        peaks[count] = told["megabytes"]
        tell(f"{count:,} documents", f"{told['characters']:,} characters", f"{told['chunks']:,} chunks", f"{told['megabytes']:.0f} MB")
    tell("ratio of the last to the first", round(peaks[counts[-1]] / peaks[counts[0]], 2))


def one(count: int) -> None:
    texts = [p.read_text(encoding="utf-8") for p in sorted((HOME / "data" / "documents").rglob("*.md"))]
    with tempfile.TemporaryDirectory() as home:
        for n in range(count):
            Path(home, f"{n}.md").write_text(f"# Document {n}\n\n{texts[n % len(texts)]}", encoding="utf-8")
        documents, _ = read_documents(DocumentSettings(paths=(".",)), Path(home))
        characters = chunks = 0
        document: Document
        for document in documents:
            characters += len(document.text)
            chunks += len(chunk(document, ChunkSettings(tokens=TOKENS)))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"megabytes": peak, "characters": characters, "chunks": chunks}))


def pages(counts: list[int]) -> None:
    """A PDF file of so many pages of text and tables, read in a process of its own."""
    with tempfile.TemporaryDirectory() as home:
        for count in counts:
            path = made(Path(home, "pages.pdf"), count)
            done = subprocess.run([sys.executable, __file__, "--pdf", str(path)], check=True, capture_output=True, text=True)
            told = json.loads(done.stdout)
            tell(f"{count:,} pages", f"{told['characters']:,} characters", f"{told['megabytes']:.0f} MB", f"{told['seconds']:.1f} s")


def made(path: Path, count: int) -> Path:
    from reportlab.lib.pagesizes import A4
    from reportlab.pdfgen.canvas import Canvas

    dice = random.Random(0)
    words = ["".join(dice.choices("abcdegilmnoprstuv", k=dice.randint(2, 10))) for _ in range(3000)]
    canvas, height = Canvas(str(path), pagesize=A4), A4[1]
    for page in range(1, count + 1):
        canvas.setFont("Helvetica", 10)
        canvas.drawString(72, height - 40, "Larkmoor Handbook")
        canvas.drawString(280, 30, f"Page {page} of {count}")
        for line in range(28):
            canvas.drawString(72, height - 110 - 13 * line, " ".join(dice.choices(words, k=12))[:88])
        for line in range(14):
            for column in range(5):
                text = dice.choice(words)[:9] if line * column == 0 else str(dice.randint(1, 99_999))
                canvas.drawString(72 + 90 * column, height - 500 - 13 * line, text)
        canvas.showPage()
    canvas.save()
    return path


def one_pdf(path: Path) -> None:
    module, name = READERS[".pdf"]
    reader = getattr(__import__(f"factory.documents.formats.{module}", fromlist=[name]), name)
    found, seconds = clocked(lambda: reader(path))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"megabytes": peak, "characters": len(found.text), "seconds": seconds}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--parts", default="formats")
    parser.add_argument("--all", action="store_true", help="a line for every file")
    parser.add_argument("--counts", type=int, nargs="+", default=[10, 100, 1000, 10_000])
    parser.add_argument("--pages", type=int, nargs="+", default=[500, 5000])
    parser.add_argument("--one", type=int)
    parser.add_argument("--pdf", type=Path)
    told = parser.parse_args()
    if told.one or told.pdf:
        one(told.one) if told.one else one_pdf(told.pdf)
        return
    for part in told.parts.split(","):
        if part == "formats":
            if not told.data:
                parser.error("--parts formats needs --data")
            formats(told.data, told.all)
        elif part == "speed":
            speed()
        elif part == "memory":
            memory(told.counts)
        elif part == "pages":
            pages(told.pages)
        else:
            parser.error(f"--parts {part}: must be formats, speed, memory or pages")


if __name__ == "__main__":
    main()
