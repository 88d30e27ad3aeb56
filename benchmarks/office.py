"""Silly and hostile Word and PowerPoint files: seconds of CPU and peak memory, each at one size and at twice that size.

    python benchmarks/office.py                 a line for each kind: what was read or why not, and the growth of its time

A kind whose time grows with the square of its size shows about 4 in the last column, one in proportion about 2.
"""

import multiprocessing
import resource
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from factory.documents.formats import Unreadable  # noqa: E402
from factory.documents.formats.office.docx import read_docx  # noqa: E402
from factory.documents.formats.office.pptx import read_pptx  # noqa: E402

OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
SLIDE = "<a:p><a:pPr lvl='50000000'/><a:r><a:t>x</a:t></a:r></a:p>"
P = "<w:p><w:r><w:t>x</w:t></w:r></w:p>"
BEGIN = '<w:r><w:fldChar w:fldCharType="begin"/><w:fldChar w:fldCharType="separate"/><w:t>x</w:t></w:r>'
UP = '<w:r><w:rPr><w:vertAlign w:val="superscript"/></w:rPr><w:t>6</w:t></w:r>'
SPAN = f'<w:tc><w:tcPr><w:gridSpan w:val="50000000"/><w:vMerge/></w:tcPr>{P}</w:tc>'
LEVEL = '<w:pPr><w:numPr><w:ilvl w:val="300000000"/><w:numId w:val="1"/></w:numPr></w:pPr>'

WORD: dict[str, tuple[int, Callable[[int], str]]] = {
    "plain paragraphs": (20_000, lambda n: P * n),
    "list levels of 300 million": (5_000, lambda n: f"<w:p>{LEVEL}<w:r><w:t>x</w:t></w:r></w:p>" * n),
    "cells that span 50 million": (5_000, lambda n: f"<w:tbl>{f'<w:tr>{SPAN}{SPAN}</w:tr>' * n}</w:tbl>"),
    "one row of many cells": (10_000, lambda n: f"<w:tbl><w:tr>{f'<w:tc>{P}</w:tc>' * n}</w:tr></w:tbl>"),
    "open fields in a paragraph": (20_000, lambda n: f"<w:p>{BEGIN * n}</w:p>"),
    "open fields in paragraphs": (10_000, lambda n: f"<w:p>{BEGIN}</w:p>" * n),
    "raised runs": (20_000, lambda n: f"<w:p>{UP * n}</w:p>"),
    "raised and plain runs": (10_000, lambda n: f"<w:p>{(UP + '<w:r><w:t>a</w:t></w:r>') * n}</w:p>"),
    "attributes of a paragraph": (50_000, lambda n: f"<w:p {' '.join(f'w:a{k}=' + chr(34) * 2 for k in range(n))}/>{P}"),
    "text boxes inside one another": (
        20,
        lambda n: "<w:p><w:r><w:pict><w:txbxContent>" * n + P + "</w:txbxContent></w:pict></w:r></w:p>" * n,
    ),
}
SLIDES: dict[str, tuple[int, int]] = {"slides": (500, 1), "bullets of level 50 million": (1, 5_000)}


def zipped(path: Path, files: dict[str, str]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def relations(*targets: tuple[str, str]) -> str:
    lines = (f'<Relationship Id="r{n}" Type="{OFFICE}/{kind}" Target="{part}"/>' for n, (kind, part) in enumerate(targets))
    return f'<Relationships xmlns="{RELATIONS}">{"".join(lines)}</Relationships>'


def word(folder: Path, body: str) -> Path:
    main = f'<w:document xmlns:w="w"><w:body>{body}</w:body></w:document>'
    files = {"_rels/.rels": relations(("officeDocument", "word/document.xml")), "word/document.xml": main}
    return zipped(folder / "a.docx", files)


def deck(folder: Path, count: int, points: int) -> Path:
    slides = [f"slides/slide{n}.xml" for n in range(count)]
    listed = "".join(f'<sldId xmlns:r="{OFFICE}" r:id="r{n}"/>' for n in range(count))
    shapes = f"<p:sp><p:txBody>{SLIDE * points}</p:txBody></p:sp>"
    one = f'<p:sld xmlns:p="p" xmlns:a="a"><p:cSld><p:spTree>{shapes}</p:spTree></p:cSld></p:sld>'
    files = {
        "_rels/.rels": relations(("officeDocument", "ppt/presentation.xml")),
        "ppt/presentation.xml": f"<presentation><sldIdLst>{listed}</sldIdLst></presentation>",
        "ppt/_rels/presentation.xml.rels": relations(*(("slide", name) for name in slides)),
    }
    return zipped(folder / "a.pptx", files | {f"ppt/{name}": one for name in slides})


def measured(path: Path) -> tuple[float, int, str]:
    """Seconds of CPU, peak memory in MB, and the length of the text or why there is none."""
    start = time.process_time()
    try:
        text = (read_pptx if path.suffix == ".pptx" else read_docx)(path).text
        said = f"{len(text):,} characters"
    except Unreadable as error:
        said = str(error)
    return time.process_time() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10, said


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        for name, (size, build) in WORD.items():
            tell(name, [partial(word, Path(folder), build(n)) for n in (size, 2 * size)])
        for name, (count, points) in SLIDES.items():
            more = (2 * count, points) if count > 1 else (count, 2 * points)
            tell(name, [partial(deck, Path(folder), *given) for given in ((count, points), more)])


def tell(name: str, files: list[Callable[[], Path]]) -> None:
    """A line with what the second file took, and how many times the first."""
    taken: list[tuple[float, int, str]] = []
    for make in files:
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            taken.append(pool.apply(measured, (make(),)))
    (before, _, _), (seconds, memory, said) = taken
    print(f"{name:32} {seconds:6.1f} s {memory:5} MB  x {seconds / max(before, 0.001):4.1f}  {said}")


if __name__ == "__main__":
    main()
