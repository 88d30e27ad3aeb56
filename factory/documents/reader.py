"""Documents from disk: their text as NFC with `\\n`, and a sentence for every file that can't be used."""

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from pydantic import BaseModel

from factory.core.errors import UserMistake
from factory.core.records import Document, DocumentRef, Passage, digest
from factory.core.settings import ENDINGS, DocumentSettings
from factory.core.spill import put_aside
from factory.core.unicode import nfc
from factory.documents.formats import Extracted, NoText, Unreadable, combining_strikes, data_uris
from factory.documents.formats import Passage as Ready
from factory.documents.formats.encodable import writable
from factory.documents.formats.ocr import checked, recognised
from factory.documents.formats.readers import PICTURES, READERS, extracted
from factory.documents.formats.subprocess_reader import Apart
from factory.documents.pii.masking import Masks

READABLE = READERS.keys()
RUN_MARK = ".documents.jsonl"  # a folder that holds it is a run
Moved = Callable[[int], int]  # from a place of one text to that of another


class Skipped(BaseModel, frozen=True, extra="forbid"):
    """A file that was found but not used."""

    name: str
    reason: str


def read_documents(
    settings: DocumentSettings, home: Path, masks: Masks | None = None, scans: Path | None = None
) -> tuple[Sequence[Document], list[Skipped]]:
    """All documents in order of name, their texts put aside, and what was skipped. Raises UserMistake where nothing can be used.

    With `masks`, without the personal data that is to go. `scans`: a folder that keeps what the command for OCR has read; with masks
    nothing is kept, since it would hold what they are to take out.
    """
    skipped: list[Skipped] = []
    ocr = partial(recognised, checked(settings.ocr), kept=None if masks else scans) if settings.ocr else None
    with Apart() as apart:
        reader = Reader(ocr, masks, apart)
        documents = put_aside(_usable(_files(settings, home), reader, skipped))
    if not documents:
        why = f"{skipped[0].name}: {skipped[0].reason}" if skipped else "no file matches documents.include"
        raise UserMistake(f"documents.paths = {list(settings.paths)}: no usable document ({why}), must hold files of {', '.join(ENDINGS)}")
    return documents, skipped


def _usable(files: Iterable[tuple[Path, str]], reader: "Reader", skipped: list[Skipped]) -> Iterator[Document]:
    """Each text once; what else there is goes to `skipped`."""
    names: dict[str, str] = {}  # by digest
    for path, name in files:
        found = reader.read(path, name)
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
    wanted = {p for p in wanted if not p.name.startswith("~$")}  # Word's note that somebody has a file open
    unwanted = _matching(root, settings.exclude, "exclude")
    runs = {path.parent for path in root.rglob(RUN_MARK)} - {root}  # what docstill has written is nobody's document
    found = (wanted | unread) - unwanted
    return {path for path in found if not path.is_dir() and runs.isdisjoint(path.parents)}


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
    """A file's name as text that can be written, in NFC: bytes that are no UTF-8 stand there as \\xff."""
    return nfc(os.fsencode(name).decode("utf-8", "backslashreplace"))


@dataclass(frozen=True)
class Reader:
    """How files are read: `ocr` reads scans; what is masked; the process that reads."""

    ocr: Callable[[Path], Extracted] | None
    masks: Masks | None
    apart: Apart

    def read(self, path: Path, name: str) -> Document | Skipped:
        """One file as a document, or why not."""
        try:
            found = self._extracted(path)
        except Unreadable as error:
            return Skipped(name=name, reason=writable(str(error)))
        text, moved = _normalised(found.text)
        text, cut = data_uris.without(text)
        moved = _then(moved, cut)
        struck = combining_strikes.spans(text)
        text, cut = data_uris.cut(text, struck)
        moved = _then(moved, cut)
        if self.masks:
            cleaned = self.masks.clean(text)
            text, moved = cleaned.text, _then(moved, cleaned.moved)
        if not text.strip():
            return Skipped(name=name, reason="nothing is left of it without its personal data" if found.text.strip() else "it is empty")
        passages = tuple(self._passage(one, moved) for one in found.passages)
        ref = DocumentRef(digest=digest(text, [p.headings for p in passages]) if passages else digest(text), name=name)
        return Document(
            ref=ref,
            text=text,
            pages=tuple(map(moved, found.pages)),
            passages=tuple(p for p in passages if p.start < p.end),
            unread=(*self._unread(found), *([f"struck-through text (stretches: {len(struck)})"] if struck else ())),
        )

    def _unread(self, found: Extracted) -> Iterator[str]:
        return (writable(self.masks.clean(one).text if self.masks else one) for one in found.unread)

    def _extracted(self, path: Path) -> Extracted:
        """Raises Unreadable."""
        ending = path.suffix.lower()
        if path.exists() and not path.is_file() and not path.is_dir():
            raise Unreadable("it is a pipe or a device, not a file")
        if ending in PICTURES and self.ocr:
            return self.ocr(path)
        if ending not in READERS:
            told = "only a command for OCR reads pictures (documents.ocr)" if ending in PICTURES else "files of that kind are not read"
            raise Unreadable(f"{shown(path.suffix) or 'no'} ending: {told}")
        try:
            return extracted(path, self.apart)
        except NoText:
            if self.ocr:
                return self.ocr(path)
            raise

    def _passage(self, one: Ready, moved: Moved) -> Passage:
        headings = tuple(self.masks.clean(text).text if self.masks else text for text in map(writable, one.headings))
        return Passage(start=moved(one.start), end=moved(one.end), headings=headings)


def _normalised(text: str) -> tuple[str, Moved]:
    """The text as NFC with `\\n`, and where its places are then."""
    whole = normalise(text)
    if len(whole) == len(text):
        return whole, lambda place: place
    return whole, lambda place: len(normalise(text[:place]))


def _then(first: Moved, second: Moved) -> Moved:
    return lambda place: second(first(place))


def normalise(text: str) -> str:
    """NFC with `\\n` line ends, which can be written as UTF-8: the text that every span points into."""
    return nfc(writable(text).replace("\r\n", "\n").replace("\r", "\n"))
