"""Recognise chunks with nothing to ask about by their form.

These are tables of contents, legal lines, menus, signatures, blank forms and leftovers.
"""

import re

from factory.core.records import Chunk

MIN_WORDS = 3  # fewer words say nothing on their own
MIN_LETTERS = 12

_WORD = re.compile(r"[^\W\d_]+")
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0e00-\u0e7f]")
_RESERVED = re.compile(
    r"\W*(?:reserved|(?:this page (?:is )?)?intentionally (?:left )?blank|page \d+(?: of \d+)?)\W*",
    re.I,
)
# Scope ........ 12
_LEADER = re.compile(r"(?:\.{4}|(?:\. ){4}|…{2}|\t)\s*(?:[A-Z]-)?(?:\d+|[ivxlc]+)\s*$")
# Only the last characters of a line are searched for a leader: a paragraph on one line would take
# the square of its length.
_TAIL = 60
_LINK_LINE = re.compile(r"\s*(?:[-*+•]|\d+[.)])?\s*!?\[[^\]]*\]\([^)]*\)\s*")  # nothing but a link
_LEGAL = re.compile(
    r"(?:©|\(c\)\s|copyright\b).*\d{4}|\ball rights reserved\b"
    r"|\blicen[cs]ed under\b|SPDX-License-Identifier|\bCC[- ]BY\b|public domain\b",
    re.I,
)
_SIGNED = re.compile(
    r"\s*(?:by|name|title|date|signed|signature|its|print(?:ed)? name|witness|/s/.*)"
    r"\s*:?[\s_/]*(?:/s/.*|.{0,40})?",
    re.I,
)
_SIGNATURE = re.compile(
    r"/s/|\b(?:by|signature|signed)\s*:\s*_{3,}|_{5,}\s*\n\s*(?:name|title|by|date)\b", re.I
)
_BLANK = re.compile(r"_{3,}|\[\s*\]|☐")


def skip_reason(chunk: Chunk) -> str | None:
    """Return why there is nothing to ask about a chunk, as a sentence, or None.

    None in doubt: filters judge what is asked.
    """
    return nothing_to_ask(chunk.text)


def nothing_to_ask(text: str) -> str | None:
    lines = [line for line in text.split("\n") if line.strip()]
    return next(
        (
            reason
            for reason in (_near_empty(text), _listing(lines), _legal(lines), _form(text, lines))
            if reason
        ),
        None,
    )


def _near_empty(text: str) -> str:
    if _RESERVED.fullmatch(text.strip()):
        return "It only says that nothing stands here, or which page it is."
    words = _WORD.findall(text)
    if not words:
        return "It holds no word."
    few = (
        sum(map(len, words)) < MIN_LETTERS
        if _UNSPACED.search(text) is None
        else len(_UNSPACED.findall(text)) < MIN_LETTERS // 3
    )
    return (
        "It holds next to no words."
        if len(words) < MIN_WORDS and few and not any(c.isdigit() for c in text)
        else ""
    )


def _listing(lines: list[str]) -> str:
    if len(lines) >= 3 and sum(_leads(line) for line in lines) >= 0.8 * len(lines):
        return "It is a table of contents or an index: its lines end in page numbers."
    if len(lines) >= 2 and all(_LINK_LINE.fullmatch(line) for line in lines):
        return "It is navigation: its lines are nothing but links."
    return ""


def _leads(line: str) -> bool:
    found = _LEADER.search(line[-_TAIL:])
    return bool(found and (len(line) > _TAIL or line[: found.start()].strip()))


def _legal(lines: list[str]) -> str:
    """Recognise short notices only: a client may ask about the text of a licence or a contract."""
    text = " ".join(lines)
    return (
        "It is a copyright or licence line."
        if len(lines) <= 3 and len(text.split()) <= 30 and _LEGAL.search(text)
        else ""
    )


def _form(text: str, lines: list[str]) -> str:
    if _SIGNATURE.search(text) and sum(
        bool(_SIGNED.fullmatch(line)) for line in lines
    ) >= 0.6 * len(lines):
        return "It is a signature block."
    blanks, words = len(_BLANK.findall(text)), len(_WORD.findall(text))
    return (
        "It is a blank form: hardly more than lines to fill in."
        if blanks >= 3 and words <= 6 * blanks
        else ""
    )
