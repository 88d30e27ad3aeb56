"""Find the headings of a text: Markdown's, and numbered or capitalised lines of plain text."""

import re
from collections.abc import Iterator
from itertools import accumulate
from typing import NamedTuple

from markdown_it.token import Token

from factory.documents.formats.markdown import commonmark_parser

MARKDOWN_SUFFIXES = (".md", ".markdown")  # files that people wrote as Markdown
# The end is stripped, not matched: a pattern for both takes the square of a long line.
_ATX = re.compile(r"(#{1,6})\s+(?=\S)")
_NAMED = re.compile(
    r"(?:Article|Section|Chapter|Part|Annex|Appendix|Schedule|Exhibit)"
    r" (?:\d[\d.]*|[IVXLC]+|[A-Z])\b|§+ ?\d",
    re.I,
)
_NUMBERED = re.compile(r"(\d+(?:\.\d+)*)\.?\s+(\S.{0,78})$")
_UNDERLINE = re.compile(r"(=+|-{3,})\s*$")
_FENCE = re.compile(r"\s*(`{3,})(.*)")
_HTML = re.compile(r"<h([1-6])\b[^>]*>(.*?)</h\1\s*>", re.IGNORECASE | re.DOTALL)
_MIXED = re.compile(
    r"""\s*(?:<[^<>]*>\s*)*?<\w+[^<>]*\smarkdown(?:=["']?(?:1|block|span)["']?)?[\s>]""",
    re.IGNORECASE,
)
_TAG = re.compile(r"<[^<>]*>")
# Characters of an underlined title; a longer paragraph just precedes a rule.
MAX_UNDERLINED_TITLE = 160
MAX_HTML_BLOCK = 20_000  # characters of an HTML block that is searched for headings


class Heading(NamedTuple):
    """A heading and the span of its lines in the text."""

    level: int
    title: str
    start: int
    end: int


def headings(text: str, markdown: bool) -> Iterator[Heading]:
    """Return the headings in order.

    `markdown`: people wrote the text as Markdown; otherwise it is plain text or a reader wrote it.
    """
    return _markdown(text) if markdown else _plain(text)


def _markdown(text: str) -> Iterator[Heading]:
    """Find CommonMark's headings, and standalone lines outside of code, quotes and lists."""
    lines = text.split("\n")
    starts = list(accumulate((len(line) + 1 for line in lines), initial=0))
    tokens = commonmark_parser().parse(text)
    taken = bytearray(len(lines))  # 1 where a line can't be a lone heading
    found: list[Heading] = []
    for place, token in enumerate(tokens):
        first, last = token.map or (0, 0)
        if token.level == 0 and token.type == "heading_open":
            taken[first:last] = b"\1" * (last - first)
            if (title := _one_line(tokens[place + 1].content)) and _short(token, title):
                found.append(
                    Heading(int(token.tag[1]), title, starts[first], min(starts[last], len(text)))
                )
        elif token.type in (
            "fence",
            "code_block",
            "html_block",
            "blockquote_open",
            "bullet_list_open",
        ) or _listed(tokens, place):
            taken[first:last] = b"\1" * (last - first)
            if token.type == "html_block" and token.level == 0:
                found += _in_html(text, starts[first], min(starts[last], len(text)))
    found += _standalone_headings(lines, starts, taken)
    return iter(sorted(found, key=lambda heading: heading.start))


def _one_line(content: str) -> str:
    return " ".join(line.strip() for line in content.split("\n"))


def _short(token: Token, title: str) -> bool:
    return token.markup.startswith("#") or (len(title) < MAX_UNDERLINED_TITLE and "|" not in title)


def _listed(tokens: list[Token], place: int) -> bool:
    """Check whether a numbered list of several items begins there: one item may be a heading."""
    token = tokens[place]
    if token.type != "ordered_list_open":
        return False
    items = 0
    for one in tokens[place + 1 :]:
        if one.level == token.level:
            break
        items += one.type == "list_item_open" and one.level == token.level + 1
        if items > 1:
            return True
    return False


def _in_html(text: str, start: int, end: int) -> Iterator[Heading]:
    """Find headings that are written as HTML and share their lines with no other text."""
    if end - start > MAX_HTML_BLOCK:
        return
    if _MIXED.match(text, start, end):
        yield from _signed(text, start, end)
    for found in _HTML.finditer(text, start, end):
        first = text.rfind("\n", start, found.start()) + 1 or start
        last = text.find("\n", found.end(), end)
        last = end if last < 0 else last + 1
        title = " ".join(_TAG.sub(" ", found[2]).split())
        if (
            title
            and not text[max(first, start) : found.start()].strip()
            and not text[found.end() : last].strip()
        ):
            yield Heading(int(found[1]), title, max(first, start), last)


def _signed(text: str, start: int, end: int) -> Iterator[Heading]:
    """Find lines of `#` in an HTML element that is marked as Markdown."""
    for line in text[start:end].split("\n"):
        if m := _ATX.match(line):
            yield Heading(
                len(m[1]), _title(line[m.end() :]), start, min(start + len(line) + 1, len(text))
            )
        start += len(line) + 1


def _standalone_headings(
    lines: list[str], starts: list[int], taken: bytearray
) -> Iterator[Heading]:
    for number, line in enumerate(lines):
        if taken[number] or not line.strip():
            continue
        before = lines[number - 1] if number else ""
        after = lines[number + 1] if number + 1 < len(lines) else ""
        if not before.strip() and not after.strip() and (p := _plain_heading(line)):
            yield Heading(*p, starts[number], min(starts[number + 1], starts[-1] - 1))


def _plain(text: str) -> Iterator[Heading]:
    """Find the headings that readers write, standalone lines, and underlined lines."""
    lines = text.split("\n")
    end, fence = 0, ""
    for before, content, after in zip(["", *lines], lines, [*lines[1:], ""], strict=False):
        start, end = end, end + len(content) + 1
        if not content.strip():
            continue
        fence, fenced = _fenced(content, fence)
        if fenced:
            continue
        if m := _ATX.match(content):
            yield Heading(len(m[1]), _title(content[m.end() :]), start, min(end, len(text)))
        elif (u := _UNDERLINE.match(after)) and len(content) < 80 and "|" not in content:
            yield Heading(
                1 if u[1][0] == "=" else 2,
                content.strip(),
                start,
                min(end + len(after) + 1, len(text)),
            )
        elif not before.strip() and not after.strip() and (p := _plain_heading(content)):
            yield Heading(*p, start, min(end, len(text)))


def _fenced(line: str, fence: str) -> tuple[str, bool]:
    """Return the code fence that is open after a line, and whether the line belongs to one.

    Only a fence that is at least as long, with nothing after it, closes it.
    """
    found = _FENCE.match(line)
    if fence:
        closed = found is not None and len(found[1]) >= len(fence) and not found[2].strip()
        return ("" if closed else fence), True
    return (found[1], True) if found and "`" not in found[2] else ("", False)


def _title(text: str) -> str:
    """Return a heading's words without the number signs that close it; `C#` keeps its own."""
    words = text.strip()
    bare = words.rstrip("#")
    return bare.rstrip() if bare != words and bare.endswith((" ", "\t")) else words


def _plain_heading(line: str) -> tuple[int, str] | None:
    line = line.strip()
    if line.endswith((".", ";", ",", ":")) or len(line.split()) > 10:
        return None
    if m := _NUMBERED.match(line):
        return m[1].count(".") + 2, line
    if _NAMED.match(line):
        return (2 if line.startswith("§") else 1), line
    return (1, line) if line.isupper() and len(line) > 3 else None
