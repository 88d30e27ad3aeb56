"""Read documents from disk: their text in NFC with `\\n`, and why a file can't be used."""

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
from factory.core.spill import spill_documents
from factory.core.unicode import nfc
from factory.documents.formats import (
    Extracted,
    ExtractedPassage,
    NoText,
    Unreadable,
    combining_strikes,
    data_uris,
)
from factory.documents.formats.data_uris import MapOffset
from factory.documents.formats.encodable import writable
from factory.documents.formats.ocr import parse_ocr_command, run_ocr
from factory.documents.formats.readers import IMAGE_SUFFIXES, READERS, extract_text
from factory.documents.formats.subprocess_reader import SubprocessReader
from factory.documents.pii.masking import PiiMasker

READABLE = READERS.keys()
RUN_MARKER = ".documents.jsonl"  # a folder that holds it is a run


class Skipped(BaseModel, frozen=True, extra="forbid"):
    """A file that was found but not used."""

    name: str
    reason: str


def read_documents(
    settings: DocumentSettings,
    home: Path,
    masks: PiiMasker | None = None,
    scans: Path | None = None,
) -> tuple[Sequence[Document], list[Skipped]]:
    """Return all documents by name, their texts spilled to disk, and the skipped files.

    `masks` removes personal data. `scans` is a folder that keeps the results of OCR; with `masks`
    none are kept, since they would contain the personal data. Raises UserMistake if no file can
    be used.
    """
    skipped: list[Skipped] = []
    ocr = (
        partial(run_ocr, parse_ocr_command(settings.ocr), kept=None if masks else scans)
        if settings.ocr
        else None
    )
    with SubprocessReader() as subprocess_reader:
        reader = DocumentReader(ocr, masks, subprocess_reader)
        documents = spill_documents(_usable(_files(settings, home), reader, skipped))
    if not documents:
        why = (
            f"{skipped[0].name}: {skipped[0].reason}"
            if skipped
            else "no file matches documents.include"
        )
        raise UserMistake(
            f"documents.paths = {list(settings.paths)}: no usable document ({why}); "
            f"add files of one of these types: {', '.join(ENDINGS)}"
        )
    return documents, skipped


def _usable(
    files: Iterable[tuple[Path, str]], reader: "DocumentReader", skipped: list[Skipped]
) -> Iterator[Document]:
    """Yield each text once; other files are added to `skipped`."""
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
    """Return every file once, in order of name."""
    found: dict[Path, int] = {}  # how many parts of its path are its name
    for given in settings.paths:
        root = _resolve_path(given, home)
        for path in [root] if root.is_file() else _below(root, settings):
            found.setdefault(path, max(1, len(path.parts) - len(root.parts)))
    return sorted(
        (
            (path, printable_name("/".join(path.parts[-n:])))
            for path, n in _lengthen_equal_names(found).items()
        ),
        key=lambda file: file[1],
    )


def _lengthen_equal_names(found: dict[Path, int]) -> dict[Path, int]:
    """Add parent folders to equal names until they differ."""
    while True:
        names = Counter(path.parts[-n:] for path, n in found.items())
        alike = {
            path: n + 1
            for path, n in found.items()
            if names[path.parts[-n:]] > 1 and n < len(path.parts)
        }
        if not alike:
            return found
        found = found | alike


def _resolve_path(given: str, home: Path) -> Path:
    try:
        root = (home / given).expanduser()
        there = root.exists()
    except OSError as error:  # too long
        raise UserMistake(
            f"documents.paths: {given[:80]} is not a valid path ({error.strerror}), "
            "must be a folder or a file"
        ) from error
    if not there:
        raise UserMistake(
            f"documents.paths: {given} does not exist (looked in {home}), "
            "must be a folder or a file"
        )
    return root


def _below(root: Path, settings: DocumentSettings) -> set[Path]:
    """Return the files below a folder that match, and those with an ending that is not read.

    The latter are reported as skipped. A link that leads nowhere is one of them.
    """
    wanted = _matching(root, settings.include, "include")
    stems = [
        pattern.removesuffix(e)
        for pattern in settings.include
        for e in READABLE
        if pattern.endswith(f"*{e}")
    ]
    unread = {
        p
        for p in _matching(root, stems, "include")
        if p.suffix.lower() not in READABLE and not _hidden(p, root)
    }
    wanted = {p for p in wanted if not p.name.startswith("~$")}  # Word marks an open file so
    unwanted = _matching(root, settings.exclude, "exclude")
    runs = {path.parent for path in root.rglob(RUN_MARKER)} - {root}  # docstill wrote these
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
                f'documents.{key}: "{pattern[:80]}" is not a valid pattern ({error}), '
                'must be relative to the folder, such as "**/*.md"'
            ) from error
    return found


def _any_case(pattern: str) -> str:
    """Let a pattern match its ending in any case: a scanner's NOTES.MD is Markdown, too."""
    ending = next((e for e in READABLE if pattern.endswith(e)), "")
    return pattern[: len(pattern) - len(ending)] + "".join(
        f"[{c}{c.upper()}]" if c.isalpha() else c for c in ending
    )


def printable_name(name: str) -> str:
    """Return a file's name in NFC, with bytes that are not UTF-8 written as \\xff."""
    return nfc(os.fsencode(name).decode("utf-8", "backslashreplace"))


@dataclass(frozen=True)
class DocumentReader:
    """Reads files; `ocr` reads scans, and `masks` removes personal data."""

    ocr: Callable[[Path], Extracted] | None
    masks: PiiMasker | None
    subprocess_reader: SubprocessReader

    def read(self, path: Path, name: str) -> Document | Skipped:
        """Return a file as a document, or why it is skipped."""
        try:
            found = self._extracted(path)
        except Unreadable as error:
            return Skipped(name=name, reason=writable(str(error)))
        text, moved = _normalised(found.text)
        text, cut = data_uris.remove_data_uris(text)
        moved = _then(moved, cut)
        struck = combining_strikes.struck_spans(text)
        text, cut = data_uris.remove_spans(text, struck)
        moved = _then(moved, cut)
        if self.masks:
            cleaned = self.masks.clean(text)
            text, moved = cleaned.text, _then(moved, cleaned.moved)
        if not text.strip():
            return Skipped(
                name=name,
                reason="nothing is left of it without its personal data"
                if found.text.strip()
                else "it is empty",
            )
        passages = tuple(self._passage(one, moved) for one in found.passages)
        ref = DocumentRef(
            digest=digest(text, [p.headings for p in passages]) if passages else digest(text),
            name=name,
        )
        return Document(
            ref=ref,
            text=text,
            pages=tuple(map(moved, found.pages)),
            passages=tuple(p for p in passages if p.start < p.end),
            unread=(
                *self._unread(found),
                *([f"struck-through text (stretches: {len(struck)})"] if struck else ()),
            ),
        )

    def _unread(self, found: Extracted) -> Iterator[str]:
        return (writable(self.masks.clean(one).text if self.masks else one) for one in found.unread)

    def _extracted(self, path: Path) -> Extracted:
        """Raises Unreadable."""
        ending = path.suffix.lower()
        if path.exists() and not path.is_file() and not path.is_dir():
            raise Unreadable("it is a pipe or a device, not a file")
        if ending in IMAGE_SUFFIXES and self.ocr:
            return self.ocr(path)
        if ending not in READERS:
            why = (
                "only a command for OCR reads pictures (documents.ocr)"
                if ending in IMAGE_SUFFIXES
                else "files of that kind are not read"
            )
            raise Unreadable(f"{printable_name(path.suffix) or 'no'} ending: {why}")
        try:
            return extract_text(path, self.subprocess_reader)
        except NoText:
            if self.ocr:
                return self.ocr(path)
            raise

    def _passage(self, one: ExtractedPassage, moved: MapOffset) -> Passage:
        headings = tuple(
            self.masks.clean(text).text if self.masks else text
            for text in map(writable, one.headings)
        )
        return Passage(start=moved(one.start), end=moved(one.end), headings=headings)


def _normalised(text: str) -> tuple[str, MapOffset]:
    """Return the text in NFC with `\\n`, and the map from old offsets to new ones."""
    whole = normalise(text)
    if len(whole) == len(text):
        return whole, lambda place: place
    return whole, lambda place: len(normalise(text[:place]))


def _then(first: MapOffset, second: MapOffset) -> MapOffset:
    return lambda place: second(first(place))


def normalise(text: str) -> str:
    """Return the text in NFC with `\\n` line ends, as UTF-8 can hold it; all spans refer to it."""
    return nfc(writable(text).replace("\r\n", "\n").replace("\r", "\n"))
