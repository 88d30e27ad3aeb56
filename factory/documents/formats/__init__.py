"""Formats: each reader turns a file into text with Markdown's headings, lists and tables; what can't be read says why."""

from dataclasses import dataclass


class Unreadable(Exception):
    """Why a file can't be used, as a sentence without its name: `it is encrypted; save it without a password`."""


class NoText(Unreadable):
    """It holds pictures of text and no text: OCR may read it."""


@dataclass(frozen=True)
class Passage:
    """A stretch of a document's text, in code points, that its file gives as a chunk of its own."""

    start: int
    end: int
    headings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Extracted:
    """A file's text before NFC; headings are lines of `#`, tables those of GitHub's Markdown, each block apart by an empty line.

    `pages`: where each page begins, in code points, the first at 0; empty where the format has no pages. `passages`: ready chunks.
    `unread`: one phrase for each part of the file that holds something the text does not, such as `comments (3)`.
    """

    text: str
    pages: tuple[int, ...] = ()
    passages: tuple[Passage, ...] = ()
    unread: tuple[str, ...] = ()
