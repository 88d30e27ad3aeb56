"""Read Markdown as a page shows it: without comments, struck words and embedded pictures."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline, entity, html_inline, strikethrough
from markdown_it.token import Token

from factory.documents.formats import (
    Extracted,
    Unreadable,
    data_uris,
    front_matter,
    markdown_blocks,
)
from factory.documents.formats.encoding import decode_text
from factory.documents.formats.math.linear import TO_SUBSCRIPT

_MAY_HIDE = re.compile(r"~|&#?\w+;|<!--|</?(?:s|del|strike|sup|sub)\b|data:", re.IGNORECASE)
_TAG = re.compile(r"<(/?)(s|del|strike)(?:\s[^<>]*)?>", re.IGNORECASE)
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_SCRIPT = re.compile(r"<(su[pb])>\s*([0-9+−-]+)\s*</\1>", re.IGNORECASE)
_SAFE = ("&", "<", '"', "'")  # ASCII characters that are no markup when written as themselves
_CUT = "\0"  # where something was left out; no text holds it
_EMPTIED = re.compile(
    rf"(?m)^[ \t>]*(?:[-*+]|\d+[.)])?[ \t]*(?:\[[ xX]\])?[ \t]*#*"
    rf"[ \t*_]*{_CUT}[{_CUT} \t*_]*(?:\n|\Z)"
)
_SEAM = re.compile(rf"(^[ \t]*|[ \t]*){_CUT}[{_CUT} \t]*(\n|\Z)?", re.MULTILINE)


class MarkdownEdit(NamedTuple):
    """Replaces a span of a text; the default text marks a cut."""

    start: int
    end: int
    text: str = _CUT


def read_markdown(path: Path) -> Extracted:
    """Read a .md file. Raises Unreadable."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise Unreadable(f"it can't be read: {error.strerror}") from error
    return Extracted(visible_markdown(decode_text(raw)))


def visible_markdown(source: str) -> str:
    """Remove front matter, comments, struck words and embedded pictures.

    The title in the front matter becomes a heading.
    """
    title, text = front_matter.split_front_matter(
        source.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    )
    text = _remove_hidden(data_uris.remove_data_uris(data_uris.remove_picture_definitions(text))[0])
    if title and not re.match(r"\s*(?:#[ \t]+\S|[^\n]+\n=+[ \t]*(?:\n|\Z)|<h1\b)", text):
        return f"{markdown_blocks.heading_line(1, title)}\n\n{text.lstrip(chr(10))}"
    return text


@cache
def commonmark_parser() -> MarkdownIt:
    """Return a parser of CommonMark's blocks; inline rules run only when they are needed."""
    found = MarkdownIt("commonmark", {"strikethrough_single_tilde": True})
    found.core.ruler.enableOnly(["block"])
    found.inline.ruler.at("html_inline", _placed_html)
    found.inline.ruler.at("entity", _placed_entity)
    found.inline.ruler.before("emphasis", "strikethrough", _placed_strike)
    found.inline.ruler2.before("emphasis", "strikethrough", strikethrough.postProcess)
    return found


def _placed_html(state: StateInline, silent: bool) -> bool:
    """Parse a tag, and record where it begins."""
    at, before = state.pos, len(state.tokens)
    found = html_inline(state, silent)
    for token in state.tokens[before:]:
        if token.type == "html_inline":  # the words before it are written down with it
            token.meta["at"] = at
    return found


def _placed_entity(state: StateInline, silent: bool) -> bool:
    """Parse a character reference, and record where it begins."""
    at, before = state.pos, len(state.tokens)
    found = entity(state, silent)
    for token in state.tokens[before:]:
        if token.info == "entity":
            token.meta["at"] = at
    return found


def _placed_strike(state: StateInline, silent: bool) -> bool:
    """Parse `~~` or `~`, and record where it begins; three signs strike nothing."""
    at, before = state.pos, len(state.tokens)
    found = strikethrough.tokenize(state, silent)
    for token in state.tokens[before:]:
        if token.content in ("~", "~~"):
            token.meta["at"] = at
    return found


def _remove_hidden(text: str) -> str:
    if not _MAY_HIDE.search(text):
        return text
    edits = sorted(_edits(text))
    parts: list[str] = []
    end = 0
    for edit in edits:
        if edit.start >= end:
            parts += [text[end : edit.start], edit.text]
            end = edit.end
    whole = "".join([*parts, text[end:]])
    return _SEAM.sub(_join_seam, _EMPTIED.sub("", whole)) if _CUT in whole else whole


def _join_seam(seam: re.Match[str]) -> str:
    """Keep one of two blanks around a cut, and none at the ends of a line."""
    before, line_end = seam[1], seam[2]
    if line_end is not None:
        return line_end
    if seam.start() == 0 or seam.string[seam.start() - 1] == "\n":
        return before
    return " " if before or seam[0][-1] in " \t" else ""


def _edits(text: str) -> Iterator[MarkdownEdit]:
    lines = text.split("\n")
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    # Start, end, slash and name of each tag that strikes words.
    tags: list[tuple[int, int, str, str]] = []
    tokens = commonmark_parser().parse(text)
    code = [token.map for token in tokens if token.type in ("fence", "code_block") and token.map]
    for token in tokens:
        if token.map is None or not _MAY_HIDE.search(token.content):
            continue
        if token.type == "html_block":
            start, end = starts[token.map[0]], min(starts[token.map[1]], len(text))
            yield from (
                MarkdownEdit(*found.span()) for found in _COMMENT.finditer(text, start, end)
            )
            tags += [
                (*found.span(), found[1], found[2].lower())
                for found in _TAG.finditer(text, start, end)
            ]
        elif token.type == "inline":
            yield from _inline(token, lines, starts, tags)
    yield from _struck_by_tags(tags)
    stretches = [(starts[first], starts[last]) for first, last in code]
    yield from _pictures(text, stretches)


def _inline(
    token: Token, lines: list[str], starts: list[int], tags: list[tuple[int, int, str, str]]
) -> Iterator[MarkdownEdit]:
    """Yield the edits of a paragraph or heading; add its strike tags to `tags`."""
    place = _OffsetMap(token, lines, starts)
    found: list[Token] = []
    commonmark_parser().inline.parse(token.content, commonmark_parser(), {}, found)
    yield from _struck_by_tildes(token, found, place)
    for one in found:
        at = one.meta.get("at")
        if at is None:
            continue
        if one.info == "entity":
            if (character := _character(one.content)) is not None:
                yield from place.edit(at, at + len(one.markup), character)
        elif one.content.startswith("<!--"):
            yield from place.edit(at, at + len(one.content))
        elif tag := _TAG.fullmatch(one.content):
            tags += [
                (edit.start, edit.end, tag[1], tag[2].lower())
                for edit in place.edit(at, at + len(one.content))
            ]
        elif shifted := _SCRIPT.match(token.content, at):
            table = markdown_blocks.TO_SUPERSCRIPT if shifted[1].lower() == "sup" else TO_SUBSCRIPT
            if token.content[:at][-1:].isalnum() or token.content[:at][-1:] == ")":
                yield from place.edit(at, shifted.end(), shifted[2].translate(table))


def _struck_by_tildes(
    token: Token, found: list[Token], place: "_OffsetMap"
) -> Iterator[MarkdownEdit]:
    """Yield edits that cut the words between `~~` or `~`."""
    opened: list[int] = []
    for one in found:
        if one.type == "s_open":
            opened.append(one.meta["at"])
        elif one.type == "s_close" and opened:
            struck = slice(opened.pop(), one.meta["at"] + len(one.markup))
            if one.markup == "~~" or _is_struck(token.content, struck):
                yield from place.edit(struck.start, struck.stop)


def _is_struck(text: str, place: slice) -> bool:
    """Check whether `~` strikes words: in H~2~O it lowers a digit, and 5~7 is a range."""
    inside = text[place].strip("~")
    around = text[: place.start][-1:], text[place.stop :][:1]
    path = inside.startswith("/")  # ~/notes
    return bool(re.search(r"\s", inside)) and not path and not any(map(str.isalnum, around))


def _character(named: str) -> str | None:
    """Return a referenced character as text, or None if it would become markup."""
    if named == "\xa0":
        return " "
    return named if named in _SAFE or (len(named) == 1 and named > "\x9f") else None


class _OffsetMap:
    """Maps offsets of a paragraph, which lacks the marks of its list or quote, to the text."""

    def __init__(self, token: Token, lines: list[str], starts: list[int]) -> None:
        first = (token.map or [0])[0]
        # Where each line begins in the paragraph and in the text.
        self._lines: list[tuple[int, int]] = []
        at = 0
        for number, line in enumerate(token.content.split("\n"), start=first):
            column = lines[number].rfind(line) if number < len(lines) else -1
            self._lines.append((at, starts[number] + column if column >= 0 else -1))
            at += len(line) + 1

    def edit(self, start: int, end: int, text: str = _CUT) -> list[MarkdownEdit]:
        """Return one edit, or none if a line can't be found in the text."""
        begin, stop = self._place(start), self._place(end - 1)
        return [MarkdownEdit(begin, stop + 1, text)] if begin >= 0 and stop >= begin else []

    def _place(self, at: int) -> int:
        own, there = next(pair for pair in reversed(self._lines) if pair[0] <= at)
        return there + at - own if there >= 0 else -1


def _struck_by_tags(tags: list[tuple[int, int, str, str]]) -> Iterator[MarkdownEdit]:
    """Yield edits that cut from each strike tag to its end tag."""
    opened: dict[str, list[int]] = {}
    for start, end, slash, name in sorted(tags):
        if not slash:
            opened.setdefault(name, []).append(start)
        elif opened.get(name):
            yield MarkdownEdit(opened[name].pop(), end)


def _pictures(text: str, code: list[tuple[int, int]]) -> Iterator[MarkdownEdit]:
    """Yield edits that cut short data URIs of pictures outside of code."""
    for found in data_uris.PICTURE_URI.finditer(text):
        if not any(start <= found.start() < end for start, end in code):
            yield MarkdownEdit(*found.span(), "")
