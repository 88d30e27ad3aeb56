"""Markdown as CommonMark has it: its blocks by a parser, its text without what a page never shows."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline, entity, html_inline, strikethrough
from markdown_it.token import Token

from factory.documents.formats import Extracted, Unreadable, data_uris, front_matter, markdown_blocks
from factory.documents.formats.encoding import decoded
from factory.documents.formats.math.linear import LOWERED

_WORTH = re.compile(r"~|&#?\w+;|<!--|</?(?:s|del|strike|sup|sub)\b|data:", re.IGNORECASE)
_TAG = re.compile(r"<(/?)(s|del|strike)(?:\s[^<>]*)?>", re.IGNORECASE)
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_SHIFTED = re.compile(r"<(su[pb])>\s*([0-9+−-]+)\s*</\1>", re.IGNORECASE)
_SAFE = ("&", "<", '"', "'")  # characters of ASCII that mark nothing when they are written out
_CUT = "\0"  # where something was left out; no text holds it
_EMPTIED = re.compile(
    rf"(?m)^[ \t>]*(?:[-*+]|\d+[.)])?[ \t]*(?:\[[ xX]\])?[ \t]*#*[ \t*_]*{_CUT}[{_CUT} \t*_]*(?:\n|\Z)"
)
_SEAM = re.compile(rf"(^[ \t]*|[ \t]*){_CUT}[{_CUT} \t]*(\n|\Z)?", re.MULTILINE)


class Edit(NamedTuple):
    """A stretch of a text and what is written in its place; nothing where it is cut."""

    start: int
    end: int
    text: str = _CUT


def read_markdown(path: Path) -> Extracted:
    """A .md file's text. Raises Unreadable."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise Unreadable(f"it can't be read: {error.strerror}") from error
    return Extracted(shown(decoded(raw)))


def shown(source: str) -> str:
    """The text without front matter, comments, struck words and data of pictures.

    The title that front matter gives becomes its heading.
    """
    title, text = front_matter.split(
        source.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    )
    text = _edited(data_uris.without(data_uris.without_definitions(text))[0])
    if title and not re.match(r"\s*(?:#[ \t]+\S|[^\n]+\n=+[ \t]*(?:\n|\Z)|<h1\b)", text):
        return f"{markdown_blocks.heading(1, title)}\n\n{text.lstrip(chr(10))}"
    return text


@cache
def parser() -> MarkdownIt:
    """The blocks of CommonMark alone; its inline rules are used where they are needed."""
    found = MarkdownIt("commonmark", {"strikethrough_single_tilde": True})
    found.core.ruler.enableOnly(["block"])
    found.inline.ruler.at("html_inline", _placed_html)
    found.inline.ruler.at("entity", _placed_entity)
    found.inline.ruler.before("emphasis", "strikethrough", _placed_strike)
    found.inline.ruler2.before("emphasis", "strikethrough", strikethrough.postProcess)
    return found


def _placed_html(state: StateInline, silent: bool) -> bool:
    """The rule for tags, which notes where each begins."""
    at, before = state.pos, len(state.tokens)
    found = html_inline(state, silent)
    for token in state.tokens[before:]:
        if token.type == "html_inline":  # the words before it are written down with it
            token.meta["at"] = at
    return found


def _placed_entity(state: StateInline, silent: bool) -> bool:
    """The rule for characters by name or number, which notes where each begins."""
    at, before = state.pos, len(state.tokens)
    found = entity(state, silent)
    for token in state.tokens[before:]:
        if token.info == "entity":
            token.meta["at"] = at
    return found


def _placed_strike(state: StateInline, silent: bool) -> bool:
    """The rule for `~~` and `~`, which notes where each begins; three signs strike nothing."""
    at, before = state.pos, len(state.tokens)
    found = strikethrough.tokenize(state, silent)
    for token in state.tokens[before:]:
        if token.content in ("~", "~~"):
            token.meta["at"] = at
    return found


def _edited(text: str) -> str:
    if not _WORTH.search(text):
        return text
    edits = sorted(_edits(text))
    parts: list[str] = []
    end = 0
    for edit in edits:
        if edit.start >= end:
            parts += [text[end : edit.start], edit.text]
            end = edit.end
    whole = "".join([*parts, text[end:]])
    return _SEAM.sub(_joined, _EMPTIED.sub("", whole)) if _CUT in whole else whole


def _joined(seam: re.Match[str]) -> str:
    """One blank where a cut leaves two; none at the ends of a line."""
    before, line_end = seam[1], seam[2]
    if line_end is not None:
        return line_end
    if seam.start() == 0 or seam.string[seam.start() - 1] == "\n":
        return before
    return " " if before or seam[0][-1] in " \t" else ""


def _edits(text: str) -> Iterator[Edit]:
    lines = text.split("\n")
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    tags: list[
        tuple[int, int, str, str]
    ] = []  # start, end, slash and name of each tag that strikes
    tokens = parser().parse(text)
    code = [token.map for token in tokens if token.type in ("fence", "code_block") and token.map]
    for token in tokens:
        if token.map is None or not _WORTH.search(token.content):
            continue
        if token.type == "html_block":
            start, end = starts[token.map[0]], min(starts[token.map[1]], len(text))
            yield from (Edit(*found.span()) for found in _COMMENT.finditer(text, start, end))
            tags += [
                (*found.span(), found[1], found[2].lower())
                for found in _TAG.finditer(text, start, end)
            ]
        elif token.type == "inline":
            yield from _inline(token, lines, starts, tags)
    yield from _struck(tags)
    stretches = [(starts[first], starts[last]) for first, last in code]
    yield from _pictures(text, stretches)


def _inline(
    token: Token, lines: list[str], starts: list[int], tags: list[tuple[int, int, str, str]]
) -> Iterator[Edit]:
    """The edits of a paragraph or heading; `tags` gains those that strike."""
    place = _Places(token, lines, starts)
    found: list[Token] = []
    parser().inline.parse(token.content, parser(), {}, found)
    yield from _strikes(token, found, place)
    for one in found:
        at = one.meta.get("at")
        if at is None:
            continue
        if one.info == "entity":
            if (said := _character(one.content)) is not None:
                yield from place.edit(at, at + len(one.markup), said)
        elif one.content.startswith("<!--"):
            yield from place.edit(at, at + len(one.content))
        elif tag := _TAG.fullmatch(one.content):
            tags += [
                (edit.start, edit.end, tag[1], tag[2].lower())
                for edit in place.edit(at, at + len(one.content))
            ]
        elif shifted := _SHIFTED.match(token.content, at):
            table = markdown_blocks.RAISED if shifted[1].lower() == "sup" else LOWERED
            if token.content[:at][-1:].isalnum() or token.content[:at][-1:] == ")":
                yield from place.edit(at, shifted.end(), shifted[2].translate(table))


def _strikes(token: Token, found: list[Token], place: "_Places") -> Iterator[Edit]:
    """The stretches of a paragraph between signs that strike."""
    opened: list[int] = []
    for one in found:
        if one.type == "s_open":
            opened.append(one.meta["at"])
        elif one.type == "s_close" and opened:
            struck = slice(opened.pop(), one.meta["at"] + len(one.markup))
            if one.markup == "~~" or _is_struck(token.content, struck):
                yield from place.edit(struck.start, struck.stop)


def _is_struck(text: str, place: slice) -> bool:
    """Whether single signs strike words: H~2~O lowers a digit, and 5~7 is a range."""
    inside = text[place].strip("~")
    around = text[: place.start][-1:], text[place.stop :][:1]
    path = inside.startswith("/")  # ~/notes
    return bool(re.search(r"\s", inside)) and not path and not any(map(str.isalnum, around))


def _character(named: str) -> str | None:
    """A named character as text; None where it would become a mark of Markdown."""
    if named == "\xa0":
        return " "
    return named if named in _SAFE or (len(named) == 1 and named > "\x9f") else None


class _Places:
    """Maps the characters of a paragraph to the text.

    Its lines have lost the marks of the list or the quote that they stand in.
    """

    def __init__(self, token: Token, lines: list[str], starts: list[int]) -> None:
        first = (token.map or [0])[0]
        self._lines: list[
            tuple[int, int]
        ] = []  # of each line, where it begins in the paragraph and in the text
        at = 0
        for number, line in enumerate(token.content.split("\n"), start=first):
            column = lines[number].rfind(line) if number < len(lines) else -1
            self._lines.append((at, starts[number] + column if column >= 0 else -1))
            at += len(line) + 1

    def edit(self, start: int, end: int, text: str = _CUT) -> list[Edit]:
        """One edit; none where a line can't be found again."""
        begin, stop = self._place(start), self._place(end - 1)
        return [Edit(begin, stop + 1, text)] if begin >= 0 and stop >= begin else []

    def _place(self, at: int) -> int:
        own, there = next(pair for pair in reversed(self._lines) if pair[0] <= at)
        return there + at - own if there >= 0 else -1


def _struck(tags: list[tuple[int, int, str, str]]) -> Iterator[Edit]:
    """From each tag that strikes to the one that ends it."""
    opened: dict[str, list[int]] = {}
    for start, end, slash, name in sorted(tags):
        if not slash:
            opened.setdefault(name, []).append(start)
        elif opened.get(name):
            yield Edit(opened[name].pop(), end)


def _pictures(text: str, code: list[tuple[int, int]]) -> Iterator[Edit]:
    """Short data of pictures outside of code."""
    for found in data_uris.SHOWN.finditer(text):
        if not any(start <= found.start() < end for start, end in code):
            yield Edit(*found.span(), "")
