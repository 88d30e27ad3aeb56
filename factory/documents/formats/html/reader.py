"""Web pages: the main text as Markdown, with headings, lists, tables, formulas and the words of links.

Left out: scripts, styles and everything else that a page doesn't show as text, what it strikes or
hides for good, pictures with their descriptions, and what surrounds the text (factory/documents/formats/html/boilerplate.py).
What a click shows is text.
"""

import re
from pathlib import Path

from selectolax.lexbor import LexborHTMLParser

from factory.documents.formats import Extracted, Unreadable, front_matter, markdown_blocks
from factory.documents.formats.encoding import agreed, decoded, known, marked
from factory.documents.formats.html.boilerplate import main_text, stripped
from factory.documents.formats.html.elements import Elements
from factory.documents.formats.html.embedded import opened
from factory.documents.formats.html.nesting_limits import bounded

MOST_BYTES = 64 << 20  # a tree takes about 10 times as much memory; the longest laws and handbooks on one page take 10 MB
_DECLARED = re.compile(rb"""<(?:meta\b[^>]*?\bcharset|\?xml\b[^>]*?\bencoding)\s*=\s*["']?\s*([\w.:-]+)""", re.IGNORECASE)
_MARKS = re.compile("[\x0e-\x13]|&#(?:1[4-9]|x0*(?:[ef]|1[0-3]));", re.IGNORECASE)  # that formulas are marked by later


def read_html(path: Path) -> Extracted:
    """An .html file as Markdown without pages. Raises Unreadable."""
    try:
        with path.open("rb") as file:
            raw = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise Unreadable(f"it can't be read: {error.strerror}") from error
    if len(raw) > MOST_BYTES:
        raise Unreadable(f"it is over {MOST_BYTES >> 20} MB of HTML, too much to read at once; split it")
    text = html_text(decoded(raw, _encoding(raw)))
    if not text:
        raise Unreadable("it holds no text outside of scripts, menus and pictures")
    return Extracted(text)


def html_text(source: str) -> str:
    """The main text of a page as Markdown; empty where there is none."""
    said, source = front_matter.split(source.replace("\r\n", "\n"))  # of a page that a site builder has yet to build
    tree = LexborHTMLParser(bounded(opened(_MARKS.sub("", source))))
    title = tree.css_first("head > title")
    name = (title.text() if title else "") or said
    body = tree.body
    if body is None:
        return ""
    stripped(body, "\n".join(sheet.text() or "" for sheet in tree.css("style")))
    main = main_text(body)
    blocks = Elements(main).blocks(main)
    if not any(block.startswith("# ") for block in blocks) and blocks:
        blocks.insert(0, markdown_blocks.heading(1, name))
    return markdown_blocks.text(blocks)


def _encoding(raw: bytes) -> str:
    """What the page declares; else UTF-8 if it is, else Windows-1252, as browsers take it."""
    if marked(raw):
        return ""
    declared = _DECLARED.search(raw, 0, 4096)
    named = declared[1].decode("ascii", "replace").lower() if declared else "windows-1252"
    codec = known(named)
    if codec.startswith(("utf-16", "utf-32")):  # a page that could be read up to here is neither
        return "utf-8"
    found = agreed(raw, codec or "cp1252")
    if not codec and found != "utf-8" and not raw.isascii():
        raise Unreadable(f"it declares an encoding that is not known ({named[:40]}); save it as UTF-8")
    return found
