"""Read files of many formats as text with Markdown's headings, lists and tables."""

from dataclasses import dataclass


class Unreadable(Exception):
    """Why a file can't be used, without its name: `it is encrypted; save it without a password`."""


class NoText(Unreadable):
    """A file holds pictures of text but no text; OCR may read it."""


@dataclass(frozen=True)
class ExtractedPassage:
    """A span of the extracted text, in code points, that its file defines as one chunk."""

    start: int
    end: int
    headings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Extracted:
    """A file's text before NFC.

    Headings are lines of `#`, tables are those of GitHub's Markdown, and an empty line separates
    blocks.

    `pages`: where each page begins, in code points, the first at 0; empty if the format has none.
    `passages`: ready chunks.
    `unread`: a phrase for each part of the file that the text lacks, such as `comments (3)`.
    """

    text: str
    pages: tuple[int, ...] = ()
    passages: tuple[ExtractedPassage, ...] = ()
    unread: tuple[str, ...] = ()
