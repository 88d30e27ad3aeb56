"""Documents from disk: Markdown and text as NFC with `\\n`, and a sentence for every file that can't be used."""

import codecs
import os
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from pydantic import BaseModel

from factory.errors import UserMistake
from factory.records import Document, DocumentRef, digest
from factory.settings import DocumentSettings
from factory.texts import put_aside

READABLE = {".md", ".markdown", ".txt"}
# Marks at the beginning of a file that name its encoding; UTF-32's begin with UTF-16's, so they come first.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class Skipped(BaseModel, frozen=True, extra="forbid"):
    """A file that was found but not used."""

    name: str
    reason: str


def read_documents(settings: DocumentSettings, home: Path) -> tuple[Sequence[Document], list[Skipped]]:
    """All documents in order of name, their texts put aside, and what was skipped. Raises UserMistake where nothing can be used."""
    skipped: list[Skipped] = []
    documents = put_aside(_usable(_files(settings, home), skipped))
    if not documents:
        why = f"{skipped[0].name}: {skipped[0].reason}" if skipped else "no file matches documents.include"
        raise UserMistake(f"documents.paths = {list(settings.paths)}: no usable document ({why}), must hold Markdown or text files")
    return documents, skipped


def _usable(files: Iterable[tuple[Path, str]], skipped: list[Skipped]) -> Iterator[Document]:
    """Each text once; what else there is goes to `skipped`."""
    names: dict[str, str] = {}  # by digest
    for path, name in files:
        found = read_document(path, name)
        if isinstance(found, Skipped):
            skipped.append(found)
        elif same := names.get(found.ref.digest):
            skipped.append(Skipped(name=name, reason=f"its text is the same as that of {same}"))
        else:
            names[found.ref.digest] = name
            yield found


def _files(settings: DocumentSettings, home: Path) -> list[tuple[Path, str]]:
    """Every file once, in order of name."""
    found: dict[Path, int] = {}  # how many parts of its path are its name
    for given in settings.paths:
        root = _root(given, home)
        for path in [root] if root.is_file() else _below(root, settings):
            found.setdefault(path, max(1, len(path.parts) - len(root.parts)))
    return sorted(((path, shown("/".join(path.parts[-n:]))) for path, n in _apart(found).items()), key=lambda file: file[1])


def _apart(found: dict[Path, int]) -> dict[Path, int]:
    """Where two folders hold the same name, as much of their paths before it as tells them apart."""
    while True:
        names = Counter(path.parts[-n:] for path, n in found.items())
        alike = {path: n + 1 for path, n in found.items() if names[path.parts[-n:]] > 1 and n < len(path.parts)}
        if not alike:
            return found
        found = found | alike


def _root(given: str, home: Path) -> Path:
    try:
        root = (home / given).expanduser()
        there = root.exists()
    except OSError as error:  # too long
        raise UserMistake(f"documents.paths: {given[:80]} is no path ({error.strerror}), must be a folder or a file") from error
    if not there:
        raise UserMistake(f"documents.paths: {given} is not there (looked in {home}), must be a folder or a file")
    return root


def _below(root: Path, settings: DocumentSettings) -> set[Path]:
    """The files below a folder that are wanted, and those that only their ending keeps from it: they are to be told of.

    A link that leads nowhere is one of them.
    """
    wanted = _matching(root, settings.include, "include")
    stems = [pattern.removesuffix(e) for pattern in settings.include for e in READABLE if pattern.endswith(f"*{e}")]
    unread = {p for p in _matching(root, stems, "include") if p.suffix.lower() not in READABLE and not _hidden(p, root)}
    unwanted = _matching(root, settings.exclude, "exclude")
    return {path for path in (wanted | unread) - unwanted if not path.is_dir()}


def _hidden(path: Path, root: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(root).parts)


def _matching(root: Path, patterns: Iterable[str], key: str) -> set[Path]:
    found: set[Path] = set()
    for pattern in patterns:
        try:
            found.update(root.glob(_any_case(pattern)))
        except (ValueError, NotImplementedError, IndexError, OSError) as error:
            raise UserMistake(
                f'documents.{key}: "{pattern[:80]}" is no pattern ({error}), must be relative to the folder, such as "**/*.md"'
            ) from error
    return found


def _any_case(pattern: str) -> str:
    """The pattern with a readable ending in small letters or capitals: a scanner's NOTES.MD is Markdown, too."""
    ending = next((e for e in READABLE if pattern.endswith(e)), "")
    return pattern[: len(pattern) - len(ending)] + "".join(f"[{c}{c.upper()}]" if c.isalpha() else c for c in ending)


def shown(name: str) -> str:
    """A file's name as text that can be written: bytes that are no UTF-8 stand there as \\xff."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def read_document(path: Path, name: str) -> Document | Skipped:
    """One file as a document, or why not."""
    if path.suffix.lower() not in READABLE:
        return Skipped(name=name, reason=f"{shown(path.suffix) or 'no'} ending: only Markdown and text are read")
    if path.exists() and not path.is_file() and not path.is_dir():
        return Skipped(name=name, reason="it is a pipe or a device, not a file")
    try:
        raw = path.read_bytes()
    except OSError as error:
        return Skipped(name=name, reason=f"it can't be read: {error.strerror}")
    text = _decoded(raw)
    if isinstance(text, UnicodeDecodeError):
        return Skipped(name=name, reason=f"it is not UTF-8 (byte {text.start}); save it as UTF-8")
    text = normalise(text)
    if "\0" in text:
        return Skipped(name=name, reason="it is a binary file, not text")
    if not text.strip():
        return Skipped(name=name, reason="it is empty")
    return Document(ref=DocumentRef(digest=digest(text), name=name), text=text)


def _decoded(raw: bytes) -> str | UnicodeDecodeError:
    encoding = next((encoding for mark, encoding in _MARKS if raw.startswith(mark)), "utf-8-sig")
    if encoding == "utf-8-sig" and b"\0" in raw:
        return "\0"  # binary, whatever else it holds
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as error:
        return error


def normalise(text: str) -> str:
    """NFC with `\\n` line ends: the text that every span points into."""
    return unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
