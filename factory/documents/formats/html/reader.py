"""Read the main text of web pages as Markdown: headings, lists, tables, formulas, words of links.

Scripts, styles and everything else that a page doesn't show as text are left out, as are struck
and permanently hidden words, pictures with their descriptions, and what surrounds the text
(boilerplate.py). Parts that a click shows are text.
"""

import re
from pathlib import Path

from selectolax.lexbor import LexborHTMLParser

from factory.documents.formats import Extracted, Unreadable, front_matter, markdown_blocks
from factory.documents.formats.encoding import (
    bom_encoding,
    decode_text,
    encoding_by_label,
    verified_encoding,
)
from factory.documents.formats.html.boilerplate import main_text, strip_boilerplate
from factory.documents.formats.html.elements import MarkdownWriter
from factory.documents.formats.html.embedded import inline_embedded_pages
from factory.documents.formats.html.nesting_limits import limit_nesting

# A tree takes about 10 times as much memory; the longest laws and handbooks on one page take 10 MB.
MAX_BYTES = 64 << 20
_DECLARED = re.compile(
    rb"""<(?:meta\b[^>]*?\bcharset|\?xml\b[^>]*?\bencoding)\s*=\s*["']?\s*([\w.:-]+)""",
    re.IGNORECASE,
)
# Characters that mark formulas later.
_MARKS = re.compile("[\x0e-\x13]|&#(?:1[4-9]|x0*(?:[ef]|1[0-3]));", re.IGNORECASE)


def read_html(path: Path) -> Extracted:
    """Read an .html file as Markdown without pages. Raises Unreadable."""
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise Unreadable(f"it can't be read: {error.strerror}") from error
    if len(raw) > MAX_BYTES:
        raise Unreadable(
            f"it is over {MAX_BYTES >> 20} MB of HTML, too much to read at once; split it"
        )
    text = html_text(decode_text(raw, _encoding(raw)))
    if not text:
        raise Unreadable("it holds no text outside of scripts, menus and pictures")
    return Extracted(text)


def html_text(source: str) -> str:
    """Return the main text of a page as Markdown, "" if there is none."""
    # The source of a static site generator has front matter.
    front_title, source = front_matter.split_front_matter(source.replace("\r\n", "\n"))
    tree = LexborHTMLParser(limit_nesting(inline_embedded_pages(_MARKS.sub("", source))))
    title = tree.css_first("head > title")
    name = (title.text() if title else "") or front_title
    body = tree.body
    if body is None:
        return ""
    strip_boilerplate(body, "\n".join(sheet.text() or "" for sheet in tree.css("style")))
    main = main_text(body)
    blocks = MarkdownWriter(main).blocks(main)
    if not any(block.startswith("# ") for block in blocks) and blocks:
        blocks.insert(0, markdown_blocks.heading_line(1, name))
    return markdown_blocks.join_blocks(blocks)


def _encoding(raw: bytes) -> str:
    """Return the declared encoding, else UTF-8 if valid, else Windows-1252, as browsers do."""
    if bom_encoding(raw):
        return ""
    declared = _DECLARED.search(raw, 0, 4096)
    named = declared[1].decode("ascii", "replace").lower() if declared else "windows-1252"
    codec = encoding_by_label(named)
    if codec.startswith(("utf-16", "utf-32")):  # false: the declaration was read as ASCII
        return "utf-8"
    found = verified_encoding(raw, codec or "cp1252")
    if not codec and found != "utf-8" and not raw.isascii():
        raise Unreadable(
            f"it declares an encoding that is not known ({named[:40]}); save it as UTF-8"
        )
    return found
