"""Documents from disk: Markdown and text as NFC with `\\n`, and a sentence for every file that can't be used."""

import unicodedata
from collections.abc import Iterable
from pathlib import Path

from pydantic import BaseModel

from factory.errors import UserMistake
from factory.recipe import DocumentSettings
from factory.records import Document, DocumentRef, digest

READABLE = {".md", ".markdown", ".txt"}


class Skipped(BaseModel, frozen=True, extra="forbid"):
    """A file that was found but not used."""

    name: str
    reason: str


def read_documents(settings: DocumentSettings, home: Path) -> tuple[list[Document], list[Skipped]]:
    """All documents in order of name, and what was skipped. Raises UserMistake where nothing can be used."""
    documents: list[Document] = []
    skipped: list[Skipped] = []
    for path, name in _files(settings, home):
        found = read_document(path, name)
        if isinstance(found, Skipped):
            skipped.append(found)
        elif same := next((d for d in documents if d.ref.digest == found.ref.digest), None):
            skipped.append(Skipped(name=name, reason=f"its text is the same as that of {same.ref.name}"))
        else:
            documents.append(found)
    if not documents:
        why = f"{skipped[0].name}: {skipped[0].reason}" if skipped else "no file matches documents.include"
        raise UserMistake(f"documents.paths = {list(settings.paths)}: no usable document ({why}), must hold Markdown or text files")
    return documents, skipped


def _files(settings: DocumentSettings, home: Path) -> list[tuple[Path, str]]:
    found: dict[str, Path] = {}
    for given in settings.paths:
        root = (home / given).expanduser()
        if not root.exists():
            raise UserMistake(f"documents.paths: {given} is not there (looked in {home}), must be a folder or a file")
        found |= {str(root.name): root} if root.is_file() else _below(root, settings)
    return [(path, name) for name, path in sorted(found.items())]


def _below(root: Path, settings: DocumentSettings) -> dict[str, Path]:
    wanted = _matching(root, settings.include)
    unwanted = _matching(root, settings.exclude)
    return {path.relative_to(root).as_posix(): path for path in wanted - unwanted if path.is_file()}


def _matching(root: Path, patterns: Iterable[str]) -> set[Path]:
    return {path for pattern in patterns for path in root.glob(pattern)}


def read_document(path: Path, name: str) -> Document | Skipped:
    """One file as a document, or why not."""
    if path.suffix.lower() not in READABLE:
        return Skipped(name=name, reason=f"{path.suffix or 'no'} ending: only Markdown and text are read")
    try:
        raw = path.read_bytes()
    except OSError as error:
        return Skipped(name=name, reason=f"it can't be read: {error.strerror}")
    if b"\0" in raw[:8192] and not raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return Skipped(name=name, reason="it is a binary file, not text")
    try:
        text = raw.decode("utf-16" if raw.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig")
    except UnicodeDecodeError as error:
        return Skipped(name=name, reason=f"it is not UTF-8 (byte {error.start}); save it as UTF-8")
    text = normalise(text)
    if not text.strip():
        return Skipped(name=name, reason="it is empty")
    return Document(ref=DocumentRef(digest=digest(text), name=name), text=text)


def normalise(text: str) -> str:
    """NFC with `\\n` line ends: the text that every span points into."""
    return unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
